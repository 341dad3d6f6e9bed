// SPDX-License-Identifier: Apache-2.0
// admission.test.js: who gets in when there is no room for everybody: cases L6, S1, S6, S8 and S9.
// ADMISSION_SOCKETS raises the number of sockets of S1 and S8 from what a test run can have.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Child } from '../lib/child.js'
import { RawHttp, errorOf } from '../lib/http.js'
import { EventSocket, expectStatus, makeTenant, settle, signup } from '../lib/people.js'
import { CARILLON, IS_SANITIZED, startServer, temporaryDirectory } from '../lib/server.js'
import { until } from '../lib/wait.js'
import { RawWs, handshakeBytes, handshakeHeaders } from '../lib/ws_raw.js'

const SOCKETS = Number(process.env.ADMISSION_SOCKETS ?? 300)
const HTTP_HEAD_MS_MAX = 9000
const STRANGER_PATIENCE_MS = 2000
const SLACK_MS = 5000 // of a loaded machine

const many = (count, make) => Promise.all(Array.from({ length: count }, (_, i) => make(i)))
const HEALTH = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'

async function metric(server, name) {
  const { body } = await server.request('GET', '/metrics')
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(body)[1])
}

const handshake = (token, headers) =>
  handshakeBytes(`/ws?token=${token}`, handshakeHeaders(headers))

// The answer to a handshake with this token, which may be a refusal; the connection stays open.
const tryHandshake = (server, token, headers) =>
  RawWs.handshake(server.port, `/ws?token=${token}`, { headers })

describe('L6 sockets of a user', () => {
  test('so many and not one more, over all workers and sessions', async (t) => {
    const server = await startServer(t, { args: ['--sockets-per-user-max', '3', '--workers', '2'] })
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const again = await ada.login()
    const { id } = await ada.conversation([grace])
    const sockets = [await ada.socket(), await again.socket(), await ada.socket()]
    const { token } = await again.messagingToken()
    const { ws, response } = await tryHandshake(server, token)
    assert.equal(response.status, 429)
    assert.equal(errorOf(response).code, 'too_many_sockets')
    assert.match(response.headers['retry-after'], /^\d+$/)
    ws.close()
    await (await grace.socket()).close() // nobody else is concerned

    // When one is closed there is room, and the refusal has not spent the token.
    await sockets.pop().close()
    const open = async () => {
      const ws = await RawWs.connect(server.port, `/ws?token=${token}`).catch(() => null)
      return ws && new EventSocket(ws)
    }
    sockets.push(await until(open, 'room for another socket'))
    await settle(ada, id, sockets)
    for (const socket of sockets) await socket.close()
  })
})

describe('L6 connections of an address', () => {
  test('so many and not one more; a closed one makes room', async (t) => {
    const args = ['--connections-per-address-max', '5']
    const server = await startServer(t, { args })
    const open = []
    for (let i = 0; i < 5; i++) {
      const connection = await RawHttp.open(server.port)
      await connection.write(HEALTH)
      assert.equal((await connection.response()).status, 200)
      open.push(connection)
    }
    const refused = await RawHttp.open(server.port)
    const response = await refused.response()
    assert.equal(response.status, 429)
    assert.equal(errorOf(response).code, 'too_many_connections')
    assert.match(response.headers['retry-after'], /^\d+$/)
    open.pop().close()
    await until(async () => {
      const connection = await RawHttp.open(server.port)
      await connection.write(HEALTH)
      const { status } = await connection.response()
      connection.close()
      return status === 200
    }, 'room for another connection')
    open.forEach((connection) => connection.close())
    refused.close()
  })

  test('behind a proxy it is the sockets of a client that are counted', async (t) => {
    const args = ['--connections-per-address-max', '2', '--trusted-proxies', '127.0.0.1']
    const server = await startServer(t, { args })
    const [ada] = await makeTenant(server, 'Ada')
    const open = []
    const attempt = async (client) => {
      const { token } = await ada.messagingToken()
      const { ws, response } = await tryHandshake(server, token, { 'X-Forwarded-For': client })
      open.push(ws)
      return response
    }
    // The proxy itself has any number of connections.
    const idle = await many(10, () => RawHttp.open(server.port))
    for (let i = 0; i < 2; i++) assert.equal((await attempt('192.0.2.1')).status, 101)
    const refused = await attempt('192.0.2.1')
    assert.equal(refused.status, 429)
    assert.equal(errorOf(refused).code, 'too_many_connections')
    assert.equal((await attempt('192.0.2.2')).status, 101)
    open[0].close()
    await until(async () => (await attempt('192.0.2.1')).status === 101, 'a place to be free again')
    for (const connection of [...open, ...idle]) connection.close()
  })
})

