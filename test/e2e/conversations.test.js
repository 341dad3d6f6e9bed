// SPDX-License-Identifier: Apache-2.0
// conversations.test.js: who is in a conversation, who hears of it, and who knows nothing of it.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { UUID, expectStatus, makeTenant, settle } from '../lib/people.js'
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

const participantsPath = (id) => `/v1/chat/conversations/${id}/participants`
const closeAll = (...sockets) => Promise.all(sockets.map((socket) => socket.close()))
const createdFor = (socket, id) =>
  socket.events('conversation.created').filter((payload) => payload.conversation_id === id)
const textsIn = async (person, id) => (await person.history(id)).map((one) => one.content_text)
const messagesHeard = (socket, id) =>
  socket.heard.filter((one) => one.conversation_id === id && one.payload.type === 'message.created')

describe('making conversations', () => {
  test('conversation.created tells each of two about the other', async () => {
    const [mine, theirs] = await makeTenant(server, 'Ada', 'Grace')
    const sockets = [await mine.socket(), await theirs.socket()]
    const { id, type, created_by: creator } = await mine.conversation([theirs], { type: 'direct' })
    assert.match(id, UUID)
    assert.equal(type, 'direct')
    assert.equal(creator, mine.id)
    for (const [socket, other] of [[sockets[0], theirs], [sockets[1], mine]]) {
      await socket.hears('conversation.created')
      const envelope = socket.heard.find((one) => one.payload.type === 'conversation.created')
      assert.deepEqual(envelope, {
        type: 'event',
        conversation_id: id,
        payload: {
          type: 'conversation.created',
          payload: {
            conversation_id: id,
            contact_id: other.id,
            contact_name: other.user.display_name,
          },
        },
      })
    }
    await closeAll(...sockets)
  })

  test('conversation.created tells everybody the name of a group', async () => {
    const sockets = await Promise.all([ada, grace, joan].map((person) => person.socket()))
    const { id } = await ada.conversation([grace, joan], { type: 'group', name: 'Engines' })
    for (const socket of sockets) {
      await socket.until(() => createdFor(socket, id).length > 0, 'conversation.created')
      assert.deepEqual(createdFor(socket, id), [{ conversation_id: id, group_name: 'Engines' }])
    }
    await closeAll(...sockets)
  })

  test('a conversation that was just made is heard by sockets that were open before', async () => {
    const socket = await grace.socket()
    const { id } = await ada.conversation([grace], { type: 'group', name: 'at once' })
    await ada.send(id, 'first')
    await socket.until(() => messagesHeard(socket, id).length === 1, 'the first message')
    const order = socket.heard.filter((one) => one.conversation_id === id)
      .map((one) => one.payload.type)
    assert.ok(order.indexOf('conversation.created') < order.indexOf('message.created'))
    await closeAll(socket)
  })

  test('two people have one direct conversation, whoever asks and however often', async () => {
    const [mine, theirs] = await makeTenant(server, 'Ada', 'Grace')
    const ask = (person, other) =>
      person.post('/v1/chat/conversations', { type: 'direct', participant_ids: [other.id] })
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => (i % 2 ? ask(mine, theirs) : ask(theirs, mine))))
    assert.equal(new Set(answers.map((answer) => answer.body.id)).size, 1)
    assert.equal(answers.filter((answer) => answer.status === 201).length, 1)
    assert.equal(answers.filter((answer) => answer.status === 200).length, 9)
    for (const [person, other] of [[mine, theirs], [theirs, mine]]) {
      const { conversations } = expectStatus(await person.get('/v1/chat/conversations'), 200)
      assert.equal(conversations.length, 1)
      const { contact } = conversations[0]
      assert.equal(contact.user_id, other.id)
      assert.equal(contact.display_name, other.user.display_name)
      assert.equal(contact.is_agent, false)
    }
  })

  test('a direct conversation has two people, and they are not the same', async () => {
    for (const ids of [[], [ada.id], [grace.id, joan.id]]) {
      const body = { type: 'direct', participant_ids: ids }
      const answer = await ada.post('/v1/chat/conversations', body)
      expectStatus(answer, 400)
      assert.equal(answer.body.field, 'participant_ids')
    }
  })

  test('an unknown user and one of another tenant are a 404 in the same words', async () => {
    const [stranger] = await makeTenant(server, 'Stranger')
    const ask = (id) => ada.post('/v1/chat/conversations', { type: 'group', participant_ids: [id] })
    const unknown = await ask(randomUUID().replace(/^(.{14})./, '$17'))
    const foreign = await ask(stranger.id)
    expectStatus(unknown, 404)
    expectStatus(foreign, 404)
    assert.equal(foreign.body.code, unknown.body.code)
  })
})

