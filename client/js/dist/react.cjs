// SPDX-License-Identifier: Apache-2.0
"use strict";
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __export = (target, all) => {
  for (var name in all)
    __defProp(target, name, { get: all[name], enumerable: true });
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

// src/react.ts
var react_exports = {};
__export(react_exports, {
  ChatProvider: () => ChatProvider,
  useChat: () => useChat,
  useChatEvent: () => useChatEvent,
  useConnected: () => useConnected,
  useConversation: () => useConversation,
  useConversations: () => useConversations,
  useTaskStream: () => useTaskStream
});
module.exports = __toCommonJS(react_exports);
var import_react = require("react");
var Context = (0, import_react.createContext)(void 0);
function ChatProvider(props) {
  const { client, children } = props;
  (0, import_react.useEffect)(() => {
    void client.connect();
    return () => client.disconnect();
  }, [client]);
  return (0, import_react.createElement)(Context.Provider, { value: client }, children);
}
function useChat() {
  const client = (0, import_react.useContext)(Context);
  if (!client) throw new Error("there is no <ChatProvider> around this");
  return client;
}
function useConnected() {
  const client = useChat();
  const subscribe = (0, import_react.useCallback)((changed) => {
    const ends = [client.on("connected", changed), client.on("disconnected", changed)];
    return () => ends.forEach((end) => end());
  }, [client]);
  return (0, import_react.useSyncExternalStore)(subscribe, () => client.isConnected(), () => false);
}
function useChatEvent(name, listener) {
  const client = useChat();
  const latest = (0, import_react.useRef)(listener);
  (0, import_react.useEffect)(() => {
    latest.current = listener;
  });
  (0, import_react.useEffect)(
    () => client.on(name, ((payload, id) => latest.current(payload, id))),
    [client, name]
  );
}
var users = /* @__PURE__ */ new WeakMap();
var CLOSE_MS = 5e3;
function useStore(store) {
  (0, import_react.useEffect)(() => {
    users.set(store, (users.get(store) ?? 0) + 1);
    return () => {
      users.set(store, users.get(store) - 1);
      setTimeout(() => users.get(store) === 0 && store.close(), CLOSE_MS);
    };
  }, [store]);
  return (0, import_react.useSyncExternalStore)(store.subscribe, store.getSnapshot, store.getSnapshot);
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
  const [state, setState] = (0, import_react.useState)(
    { text: "", isDone: false }
  );
  (0, import_react.useEffect)(() => {
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
//# sourceMappingURL=react.cjs.map
