// SPDX-License-Identifier: Apache-2.0
// conversation.test.js: live conversations: ordered and complete whatever happens to the network.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ChatApiError, ChatNetworkError } from '@carillon/chat'
import { PROTOCOLS, Proxy, Server, apiOf, clientOf, makeTenant, next, until } from './lib/world.js'

let server
let ada
let grace
before(async () => {
  server = await Server.start()
  ;[ada, grace] = await makeTenant(server, 'Ada', 'Grace')
})
after(() => server.stop())

const makeRoom = async () =>
  (await ada.conversation([grace], { type: 'group', name: 'room' })).id

// A live conversation, and `shows`, which waits for what is on the screen.
async function open(t, person, id, options) {
  const client = clientOf(t, person, options)
  await client.connect()
  const store = client.conversation(id)
  t.after(() => store.close())
  await store.ready
  const shows = (fits, what) =>
    until(() => fits(store.getSnapshot()), () => `${what}; ${story(store)}`)
  return { client, store, shows, snapshot: store.getSnapshot }
}
const story = (store) => JSON.stringify(store.getSnapshot()).slice(-1500)
const texts = ({ messages }) => messages.map(({ contentText }) => contentText)
const states = ({ messages }) => messages.map(({ state }) => state)
const numbers = ({ messages }) => messages.map(({ seqNum }) => seqNum)
const upTo = (n, from = 1) => Array.from({ length: n - from + 1 }, (_, i) => i + from)

