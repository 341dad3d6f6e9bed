// SPDX-License-Identifier: Apache-2.0
/**
 * client.ts — everything in one object: requests, the socket, live conversations, streams.
 * @module
 */
import { ChatApi } from './api.js'
import { ConversationStore } from './conversation.js'
import { ConversationListStore } from './conversations.js'
import { ChatSocket, type SocketOptions } from './socket.js'
import { followTask, type StreamOptions } from './stream.js'
import type { AnyEvent, ChatEventName, ChatListener } from './types.js'

/** Options of a {@link ChatClient}. */
export interface ChatClientOptions extends SocketOptions {
  /** Connect at once; false when nothing is said. */
  autoConnect?: boolean
}

/** A client of one user. */
export class ChatClient {
  /** Every request as a method. */
  readonly api: ChatApi
  /** The connection. */
  readonly socket: ChatSocket
  readonly #conversations = new Map<string, ConversationStore>()
  #list: ConversationListStore | undefined
  #userId: Promise<string> | undefined
  #hasConnected = false

  /**
   * @example
   * const client = new ChatClient({ apiUrl, getToken: () => token })
   * client.on('message.created', ({ seq_num: seqNum }, id) => console.log(id, seqNum))
   * await client.connect()
   * await client.api.send({ conversationId, contentText: 'Hello!' })
   * client.disconnect()
   */
  constructor(options: ChatClientOptions) {
    this.api = new ChatApi(options)
    this.socket = new ChatSocket({ ...options, api: this.api })
    this.once('connected', () => (this.#hasConnected = true))
    if (options.autoConnect) void this.connect()
  }

  /**
   * Connect, and stay connected: a lost connection comes back by itself and misses nothing. The
   * promise is broken with a {@link ChatConnectionError} when there will be none; it need not be
   * waited for.
   * @example
   * await client.connect()
   * assert.equal(client.isConnected(), true)
   */
  connect(): Promise<void> {
    return this.socket.connect()
  }

  /**
   * Close the connection and stay away.
   * @example
   * client.disconnect()
   * assert.equal(client.isConnected(), false)
   */
  disconnect(): void {
    this.socket.disconnect()
  }

  /**
   * Is the connection open?
   * @example
   * assert.equal(client.isConnected(), true)
   */
  isConnected(): boolean {
    return this.socket.isConnected()
  }

  /**
   * Focus: from now on live events (typing, streaming) come from these conversations only. All
   * other events come without it. The answer is a `subscribed` with the ids that were accepted.
   * @example
   * client.subscribe([conversationId])
   */
  subscribe(conversationIds: string[]): void {
    this.socket.subscribe(conversationIds)
  }

  /**
   * End that for these conversations.
   * @example
   * client.unsubscribe([conversationId])
   */
  unsubscribe(conversationIds: string[]): void {
    this.socket.unsubscribe(conversationIds)
  }

  /**
   * Hear what an agent tells about its session, as `brain_event`.
   * @example
   * const subscribed = new Promise((resolve) => client.once('session_subscribed', resolve))
   * client.subscribeSession('session-1')
   * assert.deepEqual(await subscribed, { session_id: 'session-1' })
   */
  subscribeSession(sessionId: string): void {
    this.socket.subscribeSession(sessionId)
  }

  /**
   * End that.
   * @example
   * client.unsubscribeSession('session-1')
   */
  unsubscribeSession(sessionId: string): void {
    this.socket.unsubscribeSession(sessionId)
  }

  /**
   * Use this access token from now on, for requests and for the next connection.
   * @example
   * client.setToken(token)
   */
  setToken(token: string): void {
    this.#userId = undefined
    this.socket.setToken(token)
  }

  /**
   * Call `listener` for every event of this name with its payload, which is as on the wire, and the
   * id of the conversation it is about.
   * @returns a function that ends it
   * @example
   * const heard = new Promise((resolve) => client.on('message.created', resolve))
   * const { id } = await client.api.send({ conversationId, contentText: 'Hello!' })
   * assert.equal((await heard).message_id, id)
   */
  on<K extends ChatEventName>(name: K, listener: ChatListener<K>): () => void {
    return this.socket.on(name, listener)
  }

  /**
   * The same for the next event of this name only.
   * @example
   * client.once('presence.updated', ({ user_id: userId, status }) => console.log(userId, status))
   */
  once<K extends ChatEventName>(name: K, listener: ChatListener<K>): () => void {
    return this.socket.once(name, listener)
  }

  /**
   * Call `listener` no more; without one, none of those of this name.
   * @example
   * client.off('typing.start')
   */
  off<K extends ChatEventName>(name: K, listener?: ChatListener<K>): void {
    this.socket.off(name, listener)
  }

  /**
   * The id of this user.
   * @example
   * const { user } = await client.api.me()
   * assert.equal(await client.userId(), user.id)
   */
  async userId(): Promise<string> {
    if (this.socket.userId !== undefined) return this.socket.userId
    const asked = (this.#userId ??= this.api.me().then(({ user }) => user.id))
    return asked.catch((error) => {
      if (this.#userId === asked) this.#userId = undefined
      throw error
    })
  }

  /**
   * A live conversation: the same one for everybody who asks, until it is closed. It loads itself
   * and follows the socket; see {@link ConversationStore}.
   * @example
   * const chat = client.conversation(conversationId)
   * const end = chat.subscribe(() => console.log(chat.getSnapshot().messages.length))
   * await chat.send('Hello!')
   * end()
   * chat.close()
   */
  conversation(id: string): ConversationStore {
    const known = this.#conversations.get(id)
    if (known) return known
    const store = new ConversationStore(id, {
      ...this.#source(),
      userId: () => this.userId(),
      onClosed: () => void this.#conversations.delete(id),
    })
    this.#conversations.set(id, store)
    return store
  }

  /**
   * The live list of this user's conversations, with what is unread; see
   * {@link ConversationListStore}.
   * @example
   * const list = client.conversations()
   * await list.ready
   * assert.ok(list.getSnapshot().conversations.some(({ id }) => id === conversationId))
   * list.close()
   */
  conversations(): ConversationListStore {
    return (this.#list ??= new ConversationListStore({
      ...this.#source(),
      onClosed: () => (this.#list = undefined),
    }))
  }

  /**
   * What a task streams, from its beginning, piece by piece, also when it began long ago; it ends
   * with the task. It connects when that has not been done. Who subscribes to conversations
   * subscribes to that of the task, too, or hears it only at its end.
   * @throws {ChatTaskError} the task failed or was cancelled; what was streamed came before
   * @example
   * const streamed = agentApi.streamTask(taskId, ['Forty', '-two'])
   *   .then(() => agentApi.updateTask(taskId, { status: 'completed' }))
   * let text = ''
   * for await (const piece of client.stream(taskId)) text += piece
   * assert.equal(text, 'Forty-two')
   * await streamed
   */
  stream(taskId: string, options?: StreamOptions): AsyncGenerator<string, void, undefined> {
    void this.connect()
    return followTask(taskId, this.#source(), options)
  }

  #source() {
    return {
      api: this.api,
      onEvent: (listener: (event: AnyEvent) => void) => this.on('event', listener),
      onDoubt: (listener: (isWhole: boolean) => void) => {
        // What was read before the first connection may be older than what is heard on it.
        const isFirst = !this.#hasConnected
        const ends = [
          this.on('resumed', ({ complete }) => listener(complete)),
          isFirst ? this.once('connected', () => listener(false)) : () => {},
        ]
        return () => ends.forEach((end) => end())
      },
    }
  }
}
