// SPDX-License-Identifier: Apache-2.0
// http_framing.test.js: where a request ends (H1 to H7, H16, H19). The requests are in
// test/lib/framing.js, because what stands in front of a server has to agree with it.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import * as framing from '../lib/framing.js'
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

describe('bodies that are good', () => {
  for (const [name, bytes, statuses = 401] of framing.goodBodies) {
    test(`${name} is understood`, () => assertUnderstood(server.port, bytes, statuses))
  }
})

describe('two lengths', () => refused(framing.twoLengths))
describe('transfer codings', () => refused(framing.transferCodings))
describe('chunks', () => refused(framing.chunkFaults))

describe('content lengths', () => {
  refused(framing.contentLengths)

  test('H4 a length in two equal parts is refused or understood, and never split', async () => {
    const bytes = framing.EQUAL_LENGTHS + get('Connection: close')
    const [response, ...others] = await exchange(server.port, bytes)
    assert.ok([400, 401].includes(response.status))
    assert.equal(others.length, response.status === 400 ? 0 : 1)
  })

  test('H4 a length beyond what is allowed is a 413 before the body is sent', () =>
    assertRefused(server.port, post(['Content-Length: 18446744073709551615']), 413))
})

describe('bodies where none is expected', () => {
  for (const [name, bytes] of framing.bodiesOfGet) {
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

  refused(framing.bodiesOfUpgrades)
})
