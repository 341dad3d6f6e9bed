// SPDX-License-Identifier: Apache-2.0
// http.js: two HTTP clients. RawHttp sends exactly the bytes it is given and reads responses
// strictly, for what is about bytes; requestJson is for what is about meaning.
import assert from 'node:assert/strict'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'
import { checkAnswer } from './contract.js'
import { certificateOf, tlsOptionsOf } from './tls.js'
import { within } from './wait.js'

// ---- Bytes ----

// A connection whose received bytes are read by whoever asks for them.
export class RawConnection {
  // With room behind it, so that megabytes in small pieces are not copied for every piece: whoever
  // reads that slowly is put out by the server.
  #received = Buffer.alloc(0)
  #room = Buffer.alloc(0)
  #waiting = null
  isEnded = false
  // The error that ended the connection: a reset is an end too, but not a polite one.
  error = null

  // With TLS where the port speaks it; `plain` does not, whatever the port wants. `tlsOptions` are
  // further options of tls.connect.
  static async open(port, { plain = false, tlsOptions = {} } = {}) {
    const connection = new this()
    const options = plain ? null : tlsOptionsOf(port)
    connection.tcp = net.connect({ port, host: '127.0.0.1', noDelay: true })
    connection.socket = options === null
      ? connection.tcp
      : tls.connect({ socket: connection.tcp, ...options, ...tlsOptions })
    connection.tcp.on('error', () => {}) // the socket's own error says it
    connection.socket.on('data', (bytes) => connection.#push(bytes))
    connection.socket.on('end', () => connection.#finish(null))
    connection.socket.on('close', () => connection.#finish(null))
    const connected = new Promise((resolve, reject) => {
      connection.socket.once(options === null ? 'connect' : 'secureConnect', resolve)
      connection.socket.on('error', (error) => {
        connection.#finish(error)
        reject(error)
      })
    })
    await within(connected, `a connection to port ${port}`)
    return connection
  }

  #push(bytes) {
    const length = this.#received.length + bytes.length
    if (bytes.length > this.#room.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * length, 4096))
      this.#received.copy(larger)
      this.#received = larger.subarray(0, this.#received.length)
      this.#room = larger.subarray(this.#received.length)
    }
    bytes.copy(this.#room)
    this.#room = this.#room.subarray(bytes.length)
    this.#received = Buffer.from(this.#received.buffer, this.#received.byteOffset, length)
    this.#wake()
  }

  #finish(error) {
    this.isEnded = true
    this.error ??= error
    this.#wake()
  }

  #wake() {
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.()
  }

  write(bytes) {
    const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes, 'latin1')
    return new Promise((resolve) => this.socket.write(buffer, () => resolve()))
  }

