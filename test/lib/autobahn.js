// SPDX-License-Identifier: Apache-2.0
// autobahn.js: the cases of the Autobahn test suite, groups 1 to 7, 9 and 10, by their numbers;
// those of compression (12 and 13) are left out, as compression is. A case is
//   { id, what, send, pieceBytes, expect, code }
// send: frames, written one after the other. pieceBytes: how they are cut, if at all. expect: the
// frames that must come back. code: that of the server's close frame; 1000 when the case ends with
// a polite close of ours, which the runner then sends. isOurs: `send` has a close frame already.
import { OP, binary, close, fragments, frame, ping, pong, text } from './ws_raw.js'

const HELLO = 'Hello-µ@ßöäüàá-UTF-8!!'
const BYTES = Buffer.from([0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff])

const isText = (payload) => ({ opcode: OP.TEXT, payload: Buffer.from(payload) })
const isBinary = (payload) => ({ opcode: OP.BINARY, payload: Buffer.from(payload) })
const isPong = (payload) => ({ opcode: OP.PONG, payload: Buffer.from(payload) })

export const cases = []

function add(id, what, send, expect = [], code = 1000, more = {}) {
  cases.push({ id, what, send, expect, code, ...more })
}

// Cases that differ in how the same bytes are cut: whole, frame by frame (which is what `send` does
// anyhow), and octet by octet.
function addCut(ids, what, send, expect, code) {
  add(ids[0], what, [Buffer.concat(send)], expect, code)
  add(ids[1], `${what}, frame by frame`, send, expect, code)
  add(ids[2], `${what}, octet by octet`, send, expect, code, { pieceBytes: 1 })
}

// ---- 1: sizes ----

;[0, 125, 126, 127, 128, 65535, 65536, 65536].forEach((bytes, i) => {
  const cut = i === 7 ? { pieceBytes: 997 } : {}
  const how = i === 7 ? ', in pieces of 997' : ''
  const letters = '*'.repeat(bytes)
  const octets = Buffer.alloc(bytes, 0xfe)
  const what = `of ${bytes} bytes${how}`
  add(`1.1.${i + 1}`, `a text ${what}`, [text(letters)], [isText(letters)], 1000, cut)
  add(`1.2.${i + 1}`, `a binary ${what}`, [binary(octets)], [isBinary(octets)], 1000, cut)
})

// ---- 2: pings and pongs ----

const full = Buffer.alloc(125, 0xfe)
const tenPings = Array.from({ length: 10 }, (_, i) => `payload-${i}`)
add('2.1', 'a ping without payload', [ping()], [isPong('')])
add('2.2', 'a ping with a text', [ping('Hello, world!')], [isPong('Hello, world!')])
add('2.3', 'a ping with bytes', [ping(BYTES)], [isPong(BYTES)])
add('2.4', 'a ping of 125 bytes', [ping(full)], [isPong(full)])
add('2.5', 'a ping of 126 bytes', [ping(Buffer.alloc(126, 0xfe))], [], 1002)
add('2.6', 'a ping of 125 bytes, octet by octet', [ping(full)], [isPong(full)], 1000,
  { pieceBytes: 1 })
add('2.7', 'a pong nobody asked for', [pong()])
add('2.8', 'a pong nobody asked for, with a payload', [pong('unsolicited pong payload')])
add('2.9', 'such a pong and then a ping', [pong('unsolicited'), ping('ping payload')],
  [isPong('ping payload')])
add('2.10', '10 pings', [Buffer.concat(tenPings.map((one) => ping(one)))], tenPings.map(isPong))
add('2.11', '10 pings, octet by octet', tenPings.map((one) => ping(one)), tenPings.map(isPong),
  1000, { pieceBytes: 1 })

// ---- 3: reserved bits ----

const behindText = (rsv) => [text(HELLO), text(HELLO, { rsv }), ping()]
add('3.1', 'a text with reserved bits 1', [text(HELLO, { rsv: 1 })], [], 1002)
add('3.2', 'a text with reserved bits 2 behind a good one', [Buffer.concat(behindText(2))],
  [isText(HELLO)], 1002)
add('3.3', 'a text with reserved bits 3 behind a good one, frame by frame', behindText(3),
  [isText(HELLO)], 1002)
add('3.4', 'a text with reserved bits 4 behind a good one, octet by octet', behindText(4),
  [isText(HELLO)], 1002, { pieceBytes: 1 })
