// SPDX-License-Identifier: Apache-2.0
// message_changes.test.js: what happens to a message after it was sent: edits, reactions, forwards
// and deletion, as three people with two devices each hear and read it.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { TIME, expectStatus, makeTenant, settle } from '../lib/people.js'
import { Server } from '../lib/server.js'

let server
let ada
let grace
let joan
let mary
before(async () => {
  server = await Server.start()
  ;[ada, grace, joan, mary] = await makeTenant(server, 'Ada', 'Grace', 'Joan', 'Mary')
})
after(() => server.stop())

const group = (name = 'group') => ada.conversation([grace, joan], { type: 'group', name })
const messagePath = (id) => `/v1/chat/messages/${id}`
const closeAll = (sockets) => Promise.all(sockets.map((socket) => socket.close()))
const devices = () =>
  Promise.all([ada, ada, grace, grace, joan, joan].map((person) => person.socket()))
// Events of one type in one conversation, whole envelopes.
const heard = (socket, id, type) =>
  socket.heard.filter((one) => one.conversation_id === id && one.payload.type === type)
const inList = async (person, id) =>
  expectStatus(await person.get('/v1/chat/conversations'), 200).conversations
    .find((row) => row.id === id)

async function expectHeardOnce(sender, id, sockets, type, payload) {
  await settle(sender, id, sockets)
  for (const socket of sockets) {
    assert.deepEqual(heard(socket, id, type),
      [{ type: 'event', conversation_id: id, payload: { type, payload } }])
  }
}

describe('edits', () => {
  test('an edit reaches every device once, and history keeps what was said', async () => {
    const { id } = await group()
    const { id: messageId } = await ada.send(id, 'frist', { content_meta: 'meta' })
    const sockets = await devices()
    const answer = expectStatus(await ada.patch(messagePath(messageId), { content_text: 'first' }),
      200)
    assert.match(answer.edited_at, TIME)
    assert.deepEqual(answer, {
      message_id: messageId, content_text: 'first', content_meta: 'meta', edit_count: 1,
      edited_at: answer.edited_at,
    })
    await expectHeardOnce(ada, id, sockets, 'message.edited', {
      id: messageId, conversation_id: id, content_text: 'first', content_meta: 'meta',
      edit_count: 1, edited_at: answer.edited_at,
    })
    const [message] = await grace.history(id)
    assert.deepEqual([message.content_text, message.edit_count, message.edited_at],
      ['first', 1, answer.edited_at])
    const { edits, has_more: hasMore } =
      expectStatus(await grace.get(`${messagePath(messageId)}/edits`), 200)
    assert.equal(hasMore, false)
    assert.deepEqual(edits, [{
      edit_count: 0, content_text: 'frist', content_meta: 'meta', written_at: message.created_at,
    }])
    await closeAll(sockets)
  })

  test('an edit of 64 KiB of what has to be escaped reaches its listeners', async () => {
    const { id } = await group()
    const { id: messageId } = await ada.send(id, 'short')
    const socket = await grace.socket()
    const long = '\u0001'.repeat(65535) + '.'
    expectStatus(await ada.patch(messagePath(messageId), { content_text: long }), 200)
    const [payload] = await socket.hears('message.edited')
    assert.equal(payload.content_text, long)
    await socket.close()
  })

  test('nobody but the sender edits, and only those in it know of it', async () => {
    const { id } = await group()
    const { id: messageId } = await grace.send(id, 'mine')
    const body = { content_text: 'yours' }
    expectStatus(await ada.patch(messagePath(messageId), body), 403)
    const refused = expectStatus(await mary.patch(messagePath(messageId), body), 404)
    const unknown = expectStatus(await ada.patch(messagePath(randomUUID()), body), 404)
    assert.deepEqual(refused, unknown)
    expectStatus(await mary.get(`${messagePath(messageId)}/edits`), 404)
    const path = messagePath(messageId)
    const blank = expectStatus(await grace.patch(path, { content_text: ' ' }), 400)
    assert.equal(blank.field, 'content_text')
    expectStatus(await grace.patch(`/messages/${messageId}`, body), 200)
  })
})

describe('reactions', () => {
  const react = (person, id, messageId, emoji) =>
    person.post(`${messagePath(messageId)}/reactions`, { conversation_id: id, emoji })

  test('a toggle goes both ways, is heard once, and stands in pages and syncs', async () => {
    const { id } = await group()
    const { id: messageId } = await ada.send(id, 'hi')
    const sockets = await devices()
    const family = '👨‍👩‍👧‍👦'
    assert.deepEqual(expectStatus(await react(grace, id, messageId, family), 200),
      { action: 'added' })
    await expectHeardOnce(ada, id, sockets, 'reaction.updated',
      { message_id: messageId, user_id: grace.id, emoji: family, action: 'added' })
    expectStatus(await react(joan, id, messageId, family), 200)
    expectStatus(await react(joan, id, messageId, '👍'), 200)
    const sync = { conversations: [{ conversation_id: id, last_seq: 0 }] }
    const { batches } = expectStatus(await joan.post('/v1/chat/messages/sync', sync), 200)
    const [message] = await joan.history(id)
    const expected = [
      { emoji: family, count: 2, user_ids: [joan.id, grace.id] },
      { emoji: '👍', count: 1, user_ids: [joan.id] },
    ]
    assert.deepEqual(message.reactions, expected)
    assert.deepEqual(batches[0].messages[0].reactions, expected)
    assert.deepEqual(expectStatus(await react(joan, id, messageId, family), 200),
      { action: 'removed' })
    expectStatus(await react(joan, id, messageId, '👍'), 200)
    assert.deepEqual((await ada.history(id))[0].reactions,
      [{ emoji: family, count: 1, user_ids: [grace.id] }])
    await settle(ada, id, sockets)
    assert.equal(heard(sockets[5], id, 'reaction.updated').length, 5)
    await closeAll(sockets)
  })

  test('what is no emoji, no message or one kind too many is refused', async () => {
    const { id } = await group()
    const other = await group()
    const { id: messageId } = await ada.send(id, 'hi')
    for (const emoji of ['', ' ', 'a\nb', 'x'.repeat(65), 7]) {
      assert.equal(expectStatus(await react(ada, id, messageId, emoji), 400).field, 'emoji')
    }
    expectStatus(await react(ada, other.id, messageId, '👍'), 404)
    expectStatus(await react(mary, id, messageId, '👍'), 404)
    for (let i = 0; i < 20; i++) expectStatus(await react(ada, id, messageId, `${i}`), 200)
    expectStatus(await react(ada, id, messageId, '20'), 409)
    expectStatus(await react(grace, id, messageId, '19'), 200)
  })
})

