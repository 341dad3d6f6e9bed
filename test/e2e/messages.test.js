// SPDX-License-Identifier: Apache-2.0
// messages.test.js: what two people with two devices each see of a conversation: every message
// once, in order, in the envelope of the protocol, and all of it again by sync.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import WebSocket from 'ws'
import { TIME, UUID, expectStatus, makeTenant, settle } from '../lib/people.js'
import { Server } from '../lib/server.js'
import { tlsOptionsOf } from '../lib/tls.js'
import { until } from '../lib/wait.js'

let server
let ada
let grace
before(async () => {
  server = await Server.start()
  ;[ada, grace] = await makeTenant(server, 'Ada', 'Grace')
})
after(() => server.stop())

const range = (count) => Array.from({ length: count }, (_, i) => i)
const group = (name, ...others) => ada.conversation(others, { type: 'group', name })
const closeAll = (sockets) => Promise.all(sockets.map((socket) => socket.close()))
// A socket hears of every conversation of its user; these are the messages of one.
const messagesIn = (socket, id) =>
  socket.heard.filter((one) => one.conversation_id === id && one.payload.type === 'message.created')

describe('sending', () => {
  test('a message reaches all four sockets once, in the envelope of the protocol', async () => {
    const { id } = await group('four', grace)
    const people = [ada, ada, grace, grace]
    const sockets = await Promise.all(people.map((person) => person.socket()))
    const message = await ada.send(id, 'Hello, Grace.')
    await settle(ada, id, sockets)
    const expected = {
      type: 'event',
      conversation_id: id,
      payload: {
        type: 'message.created',
        payload: { message_id: message.id, seq_num: message.seq_num },
      },
    }
    for (const socket of sockets) {
      const heard = messagesIn(socket, id)
      assert.equal(heard.length, 2)
      assert.deepEqual(heard[0], expected)
    }
    await closeAll(sockets)
  })

  test('the answer to a send is the whole message, and history has the same', async () => {
    const { id } = await group('whole', grace)
    const meta = JSON.stringify({ color: 'blue' })
    const sent = await ada.send(id, 'text', { content_meta: meta, client_msg_id: 'one' })
    assert.match(sent.id, UUID)
    assert.match(sent.created_at, TIME)
    assert.equal(sent.conversation_id, id)
    assert.equal(sent.seq_num, 1)
    assert.equal(sent.sender_id, ada.id)
    assert.equal(sent.sender_type, 'human')
    assert.equal(sent.content_type, 'text')
    assert.equal(sent.content_text, 'text')
    assert.equal(sent.content_meta, meta)
    assert.equal(sent.thread_role, 'main')
    for (const [field, value] of Object.entries(sent)) assert.notEqual(value, null, field)
    for (const person of [ada, grace]) {
      const [stored] = await person.history(id)
      for (const field of Object.keys(stored)) assert.deepEqual(stored[field], sent[field], field)
    }
  })

  test('a reply names what it replies to, within its conversation', async () => {
    const here = await group('here', grace)
    const there = await group('there', grace)
    const first = await ada.send(here.id, 'first')
    const reply = await ada.send(here.id, 'reply', { reply_to_id: first.id })
    assert.equal(reply.reply_to_id, first.id)
    const body = { conversation_id: there.id, content_text: 'x', reply_to_id: first.id }
    const answer = await ada.post('/v1/chat/messages/send', body)
    assert.ok([400, 404].includes(answer.status), String(answer.status))
  })

  test('D6 the same client_msg_id is the same message, or a conflict', async () => {
    const { id } = await group('idempotent', grace)
    const socket = await grace.socket()
    const body = { conversation_id: id, content_text: 'once', client_msg_id: 'c1' }
    const send = (fields, person = ada) =>
      person.post('/v1/chat/messages/send', { ...body, ...fields })
    const answers = await Promise.all(range(10).map(() => send({})))
    assert.equal(answers.filter((answer) => answer.status === 201).length, 1)
    assert.equal(new Set(answers.map((answer) => answer.body.id)).size, 1)
    assert.ok(answers.every((answer) => [200, 201].includes(answer.status)))
    expectStatus(await send({ content_text: 'twice' }), 409)
    expectStatus(await send({}, grace), 201)
    await settle(ada, id, [socket])
    assert.equal(messagesIn(socket, id).length, 3)
    await socket.close()
  })

  test('a stock WebSocket client hears what it should', async () => {
    const { id } = await group('stock', grace)
    const { token, ws_url: url } = await grace.messagingToken()
    const ws = new WebSocket(`${url}?token=${token}`, tlsOptionsOf(server.port) ?? {})
    const heard = []
    let closed = null
    ws.on('message', (data, isBinary) => heard.push([JSON.parse(data), isBinary]))
    ws.on('close', (code) => (closed = code))
    await until(() => ws.readyState === WebSocket.OPEN, 'the socket to open')
    for (const i of range(50)) await ada.send(id, `message ${i} ✓`)
    const mine = () => heard.filter(([message]) => message.conversation_id === id)
    await until(() => mine().length >= 50, () => `50 messages, not ${mine().length}`)
    assert.deepEqual(mine().map(([message]) => message.payload.payload.seq_num),
      range(50).map((i) => i + 1))
    assert.ok(mine().every(([, isBinary]) => !isBinary), 'events are text')
    let isPonged = false
    ws.on('pong', () => (isPonged = true))
    ws.ping('are you there')
    await until(() => isPonged, 'a pong')
    ws.close(1000)
    await until(() => closed !== null, 'the close')
    assert.equal(closed, 1000)
  })
})