add('3.5', 'a binary with reserved bits 5', [binary(BYTES, { rsv: 5 })], [], 1002)
add('3.6', 'a ping with reserved bits 6', [ping(HELLO, { rsv: 6 })], [], 1002)
add('3.7', 'a close with reserved bits 7', [close(1000, '', { rsv: 7 })], [], 1002,
  { isOurs: true })

// ---- 4: opcodes ----

;[[1, 3], [2, 11]].forEach(([group, first]) => {
  add(`4.${group}.1`, `opcode ${first}`, [frame(first)], [], 1002)
  add(`4.${group}.2`, `opcode ${first + 1} with a payload`, [frame(first + 1, 'reserved')], [],
    1002)
  add(`4.${group}.3`, `opcode ${first + 2} behind a text`,
    [Buffer.concat([text(HELLO), frame(first + 2), ping()])], [isText(HELLO)], 1002)
  add(`4.${group}.4`, `opcode ${first + 3} with a payload behind a text`,
    [text(HELLO), frame(first + 3, 'reserved'), ping()], [isText(HELLO)], 1002)
  add(`4.${group}.5`, `opcode ${first + 4} with a payload behind a text, octet by octet`,
    [text(HELLO), frame(first + 4, 'reserved'), ping()], [isText(HELLO)], 1002, { pieceBytes: 1 })
})

// ---- 5: fragmentation ----

const part = (payload, fin = false) => frame(OP.CONTINUATION, payload, { fin })
const start = (payload) => text(payload, { fin: false })
add('5.1', 'a ping in two frames', [ping('frag1', { fin: false }), part('frag2', true)], [], 1002)
add('5.2', 'a pong in two frames', [pong('frag1', { fin: false }), part('frag2', true)], [], 1002)
addCut(['5.3', '5.4', '5.5'], 'a text in two frames', [start('frag1'), part('frag2', true)],
  [isText('frag1frag2')])
addCut(['5.6', '5.7', '5.8'], 'a ping between the frames of a text',
  [start('frag1'), ping('ping'), part('frag2', true)], [isPong('ping'), isText('frag1frag2')])
addCut(['5.9', '5.10', '5.11'], 'a last continuation of nothing', [part('none', true), text(HELLO)],
  [], 1002)
addCut(['5.12', '5.13', '5.14'], 'a continuation of nothing', [part('none'), text(HELLO)], [], 1002)
add('5.15', 'a text in two frames and a continuation of nothing',
  [Buffer.concat([start('a'), part('b', true), part('none'), text(HELLO)])], [isText('ab')], 1002)
const twice = (fin) => [0, 1].flatMap(() => [part('none', fin), start('a'), part('b', true)])
add('5.16', 'a continuation of nothing before a text in two frames, twice', twice(false), [], 1002)
add('5.17', 'a last continuation of nothing before a text in two frames, twice', twice(true), [],
  1002)
add('5.18', 'a text in two frames that both begin it', [start('frag1'), text('frag2')], [], 1002)
const interleaved = [start('1'), part('2'), ping('pingme 1!'), part('3'), part('4'),
  ping('pingme 2!'), part('5', true)]
const answers = [isPong('pingme 1!'), isPong('pingme 2!'), isText('12345')]
add('5.19', 'a text in five frames with two pings between', interleaved, answers)
add('5.20', 'the same in one segment', [Buffer.concat(interleaved)], answers)

// ---- 6: UTF-8 ----

add('6.1.1', 'an empty text', [text('')], [isText('')])
add('6.1.2', 'an empty text in three frames', [start(''), part(''), part('', true)], [isText('')])
add('6.1.3', 'a text between two empty frames', [start(''), part('mid'), part('', true)],
  [isText('mid')])

// With the tone of polytonic Greek, which makes it 11 bytes.
const GREEK = 'κ\u1f79σμε'
const ARABIC = 'Hello-µ@ßöäüàá-UTF-8!! ﷺ'
add('6.2.1', 'good UTF-8', [text(HELLO)], [isText(HELLO)])
add('6.2.2', 'good UTF-8, cut between characters',
  [start('Hello-µ'), part('@ßöäüàá-UTF-8!!', true)], [isText(HELLO)])
add('6.2.3', 'good UTF-8 in frames of one byte', fragments(OP.TEXT, HELLO, 1), [isText(HELLO)])
add('6.2.4', 'good UTF-8 of three bytes each in frames of one', fragments(OP.TEXT, GREEK, 1),
  [isText(GREEK)])

const SURROGATE = Buffer.concat([Buffer.from(GREEK), Buffer.from('eda080', 'hex'),
  Buffer.from('edited')])
add('6.3.1', 'a surrogate', [text(SURROGATE)], [], 1007)
add('6.3.2', 'a surrogate in frames of one byte', fragments(OP.TEXT, SURROGATE, 1), [], 1007)

