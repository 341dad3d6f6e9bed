// SPDX-License-Identifier: Apache-2.0
// ws_raw.js: a WebSocket client that can say anything, also what no client may say. It builds
// frames bit by bit, and it reads the server's frames strictly (RFC 6455 section 5).
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { RawHttp } from './http.js'

export const OP = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 }

const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

// ---- Building ----

// One frame. options: fin, rsv (0 to 7), isMasked, key (4 bytes), lengthBytes (0, 2 or 8, to
// choose a length that is not the shortest), length (a BigInt or number that is told instead of
// the true one).
export function frame(opcode, payload = '', options = {}) {
  const { fin = true, rsv = 0, isMasked = true, key = randomBytes(4) } = options
  const bytes = Buffer.from(payload)
  const length = BigInt(options.length ?? bytes.length)
  const lengthBytes = options.lengthBytes ?? shortestLengthBytes(length)
  const head = Buffer.alloc(2 + lengthBytes)

  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  head[1] = (isMasked ? 0x80 : 0) | { 0: Number(length & 0x7fn), 2: 126, 8: 127 }[lengthBytes]
  if (lengthBytes === 2) head.writeUInt16BE(Number(length), 2)
  if (lengthBytes === 8) head.writeBigUInt64BE(length, 2)
  return Buffer.concat(isMasked ? [head, key, mask(bytes, key)] : [head, bytes])
}

function shortestLengthBytes(length) {
  if (length < 126n) return 0
  return length < 65536n ? 2 : 8
}

function mask(bytes, key) {
  const masked = Buffer.from(bytes)
  for (let i = 0; i < masked.length; i++) masked[i] ^= key[i & 3]
  return masked
}

export const text = (payload, options) => frame(OP.TEXT, payload, options)
export const binary = (payload, options) => frame(OP.BINARY, payload, options)
export const ping = (payload, options) => frame(OP.PING, payload, options)
export const pong = (payload, options) => frame(OP.PONG, payload, options)

// A close frame; without a code its payload is empty.
export function close(code, reason = '', options) {
  if (code === undefined) return frame(OP.CLOSE, '', options)
  const payload = Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)])
  return frame(OP.CLOSE, payload, options)
}

// One message in frames of at most `pieceBytes`.
export function fragments(opcode, payload, pieceBytes) {
  const bytes = Buffer.from(payload)
  const frames = []
  for (let at = 0; at === 0 || at < bytes.length; at += pieceBytes) {
    const fin = at + pieceBytes >= bytes.length
    const piece = bytes.subarray(at, at + pieceBytes)
    frames.push(frame(at === 0 ? opcode : OP.CONTINUATION, piece, { fin }))
  }
  return frames
}

// ---- Reading ----

function takeFrame(bytes) {
  if (bytes.length < 2) return null
  const opcode = bytes[0] & 0x0f
  let length = bytes[1] & 0x7f
  let at = 2
  assert.equal(bytes[0] & 0x70, 0, 'the server sets no reserved bit')
  assert.equal(bytes[1] & 0x80, 0, 'the server masks nothing')
  assert.ok(Object.values(OP).includes(opcode), `a known opcode, not ${opcode}`)
  if (length === 126) {
    if (bytes.length < 4) return null
    length = bytes.readUInt16BE(2)
    assert.ok(length >= 126, 'the shortest length')
    at = 4
  } else if (length === 127) {
    if (bytes.length < 10) return null
    length = Number(bytes.readBigUInt64BE(2))
    assert.ok(length >= 65536, 'the shortest length')
    at = 10
  }
  const fin = (bytes[0] & 0x80) !== 0
  if (opcode >= 8) assert.ok(fin && length <= 125, 'a control frame is whole and short')
  if (bytes.length < at + length) return null
  return { value: { fin, opcode, payload: bytes.subarray(at, at + length) }, used: at + length }
}

// The lines of a good handshake, as an object whose entries a test may change, remove (undefined)
// or repeat (an array).
export function handshakeHeaders(changes = {}) {
  return {
    Host: '127.0.0.1',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Version': '13',
    ...changes,
  }
}

export function handshakeBytes(target, headers, requestLine = `GET ${target} HTTP/1.1`) {
  const lines = Object.entries(headers)
    .filter(([, value]) => value !== undefined)
    .flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`))
  return Buffer.from([requestLine, ...lines, '', ''].join('\r\n'), 'latin1')
}

export class RawWs extends RawHttp {
  // Send a handshake and read its answer: { ws, response }. `early` follows in the same segment.
  static async handshake(port, target, { headers, requestLine, early = '' } = {}) {
    const all = handshakeHeaders(headers)
    const ws = await RawWs.open(port)
    try {
      const bytes = handshakeBytes(target, all, requestLine)
      await ws.write(Buffer.concat([bytes, Buffer.from(early)]))
      const response = await ws.response()
      ws.subprotocol = response.headers['sec-websocket-protocol']
      if (response.status === 101) checkAccept(response, all['Sec-WebSocket-Key'])
      return { ws, response }
    } catch (error) {
      ws.close()
      throw error
    }
  }

  // An open WebSocket, or an error with the status that was answered instead.
  static async connect(port, target = '/', options) {
    const { ws, response } = await RawWs.handshake(port, target, options)
    if (response.status === 101) return ws
    ws.close()
    const error = new Error(`the handshake was answered ${response.status}: ${response.body}`)
    error.response = response
    throw error
  }

  frame(deadlineMs) {
    return this.read(takeFrame, 'a frame', deadlineMs)
  }

  // Answer nothing and read until the server closes the connection: the frames before its close
  // frame, and the close frame's code (undefined when there was no close frame, 1005 when it had no
  // code) and reason.
  async ending(deadlineMs) {
    const rest = await this.rest(deadlineMs)
    const frames = []
    for (let at = 0; at < rest.length; ) {
      const taken = takeFrame(rest.subarray(at))
      assert.ok(taken, `whole frames only; ${rest.length - at} bytes are left`)
      at += taken.used
      if (taken.value.opcode === OP.CLOSE) {
        assert.equal(at, rest.length, 'nothing follows the close frame')
        return { frames, ...closeOf(taken.value.payload) }
      }
      frames.push(taken.value)
    }
    return { frames, code: undefined, reason: '' }
  }
}

function checkAccept(response, key) {
  const accept = createHash('sha1').update(key + ACCEPT_SUFFIX).digest('base64')
  assert.equal(response.headers['sec-websocket-accept'], accept)
  assert.equal(response.headers.upgrade?.toLowerCase(), 'websocket')
  assert.match(response.headers.connection ?? '', /^upgrade$/i)
  assert.equal(response.headers['sec-websocket-extensions'], undefined, 'nothing was offered')
}

export function closeOf(payload) {
  if (payload.length === 0) return { code: 1005, reason: '' }
  assert.ok(payload.length >= 2, 'a close frame has a whole code')
  return { code: payload.readUInt16BE(0), reason: payload.subarray(2).toString() }
}
