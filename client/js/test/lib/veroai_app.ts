// SPDX-License-Identifier: Apache-2.0
// veroai_app.ts: an application written for @veroai/chat, which uses everything that package has.
// drop_in.test.js changes its import and nothing else, has it checked as TypeScript, and runs it.
import { ChatApi, ChatApiError, ChatClient, ChatSocket } from '@veroai/chat'

export interface Settings {
  apiUrl: string
  token: string
  friend: { id: string; token: string }
  agent: { id: string }
  /** What the world does that this application cannot: calls, agents at work. */
  outside(what: 'think' | 'work' | 'call', conversationId: string): Promise<void>
}

/** Everything that was heard: a payload or several by the name of its event. */
type Heard = Record<string, unknown[]>

function expect(isTrue: unknown, what: string): asserts isTrue {
  if (!isTrue) throw new Error(`the application expected ${what}`)
}

export async function run(settings: Settings): Promise<Heard> {
  const client = new ChatClient({
    apiUrl: settings.apiUrl,
    getToken: async () => settings.token,
    autoConnect: false,
    autoReconnect: true,
    reconnectInterval: 2000,
    maxReconnectAttempts: 15,
  })
  try {
    return await use(client, settings)
  } finally {
    client.disconnect()
  }
}

async function use(client: ChatClient, settings: Settings): Promise<Heard> {
  const { apiUrl, token, friend, agent, outside } = settings
  const heard: Heard = {}
  const note = (name: string, payload: unknown) => (heard[name] ??= []).push(payload)
  const hears = async (name: string, count = 1) => {
    const end = Date.now() + 20_000
    while ((heard[name]?.length ?? 0) < count) {
      expect(Date.now() < end, `${count} ${name}, having heard ${Object.keys(heard)}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  // ---- The connection ----
  client.on('connected', () => note('connected', client.isConnected()))
  client.on('disconnected', () => note('disconnected', client.isConnected()))
  client.on('error', (error) => note('error', error))
  client.on('subscribed', (ids) => note('subscribed', ids))
  client.on('session_subscribed', (answer) => note('session_subscribed', answer.session_id))
  client.on('brain_event', (payload) => note('brain_event', payload))
  client.on('message.created', (payload) => note('message.created', payload))
  client.on('message.edited', (payload) => note('message.edited', payload))
  client.on('typing.start', (payload) => note('typing.start', payload))
  client.on('typing.stop', (payload) => note('typing.stop', payload))
  client.on('reaction.updated', (payload) => note('reaction.updated', payload))
  client.on('presence.updated', (payload) => note('presence.updated', payload))
  client.on('conversation.created', (payload) => note('conversation.created', payload))
  client.on('conversation.deleted', (payload) => note('conversation.deleted', payload))
  client.on('conversation.muted', (payload) => note('conversation.muted', payload))
  client.on('conversation.unmuted', (payload) => note('conversation.unmuted', payload))
  client.on('conversation.archived', (payload) => note('conversation.archived', payload))
  client.on('conversation.unarchived', (payload) => note('conversation.unarchived', payload))
  client.on('user.blocked', (payload) => note('user.blocked', payload))
  client.on('user.unblocked', (payload) => note('user.unblocked', payload))
  client.on('task.status_updated', (payload) => note('task.status_updated', payload))
  client.on('task_stream_delta', (payload) => note('task_stream_delta', payload))
  client.on('call.started', (payload) => note('call.started', payload))
  client.on('call.answered', (payload) => note('call.answered', payload))
  client.on('call.ended', (payload) => note('call.ended', payload))
  client.connect()
  await hears('connected')

  // ---- Conversations and messages ----
  const { api } = client
  const other = new ChatApi({ apiUrl, token: friend.token })
  const { users } = await api.listUsers()
  const { agents } = await api.listAgents()
  expect(users.some(({ id }) => id === friend.id), 'the friend among the users')
  expect(agents.some(({ id, isAgent }) => id === agent.id && isAgent), 'the agent')
  const { id: room } = await api.createConversation({
    type: 'agent_group', name: 'room', participantIds: [friend.id],
  })
  await api.addParticipants(room, [agent.id])
  await hears('conversation.created')
  client.subscribe([room])
  await hears('subscribed')
  client.subscribe(['0190a6e0-0000-7000-8000-000000000000'])
  await hears('error')
  client.unsubscribe(['0190a6e0-0000-7000-8000-000000000000'])
  await api.updateConversation(room, { name: 'the room', description: 'of both' })
  const { conversations } = await api.listConversations()
  const shown = conversations.find(({ id }) => id === room)
  expect(shown?.name === 'the room' && shown.seqCounter === 0, 'the room in the list')

  await other.typing(room, 'start')
  await hears('typing.start')
  await other.typing(room, 'stop')
  await hears('typing.stop')
  const greeting = await other.send({ conversationId: room, contentText: 'Helo, zebra' })
  await hears('message.created')
  const answer = await api.send({
    conversationId: room, contentText: 'Hi', contentType: 'text', contentMeta: '{"a_b":1}',
    replyToId: greeting.id,
  })
  expect(answer.seqNum === 2 && answer.replyToId === greeting.id, 'the second message')
  const edited = await other.editMessage(greeting.id, 'Hello, zebra')
  expect(edited.editCount === 1, 'one edit')
  await hears('message.edited')
  const { action } = await api.toggleReaction(greeting.id, room, '👍')
  expect(action === 'added', 'a reaction')
  await hears('reaction.updated')
  const { total, conversations: unread } = await api.getUnreadCounts()
  expect(total === 1 && unread[0]?.conversationId === room, 'one unread message')
  await api.markRead(room, greeting.seqNum)
  const page = await api.getMessages(room, { fromSeq: 1, toSeq: 2, limit: 10 })
  expect(page.currentSeq === 2 && page.messages[0]?.contentText === 'Hello, zebra', 'both messages')
  const { batches } = await api.sync([{ conversationId: room, lastSeq: 1 }])
  expect(batches[0]?.messages[0]?.id === answer.id, 'what came after the first message')
  const { id: copies } = await api.createConversation({ type: 'group', name: 'copies' })
  const { forwarded } = await api.forward(greeting.id, [copies])
  expect(forwarded[0]?.isForwarded, 'a copy')
  let results: Awaited<ReturnType<typeof api.searchMessages>>['results'] = []
  while (results.length === 0) { // it is indexed soon
    ({ results } = await api.searchMessages({ q: 'zebra', conversationId: room, limit: 5 }))
  }
  expect(results[0]?.snippet.includes('<mark>zebra</mark>'), 'the word found')

  // ---- What one does with conversations and people ----
  const { mutedUntil } = await api.mute(room, { durationSec: 3600 })
  expect(new Date(mutedUntil) > new Date(), 'a mute of an hour')
  await api.mute(room, { until: '2999-01-01T00:00:00.000Z' })
  await api.unmute(room)
  await hears('conversation.unmuted')
  const { archivedAt } = await api.archive(room)
  expect(archivedAt, 'a time')
  await api.unarchive(room)
  await hears('conversation.unarchived')
  await api.blockUser(friend.id)
  expect((await api.listBlocked()).blocked[0]?.userId === friend.id, 'the friend to be blocked')
  await api.unblockUser(friend.id)
  await hears('user.unblocked')

  // ---- Agents and calls ----
  client.subscribeSession('thoughts')
  await hears('session_subscribed')
  await outside('think', room)
  await hears('brain_event')
  client.unsubscribeSession('thoughts')
  await outside('work', room)
  await hears('task_stream_delta')
  await hears('task.status_updated')
  await outside('call', room)
  await hears('call.ended')

  // ---- Parts alone, errors, and the end ----
  const { wsUrl } = await api.getMessagingToken()
  const socket = new ChatSocket({ apiUrl, wsUrl, token: friend.token })
  const opened = new Promise<void>((resolve) => socket.once('connected', () => resolve()))
  const never = () => note('never', undefined)
  socket.on('message.created', never)
  socket.off('message.created', never)
  socket.connect()
  await opened
  await hears('presence.updated')
  socket.disconnect()
  try {
    await api.send({ conversationId: friend.id, contentText: 'to nowhere' })
    note('never', 'a message to nowhere')
  } catch (error) {
    expect(error instanceof ChatApiError, 'a ChatApiError')
    expect(error.status === 404 && error.message && error.body, 'a status, a message, a body')
  }
  await api.removeParticipant(room, agent.id)
  const { participants } = await api.getParticipants(room)
  expect(participants.length === 2, 'two of them')
  client.setToken(token)
  await api.deleteConversation(copies, 'for_me')
  await api.deleteConversation(room, 'for_everyone')
  await hears('conversation.deleted')
  client.disconnect()
  await hears('disconnected')
  return heard
}
