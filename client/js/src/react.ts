// SPDX-License-Identifier: Apache-2.0
/**
 * react.ts — hooks for React 18 and later, exported by `@carillon/chat/react`.
 * They read the live values of a {@link ChatClient}, which a {@link ChatProvider} hands down.
 * @module
 */
import {
  createContext, createElement, useCallback, useContext, useEffect, useRef, useState,
  useSyncExternalStore, type ReactNode,
} from 'react'
import type { ChatClient } from './client.js'
import type { ConversationSnapshot, ConversationStore } from './conversation.js'
import type { ConversationListSnapshot } from './conversations.js'
import type { ChatEventName, ChatListener } from './types.js'

const Context = createContext<ChatClient | undefined>(undefined)

/**
 * Gives `client` to everything inside; it is connected while this is on the page.
 * @example
 * function Example() {
 *   return h('p', null, 'everything in here may use the hooks')
 * }
 * const page = h(ChatProvider, { client }, h(Example))
 */
export function ChatProvider(props: { client: ChatClient; children?: ReactNode }) {
  const { client, children } = props
  useEffect(() => {
    void client.connect()
    return () => client.disconnect()
  }, [client])
  return createElement(Context.Provider, { value: client }, children)
}

/**
 * The client of the {@link ChatProvider} around.
 * @example
 * function Example() {
 *   const { api } = useChat()
 *   const greet = () => api.send({ conversationId, contentText: 'Hello!' })
 *   return h('button', { onClick: greet }, 'Say hello')
 * }
 */
export function useChat(): ChatClient {
  const client = useContext(Context)
  if (!client) throw new Error('there is no <ChatProvider> around this')
  return client
}

/**
 * Is the connection open?
 * @example
 * function Example() {
 *   return h('p', null, useConnected() ? 'online' : 'offline')
 * }
 */
export function useConnected(): boolean {
  const client = useChat()
  const subscribe = useCallback((changed: () => void) => {
    const ends = [client.on('connected', changed), client.on('disconnected', changed)]
    return () => ends.forEach((end) => end())
  }, [client])
  return useSyncExternalStore(subscribe, () => client.isConnected(), () => false)
}

/**
 * Calls `listener` for every event of this name, as long as the component is on the page.
 * @example
 * function Example() {
 *   useChatEvent('call.started', ({ call_id: callId }) => console.log('ringing', callId))
 *   return null
 * }
 */
export function useChatEvent<K extends ChatEventName>(name: K, listener: ChatListener<K>): void {
  const client = useChat()
  const latest = useRef(listener)
  useEffect(() => {
    latest.current = listener
  })
  useEffect(
    () => client.on(name, ((payload, id) => latest.current(payload, id)) as ChatListener<K>),
    [client, name],
  )
}

// A store that is closed some time after the last component has stopped looking: a component that
// is taken away and put back in the same moment keeps what it shows.
interface Closable<T> {
  getSnapshot(): T
  subscribe(listener: () => void): () => void
  close(): void
}
const users = new WeakMap<object, number>()
const CLOSE_MS = 5000

function useStore<T>(store: Closable<T>): T {
  useEffect(() => {
    users.set(store, (users.get(store) ?? 0) + 1)
    return () => {
      users.set(store, users.get(store)! - 1)
      setTimeout(() => users.get(store) === 0 && store.close(), CLOSE_MS)
    }
  }, [store])
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot)
}

/**
 * A live conversation: its snapshot of now, and the store to send with.
 * @example
 * function Example() {
 *   const { messages, typing, store } = useConversation(conversationId)
 *   const lines = messages.map(({ id, contentText, state }) =>
 *     h('li', { key: id, className: state }, contentText))
 *   const submit = (event) => store.send(event.target.elements.text.value)
 *   return h('form', { onSubmit: submit }, lines, h('input', { name: 'text' }), typing.length)
 * }
 */
export function useConversation(id: string): ConversationSnapshot & { store: ConversationStore } {
  const store = useChat().conversation(id)
  return { ...useStore(store), store }
}

/**
 * The live list of the user's conversations.
 * @example
 * function Example() {
 *   const { conversations, unread } = useConversations()
 *   const lines = conversations.map(({ id, name }) => h('li', { key: id }, name))
 *   return h('ul', null, `${unread} unread`, lines)
 * }
 */
export function useConversations(): ConversationListSnapshot {
  return useStore(useChat().conversations())
}

/**
 * The text of a task so far, growing while its agent streams.
 * @example
 * function Example() {
 *   const { text, isDone, error } = useTaskStream(taskId)
 *   return h('p', null, text, isDone ? '' : ' …', error?.message)
 * }
 */
export function useTaskStream(taskId: string): { text: string; isDone: boolean; error?: Error } {
  const client = useChat()
  const [state, setState] = useState<{ text: string; isDone: boolean; error?: Error }>(
    { text: '', isDone: false })
  useEffect(() => {
    const ours = new AbortController()
    const follow = async () => {
      let text = ''
      setState({ text, isDone: false })
      try {
        for await (const piece of client.stream(taskId, { signal: ours.signal })) {
          text += piece
          setState({ text, isDone: false })
        }
        setState({ text, isDone: true })
      } catch (error) {
        if (!ours.signal.aborted) setState({ text, isDone: true, error: error as Error })
      }
    }
    void follow()
    return () => ours.abort()
  }, [client, taskId])
  return state
}
