/**
 * socket.ts — the one connection of a client, which comes back by itself and misses nothing.
 * Where the server speaks `carillon.v1` it resumes with a cursor: the server replays what was
 * missed, in order, then goes on live. Elsewhere, and when the server no longer has everything,
 * it holds back what comes, reads what was missed (catchup.ts), tells that, then what it held.
 * Either way every event is told once, and `resumed` comes after the last one that was missed.
 * @module
 */
import { ChatApi } from './api.cjs';
import type { AccessOptions } from './http.cjs';
import type { ChatEventName, ChatListener } from './types.cjs';
/** How to connect. All times are milliseconds. */
export interface SocketOptions extends AccessOptions {
    /** Where the socket is, when the server's own answer to that cannot be used. */
    wsUrl?: string;
    /** Come back after a loss; true when nothing is said. */
    autoReconnect?: boolean;
    /** The bound of the first wait, which doubles from there; 2,000 when nothing is said. */
    reconnectInterval?: number;
    /** Where the doubling ends; 30,000 when nothing is said. */
    maxReconnectDelay?: number;
    /** How many attempts in a row may fail; 15 when nothing is said. */
    maxReconnectAttempts?: number;
    /** A WebSocket class, where the platform has none and the package `ws` is not there either. */
    WebSocket?: unknown;
    /** Go on where an earlier client was, with its {@link ChatSocket.cursor}. */
    cursor?: string;
}
/** Options of a {@link ChatSocket}; with an `api` of one's own, its token is used. */
export interface ChatSocketOptions extends SocketOptions {
    api?: ChatApi;
}
export declare class ChatSocket {
    #private;
    /**
     * @example
     * const socket = new ChatSocket({ apiUrl, token })
     * await socket.connect()
     * socket.disconnect()
     */
    constructor(options: ChatSocketOptions);
    /** The place in the server's log of the last event that was told; keep it to go on there later. */
    get cursor(): string | undefined;
    /** Whose connection it is; known once the server has said it. */
    get userId(): string | undefined;
    /**
     * Connect, and stay connected. The promise is kept when the connection is open, and broken with
     * a {@link ChatConnectionError} when there will be none; it need not be waited for.
     * @example
     * socket.on('connected', () => console.log('here we are'))
     * await socket.connect()
     */
    connect(): Promise<void>;
    /**
     * Close the connection and stay away.
     * @example
     * await socket.connect()
     * socket.disconnect()
     * assert.equal(socket.isConnected(), false)
     */
    disconnect(): void;
    /**
     * Is the connection open?
     * @example
     * await socket.connect()
     * assert.equal(socket.isConnected(), true)
     */
    isConnected(): boolean;
    /**
     * Use this access token from now on; a connection that was given up for want of one comes back.
     * @example
     * socket.setToken(token)
     */
    setToken(token: string): void;
    /**
     * Focus: from now on live events (typing, streaming) come from these conversations only. It is
     * kept across reconnects. All other events come without it.
     * @example
     * await socket.connect()
     * socket.once('subscribed', (ids) => assert.deepEqual(ids, [conversationId]))
     * socket.subscribe([conversationId])
     */
    subscribe(conversationIds: string[]): void;
    /**
     * End that for these conversations.
     * @example
     * await socket.connect()
     * socket.subscribe([conversationId])
     * socket.unsubscribe([conversationId])
     */
    unsubscribe(conversationIds: string[]): void;
    /**
     * Hear what an agent tells about its session, as `brain_event`. It is kept across reconnects.
     * @example
     * await socket.connect()
     * socket.subscribeSession('session-1')
     */
    subscribeSession(sessionId: string): void;
    /**
     * End that.
     * @example
     * await socket.connect()
     * socket.subscribeSession('session-1')
     * socket.unsubscribeSession('session-1')
     */
    unsubscribeSession(sessionId: string): void;
    /**
     * Call `listener` for every event of this name with its payload and, where it is about one, the
     * id of its conversation.
     * @returns a function that ends it
     * @example
     * const end = socket.on('message.created', ({ seq_num: seqNum }, id) => console.log(id, seqNum))
     * end()
     */
    on<K extends ChatEventName>(name: K, listener: ChatListener<K>): () => void;
    /**
     * The same for the next event of this name only.
     * @example
     * const connected = new Promise((resolve) => socket.once('connected', resolve))
     * socket.connect()
     * await connected
     */
    once<K extends ChatEventName>(name: K, listener: ChatListener<K>): () => void;
    /**
     * Call `listener` no more; without one, none of those of this name.
     * @example
     * const listener = () => {}
     * socket.on('typing.start', listener)
     * socket.off('typing.start', listener)
     */
    off<K extends ChatEventName>(name: K, listener?: ChatListener<K>): void;
}
