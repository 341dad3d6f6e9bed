// SPDX-License-Identifier: Apache-2.0
// drop_in.test.js: an application that was written for @veroai/chat, and uses all of it, runs with
// its import changed and nothing else. What "all" is stands here, as that package publishes it.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { transform } from 'esbuild'
import { TaskStream } from '../../../test/lib/agents.js'
import { ROOT } from './lib/source.js'
import { LIVEKIT, Server, apiOf, expectStatus, makeAgent, makeTenant } from './lib/world.js'

const CLASSES = ['ChatClient', 'ChatApi', 'ChatSocket', 'ChatApiError']
const OPTIONS = [
  'apiUrl', 'wsUrl', 'token', 'getToken', 'autoConnect', 'autoReconnect', 'reconnectInterval',
  'maxReconnectAttempts',
]
const METHODS = [
  'connect', 'disconnect', 'isConnected', 'subscribe', 'unsubscribe', 'subscribeSession',
  'unsubscribeSession', 'setToken', 'on', 'once', 'off', 'send', 'getMessages', 'sync',
  'toggleReaction', 'forward', 'listConversations', 'createConversation', 'updateConversation',
  'markRead', 'deleteConversation', 'addParticipants', 'removeParticipant', 'getParticipants',
  'listUsers', 'listAgents', 'editMessage', 'typing', 'getUnreadCounts', 'searchMessages', 'mute',
  'unmute', 'archive', 'unarchive', 'blockUser', 'unblockUser', 'listBlocked', 'getMessagingToken',
]
// Each with the fields that its payload has at least.
const EVENTS = {
  connected: [],
  disconnected: [],
  error: [],
  subscribed: [],
  session_subscribed: [],
  brain_event: ['thought'],
  'message.created': ['message_id', 'seq_num'],
  'message.edited': ['id', 'conversation_id', 'content_text', 'edit_count', 'edited_at'],
  'typing.start': ['conversation_id', 'user_id', 'at'],
  'typing.stop': ['conversation_id', 'user_id', 'at'],
  'reaction.updated': ['message_id', 'user_id', 'emoji', 'action'],
  'presence.updated': ['user_id', 'status'],
  'conversation.created': ['conversation_id', 'group_name'],
  'conversation.deleted': ['conversation_id'],
  'conversation.muted': ['conversation_id', 'muted_until'],
  'conversation.unmuted': ['conversation_id'],
  'conversation.archived': ['conversation_id', 'archived_at'],
  'conversation.unarchived': ['conversation_id'],
  'user.blocked': ['user_id'],
  'user.unblocked': ['user_id'],
  'task.status_updated': ['task_id', 'status', 'agent_id'],
  task_stream_delta: ['delta', 'agent_id', 'session_id'],
  'call.started': ['call_id', 'room_name', 'call_type', 'conversation_id', 'initiator_id'],
  'call.answered': ['call_id', 'conversation_id', 'answered_by'],
  'call.ended': ['call_id', 'conversation_id', 'duration_seconds'],
}

const source = readFileSync(join(ROOT, 'test/lib/veroai_app.ts'), 'utf8')

// The application with its import changed, as after `npm install @carillon/chat`.
async function install(t) {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-drop-in-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'node_modules', '@carillon'), { recursive: true })
  symlinkSync(ROOT, join(folder, 'node_modules', '@carillon', 'chat'))
  const changed = source.replace("from '@veroai/chat'", "from '@carillon/chat'")
  writeFileSync(join(folder, 'app.mts'), changed)
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  execFileSync(process.execPath, [tsc, '--noEmit', '--strict', '--noUncheckedIndexedAccess',
    '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom',
    join(folder, 'app.mts')], { stdio: 'inherit' })
  const { code } = await transform(changed, { loader: 'ts' })
  writeFileSync(join(folder, 'app.mjs'), code)
  return import(pathToFileURL(join(folder, 'app.mjs')))
}

test('the application uses everything there is', () => {
  const imported = /import \{ (.*) \} from '@veroai\/chat'/.exec(source)[1].split(', ')
  assert.deepEqual(imported.sort(), [...CLASSES].sort())
  assert.deepEqual(METHODS.filter((name) => !source.includes(`.${name}(`)), [])
  assert.deepEqual(OPTIONS.filter((name) => !RegExp(`\\b${name}\\b[:,]`).test(source)), [])
  assert.deepEqual(Object.keys(EVENTS).filter((name) => !source.includes(`.on('${name}'`)), [])
})

test('an application for @veroai/chat runs with its import changed', async (t) => {
  const server = await Server.start({ env: LIVEKIT })
  t.after(() => server.stop())
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const agent = await makeAgent(ada, 'Thinker')
  const makeTask = (conversationId) => apiOf(ada).createTask(
    { conversationId, title: 'Work', agentId: agent.id, sessionId: 'thoughts' })
  const outsideWorld = {
    async think(room) {
      await makeTask(room)
      await apiOf(agent).sendSessionEvent('thoughts', { thought: 'hm' })
    },
    async work(room) {
      const { id } = await makeTask(room)
      const stream = new TaskStream(agent, id)
      stream.delta('Forty-two')
      expectStatus(await stream.end(), 200)
      await apiOf(agent).updateTask(id, { status: 'completed' })
    },
    async call(room) {
      const { callId } = await apiOf(grace).startCall(room)
      await apiOf(ada).answerCall(callId)
      await apiOf(grace).endCall(callId)
    },
  }
  const { run } = await install(t)
  const heard = await run({
    apiUrl: server.url,
    token: ada.access,
    friend: { id: grace.id, token: grace.access },
    agent: { id: agent.id },
    outside: (what, conversationId) => outsideWorld[what](conversationId),
  })
  assert.deepEqual(Object.keys(heard).sort(), Object.keys(EVENTS).sort())
  for (const [name, fields] of Object.entries(EVENTS)) {
    const payload = heard[name][0]
    assert.deepEqual(fields.filter((field) => payload[field] === undefined), [], name)
  }
  assert.deepEqual([heard.connected, heard.disconnected], [[true], [false]])
  assert.ok(heard.error.every((error) => error instanceof Error))
  assert.equal(heard['conversation.created'].length, 2)
  assert.equal(heard['message.created'].length, 4, 'two, a copy, and what the agent said')
})
