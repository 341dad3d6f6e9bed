/**
 * errors.ts — every way to fail, as a class of its own.
 * All of them are a {@link ChatError}, so one `catch` can tell them from mistakes in a program.
 * @module
 */
/** What all errors of this package have in common. */
export declare class ChatError extends Error {
    name: string;
}
/** The body of a refusal, as on the wire. */
export interface ErrorBody {
    error?: string;
    code?: string;
    field?: string;
}
/** The server has answered, and the answer is no. `message` is a sentence for a person. */
export declare class ChatApiError extends ChatError {
    name: string;
    /** The HTTP status. */
    readonly status: number;
    /** The answer: an object as on the wire, or a text when it was no JSON. */
    readonly body: unknown;
    /** The word for programs, e.g. `conversation_not_found`; a new one may come at any time. */
    readonly code: string | undefined;
    /** The field of the request that is to blame. */
    readonly field: string | undefined;
    /** How long the server asks to wait, in milliseconds. */
    readonly retryAfterMs: number | undefined;
    constructor(message: string, status: number, body?: unknown, retryAfterMs?: number);
}
/**
 * No answer: no network, no server, or it took too long. Whether the request was carried out is
 * not known. `cause` is what `fetch` said.
 */
export declare class ChatNetworkError extends ChatError {
    name: string;
}
/** The socket is closed and stays closed: signed out, or too many attempts in vain. */
export declare class ChatConnectionError extends ChatError {
    name: string;
    /** The close code, e.g. 4001 when the session was ended; undefined when there was no socket. */
    readonly code: number | undefined;
    constructor(message: string, code?: number, cause?: unknown);
}
/** The server did not understand something that was said on the socket. */
export declare class ChatSocketError extends ChatError {
    name: string;
}
/** A task ended in another way than `completed`; its text up to there was given out before. */
export declare class ChatTaskError extends ChatError {
    name: string;
    readonly taskId: string;
    readonly status: 'failed' | 'cancelled';
    constructor(taskId: string, status: 'failed' | 'cancelled', narrative?: string);
}