  // Each piece in a segment of its own, as far as the kernel lets one say so.
  async writePieces(bytes, pieceBytes = 1) {
    const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes, 'latin1')
    for (let at = 0; at < buffer.length && !this.isEnded; at += pieceBytes) {
      await this.write(buffer.subarray(at, at + pieceBytes))
    }
  }

  // Ask `take(received, isEnded)` until it gives { value, used }, as more bytes arrive.
  async read(take, what, deadlineMs) {
    const attempt = async () => {
      for (;;) {
        const taken = take(this.#received, this.isEnded)
        if (taken) {
          this.#received = this.#received.subarray(taken.used)
          return taken.value
        }
        if (this.isEnded) throw new Error(`the connection ended before ${what}`)
        await new Promise((resolve) => (this.#waiting = resolve))
      }
    }
    return within(attempt(), () => `${what}; received ${summary(this.#received)}`, deadlineMs)
  }

  // Everything that comes until the server closes.
  rest(deadlineMs) {
    const take = (received, isEnded) => isEnded && { value: received, used: received.length }
    return this.read(take, 'the end of the connection', deadlineMs)
  }

  // What has arrived and nobody has read yet.
  get pending() {
    return this.#received
  }

  // Read no more, so that the server's writes pile up.
  pause() {
    this.socket.pause()
  }

  // Our side is done, the server's may go on.
  finish() {
    this.socket.end()
  }

  reset() {
    this.tcp.resetAndDestroy()
  }

  close() {
    this.socket.destroy()
    this.tcp.destroy()
  }
}

function summary(bytes) {
  return `${bytes.length} bytes ${JSON.stringify(bytes.subarray(0, 300).toString('latin1'))}`
}

// ---- Responses ----

// Read one response from `bytes`: { value, used }, or null when it is not whole yet. Strict: what a
// lenient client would forgive, such as a bare LF, is an assertion that fails.
function takeResponse(bytes, { isHead = false } = {}) {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return null
  const [statusLine, ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const match = /^HTTP\/1\.1 ([1-5]\d\d) ([ -~]*)$/.exec(statusLine)
  assert.ok(match, `a status line: ${JSON.stringify(statusLine)}`)

  const [, status, reason] = match
  const response = { status: Number(status), reason, headers: {}, body: Buffer.alloc(0) }
  for (const line of lines) {
    const header = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\t -~\x80-\xff]*)$/.exec(line)
    assert.ok(header, `a header line: ${JSON.stringify(line)}`)
    const name = header[1].toLowerCase()
    assert.ok(!(name in response.headers) || name === 'vary', `${name} comes once`)
    response.headers[name] = header[2]
  }
  return takeBody(bytes, end + 4, response, isHead)
}

function takeBody(bytes, start, response, isHead) {
  const { status, headers } = response
  const hasNoBody = isHead || status < 200 || status === 204 || status === 304
  if (hasNoBody) return { value: response, used: start }
  if (headers['transfer-encoding'] === 'chunked') return takeChunks(bytes, start, response)
  assert.match(headers['content-length'] ?? '', /^\d+$/, 'a response says how long its body is')
  const used = start + Number(headers['content-length'])
  if (bytes.length < used) return null
  response.body = bytes.subarray(start, used)
  return { value: response, used }
}

function takeChunks(bytes, start, response) {
  const chunks = []
  for (let at = start; ; ) {
    const end = bytes.indexOf('\r\n', at)
    if (end < 0) return null
    const size = parseInt(bytes.subarray(at, end).toString('latin1'), 16)
    if (bytes.length < end + 2 + size + 2) return null
    chunks.push(bytes.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
    if (size === 0) {
      response.body = Buffer.concat(chunks)
      return { value: response, used: at }
    }
  }
}

export class RawHttp extends RawConnection {
  // The next response; isHead when it answers a HEAD and so has no body.
  response(options, deadlineMs) {
    return this.read((received) => takeResponse(received, options), 'a response', deadlineMs)
  }

  // All responses until the server closes; whatever follows the last one has to be nothing. isHead:
  // the first one answers a HEAD.
  async responses({ isHead = false } = {}, deadlineMs) {
    let rest = await this.rest(deadlineMs)
    const responses = []
    while (rest.length > 0) {
      const taken = takeResponse(rest, { isHead: isHead && responses.length === 0 })
      assert.ok(taken, `whole responses only: ${summary(rest)}`)
      responses.push(taken.value)
      rest = rest.subarray(taken.used)
    }
    return responses
  }
}

// Send exactly `bytes` and read all responses until the server closes. `pieceBytes` splits them.
export async function exchange(port, bytes, { pieceBytes, isHead } = {}) {
  const connection = await RawHttp.open(port)
  try {
    await (pieceBytes ? connection.writePieces(bytes, pieceBytes) : connection.write(bytes))
    return await connection.responses({ isHead })
  } finally {
    connection.close()
  }
}

// The body of an error: JSON of exactly the shape of protocol.md section 3.
export function errorOf(response) {
  assert.match(response.headers['content-type'] ?? '', /^application\/json\b/)
  const error = JSON.parse(response.body.toString())
  assert.equal(typeof error.error, 'string')
  assert.ok(error.error.length > 0)
  assert.match(error.code, /^[a-z][a-z0-9_]*$/)
  if (error.field !== undefined) assert.equal(typeof error.field, 'string')
  return error
}

// ---- Meaning ----

const agents = new Map()

function agentOf(port) {
  const key = `${port} ${certificateOf(port)}`
  if (!agents.has(key)) {
    const options = { keepAlive: true, maxSockets: 64, ...tlsOptionsOf(port) }
    agents.set(key, certificateOf(port) ? new https.Agent(options) : new http.Agent(options))
  }
  return agents.get(key)
}

// A request with a JSON body (when there is a `body`) and a bearer token (when there is a
// `token`): { status, headers, body }, the body parsed when it is JSON. `raw` sends a text as the
// body instead. The answer is held against docs/openapi.yaml.
export async function requestJson(port, method, path, { body, raw, token, headers = {} } = {}) {
  const text = raw ?? (body === undefined ? undefined : JSON.stringify(body))
  const all = { ...headers }
  if (token !== undefined) all.authorization = `Bearer ${token}`
  if (text !== undefined) {
    all['content-type'] ??= 'application/json'
    all['content-length'] = String(Buffer.byteLength(text))
  }
  const answer = new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path, headers: all, agent: agentOf(port) }
    const request = (certificateOf(port) ? https : http).request(options, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ response, bytes: Buffer.concat(chunks) }))
    })
    request.on('error', reject)
    request.end(text)
  })
  const { response, bytes } = await within(answer, `the answer to ${method} ${path}`)
  const isJson = (response.headers['content-type'] ?? '').startsWith('application/json')
  const parsed = isJson && bytes.length > 0 ? JSON.parse(bytes.toString()) : bytes.toString()
  const result = { status: response.statusCode, headers: response.headers, body: parsed }
  checkAnswer(method, path, result, body)
  return result
}