describe('reading', () => {
  test('it loads the newest page, follows, and scrolls back to the beginning', async (t) => {
    const room = await makeRoom()
    for (let i = 1; i <= 120; i++) await ada.send(room, `m${i}`)
    const { store, shows, snapshot } = await open(t, grace, room)
    assert.deepEqual(numbers(snapshot()), upTo(120, 71))
    assert.equal(snapshot().status, 'ready')
    assert.equal(snapshot().hasOlder, true)
    assert.deepEqual(snapshot().participants.map((one) => one.displayName).sort(),
      ['Ada', 'Grace'])
    await ada.send(room, 'm121')
    await shows((now) => texts(now).at(-1) === 'm121', 'the new message')
    assert.equal(await store.loadOlder(), true)
    assert.equal(await store.loadOlder(), false)
    assert.deepEqual(numbers(snapshot()), upTo(121))
    assert.equal(snapshot().hasOlder, false)
  })

  test('a snapshot stays what it is, and the same as long as nothing changes', async (t) => {
    const room = await makeRoom()
    await ada.send(room, 'one')
    const { store, shows, snapshot } = await open(t, grace, room)
    const before = snapshot()
    let changes = 0
    const end = store.subscribe(() => changes++)
    assert.equal(snapshot(), before)
    await ada.send(room, 'two')
    await shows((now) => now.messages.length === 2, 'the second message')
    assert.equal(before.messages.length, 1)
    assert.notEqual(snapshot(), before)
    assert.equal(snapshot().messages[0], before.messages[0], 'the same message, the same object')
    assert.ok(changes > 0)
    end()
  })

  test('edits, deletions and reactions are shown', async (t) => {
    const room = await makeRoom()
    const one = await ada.send(room, 'one', { content_meta: 'm' })
    const two = await ada.send(room, 'two')
    const { shows } = await open(t, grace, room)
    const api = apiOf(ada)
    await api.editMessage(one.id, 'uno')
    await api.toggleReaction(one.id, room, '👍')
    await apiOf(grace).toggleReaction(one.id, room, '👍')
    await api.toggleReaction(two.id, room, '🎉')
    await api.toggleReaction(two.id, room, '🎉')
    await api.deleteMessage(two.id)
    const { messages: [first, second] } = await shows((now) => now.messages[1].deletedAt && now,
      'the deletion')
    assert.deepEqual([first.contentText, first.editCount, first.contentMeta], ['uno', 1, 'm'])
    const userIds = [ada.id, grace.id]
    assert.deepEqual(first.reactions, [{ emoji: '👍', count: 2, userIds }])
    assert.deepEqual([second.contentText, second.reactions], ['', undefined])
  })

  test('typing comes and goes, and who has read how far', async (t) => {
    const room = await makeRoom()
    const { shows, snapshot } = await open(t, grace, room)
    const api = apiOf(ada)
    await api.typing(room, 'start')
    await shows((now) => now.typing[0] === ada.id, 'Ada typing')
    await api.typing(room, 'stop')
    await shows((now) => now.typing.length === 0, 'Ada stopping')
    await api.typing(room, 'start')
    await shows((now) => now.typing.length === 1, 'Ada typing again')
    const { seq_num: seqNum } = await ada.send(room, 'said')
    await shows((now) => now.typing.length === 0 && now.messages.length === 1, 'the message')
    await api.markRead(room, seqNum)
    await shows((now) => now.reads[ada.id] === seqNum, 'the mark')
    assert.equal(snapshot().reads[grace.id] ?? 0, 0)
  })

  test('who comes and goes is in participants; who is removed sees it gone', async (t) => {
    const room = await makeRoom()
    const { shows } = await open(t, grace, room)
    await apiOf(ada).setRole(room, grace.id, 'admin')
    await shows(({ participants }) => participants.some(({ role }) => role === 'admin'), 'a role')
    await apiOf(ada).removeParticipant(room, grace.id)
    await shows((now) => now.status === 'gone', 'the end')
  })

  test('a conversation that does not exist is gone, one deleted for everyone too', async (t) => {
    const client = clientOf(t, grace)
    const store = client.conversation('0190a6e0-0000-7000-8000-000000000000')
    await assert.rejects(store.ready, (error) => error instanceof ChatApiError)
    assert.equal(store.getSnapshot().status, 'gone')
    store.close()
    const room = await makeRoom()
    await ada.send(room, 'one')
    const { shows } = await open(t, grace, room)
    await apiOf(ada).deleteConversation(room, 'for_everyone')
    await shows((now) => now.status === 'gone' && now.messages.length === 0, 'the end')
  })

  test('everybody who asks gets the same one, until it is closed', async (t) => {
    const room = await makeRoom()
    const client = clientOf(t, grace)
    const store = client.conversation(room)
    assert.equal(client.conversation(room), store)
    store.close()
    const another = client.conversation(room)
    assert.notEqual(another, store)
    another.close()
  })

  test('of a conversation that goes on and on, the newest thousand are kept', async (t) => {
    const room = await makeRoom()
    const { shows, snapshot } = await open(t, grace, room)
    for (let i = 0; i < 22; i++) {
      await Promise.all(Array.from({ length: 50 }, () => ada.send(room, 'more')))
    }
    await shows((now) => numbers(now).at(-1) === 1100, 'message 1100')
    assert.deepEqual(numbers(snapshot()), upTo(1100, 101))
    assert.equal(snapshot().hasOlder, true)
  })
})

