// SPDX-License-Identifier: Apache-2.0
// handshake.test.js: TLS as clients meet it: versions, kinds of keys, tickets, ALPN, with the stock
// openssl, curl and Node's own client; and what is no TLS, or takes too long to become it. What is
// said through it once it stands is in the other suites of this directory.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import https from 'node:https'
import { join } from 'node:path'
import tls from 'node:tls'
import WebSocket from 'ws'
import { RawConnection, RawHttp, errorOf } from '../lib/http.js'
import { makeTenant } from '../lib/people.js'
import { Server } from '../lib/server.js'
import { certificateDirectory, makeCertificate, tlsOptionsOf } from '../lib/tls.js'
import { until, within } from '../lib/wait.js'

const REQUEST = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
const HANDSHAKE_MS_MAX = 10_000 // TLS_HANDSHAKE_MS_MAX

let server
let ecdsa
let rsa

before(async () => {
  ecdsa = makeCertificate('ecdsa', { name: 'ecdsa' })
  rsa = makeCertificate('rsa', { name: 'rsa' })
  server = await Server.start({ tls: [ecdsa, rsa] })
})
after(() => server.stop())

// Run a program to its end, which may be a bad one: { code, output }.
function run(program, args, input = '') {
  return new Promise((resolve) => {
    const child = execFile(program, args, { timeout: 20_000 }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, output: stdout + stderr }))
    child.stdin.on('error', () => {}) // it may end before it reads
    child.stdin.end(input)
  })
}

// A request through `openssl s_client`, which trusts only `pair`.
function client(pair, ...args) {
  return run('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, '-CAfile', pair.cert,
    '-verify_return_error', '-ign_eof', ...args], REQUEST)
}

async function metric(name) {
  const { body } = await server.request('GET', '/metrics')
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(body)[1])
}

describe('openssl s_client', () => {
  for (const version of ['-tls1_2', '-tls1_3']) {
    test(`${version} with the ECDSA certificate`, async () => {
      const { code, output } = await client(ecdsa, version, '-alpn', 'h2,http/1.1')
      assert.equal(code, 0, output)
      assert.match(output, /HTTP\/1\.1 200 OK/)
      assert.match(output, /ALPN protocol: http\/1\.1/)
      assert.match(output, /Verification: OK/)
      assert.match(output, /Secure Renegotiation IS supported|TLSv1\.3/)
    })

    test(`${version} with the RSA certificate, for a client that knows no other`, async () => {
      const { code, output } = await client(rsa, version, '-sigalgs', 'RSA-PSS+SHA256:RSA+SHA256')
      assert.equal(code, 0, output)
      assert.match(output, /HTTP\/1\.1 200 OK/)
      assert.match(output, /CN = rsa/)
    })

    test(`${version} resumes a session with its ticket`, async () => {
      const file = join(certificateDirectory(), `session${version}`)
      const before = await metric('carillon_tls_handshakes_resumed_total')
      const first = await client(ecdsa, version, '-sess_out', file)
      const second = await client(ecdsa, version, '-sess_in', file)
      assert.match(first.output, /New, TLSv1/)
      assert.match(second.output, /Reused, TLSv1/)
      assert.match(second.output, /HTTP\/1\.1 200 OK/)
      assert.equal(await metric('carillon_tls_handshakes_resumed_total'), before + 1)
    })
  }

  for (const version of ['-tls1', '-tls1_1']) {
    test(`${version} is refused`, async () => {
      const { code, output } = await client(ecdsa, version, '-cipher', 'DEFAULT@SECLEVEL=0')
      assert.notEqual(code, 0)
      assert.match(output, /alert protocol version/)
    })
  }

  test('ciphers without forward secrecy or authentication of the data are refused', async () => {
    const ciphers = ['AES128-GCM-SHA256', 'ECDHE-RSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384']
    for (const cipher of ciphers) {
      const { code, output } = await client(rsa, '-tls1_2', '-cipher', `${cipher}:@SECLEVEL=0`)
      assert.notEqual(code, 0)
      assert.match(output, /alert handshake failure/, cipher)
    }
  })

  test('a client that speaks only HTTP/2 is told that we do not', async () => {
    const { code, output } = await client(ecdsa, '-alpn', 'h2')
    assert.notEqual(code, 0)
    assert.match(output, /alert no application protocol/)
  })

  test('a client may not renegotiate', async () => {
    const { output } = await run('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`,
      '-CAfile', ecdsa.cert, '-tls1_2'], 'R\n')
    assert.match(output, /RENEGOTIATING/)
    assert.match(output, /no renegotiation|alert/)
  })
})

