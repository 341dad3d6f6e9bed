// SPDX-License-Identifier: Apache-2.0
// http_connection.test.js: many requests on one connection, in whatever pieces they come (H16 to
// H18), and connections that are slow or silent.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { RawHttp, errorOf, exchange } from '../lib/http.js'
import { HOST, get, post, request } from '../lib/refused.js'
import { Server, startServer } from '../lib/server.js'
import { until } from '../lib/wait.js'

// Of the right form, so that the store is asked for it: its answer takes a while.
const BODY = `{"refresh_token":"rt_${'A'.repeat(43)}"}`
const LENGTH = `Content-Length: ${BODY.length}`
const CHUNKED = 'Transfer-Encoding: chunked'
const CHUNKS = `${BODY.length.toString(16)};a=b\r\n${BODY}\r\n0\r\nA: b\r\n\r\n`
const LAST = get('Connection: close')

let server
before(async () => (server = await Server.start()))
after(() => server.stop())

const statusesOf = (responses) => responses.map((response) => response.status)

describe('pieces', () => {
  const requests = [
    ['a GET', get('Connection: close'), [200]],
    ['a body with a length', post([LENGTH, 'Connection: close'], BODY), [401]],
    ['a body in chunks', post([CHUNKED, 'Connection: close'], CHUNKS), [401]],
    ['two requests', post([LENGTH], BODY) + LAST, [401, 200]],
    ['a bad chunk', post([CHUNKED], `z\r\n${BODY}`), [400]],
  ]
  for (const [name, bytes, expected] of requests) {
    test(`H18 ${name} means the same split at every byte`, async () => {
      const positions = Array.from({ length: bytes.length - 1 }, (_, i) => i + 1)
      const check = async (position) => {
        const connection = await RawHttp.open(server.port)
        await connection.write(bytes.slice(0, position))
        await connection.write(bytes.slice(position))
        const statuses = statusesOf(await connection.responses())
        connection.close()
        assert.deepEqual(statuses, expected, `split at ${position}`)
      }
      while (positions.length > 0) await Promise.all(positions.splice(0, 16).map(check))
    })

    test(`H18 ${name} means the same byte by byte`, async () => {
      const responses = await exchange(server.port, bytes, { pieceBytes: 1 })
      assert.deepEqual(statusesOf(responses), expected)
    })
  }
})

describe('pipelining', () => {
  test('H18 100 requests in one segment are answered in order', async () => {
    // A route that needs the store and one that does not, in turn: the quick may not overtake.
    const numbers = Array.from({ length: 100 }, (_, i) => i)
    const one = (i) => (i % 3 === 0 ? post([LENGTH], BODY) : request(`GET /x${i} HTTP/1.1`, HOST))
    const responses = await exchange(server.port, numbers.map(one).join('') + LAST)
    const expected = [...numbers.map((i) => (i % 3 === 0 ? 401 : 404)), 200]
    assert.deepEqual(statusesOf(responses), expected)
  })

  test('H18 100 requests byte by byte are answered in order', async () => {
    const numbers = Array.from({ length: 100 }, (_, i) => i)
    const one = (i) => (i % 2 === 0 ? get() : request(`GET /x${i} HTTP/1.1`, HOST))
    const bytes = numbers.map(one).join('') + LAST
    const responses = await exchange(server.port, bytes, { pieceBytes: 7 })
    assert.deepEqual(statusesOf(responses), [...numbers.map((i) => (i % 2 ? 404 : 200)), 200])
  })

  test('H18 garbage behind a good request gets a 400 after its answer', async () => {
    const responses = await exchange(server.port, `${get()}\x16\x03\x01\x02garbage\r\n\r\n${LAST}`)
    assert.deepEqual(statusesOf(responses), [200, 400])
    errorOf(responses[1])
  })

  test('H18 Connection: close is obeyed, and what follows it is not read', async () => {
    const responses = await exchange(server.port, LAST + LAST)
    assert.deepEqual(statusesOf(responses), [200])
  })

  test('H18 HTTP/1.0 closes, unless asked to stay', async () => {
    const old = request('GET /healthz HTTP/1.0')
    assert.deepEqual(statusesOf(await exchange(server.port, old + LAST)), [200])
    const staying = request('GET /healthz HTTP/1.0', 'Connection: keep-alive')
    assert.deepEqual(statusesOf(await exchange(server.port, staying + LAST)), [200, 200])
  })

  test('H18 a peer that has finished sending still gets its answers', async () => {
    const connection = await RawHttp.open(server.port)
    await connection.write(post([LENGTH], BODY) + get())
    connection.finish()
    assert.deepEqual(statusesOf(await connection.responses()), [401, 200])
    connection.close()
  })

  test('H18 half a request and then the end is no request', async () => {
    const connection = await RawHttp.open(server.port)
    await connection.write(post([LENGTH], BODY.slice(0, 5)))
    connection.finish()
    const statuses = statusesOf(await connection.responses())
    assert.ok(['', '400', '408'].includes(String(statuses)), String(statuses))
    connection.close()
  })

  test('H18 a client that does not read its answers costs nobody else', async () => {
    const greedy = await RawHttp.open(server.port)
    greedy.pause()
    const many = get().repeat(2000)
    for (let i = 0; i < 20; i++) greedy.write(many)
    const [response] = await exchange(server.port, LAST)
    assert.equal(response.status, 200)
    greedy.reset()
  })
})

