// SPDX-License-Identifier: Apache-2.0
// session_events.test.js: what an agent tells of its session: who may tell it, who hears it, when
// that begins and ends, and what may be told.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { makeAgent } from '../lib/agents.js'
import { expectStatus, makeTenant, settle, signup } from '../lib/people.js'
import { Server } from '../lib/server.js'

const NAME_BYTES_MAX = 128
const PAYLOAD_BYTES_MAX = 64 * 1024

let server
let ada
let grace
let joan
let robot
let other
before(async () => {
  server = await Server.start()
  ;[ada, grace, joan] = await makeTenant(server, 'Ada', 'Grace', 'Joan')
  robot = await makeAgent(ada, 'Robot')
  other = await makeAgent(ada, 'Other')
})
after(() => server.stop())

const eventsPath = (name) => `/v1/chat/sessions/${encodeURIComponent(name)}/events`
const tell = (who, name, payload) => who.post(eventsPath(name), { payload })
const tells = async (who, name, payload) =>
  assert.deepEqual(expectStatus(await tell(who, name, payload), 200), {})
const refused = async (answer, status, code, field) => {
  const { body } = await answer
  expectStatus(await answer, status)
  assert.equal(body.code, code)
  if (field) assert.equal(body.field, field)
}
const group = async (...others) => (await ada.conversation(others, { type: 'agent_group' })).id
const give = async (id, agent, session) => expectStatus(await ada.post('/v1/chat/tasks',
  { conversation_id: id, title: 'Think', agent_id: agent.id, session_id: session }), 201).id
const thoughts = (socket) =>
  socket.heard.filter(({ type }) => type === 'brain_event').map(({ payload }) => payload)

async function listen(person, name) {
  const socket = await person.socket()
  await hear(socket, name)
  return socket
}

async function hear(socket, name) {
  const isThere = ({ type, payload }) =>
    type === 'session_subscribed' && payload.session_id === name
  await socket.say({ action: 'subscribe_session', session_id: name })
  await socket.until(() => socket.heard.some(isThere), 'the session')
}

const closeAll = (...sockets) => Promise.all(sockets.map((socket) => socket.close()))

// Live events come by themselves: whoever has heard this last thought heard all before it.
const hears = async (socket, expected) => {
  await socket.until(() => thoughts(socket).length >= expected.length, JSON.stringify(expected))
  assert.deepEqual(thoughts(socket), expected)
}

