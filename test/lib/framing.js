// SPDX-License-Identifier: Apache-2.0
// framing.js: requests about where a request ends (H1 to H7, H16, H19), good and hostile ones,
// each as [name, bytes, statuses]. Whoever can make two readers disagree about that can smuggle a
// request past the first of them.
import { HOST, get, post, request } from './refused.js'

const BODY = '{"refresh_token":"x"}'
const LENGTH = `Content-Length: ${BODY.length}`
const CHUNKED = 'Transfer-Encoding: chunked'
const CHUNKS = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`

// A request inside of a body, for a route that nothing else here asks for.
export const HIDDEN_PATH = '/asyncapi.yaml'
const HIDDEN = `GET ${HIDDEN_PATH} HTTP/1.1\r\n${HOST}\r\n\r\n`

const chunk = (text) =>
  text === '' ? '0\r\n\r\n' : `${text.length.toString(16)}\r\n${text}\r\n`

// Understood, with a 401 as it is refused then.
export const goodBodies = [
  ['H1 a length', post([LENGTH], BODY)],
  ['H1 chunks', post([CHUNKED], CHUNKS)],
  ['H5 chunks of one byte', post([CHUNKED], [...BODY, ''].map(chunk).join(''))],
  ['H5 a size with leading zeros', post([CHUNKED], `000${CHUNKS}`)],
  ['H7 a small unknown extension', post([CHUNKED], CHUNKS.replace('\r\n', ';a=b;c\r\n'))],
  ['H7 a small trailer', post([CHUNKED], CHUNKS.replace(/\r\n$/, 'A: b\r\n\r\n'))],
  ['H2 chunked in another case', post(['tRANSFER-eNCODING: Chunked'], CHUNKS)],
]

export const twoLengths = [
  ['H1 Content-Length before Transfer-Encoding', post([LENGTH, CHUNKED], CHUNKS)],
  ['H1 Transfer-Encoding before Content-Length', post([CHUNKED, LENGTH], CHUNKS)],
  ['H1 Content-Length 0 beside chunks', post(['Content-Length: 0', CHUNKED], CHUNKS)],
]

const coding = (value) => post([`Transfer-Encoding: ${value}`], CHUNKS)
export const transferCodings = [
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
]

const values = ['+5', '-48', '0x10', '010', '1_0', '1Z', '', '18446744073709551616',
  '36893488147419103237', '5, 6', '5 5', '"5"', '\xa05', '5\x85', '5.0', '1e1']
const length = (value) => post([`Content-Length: ${value}`], BODY)
export const contentLengths = [
  ...values.map((value) => [`H4 Content-Length ${JSON.stringify(value)}`, length(value)]),
  ['H4 two different lengths', post([LENGTH, 'Content-Length: 5'], BODY)],
]
// Refused or understood, and never split.
export const EQUAL_LENGTHS = post([`Content-Length: ${BODY.length}, ${BODY.length}`], BODY)

const size = (text) => post([CHUNKED], `${text}\r\n${BODY}\r\n0\r\n\r\n`)
const hex = BODY.length.toString(16)
export const chunkFaults = [
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
  ['H19 a good chunk after a bad one', post([CHUNKED], `z\r\n${HIDDEN}\r\n0\r\n\r\n`)],
]

// Drained, or refused.
export const bodiesOfGet = [
  ['H16 a GET with a length', get(`Content-Length: ${HIDDEN.length}`) + HIDDEN],
  ['H16 a GET with chunks', get(CHUNKED) + chunk(HIDDEN) + chunk('')],
]

const upgrade = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==']
export const bodiesOfUpgrades = [
  ['H16 an upgrade with a length',
    request('GET /ws HTTP/1.1', HOST, ...upgrade, `Content-Length: ${HIDDEN.length}`) + HIDDEN],
  ['H16 an upgrade with chunks',
    request('GET /ws HTTP/1.1', HOST, ...upgrade, CHUNKED) + chunk(HIDDEN) + chunk('')],
]

// Everything that ends the connection.
export const refusedFramings =
  [...twoLengths, ...transferCodings, ...contentLengths, ...chunkFaults, ...bodiesOfUpgrades]