describe('Expect', () => {
  test('H17 100-continue is answered before the body is sent', async () => {
    const connection = await RawHttp.open(server.port)
    await connection.write(post([LENGTH, 'Expect: 100-continue', 'Connection: close']))
    const interim = await connection.response()
    assert.equal(interim.status, 100)
    await connection.write(BODY)
    assert.deepEqual(statusesOf(await connection.responses()), [401])
    connection.close()
  })

  test('H17 100-continue with a body that is too large is refused at once', async () => {
    const head = post(['Content-Length: 100000000', 'Expect: 100-continue'])
    const responses = await exchange(server.port, head)
    assert.deepEqual(statusesOf(responses), [413])
  })

  test('H17 100-continue without a body needs no interim answer', async () => {
    const responses = await exchange(server.port, get('Expect: 100-continue', 'Connection: close'))
    assert.deepEqual(statusesOf(responses), [200])
  })

  test('H17 an unknown expectation is a 417', async () => {
    const responses = await exchange(server.port, post([LENGTH, 'Expect: x'], BODY) + LAST)
    assert.equal(responses[0].status, 417)
  })
})

describe('slow clients', () => {
  test('S1 a head that stops half-way is ended within its deadline', async () => {
    const connection = await RawHttp.open(server.port)
    await connection.write(`GET /healthz HTTP/1.1\r\n${HOST}\r\n`)
    const started = Date.now()
    const statuses = statusesOf(await connection.responses({}, 20_000))
    assert.ok(['', '408'].includes(String(statuses)), String(statuses))
    assert.ok(Date.now() - started < 15_000, 'the goal is 10 s')
    connection.close()
  })

  test('S1 an idle connection is closed after the idle timeout', async (t) => {
    const idle = await startServer(t, { args: ['--idle-timeout-sec', '1'] })
    const connection = await RawHttp.open(idle.port)
    await connection.write(get())
    assert.equal((await connection.response()).status, 200)
    assert.equal((await connection.rest(10_000)).length, 0)
    connection.close()
  })

  test('W22 200 connections that abort in the middle of a request harm nobody', async () => {
    const bytes = post([CHUNKED], CHUNKS)
    const abort = async (i) => {
      const connection = await RawHttp.open(server.port)
      await connection.write(bytes.slice(0, (i * 37) % bytes.length))
      connection.reset()
    }
    await Promise.all(Array.from({ length: 200 }, (_, i) => abort(i)))
    await until(async () => (await exchange(server.port, LAST))[0].status === 200, 'an answer')
  })
})
