// SPDX-License-Identifier: Apache-2.0
/**
 * catchup.ts — what was missed, when the server cannot replay it from a cursor.
 * It knows up to which number each conversation was heard, so it also knows what comes twice. New
 * messages are read with one sync for up to 500 conversations, and told as the events that were
 * not heard. A conversation of which nothing was heard yet is read back to the time of the start.
 * Where the server counts changes, too, the same sync brings edits, deletions, reactions and marks.
 * @module
 */
import type { Frame } from './connection.js'
import { ChatApiError, ChatError } from './errors.js'
import type { Http, HttpRequest } from './http.js'
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
  change_seq?: number
  changes?: WireMessage[]
  reads?: { user_id: string; last_read_seq: number }[]
  more_changes?: boolean
}

const CONVERSATIONS = '/v1/chat/conversations'
const SYNC_MAX = 500
const PAGE_MAX = 200
const CHANGES_MAX = 5000

export class CatchUp {
  readonly #http: Http
  // Of the connection that is caught up with; what an earlier one was waiting for comes to nothing.
  #signal = new AbortController().signal
  // The highest number heard of each conversation.
  readonly #heard = new Map<string, number>()
  // Up to which of its changes each conversation is known, where the server counts them.
  readonly #changes = new Map<string, number>()
  // The changes that were heard lately.
  readonly #heardChanges = new Set<string>()
  // The conversations that were heard of, and whether that is all that the user is in.
  #known = new Set<string>()
  #isListed = false
  #startedAt = ''

  constructor(http: Http) {
    this.#http = http
  }

  /** This event is heard. False: it was heard before. */
  hear({ conversation_id: id, payload }: Frame): boolean {
    const { type, payload: about } = payload as { type: string; payload: Record<string, unknown> }
    if (id === undefined) return true
    switch (type) {
      case 'message.created':
        return this.#hearMessage(id, (about.seq_num as number | undefined) ?? Infinity)
      case 'message.edited':
        return this.#hearChange(`${about.id} ${about.edited_at}`)
      case 'message.deleted':
        return this.#hearChange(`${about.id} ${about.deleted_at}`)
      case 'message.read':
        return this.#hearChange(`${id} ${about.user_id} ${about.last_read_seq}`)
      case 'conversation.created':
        this.#known.add(id)
        break
      case 'conversation.deleted':
        this.#leave(id)
    }
    return true
  }

