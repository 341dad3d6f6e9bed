// SPDX-License-Identifier: Apache-2.0
// ws_codec.test.js: frames (W1 to W17, W24), against the echo server, whose limit is 16 MiB, and
// against the real one where its lower limits are what matters.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { makeTenant } from '../lib/people.js'
import { Random } from '../lib/random.js'
import { EchoServer, Server } from '../lib/server.js'
import { OP, RawWs, binary, close, fragments, frame, ping, pong, text } from '../lib/ws_raw.js'

let echo
before(async () => (echo = await EchoServer.start()))
after(() => echo.stop())

// What the echo server makes of these bytes: the frames it sent, and its close code.
async function answered(bytes, options = {}) {
  const ws = await RawWs.connect(echo.port)
  const all = Buffer.concat([bytes].flat())
  try {
    await (options.pieceBytes ? ws.writePieces(all, options.pieceBytes) : ws.write(all))
    return await ws.ending()
  } finally {
    ws.close()
  }
}

const shown = (frames) => frames.map(({ opcode, payload }) => [opcode, payload.toString('latin1')])

// Name, bytes, code. Refused alone, behind a good message (which is still echoed), and byte by
// byte; long ones in larger pieces, because the server waits 2 s for the rest of a refused one.
function refused(rows) {
  for (const [name, bytes, code = 1002] of rows) {
    test(`${name} is refused with ${code}`, async () => {
      const alone = await answered(bytes)
      assert.deepEqual(shown(alone.frames), [])
      assert.equal(alone.code, code)
      const behind = await answered([text('good'), bytes, text('never read')])
      assert.deepEqual(shown(behind.frames), [[OP.TEXT, 'good']])
      assert.equal(behind.code, code)
      const slowly = await answered(bytes, { pieceBytes: bytes.length < 1000 ? 1 : 997 })
      assert.deepEqual([slowly.code, slowly.frames], [code, []])
    })
  }
}

const HUGE = (1n << 64n) - 1n

describe('frames that no client may send', () => {
  refused([
    ['W1 an unmasked client frame', text('hello', { isMasked: false })],
    ['W1 an unmasked empty frame', text('', { isMasked: false })],
    ['W1 an unmasked close', close(1000, '', { isMasked: false })],
    ...[1, 2, 4].flatMap((rsv) => [
      [`W2 reserved bits ${rsv} on a text`, text('hello', { rsv })],
      [`W2 reserved bits ${rsv} on a ping`, ping('hello', { rsv })],
      [`W2 reserved bits ${rsv} on a close`, close(1000, '', { rsv })],
      [`W2 reserved bits ${rsv} on a continuation`,
        Buffer.concat([text('a', { fin: false }), frame(OP.CONTINUATION, 'b', { rsv })])],
    ]),
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => [
      [`W3 opcode ${opcode}`, frame(opcode)],
      [`W3 opcode ${opcode} with a payload`, frame(opcode, 'hello')],
    ]),
    ['W4 a ping with FIN 0', ping('', { fin: false })],
    ['W4 a pong with FIN 0', pong('', { fin: false })],
    ['W4 a close with FIN 0', close(1000, '', { fin: false })],
    ['W4 a ping of 126 bytes', ping('a'.repeat(126))],
    ['W4 a close of 126 bytes', close(1000, 'a'.repeat(124))],
    ['W4 a ping that says it has 2^16 bytes', ping('', { length: 65536 })],
    ['W6 the length 5 in 16 bits', text('hello', { lengthBytes: 2 })],
    ['W6 the length 125 in 16 bits', text('a'.repeat(125), { lengthBytes: 2 })],
    ['W6 the length 200 in 64 bits', text('a'.repeat(200), { lengthBytes: 8 })],
    ['W6 the length 65535 in 64 bits', text('a'.repeat(65535), { lengthBytes: 8 })],
    ['W6 the length 0 in 64 bits', binary('', { lengthBytes: 8 })],
    ['W7 a continuation without a start', frame(OP.CONTINUATION, 'a')],
    ['W7 a continuation without a start, to be continued',
      frame(OP.CONTINUATION, 'a', { fin: false })],
    ['W7 a text inside a text', Buffer.concat([text('a', { fin: false }), text('b')])],
    ['W7 a binary inside a text', Buffer.concat([text('a', { fin: false }), binary('b')])],
    ['W7 a text inside a binary', Buffer.concat([binary('a', { fin: false }), text('b')])],
  ])
})

