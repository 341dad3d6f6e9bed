// SPDX-License-Identifier: Apache-2.0
// reader.js: a program: somebody who reads what an agent streams, as docs/protocol.md says: it
// listens first, then asks for the text so far, and appends what begins behind it. It prints the
// length of the text whenever it grows.
import WebSocket from 'ws'

const { READER_URL: url, READER_TOKEN: token, READER_TASK: task } = process.env
const headers = { authorization: `Bearer ${token}` }
const get = async (path) => (await fetch(url + path, { headers })).json()

const heard = []
let text = null
const grow = () => {
  for (const { delta, offset_bytes: offset } of heard.splice(0)) {
    if (offset < Buffer.byteLength(text)) continue
    text += delta
  }
  process.stdout.write(`has ${Buffer.byteLength(text)}\n`)
}

const { token: ticket, ws_url: wsUrl } = await get('/v1/messaging/token')
const socket = new WebSocket(`${wsUrl}?token=${ticket}`)
socket.on('message', (data) => {
  const { payload } = JSON.parse(data)
  if (payload.type !== 'task_stream_delta' || payload.payload.task_id !== task) return
  heard.push(payload.payload)
  if (text !== null) grow()
})
socket.on('open', async () => {
  text = (await get(`/v1/chat/tasks/${task}/stream`)).text
  grow()
})
