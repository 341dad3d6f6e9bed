// SPDX-License-Identifier: Apache-2.0
// socket_limits.test.js: the bounds of an open WebSocket, each at the bound and one past it. Those
// that are times run side by side.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { RawConnection } from '../lib/http.js'
import { EventSocket, makeTenant, settle } from '../lib/people.js'
import { Server } from '../lib/server.js'
import { frame, OP, ping, RawWs } from '../lib/ws_raw.js'
import { until } from '../lib/wait.js'

const WS_COMMAND_IDS_MAX = 128
const WS_FRAMES_BURST_MAX = 200
const WS_FRAMES_PER_SEC_MAX = 20
const WS_TICK_MS = 5000
const WS_PONG_MS_MAX = 10_000
const WS_MESSAGE_MS_MAX = 10_000
const WS_STALLED_MS_MAX = 10_000
const PING_INTERVAL_MS = 1000
const HANDSHAKE_MS_MAX = 10_000
const SLACK_MS = 5000 // of a loaded machine

let server
let ada
let grace
let room
before(async () => {
  // One worker: its metrics then tell what was written before they were asked for.
  const args = ['--workers', '1', '--ping-interval-sec', String(PING_INTERVAL_MS / 1000)]
  server = await Server.start({ args })
  ;[ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  room = (await ada.conversation([grace], { type: 'group', name: 'room' })).id
})
after(() => server.stop())

const rawSocket = async (person) => {
  const { token } = await person.messagingToken()
  return RawWs.connect(server.port, `/ws?token=${token}`)
}

async function metric(name) {
  const { body: all } = await server.request('GET', '/metrics')
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(all)[1])
}

// The header of a frame of at most 125 bytes, and what follows it.
const split = (bytes) => [bytes.subarray(0, 6), bytes.subarray(6)]

const repliesOf = (socket) => socket.heard.filter((one) => one.type !== 'event')

describe('commands', () => {
  test('WS_COMMAND_IDS_MAX ids are looked at, one more is refused as a whole', async () => {
    const socket = await ada.socket()
    const ids = [room, ...Array.from({ length: WS_COMMAND_IDS_MAX - 1 }, () => randomUUID())]
    await socket.say({ action: 'subscribe', conversation_ids: ids })
    await socket.until(() => repliesOf(socket).length === 2, 'both replies')
    assert.deepEqual(repliesOf(socket)[0], { type: 'subscribed', payload: [room] })
    await socket.say({ action: 'subscribe', conversation_ids: [...ids, randomUUID()] })
    await socket.until(() => repliesOf(socket).length === 3, 'the refusal')
    assert.equal(repliesOf(socket)[2].type, 'error')
    assert.match(repliesOf(socket)[2].payload, /conversation_ids/)
    await settle(ada, room, [socket]) // and it is still open
    await socket.close()
  })
})

describe('sessions', () => {
  test('a name of WS_SESSION_ID_BYTES_MAX bytes is taken, one more is an error', async () => {
    const socket = await ada.socket()
    await socket.say({ action: 'subscribe_session', session_id: 's'.repeat(128) })
    await socket.say({ action: 'subscribe_session', session_id: 's'.repeat(129) })
    await socket.until(() => repliesOf(socket).length === 2, 'both replies')
    assert.equal(repliesOf(socket)[0].type, 'session_subscribed')
    assert.deepEqual(repliesOf(socket)[0].payload, { session_id: 's'.repeat(128) })
    assert.equal(repliesOf(socket)[1].type, 'error')
    assert.match(repliesOf(socket)[1].payload, /session_id/)
    await socket.close()
  })
})

describe('frames', () => {
  test('S5 WS_FRAMES_BURST_MAX frames at once are taken, one more ends with 1008', async () => {
    const ws = await rawSocket(ada)
    await ws.write(Buffer.concat(Array.from({ length: WS_FRAMES_BURST_MAX }, () => ping('x'))))
    for (let i = 0; i < WS_FRAMES_BURST_MAX; i++) assert.equal((await ws.frame()).opcode, OP.PONG)
    // What may come in the meantime (WS_FRAMES_PER_SEC_MAX) is less than what follows here.
    const flood = WS_FRAMES_BURST_MAX + 1 + (WS_FRAMES_PER_SEC_MAX * WS_TICK_MS) / 1000
    await ws.write(Buffer.concat(Array.from({ length: flood }, () => ping('x'))))
    assert.equal((await ws.ending()).code, 1008)
    ws.close()
  })
})