describe('L6 connections of the process', () => {
  test('one past the maximum hears 503, and the next one gets in when there is room', async (t) => {
    const server = await startServer(t, { args: ['--connections-max', '4', '--workers', '1'] })
    const open = await many(4, () => RawHttp.open(server.port))
    const refused = await RawHttp.open(server.port)
    await refused.write(HEALTH) // what it says does not keep it from hearing why
    const response = await refused.response()
    assert.equal(response.status, 503)
    assert.equal(errorOf(response).code, 'overloaded')
    assert.match(response.headers['retry-after'], /^\d+$/)
    refused.close()
    open.pop().close()
    await until(async () => {
      const { status } = await server.request('GET', '/healthz').catch(() => ({}))
      return status === 200
    }, 'room')
    assert.ok(await metric(server, 'carillon_connections_refused_total') >= 1)
    open.forEach((connection) => connection.close())
  })

  test('with 64 open files the listener survives', async (t) => {
    const data = temporaryDirectory()
    const command = `ulimit -n 64 && exec '${CARILLON}' serve --listen 127.0.0.1:0 ` +
      `--data '${data}' --password-memory-kib 8192`
    const child = new Child('bash', ['-c', command])
    t.after(async () => {
      const end = await child.signal('SIGTERM')
      assert.deepEqual(end, { code: 0, signal: null }, child.story())
      spawnSync('rm', ['-rf', data])
    })
    const match = await child.output(/^carillon: listening on http:\/\/127\.0\.0\.1:(\d+)$/m)
    const port = Number(match[1])
    for (let round = 0; round < 3; round++) {
      const all = await many(120, () => RawHttp.open(port).catch(() => null))
      // Those that were let in are answered, all others have been told or closed.
      const statuses = await many(all.length, async (i) => {
        if (!all[i]) return 0
        await all[i].write(HEALTH)
        const { status } = await all[i].response().catch(() => ({ status: 0 }))
        return status
      })
      const answered = statuses.filter((status) => status === 200).length
      assert.ok(answered >= 10 && answered <= 64, `${answered} of ${statuses.length} are answered`)
      all.forEach((connection) => connection?.close())
      // It takes connections again, once it has noticed that all of these are gone.
      await until(async () => {
        const connection = await RawHttp.open(port)
        await connection.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n')
        const { body } = await connection.response().catch(() => ({ body: '' }))
        connection.close()
        return /^carillon_connections [0-4]$/m.test(body.toString())
      }, 'the server to take connections again')
    }
  })
})

describe('S1 slow heads', () => {
  test('all are closed at their deadline, and handshakes never fail meanwhile', async (t) => {
    const server = await startServer(t)
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const { id } = await ada.conversation([grace])
    const began = Date.now()
    const slow = await many(SOCKETS, async () => {
      const connection = await RawHttp.open(server.port)
      await connection.write('GET /healthz HTTP/1.1\r\n')
      return connection
    })
    let isOver = false
    const dribble = () => slow.forEach((one) => one.isEnded || one.write('X: y\r\n'))
    const drip = setInterval(dribble, 1000)
    const ends = Promise.all(slow.map(async (one) => {
      const [response] = await one.responses({}, HTTP_HEAD_MS_MAX + 1000 + SLACK_MS)
      assert.equal(response.status, 408)
    })).finally(() => (isOver = true))
    let handshakes = 0
    while (!isOver) {
      const socket = await grace.socket()
      await settle(ada, id, [socket])
      await socket.close()
      handshakes++
    }
    await ends.finally(() => clearInterval(drip))
    const tookMs = Date.now() - began
    assert.ok(tookMs < HTTP_HEAD_MS_MAX + 1000 + SLACK_MS, `${tookMs} ms`)
    assert.ok(handshakes > 3, `${handshakes} handshakes`)
    t.diagnostic(`${SOCKETS} slow heads were gone after ${tookMs} ms; ${handshakes} handshakes`)
    slow.forEach((one) => one.close())
  })

  test('past the bound of strangers the oldest make room, and handshakes never fail', async (t) => {
    const args = ['--unauthenticated-max', '40', '--workers', '2']
    const server = await startServer(t, { args })
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const { id } = await ada.conversation([grace])
    const socket = await grace.socket()
    const flood = await many(40, () => RawHttp.open(server.port))
    await until(async () => (await metric(server, 'carillon_connections')) >= 40, 'the flood')
    // Nobody has waited long: the flood refuses itself, up to here.
    const began = Date.now()
    await until(() => Date.now() - began > STRANGER_PATIENCE_MS, 'their patience to end')
    for (let i = 0; i < 10; i++) await (await grace.socket()).close()
    const more = await many(30, () => RawHttp.open(server.port))
    await until(() => flood.filter((one) => one.isEnded).length >= 30, 'the oldest to make room')
    await settle(ada, id, [socket])
    assert.ok(await metric(server, 'carillon_connections_refused_total') >= 30)
    for (const one of [...flood, ...more]) one.close()
    await socket.close()
  })
})