// Fail fast: the last piece never comes, so whoever waits for it fails here.
const good = Buffer.from(GREEK)
const beyond = Buffer.from('f4908080', 'hex')
const head = (payload, length) => text(payload, { length })
add('6.4.1', 'a code point beyond the last, in the second of three frames',
  [start(good), part(beyond)], [], 1007)
add('6.4.2', 'the same, cut inside the code point',
  [start(Buffer.concat([good, Buffer.from('f4', 'hex')])), part(Buffer.from('90', 'hex'))], [],
  1007)
add('6.4.3', 'the same, in one frame that is not whole yet',
  [head(Buffer.concat([good, beyond]), good.length + 10)], [], 1007)
add('6.4.4', 'the same, octet by octet',
  [head(Buffer.concat([good, beyond.subarray(0, 2)]), good.length + 10)], [], 1007,
  { pieceBytes: 1 })

// Each row: [group, ...bytes in hex]; a row that is valid is echoed, another is a 1007.
const VALID = [
  ['6.5', ...[HELLO, GREEK, 'Τὰ πάντα ῥεῖ', '日本語', ARABIC].map((one) => hex(one))],
  ['6.7', '00', 'c280', 'e0a080', 'f0908080'],
  ['6.9', '7f', 'dfbf', 'efbfbf', 'f48fbfbf'],
  ['6.11', 'ed9fbf', 'ee8080', 'efbfbd', 'f48fbfbf'],
  ['6.22', ...Array.from({ length: 34 }, (_, i) => hex(
    String.fromCodePoint((i >> 1) * 0x10000 + 0xfffe + (i & 1))))],
  ['6.23', ...Array.from({ length: 7 }, (_, i) => hex(String.fromCodePoint(0xfff9 + i)))],
]
const INVALID = [
  ['6.8', 'f888808080', 'fc8480808080'],
  ['6.10', 'f7bfbfbf', 'fbbfbfbfbf', 'fdbfbfbfbfbf'],
  ['6.12', '80', 'bf', '80bf', '80bf80', '80bf80bf', '80bf80bf80', '80bf80bf80bf',
    Array.from({ length: 64 }, (_, i) => (0x80 + i).toString(16)).join('')],
  ['6.13', starts(0xc0, 32), starts(0xe0, 16), starts(0xf0, 8), starts(0xf8, 4), starts(0xfc, 2)],
  ['6.14', 'c0', 'e080', 'f08080', 'f8808080', 'fc80808080', 'df', 'efbf', 'f7bfbf', 'fbbfbfbf',
    'fdbfbfbfbf'],
  ['6.15', 'c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf'],
  ['6.16', 'fe', 'ff', 'fefeffff'],
  ['6.17', 'c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af'],
  ['6.18', 'c1bf', 'e09fbf', 'f08fbfbf', 'f887bfbfbf', 'fc83bfbfbfbf'],
  ['6.19', 'c080', 'e08080', 'f0808080', 'f880808080', 'fc8080808080'],
  ['6.20', 'eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf'],
  ['6.21', 'eda080edb080', 'eda080edbfbf', 'edadbfedb080', 'edadbfedbfbf', 'edae80edb080',
    'edae80edbfbf', 'edafbfedb080', 'edafbfedbfbf'],
]

function hex(string) {
  return Buffer.from(string).toString('hex')
}

function starts(first, count) {
  return Array.from({ length: count }, (_, i) => `${(first + i).toString(16)}20`).join('')
}

function addUtf8(id, bytes, isValid) {
  const what = `${isValid ? 'good' : 'bad'} UTF-8 ${bytes.toString('hex').slice(0, 40)}`
  add(id, what, [text(bytes)], isValid ? [isText(bytes)] : [], isValid ? 1000 : 1007)
}

for (const [rows, isValid] of [[VALID, true], [INVALID, false]]) {
  for (const [group, ...values] of rows) {
    values.forEach((value, i) => addUtf8(`${group}.${i + 1}`, Buffer.from(value, 'hex'), isValid))
  }
}
addUtf8('6.11.5', beyond, false)

// Every beginning of the Greek word: good exactly where a character ends.
const greekBytes = Buffer.from(GREEK)
for (let i = 1; i <= greekBytes.length; i++) {
  const bytes = greekBytes.subarray(0, i)
  addUtf8(`6.6.${i}`, bytes, Buffer.from(bytes.toString()).equals(bytes))
}

// ---- 7: closing ----