describe('forwarding', () => {
  test('a message arrives in each conversation with its type, text and meta', async () => {
    const { id } = await group()
    const targets = [await group('one'), await ada.conversation([mary], { type: 'direct' })]
    const source = await grace.send(id, 'look', { content_type: 'image', content_meta: '{"w":1}' })
    const socket = await mary.socket()
    const body = { message_id: source.id, conversation_ids: targets.map((one) => one.id) }
    const { forwarded } = expectStatus(await ada.post('/v1/chat/messages/forward', body), 200)
    assert.deepEqual(forwarded.map((one) => one.conversation_id), body.conversation_ids)
    for (const one of forwarded) {
      assert.deepEqual(
        [one.content_type, one.content_text, one.content_meta, one.is_forwarded, one.sender_id],
        ['image', 'look', '{"w":1}', true, ada.id])
    }
    const [payload] = await socket.hears('message.created')
    assert.deepEqual(payload, { message_id: forwarded[1].id, seq_num: 1 })
    assert.equal((await mary.history(targets[1].id))[0].is_forwarded, true)
    await socket.close()
  })

  test('one conversation that is not mine, and none gets it', async () => {
    const { id } = await group()
    const { id: foreign } = await mary.conversation([], { type: 'group' })
    const { id: messageId } = await ada.send(id, 'only here')
    const forward = (ids) => ada.post('/v1/chat/messages/forward',
      { message_id: messageId, conversation_ids: ids })
    expectStatus(await forward([id, foreign]), 404)
    expectStatus(await forward([]), 400)
    assert.equal((await ada.history(id)).length, 1)
  })
})

describe('deleting a message', () => {
  test('it leaves a tombstone in its place, is not unread and not the preview', async () => {
    const { id } = await group()
    await ada.send(id, 'stays')
    const message = await ada.send(id, 'goes')
    expectStatus(await grace.post(`${messagePath(message.id)}/reactions`,
      { conversation_id: id, emoji: '👍' }), 200)
    const sockets = await devices()
    assert.deepEqual(expectStatus(await ada.delete(messagePath(message.id)), 200), {})
    assert.deepEqual(expectStatus(await ada.delete(messagePath(message.id)), 200), {})
    const row = await inList(grace, id)
    assert.deepEqual([row.unread_count, row.last_message_preview], [1, 'stays'])
    const tombstone = (await grace.history(id))[1]
    assert.match(tombstone.deleted_at, TIME)
    assert.deepEqual(
      [tombstone.seq_num, tombstone.content_text, tombstone.content_meta, tombstone.reactions],
      [2, '', undefined, undefined])
    await expectHeardOnce(ada, id, sockets, 'message.deleted', {
      id: message.id, conversation_id: id, seq_num: 2, deleted_at: tombstone.deleted_at,
    })
    assert.equal((await ada.send(id, 'next')).seq_num, 4)
    expectStatus(await ada.patch(messagePath(message.id), { content_text: 'back' }), 409)
    await closeAll(sockets)
  })

  test('owners delete what others wrote, members do not', async () => {
    const { id } = await group()
    const { id: mine } = await ada.send(id, "Ada's")
    const { id: hers } = await grace.send(id, "Grace's")
    expectStatus(await grace.delete(messagePath(mine)), 403)
    expectStatus(await mary.delete(messagePath(mine)), 404)
    expectStatus(await ada.delete(messagePath(hers)), 200)
  })
})

describe('internal messages', () => {
  test('plain members neither hear nor read nor count them', async () => {
    const { id } = await group()
    const sockets = await devices()
    const note = await ada.send(id, 'for insiders', { is_internal: true })
    await settle(grace, id, sockets)
    const created = sockets.map((socket) => heard(socket, id, 'message.created').length)
    assert.deepEqual(created, [2, 2, 1, 1, 1, 1])
    assert.deepEqual(heard(sockets[0], id, 'message.created')[0].payload.payload,
      { message_id: note.id, seq_num: 1, is_internal: true })
    expectStatus(await ada.patch(messagePath(note.id), { content_text: 'changed' }), 200)
    expectStatus(await ada.delete(messagePath(note.id)), 200)
    await settle(grace, id, sockets)
    for (const type of ['message.edited', 'message.deleted']) {
      assert.deepEqual(sockets.map((socket) => heard(socket, id, type).length), [1, 1, 0, 0, 0, 0])
    }
    assert.deepEqual((await joan.history(id)).map((one) => one.seq_num), [2, 3])
    assert.equal((await inList(joan, id)).unread_count, 2)
    expectStatus(await grace.post(`${messagePath(note.id)}/reactions`,
      { conversation_id: id, emoji: '👍' }), 404)
    await closeAll(sockets)
  })
})
