// SPDX-License-Identifier: Apache-2.0
/**
 * catchup.ts — what was missed, when the server cannot replay it from a cursor.
 * It knows up to which number each conversation was heard, so it also knows what comes twice. New
 * messages are read with one sync for up to 500 conversations, and told as the events that were
 * not heard. A conversation of which nothing was heard yet is read back to the time of the start.
 * @module
 */
import type { Frame } from './connection.js'
import { ChatApiError } from './errors.js'
import type { Http } from './http.js'
import type { ConversationType, WireMessage } from './types.js'

// As on the wire; only what is looked at here.
interface ListedConversation {
  id: string
  type: ConversationType
  name?: string
  created_at: string
  last_activity?: string
  seq_counter: number
  contact?: { user_id: string; display_name: string }
}
interface Batch {
  conversation_id: string
  messages: WireMessage[]
  current_seq: number
  has_more?: boolean
}

const CONVERSATIONS = '/v1/chat/conversations'
const SYNC_MAX = 500
const PAGE_MAX = 200

export class CatchUp {
  readonly #http: Http
  // The highest number heard of each conversation.
  readonly #heard = new Map<string, number>()
  // The conversations that were heard of, and whether that is all that the user is in.
  #known = new Set<string>()
  #isListed = false
  #startedAt = ''

  constructor(http: Http) {
    this.#http = http
  }

  /** A message with this number is heard. False: it was heard before. */
  hear(conversationId: string, seqNum: number): boolean {
    if (seqNum <= (this.#heard.get(conversationId) ?? 0)) return false
    this.#heard.set(conversationId, seqNum)
    this.#known.add(conversationId)
    return true
  }

  /** The user is in this conversation from now on. */
  join(conversationId: string): void {
    this.#known.add(conversationId)
  }

  /** It is gone; should it come back, it is another one. */
  leave(conversationId: string): void {
    this.#known.delete(conversationId)
    this.#heard.delete(conversationId)
  }

  get isStarted(): boolean {
    return this.#startedAt !== ''
  }

  /** Everything before now is no concern of ours. `serverTime` is the server's word for now. */
  startAt(serverTime: string): void {
    this.#startedAt ||= serverTime
  }

  /** The same where the server does not say its time. Called before the first socket is opened. */
  async start(): Promise<void> {
    const conversations = await this.#read()
    this.#list(conversations)
    for (const { id, seq_counter: seqCounter } of conversations) this.#heard.set(id, seqCounter)
    // Only for conversations that are joined later: a minute more than the clocks may differ.
    this.#startedAt = new Date(Date.now() - 60_000).toISOString()
  }

  /**
   * Tell everything that was missed, conversation by conversation, each in its order. `tell` says
   * whether it was not known before, and throws when nobody wants to hear more.
   * @returns how much that was
   */
  async run(tell: (frame: Frame) => boolean): Promise<number> {
    const conversations = await this.#read()
    const behind: string[] = []
    let told = 0
    const count = (frame: Frame) => {
      if (tell(frame)) told++
    }

    await this.#tellVanished(conversations, count)
    for (const one of conversations) {
      if (this.#isNew(one)) count(created(one))
      if (await this.#isBehind(one)) behind.push(one.id)
    }
    this.#list(conversations)
    for (let i = 0; i < behind.length; i += SYNC_MAX) {
      await this.#sync(behind.slice(i, i + SYNC_MAX), count)
    }
    return told
  }

  async #read(): Promise<ListedConversation[]> {
    const all: ListedConversation[] = []
    let after: string | undefined
    do {
      const page: { conversations: ListedConversation[]; next?: string } =
        await this.#http.request('GET', CONVERSATIONS, { query: { after } })
      all.push(...page.conversations)
      after = page.next
    } while (after !== undefined)
    return all
  }

  #list(conversations: ListedConversation[]): void {
    this.#known = new Set(conversations.map(({ id }) => id))
    this.#isListed = true
  }

  #isNew({ id, created_at: createdAt }: ListedConversation): boolean {
    return !this.#known.has(id) && (this.#isListed || createdAt > this.#startedAt)
  }

  // Those of before that are not in the list any more: left, deleted, or hidden by their user.
  async #tellVanished(now: ListedConversation[], tell: (frame: Frame) => void): Promise<void> {
    const ids = new Set(now.map(({ id }) => id))
    for (const id of [...(this.#isListed ? this.#known : [])].filter((one) => !ids.has(one))) {
      const isHidden = await this.#http
        .request('GET', `${CONVERSATIONS}/${id}/messages`, { query: { limit: 1 } })
        .then(() => true, isOther404)
      const type = isHidden ? 'conversation.hidden' : 'conversation.deleted'
      tell(event(id, type, { conversation_id: id }))
      if (isHidden) this.#known.delete(id)
      else this.leave(id)
    }
  }

  async #isBehind(one: ListedConversation): Promise<boolean> {
    const { id, seq_counter: newest } = one
    let heard = this.#heard.get(id)
    if (heard === undefined) {
      const isQuiet = (one.last_activity ?? one.created_at) <= this.#startedAt
      heard = isQuiet ? newest : await this.#before(id)
    }
    // Below what was heard: the server went back to a backup, and numbers are given again.
    this.#heard.set(id, Math.min(heard, newest))
    return heard < newest
  }

  // The number of the last message from before the start.
  async #before(id: string): Promise<number> {
    let toSeq: number | undefined
    for (;;) {
      const { messages } = await this.#http.request<{ messages: WireMessage[] }>(
        'GET', `${CONVERSATIONS}/${id}/messages`,
        { query: { limit: PAGE_MAX, to_seq: toSeq } },
      )
      const old = messages.filter((one) => String(one.created_at) <= this.#startedAt)
      if (old.length > 0) return old[old.length - 1]!.seq_num
      if (messages.length === 0 || messages[0]!.seq_num <= 1) return 0
      toSeq = messages[0]!.seq_num - 1
    }
  }

  async #sync(ids: string[], tell: (frame: Frame) => void): Promise<void> {
    let left = ids
    while (left.length > 0) {
      const conversations = left.map((id) => ({
        conversation_id: id,
        last_seq: this.#heard.get(id) ?? 0,
      }))
      const { batches } = await this.#http.request<{ batches: Batch[] }>(
        'POST', '/v1/chat/messages/sync', { body: { conversations }, isRepeatable: true },
      )
      left = []
      for (const batch of batches) {
        const { conversation_id: id, messages, current_seq: newest, has_more: more } = batch
        for (const message of messages) tell(missed(message))
        if (more && messages.length > 0) left.push(id)
        else this.#heard.set(id, Math.max(newest, this.#heard.get(id) ?? 0))
      }
    }
  }
}

const isOther404 = (error: unknown) => {
  if (error instanceof ChatApiError && error.status === 404) return false
  throw error
}

const event = (id: string, type: string, payload: unknown): Frame => ({
  type: 'event',
  conversation_id: id,
  payload: { type, payload },
})

function missed(message: WireMessage): Frame {
  const { id, seq_num, is_internal } = message
  const internal = is_internal ? { is_internal } : {}
  const payload = { message_id: id, seq_num, ...internal, message }
  return event(message.conversation_id, 'message.created', payload)
}

function created({ id, type, name, contact }: ListedConversation): Frame {
  const about = contact
    ? { contact_id: contact.user_id, contact_name: contact.display_name }
    : type.endsWith('group') && name ? { group_name: name } : {}
  return event(id, 'conversation.created', { conversation_id: id, ...about })
}
