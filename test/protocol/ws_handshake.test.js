// SPDX-License-Identifier: Apache-2.0
// ws_handshake.test.js: the opening handshake of the real server (W18 to W23), with a good token,
// so that the handshake alone is at fault.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { errorOf, exchange } from '../lib/http.js'
import { makeTenant } from '../lib/people.js'
import { Server } from '../lib/server.js'
import { computedMs } from '../lib/stopwatch.js'
import { until } from '../lib/wait.js'
import { OP, RawWs, close, handshakeBytes, handshakeHeaders, ping, text } from '../lib/ws_raw.js'

const KEY = 'AAAAAAAAAAAAAAAAAAAAAA=='

let server
let ada
before(async () => {
  server = await Server.start()
  ;[ada] = await makeTenant(server, 'Ada')
})
after(() => server.stop())

async function target() {
  const { token } = await ada.messagingToken()
  return `/ws?token=${token}`
}

// The answer to a handshake with these changes; the connection is closed.
async function answer(headers, options = {}) {
  const path = await target()
  const requestLine = options.requestLine?.replace('TARGET', path)
  const { ws, response } = await RawWs.handshake(server.port, path, { headers, requestLine })
  ws.close()
  return response
}

describe('keys and versions', () => {
  const rows = [
    ['W20 no key', { 'Sec-WebSocket-Key': undefined }, 400],
    ['W20 an empty key', { 'Sec-WebSocket-Key': '' }, 400],
    ['W20 a key of 15 bytes', { 'Sec-WebSocket-Key': Buffer.alloc(15).toString('base64') }, 400],
    ['W20 a key of 17 bytes', { 'Sec-WebSocket-Key': Buffer.alloc(17).toString('base64') }, 400],
    ['W20 a key without padding', { 'Sec-WebSocket-Key': KEY.replace(/=/g, '') }, 400],
    ['W20 a key that is no base64', { 'Sec-WebSocket-Key': KEY.replace('A', '!') }, 400],
    ['W20 two keys', { 'Sec-WebSocket-Key': [KEY, KEY] }, 400],
    ['W20 no version', { 'Sec-WebSocket-Version': undefined }, 400],
    ['W20 two versions', { 'Sec-WebSocket-Version': ['13', '13'] }, 400],
    ['W20 a version that is no number', { 'Sec-WebSocket-Version': 'x' }, [400, 426]],
    ['W20 the version 8', { 'Sec-WebSocket-Version': '8' }, 426],
    ['W20 the version 14', { 'Sec-WebSocket-Version': '14' }, 426],
  ]
  for (const [name, headers, statuses] of rows) {
    test(`${name} is refused with ${statuses}`, async () => {
      const response = await answer(headers)
      assert.ok([statuses].flat().includes(response.status), String(response.status))
      errorOf(response)
      if (response.status === 426) assert.equal(response.headers['sec-websocket-version'], '13')
    })
  }
})

