/**
 * index.ts — everything that `@carillon/chat` exports.
 * @module
 */
export { ChatClient, type ChatClientOptions } from './client.cjs';
export { ChatApi } from './api.cjs';
export { ChatSocket, type ChatSocketOptions, type SocketOptions } from './socket.cjs';
export { ConversationStore, type ConversationSnapshot, type Draft, type LiveMessage, } from './conversation.cjs';
export { ConversationListStore, type ConversationListSnapshot } from './conversations.cjs';
export { ChatApiError, ChatConnectionError, ChatError, ChatNetworkError, ChatSocketError, ChatTaskError, type ErrorBody, } from './errors.cjs';
export type { AccessOptions } from './http.cjs';
export type { Store } from './observable.cjs';
export type { StreamOptions } from './stream.cjs';
export type * from './types.cjs';
