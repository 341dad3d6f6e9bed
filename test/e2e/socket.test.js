// SPDX-License-Identifier: Apache-2.0
// socket.test.js: what a client says on its socket and what it is answered, and live events.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { expectStatus, makeTenant, settle } from '../lib/people.js'
import { Server, startServer } from '../lib/server.js'
import { OP, RawWs } from '../lib/ws_raw.js'
import { until } from '../lib/wait.js'

let server
let ada
let grace
let first
let second
before(async () => {
  server = await Server.start()
  ;[ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  first = (await ada.conversation([grace], { type: 'group', name: 'first' })).id
  second = (await ada.conversation([grace], { type: 'group', name: 'second' })).id
})
after(() => server.stop())

const replies = (socket) => socket.heard.filter((one) => one.type !== 'event')

// Say something and wait for as many replies as are expected of it.
async function ask(socket, value, count = 1) {
  const before = replies(socket).length
  await socket.say(value)
  await socket.until(() => replies(socket).length >= before + count, `${count} replies`)
  return replies(socket).slice(before)
}

describe('subscriptions', () => {
  test('subscribe is answered with the ids that were accepted', async () => {
    const socket = await grace.socket()
    const [reply] = await ask(socket, { action: 'subscribe', conversation_ids: [first, second] })
    assert.deepEqual(reply, { type: 'subscribed', payload: [first, second] })
    await socket.close()
  })

  test('a conversation that is not mine is left out, and named in one error', async () => {
    const socket = await grace.socket()
    const foreign = (await ada.conversation([], { type: 'group', name: 'mine alone' })).id
    const unknown = randomUUID()
    const ids = [foreign, first, unknown]
    const answers = await ask(socket, { action: 'subscribe', conversation_ids: ids }, 2)
    const subscribed = answers.find((one) => one.type === 'subscribed')
    const error = answers.find((one) => one.type === 'error')
    assert.deepEqual(subscribed.payload, [first])
    assert.equal(typeof error.payload, 'string')
    assert.ok(error.payload.includes(foreign) && error.payload.includes(unknown), error.payload)
    assert.ok(!error.payload.includes(first))
    await settle(ada, first, [socket])
    await socket.close()
  })

  test('L7 a subscription beyond 128 conversations is an error that closes nothing', async () => {
    const socket = await grace.socket()
    const ids = Array.from({ length: 129 }, () => randomUUID())
    const answers = await ask(socket, { action: 'subscribe', conversation_ids: [...ids, first] })
    assert.ok(answers.some((one) => one.type === 'error'))
    await settle(ada, first, [socket])
    await socket.close()
  })

  test('what is no command is answered with an error, and the socket stays open', async () => {
    const socket = await grace.socket()
    const wrong = [
      '', 'hello', '{', '[]', '1', 'null', '{"action":}', '{}', '{"action":1}',
      '{"action":"fly"}', '{"action":"subscribe"}', '{"action":"subscribe","conversation_ids":"x"}',
      '{"action":"subscribe","conversation_ids":[1]}',
      '{"action":"subscribe","conversation_ids":["x"]}',
      '{"action":"subscribe","action":"subscribe","conversation_ids":[]}',
      `{"action":${'['.repeat(40)}${']'.repeat(40)}}`, '"\\ud800"',
    ]
    for (const value of wrong) {
      const [reply] = await ask(socket, value)
      assert.equal(reply.type, 'error', value)
      assert.equal(typeof reply.payload, 'string')
    }
    await settle(ada, first, [socket])
    assert.equal(socket.closed, null)
    await socket.close()
  })

  test('an error names the action that is unknown', async () => {
    const socket = await grace.socket()
    const [reply] = await ask(socket, { action: 'levitate' })
    assert.match(reply.payload, /levitate|action/)
    await socket.close()
  })

  test('a ping is answered with a pong, and nothing else follows from it', async () => {
    const socket = await grace.socket()
    assert.deepEqual(await ask(socket, { action: 'ping' }), [{ type: 'pong', payload: {} }])
    await settle(ada, first, [socket])
    assert.equal(replies(socket).length, 1)
    await socket.close()
  })

  test('unsubscribe is accepted, also of what was not subscribed', async () => {
    const socket = await grace.socket()
    await socket.say({ action: 'unsubscribe', conversation_ids: [first, second] })
    const [reply] = await ask(socket, { action: 'subscribe', conversation_ids: [first] })
    assert.deepEqual(reply, { type: 'subscribed', payload: [first] })
    await socket.close()
  })
})

describe('live events', () => {
  const typing = (id, state) => ada.post(`/v1/chat/conversations/${id}/typing`, { state })
  const heardTyping = (socket, id) => socket.heard
    .filter((one) => one.conversation_id === id && one.payload.type.startsWith('typing.'))
    .map((one) => one.payload.type)

  test('typing is heard by everybody, in the shape of the protocol', async () => {
    const socket = await grace.socket()
    assert.deepEqual(expectStatus(await typing(first, 'start'), 200), {})
    await socket.hears('typing.start')
    const envelope = socket.heard.find((one) => one.payload?.type === 'typing.start')
    assert.equal(envelope.conversation_id, first)
    const { conversation_id: id, user_id: user, at } = envelope.payload.payload
    assert.deepEqual([id, user], [first, ada.id])
    assert.ok(!Number.isNaN(Date.parse(at)))
    expectStatus(await typing(first, 'stop'), 200)
    await socket.hears('typing.stop')
    await socket.close()
  })

  test('with a focus, live events come from there only', async () => {
    const socket = await grace.socket()
    await ask(socket, { action: 'subscribe', conversation_ids: [second] })
    expectStatus(await typing(first, 'start'), 200)
    expectStatus(await typing(second, 'start'), 200)
    await socket.until(() => heardTyping(socket, second).length > 0, 'typing in the second')
    await settle(ada, first, [socket])
    assert.deepEqual(heardTyping(socket, first), [])
    await typing(second, 'stop')
    await socket.close()
  })

  test('a message of its author ends typing', async () => {
    const socket = await grace.socket()
    expectStatus(await typing(second, 'start'), 200)
    await socket.until(() => heardTyping(socket, second).includes('typing.start'), 'typing.start')
    await ada.send(second, 'done typing')
    await socket.until(() => heardTyping(socket, second).includes('typing.stop'), 'typing.stop')
    await socket.close()
  })
})

describe('the socket itself', () => {
  test('S5 a silent socket is pinged, and one that does not answer is closed', async (t) => {
    const eager = await startServer(t, { args: ['--ping-interval-sec', '1'] })
    const [joan] = await makeTenant(eager, 'Joan')
    const { token } = await joan.messagingToken()
    const silent = await RawWs.connect(eager.port, `/ws?token=${token}`)
    const polite = await joan.socket()
    const ping = await silent.frame()
    assert.equal(ping.opcode, OP.PING)
    await silent.rest(30_000)
    assert.equal(polite.closed, null, 'the one that answers stays')
    silent.close()
    await polite.close()
  })

  test('S3 a reader that has stopped keeps nobody else waiting', async () => {
    const stalled = await grace.socket()
    stalled.ws.pause()
    const lively = await grace.socket()
    const { id } = await ada.conversation([grace], { type: 'group', name: 'busy' })
    const count = 200
    for (let i = 0; i < count; i++) await ada.send(id, `${i}`)
    const heard = () => lively.heard.filter((one) => one.conversation_id === id &&
      one.payload.type === 'message.created').length
    await lively.until(() => heard() === count, `${count} messages`)
    stalled.ws.reset()
    await lively.close()
  })

  test('a client that vanishes is forgotten', async () => {
    const sockets = await Promise.all(Array.from({ length: 20 }, () => grace.socket()))
    for (const socket of sockets) socket.ws.reset()
    const probe = await grace.socket()
    await settle(ada, first, [probe])
    await probe.close()
    await until(() => sockets.every((socket) => socket.closed), 'all of them to be closed')
  })
})
