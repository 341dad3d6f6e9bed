// SPDX-License-Identifier: Apache-2.0
// proxy.js: a network between a client and its server that can be cut in every way there is.
import net from 'node:net'
import { reset } from '../../../../test/lib/cutting_proxy.js'

export class Proxy {
  #pairs = new Set()
  #clients = new Set()
  #isDown = false
  // Called with the bytes of every client before they go on: true swallows them and what follows.
  onRequest = () => false

  static async start(t, server) {
    const proxy = new Proxy(server)
    await new Promise((resolve) => proxy.listener.listen(0, '127.0.0.1', resolve))
    t.after(() => proxy.stop())
    return proxy
  }

  constructor(server) {
    this.server = server
    this.listener = net.createServer((client) => this.#accept(client))
  }

  get url() {
    return `http://127.0.0.1:${this.listener.address().port}`
  }

  get sockets() {
    return [...this.#pairs].filter((pair) => pair.isSocket)
  }

  #accept(client) {
    if (this.#isDown) {
      reset(client)
      return
    }
    this.#clients.add(client)
    client.on('close', () => this.#clients.delete(client))
    const upstream = net.connect({ host: '127.0.0.1', port: this.server.port, noDelay: true })
    const pair = { client, upstream, isSocket: false, isSilent: false, cutAnswer: false }
    this.#pairs.add(pair)
    client.setNoDelay(true)
    client.on('data', (bytes) => {
      const text = bytes.toString('latin1')
      if (/^upgrade: websocket/im.test(text)) pair.isSocket = true
      if (this.onRequest(text, pair)) pair.cutAnswer = true
      if (!pair.isSilent) upstream.write(bytes)
    })
    upstream.on('data', (bytes) => {
      if (pair.cutAnswer) reset(client)
      else if (!pair.isSilent) client.write(bytes)
    })
    for (const [from, to] of [[client, upstream], [upstream, client]]) {
      from.on('error', () => {})
      from.on('close', () => {
        this.#pairs.delete(pair)
        if (!pair.isSilent) to.destroy()
      })
      from.on('end', () => pair.isSilent || to.end())
    }
  }

  // Every WebSocket that is open now ends: 'fin', 'rst', or 'silence' (nothing arrives any more).
  cut(how = 'rst') {
    const pairs = this.sockets
    for (const pair of pairs) {
      if (how === 'rst') reset(pair.client)
      else if (how === 'fin') pair.client.end()
      else {
        pair.isSilent = true
        pair.isSocket = false
        pair.upstream.destroy()
      }
    }
    return pairs.length
  }

  // No network at all, until `up`.
  down() {
    this.#isDown = true
    for (const pair of this.#pairs) reset(pair.client)
  }

  up() {
    this.#isDown = false
  }

  stop() {
    this.down()
    for (const pair of this.#pairs) pair.upstream.destroy()
    for (const client of this.#clients) client.destroy()
    return new Promise((resolve) => this.listener.close(resolve))
  }
}
