// SPDX-License-Identifier: Apache-2.0
// event_matrix.test.js: every event of the server, and everybody who could hear it: one test each,
// with two devices of its author, three of another member, and those who must not hear it. A row
// says who hears the event, in the order of EARS; the test also holds that they hear it once, and
// exactly as it is written there. The events are those of the sources, so that a new one has to say
// here who hears it.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { TaskStream, makeAgent } from '../lib/agents.js'
import { eventsOfSource } from '../lib/docs.js'
import { withLivekit } from '../lib/livekit.js'
import { TIME, expectStatus, makeTenant, settle, signup } from '../lib/people.js'
import { Server } from '../lib/server.js'

// `author` does what the event is about. `member` has three devices: one as it was opened, one that
// subscribed to the conversation, one that subscribed to another. `blocker` has blocked the author
// and the agent, `blocked` was blocked by the author. `former` was removed, `outsider` is of the
// same tenant, `stranger` of another.
const EARS = ['owner', 'admin', 'author', 'author2', 'member', 'focused', 'elsewhere', 'agent',
  'blocker', 'blocked', 'former', 'outsider', 'stranger']

const ALL = '1 1 1 1 1 1 1 1 1 1 0 0 0'
const NOT_BLOCKER = '1 1 1 1 1 1 1 1 0 1 0 0 0' // what the author, or the agent, says
const LIVE = '1 1 1 1 1 1 0 1 0 1 0 0 0' // the same, but not without focus
const INSIDE = '1 1 0 0 0 0 0 1 0 0 0 0 0' // internal: owner, admin, agent
const OWN = '0 0 1 1 0 0 0 0 0 0 0 0 0' // the author's own devices

let server
let people
let ears

before(async () => {
  server = await Server.start(withLivekit())
  const names = ['owner', 'admin', 'author', 'member', 'blocker', 'blocked', 'former', 'outsider',
    'fence']
  const made = await makeTenant(server, ...names)
  people = Object.fromEntries(names.map((name, i) => [name, made[i]]))
  people.agent = await makeAgent(people.owner, 'agent')
  people.stranger = await signup(server, 'stranger', { tenant_name: 'Elsewhere' })
  const { author, agent, member, blocker, blocked } = people
  for (const [who, whom] of [[blocker, author], [blocker, agent], [author, blocked]]) {
    expectStatus(await who.post(`/v1/chat/users/${whom.id}/block`), 200)
  }

  // Whoever hears a message of the fence has heard all that was before it. Nobody shares one of
  // these conversations with somebody of whom they must not hear.
  const { fence, former, outsider, stranger } = people
  const insiders = [people.owner, people.admin, author, member, agent, blocker, blocked]
  fences.push([fence, await fence.conversation(insiders, { type: 'agent_group' }), 0, 10])
  fences.push([fence, await fence.conversation([former, outsider]), 10, 12])
  fences.push([stranger, await stranger.conversation([]), 12, 13])
  const aside = await member.conversation([agent], { type: 'agent_direct' })

  ears = {}
  for (const ear of EARS) {
    const person = { author2: author, focused: member, elsewhere: member }[ear] ?? people[ear]
    ears[ear] = await person.socket()
  }
  await focus(ears.elsewhere, aside.id)
})
after(() => server.stop())

const fences = []

async function heardByAll() {
  for (const [person, { id }, from, to] of fences) {
    await settle(person, id, EARS.slice(from, to).map((ear) => ears[ear]))
  }
}

// Everybody who is to hear it has heard it once this returns.
async function heardWhere(expected, heardBy, what) {
  for (const ear of EARS.filter((_, i) => expected.split(' ')[i] === '1')) {
    await ears[ear].until(() => heardBy(ear).length > 0, `${what}, for ${ear}`)
  }
}

async function focus(socket, id) {
  const isThere = ({ type, payload }) => type === 'subscribed' && payload.includes(id)
  await socket.say({ action: 'subscribe', conversation_ids: [id] })
  await socket.until(() => socket.heard.some(isThere), 'the focus')
}

