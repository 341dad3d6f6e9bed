// SPDX-License-Identifier: Apache-2.0
/**
 * observable.ts — a value that changes, for any user interface: `getSnapshot` and `subscribe` are
 * what React's useSyncExternalStore, Svelte's stores and the like are made from.
 * A snapshot is never changed; a change makes a new one, and only when somebody asks for it.
 * @module
 */

/**
 * A live value.
 * @example
 * const list = client.conversations()
 * await list.ready
 * const end = list.subscribe(() => console.log(list.getSnapshot().unread))
 * assert.equal(list.getSnapshot(), list.getSnapshot())
 * end()
 * list.close()
 */
export interface Store<T> {
  /** The value of now; the same object until something changes. */
  getSnapshot(): T
  /** Call `listener` after every change, until the returned function is called. */
  subscribe(listener: () => void): () => void
}

export abstract class Observable<T> implements Store<T> {
  readonly #listeners = new Set<() => void>()
  #snapshot: T | undefined

  // Bound, so that they can be handed on without their object.
  readonly getSnapshot = (): T => (this.#snapshot ??= this.read())
  readonly subscribe = (listener: () => void): (() => void) => {
    const own = () => listener()
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  /** Make the snapshot of now. */
  protected abstract read(): T

  protected changed(): void {
    this.#snapshot = undefined
    for (const listener of this.#listeners) listener()
  }
}
