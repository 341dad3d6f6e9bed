// SPDX-License-Identifier: Apache-2.0
// typing.test.js: who is shown who types, what ends it, and what is merged.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { TIME, expectStatus, makeTenant, settle } from '../lib/people.js'
import { Server } from '../lib/server.js'

const TYPING_SHOWN_MAX = 20
const TYPING_REPEAT_MS = 3000

let server
let ada
let grace
let joan
before(async () => {
  server = await Server.start()
  ;[ada, grace, joan] = await makeTenant(server, 'Ada', 'Grace', 'Joan')
})
after(() => server.stop())

const group = async (owner, others) =>
  (await owner.conversation(others, { type: 'group', name: 'typing' })).id
const type = (person, id, state) => person.post(`/v1/chat/conversations/${id}/typing`, { state })
const typed = async (person, id, state) =>
  assert.deepEqual(expectStatus(await type(person, id, state), 200), {})
const closeAll = (...sockets) => Promise.all(sockets.map((socket) => socket.close()))

// The envelopes of typing events in a conversation, as "+name" and "-name".
const people = () => new Map([ada, grace, joan].map((one) => [one.id, one.user.display_name]))
const envelopes = (socket, id) => socket.heard
  .filter((one) => one.conversation_id === id && one.payload.type.startsWith('typing.'))
const story = (socket, id) => envelopes(socket, id).map(({ payload }) =>
  (payload.type === 'typing.start' ? '+' : '-') + people().get(payload.payload.user_id))
const hears = (socket, id, events) =>
  socket.until(() => story(socket, id).length >= events.length, `${events} in ${id}`)
    .then(() => assert.deepEqual(story(socket, id), events))

