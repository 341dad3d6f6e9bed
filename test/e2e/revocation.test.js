// SPDX-License-Identifier: Apache-2.0
// revocation.test.js: who is put out, by another process too, hears nothing more within a second.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { TaskStream, makeAgent } from '../lib/agents.js'
import {
  PASSWORD, Person, UUID, expectStatus, makeTenant, settle, signup,
} from '../lib/people.js'
import { run, startServer } from '../lib/server.js'
import { within } from '../lib/wait.js'

const makeKey = async (person, name) =>
  expectStatus(await person.post('/v1/tenant/keys', { name }), 201)
const keysOf = async (person, query = '') =>
  expectStatus(await person.get(`/v1/tenant/keys${query}`), 200)
const revoke = (person, key) => person.delete(`/v1/tenant/keys/${key.id}`)

// A user of a backend, who came by this key.
async function customer(server, key, name) {
  const body = { user_id: name, display_name: name }
  const answer = await server.request('POST', '/v1/chat/tokens', { token: key.api_key, body })
  const { token, user_id: id } = expectStatus(answer, 200)
  return new Person(server, undefined, { user: { id }, access_token: token })
}

// The agent with another key, as its operator makes one.
async function withSecondKey(agent) {
  const words = ['key', 'add', 'second', '--agent', agent.id, '--tenant', agent.tenant.id]
  const { code, stdout, stderr } = await run([...words, '--data', agent.server.data])
  assert.equal(code, 0, stderr)
  const [secret] = /\bak_\S+/.exec(stdout)
  return new Person(agent.server, undefined, {
    user: agent.user, tenant: agent.tenant, access_token: secret,
  })
}

async function makeTask(person, agent) {
  const room = await person.conversation([agent], { type: 'agent_group', name: 'work' })
  const body = { conversation_id: room.id, title: 'Speak', agent_id: agent.id }
  return expectStatus(await person.post('/v1/chat/tasks', body), 201)
}

test('A17 a user disabled from the command line loses sockets and tokens', async (t) => {
  const server = await startServer(t)
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const room = (await ada.conversation([grace], { type: 'group', name: 'room' })).id
  const devices = [await grace.socket(), await grace.socket()]
  const witness = await ada.socket()
  await settle(ada, room, [...devices, witness])

  const { code, stderr } = await run(['user', 'disable', grace.id, '--data', server.data])
  assert.equal(code, 0, stderr)
  for (const device of devices) assert.equal((await device.ends()).code, 4001)
  assert.equal((await grace.get('/auth/me')).status, 401)
  const body = { email: grace.email, password: PASSWORD }
  assert.equal((await server.request('POST', '/auth/login', { body })).status, 401)

  await settle(ada, room, [witness])
  for (const device of devices) assert.equal(device.events('message.created').length, 1)
  await witness.close()
})

test('A17 a restart does not bring a revoked session back', async (t) => {
  const server = await startServer(t)
  const [ada] = await makeTenant(server, 'Ada')
  const other = await ada.login()
  const logout = await other.post('/auth/logout', { refresh_token: other.refresh })
  assert.equal(logout.status, 200)
  await server.terminate()
  await server.restart()
  assert.equal((await other.get('/auth/me')).status, 401) // from the first request on
  assert.equal((await ada.get('/auth/me')).status, 200)
})

test('A17 what was revoked just before a crash stays so, and nothing else does', async (t) => {
  const server = await startServer(t)
  const [ada] = await makeTenant(server, 'Ada')
  const [first, second] = [await makeKey(ada, 'first'), await makeKey(ada, 'second')]
  const [out, stays] = [await customer(server, first, 'a'), await customer(server, second, 'b')]
  const other = await ada.login()
  const answers = await Promise.all([other.post('/auth/logout'), revoke(ada, first)])
  await server.kill9()
  for (const answer of answers) expectStatus(answer, 200)

  await server.restart()
  for (const gone of [other, out]) assert.equal((await gone.get('/auth/me')).status, 401)
  const body = { user_id: 'a', display_name: 'a' }
  const refused = await server.request('POST', '/v1/chat/tokens', { token: first.api_key, body })
  assert.equal(refused.body.code, 'key_invalid')
  // The same user comes in by the other key at once, with a token and a socket.
  const again = await customer(server, second, 'a')
  assert.equal(again.id, out.id)
  const sockets = [await again.socket(), await stays.socket(), await ada.socket()]
  for (const socket of sockets) await socket.close()
})

