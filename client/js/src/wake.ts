// SPDX-License-Identifier: Apache-2.0
/**
 * wake.ts — what tells a page that the network has changed or that somebody looks at it again.
 * A laptop that was closed has timers that are late and a connection that is dead; waiting for
 * either would show old messages to somebody who is looking. Outside of pages this is nothing.
 * @module
 */

export type WakeReason = 'online' | 'offline' | 'visible'

/** Call `wake` from now on; returns a function that ends it. */
export function onWake(wake: (why: WakeReason) => void): () => void {
  const { document, window } = globalThis as Partial<typeof globalThis>
  if (!window?.addEventListener || !document) return () => {}
  const online = () => wake('online')
  const offline = () => wake('offline')
  const visible = () => document.visibilityState === 'visible' && wake('visible')

  window.addEventListener('online', online)
  window.addEventListener('offline', offline)
  window.addEventListener('pageshow', visible)
  document.addEventListener('visibilitychange', visible)
  return () => {
    window.removeEventListener('online', online)
    window.removeEventListener('offline', offline)
    window.removeEventListener('pageshow', visible)
    document.removeEventListener('visibilitychange', visible)
  }
}
