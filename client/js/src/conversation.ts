// SPDX-License-Identifier: Apache-2.0
/**
 * conversation.ts — one conversation as a screen shows it: its messages, ordered and complete,
 * with their edits, deletions and reactions, who has read how far, who types, and what this user
 * is just sending. It loads itself, follows the socket, and heals itself after a loss.
 * Things happen one after the other in one queue, so an event that comes while a page is read is
 * looked at when the page is there.
 * @module
 */
import { newMessageId, type ChatApi } from './api.js'
import { ChatApiError, ChatNetworkError } from './errors.js'
import { MessageWindow } from './messages.js'
import { camel } from './names.js'
import { Observable } from './observable.js'
import type * as t from './types.js'

/** A message on a screen. `seqNum` is 0 until the server has given it one. */
export interface LiveMessage extends t.Message {
  state: 'sent' | 'sending' | 'failed'
  /** The name of the attempt; of messages that are on their way. */
  clientMsgId?: string
  /** Why it failed. */
  error?: Error
}

/** A conversation of now; it is never changed, the next one is another object. */
export interface ConversationSnapshot {
  /** `gone`: it was deleted, or its reader is not in it any more. */
  status: 'loading' | 'ready' | 'failed' | 'gone'
  /** Why it failed. */
  error?: Error
  /** In order; what is on its way comes last. */
  messages: readonly LiveMessage[]
  /** Are there messages before the first one? */
  hasOlder: boolean
  participants: readonly t.Participant[]
  /** Who types, but for this user. */
  typing: readonly string[]
  /** Up to which number everybody has read, as far as it is known. */
  reads: Readonly<Record<string, number>>
}

/** What to send; a text alone is enough. */
export type Draft = string | Omit<t.SendRequest, 'conversationId' | 'clientMsgId'>

/** What a {@link ConversationStore} gets from its client. */
export interface ConversationSource {
  api: ChatApi
  /** Every event of the socket. */
  onEvent(listener: (event: t.AnyEvent) => void): () => void
  /** The connection is new, or came back; `isWhole`: no event but live ones can be missing. */
  onDoubt(listener: (isWhole: boolean) => void): () => void
  userId(): Promise<string>
  onClosed(): void
}

const PAGE = 50
const PAGE_MAX = 200
// Of a conversation that goes on while nobody scrolls, this many messages are kept.
const KEPT_MAX = 1000
const TYPING_MS_MAX = 12_000 // the server ends it after 10 s
const TYPING_REPEAT_MS = 4000
const TYPING_IDLE_MS = 5000

interface Sending {
  message: LiveMessage
  request: t.SendRequest & { clientMsgId: string }
  // Its event was heard before the answer.
  heardId?: string
}

/**
 * A live conversation; made by {@link ChatClient.conversation}. It is a {@link Store} of a
 * {@link ConversationSnapshot}.
 */
export class ConversationStore extends Observable<ConversationSnapshot> {
  readonly id: string
  readonly #source: ConversationSource
  readonly #window = new MessageWindow()
  readonly #typing = new Map<string, ReturnType<typeof setTimeout>>()
  readonly #drawn = new WeakMap<t.Message, LiveMessage>()
  readonly #ends: (() => void)[]
  #queue: Promise<unknown> = Promise.resolve()
  #status: ConversationSnapshot['status'] = 'loading'
  #error: Error | undefined
  #sending: Sending[] = []
  #participants: t.Participant[] = []
  #reads: Record<string, number> = {}
  #me = ''
  #keptMax = KEPT_MAX
  #typedAt: number | undefined
  #typingTimer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false
  /** Kept once the newest page is there, broken when it could not be read. */
  readonly ready: Promise<void>

