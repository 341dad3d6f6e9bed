// SPDX-License-Identifier: Apache-2.0
// drain.test.js: case D8, how a server ends: nobody new, whoever is there is told when to come
// back, what was asked is answered, and all of it takes a bounded time, or none when one insists.
// The text of an agent's stream across it is in streams.test.js, under D9.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { Child } from '../lib/child.js'
import { Disk } from '../lib/disk.js'
import { RawConnection, RawHttp, errorOf } from '../lib/http.js'
import { expectStatus, makeTenant } from '../lib/people.js'
import { CARILLON, startServer, temporaryDirectory } from '../lib/server.js'
import { until, within } from '../lib/wait.js'

const WAVE_SOCKETS = 500 // FAREWELL_WAVE_SOCKETS
const WAVE_MS = 100 // FAREWELL_WAVE_MS
const PLAIN = 'the server restarts; connect again'
const skip = Disk.isPossible ? false : 'the runtime of a sanitizer wants to be loaded before it'

let scratch
before(() => (scratch = temporaryDirectory()))
after(() => rmSync(scratch, { recursive: true, force: true }))

const times = (count, make) => Promise.all(Array.from({ length: count }, (_, i) => make(i)))
const hintOf = (reason) => Number(new RegExp(`^${PLAIN} in (\\d+) ms$`).exec(reason)?.[1])

const isStopped = (pid) => /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))

// A request that is half there keeps a server from being done.
async function halfRequest(server) {
  const connection = await RawHttp.open(server.port)
  const head = ['POST /auth/login HTTP/1.1', 'Host: a', 'Content-Type: application/json',
    'Content-Length: 10', 'Expect: 100-continue', '', '']
  await connection.write(head.join('\r\n'))
  assert.equal((await connection.response()).status, 100)
  return connection
}

// Not all at once: whoever waits for a socket would wait for hundreds before it, too.
async function openSockets(count, open) {
  const sockets = []
  while (sockets.length < count) sockets.push(...await times(50, open))
  return sockets
}

describe('sockets', () => {
  test('D8 are told in waves; those of carillon.v1 when to come back', async (t) => {
    const args = ['--workers', '1', '--sockets-per-user-max', '0']
    const server = await startServer(t, { args })
    const [ada] = await makeTenant(server, 'Ada')
    const sockets = await openSockets(2 * WAVE_SOCKETS + 100,
      (i) => (i % 2 ? ada.socketV1() : ada.socket()))
    await server.terminate()
    for (const socket of sockets) await socket.ends()
    const hints = []
    for (const { ws, closed } of sockets) {
      assert.equal(closed.code, 1012)
      if (ws.subprotocol === undefined) assert.equal(closed.reason, PLAIN)
      else hints.push(hintOf(closed.reason))
    }
    assert.equal(hints.length, sockets.length / 2)
    // A second for the restart, the rest of the waves, and a millisecond for every connection:
    // beside the sockets those are our own of HTTP, 64 at most.
    for (const hint of hints) assert.ok(hint >= 1100 && hint < 1300 + 1164, `${hint}`)
    assert.ok(new Set(hints).size > 100, 'the hints are spread')
    assert.ok(Math.max(...hints) - Math.min(...hints) > 1000, 'over all of the time')
    // And so are the closes: of three waves the last one begins two pauses after the first. By the
    // server's clock, because we may find all of them at once.
    const loggedAt = (event) =>
      Date.parse(new RegExp(`^at=(\\S+) \\S+ event=${event} `, 'm').exec(server.log)[1])
    const tookMs = loggedAt('stopped') - loggedAt('stopping')
    assert.ok(tookMs >= 2 * WAVE_MS - 10, `${tookMs} ms`)
  })

  test('D8 are all told before the time is over, also when it is short', async (t) => {
    const args = ['--workers', '1', '--sockets-per-user-max', '0', '--drain-timeout-sec', '1']
    const server = await startServer(t, { args })
    const [ada] = await makeTenant(server, 'Ada')
    const sockets = await openSockets(WAVE_SOCKETS + 50, () => ada.socketV1())
    await server.terminate()
    for (const socket of sockets) assert.equal((await socket.ends()).code, 1012)
  })
})