describe('lengths', () => {
  for (const [name, length, codes] of [
    ['2^63', 1n << 63n, [1002]],
    ['2^64 - 1', HUGE, [1002]],
    ['2^63 - 1', (1n << 63n) - 1n, [1002, 1009]],
    ['2^32', 1n << 32n, [1009]],
    ['16 MiB and a byte', 16n * 1024n * 1024n + 1n, [1009]],
  ]) {
    test(`W5 a length of ${name} is refused before anything is allocated`, async () => {
      const residentBefore = residentBytes(echo.child.pid)
      const { frames, code } = await answered(binary('', { length }))
      assert.deepEqual(frames, [])
      assert.ok(codes.includes(code), `close code ${code}`)
      assert.ok(residentBytes(echo.child.pid) - residentBefore < 4 * 1024 * 1024)
    })
  }

  test('W16 1 MiB and 16 MiB are echoed', async () => {
    for (const bytes of [1, 16].map((mib) => Buffer.alloc(mib * 1024 * 1024, 0x41))) {
      const { frames, code } = await answered([binary(bytes), close(1000)])
      const all = Buffer.concat(frames.map((one) => one.payload))
      assert.ok(all.equals(bytes))
      assert.equal(code, 1000)
    }
  })

  test('W16 16 MiB and a byte over several frames is a 1009', async () => {
    const { frames, code } = await answered(
      fragments(OP.BINARY, Buffer.alloc(16 * 1024 * 1024 + 1), 4 * 1024 * 1024))
    assert.deepEqual([frames, code], [[], 1009])
  })
})

// Of a process, or 0 where /proc does not tell.
function residentBytes(pid) {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024
  } catch {
    return 0
  }
}

describe('pings', () => {
  test('W8 a ping between fragments is answered at once', async () => {
    const { frames } = await answered([
      text('a', { fin: false }), ping('now'), frame(OP.CONTINUATION, 'b'), close(1000)])
    assert.deepEqual(shown(frames), [[OP.PONG, 'now'], [OP.TEXT, 'ab']])
  })

  test('W8 10 pings are answered in order, and pongs nobody asked for with nothing', async () => {
    const names = Array.from({ length: 10 }, (_, i) => `ping ${i}`)
    const { frames, code } = await answered([
      pong('?'), ...names.map((name) => ping(name)), pong(), close(1000)])
    assert.deepEqual(shown(frames), names.map((name) => [OP.PONG, name]))
    assert.equal(code, 1000)
  })
})

describe('closing', () => {
  const rows = [
    ['W9 a close without a body', frame(OP.CLOSE), [1000, 1005]],
    ['W9 a close of one byte', frame(OP.CLOSE, 'a'), [1002]],
    ['W9 a close of 125 bytes', close(1000, 'a'.repeat(123)), [1000]],
    ['W9 a close with a reason that is not UTF-8', close(1000, Buffer.from([0xc0, 0xaf])),
      [1002, 1007]],
    ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map((code) =>
      [`W10 the close code ${code}`, close(code, 'bye'), [1000, code]]),
    ...[0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535].map((code) =>
      [`W10 the close code ${code}`, close(code, 'bye'), [1002]]),
  ]
  for (const [name, bytes, codes] of rows) {
    test(`${name} is answered with ${codes.join(' or ')}`, async () => {
      const { frames, code } = await answered(bytes)
      assert.deepEqual(frames, [])
      assert.ok(codes.includes(code), `close code ${code}`)
    })
  }

  test('W11 what comes after a close is ignored, and the connection ends', async () => {
    const { frames, code } = await answered([
      text('before'), close(1000), ping('x'), text('y'), frame(3), close(1001)])
    assert.deepEqual(shown(frames), [[OP.TEXT, 'before']])
    assert.equal(code, 1000)
  })
})

describe('UTF-8', () => {
  const bad = ['eda080', 'edbfbf', 'c0af', 'c1bf', 'e080af', 'f08080af', 'f4908080', 'f5808080',
    'f888808080', 'fc8480808080', '80', 'bf', 'c3', 'e282', 'f09f98', 'c328', 'e28228', 'ff', 'fe']
  refused(bad.map((hex) => [`W12 a text that ends in ${hex}`,
    text(Buffer.concat([Buffer.from('ok '), Buffer.from(hex, 'hex')])), 1007]))

  test('W12 a character that the next fragment does not finish is a 1007', async () => {
    const { frames, code } = await answered([
      text(Buffer.from('e282', 'hex'), { fin: false }), frame(OP.CONTINUATION, 'x')])
    assert.deepEqual([frames, code], [[], 1007])
  })

  test('W13 a bad first fragment of a message that never ends is a 1007 at once', async () => {
    for (const options of [{}, { pieceBytes: 1 }]) {
      const { code } = await answered(text(Buffer.from([0x61, 0xff]), { fin: false }), options)
      assert.equal(code, 1007)
    }
  })

  test('W14 noncharacters and NUL are echoed', async () => {
    const strange = 'a\0b\ufffe\uffff\u{1ffff}\u{10ffff}'
    const { frames } = await answered([text(strange), close(1000)])
    assert.deepEqual(frames.map((one) => one.payload.toString()), [strange])
  })

  test('W14 what is not UTF-8 is fine in a binary', async () => {
    const { frames, code } = await answered([binary(Buffer.from('ff80c0', 'hex')), close(1000)])
    assert.deepEqual([frames[0].payload.toString('hex'), code], ['ff80c0', 1000])
  })
})