  /** @internal */
  constructor(id: string, source: ConversationSource) {
    super()
    this.id = id
    this.#source = source
    this.#ends = [
      source.onEvent((event) => this.#hear(event)),
      source.onDoubt((isWhole) => this.#heal(isWhole)),
    ]
    this.ready = this.#serially(() => this.#load())
    this.ready.catch(() => {})
  }

  protected read(): ConversationSnapshot {
    const sent = this.#window.all.map((one) => this.#sent(one))
    const sending = this.#sending.filter(({ heardId }) => !heardId).map(({ message }) => message)
    return {
      status: this.#status,
      ...(this.#error && { error: this.#error }),
      messages: [...sent, ...sending],
      hasOlder: this.#window.hasOlder,
      participants: this.#participants,
      typing: [...this.#typing.keys()],
      reads: this.#reads,
    }
  }

  // The same message is the same object, so that a list need not draw it again.
  #sent(message: t.Message): LiveMessage {
    const known = this.#drawn.get(message)
    if (known) return known
    const live: LiveMessage = { ...message, state: 'sent' }
    this.#drawn.set(message, live)
    return live
  }

  // ---- Reading ----

  /**
   * Read the messages before the first one.
   * @returns whether there are still more
   * @example
   * const chat = client.conversation(conversationId)
   * await chat.ready
   * while (chat.getSnapshot().hasOlder) await chat.loadOlder()
   * chat.close()
   */
  loadOlder(count = PAGE): Promise<boolean> {
    return this.#serially(async () => {
      if (!this.#window.hasOlder) return false
      const range = { toSeq: this.#window.firstSeq - 1, limit: Math.min(count, PAGE_MAX) }
      const { messages, hasMore } = await this.#source.api.getMessages(this.id, range)
      const first = messages[0]?.seqNum ?? 1
      this.#window.prepend(messages, messages.length > 0 && (hasMore ?? first > 1))
      this.#keptMax = Math.max(this.#keptMax, this.#window.all.length + KEPT_MAX)
      this.changed()
      return this.#window.hasOlder
    })
  }

  /**
   * Read again everything that is shown. The store does so by itself when it may have missed
   * something.
   * @example
   * const chat = client.conversation(conversationId)
   * await chat.reload()
   * assert.equal(chat.getSnapshot().status, 'ready')
   * chat.close()
   */
  reload(): Promise<void> {
    return this.#serially(() => this.#load())
  }

  async #load(): Promise<void> {
    try {
      this.#me ||= await this.#source.userId()
      for (const one of this.#sending) one.message = { ...one.message, senderId: this.#me }
      const [, { participants }] = await Promise.all([
        this.#loadMessages(),
        this.#source.api.getParticipants(this.id),
      ])
      this.#participants = participants
      for (const { userId, lastReadSeq } of participants) {
        if (lastReadSeq) this.#noteRead(userId, lastReadSeq)
      }
      this.#status = 'ready'
      this.#error = undefined
    } catch (error) {
      this.#failed(error as Error)
      throw error
    } finally {
      this.changed()
    }
  }

  #failed(error: Error): void {
    this.#status = isNotFound(error) ? 'gone' : 'failed'
    this.#error = error
  }

  // The newest page, or, when there is a window already, all that it spans and what came after.
  async #loadMessages(): Promise<void> {
    const first = this.#window.all[0]?.seqNum
    if (first === undefined) {
      const page = await this.#source.api.getMessages(this.id, { limit: PAGE })
      const hasOlder = page.hasMore ?? (page.messages[0]?.seqNum ?? 1) > 1
      this.#window.replace(page.messages, page.currentSeq, hasOlder)
      return
    }
    const { messages, lastSeq } = await this.#readFrom(first)
    this.#noteOwn(messages.filter(({ seqNum }) => seqNum > this.#window.lastSeq))
    this.#window.replace(messages, lastSeq, this.#window.hasOlder)
  }

