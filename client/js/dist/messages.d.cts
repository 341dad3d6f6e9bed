/**
 * messages.ts — a window of a conversation: all messages between two numbers that its reader may
 * see, in order, and what edits, deletions and reactions made of them.
 * It does no requests. Everything may be said to it twice.
 * @module
 */
import type { CatalogueEvents, Message } from './types.cjs';
export declare class MessageWindow {
    #private;
    /** The highest number that was looked at, also when its message is not for this reader. */
    lastSeq: number;
    /** Is there more before the first one? */
    hasOlder: boolean;
    get all(): readonly Message[];
    /** The number below which nothing is in the window. */
    get firstSeq(): number;
    /** Instead of all there was. */
    replace(messages: readonly Message[], lastSeq: number, hasOlder: boolean): void;
    /** What comes after; what is there already is skipped. Beyond `max` the oldest ones go. */
    append(messages: readonly Message[], lastSeq: number, max: number): void;
    /** What comes before. */
    prepend(messages: readonly Message[], hasOlder: boolean): void;
    has(id: string): boolean;
    edit(edit: CatalogueEvents['message.edited']): boolean;
    delete(id: string, deletedAt: string): boolean;
    react(event: CatalogueEvents['reaction.updated']): boolean;
}
