// SPDX-License-Identifier: Apache-2.0
// cutting_proxy.js: the network between a client and a server, when it is bad: a TCP proxy that
// lets so many bytes of a connection through, in both directions together, and then cuts it.
import net from 'node:net'
import { certificateOf, schemeOf, setPortCertificate } from './tls.js'

// How a cut looks to the client: an orderly end, a reset, or nothing ever again.
export const CUTS = ['fin', 'rst', 'silence']

// Node cannot reset what has said its end already: it would lose the handle instead of closing it,
// and the process would never end. Who was told the end gets no reset, then.
export function reset(socket) {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

export class CuttingProxy {
  // budget() is asked for each connection: how many bytes pass; Infinity: all. cut(): one of CUTS.
  // hides: a text that the server must not see in what the client sends, such as "carillon.v1"; it
  // must not be spread over two packets.
  static async start(t, server, { budget = () => Infinity, cut = () => 'rst', hides } = {}) {
    const proxy = new CuttingProxy()
    Object.assign(proxy, { server, budget, cut, hides, cutsCount: 0, sockets: new Set() })
    proxy.listener = net.createServer((client) => proxy.#carry(client))
    await new Promise((resolve) => proxy.listener.listen(0, '127.0.0.1', resolve))
    proxy.port = proxy.listener.address().port
    setPortCertificate(proxy.port, certificateOf(server.port) ?? null)
    t.after(() => proxy.stop())
    return proxy
  }

  get url() {
    return `${schemeOf(this.port)}://127.0.0.1:${this.port}`
  }

  #carry(client) {
    const upstream = net.connect(this.server.port, '127.0.0.1')
    let left = this.budget()
    const pass = (from, to, rewrite) => {
      from.on('data', (bytes) => {
        if (left <= 0) return
        const some = bytes.subarray(0, Math.min(bytes.length, left))
        left -= some.length
        if (!to.destroyed) to.write(rewrite(some))
        if (left <= 0) this.#end(client, upstream)
      })
      from.on('error', () => to.destroy())
      from.on('close', () => this.sockets.delete(from) && to.end())
      this.sockets.add(from)
    }
    // What is let through must get through: nothing is cut before there is somewhere to pass it to.
    client.pause()
    upstream.once('connect', () => client.resume())
    pass(client, upstream, (bytes) => this.#hidden(bytes))
    pass(upstream, client, (bytes) => bytes)
  }

  #hidden(bytes) {
    if (!this.hides) return bytes
    const text = bytes.toString('latin1').replaceAll(this.hides, 'x'.repeat(this.hides.length))
    return Buffer.from(text, 'latin1')
  }

  #end(client, upstream) {
    const how = this.cut()
    this.cutsCount++
    if (how === 'silence') return // for both of them
    if (how === 'rst') reset(client)
    else client.end()
    upstream.destroySoon()
  }

  stop() {
    this.listener.close()
    for (const socket of this.sockets) socket.destroy()
  }
}