describe('order', () => {
  test('32 senders at once leave no gap, and every socket hears them in order', async () => {
    const { id } = await group('parallel', grace)
    const sockets = await Promise.all([ada, ada, grace, grace].map((person) => person.socket()))
    const sender = async (i) => {
      const person = i % 2 === 0 ? ada : grace
      const seqs = []
      for (const j of range(20)) seqs.push((await person.send(id, `${i}/${j}`)).seq_num)
      assert.deepEqual(seqs, [...seqs].sort((a, b) => a - b), 'one sender is in its own order')
      return seqs
    }
    const seqs = (await Promise.all(range(32).map(sender))).flat()
    const all = range(640).map((i) => i + 1)
    assert.deepEqual(seqs.sort((a, b) => a - b), all)
    for (const socket of sockets) {
      await socket.until(() => messagesIn(socket, id).length >= 640, '640 messages')
      const heard = messagesIn(socket, id).map((one) => one.payload.payload.seq_num)
      assert.deepEqual(heard, all)
    }
    const stored = await grace.history(id)
    assert.deepEqual(stored.map((message) => message.seq_num), all)
    assert.equal(new Set(stored.map((message) => message.content_text)).size, 640)
    await closeAll(sockets)
  })

  test('every conversation counts for itself', async () => {
    const ids = []
    for (const i of range(5)) ids.push((await group(`own ${i}`, grace)).id)
    for (const round of range(3)) {
      for (const id of ids) assert.equal((await ada.send(id, 'x')).seq_num, round + 1)
    }
  })
})

