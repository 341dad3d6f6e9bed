// SPDX-License-Identifier: Apache-2.0
// revocation_time.test.js: from asking for it until the socket is closed, or the last event was
// heard, with an agent streaming all the while. CARILLON_REVOCATION_TRIES=200 is the measurement of
// docs/performance.md; every run prints its figures.
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { TaskStream, makeAgent } from '../lib/agents.js'
import { PASSWORD, Person, expectStatus, invited, makeTenant, settle } from '../lib/people.js'
import { Server } from '../lib/server.js'
import { within } from '../lib/wait.js'

const TRIES = Number(process.env.CARILLON_REVOCATION_TRIES ?? 8)
const MAX_MS = 1000
const DELTA_EVERY_MS = 4
// How many deltas a witness hears that somebody else does not any more.
const DELTAS_AFTER = 10

const RATES = ['read', 'write', 'send', 'auth']
  .flatMap((kind) => [`--rate-${kind}-per-min`, '100000'])

let server
let ada
let robot
let room
let witness
let stream
let talking
before(async () => {
  server = await Server.start({ args: RATES })
  ;[ada] = await makeTenant(server, 'Ada')
  robot = await makeAgent(ada, 'Robot')
  room = (await ada.conversation([robot], { type: 'agent_group', name: 'room' })).id
  witness = await ada.socket()
  stream = await talk(robot)
})
after(async () => {
  clearInterval(talking)
  stream.destroy()
  await witness.close()
  await server.stop()
})

async function talk(agent) {
  const body = { conversation_id: room, title: 'Speak', agent_id: agent.id }
  const task = expectStatus(await ada.post('/v1/chat/tasks', body), 201)
  const begun = new TaskStream(agent, task.id)
  clearInterval(talking)
  talking = setInterval(() => begun.delta('x'), DELTA_EVERY_MS)
  return begun
}

// What has been heard is let go of: a run of 200 tries hears a hundred thousand deltas.
const hearsMore = async (socket, count = 1) => {
  socket.heard.length = 0
  await socket.hears('task_stream_delta', count)
}

const addToRoom = async (person) =>
  expectStatus(await ada.post(`/v1/chat/conversations/${room}/participants`,
    { user_ids: [person.id] }), 200)
const removeFromRoom = (person) =>
  ada.delete(`/v1/chat/conversations/${room}/participants/${person.id}`)

// Somebody of Ada's tenant who hears the room.
async function guest() {
  const person = await invited(ada, 'Grace')
  await addToRoom(person)
  return person
}

// From asking until the socket was closed, which hears the stream until then. It is promised from
// the commit on: when that is not at once (isSlow), the bound is for what comes after the answer.
async function timeToClose(socket, ask, isSlow = false) {
  await hearsMore(socket)
  const askedMs = performance.now()
  const answer = ask()
  const answered = answer.then(() => performance.now())
  assert.equal((await socket.ends()).code, 4001)
  expectStatus(await answer, 200)
  const time = socket.closedMs - askedMs
  return { time, bounded: isSlow ? socket.closedMs - await answered : time }
}

// Try after try; the figures, of which none is above the bound. What this process stood still for
// is not the server's.
async function measure(t, name, once) {
  const times = []
  const own = monitorEventLoopDelay({ resolution: 10 })
  own.enable()
  for (let i = 0; i < TRIES; i++) {
    own.reset()
    const { time, bounded = time } = await once(i)
    const ownMs = own.max / 1e6
    assert.ok(bounded - ownMs < MAX_MS, `${name}: ${bounded} ms, ${ownMs} of them our own`)
    times.push(time)
  }
  own.disable()
  times.sort((a, b) => a - b)
  const at = (share) => times[Math.min(TRIES - 1, Math.floor(share * TRIES))].toFixed(1)
  t.diagnostic(`${name}: ${TRIES} tries, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`)
}

test('A17 logout closes within a second', async (t) => {
  const grace = await guest()
  await measure(t, 'logout', async () => {
    const session = await grace.login()
    return timeToClose(await session.socket(), () => session.post('/auth/logout'))
  })
})

