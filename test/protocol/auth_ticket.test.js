// SPDX-License-Identifier: Apache-2.0
// auth_ticket.test.js: opening a socket: the messaging token (A6, A9), the origin (A11), and CORS.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { errorOf } from '../lib/http.js'
import { TIME, expectStatus, makeTenant } from '../lib/people.js'
import { Server, startServer } from '../lib/server.js'
import { hs256, makeToken, readToken, signingKey } from '../lib/tokens.js'
import { RawWs, handshakeBytes, handshakeHeaders } from '../lib/ws_raw.js'

let server
let ada
before(async () => {
  server = await Server.start()
  ;[ada] = await makeTenant(server, 'Ada')
})
after(() => server.stop())

// The status of a handshake with this token; the socket is closed.
async function statusOf(token, headers, on = server) {
  const query = token === undefined ? '' : `?token=${token}`
  const { ws, response } = await RawWs.handshake(on.port, `/ws${query}`, { headers })
  ws.close()
  if (response.status !== 101) errorOf(response)
  return response.status
}

const freshToken = async (person = ada) => (await person.messagingToken()).token

describe('the messaging token', () => {
  test('A9 the answer has a token, an absolute URL and an expiry a minute from now', async () => {
    const answer = await ada.messagingToken()
    const { token, ws_url: url, expires_at: expiresAt } = answer
    assert.deepEqual(answer.protocols, ['carillon.v1'])
    assert.equal(url, `${server.url.replace('http', 'ws')}/ws`)
    assert.match(expiresAt, TIME)
    const seconds = (Date.parse(expiresAt) - Date.now()) / 1000
    assert.ok(seconds > 50 && seconds < 70, `${seconds} s`)
    assert.equal(Math.floor(Date.parse(expiresAt) / 1000), readToken(token).payload.exp)
  })

  test('A9 no token, an empty one, rubbish and a forged one are a 401 before the 101', async () => {
    const good = await freshToken()
    const { header, payload } = readToken(good)
    const forged = makeToken(header, payload, hs256('another key'))
    for (const token of [undefined, '', 'x', 'a.b.c', forged, `${good}x`, `x${good}`]) {
      assert.equal(await statusOf(token), 401)
    }
    assert.equal(await statusOf(good), 101, 'none of these spent it')
  })

  test('A9 a token in a header, or given twice, opens nothing', async () => {
    const token = await freshToken()
    assert.equal(await statusOf(undefined, { Authorization: `Bearer ${token}` }), 401)
    assert.ok([400, 401].includes(await statusOf(`${token}&token=${token}`)))
  })

  test('A9 a token opens one socket', async () => {
    const token = await freshToken()
    assert.equal(await statusOf(token), 101)
    assert.equal(await statusOf(token), 401)
  })

  test('A9 of ten sockets with one token at once exactly one opens', async () => {
    for (let round = 0; round < 10; round++) {
      const token = await freshToken()
      const statuses = await Promise.all(Array.from({ length: 10 }, () => statusOf(token)))
      const opened = statuses.filter((status) => status === 101)
      assert.equal(opened.length, 1, String(statuses))
      assert.ok(statuses.every((status) => status === 101 || status === 401), String(statuses))
    }
  })

  test('A9 a token whose time is over is a 401', async () => {
    const key = signingKey(server)
    const { header, payload } = readToken(await freshToken())
    const late = (seconds) => {
      const exp = Math.floor(Date.now() / 1000) - seconds
      return makeToken(header, { ...payload, iat: exp - 60, exp }, hs256(key.secret))
    }
    assert.equal(await statusOf(late(62)), 401)
    assert.equal(await statusOf(late(600)), 401)
  })

  test('A9 the time of a token is an option', async (t) => {
    const short = await startServer(t, { args: ['--messaging-token-ttl-sec', '5'] })
    const [grace] = await makeTenant(short, 'Grace')
    const { expires_at: expiresAt } = await grace.messagingToken()
    const seconds = (Date.parse(expiresAt) - Date.now()) / 1000
    assert.ok(seconds > 2 && seconds <= 6, `${seconds} s`)
  })

  test('A9 a token that was used is not good again after a restart', async (t) => {
    const other = await startServer(t)
    const [grace] = await makeTenant(other, 'Grace')
    const token = await freshToken(grace)
    assert.equal(await statusOf(token, {}, other), 101)
    await other.kill9()
    await other.restart()
    assert.equal(await statusOf(token, {}, other), 401)
  })

  test('A9 a token of a session that was ended is a 401', async () => {
    const device = await ada.login()
    const token = await freshToken(device)
    expectStatus(await device.post('/auth/logout', { refresh_token: device.refresh }), 200)
    assert.equal(await statusOf(token), 401)
  })

  test('A9 public_url is where ws_url leads', async (t) => {
    const args = ['--public-url', 'https://chat.example.com']
    const published = await startServer(t, { args })
    const [grace] = await makeTenant(published, 'Grace')
    assert.equal((await grace.messagingToken()).ws_url, 'wss://chat.example.com/ws')
  })
})