describe('requests', () => {
  test('D8 nobody new is let in, and who is there hears that it is not ready', async (t) => {
    const server = await startServer(t, { args: ['--workers', '1'] })
    const [ada] = await makeTenant(server, 'Ada')
    const { token } = await ada.messagingToken()
    const [idle, asking, upgrading] = await times(3, () => RawHttp.open(server.port))
    // Half a request behind a whole one, so that it is known to have arrived.
    const half = async (connection, text) => {
      await connection.write(`GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n${text}`)
      assert.equal((await connection.response()).status, 200)
    }
    await half(asking, 'GET /readyz HTTP/1.1\r\nHost: a\r\n')
    await half(upgrading, `GET /ws?token=${token} HTTP/1.1\r\nHost: a\r\n`)
    server.child.process.kill('SIGTERM')
    await idle.rest() // closed: the worker has heard of it
    await assert.rejects(RawConnection.open(server.port), /ECONNREFUSED/)
    await asking.write('\r\n')
    const [ready] = await asking.responses()
    assert.equal(ready.status, 503)
    assert.equal(ready.body.toString(), 'stopping\n')
    assert.equal(ready.headers.connection, 'close')
    await upgrading.write('Connection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
    const [refused] = await upgrading.responses()
    assert.equal(refused.status, 503)
    assert.equal(errorOf(refused).code, 'restarting')
    for (const connection of [idle, asking, upgrading]) connection.close()
    assert.deepEqual(await within(server.child.ended, 'the end'), { code: 0, signal: null })
  })

  test('D8 a request that has arrived is answered, whether it was read or not', async (t) => {
    const server = await startServer(t, { args: ['--workers', '1'] })
    const connections = await times(50, () => RawHttp.open(server.port))
    for (const connection of connections) {
      await connection.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
      await connection.response()
    }
    server.child.process.kill('SIGSTOP')
    await until(() => isStopped(server.pid), 'the server to stand still')
    await times(50, (i) => connections[i].write('GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n'))
    server.child.process.kill('SIGTERM')
    server.child.process.kill('SIGCONT')
    for (const connection of connections) {
      const [answer] = await connection.responses()
      assert.ok([200, 503].includes(answer.status))
      connection.close()
    }
    assert.deepEqual(await within(server.child.ended, 'the end'), { code: 0, signal: null })
  })

  test('D8 who does not come to an end is cut off, and it is still an orderly one', async (t) => {
    const server = await startServer(t, { args: ['--drain-timeout-sec', '2'] })
    const connection = await halfRequest(server)
    const started = performance.now()
    await server.terminate()
    const took = performance.now() - started
    assert.ok(took > 1750, `nine tenths of the time are for connections: ${took} ms`)
    assert.match(server.log, /event=drain_timeout connections=1\n/)
    assert.match(server.log, /event=stopped /)
    connection.close()
  })
})

describe('a disk that hangs', () => {
  const start = async (t, args = ['--drain-timeout-sec', '1']) => {
    const disk = new Disk(scratch)
    const server = await startServer(t, { env: disk.env, args })
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const { id } = await ada.conversation([grace])
    disk.hangSyncs(true)
    const body = { conversation_id: id, content_text: 'slow' }
    const answer = ada.post('/v1/chat/messages/send', body).catch((error) => error)
    await until(() => disk.syncsHanging > 0, 'a sync')
    server.child.process.kill('SIGTERM')
    await server.child.output(/event=drain_timeout/)
    return { disk, server, ada, id, answer }
  }

  test('D8 is waited for', { skip }, async (t) => {
    const { disk, server, ada, id, answer } = await start(t)
    assert.equal(server.child.end, null)
    disk.hangSyncs(false)
    assert.deepEqual(await within(server.child.ended, 'the end'), { code: 0, signal: null })
    await answer
    await server.restart()
    assert.deepEqual((await ada.history(id)).map((one) => one.content_text), ['slow'])
  })

  test('D8 holds nobody who sends a second SIGTERM', { skip }, async (t) => {
    const { disk, server, answer } = await start(t)
    assert.deepEqual(await server.child.signal('SIGTERM'), { code: 1, signal: null })
    assert.match(server.child.stderr, /stopped.at.once/)
    disk.hangSyncs(false)
    await answer
  })

  test('D8 holds nobody at the start either', { skip }, async () => {
    const disk = new Disk(scratch)
    disk.hangSyncs(true)
    const args = ['serve', '--listen', '127.0.0.1:0', '--data', `${scratch}/never`]
    const child = new Child(CARILLON, args, disk.env)
    await until(() => disk.syncsHanging > 0, 'a sync')
    assert.deepEqual(await child.signal('SIGTERM'), { code: null, signal: 'SIGTERM' })
    disk.hangSyncs(false)
  })
})

test('D8 a second SIGTERM ends it at once, whoever is there', async (t) => {
  const server = await startServer(t, { args: ['--drain-timeout-sec', '60'] })
  const connection = await halfRequest(server)
  server.child.process.kill('SIGTERM')
  await server.child.output(/event=stopping/)
  server.child.process.kill('SIGHUP') // no time to reload
  assert.deepEqual(await server.child.signal('SIGTERM'), { code: 1, signal: null })
  assert.doesNotMatch(server.log, /event=reload/)
  connection.close()
})

test('D8 what was sent while it stopped is answered, or not there', async (t) => {
  const server = await startServer(t)
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const { id } = await ada.conversation([grace])
  const acknowledged = []
  const sender = async () => {
    for (;;) {
      const body = { conversation_id: id, content_text: 'x' }
      const answer = await ada.post('/v1/chat/messages/send', body).catch(() => null)
      if (answer === null || answer.status === 503) return
      acknowledged.push(expectStatus(answer, 201).id)
    }
  }
  const senders = times(8, sender)
  await until(() => acknowledged.length > 100, '100 messages')
  await server.terminate()
  await senders
  await server.restart()
  const stored = new Set((await ada.history(id)).map((message) => message.id))
  for (const one of acknowledged) assert.ok(stored.has(one))
})