describe('times', { concurrency: true }, () => {
  // Who a socket is for is known before it is one, so it is the handshake that may not be silent.
  test('S2 a handshake that stops half-way is closed within 10 s', async () => {
    const { token } = await grace.messagingToken()
    const connection = await RawConnection.open(server.port)
    const began = Date.now()
    await connection.write(`GET /ws?token=${token} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: webso`)
    await connection.rest(HANDSHAKE_MS_MAX + SLACK_MS)
    assert.ok(Date.now() - began < HANDSHAKE_MS_MAX + SLACK_MS)
    connection.close()
    const socket = await EventSocket.open(server, token) // it is not spent
    await socket.close()
  })

  test('S4 a frame that comes a byte a second is not waited for', async () => {
    const ws = await rawSocket(grace)
    const began = Date.now()
    const [header, payload] = split(frame(OP.TEXT, JSON.stringify({ action: 'x'.repeat(90) })))
    let sent = 0
    await ws.write(header)
    const trickle = setInterval(() => ws.write(payload.subarray(sent, ++sent)), 1000)
    const deadlineMs = WS_MESSAGE_MS_MAX + 2 * WS_TICK_MS + SLACK_MS
    const { code } = await ws.ending(deadlineMs).finally(() => clearInterval(trickle))
    assert.equal(code, 1008)
    assert.ok(sent < payload.length && Date.now() - began >= WS_MESSAGE_MS_MAX, 'not before')
    ws.close()
  })

  test('S4 a frame of which nothing but the header comes is not waited for', async () => {
    const ws = await rawSocket(ada)
    const [header] = split(frame(OP.TEXT, JSON.stringify({ action: 'x'.repeat(90) })))
    await ws.write(header)
    // Not even pings may come within a frame: the silence ends it, as that of any other socket.
    await ws.rest(WS_PONG_MS_MAX + WS_MESSAGE_MS_MAX + 2 * WS_TICK_MS + SLACK_MS)
    ws.close()
  })

  test('a peer that answers no ping for WS_PONG_MS_MAX is dropped, another is not', async () => {
    const [deaf, alive] = [await rawSocket(grace), await grace.socket()]
    const began = Date.now()
    await deaf.rest(PING_INTERVAL_MS + WS_PONG_MS_MAX + 2 * WS_TICK_MS + SLACK_MS)
    assert.ok(Date.now() - began >= WS_PONG_MS_MAX, 'not before')
    await settle(ada, room, [alive])
    await alive.close()
    deaf.close()
  })

  test('W17 a message unfinished for WS_MESSAGE_MS_MAX ends with 1008', async () => {
    const ws = await rawSocket(grace)
    const began = Date.now()
    await ws.write(frame(OP.TEXT, '{"action":', { fin: false }))
    // Pings in between keep it alive, but do not finish the message.
    const chatter = setInterval(() => ws.write(ping('still here')), PING_INTERVAL_MS)
    const deadlineMs = WS_MESSAGE_MS_MAX + 2 * WS_TICK_MS + SLACK_MS
    const { code } = await ws.ending(deadlineMs).finally(() => clearInterval(chatter))
    assert.equal(code, 1008)
    assert.ok(Date.now() - began >= WS_MESSAGE_MS_MAX, 'not before')
    ws.close()
  })

  // An edit carries its text to everybody: the kernel's buffers fill, and then the server's bytes
  // for the stalled reader wait in the server. Once may be for a moment only, when the kernel of a
  // busy machine is behind with what it has; so it has to be twice.
  async function fillUntilBlocked(author, messageId, alive) {
    const editText = 'y'.repeat(60_000)
    let blocked = 0
    for (let edits = 1; ; edits++) {
      const before = await metric('carillon_sent_bytes_total')
      await author.patch(`/v1/chat/messages/${messageId}`, { content_text: `${edits}${editText}` })
      await alive.hears('message.edited', edits)
      const sent = (await metric('carillon_sent_bytes_total')) - before
      blocked = sent < 2.5 * editText.length ? blocked + 1 : 0 // the reply and one of the sockets
      if (blocked === 2) return
      assert.ok(edits < 1000, 'the kernel buffers less than 60 MB')
    }
  }

  // They run side by side, so the first to be dropped may be of either.
  async function expectDropped(idleMs, droppedCount) {
    const [sue, tom] = await makeTenant(server, 'Sue', 'Tom') // whose events nobody else hears
    const lonely = (await sue.conversation([tom], { type: 'group', name: 'lonely' })).id
    const { id } = await sue.send(lonely, 'to be edited')
    const [stalled, alive] = [await rawSocket(tom), await sue.socket()]
    stalled.pause()
    const paused = Date.now()
    await until(() => Date.now() - paused >= idleMs, 'the reader to be pinged')
    await fillUntilBlocked(sue, id, alive)
    const isDropped = async () =>
      (await metric('carillon_listeners_dropped_total')) >= droppedCount
    await until(isDropped, 'the stalled reader to be dropped', WS_STALLED_MS_MAX + 2 * SLACK_MS)
    assert.ok(Date.now() - paused >= WS_STALLED_MS_MAX - WS_TICK_MS, 'not before')
    await settle(sue, lonely, [alive])
    await alive.close()
    stalled.close()
  }

  test('S3 a reader that takes nothing for WS_STALLED_MS_MAX is dropped', () =>
    expectDropped(0, 1))

  // When its time for an answer is over, the ping stands behind what is owed.
  test('S3 one who answers no ping meanwhile is dropped, and not taken for gone', () =>
    expectDropped(7000, 2))
})
