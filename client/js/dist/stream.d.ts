/**
 * stream.ts — what an agent streams, from its first byte, whenever somebody begins to look.
 * It listens first and reads then, and puts the two together by their place in the text: what came
 * twice is skipped, what is missing is read. So a lost connection is a pause and nothing more.
 * @module
 */
import type { ChatApi } from './api.js';
import type { AnyEvent } from './types.js';
/** Where to begin, and how to end early. */
export interface StreamOptions {
    /** Leave out what is known already, in bytes of UTF-8. */
    afterBytes?: number;
    signal?: AbortSignal;
}
/** What {@link followTask} gets from its client. */
export interface StreamSource {
    api: ChatApi;
    onEvent(listener: (event: AnyEvent) => void): () => void;
    onDoubt(listener: (isWhole: boolean) => void): () => void;
}
/** See {@link ChatClient.stream}. */
export declare function followTask(taskId: string, source: StreamSource, { afterBytes, signal }?: StreamOptions): AsyncGenerator<string, void, undefined>;