// A conversation for one row, in which nothing has happened but that `former` was removed and
// `admin` became one.
async function stage() {
  const { owner, admin, author, member, agent, blocker, blocked, former } = people
  const others = [admin, author, member, agent, blocker, blocked, former]
  const { id } = await owner.conversation(others, { type: 'agent_group', name: 'Stage' })
  const path = `/v1/chat/conversations/${id}`
  expectStatus(await owner.delete(`${path}/participants/${former.id}`), 200)
  expectStatus(await owner.patch(`${path}/participants/${admin.id}`, { role: 'admin' }), 200)
  await focus(ears.focused, id)
  return { id, path, ...people }
}

const ok = async (answer, status = 200) => expectStatus(await answer, status)
const react = (person, { id, conversation_id: conversation }) => ok(person.post(
  `/v1/chat/messages/${id}/reactions`, { conversation_id: conversation, emoji: '👍' }))
const task = ({ id, owner, agent }, fields = {}) => ok(owner.post('/v1/chat/tasks',
  { conversation_id: id, title: 'Work', agent_id: agent.id, ...fields }), 201)
const ring = ({ path }, person) => ok(person.post(`${path}/calls`, { call_type: 'audio' }), 201)
const callPath = ({ call_id: call }, what) => `/v1/chat/calls/${call}/${what}`
const edited = async (person, message) => {
  const { message_id: id, ...now } = await ok(person.patch(`/v1/chat/messages/${message.id}`,
    { content_text: 'Better', content_meta: '{}' }))
  return { id, conversation_id: message.conversation_id, ...now }
}
const deleted = async (person, message) => {
  const { id, conversation_id: conversation, seq_num: seq } = message
  await ok(person.delete(`/v1/chat/messages/${id}`))
  return { id, conversation_id: conversation, seq_num: seq, deleted_at: TIME }
}