describe('sending', () => {
  test('it is shown at once, then with its number, and never twice', async (t) => {
    const room = await makeRoom()
    const { store, shows, snapshot } = await open(t, grace, room)
    const seen = []
    const sent = ['a', 'b', 'b', 'c'].map((text) => store.send(text))
    store.subscribe(() => seen.push(texts(snapshot()).join()))
    assert.deepEqual(texts(snapshot()), ['a', 'b', 'b', 'c'])
    assert.ok(snapshot().messages.every(({ state, seqNum }) => state === 'sending' && seqNum === 0))
    assert.equal(snapshot().messages[0].senderId, grace.id)
    await Promise.all(sent)
    await shows((now) => now.messages.every(({ state }) => state === 'sent'), 'all of them sent')
    assert.deepEqual(numbers(snapshot()), [1, 2, 3, 4])
    assert.deepEqual(texts(snapshot()).sort(), ['a', 'b', 'b', 'c'])
    assert.ok(seen.every((one) => one.split(',').length === 4), `never more, never fewer: ${seen}`)
  })

  // Two messages of the same text, of which the second overtakes the first: the first is held back
  // before it gets to the server, the second's answer after that. `go` and `answer` let them on.
  async function overtake(t, room) {
    const steps = {}
    const gone = new Promise((resolve) => (steps.go = resolve))
    const answered = new Promise((resolve) => (steps.answer = resolve))
    let sends = 0
    const held = async (url, init) => {
      const turn = String(url).endsWith('/send') && ++sends
      if (turn === 1 && await gone === 'lost') throw new TypeError('no network')
      const answer = await fetch(url, init)
      if (turn === 2) await answered
      return answer
    }
    const opened = await open(t, grace, room, { fetch: held, retries: 0 })
    const both = [opened.store.send('b'), opened.store.send('b')]
    await opened.shows((now) => states(now)[0] === 'sent', 'the second one')
    return { ...opened, ...steps, both }
  }

  test('of two with the same text, each is there once, whichever comes first', async (t) => {
    const { snapshot, go, answer, both } = await overtake(t, await makeRoom())
    assert.deepEqual(states(snapshot()), ['sent', 'sending'])
    answer()
    assert.equal((await both[1]).seqNum, 1)
    assert.deepEqual(states(snapshot()), ['sent', 'sending'], 'the first one is still to come')
    go()
    assert.equal((await both[0]).seqNum, 2)
    assert.deepEqual([states(snapshot()), numbers(snapshot())], [['sent', 'sent'], [1, 2]])
  })

  test('what is lost is not taken for sent because of its twin', async (t) => {
    const { store, snapshot, go, answer, both } = await overtake(t, await makeRoom())
    go('lost')
    await assert.rejects(both[0], ChatNetworkError)
    answer()
    await both[1]
    assert.deepEqual(states(snapshot()), ['sent', 'failed'])
    assert.equal((await store.retry(snapshot().messages[1].clientMsgId)).seqNum, 2)
    assert.deepEqual(states(snapshot()), ['sent', 'sent'])
  })

  test('what the server refuses has failed, whatever another device says', async (t) => {
    const room = await makeRoom()
    let refuse
    const refused = new Promise((resolve) => (refuse = resolve))
    const { store, shows, snapshot } = await open(t, grace, room, {
      fetch: async (url, init) => {
        if (!String(url).endsWith('/send')) return fetch(url, init)
        await refused
        return new Response('{"error":"no","code":"forbidden"}', { status: 403 })
      },
    })
    const sent = store.send('the same')
    await grace.send(room, 'the same')
    await shows(({ messages }) => messages[0].seqNum === 1, 'that of the other device')
    refuse()
    await assert.rejects(sent, ChatApiError)
    assert.deepEqual(states(snapshot()), ['sent', 'failed'])
  })

  test('what was sent is sent, also when what is around it cannot be read', async (t) => {
    const room = await makeRoom()
    const proxy = await Proxy.start(t, server)
    let isGone = false
    const { store, shows, snapshot } = await open(t, grace, room, {
      via: proxy,
      protocol: 'base', // its events come without their messages
      retries: 0,
      fetch: async (url, init) => {
        if (isGone && String(url).includes(`${room}/messages`)) throw new TypeError('no network')
        return fetch(url, init)
      },
    })
    isGone = true
    await ada.send(room, 'unread')
    await shows(({ status }) => status === 'failed', 'the failure')
    assert.equal((await store.send('mine')).seqNum, 2)
    isGone = false
    proxy.cut()
    await shows(({ status }) => status === 'ready', 'the end of it')
    assert.deepEqual(texts(snapshot()), ['unread', 'mine'])
  })

  test('what cannot be sent has failed, is sent again, or is taken away', async (t) => {
    const room = await makeRoom()
    const proxy = await Proxy.start(t, server)
    const { store, shows, snapshot } = await open(t, grace, room, { via: proxy, retries: 0 })
    proxy.down()
    store.send('to be sent again')
    store.send('to be taken away')
    await shows((now) => now.messages.every(({ state }) => state === 'failed'), 'the failure')
    const [first, second] = snapshot().messages
    assert.equal(first.error.name, 'ChatNetworkError')
    proxy.up()
    store.discard(second.clientMsgId)
    const message = await store.retry(first.clientMsgId)
    assert.equal(message.seqNum, 1)
    assert.deepEqual(texts(snapshot()), ['to be sent again'])
    assert.equal(snapshot().messages[0].state, 'sent')
  })

  test('an answer that gets lost is no second message', async (t) => {
    const room = await makeRoom()
    const proxy = await Proxy.start(t, server)
    const { store, snapshot } = await open(t, grace, room, { via: proxy })
    let isCut = 0
    proxy.onRequest = (text) => /^POST .*send/.test(text) && isCut++ === 0
    await store.send('once')
    assert.ok(isCut >= 2, 'the first answer was lost')
    await ada.send(room, 'settle')
    await until(() => texts(snapshot()).length >= 2, 'both')
    assert.deepEqual(texts(snapshot()), ['once', 'settle'])
  })

  test('edit, delete, react, markRead, typed', async (t) => {
    const room = await makeRoom()
    const { store, snapshot } = await open(t, grace, room)
    const other = await open(t, ada, room)
    const { id, seqNum } = await store.send('one')
    await store.edit(id, 'uno')
    await store.react(id, '👍')
    assert.deepEqual(snapshot().messages[0].reactions,
      [{ emoji: '👍', count: 1, userIds: [grace.id] }])
    assert.equal(snapshot().messages[0].contentText, 'uno')
    await store.react(id, '👍')
    assert.equal(snapshot().messages[0].reactions, undefined)
    await store.markRead()
    assert.equal(snapshot().reads[grace.id], seqNum)
    await other.shows((now) => now.reads[grace.id] === seqNum, 'the mark')
    store.typed()
    store.typed()
    await other.shows((now) => now.typing[0] === grace.id, 'Grace typing')
    await store.delete(id)
    await other.shows((now) => now.messages[0].deletedAt, 'the deletion')
    assert.ok(snapshot().messages[0].deletedAt)
    await store.send({ contentText: 'and more', contentMeta: '{}' })
    await other.shows((now) => now.typing.length === 0, 'the end of typing')
    assert.equal(snapshot().messages[1].contentMeta, '{}')
  })
})