test('S6 connections that come and go leave no memory behind', async (t) => {
  const server = await startServer(t)
  const [ada] = await makeTenant(server, 'Ada')
  const rss = () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(
    readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1])
  const storm = async (count) => {
    for (let done = 0; done < count; done += 50) {
      await many(50, async (i) => {
        const connection = await RawHttp.open(server.port)
        if (i % 5 === 1) await connection.write('GET /ws?token=')
        if (i % 5 === 2) await connection.write(handshake('x'))
        if (i % 5 === 3) await connection.write(HEALTH.repeat(20))
        if (i % 5 === 4) {
          const { token } = await ada.messagingToken()
          await connection.write(handshake(token))
        }
        if (i % 2) connection.reset()
        else connection.close()
      })
    }
    await until(async () => (await metric(server, 'carillon_connections')) <= 64, 'all to be gone')
  }
  await storm(1000)
  const before = rss()
  await storm(3000)
  const grown = rss() - before
  t.diagnostic(`RSS ${before} kB, ${grown} kB more after 3,000 connections`)
  // Of a sanitized server the leak sanitizer says it, when it ends.
  assert.ok(grown < 4096 || IS_SANITIZED, `${grown} kB more after 3,000 connections`)
})

test('S8 a reconnect of everybody at once is admitted, and nobody starves', async (t) => {
  const server = await startServer(t)
  const people = await makeTenant(server, 'Ada', 'Grace')
  const { id } = await people[0].conversation([people[1]], { type: 'group' })
  // By fifties: whoever asks waits for all who asked before, within its own deadline.
  const tokens = []
  while (tokens.length < SOCKETS) {
    tokens.push(...await many(50, async (i) => (await people[i % 2].messagingToken()).token))
  }
  const began = Date.now()
  const waits = []
  const sockets = await many(SOCKETS, async (i) => {
    const ws = await RawWs.connect(server.port, `/ws?token=${tokens[i]}`)
    waits.push(Date.now() - began)
    return new EventSocket(ws)
  })
  waits.sort((a, b) => a - b)
  t.diagnostic(`${SOCKETS} handshakes at once: half after ${waits[SOCKETS >> 1]} ms, ` +
    `all after ${waits.at(-1)} ms, none refused`)
  assert.equal(await metric(server, 'carillon_sockets_refused_total'), 0)
  await settle(people[0], id, sockets)
  await many(SOCKETS, (i) => sockets[i].close())
})

test('S9 a flood of logins does not hold up the chat', async (t) => {
  const server = await startServer(t)
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const { id } = await ada.conversation([grace])
  // A connection of its own: the flood takes all those of the client that is shared.
  const line = await RawHttp.open(server.port)
  const body = JSON.stringify({ conversation_id: id, content_text: 'x' })
  const send = ['POST /v1/chat/messages/send HTTP/1.1', 'Host: a', `Authorization: Bearer ${
    ada.access}`, 'Content-Type: application/json', `Content-Length: ${body.length}`, '', body]
  const chat = async () => {
    const tookMs = []
    for (let i = 0; i < 100; i++) {
      const began = performance.now()
      await line.write(send.join('\r\n'))
      assert.equal((await line.response()).status, 201)
      tookMs.push(performance.now() - began)
    }
    return tookMs.sort((a, b) => a - b)
  }
  const calm = await chat()
  const answers = []
  let number = 0
  // 200 a second, each for another account: the throttle has nothing against them.
  const flood = setInterval(() => {
    for (let i = 0; i < 10; i++) {
      const body = { email: `n${number++}@example.com`, password: 'wrong password' }
      const answer = server.request('POST', '/auth/login', { body })
      // Which of them are still waiting when the chat has been measured is not the question.
      answers.push(answer.then(({ status }) => status, () => 'late'))
    }
  }, 50)
  await until(() => answers.length >= 100, 'the flood')
  const busy = await chat()
  clearInterval(flood)
  line.close()
  const statuses = new Set(await Promise.all(answers))
  for (const status of statuses) assert.ok([401, 429, 503, 'late'].includes(status), `${status}`)
  t.diagnostic(`a send, median and p95: ${calm[50].toFixed(1)} and ${calm[95].toFixed(1)} ms ` +
    `in calm, ${busy[50].toFixed(1)} and ${busy[95].toFixed(1)} ms in the flood`)
  assert.ok(busy[50] < 20 * calm[50] + 100, 'the median send is not held up')
  expectStatus(await grace.get('/auth/me'), 200)
})

test('a token that is refused for want of room still opens a socket', async (t) => {
  const server = await startServer(t, { args: ['--sockets-per-user-max', '1'] })
  const ada = await signup(server, 'Ada')
  const socket = await ada.socket()
  const { token } = await ada.messagingToken()
  for (let i = 0; i < 3; i++) {
    const { ws, response } = await tryHandshake(server, token)
    assert.equal(response.status, 429)
    ws.close()
  }
  await socket.close()
  await until(async () => {
    const { ws, response } = await tryHandshake(server, token)
    ws.close()
    return response.status === 101
  }, 'the same token to be taken')
})
