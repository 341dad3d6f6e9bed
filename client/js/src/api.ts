// SPDX-License-Identifier: Apache-2.0
/**
 * api.ts — every request of the protocol as a method.
 * Arguments and results are in camelCase. Every method throws {@link ChatApiError} when the server
 * refuses and {@link ChatNetworkError} when there is no answer; what can be repeated without harm
 * is repeated first, and a token that the server does not take any more is renewed once.
 * @module
 */
import { Http, type AccessOptions, type HttpRequest } from './http.js'
import { camel, snake } from './names.js'
import type * as t from './types.js'

const CONVERSATIONS = '/v1/chat/conversations'
const MESSAGES = '/v1/chat/messages'
const TASKS = '/v1/chat/tasks'
const CALLS = '/v1/chat/calls'

const part = encodeURIComponent
const conversation = (id: string, rest = '') => `${CONVERSATIONS}/${part(id)}${rest}`
const message = (id: string, rest = '') => `${MESSAGES}/${part(id)}${rest}`

/** The REST side of the server; it can be used without a socket. */
export class ChatApi {
  /** For the other parts of this package: requests as they are on the wire. */
  readonly http: Http

  /**
   * @example
   * const api = new ChatApi({ apiUrl, token })
   * const { user } = await api.me()
   * assert.equal(user.displayName, 'Ada')
   */
  constructor(options: AccessOptions) {
    this.http = new Http(options)
  }

  /**
   * Use this access token from now on.
   * @example
   * const api = new ChatApi({ apiUrl, token: 'expired' })
   * api.setToken(token)
   * await api.listConversations()
   */
  setToken(token: string): void {
    this.http.setToken(token)
  }

