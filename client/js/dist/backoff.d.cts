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
    baseMs: number;
    /** Where the doubling ends. */
    maxMs: number;
    /** How long a connection has to hold for the next wait to be short again. */
    stableMs?: number;
    random?: () => number;
    now?: () => number;
}
export declare class Backoff {
    #private;
    constructor(options: BackoffOptions);
    /** A connection opened. */
    opened(): void;
    /** It closed. */
    closed(): void;
    /** The wait before the next attempt. */
    next(): number;
    /** Something else than time says that it is worth a try now: the next wait is short. */
    reset(): void;
}
