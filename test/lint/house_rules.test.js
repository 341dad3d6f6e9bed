// SPDX-License-Identifier: Apache-2.0
// house_rules.test.js: each rule finds what it is for, says what to write instead, and leaves the
// same thing alone when it is written as the rule wants it.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { findings } from './house_rules.mjs'

const LAYERS = [
  'carillon_layer(base PkgConfig::libuv)',
  'carillon_layer(net base)',
  'carillon_layer(store net)',
  'carillon_layer(auth net)',
  'carillon_layer(hub store auth)',
].join('\n')

let scratch

before(() => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'house-rules-'))
})
after(() => fs.rmSync(scratch, { recursive: true, force: true }))

// The findings in a tree of these files; what every tree needs is added.
function findingsIn(files) {
  const root = fs.mkdtempSync(path.join(scratch, 'tree-'))
  const tree = { 'CMakeLists.txt': LAYERS, ...files }
  for (const [name, text] of Object.entries(tree)) {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    fs.writeFileSync(path.join(root, name), text)
  }
  return findings(root)
}

function source(name, body) {
  return `// SPDX-License-Identifier: Apache-2.0\n/* ${name} — a sample. */\n${body}\n`
}

// A source file with its test, so that only the body can be at fault.
function module(layer, name, body) {
  return {
    [`src/${layer}/${name}.c`]: source(`${name}.c`, body),
    [`src/${layer}/${name}_test.c`]: source(`${name}_test.c`, ''),
  }
}

function finds(files, pattern) {
  const found = findingsIn(files)
  assert.equal(found.length, 1, found.join('\n'))
  assert.match(found[0], pattern)
}

function passes(files) {
  assert.deepEqual(findingsIn(files), [])
}

test('a module in order has no findings', () => {
  passes(module('hub', 'x', '#include "hub/x.h"\n#include "base/str.h"\n#include "limits.h"'))
})

test('an include to the right, or sideways, names what is allowed', () => {
  finds(module('net', 'x', '#include "hub/channel.h"'),
    /^src\/net\/x\.c:3: net may not include hub; it may include base/)
  finds(module('store', 'x', '#include "auth/jwt.h"'), /store may not include auth/)
  passes(module('hub', 'x', '#include "store/db.h"\n#include "auth/jwt.h"\n#include "base/buf.h"'))
})

test('an include that does not start at src/ is shown how', () => {
  finds(module('net', 'x', '#include "conn.h"'), /write the include from src\/: "net\/…"/)
})

test('a banned call comes with its replacement', () => {
  finds(module('net', 'x', 'void f(void) { strcpy(a, b); }'), /strcpy\(\) .* write buf_append/)
  finds(module('net', 'x', 'int f(void) { return atoi (a); }'), /atoi\(\) .* write str_to_u64/)
})

test('a banned name in a comment, a string, a longer name or a field is none', () => {
  passes(module('net', 'x', '/* strcpy(a, b) */\nconst char *s = "system(1)"; // rand()'))
  passes(module('net', 'x', 'void f(void) { my_system(1); ops->signal(2); ops.random(3); }'))
})

test('licence, file comment and header guard', () => {
  const good = source('x.h', '#ifndef NET_X_H\n#define NET_X_H\n#endif')
  passes({ 'src/net/x.h': good })
  finds({ 'src/net/x.h': good.replace('// SPDX', '// spdx') }, /begin with the line "\/\/ SPDX/)
  finds({ 'src/net/x.h': good.replace('x.h —', 'y.h —') }, /write a file comment: "\/\* x\.h —/)
  finds({ 'src/net/x.h': source('x.h', '#pragma once') }, /guard the header with "#ifndef NET_X_H"/)
})

test('a line of 100 columns passes, one of 101 does not; columns are characters', () => {
  passes(module('net', 'x', `/* ${'é'.repeat(94)} */`))
  finds(module('net', 'x', `/* ${'é'.repeat(95)} */`), /101 columns/)
})

test('a promise needs the number of its issue', () => {
  finds(module('net', 'x', '/* TODO: later */'), /TODO without an issue/)
  passes(module('net', 'x', '/* TODO(#12): later */'))
})

test('typedefs of structs and dead code', () => {
  finds(module('net', 'x', 'typedef struct conn conn_t;'), /write `struct noun`/)
  finds(module('net', 'x', '#if 0\n#endif'), /delete it/)
  passes(module('net', 'x', 'typedef void (*conn_read_fn)(struct conn *c);'))
})

test('a module without a test is found, unless it is listed with a reason', () => {
  const alone = { 'src/net/x.c': source('x.c', '') }
  const list = 'test/lint/no_unit_test.txt'
  finds(alone, /has no test: write src\/net\/x_test\.c/)
  passes({ ...alone, [list]: '# why\nsrc/net/x.c: sockets, covered by test/protocol\n' })
  finds({ ...alone, [list]: 'src/net/x.c: no\nsrc/net/x.c: covered by test/protocol\n' },
    /write "src\/<layer>\/<x>\.c: <reason>"/)
})

test('a line of that list that is no longer needed is found', () => {
  const list = 'test/lint/no_unit_test.txt'
  finds({ ...module('net', 'x', ''), [list]: 'src/net/x.c: sockets, covered by test/protocol\n' },
    /has a test now: delete its line/)
  finds({ [list]: 'src/net/gone.c: sockets, covered by test/protocol\n' }, /does not exist/)
})

test('a limit is used by the source and named by a test', () => {
  const limits = source('limits.h',
    '#ifndef LIMITS_H\n#define LIMITS_H\n#define A_MAX 3 /* … */\n#endif')
  const used = module('net', 'x', 'int a = A_MAX;')
  assert.equal(findingsIn({ 'src/limits.h': limits }).length, 2)
  finds({ 'src/limits.h': limits, ...used }, /A_MAX is in no test/)
  passes({ 'src/limits.h': limits, ...used, 'test/e2e/a.test.js': '// A_MAX and one past it' })
  finds({ 'src/limits.h': limits, ...module('net', 'x', '/* A_MAX */'),
    'test/e2e/a.test.js': '// A_MAX' }, /A_MAX bounds nothing/)
})
