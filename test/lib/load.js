// SPDX-License-Identifier: Apache-2.0
// load.js: messages at a steady rate, from a thread of their own, whatever becomes of the server.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

// A message counts once it was acknowledged; with its client_msg_id it is sent until it is.
const SENDER = `
const { parentPort, workerData } = require('node:worker_threads')
const { port, tokens, rooms, rate } = workerData
let at = { port }
let isOver = false
const sent = new Map(rooms.map((id) => [id, 0]))
parentPort.on('message', (now) => (now.port ? (at = now) : (isOver = true)))
async function send(token, room, id) {
  for (;;) {
    try {
      const answer = await fetch('http://127.0.0.1:' + at.port + '/v1/chat/messages/send', {
        method: 'POST',
        headers: { authorization: 'Bearer ' + token, 'content-type': 'application/json' },
        body: JSON.stringify({ conversation_id: room, content_text: id, client_msg_id: id }),
      })
      await answer.text()
      if (answer.ok) return sent.set(room, sent.get(room) + 1)
      if (answer.status < 500) throw new RangeError('a send was refused with ' + answer.status)
    } catch (error) {
      if (error instanceof RangeError) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
async function run(token, number) {
  const every = 1000 * tokens.length / rate
  let next = performance.now()
  for (let i = 0; !isOver; i++) {
    const waitMs = (next += every) - performance.now()
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
    await send(token, rooms[i % rooms.length], number + '-' + i)
  }
}
Promise.all(tokens.map(run)).then(() => parentPort.postMessage(sent))
`

export class Load {
  // rate: messages a second, of all senders together; one sender for each of the tokens.
  constructor({ port, rooms, rate, tokens }) {
    this.worker = new Worker(SENDER, { eval: true, workerData: { port, rooms, rate, tokens } })
    this.failed = new Promise((_, reject) => this.worker.once('error', reject))
    this.failed.catch(() => {})
    this.whole = once(this.worker, 'message')
    this.whole.catch(() => {})
  }

  // The server is somewhere else now.
  moved(port) {
    this.worker.postMessage({ port })
  }

  // How many were acknowledged in each room: a Map by its id.
  async stop() {
    this.worker.postMessage({})
    const [sent] = await Promise.race([this.whole, this.failed])
    await this.worker.terminate()
    return sent
  }
}
