// SPDX-License-Identifier: Apache-2.0
// ws_autobahn.test.js: the 301 cases of lib/autobahn.js against the codec, each strictly: exactly
// these frames come back, then a close frame with this code, then the end.
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { cases } from '../lib/autobahn.js'
import { EchoServer } from '../lib/server.js'
import { OP, RawWs, close } from '../lib/ws_raw.js'

let server
before(async () => (server = await EchoServer.start()))
after(() => server.stop())

// A message as the server sends it, whose frames it may cut as it likes.
async function message(ws) {
  const first = await ws.frame()
  const pieces = [first.payload]
  for (let fin = first.fin; !fin; ) {
    const next = await ws.frame()
    assert.equal(next.opcode, OP.CONTINUATION)
    pieces.push(next.payload)
    fin = next.fin
  }
  return { opcode: first.opcode, payload: Buffer.concat(pieces) }
}

// Buffers of megabytes are compared without being printed.
function assertMessage(actual, expected, index) {
  assert.equal(actual.opcode, expected.opcode, `the opcode of answer ${index}`)
  const start = actual.payload.subarray(0, 64).toString('latin1')
  assert.ok(actual.payload.equals(expected.payload),
    `answer ${index} is ${actual.payload.length} bytes ${JSON.stringify(start)}`)
}

async function runCase(one) {
  const ws = await RawWs.connect(server.port)
  try {
    const frames = typeof one.send === 'function' ? one.send() : one.send
    for (let round = 0; round < (one.rounds ?? 1); round++) {
      const sending = (async () => {
        for (const bytes of frames) {
          await (one.pieceBytes ? ws.writePieces(bytes, one.pieceBytes) : ws.write(bytes))
        }
      })()
      for (const [i, expected] of one.expect.entries()) {
        assertMessage(await message(ws), expected, i)
      }
      await sending
    }
    if (one.code === 1000 && !one.isOurs) await ws.write(close(1000))
    const { frames: others, code } = await ws.ending()
    assert.deepEqual(others, [], 'nothing else comes back')
    assert.ok([one.code].flat().includes(code), `close code ${code}, expected ${one.code}`)
  } finally {
    ws.close()
  }
}

test('ABT the table has all 301 cases, once each', () => {
  assert.equal(cases.length, 301)
  assert.equal(new Set(cases.map((one) => one.id)).size, 301)
})

for (const one of cases) test(`ABT ${one.id} ${one.what}`, () => runCase(one))