// For each event: who hears it, what makes it (which gives the payload, or a function that gives
// that of an ear), and what is not as usual: hasNoConversation. A name may say which case it is in
// brackets.
const ROWS = {
  'message.created': [NOT_BLOCKER, async ({ id, author }) => {
    const { id: message, seq_num: seq } = await author.send(id, 'Hello')
    return { message_id: message, seq_num: seq }
  }],
  'message.created (internal)': [INSIDE, async ({ id, owner }) => {
    const { id: message, seq_num: seq } = await owner.send(id, 'Hush', { is_internal: true })
    return { message_id: message, seq_num: seq, is_internal: true }
  }],
  'message.created (of the agent)': [NOT_BLOCKER, async ({ id, agent }) => {
    const { id: message, seq_num: seq } = await agent.send(id, 'Hello')
    return { message_id: message, seq_num: seq }
  }],
  'message.created (of who is blocked)': ['1 1 0 0 1 1 1 1 1 1 0 0 0', async ({ id, blocked }) => {
    const { id: message, seq_num: seq } = await blocked.send(id, 'Hello')
    return { message_id: message, seq_num: seq }
  }],
  'message.created (a forward)': [NOT_BLOCKER, async ({ id, author, member }) => {
    const { id: from } = await author.conversation([member])
    const { id: message } = await author.send(from, 'Far')
    const body = { message_id: message, conversation_ids: [id] }
    const { forwarded: [copy] } = await ok(author.post('/v1/chat/messages/forward', body))
    return { message_id: copy.id, seq_num: copy.seq_num }
  }],
  'message.created (a result)': [NOT_BLOCKER, async (on) => {
    const { id } = await task(on)
    const stream = new TaskStream(on.agent, id)
    stream.delta('42')
    expectStatus(await stream.end(), 200)
    const { result_message_id: message } = await ok(
      on.agent.patch(`/v1/chat/tasks/${id}`, { status: 'completed' }))
    return { message_id: message, seq_num: 1 }
  }],
  'message.edited': [NOT_BLOCKER, async ({ id, author }) =>
    edited(author, await author.send(id, 'Good'))],
  'message.edited (internal)': [INSIDE, async ({ id, owner }) =>
    edited(owner, await owner.send(id, 'Good', { is_internal: true }))],
  'message.deleted': [NOT_BLOCKER, async ({ id, author }) =>
    deleted(author, await author.send(id, 'Oops'))],
  'message.deleted (by the owner)': [NOT_BLOCKER, async ({ id, author, owner }) =>
    deleted(owner, await author.send(id, 'Oops'))],
  'message.deleted (internal)': [INSIDE, async ({ id, owner }) =>
    deleted(owner, await owner.send(id, 'Oops', { is_internal: true }))],
  'message.read': [ALL, async ({ id, path, author, owner }) => {
    await owner.send(id, 'Read me')
    await ok(author.post(`${path}/read`, { up_to_seq: 1 }))
    return { conversation_id: id, user_id: author.id, last_read_seq: 1 }
  }],
  'reaction.updated': [NOT_BLOCKER, async ({ id, author, owner }) => {
    const message = await owner.send(id, 'Look')
    const { action } = await react(author, message)
    return { message_id: message.id, user_id: author.id, emoji: '👍', action }
  }],
  'reaction.updated (to the author\'s)': [NOT_BLOCKER, async ({ id, author, owner }) => {
    const message = await author.send(id, 'Look')
    const { action } = await react(owner, message)
    return { message_id: message.id, user_id: owner.id, emoji: '👍', action }
  }],
  'reaction.updated (to an internal one)': [INSIDE, async ({ id, owner }) => {
    const message = await owner.send(id, 'Look', { is_internal: true })
    const { action } = await react(owner, message)
    return { message_id: message.id, user_id: owner.id, emoji: '👍', action }
  }],
  'typing.start': [LIVE, async ({ id, path, author }) => {
    await ok(author.post(`${path}/typing`, { state: 'start' }))
    return { conversation_id: id, user_id: author.id, at: TIME }
  }],
  'typing.stop': [LIVE, async ({ id, path, author }) => {
    await ok(author.post(`${path}/typing`, { state: 'start' }))
    await ears.owner.hears('typing.start')
    await ok(author.post(`${path}/typing`, { state: 'stop' }))
    return { conversation_id: id, user_id: author.id, at: TIME }
  }],
  'presence.updated': [ALL, async ({ author }) => {
    const state = { status: 'busy', status_detail: 'On stage' }
    await ok(author.put('/v1/chat/presence', state))
    return { user_id: author.id, ...state }
  }, { hasNoConversation: true }],
  'presence.updated (of the agent)': [ALL, async ({ agent }) => {
    await ok(agent.put('/v1/chat/presence', { status: 'away' }))
    return { agent_id: agent.id, status: 'away' }
  }, { hasNoConversation: true }],
  'conversation.created': [ALL, async (on) => {
    const others = [on.admin, on.author, on.member, on.agent, on.blocker, on.blocked]
    const { id } = await on.owner.conversation(others, { type: 'agent_group', name: 'New' })
    on.id = id
    return { conversation_id: id, group_name: 'New' }
  }],
  'conversation.created (for two)': ['0 0 1 1 0 0 0 0 0 0 0 1 0', async (on) => {
    const { author, outsider } = on
    const { id } = await outsider.conversation([author], { type: 'direct' })
    const seen = (contact) =>
      ({ conversation_id: id, contact_name: contact.user.display_name, contact_id: contact.id })
    on.id = id
    return (ear) => seen(ear === 'outsider' ? author : outsider)
  }],
  'conversation.created (for who is added)': ['0 0 0 0 0 0 0 0 0 0 1 0 0',
    async ({ id, path, owner, former }) => {
      await ok(owner.post(`${path}/participants`, { user_ids: [former.id] }))
      return { conversation_id: id, group_name: 'Stage' }
    }],
  'conversation.updated': [ALL, async ({ id, path, owner }) => {
    await ok(owner.patch(path, { name: 'Other', description: 'Of late' }))
    return { conversation_id: id, name: 'Other', description: 'Of late' }
  }],
  'conversation.deleted': [ALL, async ({ id, path, owner }) => {
    await ok(owner.delete(path, { mode: 'for_everyone' }))
    return { conversation_id: id }
  }],
  'conversation.hidden': [OWN, async ({ id, path, author }) => {
    await ok(author.delete(path, { mode: 'for_me' }))
    return { conversation_id: id }
  }],
  'conversation.muted': [OWN, ({ path, author }) =>
    ok(author.post(`${path}/mute`, { duration_sec: 60 }))],
  'conversation.unmuted': [OWN, async ({ id, path, author }) => {
    await ok(author.post(`${path}/mute`))
    await ok(author.delete(`${path}/mute`))
    return { conversation_id: id }
  }],
  'conversation.archived': [OWN, ({ path, author }) => ok(author.post(`${path}/archive`))],
  'conversation.unarchived': [OWN, async ({ id, path, author }) => {
    await ok(author.post(`${path}/archive`))
    await ok(author.delete(`${path}/archive`))
    return { conversation_id: id }
  }],
  'conversation.unarchived (by a message)': [OWN, async ({ id, path, author, owner }) => {
    await ok(author.post(`${path}/archive`))
    await owner.send(id, 'Come back')
    return { conversation_id: id }
  }],
  'participant.added': ['1 1 1 1 1 1 1 1 1 1 0 1 0', async ({ id, path, owner, outsider }) => {
    await ok(owner.post(`${path}/participants`, { user_ids: [outsider.id] }))
    return { conversation_id: id, user_id: outsider.id, added_by: owner.id }
  }],
  'participant.updated': [ALL, async ({ id, path, owner, author }) => {
    await ok(owner.patch(`${path}/participants/${author.id}`, { role: 'admin' }))
    return { conversation_id: id, user_id: author.id, role: 'admin', updated_by: owner.id }
  }],
  'participant.removed': [ALL, async ({ id, path, owner, member }) => {
    await ok(owner.delete(`${path}/participants/${member.id}`))
    return { conversation_id: id, user_id: member.id, removed_by: owner.id }
  }],
  'participant.removed (the last owner leaves)': [ALL, async ({ id, path, owner, admin }) => {
    await ok(owner.delete(`${path}/participants/${owner.id}`))
    return { conversation_id: id, user_id: owner.id, removed_by: owner.id, new_owner_id: admin.id }
  }],
  'user.blocked': [OWN, async ({ author, outsider }) => {
    await ok(author.post(`/v1/chat/users/${outsider.id}/block`))
    return { user_id: outsider.id }
  }, { hasNoConversation: true }],
  'user.unblocked': [OWN, async ({ author, outsider }) => {
    await ok(author.delete(`/v1/chat/users/${outsider.id}/block`))
    return { user_id: outsider.id }
  }, { hasNoConversation: true }],
  'task.status_updated (made)': [NOT_BLOCKER, async (on) => {
    const { id } = await task(on)
    return { task_id: id, status: 'queued', agent_id: on.agent.id }
  }],
  'task.status_updated (reported on)': [NOT_BLOCKER, async (on) => {
    const { id } = await task(on)
    await heardByAll()
    on.since = marks()
    const report = { status: 'running', current_step: 'Reading', progress_narrative: 'Page 1' }
    await ok(on.agent.patch(`/v1/chat/tasks/${id}`, report))
    return { task_id: id, ...report, agent_id: on.agent.id }
  }],
  // A call is its caller's, whatever others do in it.
  'call.started': [NOT_BLOCKER, async (on) => {
    const { call_id: call, room_name: room, call_type: type } = await ring(on, on.author)
    return { call_id: call, room_name: room, call_type: type, conversation_id: on.id,
      initiator_id: on.author.id }
  }],
  'call.started (by who is blocked)': ['1 1 0 0 1 1 1 1 1 1 0 0 0', async (on) => {
    const { call_id: call, room_name: room, call_type: type } = await ring(on, on.blocked)
    return { call_id: call, room_name: room, call_type: type, conversation_id: on.id,
      initiator_id: on.blocked.id }
  }],
  'call.answered': [NOT_BLOCKER, async (on) => {
    const call = await ring(on, on.author)
    await ok(on.member.post(callPath(call, 'answer')))
    return { call_id: call.call_id, conversation_id: on.id, answered_by: on.member.id }
  }],
  'call.declined': [OWN, async (on) => {
    const call = await ring(on, on.owner)
    await ok(on.author.post(callPath(call, 'decline')))
    return { call_id: call.call_id, conversation_id: on.id }
  }],
  'call.ended': [NOT_BLOCKER, async (on) => {
    const call = await ring(on, on.author)
    await ok(on.owner.post(callPath(call, 'end')))
    return { call_id: call.call_id, conversation_id: on.id, duration_seconds: 0 }
  }],
  'call.ended (its caller leaves)': [NOT_BLOCKER, async (on) => {
    const call = await ring(on, on.author)
    await ok(on.author.delete(`${on.path}/participants/${on.author.id}`))
    return { call_id: call.call_id, conversation_id: on.id, duration_seconds: 0 }
  }],
  'task_stream_delta': [LIVE, async (on) => {
    const { id } = await task(on, { session_id: 'stage' })
    const stream = new TaskStream(on.agent, id)
    stream.delta('Hello, ')
    await ears.owner.hears('task_stream_delta')
    expectStatus(await stream.end(), 200)
    return { delta: 'Hello, ', agent_id: on.agent.id, session_id: 'stage', task_id: id,
      offset_bytes: 0 }
  }],
}

