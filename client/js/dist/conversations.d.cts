/**
 * conversations.ts — the list of a user's conversations as a screen shows it.
 * What stands in it (previews, unread counts, the order) is the server's to say, and follows from
 * blocks, mutes and marks that no event repeats. So an event is only a reason to read the list
 * again, at most once a second however much happens.
 * @module
 */
import type { ChatApi } from './api.cjs';
import { Observable } from './observable.cjs';
import type { AnyEvent, Conversation } from './types.cjs';
/** The list of now. */
export interface ConversationListSnapshot {
    status: 'loading' | 'ready' | 'failed';
    /** Why it failed. */
    error?: Error;
    /** Newest activity first. */
    conversations: readonly Conversation[];
    /** The sum of what is unread. */
    unread: number;
}
/** What a {@link ConversationListStore} gets from its client. */
export interface ConversationListSource {
    api: ChatApi;
    onEvent(listener: (event: AnyEvent) => void): () => void;
    onDoubt(listener: (isWhole: boolean) => void): () => void;
    onClosed(): void;
}
/** A live list; made by {@link ChatClient.conversations}. */
export declare class ConversationListStore extends Observable<ConversationListSnapshot> {
    #private;
    /** Kept once the list is there. */
    readonly ready: Promise<void>;
    protected read(): ConversationListSnapshot;
    /**
     * Read it again now.
     * @example
     * const list = client.conversations()
     * await list.reload()
     * assert.equal(list.getSnapshot().status, 'ready')
     * list.close()
     */
    reload(): Promise<void>;
    /**
     * Follow it no more.
     * @example
     * client.conversations().close()
     */
    close(): void;
}