  async #readFrom(fromSeq: number): Promise<{ messages: t.Message[]; lastSeq: number }> {
    const all: t.Message[] = []
    for (;;) {
      const from = all.length > 0 ? all[all.length - 1]!.seqNum + 1 : fromSeq
      const range = { fromSeq: from, limit: PAGE_MAX }
      const { messages, currentSeq, hasMore } = await this.#source.api.getMessages(this.id, range)
      all.push(...messages)
      const isWhole = hasMore === undefined ? messages.length < PAGE_MAX : !hasMore
      if (isWhole || messages.length === 0) return { messages: all, lastSeq: currentSeq }
    }
  }

  // ---- Writing ----

  /**
   * Send a message. It is shown at once as `sending`, and then with its number; when it cannot be
   * sent it is `failed`, to be sent again with `retry` or taken away with `discard`.
   * @example
   * const chat = client.conversation(conversationId)
   * const sent = chat.send('Hello!')
   * assert.equal(chat.getSnapshot().messages.at(-1).state, 'sending')
   * assert.equal((await sent).contentText, 'Hello!')
   * chat.close()
   */
  send(draft: Draft): Promise<t.Message> {
    const content = typeof draft === 'string' ? { contentText: draft } : draft
    const request = { ...content, conversationId: this.id, clientMsgId: newMessageId() }
    const message: LiveMessage = {
      contentType: 'text',
      threadRole: 'main',
      ...request,
      id: request.clientMsgId,
      seqNum: 0,
      senderId: this.#me,
      senderType: 'human',
      createdAt: new Date().toISOString(),
      state: 'sending',
    }
    const sending: Sending = { message, request }
    this.#sending.push(sending)
    this.#stopTyping()
    return handled(this.#post(sending))
  }

  /**
   * Send again what has failed. The same message is never there twice.
   * @example
   * const chat = client.conversation(conversationId)
   * const failed = chat.getSnapshot().messages.find(({ state }) => state === 'failed')
   * if (failed) await chat.retry(failed.clientMsgId)
   * chat.close()
   */
  retry(clientMsgId: string): Promise<t.Message> {
    const sending = this.#sending.find(({ request }) => request.clientMsgId === clientMsgId)
    if (!sending) return handled(Promise.reject(new Error('there is no such message')))
    sending.message = { ...sending.message, state: 'sending' }
    delete sending.message.error
    return handled(this.#post(sending))
  }

  /**
   * Take away what has failed.
   * @example
   * const chat = client.conversation(conversationId)
   * const failed = chat.getSnapshot().messages.find(({ state }) => state === 'failed')
   * if (failed) chat.discard(failed.clientMsgId)
   * chat.close()
   */
  discard(clientMsgId: string): void {
    this.#sending = this.#sending.filter(({ request }) => request.clientMsgId !== clientMsgId)
    this.changed()
  }

  async #post(sending: Sending): Promise<t.Message> {
    this.changed()
    let message: t.Message
    try {
      message = await this.#source.api.send(sending.request)
    } catch (error) {
      const heard = this.#window.all.find(({ id }) => id === sending.heardId)
      if (heard && error instanceof ChatNetworkError && !this.#hasTwin(sending)) {
        // The answer got lost, the message did not.
        this.#forget(sending)
        return heard
      }
      sending.message = { ...sending.message, state: 'failed', error: error as Error }
      delete sending.heardId
      this.changed()
      throw error
    }
    await this.#soon(() => this.#take(message.seqNum, message))
    this.#claim(sending, message.id)
    this.#forget(sending)
    return message
  }

  // An event does not say which attempt it is of. Of two with the same text the wrong one may have
  // been taken for heard; once the answer says which, they change places.
  #claim(sending: Sending, messageId: string): void {
    const other = this.#sending.find((one) => one !== sending && one.heardId === messageId)
    if (!other) return
    if (sending.heardId) other.heardId = sending.heardId
    else delete other.heardId
  }

  #hasTwin(sending: Sending): boolean {
    return this.#sending.some((one) =>
      one !== sending && one.message.contentText === sending.message.contentText)
  }

  #forget(sending: Sending): void {
    this.#sending = this.#sending.filter((one) => one !== sending)
    this.changed()
  }

  /**
   * Change what one's own message says.
   * @example
   * const chat = client.conversation(conversationId)
   * const { id } = await chat.send('Helo')
   * await chat.edit(id, 'Hello')
   * assert.equal(chat.getSnapshot().messages.at(-1).contentText, 'Hello')
   * chat.close()
   */
  async edit(messageId: string, contentText: string): Promise<void> {
    const edited = await this.#source.api.editMessage(messageId, contentText)
    this.#window.edit({
      id: messageId,
      conversation_id: this.id,
      content_text: edited.contentText,
      edit_count: edited.editCount,
      edited_at: edited.editedAt,
    })
    this.changed()
  }

  /**
   * Delete a message; its place stays.
   * @example
   * const chat = client.conversation(conversationId)
   * const { id } = await chat.send('Oops')
   * await chat.delete(id)
   * assert.ok(chat.getSnapshot().messages.at(-1).deletedAt)
   * chat.close()
   */
  async delete(messageId: string): Promise<void> {
    await this.#source.api.deleteMessage(messageId)
    this.#window.delete(messageId, new Date().toISOString())
    this.changed()
  }

  /**
   * Add a reaction, or take it back.
   * @example
   * const chat = client.conversation(conversationId)
   * const { id } = await chat.send('Good news')
   * await chat.react(id, '🎉')
   * assert.equal(chat.getSnapshot().messages.at(-1).reactions[0].count, 1)
   * chat.close()
   */
  async react(messageId: string, emoji: string): Promise<void> {
    const { action } = await this.#source.api.toggleReaction(messageId, this.id, emoji)
    this.#window.react({ message_id: messageId, user_id: this.#me, emoji, action })
    this.changed()
  }

  /**
   * Everything up to this number, or up to the last one shown, is read.
   * @example
   * const chat = client.conversation(conversationId)
   * await chat.send('Read this')
   * await chat.markRead()
   * chat.close()
   */
  async markRead(upToSeq?: number): Promise<void> {
    const seq = upToSeq ?? this.#window.all.at(-1)?.seqNum ?? 0
    if (seq <= (this.#reads[this.#me] ?? 0)) return
    await this.#source.api.markRead(this.id, seq)
    if (this.#noteRead(this.#me, seq)) this.changed()
  }

  /**
   * Somebody presses a key: call it as often as that happens. The others are told now and then, and
   * that it has ended after five seconds without, or when the message is sent.
   * @example
   * const chat = client.conversation(conversationId)
   * chat.typed()
   * chat.close()
   */
  typed(): void {
    clearTimeout(this.#typingTimer)
    this.#typingTimer = setTimeout(() => this.#stopTyping(true), TYPING_IDLE_MS)
    const now = performance.now()
    if (this.#typedAt !== undefined && now - this.#typedAt < TYPING_REPEAT_MS) return
    this.#typedAt = now
    this.#source.api.typing(this.id, 'start').catch(() => {})
  }

  // A message that is sent ends typing without being told.
  #stopTyping(isTold = false): void {
    clearTimeout(this.#typingTimer)
    const wasTyping = this.#typedAt !== undefined
    if (isTold && wasTyping) this.#source.api.typing(this.id, 'stop').catch(() => {})
    this.#typedAt = undefined
  }

  /**
   * Follow the conversation no more. {@link ChatClient.conversation} makes a new one.
   * @example
   * const chat = client.conversation(conversationId)
   * chat.close()
   */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#stopTyping(true)
    for (const end of this.#ends) end()
    for (const timer of this.#typing.values()) clearTimeout(timer)
    this.#source.onClosed()
  }

  // ---- Events ----

  #hear({ type, payload, conversationId }: t.AnyEvent): void {
    const of = <K extends t.ChatEventName>(_: K) => payload as t.ChatEvents[K]
    if (type === 'presence.updated') this.#presence(of(type))
    if (type === 'user.blocked' || type === 'user.unblocked') void this.reload().catch(() => {})
    if (conversationId !== this.id) return
    switch (type) {
      case 'message.created': {
        const { seq_num: seqNum, message } = of(type)
        this.#soon(() => this.#take(seqNum, message && camel<t.Message>(message)))
        break
      }
      case 'message.edited':
        this.#soon(() => this.#window.edit(of(type)))
        break
      case 'message.changed':
        this.#soon(() => this.#window.renew(camel<t.Message>(of(type).message)))
        break
      case 'message.deleted':
        this.#soon(() => this.#window.delete(of(type).id, of(type).deleted_at))
        break
      case 'reaction.updated':
        this.#soon(() => this.#window.react(of(type)))
        break
      case 'message.read':
        this.#soon(() => this.#noteRead(of(type).user_id, of(type).last_read_seq))
        break
      case 'typing.start':
      case 'typing.stop':
        this.#showTyping(of(type).user_id, type === 'typing.start')
        break
      case 'participant.added':
      case 'participant.updated':
      case 'participant.removed':
        this.#soon(() => this.#loadParticipants())
        break
      case 'conversation.created':
        void this.reload().catch(() => {})
        break
      case 'conversation.deleted':
      case 'conversation.hidden':
        this.#soon(() => {
          this.#window.replace([], 0, false)
          this.#status = type === 'conversation.deleted' ? 'gone' : this.#status
        })
    }
  }

  #heal(isWhole: boolean): void {
    if (!isWhole || this.#status === 'failed') void this.reload().catch(() => {})
  }

  // One after the other, whatever became of the one before.
  #serially<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work, work)
    this.#queue = done
    return handled(done)
  }

  // What cannot be read is read again when the connection comes back, or when more happens.
  #soon(work: () => unknown): Promise<void> {
    return this.#serially(async () => {
      if (this.#isClosed) return
      try {
        await work()
      } catch (error) {
        this.#failed(error as Error)
      }
      this.changed()
    })
  }

  // A message with this number exists. Without it, or after a gap, what is there is read.
  async #take(seqNum: number, message?: t.Message): Promise<void> {
    if (this.#status !== 'ready') return this.#load()
    if (seqNum <= this.#window.lastSeq) return
    if (message && seqNum === this.#window.lastSeq + 1) this.#append([message], seqNum)
    else {
      const { messages, lastSeq } = await this.#readFrom(this.#window.lastSeq + 1)
      this.#append(messages, lastSeq)
    }
  }

  #append(messages: t.Message[], lastSeq: number): void {
    this.#window.append(messages, lastSeq, this.#keptMax)
    for (const { senderId } of messages) this.#showTyping(senderId, false)
    this.#noteOwn(messages)
  }

  // Some of these new messages may be what is just being sent.
  #noteOwn(messages: t.Message[]): void {
    for (const { id, senderId, contentText } of messages) {
      if (senderId !== this.#me) continue
      const sending = this.#sending.find((one) => !one.heardId &&
        one.message.state === 'sending' && one.message.contentText === contentText)
      if (sending) sending.heardId = id
    }
  }

  async #loadParticipants(): Promise<void> {
    this.#participants = (await this.#source.api.getParticipants(this.id)).participants
  }

  #noteRead(userId: string, seq: number): boolean {
    if (seq <= (this.#reads[userId] ?? 0)) return false
    this.#reads = { ...this.#reads, [userId]: seq }
    return true
  }

  #presence({ user_id, agent_id, status }: t.CatalogueEvents['presence.updated']): void {
    const userId = user_id ?? agent_id
    if (!this.#participants.some((one) => one.userId === userId && one.status !== status)) return
    this.#participants = this.#participants.map((one) =>
      one.userId === userId ? { ...one, status } : one)
    this.changed()
  }

  #showTyping(userId: string, isTyping: boolean): void {
    const wasTyping = this.#typing.has(userId)
    clearTimeout(this.#typing.get(userId))
    this.#typing.delete(userId)
    if (isTyping && userId !== this.#me) {
      // Should its end get lost, it ends all the same.
      const timer = setTimeout(() => this.#showTyping(userId, false), TYPING_MS_MAX)
      this.#typing.set(userId, timer)
    }
    if (wasTyping !== this.#typing.has(userId)) this.changed()
  }
}

const isNotFound = (error: unknown) => error instanceof ChatApiError && error.status === 404

/** The same promise; when nobody waits for it, its failure is seen in the snapshot only. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
