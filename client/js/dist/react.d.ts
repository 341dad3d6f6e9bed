/**
 * react.ts — hooks for React 18 and later, exported by `@carillon/chat/react`.
 * They read the live values of a {@link ChatClient}, which a {@link ChatProvider} hands down.
 * @module
 */
import { type ReactNode } from 'react';
import type { ChatClient } from './client.js';
import type { ConversationSnapshot, ConversationStore } from './conversation.js';
import type { ConversationListSnapshot } from './conversations.js';
import type { ChatEventName, ChatListener } from './types.js';
/** Gives `client` to everything inside; it is connected while this is on the page. */
export declare function ChatProvider(props: {
    client: ChatClient;
    children?: ReactNode;
}): import("react").FunctionComponentElement<import("react").ProviderProps<ChatClient | undefined>>;
/** The client of the {@link ChatProvider} around. */
export declare function useChat(): ChatClient;
/** Is the connection open? */
export declare function useConnected(): boolean;
/** Calls `listener` for every event of this name, as long as the component is on the page. */
export declare function useChatEvent<K extends ChatEventName>(name: K, listener: ChatListener<K>): void;
/** A live conversation: its snapshot of now, and the store to send with. */
export declare function useConversation(id: string): ConversationSnapshot & {
    store: ConversationStore;
};
/** The live list of the user's conversations. */
export declare function useConversations(): ConversationListSnapshot;
/** The text of a task so far, growing while its agent streams. */
export declare function useTaskStream(taskId: string): {
    text: string;
    isDone: boolean;
    error?: Error;
};
