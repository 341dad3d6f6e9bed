// SPDX-License-Identifier: Apache-2.0
/**
 * http.ts — one request and its answer: the token, the time limit, what is worth another try.
 * A request is tried again when that can do no harm: when it only reads, when the server knows it
 * again (a send with its `client_msg_id`), or when the answer says that nothing was begun.
 * @module
 */
import { ChatApiError, ChatError, ChatNetworkError, type ErrorBody } from './errors.js'

/** Where the server is and who asks. */
export interface AccessOptions {
  /** The address of the server, e.g. `https://chat.example.com`. */
  apiUrl: string
  /** An access token or an agent's key. Either this or `getToken`. */
  token?: string
  /**
   * Asked for an access token when one is needed, and again when the server does not take it any
   * more. It is called by one request at a time, and its answer is kept until then.
   */
  getToken?: () => string | Promise<string>
  /** How long a request may take, in milliseconds; 30,000 when nothing is said. */
  requestTimeout?: number
  /** How often a request that may be repeated is tried again; 3 when nothing is said. */
  retries?: number
  /** Instead of the global `fetch`. */
  fetch?: typeof fetch
}

export interface HttpRequest {
  query?: Record<string, unknown>
  /** As on the wire. */
  body?: unknown
  /** A body that is written while it is sent. */
  stream?: AsyncIterable<Uint8Array>
  /** Trying again does no harm, whatever happened to the first try. */
  isRepeatable?: boolean
  signal?: AbortSignal
}

// A longer wait than this is for the application to decide about.
const WAIT_MS_MAX = 10_000
const PAUSE_MS = 300

export class Http {
  readonly #url: string
  readonly #options: AccessOptions
  #token: string | undefined
  #asked: Promise<string> | undefined

  constructor(options: AccessOptions) {
    this.#url = options.apiUrl.replace(/\/+$/, '')
    this.#options = options
    this.#token = options.token
  }

  setToken(token: string | undefined): void {
    this.#token = token
    this.#asked = undefined
  }

  /** The token of now is not to be used again. False: there is no way to get another one. */
  dropToken(stale = this.#token): boolean {
    if (!this.#options.getToken) return this.#token !== stale
    if (this.#token === stale) this.setToken(undefined)
    return true
  }

  async #access(): Promise<string> {
    if (this.#token !== undefined) return this.#token
    const { getToken } = this.#options
    if (!getToken) throw new ChatError('neither a token nor getToken was given')
    const asked = (this.#asked ??= Promise.resolve().then(getToken))
    try {
      const token = await asked
      if (this.#asked === asked) this.#token = token
      return token
    } finally {
      if (this.#asked === asked) this.#asked = undefined
    }
  }

  /**
   * The answer's body, as on the wire.
   * @throws {ChatApiError} the server refused
   * @throws {ChatNetworkError} there was no answer
   */
  async request<T>(method: string, path: string, request: HttpRequest = {}): Promise<T> {
    const { retries = 3 } = this.#options
    const isRepeatable = request.isRepeatable ?? method === 'GET'
    let isRenewed = false

    for (let attempt = 0; ; attempt++) {
      const token = await this.#access()
      try {
        return (await this.#once(method, path, token, request)) as T
      } catch (error) {
        if (is(error, 401) && !isRenewed && !request.stream && this.dropToken(token)) {
          isRenewed = true
          attempt--
          continue
        }
        const waitMs = pauseBefore(error, attempt, isRepeatable)
        if (waitMs === undefined || attempt >= retries || request.stream) throw error
        await pause(waitMs, request.signal)
      }
    }
  }

  async #once(method: string, path: string, token: string, request: HttpRequest): Promise<unknown> {
    const { requestTimeout = 30_000 } = this.#options
    const call = this.#options.fetch ?? fetch
    const { body, stream, signal } = request
    const ours = new AbortController()
    const abort = () => ours.abort(signal?.reason)
    const timer = stream ? undefined : setTimeout(() => ours.abort(), requestTimeout)
    const headers: Record<string, string> = { Authorization: `Bearer ${token}` }
    const init: RequestInit = { method, headers, signal: ours.signal, cache: 'no-store' }

    signal?.throwIfAborted()
    signal?.addEventListener('abort', abort)
    if (body !== undefined) {
      headers['Content-Type'] = 'application/json'
      init.body = JSON.stringify(body)
    }
    if (stream) {
      headers['Content-Type'] = 'application/x-ndjson'
      Object.assign(init, { body: stream, duplex: 'half' })
    }
    try {
      const answer = await call(this.#url + path + queryOf(request.query), init)
      const text = await answer.text()
      if (answer.ok) return text === '' ? {} : JSON.parse(text)
      throw refusal(answer, text)
    } catch (error) {
      if (error instanceof ChatError) throw error
      signal?.throwIfAborted()
      const what = ours.signal.aborted ? `took more than ${requestTimeout} ms` : 'got no answer'
      throw new ChatNetworkError(`${method} ${path} ${what}`, { cause: error })
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  }
}

const is = (error: unknown, status: number): error is ChatApiError =>
  error instanceof ChatApiError && error.status === status

function queryOf(query: Record<string, unknown> = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined)
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs.map(([k, v]) => [k, String(v)]))}`
}

function refusal(answer: Response, text: string): ChatApiError {
  const seconds = Number(answer.headers.get('Retry-After') ?? NaN)
  let body: unknown = text
  try {
    body = JSON.parse(text)
  } catch {
    // Something between us and the server has answered in words of its own.
  }
  const message = (body as ErrorBody)?.error ?? `the server answered ${answer.status}`
  return new ChatApiError(message, answer.status, body, seconds >= 0 ? seconds * 1000 : undefined)
}

// How long to wait before the same request is tried again; undefined: not at all.
function pauseBefore(error: unknown, attempt: number, isRepeatable: boolean): number | undefined {
  let waitMs = Math.random() * PAUSE_MS * 2 ** attempt

  if (error instanceof ChatApiError) {
    const { status, code, retryAfterMs } = error
    const isUntouched = code === 'overloaded' || (status === 429 && retryAfterMs !== undefined)
    if (!isUntouched && !(isRepeatable && (status >= 500 || status === 408))) return undefined
    waitMs += retryAfterMs ?? PAUSE_MS
  } else if (!(error instanceof ChatNetworkError) || !isRepeatable) {
    return undefined
  }
  return waitMs > WAIT_MS_MAX ? undefined : waitMs
}

/** Some time later, or as soon as `signal` says, with an error. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(end, ms)
    function end() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      if (signal?.aborted) reject(signal.reason)
      else resolve()
    }
    signal?.addEventListener('abort', end)
  })
}
