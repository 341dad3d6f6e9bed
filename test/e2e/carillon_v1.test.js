// SPDX-License-Identifier: Apache-2.0
// carillon_v1.test.js: the subprotocol of section 9 of docs/protocol.md: what it says first, what
// it adds to events, and that nobody else sees any of it.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { TIME, UUID, expectStatus, makeTenant, settle } from '../lib/people.js'
import { Server } from '../lib/server.js'
import { RawWs, text } from '../lib/ws_raw.js'

let server
let ada
let grace
before(async () => {
  server = await Server.start({ args: ['--ping-interval-sec', '20'] })
  ;[ada, grace] = await makeTenant(server, 'Ada', 'Grace')
})
after(() => server.stop())

const CURSOR = /^[A-Za-z0-9_-]{22}$/
const group = (name) => ada.conversation([grace], { type: 'group', name })
const closeAll = (sockets) => Promise.all(sockets.map((socket) => socket.close()))

describe('hello', () => {
  test('it comes first, and says who, where and how', async () => {
    const socket = await grace.socketV1()
    await socket.until(() => socket.heard.length > 0, 'the hello')
    const [{ type, payload, ...rest }] = socket.heard
    assert.equal(type, 'hello')
    assert.deepEqual(rest, {})
    assert.match(payload.connection_id, UUID)
    assert.equal(payload.user_id, grace.id)
    assert.match(payload.server_time, TIME)
    assert.ok(Math.abs(Date.now() - Date.parse(payload.server_time)) < 60_000)
    assert.equal(payload.ping_interval_ms, 20_000)
    assert.match(payload.resume.cursor, CURSOR)
    assert.ok(payload.resume.events_max >= 10_000)
    await socket.close()
  })

  test('with frames in the same segment as the handshake it is still first', async () => {
    const { token } = await grace.messagingToken()
    const headers = { 'Sec-WebSocket-Protocol': 'carillon.v1' }
    const early = text('{"action":"subscribe","conversation_ids":[]}')
    const ws = await RawWs.connect(server.port, `/ws?token=${token}`, { headers, early })
    assert.equal(JSON.parse((await ws.frame()).payload).type, 'hello')
    assert.equal(JSON.parse((await ws.frame()).payload).type, 'subscribed')
    ws.close()
  })

  test('each socket has a connection_id of its own, which the log knows', async () => {
    const sockets = await Promise.all([grace.socketV1(), grace.socketV1()])
    for (const socket of sockets) await socket.until(() => socket.heard.length > 0, 'the hello')
    const ids = sockets.map((socket) => socket.heard[0].payload.connection_id)
    assert.notEqual(ids[0], ids[1])
    await closeAll(sockets)
  })
})

describe('events', () => {
  test('durable events have a cursor beside the type, and the rest of the base', async () => {
    const { id } = await group('cursors')
    const v1 = await grace.socketV1()
    const base = await grace.socket()
    const message = await ada.send(id, 'Hello, Grace.', { content_meta: '{"a":1}' })
    expectStatus(await ada.patch(`/v1/chat/messages/${message.id}`, { content_text: 'Hi.' }), 200)
    const reaction = { conversation_id: id, emoji: '👋' }
    expectStatus(await grace.post(`/v1/chat/messages/${message.id}/reactions`, reaction), 200)
    expectStatus(await grace.post(`/v1/chat/conversations/${id}/read`, { up_to_seq: 1 }), 200)
    await settle(ada, id, [v1, base])

    const mine = (socket) => socket.heard.filter((one) => one.conversation_id === id)
    const heard = mine(v1)
    assert.equal(heard.length, 5)
    for (const event of heard) assert.match(event.cursor, CURSOR)
    assert.equal(new Set(heard.map((event) => event.cursor)).size, 5)
    // Without what v1 adds it is what the base has, event by event.
    const withoutAdded = ({ cursor, ...event }) => {
      const { message: _, ...payload } = event.payload.payload
      return { ...event, payload: { ...event.payload, payload } }
    }
    assert.deepEqual(heard.map(withoutAdded), mine(base))
    assert.ok(heard.every((event) => event.cursor))
    for (const event of mine(base)) {
      assert.equal(event.cursor, undefined)
      assert.equal(event.payload.payload.message, undefined)
    }
    assert.deepEqual(heard[0].payload.payload.message, message)
    await closeAll([v1, base])
  })

  test('live events have none', async () => {
    const { id } = await group('live')
    const v1 = await grace.socketV1()
    const base = await grace.socket()
    const typing = { state: 'start' }
    expectStatus(await ada.post(`/v1/chat/conversations/${id}/typing`, typing), 200)
    for (const socket of [v1, base]) {
      await socket.hears('typing.start')
      const event = socket.heard.find((one) => one.payload.type === 'typing.start')
      assert.equal(event.cursor, undefined)
    }
    await closeAll([v1, base])
  })

  test('every socket of a channel gets its own encoding, when both are there', async () => {
    const { id } = await group('both')
    const kinds = ['socketV1', 'socket', 'socketV1', 'socket']
    const sockets = await Promise.all(kinds.map((kind) => grace[kind]()))
    const count = 200
    await Promise.all(Array.from({ length: count }, (_, i) => ada.send(id, `number ${i}`)))
    await settle(ada, id, sockets)
    sockets.forEach((socket, i) => {
      const events = socket.events('message.created')
      assert.deepEqual(events.map((one) => one.seq_num),
        Array.from({ length: count + 1 }, (_, seq) => seq + 1))
      const isV1 = kinds[i] === 'socketV1'
      assert.ok(events.every((one) => (one.message !== undefined) === isV1))
      assert.ok(events.every((one) => !isV1 || one.message.seq_num === one.seq_num))
    })
    await closeAll(sockets)
  })

  test('the message of an internal one reaches whom the event reaches', async () => {
    const { id } = await group('internal')
    const sockets = await Promise.all([ada.socketV1(), grace.socketV1()])
    await ada.send(id, 'a note', { is_internal: true })
    await settle(ada, id, sockets)
    const notes = (socket) => socket.events('message.created').filter((one) => one.is_internal)
    assert.equal(notes(sockets[0]).length, 1)
    assert.equal(notes(sockets[0])[0].message.content_text, 'a note')
    assert.deepEqual(notes(sockets[1]), [])
    await closeAll(sockets)
  })

  test('the longest message of the most expensive characters arrives whole', async () => {
    const { id } = await group('long')
    const socket = await grace.socketV1()
    const meta = { content_meta: '\u0002'.repeat(16384) }
    const message = await ada.send(id, '\u0001'.repeat(65535) + 'x', meta)
    const [payload] = await socket.hears('message.created')
    assert.deepEqual(payload.message, message)
    await socket.close()
  })
})

describe('without the subprotocol', () => {
  test('a cursor in the address means nothing', async () => {
    const { token } = await grace.messagingToken()
    const path = `/ws?token=${token}&cursor=AAAAAAAAAAAAAAAAAAAAAA`
    const { ws, response } = await RawWs.handshake(server.port, path)
    assert.equal(response.status, 101)
    assert.equal(response.headers['sec-websocket-protocol'], undefined)
    await ws.write(text('{"action":"subscribe"}'))
    assert.equal(JSON.parse((await ws.frame()).payload).type, 'error', 'and nothing came before it')
    ws.close()
  })
})
