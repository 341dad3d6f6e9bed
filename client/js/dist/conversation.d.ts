/**
 * conversation.ts — one conversation as a screen shows it: its messages, ordered and complete,
 * with their edits, deletions and reactions, who has read how far, who types, and what this user
 * is just sending. It loads itself, follows the socket, and heals itself after a loss.
 * Things happen one after the other in one queue, so an event that comes while a page is read is
 * looked at when the page is there.
 * @module
 */
import { type ChatApi } from './api.js';
import { Observable } from './observable.js';
import type * as t from './types.js';
/** A message on a screen. `seqNum` is 0 until the server has given it one. */
export interface LiveMessage extends t.Message {
    state: 'sent' | 'sending' | 'failed';
    /** The name of the attempt; of messages that are on their way. */
    clientMsgId?: string;
    /** Why it failed. */
    error?: Error;
}
/** A conversation of now; it is never changed, the next one is another object. */
export interface ConversationSnapshot {
    /** `gone`: it was deleted, or its reader is not in it any more. */
    status: 'loading' | 'ready' | 'failed' | 'gone';
    /** Why it failed. */
    error?: Error;
    /** In order; what is on its way comes last. */
    messages: readonly LiveMessage[];
    /** Are there messages before the first one? */
    hasOlder: boolean;
    participants: readonly t.Participant[];
    /** Who types, but for this user. */
    typing: readonly string[];
    /** Up to which number everybody has read, as far as it is known. */
    reads: Readonly<Record<string, number>>;
}
/** What to send; a text alone is enough. */
export type Draft = string | Omit<t.SendRequest, 'conversationId' | 'clientMsgId'>;
/** What a {@link ConversationStore} gets from its client. */
export interface ConversationSource {
    api: ChatApi;
    /** Every event of the socket. */
    onEvent(listener: (event: t.AnyEvent) => void): () => void;
    /** The connection is new, or came back; `isWhole`: no event but live ones can be missing. */
    onDoubt(listener: (isWhole: boolean) => void): () => void;
    userId(): Promise<string>;
    onClosed(): void;
}
/** A live conversation; made by {@link ChatClient.conversation}. */
export declare class ConversationStore extends Observable<ConversationSnapshot> {
    #private;
    readonly id: string;
    /** Kept once the newest page is there, broken when it could not be read. */
    readonly ready: Promise<void>;
    protected read(): ConversationSnapshot;
    /**
     * Read the messages before the first one.
     * @returns whether there are still more
     * @example
     * const chat = client.conversation(conversationId)
     * await chat.ready
     * while (chat.getSnapshot().hasOlder) await chat.loadOlder()
     * chat.close()
     */
    loadOlder(count?: number): Promise<boolean>;
    /**
     * Read again everything that is shown. The store does so by itself when it may have missed
     * something.
     * @example
     * const chat = client.conversation(conversationId)
     * await chat.reload()
     * assert.equal(chat.getSnapshot().status, 'ready')
     * chat.close()
     */
    reload(): Promise<void>;
    /**
     * Send a message. It is shown at once as `sending`, and then with its number; when it cannot be
     * sent it is `failed`, to be sent again with `retry` or taken away with `discard`.
     * @example
     * const chat = client.conversation(conversationId)
     * const sent = chat.send('Hello!')
     * assert.equal(chat.getSnapshot().messages.at(-1).state, 'sending')
     * assert.equal((await sent).contentText, 'Hello!')
     * chat.close()
     */
    send(draft: Draft): Promise<t.Message>;
    /**
     * Send again what has failed. The same message is never there twice.
     * @example
     * const chat = client.conversation(conversationId)
     * const failed = chat.getSnapshot().messages.find(({ state }) => state === 'failed')
     * if (failed) await chat.retry(failed.clientMsgId)
     * chat.close()
     */
    retry(clientMsgId: string): Promise<t.Message>;
    /**
     * Take away what has failed.
     * @example
     * const chat = client.conversation(conversationId)
     * const failed = chat.getSnapshot().messages.find(({ state }) => state === 'failed')
     * if (failed) chat.discard(failed.clientMsgId)
     * chat.close()
     */
    discard(clientMsgId: string): void;
    /**
     * Change what one's own message says.
     * @example
     * const chat = client.conversation(conversationId)
     * const { id } = await chat.send('Helo')
     * await chat.edit(id, 'Hello')
     * assert.equal(chat.getSnapshot().messages.at(-1).contentText, 'Hello')
     * chat.close()
     */
    edit(messageId: string, contentText: string): Promise<void>;
    /**
     * Delete a message; its place stays.
     * @example
     * const chat = client.conversation(conversationId)
     * const { id } = await chat.send('Oops')
     * await chat.delete(id)
     * assert.ok(chat.getSnapshot().messages.at(-1).deletedAt)
     * chat.close()
     */
    delete(messageId: string): Promise<void>;
    /**
     * Add a reaction, or take it back.
     * @example
     * const chat = client.conversation(conversationId)
     * const { id } = await chat.send('Good news')
     * await chat.react(id, '🎉')
     * assert.equal(chat.getSnapshot().messages.at(-1).reactions[0].count, 1)
     * chat.close()
     */
    react(messageId: string, emoji: string): Promise<void>;
    /**
     * Everything up to this number, or up to the last one shown, is read.
     * @example
     * const chat = client.conversation(conversationId)
     * await chat.send('Read this')
     * await chat.markRead()
     * chat.close()
     */
    markRead(upToSeq?: number): Promise<void>;
    /**
     * Somebody presses a key: call it as often as that happens. The others are told now and then, and
     * that it has ended after five seconds without, or when the message is sent.
     * @example
     * const chat = client.conversation(conversationId)
     * chat.typed()
     * chat.close()
     */
    typed(): void;
    /**
     * Follow the conversation no more. {@link ChatClient.conversation} makes a new one.
     * @example
     * const chat = client.conversation(conversationId)
     * chat.close()
     */
    close(): void;
}