describe('catching up', () => {
  test('who was away for 100 messages gets them by sync, and then nothing more', async () => {
    const { id } = await group('away', grace)
    await ada.send(id, 'before')
    for (const i of range(100)) await ada.send(id, `while away ${i}`)
    const sync = async (last) => {
      const body = { conversations: [{ conversation_id: id, last_seq: last }] }
      const { batches } = expectStatus(await grace.post('/v1/chat/messages/sync', body), 200)
      assert.equal(batches.length, 1)
      assert.equal(batches[0].conversation_id, id)
      assert.equal(batches[0].current_seq, 101)
      return batches[0].messages
    }
    const missed = await sync(1)
    const expected = range(100).map((i) => `while away ${i}`)
    assert.deepEqual(missed.map((one) => one.content_text), expected)
    assert.deepEqual(missed.map((one) => one.seq_num), range(100).map((i) => i + 2))
    assert.deepEqual(await sync(101), [])
    assert.equal((await sync(0)).length, 101)
  })

  test('a sync of what is not mine is left out or refused, and tells nothing', async () => {
    const { id } = await group('mine')
    await ada.send(id, 'secret')
    const body = { conversations: [{ conversation_id: id, last_seq: 0 }] }
    const answer = await grace.post('/v1/chat/messages/sync', body)
    assert.ok([200, 404].includes(answer.status))
    assert.ok(!JSON.stringify(answer.body).includes('secret'))
    if (answer.status === 200) assert.deepEqual(answer.body.batches, [])
  })

  test('a sync of 501 conversations is a 400', async () => {
    const { id } = await group('many')
    const conversations = range(501).map(() => ({ conversation_id: id, last_seq: 0 }))
    const answer = await ada.post('/v1/chat/messages/sync', { conversations })
    expectStatus(answer, 400)
    assert.equal(answer.body.field, 'conversations')
  })

  test('a page of history is what was asked for, both ends included, ascending', async () => {
    const { id } = await group('pages', grace)
    for (const i of range(120)) await ada.send(id, `m${i + 1}`)
    const page = async (query) => {
      const path = `/v1/chat/conversations/${id}/messages?${query}`
      const { messages, current_seq: current } = expectStatus(await grace.get(path), 200)
      assert.equal(current, 120)
      return messages.map((message) => message.seq_num)
    }
    const span = (from, to) => range(to - from + 1).map((i) => from + i)
    assert.deepEqual(await page(''), span(71, 120))
    assert.deepEqual(await page('limit=10'), span(111, 120))
    assert.deepEqual(await page('from_seq=5&to_seq=9'), span(5, 9))
    assert.deepEqual(await page('from_seq=5&limit=3'), span(5, 7))
    assert.deepEqual(await page('from_seq=1&limit=200'), span(1, 120))
    assert.deepEqual(await page('from_seq=121'), [])
    assert.deepEqual(await page('from_seq=1'), span(1, 50))
  })
})

describe('reading', () => {
  const unread = async (person, id) => {
    const body = expectStatus(await person.get('/v1/chat/conversations/unread'), 200)
    const sum = body.conversations.reduce((total, row) => total + row.unread_count, 0)
    assert.equal(body.total, sum)
    return body.conversations.find((row) => row.conversation_id === id)
  }
  const inList = async (person, id) => {
    const { conversations } = expectStatus(await person.get('/v1/chat/conversations'), 200)
    return conversations.find((row) => row.id === id)
  }

  test('unread counts what others wrote behind the mark, which only moves forward', async () => {
    const { id } = await group('unread', grace)
    for (const i of range(5)) await ada.send(id, `from Ada ${i}`)
    await grace.send(id, 'from Grace')
    await ada.send(id, 'the seventh')
    const read = (seq) => grace.post(`/v1/chat/conversations/${id}/read`, { up_to_seq: seq })
    const count = async () => (await inList(grace, id)).unread_count

    assert.equal(await count(), 6)
    assert.deepEqual(await unread(grace, id),
      { conversation_id: id, unread_count: 6, last_read_seq: 0 })
    assert.equal((await inList(ada, id)).unread_count, 1)
    assert.deepEqual(expectStatus(await read(3), 200), {})
    assert.equal(await count(), 3)
    expectStatus(await read(1), 200)
    assert.equal(await count(), 3, 'never backwards')
    expectStatus(await read(7), 200)
    assert.equal(await count(), 0)
    const row = await unread(grace, id)
    if (row) assert.deepEqual([row.unread_count, row.last_read_seq], [0, 7])
    await ada.send(id, 'one more')
    assert.equal(await count(), 1)
  })

  test('the list of conversations is ordered by activity and shows the newest text', async () => {
    const first = await group('list one', grace)
    const second = await group('list two', grace)
    await ada.send(first.id, 'in one')
    await ada.send(second.id, 'in two')
    const top = async () => {
      const { conversations } = expectStatus(await grace.get('/v1/chat/conversations'), 200)
      return conversations.slice(0, 2).map((row) => [row.id, row.last_message_preview])
    }
    assert.deepEqual(await top(), [[second.id, 'in two'], [first.id, 'in one']])
    const { last_activity: at } = await inList(grace, second.id)
    await until(() => Date.now() > Date.parse(at), 'a later millisecond')
    await ada.send(first.id, 'again')
    assert.deepEqual(await top(), [[first.id, 'again'], [second.id, 'in two']])
    const row = await inList(grace, first.id)
    assert.equal(row.type, 'group')
    assert.equal(row.name, 'list one')
    assert.equal(row.created_by, ada.id)
    assert.equal(row.seq_counter, 2)
    assert.match(row.created_at, TIME)
    assert.match(row.last_activity, TIME)
  })
})