const KIB256 = 'b'.repeat(256 * 1024)
const ours = { isOurs: true }
add('7.1.1', 'a text and a close', [text(HELLO), close(1000)], [isText(HELLO)], 1000, ours)
add('7.1.2', 'two closes', [Buffer.concat([close(1000), close(1000)])], [], 1000, ours)
add('7.1.3', 'a ping after the close', [Buffer.concat([close(1000), ping()])], [], 1000, ours)
add('7.1.4', 'a text after the close', [Buffer.concat([close(1000), text(HELLO)])], [], 1000, ours)
add('7.1.5', 'a close between the frames of a text',
  [Buffer.concat([start('frag1'), close(1000), part('frag2', true)])], [], 1000, ours)
add('7.1.6', 'a text of 256 KiB, a close and a ping',
  [Buffer.concat([text(KIB256), close(1000), ping()])], [isText(KIB256)], 1000, ours)
add('7.3.1', 'a close without payload', [close()], [], [1000, 1005], ours)
add('7.3.2', 'a close of one byte', [frame(OP.CLOSE, 'a')], [], 1002, ours)
add('7.3.3', 'a close with a code', [close(1000)], [], 1000, ours)
add('7.3.4', 'a close with a reason', [close(1000, 'Hello World!')], [], 1000, ours)
add('7.3.5', 'a close with a reason of 123 bytes', [close(1000, '*'.repeat(123))], [], 1000, ours)
add('7.3.6', 'a close with a reason of 124 bytes', [close(1000, '*'.repeat(124))], [], 1002, ours)
add('7.5.1', 'a close with a reason that is not UTF-8', [close(1000, SURROGATE)], [], [1002, 1007],
  ours)
const goodCodes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
goodCodes.forEach((code, i) =>
  add(`7.7.${i + 1}`, `a close with the code ${code}`, [close(code)], [], [1000, code], ours))
const badCodes = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999]
badCodes.forEach((code, i) =>
  add(`7.9.${i + 1}`, `a close with the code ${code}`, [close(code)], [], 1002, ours))
add('7.13.1', 'a close with the code 5000', [close(5000)], [], 1002, ours)
add('7.13.2', 'a close with the code 65535', [close(65535)], [], 1002, ours)

// ---- 9: much ----

const KIB = 1024
const MIB = 1024 * KIB
const sized = (bytes) => (bytes >= MIB ? `${bytes / MIB} MiB` : `${bytes / KIB} KiB`)
const large = Buffer.alloc(16 * MIB, '*')
;[64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB].forEach((bytes, i) => {
  const payload = large.subarray(0, bytes)
  add(`9.1.${i + 1}`, `a text of ${sized(bytes)}`, () => [text(payload)], [isText(payload)])
  add(`9.2.${i + 1}`, `a binary of ${sized(bytes)}`, () => [binary(payload)], [isBinary(payload)])
})
const four = large.subarray(0, 4 * MIB)
;[64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB].forEach((bytes, i) => {
  const frames = (opcode) => () => [Buffer.concat(fragments(opcode, four, bytes))]
  const what = `of 4 MiB in frames of ${bytes}`
  add(`9.3.${i + 1}`, `a text ${what}`, frames(OP.TEXT), [isText(four)])
  add(`9.4.${i + 1}`, `a binary ${what}`, frames(OP.BINARY), [isBinary(four)])
})
const one = large.subarray(0, MIB)
;[64, 128, 256, 512, KIB, 2 * KIB].forEach((pieceBytes, i) => {
  const how = `of 1 MiB in pieces of ${pieceBytes}`
  add(`9.5.${i + 1}`, `a text ${how}`, () => [text(one)], [isText(one)], 1000, { pieceBytes })
  add(`9.6.${i + 1}`, `a binary ${how}`, () => [binary(one)], [isBinary(one)], 1000, { pieceBytes })
})
;[0, 16, 64, 256, KIB, 4 * KIB].forEach((bytes, i) => {
  const payload = large.subarray(0, bytes)
  const round = { rounds: 1000 }
  add(`9.7.${i + 1}`, `1,000 texts of ${bytes} bytes, in turn`, () => [text(payload)],
    [isText(payload)], 1000, round)
  add(`9.8.${i + 1}`, `1,000 binaries of ${bytes} bytes, in turn`, () => [binary(payload)],
    [isBinary(payload)], 1000, round)
})

// ---- 10: automatic fragmentation ----

const sixtyFour = large.subarray(0, 65536)
add('10.1.1', 'a text of 65,536 bytes in frames of 1,300',
  () => [Buffer.concat(fragments(OP.TEXT, sixtyFour, 1300))], [isText(sixtyFour)])
