// SPDX-License-Identifier: Apache-2.0
// http_framing.test.js: where a request ends (H1 to H7, H16, H19). Whoever can make two readers
// disagree about that can smuggle a request past the first of them.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { exchange } from '../lib/http.js'
import { HOST, assertRefused, assertUnderstood, get, post, request } from '../lib/refused.js'
import { Server } from '../lib/server.js'

const BODY = '{"refresh_token":"x"}'
const LENGTH = `Content-Length: ${BODY.length}`
const CHUNKED = 'Transfer-Encoding: chunked'
const CHUNKS = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`
const hidden = `GET /hidden HTTP/1.1\r\n${HOST}\r\n\r\n`

let server
before(async () => (server = await Server.start()))
after(() => server.stop())

// name, bytes, statuses
function refused(rows) {
  for (const [name, bytes, statuses = 400] of rows) {
    test(`${name} is refused and ends the connection`, () =>
      assertRefused(server.port, bytes, statuses))
  }
}

function understood(rows) {
  for (const [name, bytes, statuses = 401] of rows) {
    test(`${name} is understood`, () => assertUnderstood(server.port, bytes, statuses))
  }
}

describe('bodies that are good', () => {
  understood([
    ['H1 a length', post([LENGTH], BODY)],
    ['H1 chunks', post([CHUNKED], CHUNKS)],
    ['H5 chunks of one byte', post([CHUNKED], [...BODY, ''].map(chunk).join(''))],
    ['H5 a size with leading zeros', post([CHUNKED], `000${CHUNKS}`)],
    ['H7 a small unknown extension', post([CHUNKED], CHUNKS.replace('\r\n', ';a=b;c\r\n'))],
    ['H7 a small trailer', post([CHUNKED], CHUNKS.replace(/\r\n$/, 'A: b\r\n\r\n'))],
    ['H2 chunked in another case', post(['tRANSFER-eNCODING: Chunked'], CHUNKS)],
  ])
})

function chunk(text) {
  return text === '' ? '0\r\n\r\n' : `${text.length.toString(16)}\r\n${text}\r\n`
}

describe('two lengths', () => {
  refused([
    ['H1 Content-Length before Transfer-Encoding', post([LENGTH, CHUNKED], CHUNKS)],
    ['H1 Transfer-Encoding before Content-Length', post([CHUNKED, LENGTH], CHUNKS)],
    ['H1 Content-Length 0 beside chunks', post(['Content-Length: 0', CHUNKED], CHUNKS)],
  ])
})

describe('transfer codings', () => {
  const coding = (value) => post([`Transfer-Encoding: ${value}`], CHUNKS)
  refused([
    ['H2 gzip alone', coding('gzip'), [400, 501]],
    ['H2 identity', coding('identity')],
    ['H2 chunked, identity', coding('chunked, identity')],
    ['H2 chunked, chunked', coding('chunked, chunked')],
    ['H2 gzip, chunked', coding('gzip, chunked'), [400, 501]],
    ['H2 xchunked', coding('xchunked')],
    ['H2 ,chunked', coding(',chunked')],
    ['H2 chunked,', coding('chunked,')],
    ['H2 a vertical tab before chunked', coding('\x0bchunked')],
    ['H2 a no-break space before chunked', coding('\xa0chunked')],
    ['H2 an empty Transfer-Encoding', coding('')],
    ['H2 chunked in quotes', coding('"chunked"')],
    ['H2 Transfer-Encoding twice', post([CHUNKED, CHUNKED], CHUNKS)],
    ['H2 Transfer-Encoding twice, the other unknown',
      post([CHUNKED, 'Transfer-encoding: x'], CHUNKS)],
    ['H3 Transfer-Encoding on HTTP/1.0',
      request('POST /auth/refresh HTTP/1.0', HOST, CHUNKED, 'Content-Type: application/json') +
        CHUNKS],
    ['H3 Transfer-Encoding on HTTP/1.0 that stays open',
      request('POST /auth/refresh HTTP/1.0', HOST, 'Connection: keep-alive', CHUNKED) + CHUNKS],
  ])
})

describe('content lengths', () => {
  const values = ['+5', '-48', '0x10', '010', '1_0', '1Z', '', '18446744073709551616',
    '36893488147419103237', '5, 6', '5 5', '"5"', '\xa05', '5\x85', '5.0', '1e1']
  const length = (value) => post([`Content-Length: ${value}`], BODY)
  refused([
    ...values.map((value) => [`H4 Content-Length ${JSON.stringify(value)}`, length(value)]),
    ['H4 two different lengths', post([LENGTH, 'Content-Length: 5'], BODY)],
  ])

  test('H4 a length in two equal parts is refused or understood, and never split', async () => {
    const bytes = post([`Content-Length: ${BODY.length}, ${BODY.length}`], BODY)
    const [response, ...others] = await exchange(server.port, bytes + get('Connection: close'))
    assert.ok([400, 401].includes(response.status))
    assert.equal(others.length, response.status === 400 ? 0 : 1)
  })

  test('H4 a length beyond what is allowed is a 413 before the body is sent', () =>
    assertRefused(server.port, post(['Content-Length: 18446744073709551615']), 413))
})

describe('chunks', () => {
  const size = (text) => post([CHUNKED], `${text}\r\n${BODY}\r\n0\r\n\r\n`)
  const hex = BODY.length.toString(16)
  refused([
    ['H5 0x before a chunk size', size(`0x${hex}`)],
    ['H5 + before a chunk size', size(`+${hex}`)],
    ['H5 - before a chunk size', size('-1')],
    ['H5 a space before a chunk size', size(` ${hex}`)],
    ['H5 a space behind a chunk size', size(`${hex} `)],
    ['H5 an empty chunk size', size('')],
    ['H5 a chunk size of 17 digits', size(`1${'0'.repeat(14)}${hex}`)],
    ['H5 a chunk size of 2^64', size('10000000000000000')],
    ['H5 an underscore in a chunk size', size('1_5')],
    ['H5 a letter that is no digit', size('g')],
    ['H5 a bare CR in an extension', size(`${hex};a=b\r\rX`)],
    ['H6 a bare LF behind a chunk size', post([CHUNKED], `${hex}\n${BODY}\r\n0\r\n\r\n`)],
    ['H6 a bare LF behind a chunk', post([CHUNKED], `${hex}\r\n${BODY}\n0\r\n\r\n`)],
    ['H6 CR X behind a chunk', post([CHUNKED], `${hex}\r\n${BODY}\rX0\r\n\r\n`)],
    ['H6 bytes behind a chunk', post([CHUNKED], `${hex}\r\n${BODY}XX\r\n0\r\n\r\n`)],
    ['H6 XX behind the last chunk', post([CHUNKED], `${hex}\r\n${BODY}\r\n0\r\nXX`)],
    ['H6 a bare LF at the end', post([CHUNKED], `${hex}\r\n${BODY}\r\n0\r\n\n`)],
    ['H7 an extension of 64 KiB', size(`${hex};a=${'b'.repeat(65536)}`), [400, 413]],
    ['H7 64 KiB of extensions', post([CHUNKED], `1;${'a'.repeat(60)}\r\nx\r\n`.repeat(1024)),
      [400, 413]],
    ['H7 64 KiB of trailers', post([CHUNKED], `0\r\n${`A: ${'b'.repeat(60)}\r\n`.repeat(1024)}`),
      [400, 413, 431]],
    ['H7 a trailer without a colon', post([CHUNKED], '0\r\nA\r\n\r\n')],
    ['H19 a good chunk after a bad one', post([CHUNKED], `z\r\n${hidden}\r\n0\r\n\r\n`)],
  ])
})

describe('bodies where none is expected', () => {
  for (const [name, bytes] of [
    ['H16 a GET with a length', get(`Content-Length: ${hidden.length}`) + hidden],
    ['H16 a GET with chunks', get(CHUNKED) + chunk(hidden) + chunk('')],
  ]) {
    test(`${name} is drained, and its body is no request`, async () => {
      const responses = await exchange(server.port, bytes + get('Connection: close'))
      const statuses = responses.map((response) => response.status)
      assert.ok(['200,200', '400'].includes(String(statuses)), String(statuses))
    })
  }

  test('H16 HEAD has the headers of GET and no body', async () => {
    const head = request('HEAD /healthz HTTP/1.1', HOST)
    const [ofHead, last] = await assertUnderstood(server.port, head, 200, true)
    assert.equal(last.status, 200)
    assert.equal(ofHead.body.length, 0)
    assert.equal(ofHead.headers['content-length'], last.headers['content-length'])
    assert.equal(ofHead.headers['content-type'], last.headers['content-type'])
  })

  test('H16 HEAD of an unknown route has no body either', () =>
    assertUnderstood(server.port, request('HEAD /unknown HTTP/1.1', HOST), 404, true))

  test('H16 a 204 has no body and no length', async () => {
    const preflight = request('OPTIONS /v1/chat/conversations HTTP/1.1', HOST,
      `Origin: http://127.0.0.1:${server.port}`, 'Access-Control-Request-Method: POST')
    const [response] = await assertUnderstood(server.port, preflight, [200, 204])
    if (response.status === 204) assert.equal(response.headers['content-length'], undefined)
  })

  const upgrade = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==']
  refused([
    ['H16 an upgrade with a length',
      request('GET /ws HTTP/1.1', HOST, ...upgrade, `Content-Length: ${hidden.length}`) + hidden],
    ['H16 an upgrade with chunks',
      request('GET /ws HTTP/1.1', HOST, ...upgrade, CHUNKED) + chunk(hidden) + chunk('')],
  ])
})
