/**
 * index.ts — everything that `@carillon/chat` exports.
 * @module
 */
export { ChatClient, type ChatClientOptions } from './client.js';
export { ChatApi } from './api.js';
export { ChatSocket, type ChatSocketOptions, type SocketOptions } from './socket.js';
export { ConversationStore, type ConversationSnapshot, type Draft, type LiveMessage, } from './conversation.js';
export { ConversationListStore, type ConversationListSnapshot } from './conversations.js';
export { ChatApiError, ChatConnectionError, ChatError, ChatNetworkError, ChatSocketError, ChatTaskError, type ErrorBody, } from './errors.js';
export type { AccessOptions } from './http.js';
export type { Store } from './observable.js';
export type { StreamOptions } from './stream.js';
export type * from './types.js';
