// SPDX-License-Identifier: Apache-2.0
// conversation_changes.test.js: names, deleting for everyone and for oneself, mute and archive, as
// three people with two devices each hear and read them.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { TIME, expectStatus, makeTenant, settle } from '../lib/people.js'
import { Server } from '../lib/server.js'

let server
let ada
let grace
let joan
before(async () => {
  server = await Server.start()
  ;[ada, grace, joan] = await makeTenant(server, 'Ada', 'Grace', 'Joan')
})
after(() => server.stop())

const FOR_EVER = '9999-12-31T23:59:59.000Z'
const group = (name = 'group') => ada.conversation([grace, joan], { type: 'group', name })
const path = (id, rest = '') => `/v1/chat/conversations/${id}${rest}`
const closeAll = (sockets) => Promise.all(sockets.map((socket) => socket.close()))
const devices = () =>
  Promise.all([ada, ada, grace, grace, joan, joan].map((person) => person.socket()))
const heard = (socket, id, type) =>
  socket.heard.filter((one) => one.conversation_id === id && one.payload.type === type)
const inList = async (person, id) =>
  expectStatus(await person.get('/v1/chat/conversations'), 200).conversations
    .find((row) => row.id === id)
const texts = async (person, id) => (await person.history(id)).map((one) => one.content_text)

// Who heard this event: a payload for each of the six devices, or undefined; never twice.
function expectHeard(sockets, id, type, payloads) {
  sockets.forEach((socket, i) => {
    const envelopes = payloads[i] === undefined ? []
      : [{ type: 'event', conversation_id: id, payload: { type, payload: payloads[i] } }]
    assert.deepEqual(heard(socket, id, type), envelopes)
  })
}
const all = (payload) => Array(6).fill(payload)
const gracesOwn = (payload) => [undefined, undefined, payload, payload, undefined, undefined]

describe('names', () => {
  test('everybody in it hears the new name and description', async () => {
    const { id } = await group()
    const sockets = await devices()
    const body = { name: 'Engines', description: 'All about\nengines' }
    assert.deepEqual(expectStatus(await ada.patch(path(id), body), 200), {})
    expectStatus(await ada.patch(path(id), { name: 'Engines' }), 200)
    await settle(ada, id, sockets)
    expectHeard(sockets, id, 'conversation.updated', all({ conversation_id: id, ...body }))
    const row = await inList(grace, id)
    assert.deepEqual([row.name, row.description], [body.name, body.description])
    await closeAll(sockets)
  })

  test('members may not, and a conversation of two has no name', async () => {
    const { id } = await group()
    const pair = await ada.conversation([grace], { type: 'direct' })
    expectStatus(await grace.patch(path(id), { name: 'mine' }), 403)
    expectStatus(await ada.patch(path(pair.id), { name: 'ours' }), 409)
    assert.equal(expectStatus(await ada.patch(path(id), { name: 'a\nb' }), 400).field, 'name')
  })
})

describe('deleting', () => {
  test('for everyone: all hear it once, and it is gone', async () => {
    const { id } = await group()
    const other = await group('other')
    for (let i = 0; i < 5; i++) await ada.send(id, `message ${i}`)
    const sockets = await devices()
    const everyone = { mode: 'for_everyone' }
    expectStatus(await grace.delete(path(id), everyone), 403)
    expectStatus(await ada.delete(path(id), { mode: 'for_us' }), 400)
    assert.deepEqual(expectStatus(await ada.delete(path(id), everyone), 200), {})
    await settle(ada, other.id, sockets)
    expectHeard(sockets, id, 'conversation.deleted', all({ conversation_id: id }))
    for (const person of [ada, grace, joan]) {
      expectStatus(await person.get(path(id, '/messages')), 404)
      expectStatus(await person.delete(path(id), everyone), 404)
      assert.equal(await inList(person, id), undefined)
    }
    const body = { conversation_id: id, content_text: 'hello?' }
    expectStatus(await ada.post('/v1/chat/messages/send', body), 404)
    await closeAll(sockets)
  })

  test('for me: hidden until the next message, and then without what was before', async () => {
    const { id } = await group()
    await ada.send(id, 'old')
    const sockets = await devices()
    assert.deepEqual(expectStatus(await grace.delete(path(id), { mode: 'for_me' }), 200), {})
    assert.equal(await inList(grace, id), undefined)
    assert.notEqual(await inList(ada, id), undefined)
    assert.deepEqual(await texts(grace, id), [])
    await ada.send(id, 'new')
    const row = await inList(grace, id)
    assert.deepEqual([row.unread_count, row.last_message_preview], [1, 'new'])
    assert.deepEqual(await texts(grace, id), ['new'])
    assert.deepEqual(await texts(joan, id), ['old', 'new'])
    const sync = { conversations: [{ conversation_id: id, last_seq: 0 }] }
    const { batches } = expectStatus(await grace.post('/v1/chat/messages/sync', sync), 200)
    assert.deepEqual(batches[0].messages.map((one) => one.seq_num), [2])
    await settle(ada, id, sockets)
    expectHeard(sockets, id, 'conversation.hidden', gracesOwn({ conversation_id: id }))
    await closeAll(sockets)
  })
})

