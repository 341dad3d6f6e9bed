// SPDX-License-Identifier: Apache-2.0
// matrix.test.js: every route of the server, asked by everybody who could ask. The routes are those
// of the sources, so that a new one has to say here who may do what. Only statuses are compared;
// what the answers hold is the matter of the other suites.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeAgent } from '../lib/agents.js'
import { routesOfSource } from '../lib/docs.js'
import { withLivekit } from '../lib/livekit.js'
import { expectStatus, invited, makeTenant, signup } from '../lib/people.js'
import { startServer } from '../lib/server.js'

// In the order in which they ask, so that whoever can end something asks last. `stranger` owns
// another tenant, `former` was removed from the conversation, `admin` is one of the tenant and a
// member of the conversation, `owner` owns both and sent the message.
const ROLES = [
  'nobody', 'stranger', 'outsider', 'former', 'key', 'member', 'admin', 'agent', 'owner',
]

const ALL = (status) => ROLES.map(() => status).join(' ')
const USERS = '401 200 200 200 403 200 200 200 200'
const PARTICIPANTS = '401 404 404 404 403 200 200 200 200'

// What each of ROLES is answered, and the body that they send.
const ROWS = {
  'GET /': [ALL(200)],
  'GET /healthz': [ALL(200)],
  'GET /readyz': [ALL(200)],
  'GET /metrics': [ALL(200)],
  'GET /openapi.yaml': [ALL(200)],
  'GET /asyncapi.yaml': [ALL(200)],
  'POST /auth/signup': [ALL(400), () => ({})],
  'POST /auth/login': [ALL(400), () => ({})],
  'POST /auth/refresh': [ALL(400), () => ({})],
  'GET /auth/me': [USERS],
  'PATCH /auth/profile': [USERS, () => ({ bio: 'x' })],
  'POST /auth/change-password': ['401 400 400 400 403 400 400 403 400', () => ({})],
  'GET /v1/messaging/token': [USERS],
  'POST /v1/tenant/invites': ['401 201 403 403 403 403 201 403 201', () => ({})],
  'POST /v1/tenant/keys': ['401 201 403 403 403 403 201 403 201', () => ({})],
  'GET /v1/tenant/keys': ['401 200 403 403 403 403 200 403 200'],
  // The second finds it revoked already, which is as well.
  'DELETE /v1/tenant/keys/:': ['401 404 403 403 403 403 200 403 200'],
  'POST /v1/chat/tokens': ['401 403 403 403 200 403 403 403 403',
    () => ({ user_id: 'customer-42', display_name: 'Charles' })],
  'GET /v1/chat/users': [USERS],
  'GET /v1/chat/agents': [USERS],
  'POST /v1/chat/agents': ['401 201 403 403 403 403 201 403 201', () => ({ display_name: 'Bot' })],
  'POST /v1/chat/users/:/block': ['401 404 200 200 403 200 200 200 200'],
  // Nobody is blocked: there is nothing to lift, whoever the id belongs to.
  'DELETE /v1/chat/users/:/block': [USERS],
  'GET /v1/chat/blocks': [USERS],
  'PUT /v1/chat/presence': [USERS, () => ({ status: 'away' })],
  'GET /v1/chat/presence': [USERS, undefined, (ids) => `?user_ids=${ids.users}`],
  'GET /v1/chat/conversations': [USERS],
  'POST /v1/chat/conversations': ['401 404 201 201 403 201 201 201 201',
    (ids) => ({ type: 'group', participant_ids: [ids.users] })],
  'PATCH /v1/chat/conversations/:': ['401 404 404 404 403 403 403 403 200', () => ({ name: 'x' })],
  'DELETE /v1/chat/conversations/:': ['401 404 404 404 403 403 403 403 200',
    () => ({ mode: 'for_everyone' })],
  'POST /v1/chat/conversations/:/mute': [PARTICIPANTS],
  'DELETE /v1/chat/conversations/:/mute': [PARTICIPANTS],
  'POST /v1/chat/conversations/:/archive': [PARTICIPANTS],
  'DELETE /v1/chat/conversations/:/archive': [PARTICIPANTS],
  'GET /v1/chat/conversations/:/participants': [PARTICIPANTS],
  'POST /v1/chat/conversations/:/participants': ['401 404 404 404 403 403 403 403 200',
    (ids) => ({ user_ids: [ids.users] })],
  'PATCH /v1/chat/conversations/:/participants/:': ['401 404 404 404 403 403 403 403 200',
    () => ({ role: 'admin' })],
  'DELETE /v1/chat/conversations/:/participants/:': ['401 404 404 404 403 403 403 403 200'],
  'POST /v1/chat/conversations/:/read': [PARTICIPANTS, () => ({ up_to_seq: 1 })],
  'GET /v1/chat/conversations/unread': [USERS],
  'POST /v1/chat/conversations/:/typing': [PARTICIPANTS, () => ({ state: 'start' })],
  'GET /v1/chat/conversations/:/messages': [PARTICIPANTS],
  'GET /v1/chat/conversations/:/tasks': [PARTICIPANTS],
  'POST /v1/chat/messages/send': ['401 404 404 404 403 201 201 201 201',
    (ids) => ({ conversation_id: ids.conversations, content_text: 'x' })],
  // Sync leaves out what the caller may not read.
  'POST /v1/chat/messages/sync': [USERS,
    (ids) => ({ conversations: [{ conversation_id: ids.conversations, last_seq: 0 }] })],
  // In all conversations of the caller's.
  'GET /v1/chat/messages/search': [USERS, undefined, () => '?q=hello'],
  'PATCH /v1/chat/messages/:': ['401 404 404 404 403 403 403 403 200',
    () => ({ content_text: 'y' })],
  'DELETE /v1/chat/messages/:': ['401 404 404 404 403 403 403 403 200'],
  'GET /v1/chat/messages/:/edits': [PARTICIPANTS],
  'POST /v1/chat/messages/:/reactions': [PARTICIPANTS,
    (ids) => ({ conversation_id: ids.conversations, emoji: '👍' })],
  'POST /v1/chat/messages/forward': [PARTICIPANTS,
    (ids) => ({ message_id: ids.messages, conversation_ids: [ids.conversations] })],
  'POST /v1/chat/tasks': ['401 404 404 404 403 201 201 201 201',
    (ids) => ({ conversation_id: ids.conversations, title: 'x' })],
  'GET /v1/chat/tasks/:': [PARTICIPANTS],
  'PATCH /v1/chat/tasks/:': ['401 404 404 404 403 403 403 200 403', () => ({ status: 'running' })],
  // The first cancels it; what is cancelled stays so.
  'POST /v1/chat/tasks/:/cancel': ['401 404 404 404 403 200 409 409 409'],
  // Only the agent of the session's task; people never.
  'POST /v1/chat/sessions/:/events': ['401 403 403 403 403 403 403 200 403',
    () => ({ payload: { thought: 'x' } })],
  'POST /v1/chat/tasks/:/stream': ['401 404 404 404 403 403 403 200 403', () => '{"delta":"x"}\n'],
  'GET /v1/chat/tasks/:/stream': [PARTICIPANTS],
  // The first rings; then there is a call.
  'POST /v1/chat/conversations/:/calls': ['401 404 404 404 403 201 409 409 409',
    () => ({ call_type: 'audio' })],
  'GET /v1/chat/conversations/:/calls': [PARTICIPANTS],
  'GET /v1/chat/calls/:': [PARTICIPANTS],
  'POST /v1/chat/calls/:/answer': [PARTICIPANTS],
  'POST /v1/chat/calls/:/decline': [PARTICIPANTS],
  'POST /v1/chat/calls/:/end': ['401 404 404 404 403 403 403 403 200'],
  // Only LiveKit's signature counts here.
  'POST /v1/livekit/webhook': [ALL(401), () => '{}'],
  // Ends the sessions that everybody asks with.
  'POST /auth/logout': ['401 200 200 200 403 200 200 403 200', () => ({})],
}