describe('who may upgrade', () => {
  const refusals = [
    ['W21 an upgrade by POST', {}, 'POST TARGET HTTP/1.1', [400, 405]],
    ['W21 an upgrade by HEAD', {}, 'HEAD TARGET HTTP/1.1', [400, 405]],
    ['W21 an upgrade on HTTP/1.0', {}, 'GET TARGET HTTP/1.0', [400, 426, 505]],
    ['W21 no Connection', { Connection: undefined }, undefined, [400, 426]],
    ['W21 Connection: close', { Connection: 'close' }, undefined, [400, 426]],
    ['W21 Connection: keep-alive', { Connection: 'keep-alive' }, undefined, [400, 426]],
    ['W21 no Upgrade', { Upgrade: undefined }, undefined, [400, 426]],
    ['W21 Upgrade: h2c', { Upgrade: 'h2c' }, undefined, [400, 426]],
    ['W21 Upgrade: websockets', { Upgrade: 'websockets' }, undefined, [400, 426]],
    ['W21 a body', { 'Content-Length': '5' }, undefined, [400]],
  ]
  for (const [name, headers, requestLine, statuses] of refusals) {
    test(`${name} is refused`, async () => {
      const path = await target()
      const line = requestLine?.replace('TARGET', path)
      const bytes = handshakeBytes(path, handshakeHeaders(headers), line)
      const isHead = requestLine?.startsWith('HEAD')
      const ws = await RawWs.open(server.port)
      await ws.write(bytes)
      const response = await ws.response({ isHead })
      ws.close()
      assert.ok(statuses.includes(response.status), String(response.status))
    })
  }

  const accepted = [
    ['W21 Connection: keep-alive, Upgrade', { Connection: 'keep-alive, Upgrade' }],
    ['W21 Connection in two lines', { Connection: ['keep-alive', 'upgrade'] }],
    ['W21 names and tokens in any case', { Connection: 'UPGRADE', Upgrade: 'WebSocket' }],
    ['W21 Content-Length: 0', { 'Content-Length': '0' }],
    ['W19 offers of compression, declined', {
      'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }],
    ['W19 100 strange offers, declined', {
      'Sec-WebSocket-Extensions': Array.from({ length: 100 }, (_, i) =>
        `permessage-deflate; server_max_window_bits=${i}; x="y"`).join(', ') }],
  ]
  for (const [name, headers] of accepted) {
    test(`${name}: the socket opens`, async () => {
      assert.equal((await answer(headers)).status, 101)
    })
  }

  test('W21 a GET of /ws that is no handshake is refused and the connection lives on', async () => {
    const lines = ['Host: a', '', '']
    const bytes = `GET ${await target()} HTTP/1.1\r\n${lines.join('\r\n')}` +
      'GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
    const [first, second] = await exchange(server.port, bytes)
    assert.ok([400, 426].includes(first.status))
    if (second) assert.equal(second.status, 200)
  })

  test('W21 a handshake at another path is a 404', async () => {
    const { ws, response } = await RawWs.handshake(server.port, '/other')
    ws.close()
    assert.equal(response.status, 404)
  })
})

describe('subprotocols', () => {
  test('W23 carillon.v1 is chosen when it is offered, and then hello comes first', async () => {
    const headers = { 'Sec-WebSocket-Protocol': 'other, carillon.v1' }
    const { ws, response } = await RawWs.handshake(server.port, await target(), { headers })
    assert.equal(response.status, 101)
    assert.equal(response.headers['sec-websocket-protocol'], 'carillon.v1')
    const hello = JSON.parse((await ws.frame()).payload)
    assert.equal(hello.type, 'hello')
    assert.equal(hello.payload.user_id, ada.id)
    ws.close()
  })

  test('W23 unknown protocols are declined by silence, and nothing is said first', async () => {
    const headers = { 'Sec-WebSocket-Protocol': 'other, Carillon.v1' }
    const { ws, response } = await RawWs.handshake(server.port, await target(), { headers })
    assert.equal(response.status, 101)
    assert.equal(response.headers['sec-websocket-protocol'], undefined)
    await ws.write(ping('first'))
    assert.equal((await ws.frame()).opcode, OP.PONG)
    ws.close()
  })

  test('W23 a protocol header of 30 kB of spaces is read in linear time', async () => {
    const before = computedMs(server.pid)
    const headers = { 'Sec-WebSocket-Protocol': `a,${' '.repeat(30_000)}b` }
    assert.ok([101, 400, 431].includes((await answer(headers)).status))
    const many = { 'Sec-WebSocket-Protocol': `${'a,'.repeat(15_000)}b` }
    assert.ok([101, 400, 431].includes((await answer(many)).status))
    assert.ok(computedMs(server.pid) - before < 2000)
  })

  test('W23 2,000 headers are a 431', async () => {
    const headers = { A: Array.from({ length: 2000 }, () => 'b') }
    assert.equal((await answer(headers)).status, 431)
  })
})

describe('the moment of the handshake', () => {
  test('W22 frames in the same segment as the handshake are read', async () => {
    const early = Buffer.concat([ping('one'), text('{"action":"x"}'), ping('two'), close(1000)])
    const { ws, response } = await RawWs.handshake(server.port, await target(), { early })
    assert.equal(response.status, 101)
    const { frames, code } = await ws.ending()
    const pongs = frames.filter((one) => one.opcode === OP.PONG).map((one) => `${one.payload}`)
    assert.deepEqual(pongs, ['one', 'two'])
    assert.equal(code, 1000)
    ws.close()
  })

  test('W22 a handshake byte by byte opens a socket', async () => {
    const ws = await RawWs.open(server.port)
    await ws.writePieces(handshakeBytes(await target(), handshakeHeaders()))
    assert.equal((await ws.response()).status, 101)
    await ws.write(ping('x'))
    assert.equal((await ws.frame()).payload.toString(), 'x')
    ws.close()
  })

  test('W22 100 clients that reset before or after the 101 leave nothing behind', async () => {
    const abort = async (i) => {
      const path = await target()
      const ws = await RawWs.open(server.port)
      await ws.write(handshakeBytes(path, handshakeHeaders()))
      if (i % 2 === 0) await ws.response()
      ws.reset()
    }
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 20 }, (_, i) => abort(i)))
    }
    await until(async () => (await sockets()) === 0, 'all sockets to be gone')
  })
})

// How many sockets the server counts, as the metrics tell.
async function sockets() {
  const { body } = await server.request('GET', '/metrics')
  const match = /^carillon_sockets (\d+)$/m.exec(body)
  assert.ok(match, body)
  return Number(match[1])
}