describe('other clients', () => {
  test('curl', async () => {
    const url = `https://localhost:${server.port}/healthz`
    const { code, output } = await run('curl', ['-s', '-S', '-i', '--cacert', ecdsa.cert,
      '--resolve', `localhost:${server.port}:127.0.0.1`, url])
    assert.equal(code, 0, output)
    assert.match(output, /^HTTP\/1\.1 200 OK/)
    const stranger = makeCertificate()
    const refused = await run('curl', ['-s', '--cacert', stranger.cert, url])
    assert.notEqual(refused.code, 0)
  })

  test('a WebSocket as a browser opens it, at the address that it is told', async () => {
    const [ada] = await makeTenant(server, 'Ada')
    const { token, ws_url: url } = await ada.messagingToken()
    assert.equal(url, `wss://127.0.0.1:${server.port}/ws`)
    const ws = new WebSocket(`${url}?token=${token}`, {
      ...tlsOptionsOf(server.port), origin: `https://127.0.0.1:${server.port}`,
    })
    await within(new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject)),
      'the WebSocket')
    const heard = []
    ws.on('message', (data) => heard.push(JSON.parse(data)))
    const { id } = await ada.conversation([], { type: 'group', name: 'one' })
    await until(() => heard.some((message) => message.conversation_id === id), 'the event')
    const closed = new Promise((resolve) => ws.once('close', (code) => resolve(code)))
    ws.close(1000)
    assert.equal(await within(closed, 'the close'), 1000)
  })

  test('a client that says goodbye hears it, too', async () => {
    const options = { port: server.port, host: '127.0.0.1', ...tlsOptionsOf(server.port) }
    const socket = tls.connect(options)
    await within(new Promise((resolve) => socket.once('secureConnect', resolve)), 'a connection')
    const ended = new Promise((resolve, reject) =>
      socket.once('end', resolve).once('error', reject))
    socket.resume()
    socket.end() // close_notify; the answer to it is the server's own
    await within(ended, 'the close_notify of the server')
  })

  test('many at once, while others take their time', async () => {
    const slow = await Promise.all(Array.from({ length: 100 }, () =>
      RawConnection.open(server.port, { plain: true })))
    await Promise.all(slow.map((connection) => connection.write('\x16\x03\x01')))
    const agent = new https.Agent({ maxSockets: 100, keepAlive: false })
    const options = { port: server.port, host: '127.0.0.1', path: '/healthz', agent }
    const get = (resolve, reject) =>
      https.get({ ...options, ...tlsOptionsOf(server.port) }, (response) => {
        response.resume()
        resolve(response.statusCode)
      }).on('error', reject)
    const statuses = await Promise.all(Array.from({ length: 200 }, () => new Promise(get)))
    assert.ok(statuses.every((status) => status === 200))
    agent.destroy()
    for (const connection of slow) connection.close()
  })
})

describe('what is no TLS', () => {
  test('HTTP in clear is answered in clear, and ends', async () => {
    const connection = await RawHttp.open(server.port, { plain: true })
    await connection.write('POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{"em')
    const [response] = await connection.responses()
    assert.equal(response.status, 400)
    assert.equal(errorOf(response).code, 'tls_required')
    assert.equal(response.headers.connection, 'close')
  })

  test('rubbish gets an alert at most, and ends', async () => {
    const before = await metric('carillon_tls_failures_total')
    const inputs = ['\x16\x03\x01\x00\x03\x01\x00\x00', '\x00\x01\x02\x03\x04\x05\x06\x07',
      '\x80\x80\x01\x03\x01', '\x15\x03\x01\x00\x02\x02\x28', '\x17\x03\x03\x00\x05hello']
    for (const bytes of inputs) {
      const connection = await RawConnection.open(server.port, { plain: true })
      await connection.write(bytes)
      connection.finish()
      const rest = await connection.rest()
      assert.ok(rest.length <= 7, rest.toString('hex'))
      if (rest.length > 0) assert.equal(rest[0], 0x15)
      connection.close()
    }
    await until(async () => await metric('carillon_tls_failures_total') >= before + 3,
      'the failures to be counted')
  })

  test('resets at every point of the handshake leave nothing behind', async () => {
    const hello = await clientHello()
    for (let length = 0; length <= hello.length; length += 13) {
      const connection = await RawConnection.open(server.port, { plain: true })
      if (length > 0) await connection.write(hello.subarray(0, length))
      connection.reset()
    }
    await until(async () => await metric('carillon_connections') <= 2, 'the connections to be gone')
    assert.equal((await server.request('GET', '/healthz')).status, 200)
  })

  test('a handshake that takes too long is given up', async () => {
    const hello = await clientHello()
    const begun = performance.now() // before the server can have begun to count
    const silent = await RawConnection.open(server.port, { plain: true })
    const slow = await RawConnection.open(server.port, { plain: true })
    const timer = setInterval(() => slow.write(hello.subarray(0, 1)), 1000)
    await slow.write(hello.subarray(0, 100))
    await Promise.all([silent, slow].map(async (connection) => {
      assert.equal((await connection.rest(2 * HANDSHAKE_MS_MAX)).length, 0)
    }))
    clearInterval(timer)
    assert.ok(performance.now() - begun >= HANDSHAKE_MS_MAX - 100)
    for (const connection of [silent, slow]) connection.close()
  })
})

// The first bytes of a real client.
async function clientHello() {
  const { createServer } = await import('node:net')
  const listener = createServer()
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const hello = new Promise((resolve) =>
    listener.once('connection', (socket) => socket.once('data', (bytes) => {
      socket.destroy()
      resolve(bytes)
    })))
  tls.connect({ port: listener.address().port, host: '127.0.0.1' }).on('error', () => {})
  const bytes = await within(hello, 'a ClientHello')
  listener.close()
  return bytes
}