describe('origins', () => {
  const withOrigin = async (origin, on, person) =>
    statusOf(await freshToken(person), { Origin: origin }, on)

  test('A11 no origin, the own one and localhost are allowed on a loopback address', async () => {
    const origins = [undefined, `http://127.0.0.1:${server.port}`, 'http://localhost:5173',
      'http://127.0.0.1:3000', 'http://localhost']
    for (const origin of origins) assert.equal(await withOrigin(origin, server, ada), 101, origin)
  })

  test('A11 any other origin is a 403 before the upgrade', async () => {
    const origins = ['https://example.com', 'null', 'http://localhost.evil.com',
      'http://evil-localhost', 'http://127.0.0.1.evil.com', 'http://127.0.0.1@evil.com',
      'file://', '', 'localhost', 'http://localhost:5173/path', 'http://evil.com:80#localhost',
      'ftp://localhost']
    for (const origin of origins) assert.equal(await withOrigin(origin, server, ada), 403, origin)
  })

  test('A11 a list of origins is matched exactly', async (t) => {
    const args = ['--allowed-origins', 'https://app.example.com,http://other.example:8080']
    const listed = await startServer(t, { args })
    const [grace] = await makeTenant(listed, 'Grace')
    const rows = {
      'https://app.example.com': 101,
      'http://other.example:8080': 101,
      'https://app.example.com.evil': 403,
      'https://sub.app.example.com': 403,
      'https://example.com': 403,
      'http://app.example.com': 403,
      'https://app.example.com:8443': 403,
      'https://app.example.com:443': 403,
      'HTTPS://APP.EXAMPLE.COM': 403,
      'https://user@app.example.com': 403,
      'https://app.example.com/': 403,
      'https://app.example.com https://evil.com': 403,
      'https://appxexample.com': 403,
      'http://other.example': 403,
      null: 403,
      'https://*': 403,
    }
    for (const [origin, status] of Object.entries(rows)) {
      assert.equal(await withOrigin(origin, listed, grace), status, origin)
    }
    assert.equal(await withOrigin(undefined, listed, grace), 101)
  })

  test('A11 a refused origin does not spend the token', async () => {
    const token = await freshToken()
    assert.equal(await statusOf(token, { Origin: 'https://evil.com' }), 403)
    assert.equal(await statusOf(token), 101)
  })

  test('A11 a wrong origin and a wrong token together tell nothing about the token', async () => {
    const ws = await RawWs.open(server.port)
    await ws.write(handshakeBytes('/ws?token=x', handshakeHeaders({ Origin: 'https://evil.com' })))
    assert.ok([401, 403].includes((await ws.response()).status))
    ws.close()
  })
})

describe('CORS', () => {
  const preflight = (origin, method = 'POST', path = '/v1/chat/messages/send') =>
    server.request('OPTIONS', path, {
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization, content-type',
      },
    })
  const listed = (header) => header.toLowerCase().split(/, */)

  test('A11 a preflight of an allowed origin says what is allowed', async () => {
    const id = ada.id
    for (const [method, path] of [['POST', '/v1/chat/messages/send'], ['PATCH', '/auth/profile'],
      ['DELETE', `/v1/chat/conversations/${id}/participants/${id}`],
      ['GET', '/v1/chat/conversations'], ['POST', '/v1/chat/conversations']]) {
      const { status, headers } = await preflight('http://localhost:5173', method, path)
      assert.ok([200, 204].includes(status))
      assert.equal(headers['access-control-allow-origin'], 'http://localhost:5173')
      assert.ok(listed(headers['access-control-allow-methods']).includes(method.toLowerCase()))
      const allowed = listed(headers['access-control-allow-headers'])
      assert.ok(allowed.includes('authorization') && allowed.includes('content-type'))
      assert.ok(listed(headers.vary).includes('origin'))
    }
  })

  test('A11 a preflight of another origin allows nothing', async () => {
    for (const origin of ['https://evil.com', 'null', 'http://localhost.evil.com']) {
      const { headers } = await preflight(origin)
      assert.equal(headers['access-control-allow-origin'], undefined)
    }
  })

  test('A11 an answer names the origin that asked, also when it is an error', async () => {
    const ask = (path, origin, token) =>
      server.request('GET', path, { token, headers: { origin } })
    for (const [path, token, status] of [['/auth/me', ada.access, 200], ['/auth/me', 'x', 401],
      ['/nothing', ada.access, 404]]) {
      const allowed = await ask(path, 'http://localhost:5173', token)
      assert.equal(allowed.status, status)
      assert.equal(allowed.headers['access-control-allow-origin'], 'http://localhost:5173')
      assert.ok(listed(allowed.headers.vary).includes('origin'))
      const other = await ask(path, 'https://evil.com', token)
      assert.equal(other.headers['access-control-allow-origin'], undefined)
    }
  })
})
