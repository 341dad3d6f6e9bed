/**
 * api.ts — every request of the protocol as a method.
 * Arguments and results are in camelCase. Every method throws {@link ChatApiError} when the server
 * refuses and {@link ChatNetworkError} when there is no answer; what can be repeated without harm
 * is repeated first, and a token that the server does not take any more is renewed once.
 * @module
 */
import { Http, type AccessOptions } from './http.cjs';
import type * as t from './types.cjs';
/** The REST side of the server; it can be used without a socket. */
export declare class ChatApi {
    #private;
    /** For the other parts of this package: requests as they are on the wire. */
    readonly http: Http;
    /**
     * @example
     * const api = new ChatApi({ apiUrl, token })
     * const { user } = await api.me()
     * assert.equal(user.displayName, 'Ada')
     */
    constructor(options: AccessOptions);
    /**
     * Use this access token from now on.
     * @example
     * const api = new ChatApi({ apiUrl, token: 'expired' })
     * api.setToken(token)
     * await api.listConversations()
     */
    setToken(token: string): void;
    /**
     * Send a message. The promise is kept once it is on disk. Safe to repeat, and repeated by itself
     * when the network fails: the same `clientMsgId` is the same message for 24 hours.
     * @example
     * const message = await api.send({ conversationId, contentText: 'Hello!' })
     * assert.equal(message.contentText, 'Hello!')
     */
    send(request: t.SendRequest): Promise<t.Message>;
    /**
     * A page of a conversation, in rising order: the newest one, or from `fromSeq` on.
     * @example
     * await api.send({ conversationId, contentText: 'One' })
     * const { messages, currentSeq } = await api.getMessages(conversationId, { limit: 10 })
     * assert.equal(messages.at(-1).seqNum, currentSeq)
     */
    getMessages(conversationId: string, range?: t.MessageRange): Promise<t.MessagesPage>;
    /**
     * What came after these positions, for at most 500 conversations. A conversation that the caller
     * is not in is left out.
     * @example
     * await api.send({ conversationId, contentText: 'Missed?' })
     * const { batches } = await api.sync([{ conversationId, lastSeq: 0 }])
     * assert.ok(batches[0].messages.some((message) => message.contentText === 'Missed?'))
     */
    sync(conversations: t.SyncPosition[]): Promise<t.SyncAnswer>;
    /**
     * Change what one's own message says. `contentMeta` stays when it is left out.
     * @example
     * const { id } = await api.send({ conversationId, contentText: 'Helo' })
     * const { editCount } = await api.editMessage(id, 'Hello')
     * assert.equal(editCount, 1)
     */
    editMessage(messageId: string, content: string | {
        contentText: string;
        contentMeta?: string;
    }): Promise<t.EditedMessage>;
    /**
     * Delete a message for everybody; its place and number stay. Deleting again is nothing.
     * @example
     * const { id } = await api.send({ conversationId, contentText: 'Oops' })
     * await api.deleteMessage(id)
     */
    deleteMessage(messageId: string): Promise<void>;
    /**
     * Add one's reaction, or take it back.
     * @example
     * const { id } = await api.send({ conversationId, contentText: 'Good news' })
     * const { action } = await api.toggleReaction(id, conversationId, '🎉')
     * assert.equal(action, 'added')
     */
    toggleReaction(messageId: string, conversationId: string, emoji: string): Promise<{
        action: 'added' | 'removed';
    }>;
    /**
     * Send copies of a message to other conversations, to all of them or none.
     * @example
     * const { id } = await api.send({ conversationId, contentText: 'Pass it on' })
     * const { forwarded } = await api.forward(id, [otherConversationId])
     * assert.equal(forwarded[0].isForwarded, true)
     */
    forward(messageId: string | {
        messageId: string;
        conversationIds: string[];
    }, conversationIds?: string[]): Promise<{
        forwarded: t.Message[];
    }>;
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
    searchMessages(request: t.SearchRequest): Promise<t.SearchAnswer>;
    /**
     * The caller's conversations, newest activity first: all of them up to 1,000. When there are
     * more, the answer has `next`, which is `after` of the next page.
     * @example
     * const { conversations } = await api.listConversations()
     * assert.ok(conversations.some(({ id }) => id === conversationId))
     */
    listConversations(page?: t.PageRequest): Promise<t.ConversationsPage>;
    /**
     * Begin a conversation; a second one of type `direct` with the same person is the first one.
     * @example
     * const { id } = await api.createConversation({ type: 'direct', participantIds: [otherUserId] })
     * await api.send({ conversationId: id, contentText: 'Hello!' })
     */
    createConversation(request?: t.CreateConversationRequest): Promise<t.CreatedConversation>;
    /**
     * Change its name or description; `''` takes one away. For owners and admins.
     * @example
     * await api.updateConversation(conversationId, { name: 'Analytical Engines' })
     */
    updateConversation(id: string, change: t.UpdateConversationRequest): Promise<void>;
    /**
     * Delete it, out of one's own list until the next message (`for_me`), or for everyone.
     * @example
     * await api.deleteConversation(conversationId, 'for_me')
     */
    deleteConversation(id: string, mode?: 'for_me' | 'for_everyone' | {
        mode: 'for_me' | 'for_everyone';
    }): Promise<void>;
    /**
     * Everybody in a conversation, in the order of ids.
     * @example
     * const { participants } = await api.getParticipants(conversationId)
     * assert.equal(participants.length, 2)
     */
    getParticipants(id: string, page?: t.PageRequest): Promise<t.ParticipantsPage>;
    /**
     * Add people or agents; who is in it already is skipped.
     * @example
     * await api.addParticipants(conversationId, [thirdUserId])
     */
    addParticipants(id: string, userIds: string[]): Promise<void>;
    /**
     * Remove somebody, or leave with one's own id.
     * @example
     * await api.removeParticipant(conversationId, otherUserId)
     */
    removeParticipant(id: string, userId: string): Promise<void>;
    /**
     * Everything up to this number is read. A mark only ever moves forward.
     * @example
     * const { seqNum } = await api.send({ conversationId, contentText: 'Read this' })
     * await api.markRead(conversationId, seqNum)
     */
    markRead(id: string, upToSeq: number): Promise<void>;
    /**
     * Tell the others that one types, or has stopped. A start ends by itself after 10 seconds:
     * repeat it every few seconds.
     * @example
     * await api.typing(conversationId, 'start')
     * await api.typing(conversationId, 'stop')
     */
    typing(id: string, state: 'start' | 'stop'): Promise<void>;
    /**
     * How much is unread where; conversations with nothing unread are left out.
     * @example
     * const { total } = await api.getUnreadCounts()
     * assert.equal(total, 0)
     */
    getUnreadCounts(): Promise<t.UnreadCounts>;
    /**
     * Mute until a time, for some seconds, or for ever.
     * @example
     * const { mutedUntil } = await api.mute(conversationId, { durationSec: 3600 })
     * assert.ok(new Date(mutedUntil) > new Date())
     */
    mute(id: string, duration?: t.MuteRequest): Promise<{
        conversationId: string;
        mutedUntil: string;
    }>;
    /**
     * End a mute.
     * @example
     * await api.unmute(conversationId)
     */
    unmute(id: string): Promise<void>;
    /**
     * Put a conversation away until the next message.
     * @example
     * const { archivedAt } = await api.archive(conversationId)
     * assert.ok(archivedAt)
     */
    archive(id: string): Promise<{
        conversationId: string;
        archivedAt: string;
    }>;
    /**
     * Take it out again.
     * @example
     * await api.unarchive(conversationId)
     */
    unarchive(id: string): Promise<void>;
    /**
     * Who asks, and their tenant.
     * @example
     * const { user, tenant } = await api.me()
     * assert.equal(user.tenantId, tenant.id)
     */
    me(): Promise<{
        user: t.User;
        tenant: {
            id: string;
            name: string;
        };
    }>;
    /**
     * The people of the tenant; `q` finds a part of a name.
     * @example
     * const { users } = await api.listUsers({ q: 'Grace' })
     * assert.equal(users[0].displayName, 'Grace')
     */
    listUsers(page?: t.PageRequest): Promise<t.UsersPage>;
    /**
     * The agents of the tenant.
     * @example
     * const { agents } = await api.listAgents()
     * assert.equal(agents[0].isAgent, true)
     */
    listAgents(page?: t.PageRequest): Promise<t.AgentsPage>;
    /**
     * Hear and see nothing more of somebody, who is not told.
     * @example
     * await api.blockUser(otherUserId)
     */
    blockUser(userId: string): Promise<void>;
    /**
     * End a block; what was hidden is there again.
     * @example
     * await api.unblockUser(otherUserId)
     */
    unblockUser(userId: string): Promise<void>;
    /**
     * Whom the caller has blocked.
     * @example
     * await api.blockUser(otherUserId)
     * const { blocked } = await api.listBlocked()
     * assert.equal(blocked[0].userId, otherUserId)
     */
    listBlocked(): Promise<{
        blocked: {
            userId: string;
            createdAt: string;
        }[];
    }>;
    /**
     * Say how one is reachable, until the next socket opens or the last one is gone.
     * @example
     * await api.setPresence('away', 'at lunch')
     */
    setPresence(status: t.PresenceStatus, statusDetail?: string): Promise<void>;
    /**
     * How these users (at most 200) are reachable.
     * @example
     * const { presence } = await api.getPresence([otherUserId])
     * assert.equal(presence[0].status, 'offline')
     */
    getPresence(userIds: string[]): Promise<{
        presence: t.Presence[];
    }>;
    /**
     * What opens one socket, for those who open it themselves.
     * @example
     * const { token, wsUrl } = await api.getMessagingToken()
     * assert.match(wsUrl, /^wss?:/)
     */
    getMessagingToken(): Promise<t.MessagingToken>;
    /**
     * Give an agent something to do.
     * @example
     * const task = await api.createTask({ conversationId: agentConversationId, title: 'Sum it up' })
     * assert.equal(task.status, 'queued')
     */
    createTask(request: t.CreateTaskRequest): Promise<t.Task>;
    /**
     * A task as it is now.
     * @example
     * const { title } = await api.getTask(taskId)
     * assert.equal(title, 'Answer')
     */
    getTask(taskId: string): Promise<t.Task>;
    /**
     * The tasks of a conversation, the oldest first.
     * @example
     * const { tasks } = await api.listTasks(agentConversationId)
     * assert.equal(tasks[0].id, taskId)
     */
    listTasks(id: string, page?: t.PageRequest): Promise<{
        tasks: t.Task[];
        next?: string;
    }>;
    /**
     * As its agent: say how far it is.
     * @example
     * const task = await agentApi.updateTask(taskId, { status: 'running', currentStep: 'reading' })
     * assert.equal(task.currentStep, 'reading')
     */
    updateTask(taskId: string, report: t.UpdateTaskRequest): Promise<t.Task>;
    /**
     * Stop it. Everybody in the conversation may.
     * @example
     * const { status } = await api.cancelTask(taskId)
     * assert.equal(status, 'cancelled')
     */
    cancelTask(taskId: string): Promise<t.Task>;
    /**
     * What a task has streamed so far, from this byte on. {@link ChatClient.stream} follows it.
     * @example
     * const { text, state } = await api.getTaskText(taskId)
     * assert.deepEqual([text, state], ['', 'none'])
     */
    getTaskText(taskId: string, afterBytes?: number): Promise<t.TaskText>;
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
    streamTask(taskId: string, deltas: Iterable<string> | AsyncIterable<string>, options?: {
        offset?: number;
        signal?: AbortSignal;
    }): Promise<{
        taskId: string;
        offsetBytes: number;
    }>;
    /**
     * As the agent of a session: tell its subscribers, who get a `brain_event` with this payload.
     * @example
     * await agentApi.sendSessionEvent('session-1', { thought: 'hm' })
     */
    sendSessionEvent(sessionId: string, payload: unknown): Promise<void>;
    /**
     * Call everybody in a conversation. The answer has the way into the call's LiveKit room.
     * @throws {ChatApiError} 409: there is a call already
     * @example
     * const { callId, token: roomToken } = await api.startCall(conversationId, 'video')
     * assert.ok(callId && roomToken)
     */
    startCall(id: string, callType?: 'audio' | 'video'): Promise<t.Call>;
    /**
     * Take a call.
     * @example
     * const { callId } = await api.startCall(conversationId)
     * const { token: roomToken } = await otherApi.answerCall(callId)
     * assert.ok(roomToken)
     */
    answerCall(callId: string): Promise<t.Call>;
    /**
     * Do not take a call.
     * @example
     * const { callId } = await api.startCall(conversationId)
     * await otherApi.declineCall(callId)
     */
    declineCall(callId: string): Promise<void>;
    /**
     * End a call for everybody.
     * @example
     * const { callId } = await api.startCall(conversationId)
     * await api.endCall(callId)
     */
    endCall(callId: string): Promise<void>;
    /**
     * A call as it is now.
     * @example
     * const { callId } = await api.startCall(conversationId)
     * const call = await api.getCall(callId)
     * assert.equal(call.callType, 'audio')
     */
    getCall(callId: string): Promise<t.Call>;
}
/** A name that no other attempt has, for {@link SendRequest.clientMsgId}. */
export declare function newMessageId(): string;