test('keys are listed without their secrets, page by page', async (t) => {
  const server = await startServer(t)
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const robot = await makeAgent(ada, 'Robot')
  const key = await makeKey(ada, 'shop')
  const { keys } = await keysOf(ada)
  assert.deepEqual(keys.map(({ kind, name, user_id: id }) => [kind, name, id]),
    [['agent', 'Robot', robot.id], ['tenant', 'shop', undefined]])
  assert.equal(keys[1].id, key.id)
  assert.match(keys[0].id, UUID)
  assert.doesNotMatch(JSON.stringify(keys), /[sa]k_/)

  const page = await keysOf(ada, '?limit=1')
  assert.deepEqual([page.keys, page.next], [[keys[0]], keys[0].id])
  assert.deepEqual(await keysOf(ada, `?limit=1&after=${page.next}`), { keys: [keys[1]] })
  assert.equal((await ada.get('/v1/tenant/keys?limit=1001')).status, 400)
  assert.equal((await grace.get('/v1/tenant/keys')).body.code, 'not_allowed')
  assert.equal((await revoke(grace, key)).body.code, 'not_allowed')

  const eve = await signup(server, 'Eve', { tenant_name: "Eve's" })
  assert.equal((await revoke(eve, key)).body.code, 'key_not_found')
  for (let time = 0; time < 2; time++) expectStatus(await revoke(ada, key), 200)
  assert.deepEqual(await keysOf(ada), { keys: [keys[0]] })
})

test('A17 a revoked tenant key takes its users along, and those of no other key', async (t) => {
  const server = await startServer(t)
  const [ada] = await makeTenant(server, 'Ada')
  const keys = [await makeKey(ada, 'first'), await makeKey(ada, 'second')]
  const [out, stays] = [await customer(server, keys[0], 'a'), await customer(server, keys[1], 'b')]
  const room = (await ada.conversation([out, stays], { type: 'group', name: 'room' })).id
  const sockets = [await out.socket(), await stays.socket()]
  const unused = await out.messagingToken()
  await settle(ada, room, sockets)

  expectStatus(await revoke(ada, keys[0]), 200)
  assert.equal((await sockets[0].ends()).code, 4001)
  assert.equal((await out.get('/auth/me')).body.code, 'token_invalid')
  await assert.rejects(out.socket({ token: unused.token }))
  await settle(ada, room, [sockets[1]])
  assert.equal(sockets[0].events('message.created').length, 1)
  await sockets[1].close()
})

test('A17 a revoked key ends the stream that came by it, not the agent', async (t) => {
  const server = await startServer(t)
  const [ada] = await makeTenant(server, 'Ada')
  const robot = await makeAgent(ada, 'Robot')
  const task = await makeTask(ada, robot)
  const second = await withSecondKey(robot)
  const sockets = [await robot.socket(), await second.socket(), await ada.socket()]
  const stream = new TaskStream(robot, task.id)
  stream.delta('one ')
  await sockets[2].hears('task_stream_delta')

  expectStatus(await revoke(ada, (await keysOf(ada)).keys[0]), 200)
  const { status, body } = await within(stream.answer, 'the end of the stream')
  assert.deepEqual([status, body.code], [401, 'key_invalid'])
  assert.equal((await sockets[0].ends()).code, 4001)
  const goesOn = new TaskStream(second, task.id)
  goesOn.delta('two')
  assert.equal((await goesOn.end()).body.offset_bytes, 7)
  await sockets[1].hears('task_stream_delta', 2)
  for (const socket of sockets.slice(1)) await socket.close()
})

test('A17 a key revoked from the command line ends what came by it', async (t) => {
  const server = await startServer(t)
  const [ada] = await makeTenant(server, 'Ada')
  const robot = await makeAgent(ada, 'Robot')
  const task = await makeTask(ada, robot)
  const socket = await robot.socket()
  const stream = new TaskStream(robot, task.id)
  stream.delta('one')
  await socket.hears('task_stream_delta')

  const [{ id }] = (await keysOf(ada)).keys
  const { code, stderr } = await run(['key', 'revoke', id, '--data', server.data])
  assert.equal(code, 0, stderr)
  assert.equal((await within(stream.answer, 'the end of the stream')).status, 401)
  assert.equal((await socket.ends()).code, 4001)
})