describe('pieces', () => {
  const story = () => [
    text('whole'), text('a'.repeat(126)), ping('p'), binary(Buffer.alloc(300, 0xee)),
    text('fr', { fin: false }), ping('q'), frame(OP.CONTINUATION, '€'.repeat(50), { fin: false }),
    frame(OP.CONTINUATION, ''), pong('r'), text(''), close(1000, 'bye')]
  const outcome = ({ frames, code }) => ({ frames: shown(frames), code })

  test('W15 a session split at every byte is the same session', async () => {
    const bytes = Buffer.concat(story())
    const expected = outcome(await answered(bytes))
    assert.equal(expected.frames.length, 7)
    const check = async (position) => {
      const ws = await RawWs.connect(echo.port)
      await ws.write(bytes.subarray(0, position))
      await ws.write(bytes.subarray(position))
      assert.deepEqual(outcome(await ws.ending()), expected, `split at ${position}`)
      ws.close()
    }
    const positions = Array.from({ length: bytes.length - 1 }, (_, i) => i + 1)
    while (positions.length > 0) await Promise.all(positions.splice(0, 16).map(check))
  })

  test('W15 a session byte by byte, and by odd sizes, is the same session', async () => {
    const expected = outcome(await answered(story()))
    for (const pieceBytes of [1, 2, 3, 7, 61]) {
      assert.deepEqual(outcome(await answered(story(), { pieceBytes })), expected)
    }
  })

  test('W15 100 frames in one segment are all echoed, in order', async () => {
    const names = Array.from({ length: 100 }, (_, i) => `message ${i}`)
    const { frames } = await answered([...names.map((name) => text(name)), close(1000)])
    assert.deepEqual(shown(frames), names.map((name) => [OP.TEXT, name]))
  })

  test('W24 broken frames end their own connection and nothing else', async () => {
    const random = new Random()
    const one = async () => {
      const ws = await RawWs.connect(echo.port)
      const good = frame(random.integer(0, 15), random.bytes(random.integer(0, 200)), {
        fin: random.integer(0, 1) === 1, rsv: random.integer(0, 7) & random.integer(0, 7) })
      for (let i = random.integer(0, 3); i > 0; i--) {
        good[random.integer(0, good.length - 1)] = random.integer(0, 255)
      }
      await ws.write(good)
      ws.finish()
      await ws.ending().catch((error) => assert.match(error.message, /ended before/))
      ws.close()
    }
    for (let round = 0; round < 40; round++) await Promise.all(Array.from({ length: 25 }, one))
    const { code } = await answered([text('still here'), close(1000)])
    assert.equal(code, 1000)
  })
})

describe('the limits of the real server', () => {
  let server
  let ada
  before(async () => {
    server = await Server.start()
    ;[ada] = await makeTenant(server, 'Ada')
  })
  after(() => server.stop())

  async function connected() {
    const { token } = await ada.messagingToken()
    return RawWs.connect(server.port, `/ws?token=${token}`)
  }

  async function ending(...frames) {
    const ws = await connected()
    await ws.write(Buffer.concat(frames))
    const end = await ws.ending()
    ws.close()
    return end
  }

  test('W16 a message of 64 KiB is read and one byte more is a 1009', async () => {
    const fitting = `{"action":"unknown"}${' '.repeat(65536 - 20)}`
    const { frames, code } = await ending(text(fitting), close(1000))
    assert.equal(JSON.parse(frames[0].payload).type, 'error')
    assert.equal(code, 1000)
    assert.equal((await ending(text('a'.repeat(65537)))).code, 1009)
    assert.equal((await ending(...fragments(OP.TEXT, 'a'.repeat(65537), 30000))).code, 1009)
  })

  test('W16 a header that announces 16 MiB is a 1009 before the bytes come', async () => {
    assert.equal((await ending(text('', { length: 16 * 1024 * 1024 }))).code, 1009)
  })

  test('W17 131,000 continuations of one byte are a 1009 long before they pin much', async () => {
    const ws = await connected()
    const piece = Buffer.concat(Array.from({ length: 1000 }, () =>
      frame(OP.CONTINUATION, 'a', { fin: false })))
    const residentBefore = residentBytes(server.pid)
    const ended = ws.ending()
    await ws.write(text('a', { fin: false }))
    for (let i = 0; i < 131 && ws.pending.length === 0 && !ws.isEnded; i++) await ws.write(piece)
    const { code } = await ended
    assert.ok([1008, 1009].includes(code), `close code ${code}`)
    assert.ok(residentBytes(server.pid) - residentBefore < 16 * 1024 * 1024)
    ws.close()
  })

  test('W12 a text that is not UTF-8 is a 1007', async () => {
    assert.equal((await ending(text(Buffer.from([0xff])))).code, 1007)
  })

  test('a binary message is a 1003 or an error, and is not taken for a text', async () => {
    const { frames, code } = await ending(binary('{"action":"subscribe"}'), close(1000))
    if (code === 1000) assert.equal(JSON.parse(frames[0].payload).type, 'error')
    else assert.equal(code, 1003)
  })
})
