// SPDX-License-Identifier: Apache-2.0
/**
 * connection.ts — one WebSocket, from its making to its end.
 * It opens in time or not at all, and once open it is silent only for so long: a page sees no
 * WebSocket pings, so it asks, and who gets no answer has lost the network without being told.
 * Whether to come back is decided in socket.ts.
 * @module
 */

/** The part of the platform's WebSocket that is used here; that of the package `ws` has it too. */
export interface WebSocketLike {
  readonly protocol: string
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  send(text: string): void
  close(code?: number, reason?: string): void
  /** Of the package `ws`: closes without a word. */
  terminate?(): void
}
export type WebSocketClass = new (url: string, protocols?: string | string[]) => WebSocketLike

/** A frame of the server. */
export interface Frame {
  type: string
  payload?: unknown
  conversation_id?: string
  cursor?: string
}

export interface ConnectionHandlers {
  onOpened(protocol: string): void
  onFrame(frame: Frame): void
  /** The last call; `code` is 1006 when there was no close frame. */
  onEnded(code: number, reason: string): void
}

/** What the server adds to the base protocol when it is asked for. */
export const PROTOCOL = 'carillon.v1'

const OPEN_MS_MAX = 20_000
const SILENCE_MS_MAX = 30_000
const ANSWER_MS_MAX = 10_000

export class Connection {
  readonly #ws: WebSocketLike
  readonly #handlers: ConnectionHandlers
  #timer: ReturnType<typeof setTimeout> | undefined
  #isOver = false
  #heardAt: number | undefined
  #isAsked = false

  constructor(ws: WebSocketLike, handlers: ConnectionHandlers) {
    this.#ws = ws
    this.#handlers = handlers
    this.#arm(OPEN_MS_MAX, () => this.#end(1006, 'the connection did not open in time'))
    ws.onopen = () => {
      // With the protocol of ours it is open once the server has said hello.
      if (ws.protocol !== PROTOCOL) clearTimeout(this.#timer)
      if (!this.#isOver) handlers.onOpened(ws.protocol)
    }
    ws.onmessage = ({ data }: { data: unknown }) => this.#hear(data)
    ws.onerror = () => {} // the close that follows says as much as there is to say
    ws.onclose = ({ code, reason }: { code: number; reason: string }) => this.#end(code, reason)
  }

  send(frame: object): void {
    this.#ws.send(JSON.stringify(frame))
  }

  /** Is the server still there? If it does not answer in time, the connection ends. */
  probe(answerMs = ANSWER_MS_MAX): void {
    if (this.#isOver || this.#ws.protocol !== PROTOCOL) return
    this.#isAsked = true
    this.send({ action: 'ping' })
    this.#arm(answerMs, () => this.#look())
  }

  /** End it from here. `onEnded` is not waited for: a dead network would not let it come. */
  close(code: number, reason = ''): void {
    this.#end(code, reason)
  }

  #arm(ms: number, then: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(then, ms)
  }

  #look(): void {
    const leftMs = (this.#heardAt ?? 0) + SILENCE_MS_MAX - performance.now()
    if (this.#isAsked) this.#end(1006, 'the server does not answer')
    else if (leftMs <= 0) this.probe()
    else this.#arm(leftMs, () => this.#look())
  }

  #hear(data: unknown): void {
    if (this.#isOver) return
    if (this.#heardAt === undefined && this.#ws.protocol === PROTOCOL) {
      this.#arm(SILENCE_MS_MAX, () => this.#look())
    }
    this.#heardAt = performance.now()
    this.#isAsked = false
    const frame = parse(data)
    if (frame && frame.type !== 'pong') this.#handlers.onFrame(frame)
  }

  #end(code: number, reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    try {
      // Who does not answer would not answer a close either.
      if (code === 1006 && this.#ws.terminate) this.#ws.terminate()
      else this.#ws.close(1000)
    } catch {
      // It was never open.
    }
    this.#handlers.onEnded(code, reason)
  }
}

function parse(data: unknown): Frame | undefined {
  try {
    return JSON.parse(String(data))
  } catch {
    return undefined
  }
}

/** The WebSocket to use: the given one, the platform's, or that of the package `ws`. */
export async function webSocketClass(given: unknown): Promise<WebSocketClass> {
  const here = given ?? (globalThis as { WebSocket?: unknown }).WebSocket
  if (here) return here as WebSocketClass
  const name = 'ws' // a variable, so that no bundler wants to have it
  try {
    const module = await import(/* @vite-ignore */ /* webpackIgnore: true */ name)
    return (module.WebSocket ?? module.default) as WebSocketClass
  } catch (cause) {
    throw new Error('this Node has no WebSocket: npm install ws, or pass one as an option', {
      cause,
    })
  }
}
