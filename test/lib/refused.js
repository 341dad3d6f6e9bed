// SPDX-License-Identifier: Apache-2.0
// refused.js: assertions about a request that may be read in one way only. Each hostile request is
// sent alone, in front of a second good request, behind a first good one, and byte by byte.
// Whatever the server makes of it, it must make the same of it each time, and the second request
// must never be found anywhere but where it really starts.
import assert from 'node:assert/strict'
import { errorOf, exchange } from './http.js'

const END = '\r\n\r\n'
export const HOST = 'Host: 127.0.0.1'

// A request that is always good, and the last one of its connection.
const LAST = `GET /healthz?last HTTP/1.1\r\n${HOST}\r\nConnection: close${END}`
const FIRST = `GET /healthz?first HTTP/1.1\r\n${HOST}${END}`

export const get = (...lines) => request('GET /healthz HTTP/1.1', HOST, ...lines)
// A route that answers 401 once it has understood the body `{"refresh_token":"x"}`, and costs
// nothing.
export const post = (lines, body = '') =>
  request('POST /auth/refresh HTTP/1.1', HOST, 'Content-Type: application/json', ...lines) + body
export const request = (...lines) => lines.join('\r\n') + END

// The framing is in doubt: one refusal with one of `statuses`, then the end of the connection.
export async function assertRefused(port, bytes, statuses) {
  const allowed = [statuses].flat()
  const check = (responses, how) => {
    const seen = responses.map((response) => response.status)
    assert.equal(responses.length, 1, `${how}: one answer, not ${seen}`)
    assert.ok(allowed.includes(seen[0]), `${how}: ${seen[0]}, expected ${allowed}`)
    assert.equal(responses[0].headers.connection?.toLowerCase(), 'close', how)
    errorOf(responses[0])
  }
  check(await exchange(port, bytes + LAST), 'before a good request')
  const [first, ...others] = await exchange(port, FIRST + bytes + LAST)
  assert.equal(first?.status, 200, 'the good request before it is answered')
  check(others, 'after a good request')
  if (bytes.length < 1000) check(await exchange(port, bytes + LAST, { pieceBytes: 1 }), 'in bytes')
}

// The request ends where it says it does: its answer has one of `statuses`, and the request behind
// it is either answered for what it is or, on a closed connection, not at all.
export async function assertUnderstood(port, bytes, statuses, isHead = false) {
  const allowed = [statuses].flat()
  const check = async (options, how) => {
    const responses = await exchange(port, bytes + LAST, { ...options, isHead })
    const seen = responses.map((response) => response.status)
    assert.ok(allowed.includes(seen[0]), `${how}: ${seen}, expected ${allowed} and 200`)
    if (seen.length === 1) assert.equal(responses[0].headers.connection?.toLowerCase(), 'close')
    else assert.deepEqual(seen.slice(1), [200], how)
    return responses
  }
  const responses = await check({}, 'whole')
  if (bytes.length < 1000) await check({ pieceBytes: 1 }, 'in bytes')
  return responses
}
