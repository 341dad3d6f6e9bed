// SPDX-License-Identifier: Apache-2.0
// hooks_app.js: a small application made with the hooks; react.test.js bundles it for a page.
import { createElement as h, StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { ChatClient } from '@carillon/chat'
import {
  ChatProvider, useChatEvent, useConnected, useConversation, useConversations, useTaskStream,
} from '@carillon/chat/react'

function Room({ id }) {
  const { status, messages, typing, store } = useConversation(id)
  const [draft, setDraft] = useState('')
  const submit = (event) => {
    event.preventDefault()
    store.send(draft)
    setDraft('')
  }
  const change = (event) => {
    setDraft(event.target.value)
    store.typed()
  }
  return h('section', { id: 'room', 'data-status': status },
    h('ol', null, messages.map((one) =>
      h('li', { key: one.id, className: one.state }, one.contentText))),
    h('p', { id: 'typing' }, typing.length),
    h('form', { onSubmit: submit }, h('input', { value: draft, onChange: change })))
}

function Task({ id }) {
  const { text, isDone, error } = useTaskStream(id)
  return h('p', { id: 'task', 'data-done': isDone }, error ? error.message : text)
}

function App({ roomId, taskId }) {
  const isConnected = useConnected()
  const { unread, conversations } = useConversations()
  const [isOpen, setOpen] = useState(true)
  const [events, setEvents] = useState(0)
  useChatEvent('message.created', () => setEvents(events + 1))
  return h('main', { 'data-connected': isConnected },
    h('button', { onClick: () => setOpen(!isOpen) }, 'room'),
    h('p', { id: 'unread' }, unread),
    h('p', { id: 'conversations' }, conversations.length),
    h('p', { id: 'events' }, events),
    isOpen && h(Room, { id: roomId }),
    h(Task, { id: taskId }))
}

const { apiUrl, roomId, taskId } = await (await fetch('/config')).json()
const getToken = async () => (await fetch('/token')).json()
const client = new ChatClient({ apiUrl, getToken, reconnectInterval: 50 })
createRoot(document.querySelector('#app')).render(
  h(StrictMode, null, h(ChatProvider, { client }, h(App, { roomId, taskId }))))