describe('who hears it', () => {
  test('every device that subscribed, of everybody in the conversation, once and in order',
    async () => {
      const id = await group(grace, robot)
      const all = await group(grace, joan, robot)
      await give(id, robot, 'run 1')
      const inside = await Promise.all([ada, ada, grace, grace, robot].map((one) =>
        listen(one, 'run 1')))
      const outside = await Promise.all([joan, joan, other].map((one) => listen(one, 'run 1')))
      const deaf = [await grace.socket(), await listen(grace, 'run 2')]
      const told = Array.from({ length: 50 }, (_, i) => ({ step: i, aB: null, list: [i, 'ü\n"'] }))
      for (const payload of told) await tells(robot, 'run 1', payload)
      for (const socket of inside) await hears(socket, told)
      await settle(ada, all, [...inside.slice(0, 4), ...outside.slice(0, 2), ...deaf])
      for (const socket of inside) assert.deepEqual(thoughts(socket), told)
      for (const socket of [...outside, ...deaf]) assert.deepEqual(thoughts(socket), [])
      await closeAll(...inside, ...outside, ...deaf)
    })

  test('in carillon.v1 too, without a cursor, and it is not replayed', async () => {
    const id = await group(grace, robot)
    await give(id, robot, 'v1')
    const socket = await grace.socketV1()
    await hear(socket, 'v1')
    await ada.send(id, 'Before')
    await socket.hears('message.created')
    const { cursor } = socket
    await tells(robot, 'v1', { now: 1 })
    await hears(socket, [{ now: 1 }])
    const [frame] = socket.heard.filter(({ type }) => type === 'brain_event')
    assert.deepEqual(Object.keys(frame), ['type', 'payload'])
    await socket.drop()
    await ada.send(id, 'Meanwhile')
    const again = await grace.socketV1(cursor)
    assert.equal((await again.resumes()).replayed, 1)
    assert.deepEqual(thoughts(again), [])
    await again.close()
  })

  test('from the subscription to its end, and while one is in the conversation', async () => {
    const id = await group(grace, joan, robot)
    await give(id, robot, 'stay')
    const [first, second, staying] =
      await Promise.all([grace, joan, ada].map((one) => listen(one, 'stay')))
    await tells(robot, 'stay', 1)
    for (const socket of [first, second, staying]) await hears(socket, [1])
    await first.say({ action: 'unsubscribe_session', session_id: 'stay' })
    await first.say({ action: 'ping' })
    await first.until(() => first.heard.some(({ type }) => type === 'pong'), 'the pong')
    const path = `/v1/chat/conversations/${id}/participants`
    expectStatus(await ada.delete(`${path}/${joan.id}`), 200)
    await tells(robot, 'stay', 2)
    await hears(staying, [1, 2])
    // Who is back hears it again, without subscribing again.
    expectStatus(await ada.post(path, { user_ids: [joan.id] }), 200)
    await tells(robot, 'stay', 3)
    await hears(staying, [1, 2, 3])
    await hears(second, [1, 3])
    await settle(ada, id, [first])
    assert.deepEqual(thoughts(first), [1])
    await closeAll(first, second, staying)
  })

  test('focus does not matter, and neither does subscribing before there is a task', async () => {
    const id = await group(grace, robot)
    const elsewhere = await group(grace)
    const socket = await listen(grace, 'early')
    await socket.say({ action: 'subscribe', conversation_ids: [elsewhere] })
    await give(id, robot, 'early')
    await tells(robot, 'early', { at: 'last' })
    await hears(socket, [{ at: 'last' }])
    await socket.close()
  })

  test('who blocks the agent hears no more of it', async () => {
    const id = await group(grace, joan, robot)
    await give(id, robot, 'blocked')
    const [blocker, witness] = await Promise.all([grace, joan].map((one) => listen(one, 'blocked')))
    expectStatus(await grace.post(`/v1/chat/users/${robot.id}/block`), 200)
    await tells(robot, 'blocked', 1)
    await hears(witness, [1])
    await settle(ada, id, [blocker])
    assert.deepEqual(thoughts(blocker), [])
    expectStatus(await grace.delete(`/v1/chat/users/${robot.id}/block`), 200)
    await tells(robot, 'blocked', 2)
    await hears(blocker, [2])
    await closeAll(blocker, witness)
  })

  test('Z the same name in another tenant is another session', async () => {
    const id = await group(grace, robot)
    await give(id, robot, 'same')
    const stranger = await signup(server, 'Stranger', { tenant_name: 'Elsewhere' })
    const spy = await makeAgent(stranger, 'Spy')
    const { id: theirs } = await stranger.conversation([spy], { type: 'agent_direct' })
    expectStatus(await stranger.post('/v1/chat/tasks',
      { conversation_id: theirs, title: 'Spy', agent_id: spy.id, session_id: 'same' }), 201)
    const [ours, foreign] = await Promise.all([grace, stranger].map((one) => listen(one, 'same')))
    await tells(robot, 'same', 'ours')
    await tells(spy, 'same', 'theirs')
    await hears(ours, ['ours'])
    await hears(foreign, ['theirs'])
    await settle(ada, id, [ours])
    assert.deepEqual(thoughts(ours), ['ours'])
    await closeAll(ours, foreign)
  })
})

describe('who tells it', () => {
  test('its agent, and nobody else', async () => {
    const id = await group(grace, robot, other)
    const task = await give(id, robot, 'mine')
    const bare = await give(id, robot)
    const socket = await listen(grace, bare)
    for (const person of [ada, grace, joan]) {
      await refused(tell(person, 'mine', 1), 403, 'not_allowed')
    }
    for (const name of ['mine', task, bare, 'nobody\'s']) {
      await refused(tell(other, name, 1), 404, 'session_not_found')
    }
    await refused(tell(robot, task, 1), 404, 'session_not_found') // that task has a name
    await tells(robot, 'mine', 1)
    await tells(robot, bare, 'by its id')
    await hears(socket, ['by its id'])
    await socket.close()
  })

  test('not an agent that was removed', async () => {
    const id = await group(grace, robot)
    await give(id, robot, 'gone')
    await tells(robot, 'gone', 1)
    expectStatus(await ada.delete(`/v1/chat/conversations/${id}/participants/${robot.id}`), 200)
    await refused(tell(robot, 'gone', 2), 404, 'session_not_found')
  })
})

describe('what is told', () => {
  test('any JSON but null', async () => {
    const id = await group(grace, robot)
    await give(id, robot, 'json')
    const socket = await listen(grace, 'json')
    const good = [{}, [], '', 0, -1.5, 12345678901234, true, false, [null], { a: { b: 'ö' } }]
    for (const payload of good) await tells(robot, 'json', payload)
    await hears(socket, good)
    await refused(tell(robot, 'json', null), 400, 'invalid_field', 'payload')
    await refused(robot.post(eventsPath('json'), {}), 400, 'invalid_field', 'payload')
    await socket.close()
  })

  test('at most 64 KiB, under a name of at most 128 bytes', async () => {
    const id = await group(grace, robot)
    const longest = 'é'.repeat(NAME_BYTES_MAX / 2)
    await give(id, robot, longest)
    const socket = await listen(grace, longest)
    const full = 'x'.repeat(PAYLOAD_BYTES_MAX - 2)
    await tells(robot, longest, full)
    await hears(socket, [full])
    await refused(tell(robot, longest, `${full}x`), 413, 'too_large', 'payload')
    await refused(tell(robot, `${longest}x`, 1), 400, 'invalid_parameter', 'session_id')
    await socket.close()
  })
})