describe('participants', () => {
  test('who is added hears what follows; who leaves or is removed hears nothing more', async () => {
    const { id } = await ada.conversation([grace], { type: 'group', name: 'changing' })
    const both = await ada.conversation([grace, joan], { type: 'group', name: 'side' })
    const [hers, theirs] = [await grace.socket(), await joan.socket()]
    await ada.send(id, 'before Joan')
    await settle(ada, both.id, [hers, theirs])
    assert.equal(messagesHeard(theirs, id).length, 0)

    const add = { user_ids: [joan.id] }
    assert.deepEqual(expectStatus(await ada.post(participantsPath(id), add), 200), {})
    await theirs.until(() => createdFor(theirs, id).length === 1, 'conversation.created')
    await ada.send(id, 'with Joan')
    await theirs.until(() => messagesHeard(theirs, id).length === 1, 'the message')
    expectStatus(await ada.post(participantsPath(id), add), 200)

    expectStatus(await ada.delete(`${participantsPath(id)}/${joan.id}`), 200)
    await ada.send(id, 'after Joan')
    await settle(ada, both.id, [hers, theirs])
    assert.equal(messagesHeard(theirs, id).length, 1)
    assert.equal(messagesHeard(hers, id).length, 3)
    expectStatus(await joan.get(`/v1/chat/conversations/${id}/messages`), 404)
    expectStatus(await joan.get(participantsPath(id)), 404)

    expectStatus(await grace.delete(`${participantsPath(id)}/${grace.id}`), 200)
    await ada.send(id, 'alone')
    await settle(ada, both.id, [hers, theirs])
    assert.equal(messagesHeard(hers, id).length, 3)
    const send = { conversation_id: id, content_text: 'still here?' }
    expectStatus(await grace.post('/v1/chat/messages/send', send), 404)
    assert.deepEqual(await textsIn(ada, id),
      ['before Joan', 'with Joan', 'after Joan', 'alone'])
    await closeAll(hers, theirs)
  })

  test('the list of participants has everybody with a role', async () => {
    const { id } = await ada.conversation([grace, joan], { type: 'group', name: 'roles' })
    const { participants } = expectStatus(await grace.get(participantsPath(id)), 200)
    const roles = Object.fromEntries(participants.map((one) => [one.user_id, one.role]))
    assert.deepEqual(roles, { [ada.id]: 'owner', [grace.id]: 'member', [joan.id]: 'member' })
    for (const one of participants) {
      assert.equal(one.is_agent, false)
      assert.ok(one.display_name.length > 0)
    }
  })

  test('a member removes nobody but itself', async () => {
    const { id } = await ada.conversation([grace, joan], { type: 'group', name: 'rights' })
    expectStatus(await grace.delete(`${participantsPath(id)}/${joan.id}`), 403)
    expectStatus(await grace.delete(`${participantsPath(id)}/${ada.id}`), 403)
    expectStatus(await grace.delete(`${participantsPath(id)}/${grace.id}`), 200)
  })

  test('a removed person who is added again hears again, once', async () => {
    const { id } = await ada.conversation([grace], { type: 'group', name: 'again' })
    const socket = await grace.socket()
    for (let round = 0; round < 3; round++) {
      expectStatus(await ada.delete(`${participantsPath(id)}/${grace.id}`), 200)
      expectStatus(await ada.post(participantsPath(id), { user_ids: [grace.id] }), 200)
    }
    await settle(ada, id, [socket])
    assert.equal(messagesHeard(socket, id).length, 1)
    await closeAll(socket)
  })

  test('nobody is added to a direct conversation', async () => {
    const [mine, theirs, third] = await makeTenant(server, 'Ada', 'Grace', 'Joan')
    const { id } = await mine.conversation([theirs], { type: 'direct' })
    const answer = await mine.post(participantsPath(id), { user_ids: [third.id] })
    assert.ok([400, 403, 409].includes(answer.status), String(answer.status))
  })
})

describe('roles', () => {
  test('an owner makes an admin, who then sees what is internal; all are told', async () => {
    const { id } = await ada.conversation([grace, joan], { type: 'group', name: 'roles' })
    const sockets = await Promise.all([ada, grace, joan].map((person) => person.socket()))
    const path = `${participantsPath(id)}/${grace.id}`
    expectStatus(await grace.patch(path, { role: 'admin' }), 403)
    assert.equal(expectStatus(await ada.patch(path, { role: 'agent' }), 400).field, 'role')
    expectStatus(await ada.send(id, 'before', { is_internal: true }).then(() =>
      ada.patch(path, { role: 'admin' })), 200)
    const update = { conversation_id: id, user_id: grace.id, role: 'admin', updated_by: ada.id }
    for (const socket of sockets) {
      assert.deepEqual(await socket.hears('participant.updated'), [update])
    }
    await ada.send(id, 'internal', { is_internal: true })
    await settle(ada, id, sockets)
    assert.equal(sockets[1].events('message.created').length, 2)
    assert.equal(sockets[2].events('message.created').length, 1)
    const mine = `${participantsPath(id)}/${ada.id}`
    assert.equal(expectStatus(await ada.patch(mine, { role: 'member' }), 409).code, 'last_owner')
    expectStatus(await ada.patch(path, { role: 'owner' }), 200)
    expectStatus(await ada.patch(mine, { role: 'member' }), 200)
    expectStatus(await ada.patch(path, { role: 'member' }), 403)
    await Promise.all(sockets.map((socket) => socket.close()))
  })
})

