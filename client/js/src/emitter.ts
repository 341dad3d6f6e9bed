// SPDX-License-Identifier: Apache-2.0
/**
 * emitter.ts — who listens to what.
 * A listener that throws keeps no other one from hearing; its error surfaces like that of any
 * event handler of the platform. An event without listeners is nothing, `error` too.
 * @module
 */

type Listener = (payload: never, conversationId?: string) => void

export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Listener[]>()

  /**
   * Call `listener` for every event of this name; listening twice is hearing twice.
   * @returns a function that ends it
   */
  on<K extends keyof Events>(
    name: K, listener: (payload: Events[K], conversationId?: string) => void,
  ): () => void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener])
    return () => this.off(name, listener)
  }

  /** Call `listener` for the next event of this name only. */
  once<K extends keyof Events>(
    name: K, listener: (payload: Events[K], conversationId?: string) => void,
  ): () => void {
    const end = this.on(name, (payload, conversationId) => {
      end()
      listener(payload, conversationId)
    })
    const listeners = this.#listeners.get(name)!
    originals.set(listeners[listeners.length - 1]!, listener)
    return end
  }

  /** Call `listener` no more; without one, none of those of this name. */
  off<K extends keyof Events>(
    name: K, listener?: (payload: Events[K], conversationId?: string) => void,
  ): void {
    const listeners = this.#listeners.get(name) ?? []
    const index = listeners.findIndex((one) => one === listener || originals.get(one) === listener)
    const left = listener === undefined ? [] : listeners.filter((_, i) => i !== index)
    if (left.length > 0) this.#listeners.set(name, left)
    else this.#listeners.delete(name)
  }

  emit<K extends keyof Events>(name: K, payload: Events[K], conversationId?: string): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        listener(payload as never, conversationId)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}

// What a listener of `once` was before it was wrapped, so that `off` finds it.
const originals = new WeakMap<Listener, Listener>()