const marks = () => new Map(EARS.map((ear) => [ear, ears[ear].heard.length]))
const typeOf = (name) => name.split(' ')[0]

// A pattern stands for a text that the test cannot know.
function assertPayload(actual, expected, where) {
  const known = { ...actual }
  for (const [key, value] of Object.entries(expected)) {
    if (!(value instanceof RegExp)) continue
    assert.match(String(actual[key]), value, `${where}: ${key}`)
    known[key] = value
  }
  assert.deepEqual(known, expected, where)
}

describe('every event is heard by whom it is for, once', () => {
  test('there is a row for each event', () => {
    const types = new Set(Object.keys(ROWS).map(typeOf))
    assert.deepEqual([...types].sort(), [...eventsOfSource()].sort(), 'a row for each event')
  })

  for (const [name, [expected, make, { hasNoConversation = false } = {}]] of Object.entries(ROWS)) {
    test(name, async () => {
      const on = await stage()
      await heardByAll()
      on.since = marks()
      const payload = await make(on)
      const type = typeOf(name)
      const envelope = hasNoConversation ? {} : { conversation_id: on.id }
      const heardBy = (ear) => ears[ear].heard.slice(on.since.get(ear)).filter((one) =>
        one.type === 'event' && one.payload.type === type &&
        one.conversation_id === envelope.conversation_id)

      // Live events come by themselves, and to each worker in its own time: a fence that was heard
      // by one worker's sockets says nothing about them at another one. Then whatever else came of
      // it is here, too.
      await heardWhere(expected, heardBy, name)
      await heardByAll()
      const counts = EARS.map((one) => heardBy(one).length).join(' ')
      assert.equal(counts, expected, `heard by ${EARS.join(' ')}`)
      for (const one of EARS) {
        for (const heard of heardBy(one)) {
          const { payload: { payload: actual }, ...rest } = heard
          const known = typeof payload === 'function' ? payload(one) : payload
          assertPayload(actual, known, `${name} for ${one}`)
          assert.deepEqual(rest, { type: 'event', ...envelope })
        }
      }
    })
  }

  // It has no envelope, and is only for those who asked for it: all but author2 and focused.
  test('brain_event', async () => {
    const on = await stage()
    const name = `run of ${on.id}`
    await task(on, { session_id: name })
    const isThere = ({ type, payload }) =>
      type === 'session_subscribed' && payload.session_id === name
    for (const ear of EARS.filter((one) => !['author2', 'focused'].includes(one))) {
      await ears[ear].say({ action: 'subscribe_session', session_id: name })
      await ears[ear].until(() => ears[ear].heard.some(isThere), 'the session')
    }
    await heardByAll()
    const since = marks()
    const payload = { thought: 'To be, or not to be', step: [1, null, { deep: true }] }
    await ok(on.agent.post(`/v1/chat/sessions/${encodeURIComponent(name)}/events`, { payload }))
    const heardBy = (ear) =>
      ears[ear].heard.slice(since.get(ear)).filter(({ type }) => type === 'brain_event')
    const expected = '1 1 1 0 1 0 1 1 0 1 0 0 0'
    await heardWhere(expected, heardBy, 'brain_event')
    await heardByAll()
    const counts = EARS.map((one) => heardBy(one).length).join(' ')
    assert.equal(counts, expected, `heard by ${EARS.join(' ')}`)
    for (const one of EARS) {
      for (const heard of heardBy(one)) assert.deepEqual(heard, { type: 'brain_event', payload })
    }
  })
})