  async #ask<T>(method: string, path: string, request: HttpRequest = {}): Promise<T> {
    const { body, query } = request
    const wire: HttpRequest = { ...request, query: snake(query ?? {}) as Record<string, unknown> }
    if (body !== undefined) wire.body = snake(body)
    return camel<T>(await this.http.request(method, path, wire))
  }

  // ---- Messages ----

  /**
   * Send a message. The promise is kept once it is on disk. Safe to repeat, and repeated by itself
   * when the network fails: the same `clientMsgId` is the same message for 24 hours.
   * @example
   * const message = await api.send({ conversationId, contentText: 'Hello!' })
   * assert.equal(message.contentText, 'Hello!')
   */
  send(request: t.SendRequest): Promise<t.Message> {
    const body = { ...request, clientMsgId: request.clientMsgId ?? newMessageId() }
    return this.#ask('POST', `${MESSAGES}/send`, { body, isRepeatable: true })
  }

  /**
   * A page of a conversation, in rising order: the newest one, or from `fromSeq` on.
   * @example
   * await api.send({ conversationId, contentText: 'One' })
   * const { messages, currentSeq } = await api.getMessages(conversationId, { limit: 10 })
   * assert.equal(messages.at(-1).seqNum, currentSeq)
   */
  getMessages(conversationId: string, range: t.MessageRange = {}): Promise<t.MessagesPage> {
    return this.#ask('GET', conversation(conversationId, '/messages'), { query: { ...range } })
  }

  /**
   * What came after these positions, for at most 500 conversations. A conversation that the caller
   * is not in is left out.
   * @example
   * await api.send({ conversationId, contentText: 'Missed?' })
   * const { batches } = await api.sync([{ conversationId, lastSeq: 0 }])
   * assert.ok(batches[0].messages.some((message) => message.contentText === 'Missed?'))
   */
  sync(conversations: t.SyncPosition[]): Promise<t.SyncAnswer> {
    return this.#ask('POST', `${MESSAGES}/sync`, { body: { conversations }, isRepeatable: true })
  }

  /**
   * Change what one's own message says. `contentMeta` stays when it is left out.
   * @example
   * const { id } = await api.send({ conversationId, contentText: 'Helo' })
   * const { editCount } = await api.editMessage(id, 'Hello')
   * assert.equal(editCount, 1)
   */
  editMessage(
    messageId: string, content: string | { contentText: string; contentMeta?: string },
  ): Promise<t.EditedMessage> {
    const body = typeof content === 'string' ? { contentText: content } : content
    return this.#ask('PATCH', message(messageId), { body })
  }

  /**
   * What a message said before, the newest first; the one with `editCount` 0 is what was sent.
   * @example
   * const { id } = await api.send({ conversationId, contentText: 'Helo' })
   * await api.editMessage(id, 'Hello')
   * const { edits } = await api.getEdits(id)
   * assert.equal(edits[0].contentText, 'Helo')
   */
  getEdits(messageId: string): Promise<{ edits: t.Edit[]; hasMore: boolean }> {
    return this.#ask('GET', message(messageId, '/edits'))
  }

  /**
   * Delete a message for everybody; its place and number stay. Deleting again is nothing.
   * @example
   * const { id } = await api.send({ conversationId, contentText: 'Oops' })
   * await api.deleteMessage(id)
   */
  async deleteMessage(messageId: string): Promise<void> {
    await this.#ask('DELETE', message(messageId), { isRepeatable: true })
  }

  /**
   * Add one's reaction, or take it back.
   * @example
   * const { id } = await api.send({ conversationId, contentText: 'Good news' })
   * const { action } = await api.toggleReaction(id, conversationId, '🎉')
   * assert.equal(action, 'added')
   */
  toggleReaction(
    messageId: string, conversationId: string, emoji: string,
  ): Promise<{ action: 'added' | 'removed' }> {
    return this.#ask('POST', message(messageId, '/reactions'), { body: { conversationId, emoji } })
  }

  /**
   * Send copies of a message to other conversations, to all of them or none.
   * @example
   * const { id } = await api.send({ conversationId, contentText: 'Pass it on' })
   * const { forwarded } = await api.forward(id, [otherConversationId])
   * assert.equal(forwarded[0].isForwarded, true)
   */
  forward(
    messageId: string | { messageId: string; conversationIds: string[] },
    conversationIds: string[] = [],
  ): Promise<{ forwarded: t.Message[] }> {
    const body = typeof messageId === 'string' ? { messageId, conversationIds } : messageId
    return this.#ask('POST', `${MESSAGES}/forward`, { body })
  }

  /**
   * Find messages that the caller may see, the newest first.
   * @example
   * await api.send({ conversationId, contentText: 'a needle in the haystack' })
   * const { results } = await until(async () => {
   *   const answer = await api.searchMessages({ q: 'needle' })
   *   return answer.results.length > 0 && answer
   * })
   * assert.match(results[0].snippet, /<mark>needle<\/mark>/)
   */
  searchMessages(request: t.SearchRequest): Promise<t.SearchAnswer> {
    return this.#ask('GET', `${MESSAGES}/search`, { query: { ...request } })
  }

  // ---- Conversations ----

  /**
   * The caller's conversations, newest activity first: all of them up to 1,000. When there are
   * more, the answer has `next`, which is `after` of the next page.
   * @example
   * const { conversations } = await api.listConversations()
   * assert.ok(conversations.some(({ id }) => id === conversationId))
   */
  listConversations(page: t.PageRequest = {}): Promise<t.ConversationsPage> {
    return this.#ask('GET', CONVERSATIONS, { query: { ...page } })
  }

  /**
   * Begin a conversation; a second one of type `direct` with the same person is the first one.
   * @example
   * const { id } = await api.createConversation({ type: 'direct', participantIds: [otherUserId] })
   * await api.send({ conversationId: id, contentText: 'Hello!' })
   */
  createConversation(request: t.CreateConversationRequest = {}): Promise<t.CreatedConversation> {
    return this.#ask('POST', CONVERSATIONS, { body: request })
  }

  /**
   * Change its name or description; `''` takes one away. For owners and admins.
   * @example
   * await api.updateConversation(conversationId, { name: 'Analytical Engines' })
   */
  async updateConversation(id: string, change: t.UpdateConversationRequest): Promise<void> {
    await this.#ask('PATCH', conversation(id), { body: change })
  }

  /**
   * Delete it, out of one's own list until the next message (`for_me`), or for everyone.
   * @example
   * await api.deleteConversation(conversationId, 'for_me')
   */
  async deleteConversation(
    id: string, mode: 'for_me' | 'for_everyone' | { mode: 'for_me' | 'for_everyone' } = 'for_me',
  ): Promise<void> {
    const body = typeof mode === 'string' ? { mode } : mode
    await this.#ask('DELETE', conversation(id), { body })
  }

  /**
   * Everybody in a conversation, in the order of ids.
   * @example
   * const { participants } = await api.getParticipants(conversationId)
   * assert.equal(participants.length, 2)
   */
  getParticipants(id: string, page: t.PageRequest = {}): Promise<t.ParticipantsPage> {
    return this.#ask('GET', conversation(id, '/participants'), { query: { ...page } })
  }

  /**
   * Add people or agents; who is in it already is skipped.
   * @example
   * await api.addParticipants(conversationId, [thirdUserId])
   */
  async addParticipants(id: string, userIds: string[]): Promise<void> {
    const body = { userIds }
    await this.#ask('POST', conversation(id, '/participants'), { body, isRepeatable: true })
  }

  /**
   * Give somebody another role. For owners.
   * @example
   * await api.setRole(conversationId, otherUserId, 'admin')
   */
  async setRole(id: string, userId: string, role: 'owner' | 'admin' | 'member'): Promise<void> {
    const path = conversation(id, `/participants/${part(userId)}`)
    await this.#ask('PATCH', path, { body: { role }, isRepeatable: true })
  }

  /**
   * Remove somebody, or leave with one's own id.
   * @example
   * await api.removeParticipant(conversationId, otherUserId)
   */
  async removeParticipant(id: string, userId: string): Promise<void> {
    await this.#ask('DELETE', conversation(id, `/participants/${part(userId)}`))
  }

  /**
   * Everything up to this number is read. A mark only ever moves forward.
   * @example
   * const { seqNum } = await api.send({ conversationId, contentText: 'Read this' })
   * await api.markRead(conversationId, seqNum)
   */
  async markRead(id: string, upToSeq: number): Promise<void> {
    await this.#ask('POST', conversation(id, '/read'), { body: { upToSeq }, isRepeatable: true })
  }

  /**
   * Tell the others that one types, or has stopped. A start ends by itself after 10 seconds:
   * repeat it every few seconds.
   * @example
   * await api.typing(conversationId, 'start')
   * await api.typing(conversationId, 'stop')
   */
  async typing(id: string, state: 'start' | 'stop'): Promise<void> {
    await this.#ask('POST', conversation(id, '/typing'), { body: { state } })
  }

  /**
   * How much is unread where; conversations with nothing unread are left out.
   * @example
   * const { total } = await api.getUnreadCounts()
   * assert.equal(total, 0)
   */
  getUnreadCounts(): Promise<t.UnreadCounts> {
    return this.#ask('GET', `${CONVERSATIONS}/unread`)
  }

  /**
   * Mute until a time, for some seconds, or for ever.
   * @example
   * const { mutedUntil } = await api.mute(conversationId, { durationSec: 3600 })
   * assert.ok(new Date(mutedUntil) > new Date())
   */
  mute(
    id: string, duration: t.MuteRequest = {},
  ): Promise<{ conversationId: string; mutedUntil: string }> {
    return this.#ask('POST', conversation(id, '/mute'), { body: duration, isRepeatable: true })
  }

  /**
   * End a mute.
   * @example
   * await api.unmute(conversationId)
   */
  async unmute(id: string): Promise<void> {
    await this.#ask('DELETE', conversation(id, '/mute'), { isRepeatable: true })
  }

  /**
   * Put a conversation away until the next message.
   * @example
   * const { archivedAt } = await api.archive(conversationId)
   * assert.ok(archivedAt)
   */
  archive(id: string): Promise<{ conversationId: string; archivedAt: string }> {
    return this.#ask('POST', conversation(id, '/archive'), { isRepeatable: true })
  }

  /**
   * Take it out again.
   * @example
   * await api.unarchive(conversationId)
   */
  async unarchive(id: string): Promise<void> {
    await this.#ask('DELETE', conversation(id, '/archive'), { isRepeatable: true })
  }

  // ---- People ----

  /**
   * Who asks, and their tenant.
   * @example
   * const { user, tenant } = await api.me()
   * assert.equal(user.tenantId, tenant.id)
   */
  me(): Promise<{ user: t.User; tenant: { id: string; name: string } }> {
    return this.#ask('GET', '/auth/me')
  }

  /**
   * Change what others see of oneself; `''` takes something away.
   * @example
   * const { user } = await api.updateProfile({ bio: 'Counts on engines.' })
   * assert.equal(user.bio, 'Counts on engines.')
   */
  updateProfile(change: t.ProfileChange): Promise<{ user: t.User }> {
    return this.#ask('PATCH', '/auth/profile', { body: change, isRepeatable: true })
  }

  /**
   * The people of the tenant; `q` finds a part of a name.
   * @example
   * const { users } = await api.listUsers({ q: 'Grace' })
   * assert.equal(users[0].displayName, 'Grace')
   */
  listUsers(page: t.PageRequest = {}): Promise<t.UsersPage> {
    return this.#ask('GET', '/v1/chat/users', { query: { ...page } })
  }

  /**
   * The agents of the tenant.
   * @example
   * const { agents } = await api.listAgents()
   * assert.equal(agents[0].isAgent, true)
   */
  listAgents(page: t.PageRequest = {}): Promise<t.AgentsPage> {
    return this.#ask('GET', '/v1/chat/agents', { query: { ...page } })
  }

  /**
   * Hear and see nothing more of somebody, who is not told.
   * @example
   * await api.blockUser(otherUserId)
   */
  async blockUser(userId: string): Promise<void> {
    await this.#ask('POST', `/v1/chat/users/${part(userId)}/block`, { isRepeatable: true })
  }

  /**
   * End a block; what was hidden is there again.
   * @example
   * await api.unblockUser(otherUserId)
   */
  async unblockUser(userId: string): Promise<void> {
    await this.#ask('DELETE', `/v1/chat/users/${part(userId)}/block`, { isRepeatable: true })
  }

  /**
   * Whom the caller has blocked.
   * @example
   * await api.blockUser(otherUserId)
   * const { blocked } = await api.listBlocked()
   * assert.equal(blocked[0].userId, otherUserId)
   */
  listBlocked(): Promise<{ blocked: { userId: string; createdAt: string }[] }> {
    return this.#ask('GET', '/v1/chat/blocks')
  }

  /**
   * Say how one is reachable, until the next socket opens or the last one is gone.
   * @example
   * await api.setPresence('away', 'at lunch')
   */
  async setPresence(status: t.PresenceStatus, statusDetail?: string): Promise<void> {
    await this.#ask('PUT', '/v1/chat/presence', { body: { status, statusDetail } })
  }

  /**
   * How these users (at most 200) are reachable.
   * @example
   * const { presence } = await api.getPresence([otherUserId])
   * assert.equal(presence[0].status, 'offline')
   */
  getPresence(userIds: string[]): Promise<{ presence: t.Presence[] }> {
    return this.#ask('GET', '/v1/chat/presence', { query: { userIds: userIds.join() } })
  }

  /**
   * What opens one socket, for those who open it themselves.
   * @example
   * const { token, wsUrl } = await api.getMessagingToken()
   * assert.match(wsUrl, /^wss?:/)
   */
  getMessagingToken(): Promise<t.MessagingToken> {
    return this.#ask('GET', '/v1/messaging/token')
  }

  // ---- Tasks of agents ----

  /**
   * Give an agent something to do.
   * @example
   * const task = await api.createTask({ conversationId: agentConversationId, title: 'Sum it up' })
   * assert.equal(task.status, 'queued')
   */
  createTask(request: t.CreateTaskRequest): Promise<t.Task> {
    return this.#ask('POST', TASKS, { body: request })
  }

  /**
   * A task as it is now.
   * @example
   * const { title } = await api.getTask(taskId)
   * assert.equal(title, 'Answer')
   */
  getTask(taskId: string): Promise<t.Task> {
    return this.#ask('GET', `${TASKS}/${part(taskId)}`)
  }

  /**
   * The tasks of a conversation, the oldest first.
   * @example
   * const { tasks } = await api.listTasks(agentConversationId)
   * assert.equal(tasks[0].id, taskId)
   */
  listTasks(id: string, page: t.PageRequest = {}): Promise<{ tasks: t.Task[]; next?: string }> {
    return this.#ask('GET', conversation(id, '/tasks'), { query: { ...page } })
  }

  /**
   * As its agent: say how far it is.
   * @example
   * const task = await agentApi.updateTask(taskId, { status: 'running', currentStep: 'reading' })
   * assert.equal(task.currentStep, 'reading')
   */
  updateTask(taskId: string, report: t.UpdateTaskRequest): Promise<t.Task> {
    return this.#ask('PATCH', `${TASKS}/${part(taskId)}`, { body: report })
  }

  /**
   * Stop it. Everybody in the conversation may.
   * @example
   * const { status } = await api.cancelTask(taskId)
   * assert.equal(status, 'cancelled')
   */
  cancelTask(taskId: string): Promise<t.Task> {
    return this.#ask('POST', `${TASKS}/${part(taskId)}/cancel`)
  }

  /**
   * What a task has streamed so far, from this byte on. {@link ChatClient.stream} follows it.
   * @example
   * const { text, state } = await api.getTaskText(taskId)
   * assert.deepEqual([text, state], ['', 'none'])
   */
  getTaskText(taskId: string, afterBytes = 0): Promise<t.TaskText> {
    return this.#ask('GET', `${TASKS}/${part(taskId)}/stream`, { query: { afterBytes } })
  }

  /**
   * As its agent: stream what there is to say, piece by piece. The promise is kept when all of it
   * is saved; the task goes on until its end is reported. For Node; pages cannot stream a request.
   * @param options `offset`: go on exactly there, after the connection broke
   * @throws {ChatApiError} 409 `task_ended`: somebody has cancelled it
   * @example
   * const { offsetBytes } = await agentApi.streamTask(taskId, ['Forty', '-two'])
   * await agentApi.updateTask(taskId, { status: 'completed' })
   * assert.equal(offsetBytes, 9)
   */
  streamTask(
    taskId: string, deltas: Iterable<string> | AsyncIterable<string>,
    options: { offset?: number; signal?: AbortSignal } = {},
  ): Promise<{ taskId: string; offsetBytes: number }> {
    const { offset, signal } = options
    const request = { query: { offset }, stream: lines(deltas), ...(signal && { signal }) }
    return this.#ask('POST', `${TASKS}/${part(taskId)}/stream`, request)
  }

  /**
   * As its agent: tell the subscribers of a session, who get a `brain_event` with this payload. The
   * session is that of a task; one that has none is its own.
   * @example
   * await agentApi.sendSessionEvent(taskId, { thought: 'hm' })
   */
  async sendSessionEvent(sessionId: string, payload: unknown): Promise<void> {
    const path = `/v1/chat/sessions/${part(sessionId)}/events`
    await this.http.request('POST', path, { body: { payload } })
  }

  // ---- Calls ----

  /**
   * Call everybody in a conversation. The answer has the way into the call's LiveKit room.
   * @throws {ChatApiError} 409 `call_in_progress`: there is a call already; answer that one
   * @example
   * const { callId, token: roomToken } = await api.startCall(conversationId, 'video')
   * assert.ok(callId && roomToken)
   */
  startCall(id: string, callType: 'audio' | 'video' = 'audio'): Promise<t.JoinedCall> {
    return this.#ask('POST', conversation(id, '/calls'), { body: { callType } })
  }

  /**
   * Take a call, or come back to it.
   * @example
   * const { callId } = await api.startCall(conversationId)
   * const { token: roomToken } = await otherApi.answerCall(callId)
   * assert.ok(roomToken)
   */
  answerCall(callId: string): Promise<t.JoinedCall> {
    return this.#ask('POST', `${CALLS}/${part(callId)}/answer`)
  }

  /**
   * Do not take a call.
   * @example
   * const { callId } = await api.startCall(conversationId)
   * await otherApi.declineCall(callId)
   */
  declineCall(callId: string): Promise<t.Call> {
    return this.#ask('POST', `${CALLS}/${part(callId)}/decline`, { isRepeatable: true })
  }

  /**
   * End a call for everybody.
   * @example
   * const { callId } = await api.startCall(conversationId)
   * const { state } = await api.endCall(callId)
   * assert.equal(state, 'ended')
   */
  endCall(callId: string): Promise<t.Call> {
    return this.#ask('POST', `${CALLS}/${part(callId)}/end`, { isRepeatable: true })
  }

  /**
   * A call as it is now.
   * @example
   * const { callId } = await api.startCall(conversationId)
   * const call = await api.getCall(callId)
   * assert.equal(call.callType, 'audio')
   */
  getCall(callId: string): Promise<t.Call> {
    return this.#ask('GET', `${CALLS}/${part(callId)}`)
  }

  /**
   * The calls of a conversation, the newest first.
   * @example
   * const { callId } = await api.startCall(conversationId)
   * const { calls } = await api.listCalls(conversationId)
   * assert.equal(calls[0].callId, callId)
   */
  listCalls(id: string, page: t.PageRequest = {}): Promise<{ calls: t.Call[]; next?: string }> {
    return this.#ask('GET', conversation(id, '/calls'), { query: { ...page } })
  }
}

/** A name that no other attempt has, for {@link SendRequest.clientMsgId}. */
export function newMessageId(): string {
  const random = () => Math.random().toString(36).slice(2, 12)
  return globalThis.crypto?.randomUUID?.() ?? `${Date.now().toString(36)}-${random()}-${random()}`
}

async function* lines(deltas: Iterable<string> | AsyncIterable<string>) {
  const encoder = new TextEncoder()
  for await (const delta of deltas) yield encoder.encode(`${JSON.stringify({ delta })}\n`)
}
