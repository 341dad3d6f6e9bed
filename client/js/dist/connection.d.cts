/**
 * connection.ts — one WebSocket, from its making to its end.
 * It opens in time or not at all, and once open it is silent only for so long: a page sees no
 * WebSocket pings, so it asks, and who gets no answer has lost the network without being told.
 * Whether to come back is decided in socket.ts.
 * @module
 */
/** The part of the platform's WebSocket that is used here; that of the package `ws` has it too. */
export interface WebSocketLike {
    readonly protocol: string;
    onopen: ((event: never) => void) | null;
    onmessage: ((event: never) => void) | null;
    onerror: ((event: never) => void) | null;
    onclose: ((event: never) => void) | null;
    send(text: string): void;
    close(code?: number, reason?: string): void;
}
export type WebSocketClass = new (url: string, protocols?: string | string[]) => WebSocketLike;
/** A frame of the server. */
export interface Frame {
    type: string;
    payload?: unknown;
    conversation_id?: string;
    cursor?: string;
}
export interface ConnectionHandlers {
    onOpened(protocol: string): void;
    onFrame(frame: Frame): void;
    /** The last call; `code` is 1006 when there was no close frame. */
    onEnded(code: number, reason: string): void;
}
/** What the server adds to the base protocol when it is asked for. */
export declare const PROTOCOL = "carillon.v1";
export declare class Connection {
    #private;
    constructor(ws: WebSocketLike, handlers: ConnectionHandlers);
    send(frame: object): void;
    /** Is the server still there? If it does not answer in time, the connection ends. */
    probe(answerMs?: number): void;
    /** End it from here. `onEnded` is not waited for: a dead network would not let it come. */
    close(code: number, reason?: string): void;
}
/** The WebSocket to use: the given one, the platform's, or that of the package `ws`. */
export declare function webSocketClass(given: unknown): Promise<WebSocketClass>;
