// SPDX-License-Identifier: Apache-2.0
/**
 * socket.ts — the one connection of a client, which comes back by itself and misses nothing.
 * Where the server speaks `carillon.v1` it resumes with a cursor: the server replays what was
 * missed, in order, then goes on live. Elsewhere, and when the server no longer has everything,
 * it holds back what comes, reads what was missed (catchup.ts), tells that, then what it held.
 * Either way every event is told once, and `resumed` comes after the last one that was missed.
 * @module
 */
import { ChatApi } from './api.js'
import { Backoff } from './backoff.js'
import { CatchUp } from './catchup.js'
import { Connection, PROTOCOL, webSocketClass, type Frame } from './connection.js'
import { Emitter } from './emitter.js'
import { ChatApiError, ChatConnectionError, ChatSocketError } from './errors.js'
import type { AccessOptions } from './http.js'
import { onWake } from './wake.js'
import type { ChatEventName, ChatEvents, ChatListener } from './types.js'

/** How to connect. All times are milliseconds. */
export interface SocketOptions extends AccessOptions {
  /** Where the socket is, when the server's own answer to that cannot be used. */
  wsUrl?: string
  /** Come back after a loss; true when nothing is said. */
  autoReconnect?: boolean
  /** The bound of the first wait, which doubles from there; 2,000 when nothing is said. */
  reconnectInterval?: number
  /** Where the doubling ends; 30,000 when nothing is said. */
  maxReconnectDelay?: number
  /** How many attempts in a row may fail; 15 when nothing is said. */
  maxReconnectAttempts?: number
  /** A WebSocket class, where the platform has none and the package `ws` is not there either. */
  WebSocket?: unknown
  /** Go on where an earlier client was, with its {@link ChatSocket.cursor}. */
  cursor?: string
}

/** Options of a {@link ChatSocket}; with an `api` of one's own, its token is used. */
export interface ChatSocketOptions extends SocketOptions {
  api?: ChatApi
}

type State = 'idle' | 'connecting' | 'open' | 'waiting'

// Nothing depends on these, and they are not waited with.
const LIVE = /^(typing\.|presence\.|task_stream_delta)/
// No messaging token is good for longer.
const TICKET_MS_MAX = 3_600_000
const HELD_MAX = 50_000
const SUBSCRIBE_MAX = 128
const RESTART = 1012
const REVOKED = 4001
const TOKEN_EXPIRED = 4002

/**
 * The one connection of a user, which comes back by itself and misses nothing. A {@link ChatClient}
 * has one; it can also be used alone.
 */
export class ChatSocket {
  readonly #options: ChatSocketOptions
  readonly #api: ChatApi
  readonly #emitter = new Emitter<ChatEvents>()
  readonly #backoff: Backoff
  readonly #catchUp: CatchUp
  readonly #conversations = new Set<string>()
  readonly #sessions = new Set<string>()
  #state: State = 'idle'
  #connection: Connection | undefined
  // Of the connection of now, so that what an abandoned one was waiting for comes to nothing.
  #attempt = new AbortController()
  #failures = 0
  // Handshakes in a row that came to nothing, and whether one ended in the protocol of ours.
  #refusals = 0
  #hasSpoken = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #waiting: ReturnType<typeof deferred> | undefined
  #forgetWake: (() => void) | undefined
  #cursor: string | undefined
  #hasBeenOpen = false
  #hasGivenUp = false
  #userId: string | undefined
  // What came while what was missed is read.
  #held: Frame[] | undefined

