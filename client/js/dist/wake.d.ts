/**
 * wake.ts — what tells a page that the network has changed or that somebody looks at it again.
 * A laptop that was closed has timers that are late and a connection that is dead; waiting for
 * either would show old messages to somebody who is looking. Outside of pages this is nothing.
 * @module
 */
export type WakeReason = 'online' | 'offline' | 'visible';
/** Call `wake` from now on; returns a function that ends it. */
export declare function onWake(wake: (why: WakeReason) => void): () => void;
