/**
 * catchup.ts — what was missed, when the server cannot replay it from a cursor.
 * It knows up to which number each conversation was heard, so it also knows what comes twice. New
 * messages are read with one sync for up to 500 conversations, and told as the events that were
 * not heard. A conversation of which nothing was heard yet is read back to the time of the start.
 * @module
 */
import type { Frame } from './connection.js';
import type { Http } from './http.js';
export declare class CatchUp {
    #private;
    constructor(http: Http);
    /** A message with this number is heard. False: it was heard before. */
    hear(conversationId: string, seqNum: number): boolean;
    /** The user is in this conversation from now on. */
    join(conversationId: string): void;
    /** It is gone; should it come back, it is another one. */
    leave(conversationId: string): void;
    get isStarted(): boolean;
    /** Everything before now is no concern of ours. `serverTime` is the server's word for now. */
    startAt(serverTime: string): void;
    /** The same where the server does not say its time. Called before the first socket is opened. */
    start(): Promise<void>;
    /**
     * Tell everything that was missed, conversation by conversation, each in its order. `tell` says
     * whether it was not known before, and throws when nobody wants to hear more.
     * @returns how much that was
     */
    run(tell: (frame: Frame) => boolean): Promise<number>;
}
