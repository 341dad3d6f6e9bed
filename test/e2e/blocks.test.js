// SPDX-License-Identifier: Apache-2.0
// blocks.test.js: what the blocked one writes and reacts does not exist for the blocker, and the
// blocked one cannot tell.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { TIME, expectStatus, makeTenant, settle } from '../lib/people.js'
import { Server } from '../lib/server.js'

let server
before(async () => {
  server = await Server.start()
})
after(() => server.stop())

const closeAll = (sockets) => Promise.all(sockets.map((socket) => socket.close()))
const count = (socket, type) => socket.events(type).length
const inList = async (person, id) =>
  expectStatus(await person.get('/v1/chat/conversations'), 200).conversations
    .find((row) => row.id === id)
const texts = async (person, id) => (await person.history(id)).map((one) => one.content_text)
const block = async (person, other) =>
  expectStatus(await person.post(`/v1/chat/users/${other.id}/block`), 200)
const unblock = async (person, other) =>
  expectStatus(await person.delete(`/v1/chat/users/${other.id}/block`), 200)

describe('blocks', () => {
  test('only the blocker hears of it, on all devices, once', async () => {
    const [ada, grace, joan] = await makeTenant(server, 'Ada', 'Grace', 'Joan')
    const { id } = await ada.conversation([grace, joan], { type: 'group' })
    const sockets = await Promise.all([ada, ada, grace, joan].map((person) => person.socket()))
    assert.deepEqual(await block(ada, grace), {})
    await block(ada, grace)
    const { blocked } = expectStatus(await ada.get('/v1/chat/blocks'), 200)
    assert.deepEqual(blocked.map((row) => row.user_id), [grace.id])
    assert.match(blocked[0].created_at, TIME)
    await unblock(ada, grace)
    await settle(joan, id, sockets)
    const expected = [1, 1, 0, 0]
    assert.deepEqual(sockets.map((socket) => count(socket, 'user.blocked')), expected)
    assert.deepEqual(sockets.map((socket) => count(socket, 'user.unblocked')), expected)
    assert.deepEqual(sockets[0].heard.find((one) => one.payload.type === 'user.blocked'),
      { type: 'event', payload: { type: 'user.blocked', payload: { user_id: grace.id } } })
    assert.deepEqual(expectStatus(await ada.get('/v1/chat/blocks'), 200), { blocked: [] })
    await closeAll(sockets)
  })

  test('oneself and strangers cannot be blocked', async () => {
    const [ada] = await makeTenant(server, 'Ada')
    const [stranger] = await makeTenant(server, 'Stranger')
    expectStatus(await ada.post(`/v1/chat/users/${ada.id}/block`), 400)
    expectStatus(await ada.post(`/v1/chat/users/${stranger.id}/block`), 404)
  })

  test('what the blocked one does is hidden everywhere, and comes back', async () => {
    const [ada, grace, joan] = await makeTenant(server, 'Ada', 'Grace', 'Joan')
    const { id } = await ada.conversation([grace, joan], { type: 'group' })
    const mine = await ada.send(id, 'from Ada')
    await joan.send(id, 'from Joan')
    await block(ada, grace)
    const sockets = await Promise.all(
      [ada, ada, grace, grace, joan, joan].map((person) => person.socket()))
    const hidden = await grace.send(id, 'from Grace')
    expectStatus(await grace.patch(`/v1/chat/messages/${hidden.id}`, { content_text: 'edited' }),
      200)
    for (const [person, message] of [[grace, mine], [joan, hidden]]) {
      expectStatus(await person.post(`/v1/chat/messages/${message.id}/reactions`,
        { conversation_id: id, emoji: '👍' }), 200)
    }
    await settle(joan, id, sockets)
    const counts = (type) => sockets.map((socket) => count(socket, type))
    assert.deepEqual(counts('message.created'), [1, 1, 2, 2, 2, 2])
    assert.deepEqual(counts('message.edited'), [0, 0, 1, 1, 1, 1])
    assert.deepEqual(counts('reaction.updated'), [0, 0, 2, 2, 2, 2])

    const seen = await texts(ada, id)
    assert.ok(!seen.includes('edited'))
    assert.equal(seen.length, 3)
    assert.equal((await texts(grace, id)).length, 4)
    assert.equal((await ada.history(id))[0].reactions, undefined)
    assert.equal((await joan.history(id))[0].reactions[0].count, 1)
    const sync = { conversations: [{ conversation_id: id, last_seq: 0 }] }
    const { batches } = expectStatus(await ada.post('/v1/chat/messages/sync', sync), 200)
    assert.deepEqual(batches[0].messages.map((one) => one.seq_num), [1, 2, 4])
    assert.equal((await inList(ada, id)).unread_count, 2)
    await grace.send(id, 'the newest')
    assert.notEqual((await inList(ada, id)).last_message_preview, 'the newest')
    expectStatus(await ada.post(`/v1/chat/messages/${hidden.id}/reactions`,
      { conversation_id: id, emoji: '👍' }), 404)

    await unblock(ada, grace)
    assert.equal((await texts(ada, id)).length, 5)
    assert.equal((await inList(ada, id)).last_message_preview, 'the newest')
    await closeAll(sockets)
  })

  test('a message of the blocked one does not bring a conversation back', async () => {
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const { id } = await ada.conversation([grace], { type: 'direct' })
    await grace.send(id, 'hi')
    await block(ada, grace)
    expectStatus(await ada.delete(`/v1/chat/conversations/${id}`, { mode: 'for_me' }), 200)
    await grace.send(id, 'hello?')
    assert.equal(await inList(ada, id), undefined)
    assert.deepEqual(await texts(grace, id), ['hi', 'hello?'])
    await unblock(ada, grace)
    assert.equal((await inList(ada, id)).unread_count, 1)
  })
})
