// SPDX-License-Identifier: Apache-2.0
// socket.test.js: the connection: it opens, tells, is cut, comes back, and misses nothing.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test, before, after, describe } from 'node:test'
import { WebSocketServer } from 'ws'
import { ChatConnectionError, ChatSocket, ChatSocketError } from '@carillon/chat'
import {
  PROTOCOLS, Person, Proxy, QUICK, Server, apiOf, clientOf, expectStatus, makeAgent, makeTenant,
  next, record, startRestored, until,
} from './lib/world.js'

let server
let ada
let grace
let room
before(async () => {
  server = await Server.start()
  ;[ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  room = (await ada.conversation([grace], { type: 'group', name: 'room' })).id
})
after(() => server.stop())

const seqs = (heard, id = room) =>
  heard.filter(([name, , of]) => name === 'message.created' && of === id)
    .map(([, { seq_num: seq }]) => seq)
const isRising = (numbers) => numbers.every((n, i) => i === 0 || n === numbers[i - 1] + 1)

describe('connecting', () => {
  test('it connects, tells every event with its payload as on the wire', async (t) => {
    const client = clientOf(t, grace)
    const heard = record(client, 'connected', 'message.created', 'disconnected', 'event')
    assert.equal(client.isConnected(), false)
    await client.connect()
    assert.equal(client.isConnected(), true)
    await client.connect() // again is nothing
    const message = await ada.send(room, 'Hello!')
    await until(() => heard.some(([name]) => name === 'message.created'), 'the message')
    const [, payload, id] = heard.find(([name]) => name === 'message.created')
    assert.equal(payload.message_id, message.id)
    assert.equal(payload.seq_num, message.seq_num)
    assert.equal(id, room)
    const events = heard.filter(([name]) => name === 'event').map(([, event]) => event)
    const event = events.find(({ type }) => type === 'message.created')
    assert.deepEqual(event, { type: 'message.created', payload, conversationId: room })
    client.disconnect()
    assert.equal(client.isConnected(), false)
    const end = { code: 1000, reason: '', willReconnect: false }
    assert.deepEqual(heard.at(-1), ['disconnected', end, undefined])
    assert.equal(heard.filter(([name]) => name === 'connected').length, 1)
  })

  test('ChatSocket works alone', async (t) => {
    const socket = new ChatSocket({ apiUrl: server.url, token: grace.access })
    t.after(() => socket.disconnect())
    await socket.connect()
    const heard = next(socket, 'message.created')
    const { id } = await ada.send(room, 'alone')
    assert.equal((await heard).message_id, id)
  })

  test('wsUrl is used instead of what the server says', async (t) => {
    const proxy = await Proxy.start(t, server)
    const client = clientOf(t, grace, { wsUrl: `${proxy.url.replace('http', 'ws')}/ws` })
    await client.connect()
    assert.equal(proxy.sockets.length, 1)
  })

  test('autoConnect connects at once', async (t) => {
    const client = clientOf(t, grace, { autoConnect: true })
    await next(client, 'connected')
  })

  test('a token that is no good is an error, once, and no attempt is repeated', async (t) => {
    const client = clientOf(t, grace, { token: 'nonsense' })
    const heard = record(client, 'error', 'disconnected')
    await assert.rejects(client.connect(), (error) =>
      error instanceof ChatConnectionError && error.cause.status === 401)
    assert.deepEqual(heard.map(([name]) => name), ['error'])
    client.setToken(grace.access) // and with a good one it goes on by itself
    await until(() => client.isConnected(), 'the connection')
  })

  test('without a server it gives up after so many attempts', async (t) => {
    const attempts = []
    const client = clientOf(t, grace, {
      maxReconnectAttempts: 3,
      retries: 0,
      fetch: async (...args) => {
        attempts.push(args)
        throw new TypeError('no network')
      },
    })
    await assert.rejects(client.connect(), ChatConnectionError)
    assert.equal(attempts.length, 4) // the first, and three more
  })

  test('nobody has to wait for connect', async (t) => {
    const client = clientOf(t, grace, { token: 'nonsense' })
    const failed = next(client, 'error')
    client.connect()
    await failed // and no unhandled rejection ends this process
  })
})

describe('listening', () => {
  test('once is once, off ends, and one that throws keeps nobody from hearing', async (t) => {
    const client = clientOf(t, grace)
    await client.connect()
    let once = 0
    let never = 0
    const off = () => never++
    client.once('message.created', () => once++)
    client.once('message.created', off)
    client.off('message.created', off)
    client.on('message.created', off)
    client.off('message.created', off)
    const heard = record(client, 'message.created')
    const uncaught = new Promise((resolve) => process.once('uncaughtException', resolve))
    // The runner listens too, and would take it for a failure of the test.
    const others = process.listeners('uncaughtException').slice(0, -1)
    for (const one of others) process.off('uncaughtException', one)
    client.once('message.created', () => {
      throw new Error('a mistake in an application')
    })
    const last = record(client, 'message.created')
    await ada.send(room, 'one')
    assert.equal((await uncaught).message, 'a mistake in an application')
    for (const one of others) process.on('uncaughtException', one)
    await ada.send(room, 'two')
    await until(() => last.length === 2, 'both messages')
    assert.deepEqual([once, never, heard.length], [1, 0, 2])
    client.off('message.created')
    const third = next(client, 'event', ({ type }) => type === 'message.created')
    await ada.send(room, 'three')
    await third
    assert.equal(last.length, 2)
  })

  test('subscriptions are answered, and made again after a loss', async (t) => {
    const proxy = await Proxy.start(t, server)
    const client = clientOf(t, grace, { via: proxy })
    client.subscribe([room]) // before there is a connection
    client.subscribeSession('s1')
    const heard = record(client, 'subscribed', 'session_subscribed')
    const first = [
      ['subscribed', [room], undefined],
      ['session_subscribed', { session_id: 's1' }, undefined],
    ]
    await client.connect()
    await until(() => heard.length === 2, 'the answers')
    assert.deepEqual(heard, first)
    proxy.cut()
    await until(() => heard.length === 4, 'the answers after the loss')
    assert.deepEqual(heard.slice(2), first)
    client.unsubscribe([room])
    client.unsubscribeSession('s1')
    const back = next(client, 'resumed')
    proxy.cut()
    await back
    const settled = next(client, 'message.created')
    await ada.send(room, 'settle')
    await settled
    assert.equal(heard.length, 4)
  })

  test('what the server does not understand is an error, and the connection stays', async (t) => {
    const client = clientOf(t, grace)
    await client.connect()
    const failed = next(client, 'error')
    client.subscribe(['0190a6e0-0000-7000-8000-000000000000'])
    const error = await failed
    assert.ok(error instanceof ChatSocketError)
    assert.match(error.message, /0190a6e0/)
    assert.equal(client.isConnected(), true)
  })

  test('brain_event is what the agent sent', async (t) => {
    const agent = await makeAgent(ada, 'Thinker')
    const { id } = await ada.conversation([grace, agent], { type: 'agent_group' })
    const task = { conversation_id: id, title: 'Think', agent_id: agent.id, session_id: 'deep' }
    expectStatus(await ada.post('/v1/chat/tasks', task), 201)
    const client = clientOf(t, grace)
    await client.connect()
    const subscribed = next(client, 'session_subscribed')
    client.subscribeSession('deep')
    await subscribed
    const heard = next(client, 'brain_event')
    await clientOf(t, agent).api.sendSessionEvent('deep', { some_field: { aB: 1 } })
    assert.deepEqual(await heard, { some_field: { aB: 1 } })
  })
})

describe('coming back', () => {
  const ways = PROTOCOLS.flatMap((protocol) => [[protocol, 'fin'], [protocol, 'rst']])
  for (const [protocol, how] of ways) {
    test(`S1 ${protocol}: what is cut (${how}) comes back and misses nothing`, async (t) => {
      const proxy = await Proxy.start(t, server)
      const client = clientOf(t, grace, { via: proxy, protocol })
      const heard = record(client, 'message.created', 'resumed', 'disconnected')
      await client.connect()
      await ada.send(room, 'before')
      await until(() => seqs(heard).length === 1, 'the first message')
      const lost = next(client, 'disconnected')
      if (how === 'fin') proxy.cut('fin')
      proxy.down()
      await lost
      for (let i = 0; i < 20; i++) await ada.send(room, `missed ${i}`)
      const other = await ada.conversation([grace], { type: 'group', name: 'new' })
      await ada.send(other.id, 'in a new one')
      const back = next(client, 'resumed')
      proxy.up()
      await back
      await ada.send(room, 'after')
      await until(() => seqs(heard).length === 22, () => `22 messages, not ${seqs(heard).length}`)
      assert.ok(isRising(seqs(heard)), String(seqs(heard)))
      assert.deepEqual(seqs(heard, other.id), [1])
      const [, resumed] = heard.find(([name]) => name === 'resumed')
      assert.ok(resumed.replayed >= 21, JSON.stringify(resumed))
      assert.equal(resumed.source, protocol === 'base' ? 'sync' : 'cursor')
      assert.equal(resumed.complete, protocol !== 'base')
      const [, loss] = heard.find(([name]) => name === 'disconnected')
      assert.equal(loss.willReconnect, true)
    })
  }

  test('edits, deletions and all else that happened meanwhile is told, too', async (t) => {
    const proxy = await Proxy.start(t, server)
    const client = clientOf(t, grace, { via: proxy })
    const { id } = await ada.send(room, 'to be edited')
    await client.connect()
    const names = ['message.edited', 'reaction.updated', 'message.deleted', 'conversation.updated']
    const heard = record(client, 'message.created', ...names, 'resumed')
    const lost = next(client, 'disconnected')
    proxy.down()
    await lost
    const api = apiOf(ada)
    await api.editMessage(id, 'edited')
    await api.toggleReaction(id, room, '👍')
    await api.deleteMessage(id)
    await api.updateConversation(room, { description: 'new' })
    const message = await ada.send(room, 'with its text')
    const back = next(client, 'resumed')
    proxy.up()
    await back
    // The edits of what is gone by now are not told, in nobody's interest.
    assert.deepEqual(heard.map(([name]) => name),
      ['reaction.updated', 'message.deleted', 'conversation.updated', 'message.created', 'resumed']
        .filter((name) => heard.some(([one]) => one === name)))
    const [, created] = heard.find(([name]) => name === 'message.created')
    assert.deepEqual(created.message, message, 'the message is there, as on the wire')
  })

  test('without a cursor, changes of messages are told, each once', async (t) => {
    const proxy = await Proxy.start(t, server)
    const { id: place } = await ada.conversation([grace], { type: 'group', name: 'changes' })
    const ids = []
    for (const text of ['heard', 'edited', 'deleted', 'liked']) {
      ids.push((await ada.send(place, text)).id)
    }
    const [heardOne, edited, deleted, liked] = ids
    const api = apiOf(ada)
    await api.editMessage(edited, 'before anybody listens')
    const client = clientOf(t, grace, { via: proxy, protocol: 'base' })
    await client.connect()
    const names = ['message.created', 'message.edited', 'message.deleted', 'message.changed',
      'message.read', 'resumed']
    const heard = record(client, ...names)
    await api.editMessage(heardOne, 'heard as it happens')
    await until(() => heard.length === 1, 'the edit')
    const lost = next(client, 'disconnected')
    proxy.down()
    await lost
    await api.editMessage(edited, 'once more')
    await api.deleteMessage(deleted)
    await api.toggleReaction(liked, place, '👍')
    const { seqNum } = await api.send({ conversationId: place, contentText: 'new' })
    await api.markRead(place, seqNum)
    const back = next(client, 'resumed')
    proxy.up()
    assert.equal((await back).complete, false)
    const told = heard.slice(1, -1).map(([name, payload, id]) => {
      assert.equal(id, place)
      const { id: messageId, message, message_id: created } = payload
      return [name, messageId ?? message?.id ?? created]
    })
    const { message } = heard.find(([name, one]) => one.message?.id === liked)[1]
    assert.deepEqual(message.reactions, [{ emoji: '👍', count: 1, user_ids: [ada.id] }])
    const [, edit] = heard.findLast(([name]) => name === 'message.edited')
    assert.deepEqual([edit.content_text, edit.edit_count], ['once more', 2])
    const [, mark] = heard.find(([name]) => name === 'message.read')
    assert.deepEqual(mark, { conversation_id: place, user_id: ada.id, last_read_seq: seqNum })
    assert.deepEqual(told.map(([name, id]) => [name, ids.indexOf(id)]), [
      ['message.created', -1],
      ['message.changed', ids.indexOf(heardOne)], // as it is; its edit is not told again
      ['message.edited', ids.indexOf(edited)],
      ['message.changed', ids.indexOf(edited)],
      ['message.deleted', ids.indexOf(deleted)],
      ['message.changed', ids.indexOf(liked)],
      ['message.read', -1],
    ])
    const again = next(client, 'resumed')
    proxy.cut()
    assert.deepEqual(await again, { complete: false, replayed: 0, source: 'sync' })
  })

  test('base: more is missed than one answer can hold, and all of it is told', async (t) => {
    const proxy = await Proxy.start(t, server)
    const rooms = []
    for (let i = 0; i < 12; i++) {
      rooms.push((await ada.conversation([grace], { type: 'group', name: `busy ${i}` })).id)
    }
    const client = clientOf(t, grace, { via: proxy, protocol: 'base' })
    await client.connect()
    const heard = record(client, 'message.created')
    const lost = next(client, 'disconnected')
    proxy.down()
    await lost
    for (let i = 0; i < 200; i++) await Promise.all(rooms.map((id) => ada.send(id, `${i}`)))
    const back = next(client, 'resumed')
    proxy.up()
    assert.equal((await back).replayed, 2400)
    const all = Array.from({ length: 200 }, (_, i) => i + 1)
    for (const id of rooms) assert.deepEqual(seqs(heard, id), all)
  })

  test('base: a clock that is wrong loses nothing of a new conversation', async (t) => {
    const { now } = Date
    t.after(() => (Date.now = now))
    for (const hours of [-5, 5]) {
      Date.now = () => now() + hours * 3_600_000
      const proxy = await Proxy.start(t, server)
      const client = clientOf(t, grace, { via: proxy, protocol: 'base' })
      await client.connect()
      const heard = record(client, 'message.created', 'conversation.created')
      const lost = next(client, 'disconnected')
      proxy.down()
      await lost
      const { id } = await ada.conversation([grace], { type: 'group', name: 'new' })
      for (let i = 1; i <= 3; i++) await ada.send(id, `missed ${i}`)
      const back = next(client, 'resumed')
      proxy.up()
      await back
      assert.deepEqual(seqs(heard, id), [1, 2, 3], `a clock that is off by ${hours} hours`)
      client.disconnect()
    }
  })

  test('what a catching up learns after its connection was lost is not believed', async (t) => {
    const proxy = await Proxy.start(t, server)
    const { id: place } = await ada.conversation([grace], { type: 'group', name: 'late' })
    let late // the answers that are held back, of the first list after a loss
    const client = clientOf(t, grace, {
      via: proxy,
      protocol: 'base',
      fetch: async (url, init) => {
        const { signal: _, ...rest } = init
        const answer = await fetch(url, rest)
        if (late && !late.isHeld && String(url).endsWith('/v1/chat/conversations')) {
          late.isHeld = true
          await late.released
        }
        return answer
      },
    })
    await client.connect()
    const heard = record(client, 'message.created')
    await ada.send(place, 'one')
    await until(() => heard.length === 1, 'the first message')
    let release
    late = { isHeld: false, released: new Promise((resolve) => (release = resolve)) }
    proxy.cut()
    await until(() => late.isHeld, 'the list')
    const second = next(client, 'resumed')
    proxy.cut()
    await ada.send(place, 'two')
    await second
    await ada.send(place, 'three')
    await until(() => seqs(heard, place).length === 3, 'three messages')
    release()
    const third = next(client, 'resumed')
    proxy.cut()
    await third
    assert.deepEqual(seqs(heard, place), [1, 2, 3])
  })

  test('a later client goes on with the cursor of an earlier one', async (t) => {
    const first = clientOf(t, grace)
    await first.connect()
    const told = next(first, 'message.created')
    await ada.send(room, 'heard by the first')
    await told
    const { cursor } = first.socket
    assert.match(cursor, /^[\w-]+$/)
    first.disconnect()
    const { id } = await ada.send(room, 'while there was none')
    const second = clientOf(t, grace, { cursor })
    const heard = record(second, 'message.created', 'resumed')
    await second.connect()
    await until(() => heard.length === 2, 'what was missed')
    assert.equal(heard[0][1].message_id, id)
    assert.deepEqual(heard[1][1], { complete: true, replayed: 1, source: 'cursor' })
  })

  test('a cursor that is none: told so, and messages are caught up with', async (t) => {
    const proxy = await Proxy.start(t, server)
    const client = clientOf(t, grace, { via: proxy, cursor: 'nonsense' })
    const heard = record(client, 'resumed', 'message.created')
    await client.connect()
    await until(() => heard.length === 1, 'the word that something may be missing')
    assert.deepEqual(heard[0][1], { complete: false, replayed: 0, source: 'sync' })
    const told = next(client, 'message.created')
    await ada.send(room, 'from here on')
    await told
    const back = next(client, 'resumed')
    proxy.cut()
    assert.deepEqual(await back, { complete: true, replayed: 0, source: 'cursor' })
  })

  test('S5 a network that is silently gone is noticed when there is reason to', async (t) => {
    const proxy = await Proxy.start(t, server)
    // What a page has; the client looks for it when it connects.
    const page = new EventTarget()
    globalThis.window = page
    globalThis.document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
    t.after(() => {
      delete globalThis.window
      delete globalThis.document
    })
    const client = clientOf(t, grace, { via: proxy })
    await client.connect()
    page.dispatchEvent(new Event('online')) // is it still there? yes
    const heard = next(client, 'message.created')
    await ada.send(room, 'still there')
    await heard
    proxy.cut('silence')
    await ada.send(room, 'into the silence')
    const lost = next(client, 'disconnected')
    const back = next(client, 'resumed')
    page.dispatchEvent(new Event('online'))
    assert.equal((await lost).reason, 'the server does not answer')
    assert.equal((await back).replayed, 1)
  })

  test('a server that restarts is come back to', async (t) => {
    const own = await Server.start()
    t.after(() => own.stop())
    const proxy = await Proxy.start(t, own) // the address stays, the port behind it changes
    const [eve, bob] = await makeTenant(own, 'Eve', 'Bob')
    const { id } = await eve.conversation([bob])
    const client = clientOf(t, bob, { via: proxy, maxReconnectAttempts: 1000 })
    const heard = record(client, 'message.created', 'disconnected')
    await client.connect()
    await eve.send(id, 'before')
    await until(() => seqs(heard, id).length === 1, 'the first message')
    await own.terminate()
    await own.restart()
    await eve.send(id, 'during')
    await until(() => seqs(heard, id).length === 2, 'the message after the restart')
    assert.equal(heard.find(([name]) => name === 'disconnected')[1].code, 1012)
  })

  for (const protocol of PROTOCOLS) {
    test(`${protocol}: numbers that a restored backup gives again are heard`, async (t) => {
      const own = await Server.start()
      t.after(() => own.stop())
      const proxy = await Proxy.start(t, own)
      const [eve, bob] = await makeTenant(own, 'Eve', 'Bob')
      const { id } = await eve.conversation([bob])
      const at = async (person, server) =>
        new Person(server, person.email, person).login()
      let getToken = () => bob.access
      const client = clientOf(t, bob, {
        via: proxy, protocol, token: undefined, getToken: () => getToken(),
        maxReconnectAttempts: 1000,
      })
      const heard = record(client, 'message.created')
      await client.connect()
      await eve.send(id, 'kept')
      const restored = await startRestored(t, own)
      for (let i = 0; i < 9; i++) await eve.send(id, 'lost with the disk')
      await until(() => heard.length === 10, 'ten messages')
      const { access } = await at(bob, restored)
      getToken = () => access
      proxy.server = restored
      const back = next(client, 'resumed')
      await own.terminate()
      assert.equal((await back).complete, false)
      const there = await at(eve, restored)
      await there.send(id, 'new')
      await until(() => heard.length === 11, 'the new message')
      assert.deepEqual(seqs(heard, id), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 2])
    })
  }

  test('4001: a session that was ended is not come back to', async (t) => {
    const other = await grace.login()
    const client = clientOf(t, other)
    const heard = record(client, 'disconnected', 'error', 'connected')
    await client.connect()
    const failed = next(client, 'error')
    expectStatus(await other.post('/auth/logout', { refresh_token: other.refresh }), 200)
    const error = await failed
    assert.ok(error instanceof ChatConnectionError)
    assert.equal(error.code, 4001)
    assert.equal(heard.filter(([name]) => name === 'disconnected')[0][1].willReconnect, false)
    assert.equal(client.isConnected(), false)
  })

  test('autoReconnect: false stays away', async (t) => {
    const proxy = await Proxy.start(t, server)
    const client = clientOf(t, grace, { via: proxy, autoReconnect: false })
    const heard = record(client, 'disconnected', 'error')
    await client.connect()
    proxy.cut()
    await until(() => heard.length === 1, 'the end')
    assert.equal(heard[0][1].willReconnect, false)
    await client.connect() // by hand it does
    assert.equal(client.isConnected(), true)
  })

  test('a token that has expired is asked for again when it comes back', async (t) => {
    const proxy = await Proxy.start(t, server)
    let asked = 0
    const client = clientOf(t, grace, {
      via: proxy,
      token: 'expired',
      getToken: async () => {
        asked++
        return grace.access
      },
    })
    await client.connect()
    assert.equal(asked, 1)
    client.api.setToken('expired again')
    const back = next(client, 'connected')
    proxy.cut()
    await back
    assert.equal(asked, 2)
  })

  test('4002: with another token it comes back, and goes on', async (t) => {
    // No server of ours closes with it, as far as it is known here.
    const closing = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    t.after(() => closing.close())
    await once(closing, 'listening')
    let connections = 0
    closing.on('connection', (socket) => {
      if (++connections === 1) socket.close(4002, 'the token expired')
    })
    const wsUrl = `ws://127.0.0.1:${closing.address().port}`
    let asked = 0
    const getToken = () => {
      asked++
      return grace.access
    }
    const client = clientOf(t, grace, { wsUrl, protocol: 'base', token: undefined, getToken })
    const heard = record(client, 'disconnected')
    client.connect()
    await until(() => connections === 2 && client.isConnected(), 'the second connection')
    assert.deepEqual(heard[0][1], { code: 4002, reason: 'the token expired', willReconnect: true })
    assert.equal(asked, 2)
  })

  for (const protocol of PROTOCOLS) {
    test(`${protocol}: a listener may leave and come back`, async (t) => {
      const { id } = await ada.conversation([grace], { type: 'group', name: 'left' })
      const client = clientOf(t, grace, { protocol })
      const heard = record(client, 'message.created')
      client.on('message.created', ({ seq_num: seq }, of) => {
        if (of !== id || seq % 4 !== 0) return
        client.disconnect()
        client.connect()
      })
      await client.connect()
      for (let i = 1; i <= 60; i++) await ada.send(id, `${i}`)
      await until(() => seqs(heard, id).length >= 60, () => `60, not ${seqs(heard, id)}`)
      assert.deepEqual(seqs(heard, id), Array.from({ length: 60 }, (_, i) => i + 1))
    })
  }

  test('disconnect while it waits is the end of it', async (t) => {
    const proxy = await Proxy.start(t, server)
    const client = clientOf(t, grace, { via: proxy, ...QUICK, reconnectInterval: 60_000 })
    await client.connect()
    const lost = next(client, 'disconnected')
    proxy.down()
    await lost
    const waiting = client.connect()
    client.disconnect()
    await assert.rejects(waiting, ChatConnectionError)
    proxy.up()
    assert.equal(client.isConnected(), false)
    await client.connect()
    assert.equal(client.isConnected(), true)
  })
})
