// SPDX-License-Identifier: Apache-2.0
// http_head.test.js: request lines and header fields that are not what they should be (H8 to H15,
// H20, H21).
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { exchange } from '../lib/http.js'
import { HOST, assertRefused, assertUnderstood, get, post, request } from '../lib/refused.js'
import { Server } from '../lib/server.js'

let server
before(async () => (server = await Server.start()))
after(() => server.stop())

function refused(rows) {
  for (const [name, bytes, statuses = 400] of rows) {
    test(`${name} is refused and ends the connection`, () =>
      assertRefused(server.port, bytes, statuses))
  }
}

function understood(rows) {
  for (const [name, bytes, statuses = 200] of rows) {
    test(`${name} is understood`, () => assertUnderstood(server.port, bytes, statuses))
  }
}

const line = (text) => request(text, HOST)

describe('line ends and control bytes', () => {
  refused([
    ['H8 a bare CR in a value', get('A: b\rc')],
    ['H8 a bare CR in a name', get('A\rB: c')],
    ['H8 a bare CR in the request line', line('GET /health\rz HTTP/1.1')],
    ['H8 CR CR LF', get('A: b\r')],
    ['H8 a head that ends in CR LF CR X', `GET /healthz HTTP/1.1\r\n${HOST}\r\n\rX`],
    ['H8 bare LF everywhere', `GET /healthz HTTP/1.1\n${HOST}\n\n`],
    ['H8 a bare LF behind the request line', `GET /healthz HTTP/1.1\n${HOST}\r\n\r\n`],
    ['H8 a bare LF inside a value', get('A: b\nContent-Length: 5')],
    ['H8 a head that ends in LF', `GET /healthz HTTP/1.1\r\n${HOST}\r\n\n`],
    ['H9 NUL in a name', get('A\0: b')],
    ['H9 NUL in a value', get('A: b\0c')],
    ['H9 NUL in the target', line('GET /healthz\0 HTTP/1.1')],
    ['H9 ESC in a value', get('A: \x1b[31m')],
    ['H9 A0 in a name', get('A\xa0: b')],
    ['H9 A0 around the host', request('GET /healthz HTTP/1.1', 'Host: \xa0a')],
    ['H9 85 behind the host', request('GET /healthz HTTP/1.1', 'Host: a\x85')],
  ])
  understood([
    ['H9 bytes from 80 in a value nobody reads', get('A: \x80\xa0\xff')],
    ['H9 spaces and tabs around a value', get('A: \t b \t')],
  ])

  test('H9 a no-break space is not trimmed off a token', async () => {
    const me = request('GET /auth/me HTTP/1.1', HOST, 'Authorization: \xa0Bearer x',
      'Connection: close')
    const [response] = await exchange(server.port, me)
    assert.ok([400, 401].includes(response.status))
  })
})

describe('header names', () => {
  refused([
    ['H10 a space before the colon', post(['Content-Length : 5'], '{"a":')],
    ['H10 a tab before the colon', get('A\t: b')],
    ['H10 a space before the first header', `GET /healthz HTTP/1.1\r\n ${HOST}\r\n\r\n`],
    ['H10 a folded value', get('A: b', ' c')],
    ['H10 a folded value by tab', get('A: b', '\tc')],
    ['H10 a fold of nothing', get('A: b', ' ')],
    ['H10 a name split over lines', post(['Content-', 'Length: 5'], '{"a":')],
    ['H10 a line without a colon', get('A')],
    ['H10 an empty name', get(': b')],
    ['H10 a space in a name', get('A B: c')],
    ['H10 a bracket in a name', get('A[0]: c')],
  ])
  understood([['H10 every byte that a name may have', get("!#$%&'*+-.^_`|~09azAZ: b")]])
})

describe('the host', () => {
  const hosts = ['a b', 'a/b', 'a@b', 'a:b', 'a,b', '[::1', '::1', 'a?b', 'a#b', 'a\\b']
  refused([
    ['H11 no host on HTTP/1.1', request('GET /healthz HTTP/1.1')],
    ['H11 two hosts', get('Host: b')],
    ['H11 two equal hosts', get(HOST)],
    ...hosts.map((host) => [
      `H11 the host ${JSON.stringify(host)}`,
      request('GET /healthz HTTP/1.1', `Host: ${host}`),
    ]),
  ])
  understood([
    ['H11 no host on HTTP/1.0', request('GET /healthz HTTP/1.0')],
    ['H11 a host with a port', request('GET /healthz HTTP/1.1', 'Host: a.example:8080')],
    ['H11 an IPv6 host', request('GET /healthz HTTP/1.1', 'Host: [::1]:80')],
  ])
})

