// SPDX-License-Identifier: Apache-2.0
/**
 * conversations.ts — the list of a user's conversations as a screen shows it.
 * What stands in it (previews, unread counts, the order) is the server's to say, and follows from
 * blocks, mutes and marks that no event repeats. So an event is only a reason to read the list
 * again, at most once a second however much happens.
 * @module
 */
import type { ChatApi } from './api.js'
import { Observable } from './observable.js'
import type { AnyEvent, Conversation } from './types.js'

/** The list of now. */
export interface ConversationListSnapshot {
  status: 'loading' | 'ready' | 'failed'
  /** Why it failed. */
  error?: Error
  /** Newest activity first. */
  conversations: readonly Conversation[]
  /** The sum of what is unread. */
  unread: number
}

/** What a {@link ConversationListStore} gets from its client. */
export interface ConversationListSource {
  api: ChatApi
  onEvent(listener: (event: AnyEvent) => void): () => void
  onDoubt(listener: (isWhole: boolean) => void): () => void
  onClosed(): void
}

const PAUSE_MS = 1000
const MATTERS = /^(message\.(created|edited|deleted|read)|conversation\.|user\.)/

/**
 * A live list; made by {@link ChatClient.conversations}. It is a {@link Store} of a
 * {@link ConversationListSnapshot}.
 */
export class ConversationListStore extends Observable<ConversationListSnapshot> {
  readonly #source: ConversationListSource
  readonly #ends: (() => void)[]
  #snapshot: ConversationListSnapshot = { status: 'loading', conversations: [], unread: 0 }
  #reading: Promise<void> | undefined
  #isStale = false
  #isClosed = false
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Kept once the list is there. */
  readonly ready: Promise<void>

  /** @internal */
  constructor(source: ConversationListSource) {
    super()
    this.#source = source
    this.#ends = [
      source.onEvent(({ type }) => MATTERS.test(type) && this.#soon()),
      source.onDoubt(() => this.#soon()),
    ]
    this.ready = this.reload()
    this.ready.catch(() => {})
  }

  protected read(): ConversationListSnapshot {
    return this.#snapshot
  }

  /**
   * Read it again now.
   * @example
   * const list = client.conversations()
   * await list.reload()
   * assert.equal(list.getSnapshot().status, 'ready')
   * list.close()
   */
  reload(): Promise<void> {
    this.#isStale = false
    return (this.#reading ??= this.#load().finally(() => {
      this.#reading = undefined
      if (this.#isStale) this.#soon()
    }))
  }

  /**
   * Follow it no more.
   * @example
   * client.conversations().close()
   */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const end of this.#ends) end()
    clearTimeout(this.#timer)
    this.#source.onClosed()
  }

  #soon(): void {
    if (this.#isClosed) return
    if (this.#reading) this.#isStale = true
    else {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        this.reload().catch(() => {})
      }, PAUSE_MS)
    }
  }

  async #load(): Promise<void> {
    try {
      const conversations: Conversation[] = []
      let after: string | undefined
      do {
        const page = await this.#source.api.listConversations(after === undefined ? {} : { after })
        conversations.push(...page.conversations)
        after = page.next
      } while (after !== undefined)
      const unread = conversations.reduce((sum, { unreadCount }) => sum + unreadCount, 0)
      this.#snapshot = { status: 'ready', conversations, unread }
    } catch (error) {
      this.#snapshot = { ...this.#snapshot, status: 'failed', error: error as Error }
      throw error
    } finally {
      this.changed()
    }
  }
}