describe('typing', () => {
  test('every socket of every participant hears it once, and nobody else', async () => {
    const id = await group(ada, [grace])
    const all = await group(ada, [grace, joan])
    const inside = [await ada.socket(), await ada.socket(), await grace.socket(),
      await grace.socket()]
    const outside = [await joan.socket(), await joan.socket()]
    const before = Date.now()
    await typed(ada, id, 'start')
    for (const socket of inside) await hears(socket, id, ['+Ada'])
    await typed(ada, id, 'stop')
    for (const socket of inside) await hears(socket, id, ['+Ada', '-Ada'])
    await settle(ada, all, [...inside, ...outside])
    for (const socket of inside) {
      const [start, stop] = envelopes(socket, id)
      const { at } = start.payload.payload
      assert.match(at, TIME)
      assert.ok(Math.abs(Date.parse(at) - before) < 60_000)
      assert.deepEqual(start, {
        type: 'event',
        conversation_id: id,
        payload: { type: 'typing.start', payload: { conversation_id: id, user_id: ada.id, at } },
      })
      assert.equal(stop.payload.type, 'typing.stop')
      assert.deepEqual(Object.keys(stop.payload.payload), ['conversation_id', 'user_id', 'at'])
      assert.equal(envelopes(socket, id).length, 2)
    }
    for (const socket of outside) assert.equal(envelopes(socket, id).length, 0)
    await closeAll(...inside, ...outside)
  })

  test('it is in no history and no list', async () => {
    const id = await group(ada, [grace])
    await typed(ada, id, 'start')
    assert.deepEqual(await grace.history(id), [])
    await typed(ada, id, 'stop')
  })

  test('a start ends by itself', async () => {
    const id = await group(ada, [grace])
    const socket = await grace.socket()
    await typed(ada, id, 'start')
    await hears(socket, id, ['+Ada'])
    await hears(socket, id, ['+Ada', '-Ada'])
    const [start, stop] = envelopes(socket, id).map(({ payload }) => Date.parse(payload.payload.at))
    assert.ok(stop - start >= 9_900 && stop - start < 15_000, `${stop - start} ms`)
    await closeAll(socket)
  })

  test('a message of its author ends it, of another does not', async () => {
    const id = await group(ada, [grace])
    const socket = await grace.socket()
    await typed(ada, id, 'start')
    await typed(grace, id, 'start')
    await hears(socket, id, ['+Ada', '+Grace'])
    await ada.send(id, 'done')
    await hears(socket, id, ['+Ada', '+Grace', '-Ada'])
    await typed(grace, id, 'stop')
    await hears(socket, id, ['+Ada', '+Grace', '-Ada', '-Grace'])
    await closeAll(socket)
  })

  test('the close of the last socket of its author ends it', async () => {
    const id = await group(ada, [grace])
    const mine = [await ada.socket(), await ada.socket()]
    const socket = await grace.socket()
    await typed(ada, id, 'start')
    await hears(socket, id, ['+Ada'])
    await mine[0].close()
    await typed(grace, id, 'start')
    await hears(socket, id, ['+Ada', '+Grace'])
    await mine[1].close()
    await hears(socket, id, ['+Ada', '+Grace', '-Ada'])
    const [start, , stop] = envelopes(socket, id).map(({ payload }) => payload.payload.at)
    assert.ok(Date.parse(stop) - Date.parse(start) < 9_900, 'not by its time')
    await typed(grace, id, 'stop')
    await closeAll(socket)
  })

  test('leaving and being removed end it', async () => {
    const id = await group(ada, [grace, joan])
    const socket = await ada.socket()
    await typed(grace, id, 'start')
    await typed(joan, id, 'start')
    await hears(socket, id, ['+Grace', '+Joan'])
    expectStatus(await grace.delete(`/v1/chat/conversations/${id}/participants/${grace.id}`), 200)
    await hears(socket, id, ['+Grace', '+Joan', '-Grace'])
    expectStatus(await ada.delete(`/v1/chat/conversations/${id}/participants/${joan.id}`), 200)
    await hears(socket, id, ['+Grace', '+Joan', '-Grace', '-Joan'])
    expectStatus(await type(joan, id, 'start'), 404)
    await closeAll(socket)
  })

  test('repeated starts are one, a stop alone is nothing, a flood is merged', async () => {
    const id = await group(ada, [grace])
    const socket = await grace.socket()
    const before = Date.now()
    await typed(ada, id, 'stop')
    for (let i = 0; i < 10; i++) await typed(ada, id, 'start')
    if (Date.now() - before < TYPING_REPEAT_MS) await hears(socket, id, ['+Ada'])
    await Promise.all(Array.from({ length: 200 }, (_, i) =>
      typed(ada, id, i % 2 ? 'start' : 'stop')))
    await typed(ada, id, 'stop')
    await typed(grace, id, 'start')
    await socket.until(() => story(socket, id).includes('+Grace'), 'Grace')
    const ofAda = story(socket, id).filter((one) => one !== '+Grace')
    const starts = ofAda.filter((one) => one === '+Ada').length
    const seconds = Math.ceil((Date.now() - before) / 1000)
    assert.ok(starts <= 5 + seconds / 3, `${starts} starts in ${seconds} s`)
    // A start that is repeated after TYPING_REPEAT_MS is told again, for those who came since.
    assert.match(ofAda.join(''), /^((\+Ada)+-Ada)+$/)
    await typed(grace, id, 'stop')
    await closeAll(socket)
  })

  test('a conversation shows 20 at once, and refuses nobody', async () => {
    const names = Array.from({ length: TYPING_SHOWN_MAX + 1 }, (_, i) => `P${i}`)
    const crowd = await makeTenant(server, ...names)
    const id = await group(crowd[0], crowd.slice(1))
    const socket = await crowd[0].socket()
    const count = (kind) => socket.events(`typing.${kind}`).length
    for (const person of crowd.slice(0, TYPING_SHOWN_MAX)) await typed(person, id, 'start')
    const last = crowd[TYPING_SHOWN_MAX]
    await typed(last, id, 'start')
    await typed(crowd[1], id, 'stop')
    await socket.until(() => count('stop') >= 1, 'the first stop')
    await typed(last, id, 'start')
    const startsOf = (person) =>
      socket.events('typing.start').filter((payload) => payload.user_id === person.id).length
    await socket.until(() => startsOf(last) >= 1, 'the one that had to wait')
    assert.ok(count('start') >= TYPING_SHOWN_MAX + 1)
    await closeAll(socket)
  })

  test('focus applies to it', async () => {
    const first = await group(ada, [grace])
    const second = await group(ada, [grace])
    const socket = await grace.socket()
    await socket.say({ action: 'subscribe', conversation_ids: [second] })
    await socket.until(() => socket.heard.some((one) => one.type === 'subscribed'), 'subscribed')
    await typed(ada, first, 'start')
    await typed(ada, second, 'start')
    await hears(socket, second, ['+Ada'])
    assert.deepEqual(story(socket, first), [])
    await typed(ada, first, 'stop')
    await typed(ada, second, 'stop')
    await hears(socket, second, ['+Ada', '-Ada'])
    assert.deepEqual(story(socket, first), [])
    await closeAll(socket)
  })

  test('who blocked its author is not shown it', async () => {
    const id = await group(ada, [grace, joan])
    const sockets = [await grace.socket(), await joan.socket()]
    expectStatus(await joan.post(`/v1/chat/users/${ada.id}/block`), 200)
    await typed(ada, id, 'start')
    await typed(ada, id, 'stop')
    await typed(grace, id, 'start')
    await typed(grace, id, 'stop')
    await hears(sockets[0], id, ['+Ada', '-Ada', '+Grace', '-Grace'])
    await hears(sockets[1], id, ['+Grace', '-Grace'])
    expectStatus(await joan.delete(`/v1/chat/users/${ada.id}/block`), 200)
    await typed(ada, id, 'start')
    await hears(sockets[1], id, ['+Grace', '-Grace', '+Ada'])
    await typed(ada, id, 'stop')
    await closeAll(...sockets)
  })

  test('who is not in it, and what is no state, is refused', async () => {
    const id = await group(ada, [grace])
    const [stranger] = await makeTenant(server, 'Stranger')
    for (const [person, where] of [[joan, id], [stranger, id], [ada, randomUUID()]]) {
      const answer = await type(person, where, 'start')
      expectStatus(answer, 404)
      assert.equal(answer.body.code, 'conversation_not_found')
    }
    for (const state of ['begin', '', 1, null, undefined]) {
      const answer = await type(ada, id, state)
      expectStatus(answer, 400)
      assert.equal(answer.body.field, 'state')
    }
    const answer = await ada.post(`/conversations/${id}/typing`, { state: 'stop' })
    assert.deepEqual(expectStatus(answer, 200), {})
  })
})