describe('the request line', () => {
  refused([
    ['H12 two spaces behind the method', line('GET  /healthz HTTP/1.1')],
    ['H12 two spaces before the version', line('GET /healthz  HTTP/1.1')],
    ['H12 a tab for a space', line('GET\t/healthz HTTP/1.1')],
    ['H12 a vertical tab for a space', line('GET\x0b/healthz HTTP/1.1')],
    ['H12 a leading space', line(' GET /healthz HTTP/1.1')],
    ['H12 a trailing space', line('GET /healthz HTTP/1.1 ')],
    ['H12 HTTP/1.32', line('GET /healthz HTTP/1.32'), [400, 505]],
    ['H12 HTTP/2.0', line('GET /healthz HTTP/2.0'), 505],
    ['H12 HTTP/4294967295.255', line('GET /healthz HTTP/4294967295.255'), [400, 505]],
    ['H12 http/1.1', line('GET /healthz http/1.1'), [400, 505]],
    ['H12 HTTP/1.1x', line('GET /healthz HTTP/1.1x'), [400, 505]],
    ['H12 no version', line('GET /healthz'), [400, 505]],
    ['H12 no target', line('GET HTTP/1.1')],
    ['H12 a preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400, 505]],
    ['H13 a method that is no token', line('G=":<> /healthz HTTP/1.1')],
    ['H13 a method of 10 kB', line(`${'G'.repeat(10000)} /healthz HTTP/1.1`), [400, 414, 501]],
  ])
  understood([
    ['H13 an unknown method', line('BREW /healthz HTTP/1.1'), [405, 501]],
    ['H13 a method in lower case', line('get /healthz HTTP/1.1'), [405, 501]],
  ])
})

describe('the target', () => {
  const path = (bytes) => '/' + 'a'.repeat(bytes - 1)
  refused([
    ['H14 a target of 8 KiB and a byte', line(`GET ${path(8193)} HTTP/1.1`), 414],
    ['H14 * with GET', line('GET * HTTP/1.1')],
    ['H14 a target without a slash', line('GET healthz HTTP/1.1')],
    ['H14 a fragment', line('GET /healthz#a HTTP/1.1')],
    ['H14 the authority form', line('CONNECT a:80 HTTP/1.1'), [400, 405, 501]],
  ])
  understood([
    ['H14 a target of 8 KiB', line(`GET ${path(8192)} HTTP/1.1`), 404],
    ['H14 the absolute form', line('GET http://127.0.0.1/healthz HTTP/1.1')],
    ['H14 * with OPTIONS', line('OPTIONS * HTTP/1.1'), [200, 204, 400, 404, 405]],
    ['H14 two slashes', line('GET //healthz HTTP/1.1'), [400, 404]],
    ['H14 a path with a dot segment', line('GET /auth/../healthz HTTP/1.1'), [400, 404]],
    ['H14 an encoded dot segment', line('GET /auth/%2e%2e/healthz HTTP/1.1'), [400, 404]],
    ['H14 an encoded slash', line('GET /v1%2fmessaging HTTP/1.1'), [400, 404]],
    ['H14 an encoded NUL', line('GET /healthz%00 HTTP/1.1'), 400],
    ['H14 an overlong dot', line('GET /%c0%ae/healthz HTTP/1.1'), 400],
    ['H14 half an escape', line('GET /healthz%2 HTTP/1.1'), 400],
    ['H14 an escaped letter, decoded once', line('GET /%68ealthz HTTP/1.1')],
    ['H14 a letter that is escaped twice', line('GET /%2568ealthz HTTP/1.1'), [400, 404]],
  ])
})

describe('sizes', () => {
  // With the Host, `count` header fields.
  const fields = (count) => Array.from({ length: count - 1 }, (_, i) => `A${i}: b`)
  // A head of exactly `bytes`, in which no line is very long.
  const block = (bytes) => {
    const lines = Array.from({ length: 31 }, (_, i) => `A${i}: ${'b'.repeat(990)}`)
    const missing = bytes - get(...lines, 'B: ').length
    return get(...lines, `B: ${'b'.repeat(missing)}`)
  }
  refused([
    ['H15 101 headers', get(...fields(101)), 431],
    ['H15 2,000 headers', get(...fields(2000)), 431],
    ['H15 a head of 32 KiB and a byte', block(32769), 431],
    ['H15 a head that never ends', `GET /healthz HTTP/1.1\r\nA: ${'b'.repeat(40000)}`, 431],
  ])
  understood([
    ['H15 100 headers', get(...fields(100))],
    ['H15 a head of 32 KiB', block(32768)],
  ])
})

describe('what comes before', () => {
  understood([['H20 one empty line before the request', `\r\n${get()}`]])
  refused([
    ['H20 two empty lines before the request', `\r\n\r\n${get()}`],
    ['H20 10,000 empty lines before the request', `${'\r\n'.repeat(10000)}${get()}`],
  ])
})

describe('what may be given once', () => {
  const twice = (name, value) => get(`${name}: ${value}`, `${name.toLowerCase()}: ${value}`)
  refused([
    ['H21 Authorization twice', twice('Authorization', 'Bearer x')],
    ['H21 Origin twice', twice('Origin', 'http://127.0.0.1')],
    ['H21 Upgrade twice', twice('Upgrade', 'websocket')],
    ['H21 Content-Type twice', twice('Content-Type', 'application/json')],
    ['H21 Sec-WebSocket-Key twice, with an upgrade', request('GET /ws HTTP/1.1', HOST,
      'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==')],
  ])
})