describe('mute', () => {
  test('all devices of the one who mutes hear it, and nobody else', async () => {
    const { id } = await group()
    const sockets = await devices()
    const muted = { conversation_id: id, muted_until: FOR_EVER }
    assert.deepEqual(expectStatus(await grace.post(path(id, '/mute')), 200), muted)
    assert.equal((await inList(grace, id)).muted_until, FOR_EVER)
    assert.equal((await inList(ada, id)).muted_until, undefined)
    await settle(ada, id, sockets)
    expectHeard(sockets, id, 'conversation.muted', gracesOwn(muted))
    assert.deepEqual(expectStatus(await grace.delete(path(id, '/mute')), 200), {})
    await settle(ada, id, sockets)
    expectHeard(sockets, id, 'conversation.unmuted', gracesOwn({ conversation_id: id }))
    assert.equal((await inList(grace, id)).muted_until, undefined)
    await closeAll(sockets)
  })

  test('until a time, or for so long', async () => {
    const { id } = await group()
    const until = '2999-01-01T00:00:00.000Z'
    assert.equal(expectStatus(await ada.post(path(id, '/mute'), { until }), 200).muted_until, until)
    const before = Date.now()
    const answer = expectStatus(await ada.post(path(id, '/mute'), { duration_sec: 60 }), 200)
    const left = Date.parse(answer.muted_until) - before
    assert.ok(left >= 59000 && left < 120000, `${left}`)
    for (const body of [{ until: 'tomorrow' }, { until: '2001-01-01T00:00:00.000Z' },
      { duration_sec: 0 }, { until, duration_sec: 60 }]) {
      expectStatus(await ada.post(path(id, '/mute'), body), 400)
    }
  })
})

describe('archive', () => {
  test('a new message ends it, unless the conversation is muted', async () => {
    const { id } = await group()
    const sockets = await devices()
    const archived = expectStatus(await grace.post(path(id, '/archive')), 200)
    assert.match(archived.archived_at, TIME)
    assert.equal(archived.conversation_id, id)
    assert.equal((await inList(grace, id)).archived_at, archived.archived_at)
    expectStatus(await joan.post(path(id, '/archive')), 200)
    expectStatus(await joan.post(path(id, '/mute')), 200)
    await settle(ada, id, sockets)
    const payload = { conversation_id: id }
    await sockets[2].until((socket) => heard(socket, id, 'conversation.unarchived').length > 0)
    await sockets[3].until((socket) => heard(socket, id, 'conversation.unarchived').length > 0)
    await settle(ada, id, sockets)
    assert.deepEqual(heard(sockets[3], id, 'conversation.archived')[0].payload.payload, archived)
    assert.equal(heard(sockets[0], id, 'conversation.archived').length, 0)
    expectHeard(sockets, id, 'conversation.unarchived', gracesOwn(payload))
    assert.equal((await inList(grace, id)).archived_at, undefined)
    assert.match((await inList(joan, id)).archived_at, TIME)
    assert.deepEqual(expectStatus(await joan.delete(path(id, '/archive')), 200), {})
    await sockets[4].until((socket) => heard(socket, id, 'conversation.unarchived').length > 0)
    await closeAll(sockets)
  })
})
