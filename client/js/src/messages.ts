// SPDX-License-Identifier: Apache-2.0
/**
 * messages.ts — a window of a conversation: all messages between two numbers that its reader may
 * see, in order, and what edits, deletions and reactions made of them.
 * It does no requests. Everything may be said to it twice.
 * @module
 */
import type { CatalogueEvents, Message, Reaction } from './types.js'

export class MessageWindow {
  #messages: readonly Message[] = []
  /** The highest number that was looked at, also when its message is not for this reader. */
  lastSeq = 0
  /** Is there more before the first one? */
  hasOlder = false

  get all(): readonly Message[] {
    return this.#messages
  }

  /** The number below which nothing is in the window. */
  get firstSeq(): number {
    return this.#messages[0]?.seqNum ?? this.lastSeq + 1
  }

  /** Instead of all there was. */
  replace(messages: readonly Message[], lastSeq: number, hasOlder: boolean): void {
    this.#messages = messages
    this.lastSeq = lastSeq
    this.hasOlder = hasOlder
  }

  /** What comes after; what is there already is skipped. Beyond `max` the oldest ones go. */
  append(messages: readonly Message[], lastSeq: number, max: number): void {
    const fresh = messages.filter(({ seqNum }) => seqNum > this.lastSeq)
    this.lastSeq = Math.max(this.lastSeq, lastSeq)
    if (fresh.length === 0) return
    const all = [...this.#messages, ...fresh]
    if (all.length > max) this.hasOlder = true
    this.#messages = all.slice(-max)
  }

  /** What comes before. */
  prepend(messages: readonly Message[], hasOlder: boolean): void {
    const first = this.firstSeq
    this.#messages = [...messages.filter(({ seqNum }) => seqNum < first), ...this.#messages]
    this.hasOlder = hasOlder
  }

  has(id: string): boolean {
    return this.#messages.some((one) => one.id === id)
  }

  /** The message as it is now, unless a later edit is known. */
  renew(message: Message): boolean {
    const edits = message.editCount ?? 0
    return this.#change(message.id, (known) => (known.editCount ?? 0) > edits ? known : message)
  }

  edit(edit: CatalogueEvents['message.edited']): boolean {
    return this.#change(edit.id, (message) => {
      if ((message.editCount ?? 0) >= edit.edit_count) return message
      return {
        ...message,
        contentText: edit.content_text,
        ...(edit.content_meta !== undefined && { contentMeta: edit.content_meta }),
        editCount: edit.edit_count,
        editedAt: edit.edited_at,
      }
    })
  }

  delete(id: string, deletedAt: string): boolean {
    return this.#change(id, ({ contentMeta: _, reactions: __, ...message }) =>
      ({ ...message, contentText: '', deletedAt: message.deletedAt ?? deletedAt }))
  }

  react(event: CatalogueEvents['reaction.updated']): boolean {
    return this.#change(event.message_id, (message) => {
      const reactions = toggled(message.reactions ?? [], event)
      if (reactions.length > 0) return { ...message, reactions }
      const { reactions: _, ...rest } = message
      return rest
    })
  }

  // False: it is not in the window.
  #change(id: string, change: (message: Message) => Message): boolean {
    if (!this.has(id)) return false
    this.#messages = this.#messages.map((one) => one.id === id ? change(one) : one)
    return true
  }
}

// The names are those of the first hundred, so a name says for certain only that it is there.
function toggled(
  reactions: Reaction[], { emoji, user_id: userId, action }: CatalogueEvents['reaction.updated'],
): Reaction[] {
  const kind = reactions.find((one) => one.emoji === emoji) ?? { emoji, count: 0, userIds: [] }
  const isThere = kind.userIds.includes(userId)
  const isAdded = action === 'added'
  const isFull = kind.userIds.length < kind.count
  if (isThere === isAdded && !(isFull && !isAdded)) return reactions
  const userIds = kind.userIds.filter((one) => one !== userId)
  if (isAdded && !isFull) userIds.push(userId)
  const next = { emoji, count: Math.max(0, kind.count + (isAdded ? 1 : -1)), userIds }
  if (kind.count === 0) return [...reactions, next]
  return reactions.map((one) => one === kind ? next : one).filter(({ count }) => count > 0)
}