async function makeWorld(server) {
  const [owner, outsider, former, member, spare] =
    await makeTenant(server, 'Owner', 'Outsider', 'Former', 'Member', 'Spare')
  const admin = await invited(owner, 'Admin', { role: 'admin' })
  const agent = await makeAgent(owner, 'Agent')
  const stranger = await signup(server, 'Stranger', { tenant_name: "Stranger's" })
  const key = expectStatus(await owner.post('/v1/tenant/keys', { name: 'x' }), 201)

  return { owner, outsider, former, member, spare, admin, agent, stranger,
    nobody: { access: undefined }, key: { access: key.api_key } }
}

// A call of the owner, in a conversation of its own.
async function makeCall({ owner, former, member, admin, agent }) {
  const { id } = await owner.conversation([former, member, admin, agent], { type: 'group' })
  const path = `/v1/chat/conversations/${id}`
  expectStatus(await owner.delete(`${path}/participants/${former.id}`), 200)
  return expectStatus(await owner.post(`${path}/calls`, { call_type: 'audio' }), 201)
}

// A conversation, a message, a task and a call that nobody has touched yet: ids, each by the word
// before it in a path.
async function makeThings(world) {
  const { owner, former, member, spare, admin, agent } = world
  const { id } = await owner.conversation([former, member, spare, admin, agent], { type: 'group' })
  const { id: message } = await owner.send(id, 'Hello!')
  const task = { conversation_id: id, title: 'Work', agent_id: agent.id }
  const { id: taskId } = expectStatus(await owner.post('/v1/chat/tasks', task), 201)

  const key = expectStatus(await owner.post('/v1/tenant/keys'), 201)

  expectStatus(await owner.delete(`/v1/chat/conversations/${id}/participants/${former.id}`), 200)
  return { keys: key.id, conversations: id, messages: message, tasks: taskId, users: spare.id,
    participants: spare.id, calls: (await makeCall(world)).call_id, sessions: taskId }
}

function requestOf([, body, query], route, ids) {
  const [method, path] = route.split(' ')
  const filled = path.replace(/\/(\w+)\/:/g, (_, kind) => `/${kind}/${ids[kind]}`)
  const content = body?.(ids)
  const options = typeof content === 'string'
    ? { raw: content, headers: { 'content-type': 'application/x-ndjson' } } : { body: content }

  return [method, filled + (query?.(ids) ?? ''), options]
}

test('Z1 every route answers everybody as they may expect', async (t) => {
  const server = await startServer(t, withLivekit())
  const world = await makeWorld(server)
  const differing = []

  assert.deepEqual(Object.keys(ROWS).sort(), [...routesOfSource()].sort(), 'a row for each route')
  for (const [route, row] of Object.entries(ROWS)) {
    const request = requestOf(row, route, await makeThings(world))
    const statuses = []
    for (const role of ROLES) {
      const [method, path, options] = request
      const { status, body } =
        await server.request(method, path, { ...options, token: world[role].access })
      statuses.push(status)
      if (status >= 400) assert.match(body.code, /^[a-z_]+$/, `${route} as ${role}`)
    }
    if (statuses.join(' ') !== row[0]) differing.push([route, statuses.join(' '), row[0]])
  }
  assert.deepEqual(differing, [], `route, answers, expected: ${ROLES.join(' ')}`)
})