for (const protocol of PROTOCOLS) {
  test(`S1 ${protocol}: after a loss it is whole, with edits and deletions`, async (t) => {
    const room = await makeRoom()
    const proxy = await Proxy.start(t, server)
    const one = await ada.send(room, 'one')
    const two = await ada.send(room, 'two')
    const { client, shows, snapshot } = await open(t, grace, room, { via: proxy, protocol })
    const lost = next(client, 'disconnected')
    proxy.down()
    await lost
    const api = apiOf(ada)
    await api.editMessage(one.id, 'uno')
    await api.toggleReaction(one.id, room, '👍')
    await api.deleteMessage(two.id)
    for (let i = 0; i < 60; i++) await ada.send(room, `missed ${i}`)
    proxy.up()
    await shows((now) => now.messages.length === 62 && now.messages[1].deletedAt, 'everything')
    assert.deepEqual(numbers(snapshot()), upTo(62))
    assert.equal(texts(snapshot())[0], 'uno')
    assert.equal(snapshot().messages[0].reactions[0].count, 1)
  })
}

describe('the list of conversations', () => {
  test('it follows what happens, and counts what is unread', async (t) => {
    const client = clientOf(t, grace)
    await client.connect()
    const list = client.conversations()
    t.after(() => list.close())
    await list.ready
    const room = await makeRoom()
    await ada.send(room, 'hello')
    const of = () => list.getSnapshot().conversations.find(({ id }) => id === room)
    await until(() => of()?.unreadCount === 1, 'the unread message')
    assert.equal(of().lastMessagePreview, 'hello')
    assert.equal(list.getSnapshot().conversations[0].id, room)
    const { unread } = list.getSnapshot()
    await client.api.markRead(room, 1)
    await until(() => of().unreadCount === 0, 'the mark')
    assert.equal(list.getSnapshot().unread, unread - 1)
  })

  test('everybody who asks gets the same one, until it is closed, once or twice', (t) => {
    const client = clientOf(t, grace)
    const list = client.conversations()
    assert.equal(client.conversations(), list)
    list.close()
    const another = client.conversations()
    t.after(() => another.close())
    assert.notEqual(another, list)
    list.close()
    assert.equal(client.conversations(), another)
  })
})