test('A17 a new password closes the other sessions within a second', async (t) => {
  const grace = await guest()
  const passwords = [PASSWORD, `${PASSWORD} too`]
  const own = await grace.socket()
  await measure(t, 'password change', async (i) => {
    const [current, next] = i % 2 === 0 ? passwords : passwords.toReversed()
    const body = { email: grace.email, password: current }
    const answer = await server.request('POST', '/auth/login', { body })
    const other = new Person(server, grace.email, expectStatus(answer, 200))
    const change = { current_password: current, new_password: next }
    // Two hashes of passwords are made first, which take what a busy machine leaves them.
    return timeToClose(await other.socket(),
      () => grace.post('/auth/change-password', change), true)
  })
  await hearsMore(own) // one's own session goes on
  await own.close()
})

test('A17 a revoked tenant key closes the sockets of its users within a second', async (t) => {
  await measure(t, 'tenant key', async () => {
    const key = expectStatus(await ada.post('/v1/tenant/keys'), 201)
    const body = { user_id: 'customer', display_name: 'Customer' }
    const made = await server.request('POST', '/v1/chat/tokens', { token: key.api_key, body })
    const { token, user_id: id } = expectStatus(made, 200)
    const customer = new Person(server, undefined, { user: { id }, access_token: token })
    await addToRoom(customer)
    return timeToClose(await customer.socket(), () => ada.delete(`/v1/tenant/keys/${key.id}`))
  })
})

test('A17 who is removed from a conversation hears nothing of it within a second', async (t) => {
  const grace = await guest()
  const socket = await grace.socket()
  const lobby = (await ada.conversation([grace], { type: 'group', name: 'lobby' })).id
  await measure(t, 'removal of a listener', async () => {
    await hearsMore(socket)
    const askedMs = performance.now()
    expectStatus(await removeFromRoom(grace), 200)
    await hearsMore(witness, DELTAS_AFTER)
    await settle(ada, lobby, [socket])
    const ofRoom = socket.heard.filter(({ conversation_id: id }) => id === room)
    const last = ofRoom.findIndex(({ payload }) => payload.type === 'participant.removed')
    assert.equal(last, ofRoom.length - 1, 'the leaving is the last that is heard')
    await addToRoom(grace)
    return { time: socket.heardMs.get(ofRoom[last]) - askedMs }
  })
  await socket.close()
})

// From asking until the last delta of an agent that streams to the room was heard. A message that
// is sent when its stream has been answered comes after all of it.
async function timeToSilence(agent, ask, status) {
  clearInterval(talking)
  stream.destroy()
  stream = await talk(agent)
  await hearsMore(witness, 3)
  const askedMs = performance.now()
  const answer = ask()
  assert.equal((await within(stream.answer, 'the end of the stream')).status, status)
  expectStatus(await answer, 200)
  clearInterval(talking)
  for (let i = 0; i < 2; i++) await settle(ada, room, [witness])
  const types = witness.heard.map(({ payload }) => payload.type)
  const last = types.lastIndexOf('task_stream_delta')
  assert.ok(last < types.indexOf('message.created'))
  return { time: witness.heardMs.get(witness.heard[last]) - askedMs }
}

test('A17 an agent that is removed stops streaming within a second', async (t) => {
  await measure(t, 'removal of a streaming agent', async () => {
    const time = await timeToSilence(robot, () => removeFromRoom(robot), 404)
    await addToRoom(robot)
    return time
  })
})

test('A17 an agent stops streaming within a second of its key', async (t) => {
  await measure(t, 'key of a streaming agent', async () => {
    const agent = await makeAgent(ada, 'Short-lived')
    await addToRoom(agent)
    const { keys } = expectStatus(await ada.get('/v1/tenant/keys'), 200)
    const key = keys.find(({ user_id: id }) => id === agent.id)
    const time = await timeToSilence(agent, () => ada.delete(`/v1/tenant/keys/${key.id}`), 401)
    await removeFromRoom(agent)
    return time
  })
})
