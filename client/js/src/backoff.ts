// SPDX-License-Identifier: Apache-2.0
/**
 * backoff.ts — how long to wait before the next attempt.
 * Full jitter: any time between nothing and a bound that doubles, so that ten thousand clients of
 * one restarted server come back spread out and not in step. The bound starts over only after a
 * connection that held for a minute: one that is accepted and dropped again is no success.
 * @module
 */

/** How a {@link Backoff} waits. All times are milliseconds. */
export interface BackoffOptions {
  /** The bound of the first wait. */
  baseMs: number
  /** Where the doubling ends. */
  maxMs: number
  /** How long a connection has to hold for the next wait to be short again. */
  stableMs?: number
  random?: () => number
  now?: () => number
}

// Who asks for more is not believed: it may be over by then.
const ASKED_MS_MAX = 60_000

export class Backoff {
  #level = 0
  #openedAt: number | undefined
  readonly #options: Required<BackoffOptions>

  constructor(options: BackoffOptions) {
    const now = () => performance.now()
    this.#options = { stableMs: 60_000, random: Math.random, now, ...options }
  }

  /** A connection opened. */
  opened(): void {
    this.#openedAt = this.#options.now()
  }

  /** It closed. */
  closed(): void {
    const { now, stableMs } = this.#options
    if (this.#openedAt !== undefined && now() - this.#openedAt >= stableMs) this.#level = 0
    this.#openedAt = undefined
  }

  /** The wait before the next attempt, or a little more than the server has asked for. */
  next(askedMs?: number): number {
    const { baseMs, maxMs, random } = this.#options
    if (askedMs !== undefined) return Math.min(askedMs, ASKED_MS_MAX) * (1 + random() / 4)
    const bound = Math.min(maxMs, baseMs * 2 ** this.#level)
    if (bound < maxMs) this.#level++
    return random() * bound
  }

  /** Something else than time says that it is worth a try now: the next wait is short. */
  reset(): void {
    this.#level = 0
  }
}
