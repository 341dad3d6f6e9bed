// SPDX-License-Identifier: Apache-2.0

// src/react.ts
import {
  createContext,
  createElement,
  useCallback,
  useContext,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore
} from "react";
var Context = createContext(void 0);
function ChatProvider(props) {
  const { client, children } = props;
  useEffect(() => {
    void client.connect();
    return () => client.disconnect();
  }, [client]);
  return createElement(Context.Provider, { value: client }, children);
}
function useChat() {
  const client = useContext(Context);
  if (!client) throw new Error("there is no <ChatProvider> around this");
  return client;
}
function useConnected() {
  const client = useChat();
  const subscribe = useCallback((changed) => {
    const ends = [client.on("connected", changed), client.on("disconnected", changed)];
    return () => ends.forEach((end) => end());
  }, [client]);
  return useSyncExternalStore(subscribe, () => client.isConnected(), () => false);
}
function useChatEvent(name, listener) {
  const client = useChat();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(
    () => client.on(name, ((payload, id) => latest.current(payload, id))),
    [client, name]
  );
}
var users = /* @__PURE__ */ new WeakMap();
var CLOSE_MS = 5e3;
function useStore(store) {
  useEffect(() => {
    users.set(store, (users.get(store) ?? 0) + 1);
    return () => {
      users.set(store, users.get(store) - 1);
      setTimeout(() => users.get(store) === 0 && store.close(), CLOSE_MS);
    };
  }, [store]);
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot);
}
function useConversation(id) {
  const store = useChat().conversation(id);
  return { ...useStore(store), store };
}
function useConversations() {
  return useStore(useChat().conversations());
}
function useTaskStream(taskId) {
  const client = useChat();
  const [state, setState] = useState(
    { text: "", isDone: false }
  );
  useEffect(() => {
    const ours = new AbortController();
    const follow = async () => {
      let text = "";
      setState({ text, isDone: false });
      try {
        for await (const piece of client.stream(taskId, { signal: ours.signal })) {
          text += piece;
          setState({ text, isDone: false });
        }
        setState({ text, isDone: true });
      } catch (error) {
        if (!ours.signal.aborted) setState({ text, isDone: true, error });
      }
    };
    void follow();
    return () => ours.abort();
  }, [client, taskId]);
  return state;
}
export {
  ChatProvider,
  useChat,
  useChatEvent,
  useConnected,
  useConversation,
  useConversations,
  useTaskStream
};
//# sourceMappingURL=react.js.map