describe('deleting', () => {
  test('deleted for everyone, it is gone for everyone, and everyone is told', async () => {
    const { id } = await ada.conversation([grace], { type: 'group', name: 'to go' })
    const socket = await grace.socket()
    await ada.send(id, 'x')
    const path = `/v1/chat/conversations/${id}`
    expectStatus(await grace.delete(path, { mode: 'for_everyone' }), 403)
    expectStatus(await ada.delete(path, { mode: 'for_everyone' }), 200)
    assert.deepEqual(await socket.hears('conversation.deleted'), [{ conversation_id: id }])
    for (const person of [ada, grace]) {
      expectStatus(await person.get(`${path}/messages`), 404)
      const { conversations } = expectStatus(await person.get('/v1/chat/conversations'), 200)
      assert.ok(!conversations.some((row) => row.id === id))
    }
    await closeAll(socket)
  })
})

describe('tenants', () => {
  test('Z4 nothing of one tenant is found, read or written from another', async () => {
    const [mallory, trent] = await makeTenant(server, 'Mallory', 'Trent')
    const { id } = await ada.conversation([grace], { type: 'group', name: 'ours' })
    const message = await ada.send(id, 'between us')
    const spy = await mallory.socket()
    const base = `/v1/chat/conversations/${id}`
    const attempts = [
      mallory.get(`${base}/messages`),
      mallory.get(`${base}/participants`),
      mallory.post(`${base}/participants`, { user_ids: [mallory.id] }),
      mallory.delete(`${base}/participants/${grace.id}`),
      mallory.post(`${base}/read`, { up_to_seq: 1 }),
      mallory.post(`${base}/typing`, { state: 'start' }),
      mallory.post(`${base}/mute`, {}),
      mallory.post(`${base}/archive`),
      mallory.patch(base, { name: 'mine now' }),
      mallory.delete(base, { mode: 'for_everyone' }),
      mallory.post('/v1/chat/messages/send', { conversation_id: id, content_text: 'x' }),
      mallory.patch(`/v1/chat/messages/${message.id}`, { content_text: 'x' }),
      mallory.post(`/v1/chat/messages/${message.id}/reactions`,
        { conversation_id: id, emoji: '👍' }),
      mallory.post('/v1/chat/conversations', { type: 'direct', participant_ids: [ada.id] }),
    ]
    for (const [i, attempt] of attempts.entries()) {
      assert.equal((await attempt).status, 404, `attempt ${i}`)
    }
    const own = await mallory.conversation([trent], { type: 'group', name: 'theirs' })
    const add = await mallory.post(participantsPath(own.id), { user_ids: [ada.id] })
    assert.equal(add.status, 404)
    const { users } = expectStatus(await mallory.get('/v1/chat/users'), 200)
    assert.ok(!users.some((user) => user.id === ada.id))
    await ada.send(id, 'still between us')
    await settle(trent, own.id, [spy])
    assert.deepEqual(messagesHeard(spy, id), [])
    assert.ok(!JSON.stringify(spy.heard).includes(id))
    assert.deepEqual(await textsIn(ada, id), ['between us', 'still between us'])
    await closeAll(spy)
  })

  test('Z1 without a token, every route of the chat is a 401', async () => {
    const id = randomUUID()
    const routes = [
      ['GET', '/v1/messaging/token'], ['GET', '/auth/me'], ['PATCH', '/auth/profile'],
      ['POST', '/auth/change-password'], ['GET', '/v1/chat/conversations'],
      ['POST', '/v1/chat/conversations'], ['GET', '/v1/chat/conversations/unread'],
      ['GET', `/v1/chat/conversations/${id}/messages`], ['POST', '/v1/chat/messages/send'],
      ['POST', '/v1/chat/messages/sync'], ['POST', `/v1/chat/conversations/${id}/read`],
      ['GET', '/v1/chat/users'], ['GET', '/v1/chat/agents'],
      ['GET', `/v1/chat/conversations/${id}/participants`], ['POST', '/v1/tenant/invites'],
    ]
    for (const [method, path] of routes) {
      const body = method === 'GET' ? undefined : {}
      const answer = await server.request(method, path, { body })
      assert.equal(answer.status, 401, `${method} ${path}`)
    }
  })
})