  #hearMessage(id: string, seqNum: number): boolean {
    if (seqNum <= (this.#heard.get(id) ?? 0)) return false
    this.#heard.set(id, seqNum)
    this.#known.add(id)
    return true
  }

  #hearChange(change: string): boolean {
    if (this.#heardChanges.has(change)) return false
    this.#heardChanges.add(change)
    if (this.#heardChanges.size <= CHANGES_MAX) return true
    const [oldest] = this.#heardChanges
    this.#heardChanges.delete(oldest!)
    return true
  }

  // It is gone; should it come back, it is another one.
  #leave(id: string): void {
    this.#known.delete(id)
    this.#heard.delete(id)
    this.#changes.delete(id)
  }

  get isStarted(): boolean {
    return this.#startedAt !== ''
  }

  /** Everything before now is no concern of ours. `serverTime` is the server's word for now. */
  startAt(serverTime: string): void {
    this.#startedAt ||= serverTime
  }

  /**
   * The same where the server does not say its time: it is at least `serverTime`, and not before
   * anything that has happened. What the clock says here does not count, it may be wrong. Called
   * before the first socket is opened.
   */
  async start(serverTime: string, signal: AbortSignal): Promise<void> {
    this.#signal = signal
    const conversations = await this.#read()
    this.#list(conversations)
    for (const { id, seq_counter: seqCounter } of conversations) this.#heard.set(id, seqCounter)
    await this.#sync([...this.#known], () => {}) // for the changes known by now
    const times = conversations.map((one) => one.last_activity ?? one.created_at)
    this.#startedAt = [serverTime, ...times].sort().at(-1)!
  }

  /**
   * Tell everything that was missed, conversation by conversation, each in its order. `tell` says
   * whether it was not known before. After `signal` nothing is told, and nothing noted: it may be
   * old by then.
   * @returns how much that was
   */
  async run(tell: (frame: Frame) => boolean, signal: AbortSignal): Promise<number> {
    this.#signal = signal
    const conversations = await this.#read()
    const behind: string[] = []
    let told = 0
    const count = (frame: Frame) => {
      signal.throwIfAborted()
      if (tell(frame)) told++
    }

    await this.#tellVanished(conversations, count)
    for (const one of conversations) {
      if (this.#isNew(one)) count(created(one))
      if (await this.#isBehind(one) || this.#changes.has(one.id)) behind.push(one.id)
    }
    this.#list(conversations)
    await this.#sync(behind, count)
    return told
  }

  async #ask<T>(method: string, path: string, request: HttpRequest): Promise<T> {
    const signal = this.#signal
    const answer = await this.#http.request<T>(method, path, { ...request, signal })
    signal.throwIfAborted() // not every fetch knows how to stop
    return answer
  }

  async #read(): Promise<ListedConversation[]> {
    const all: ListedConversation[] = []
    let after: string | undefined
    do {
      const page: { conversations: ListedConversation[]; next?: string } =
        await this.#ask('GET', CONVERSATIONS, { query: { after } })
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
      const isHidden = await this.#ask('GET', `${CONVERSATIONS}/${id}/messages`,
        { query: { limit: 1 } }).then(() => true, isOther404)
      const type = isHidden ? 'conversation.hidden' : 'conversation.deleted'
      tell(event(id, type, { conversation_id: id }))
      if (isHidden) this.#known.delete(id)
      else this.#leave(id)
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
      const { messages } = await this.#ask<{ messages: WireMessage[] }>(
        'GET', `${CONVERSATIONS}/${id}/messages`, { query: { limit: PAGE_MAX, to_seq: toSeq } })
      const old = messages.filter((one) => String(one.created_at) <= this.#startedAt)
      if (old.length > 0) return old[old.length - 1]!.seq_num
      if (messages.length === 0 || messages[0]!.seq_num <= 1) return 0
      toSeq = messages[0]!.seq_num - 1
    }
  }

  async #sync(ids: string[], tell: (frame: Frame) => void): Promise<void> {
    const left = [...ids]
    while (left.length > 0) {
      const conversations = left.splice(0, SYNC_MAX).map((id) => ({
        conversation_id: id,
        last_seq: this.#heard.get(id) ?? 0,
        changed_since: this.#changes.get(id),
      }))
      const { batches } = await this.#ask<{ batches: Batch[] }>(
        'POST', '/v1/chat/messages/sync', { body: { conversations }, isRepeatable: true })
      // An answer has room for so much; of what comes last in it there may be nothing yet.
      const isStuck = batches.every((one) => one.has_more && one.messages.length === 0)
      if (batches.length > 0 && isStuck) throw new ChatError('a sync that brings nothing')
      for (const batch of batches) {
        const { conversation_id: id, messages, current_seq: newest, reads = [] } = batch
        for (const message of messages) tell(missed(message))
        for (const message of batch.changes ?? []) changed(message).forEach(tell)
        for (const read of reads) tell(event(id, 'message.read', { conversation_id: id, ...read }))
        if (!batch.has_more) this.#heard.set(id, Math.max(newest, this.#heard.get(id) ?? 0))
        if (batch.change_seq !== undefined) this.#changes.set(id, batch.change_seq)
        if (batch.has_more || batch.more_changes) left.push(id)
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

// What it was before is not known, so of its reactions only the message itself can tell.
function changed(message: WireMessage): Frame[] {
  const { id, conversation_id, seq_num, deleted_at } = message
  const about = { id, conversation_id }
  if (deleted_at) {
    return [event(conversation_id, 'message.deleted', { ...about, seq_num, deleted_at })]
  }
  const { content_text, content_meta, edit_count, edited_at } = message
  const meta = content_meta === undefined ? {} : { content_meta }
  const edit = { ...about, content_text, ...meta, edit_count, edited_at }
  const edits = edited_at ? [event(conversation_id, 'message.edited', edit)] : []
  return [...edits, event(conversation_id, 'message.changed', { message })]
}

function created({ id, type, name, contact }: ListedConversation): Frame {
  const about = contact
    ? { contact_id: contact.user_id, contact_name: contact.display_name }
    : type.endsWith('group') && name ? { group_name: name } : {}
  return event(id, 'conversation.created', { conversation_id: id, ...about })
}