  /**
   * @example
   * const socket = new ChatSocket({ apiUrl, token })
   * await socket.connect()
   * socket.disconnect()
   */
  constructor(options: ChatSocketOptions) {
    this.#options = options
    this.#api = options.api ?? new ChatApi(options)
    this.#catchUp = new CatchUp(this.#api.http)
    this.#cursor = options.cursor
    this.#hasBeenOpen = this.#hasSpoken = options.cursor !== undefined
    this.#backoff = new Backoff({
      baseMs: options.reconnectInterval ?? 2000,
      maxMs: Math.max(options.maxReconnectDelay ?? 30_000, options.reconnectInterval ?? 0),
    })
  }

  /** The place of the last event that was told, in the server's log; an option of later clients. */
  get cursor(): string | undefined {
    return this.#cursor
  }

  /** Whose connection it is; known once the server has said it. */
  get userId(): string | undefined {
    return this.#userId
  }

  /**
   * Connect, and stay connected. The promise is kept when the connection is open, and broken with
   * a {@link ChatConnectionError} when there will be none; it need not be waited for.
   * @example
   * socket.on('connected', () => console.log('here we are'))
   * await socket.connect()
   */
  connect(): Promise<void> {
    if (this.#state === 'open') return Promise.resolve()
    const waiting = (this.#waiting ??= deferred())
    if (this.#state === 'idle') {
      this.#failures = 0
      this.#hasGivenUp = false
      this.#forgetWake ??= onWake((why) => this.#wake(why))
      void this.#open()
    }
    return waiting.promise
  }

  /**
   * Close the connection and stay away.
   * @example
   * await socket.connect()
   * socket.disconnect()
   * assert.equal(socket.isConnected(), false)
   */
  disconnect(): void {
    if (this.#state === 'idle' && !this.#forgetWake) return
    const wasOpen = this.#state === 'open'
    this.#stop(new ChatConnectionError('disconnected'))
    const end = { code: 1000, reason: '', willReconnect: false }
    if (wasOpen) this.#emitter.emit('disconnected', end)
  }

  /**
   * Is the connection open?
   * @example
   * await socket.connect()
   * assert.equal(socket.isConnected(), true)
   */
  isConnected(): boolean {
    return this.#state === 'open'
  }

  /**
   * Use this access token from now on; a connection that was given up for want of one comes back.
   * @example
   * socket.setToken(token)
   */
  setToken(token: string): void {
    this.#api.setToken(token)
    if (this.#hasGivenUp) this.connect()
  }

  /**
   * Focus: from now on live events (typing, streaming) come from these conversations only. It is
   * kept across reconnects. All other events come without it.
   * @example
   * await socket.connect()
   * socket.once('subscribed', (ids) => assert.deepEqual(ids, [conversationId]))
   * socket.subscribe([conversationId])
   */
  subscribe(conversationIds: string[]): void {
    for (const id of conversationIds) this.#conversations.add(id)
    this.#say('subscribe', conversationIds)
  }

  /**
   * End that for these conversations.
   * @example
   * await socket.connect()
   * socket.subscribe([conversationId])
   * socket.unsubscribe([conversationId])
   */
  unsubscribe(conversationIds: string[]): void {
    for (const id of conversationIds) this.#conversations.delete(id)
    this.#say('unsubscribe', conversationIds)
  }

  /**
   * Hear what an agent tells about its session, as `brain_event`. It is kept across reconnects.
   * @example
   * await socket.connect()
   * socket.subscribeSession('session-1')
   */
  subscribeSession(sessionId: string): void {
    this.#sessions.add(sessionId)
    this.#sayIfOpen({ action: 'subscribe_session', session_id: sessionId })
  }

  /**
   * End that.
   * @example
   * await socket.connect()
   * socket.subscribeSession('session-1')
   * socket.unsubscribeSession('session-1')
   */
  unsubscribeSession(sessionId: string): void {
    this.#sessions.delete(sessionId)
    this.#sayIfOpen({ action: 'unsubscribe_session', session_id: sessionId })
  }

  /**
   * Call `listener` for every event of this name with its payload and, where it is about one, the
   * id of its conversation.
   * @returns a function that ends it
   * @example
   * const end = socket.on('message.created', ({ seq_num: seqNum }, id) => console.log(id, seqNum))
   * end()
   */
  on<K extends ChatEventName>(name: K, listener: ChatListener<K>): () => void {
    return this.#emitter.on(name, listener)
  }

  /**
   * The same for the next event of this name only.
   * @example
   * const connected = new Promise((resolve) => socket.once('connected', resolve))
   * socket.connect()
   * await connected
   */
  once<K extends ChatEventName>(name: K, listener: ChatListener<K>): () => void {
    return this.#emitter.once(name, listener)
  }

  /**
   * Call `listener` no more; without one, none of those of this name.
   * @example
   * const listener = () => {}
   * socket.on('typing.start', listener)
   * socket.off('typing.start', listener)
   */
  off<K extends ChatEventName>(name: K, listener?: ChatListener<K>): void {
    this.#emitter.off(name, listener)
  }

  // ---- One attempt ----

  async #open(): Promise<void> {
    this.#attempt.abort()
    const { signal } = (this.#attempt = new AbortController())
    const isStale = () => signal.aborted
    this.#state = 'connecting'
    clearTimeout(this.#timer)
    try {
      const opening = await this.#api.getMessagingToken()
      // A proxy that spoils the subprotocol lets the base protocol pass, so where ours has never
      // worked, every other attempt is made without it.
      const isSpoilt = !this.#hasSpoken && this.#refusals % 2 === 1
      const wantsV1 = opening.protocols?.includes(PROTOCOL) && !isSpoilt
      if (!wantsV1 && !this.#catchUp.isStarted) {
        await this.#catchUp.start(before(opening.expiresAt, TICKET_MS_MAX), signal)
      }
      const Socket = await webSocketClass(this.#options.WebSocket)
      if (isStale()) return
      const query = new URLSearchParams({ token: opening.token })
      if (wantsV1 && this.#cursor !== undefined) query.set('cursor', this.#cursor)
      const url = `${this.#options.wsUrl ?? opening.wsUrl}?${query}`
      const socket = wantsV1 ? new Socket(url, [PROTOCOL]) : new Socket(url)
      this.#connection = new Connection(socket, {
        onOpened: (protocol) => isStale() || (protocol !== PROTOCOL && this.#openedPlain()),
        onFrame: (frame) => isStale() || this.#take(frame),
        onEnded: (code, reason) => isStale() || this.#ended(code, reason),
      })
    } catch (error) {
      if (!isStale()) this.#failed(error as Error)
    }
  }

  #openedPlain(): void {
    const isReturn = this.#hasBeenOpen
    this.#cursor = undefined // what comes now has none, so an older one would repeat it
    this.#opened()
    if (isReturn) void this.#sync()
  }

  #hello(hello: { user_id: string; server_time: string; resume?: { cursor?: string } }): void {
    const isReturn = this.#hasBeenOpen
    const isResuming = this.#cursor !== undefined
    this.#hasSpoken = true
    this.#userId = hello.user_id
    this.#catchUp.startAt(hello.server_time)
    this.#opened()
    if (isReturn && !isResuming) void this.#sync(hello.resume?.cursor)
    else this.#cursor ??= hello.resume?.cursor
  }

  #opened(): void {
    this.#state = 'open'
    this.#hasBeenOpen = true
    this.#failures = 0
    this.#refusals = 0
    this.#backoff.opened()
    this.#say('subscribe', [...this.#conversations])
    for (const id of this.#sessions) this.subscribeSession(id)
    this.#emitter.emit('connected', undefined)
    this.#waiting?.resolve()
    this.#waiting = undefined
  }

  // ---- What comes in ----

  #take(frame: Frame): void {
    const payload = frame.payload as never
    switch (frame.type) {
      case 'event':
        this.#event(frame)
        break
      case 'hello':
        this.#hello(payload)
        break
      case 'resumed':
        this.#resumed(payload, frame.cursor)
        break
      case 'error':
        this.#emitter.emit('error', new ChatSocketError(String(payload)))
        break
      case 'subscribed':
      case 'session_subscribed':
      case 'brain_event':
        this.#emitter.emit(frame.type, payload)
    }
  }

  #event(frame: Frame): void {
    const { type } = frame.payload as { type: string }
    if (!this.#held || LIVE.test(type)) this.#tell(frame)
    else if (this.#held.length < HELD_MAX) this.#held.push(frame)
    else this.#connection?.close(1006, 'too much came while catching up')
  }

  // False: it was heard before.
  #tell(frame: Frame): boolean {
    const { conversation_id: id, payload, cursor } = frame
    const event = payload as { type: string; payload: unknown }
    if (cursor !== undefined) this.#cursor = cursor
    if (!this.#catchUp.hear(frame)) return false
    const all = { type: event.type, payload: event.payload, ...(id && { conversationId: id }) }
    this.#emitter.emit('event', all)
    this.#emitter.emit(event.type as ChatEventName, event.payload as never, id)
    return true
  }

  // ---- Coming back ----

  #resumed({ complete, replayed }: { complete: boolean; replayed: number }, cursor?: string): void {
    if (!complete) {
      void this.#sync(cursor)
      return
    }
    this.#cursor = cursor ?? this.#cursor
    this.#emitter.emit('resumed', { complete, replayed, source: 'cursor' })
  }

  // What comes is held until what was missed is told. `cursor` is where the connection began.
  async #sync(cursor?: string): Promise<void> {
    const { signal } = this.#attempt
    const held: Frame[] = (this.#held = [])
    let replayed: number
    try {
      replayed = await this.#catchUp.run((frame) => this.#tell(frame), signal)
    } catch (error) {
      if (!signal.aborted) this.#connection?.close(1006, (error as Error).message)
      return
    }
    if (signal.aborted) return
    // Not before: a loss up to here has to begin where this one began.
    this.#cursor = cursor
    this.#held = undefined
    for (const frame of held) {
      this.#tell(frame)
      if (signal.aborted) return // a listener has disconnected
    }
    this.#emitter.emit('resumed', { complete: false, replayed, source: 'sync' })
  }

  #ended(code: number, reason: string): void {
    const wasOpen = this.#state === 'open'
    this.#connection = undefined
    this.#held = undefined
    this.#attempt.abort()
    this.#backoff.closed()
    if (!wasOpen) {
      this.#refusals++
      this.#failed(new ChatConnectionError(reason || 'the connection did not open', code))
      return
    }
    const willReconnect = code !== REVOKED && this.#options.autoReconnect !== false
    if (code === TOKEN_EXPIRED) this.#api.http.dropToken()
    if (willReconnect) this.#wait(code === RESTART ? hintOf(reason) : undefined)
    this.#emitter.emit('disconnected', { code, reason, willReconnect })
    if (willReconnect) return
    if (code === REVOKED) {
      this.#giveUp(new ChatConnectionError('the session was ended; sign in again', code))
    } else this.#stop(new ChatConnectionError(reason || 'disconnected', code))
  }

  #failed(error: Error): void {
    const { autoReconnect, maxReconnectAttempts = 15 } = this.#options
    const isFinal = error instanceof ChatApiError && [401, 403, 404].includes(error.status)
    const isCounted = globalThis.navigator?.onLine !== false
    if (isCounted) this.#failures++
    if (isFinal || autoReconnect === false || this.#failures > maxReconnectAttempts) {
      this.#giveUp(error)
      return
    }
    this.#wait(error instanceof ChatApiError ? error.retryAfterMs : undefined)
  }

  // Until the next attempt: as long as the server has asked for, or for some time.
  #wait(hintMs?: number): void {
    this.#state = 'waiting'
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#open(), this.#backoff.next(hintMs))
  }

  #giveUp(cause: Error): void {
    const error = cause instanceof ChatConnectionError
      ? cause
      : new ChatConnectionError(cause.message, undefined, cause)
    const wake = this.#forgetWake
    this.#forgetWake = undefined
    this.#stop(error)
    // Being online again is a reason for a new try; it was not the session that failed.
    this.#hasGivenUp = true
    if (error.code !== REVOKED && this.#options.autoReconnect !== false) this.#forgetWake = wake
    else wake?.()
    this.#emitter.emit('error', error)
  }

  #stop(error: Error): void {
    this.#attempt.abort()
    this.#state = 'idle'
    this.#held = undefined
    this.#hasGivenUp = false
    clearTimeout(this.#timer)
    this.#forgetWake?.()
    this.#forgetWake = undefined
    this.#connection?.close(1000)
    this.#connection = undefined
    this.#waiting?.reject(error)
    this.#waiting = undefined
  }

  // The network is back or went, or somebody looks at the page again.
  #wake(why: 'online' | 'offline' | 'visible'): void {
    if (this.#state === 'open') this.#connection?.probe(why === 'visible' ? undefined : 3000)
    else if (why === 'offline') return
    else if (this.#state === 'waiting') {
      this.#backoff.reset()
      this.#failures = 0
      void this.#open()
    } else if (this.#hasGivenUp) this.connect()
  }

  // ---- What goes out ----

  #say(action: string, ids: string[]): void {
    for (let i = 0; i < ids.length; i += SUBSCRIBE_MAX) {
      this.#sayIfOpen({ action, conversation_ids: ids.slice(i, i + SUBSCRIBE_MAX) })
    }
  }

  // What is not said now is said when the connection opens.
  #sayIfOpen(frame: object): void {
    if (this.#state === 'open') this.#connection?.send(frame)
  }
}

const before = (time: string, ms: number) => new Date(Date.parse(time) - ms).toISOString()

// A restarting server says when to come back, so that not everybody does at once.
function hintOf(reason: string): number | undefined {
  const match = /(\d+) ?(ms|s)\b/.exec(reason)
  return match ? Number(match[1]) * (match[2] === 's' ? 1000 : 1) : undefined
}

function deferred() {
  let resolve!: () => void
  let reject!: (error: Error) => void
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  promise.catch(() => {}) // whoever waits for it sees the error; nobody has to wait
  return { promise, resolve, reject }
}
