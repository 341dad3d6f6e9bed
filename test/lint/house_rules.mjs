// SPDX-License-Identifier: Apache-2.0
// house_rules.mjs: the rules of docs/style.md that a machine can check, and that neither the
// compiler nor clang-tidy knows. ctest runs it as lint/house_rules; by hand, with the root of the
// tree as its optional argument: node test/lint/house_rules.mjs
// Every finding says what to write instead. It reads text, it does not parse C: comments and string
// literals are blanked first, which is enough for what is asked here.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const COLUMNS_MAX = 100

// What not to call, and what to call instead.
const BANNED_CALLS = {
  alloca: 'an array with a bound from limits.h, or the request arena (base/arena.h)',
  assert: 'CHECK, which stays on in a release, or static_assert (base/check.h)',
  atof: 'strtod, with its end pointer checked',
  atoi: 'str_to_u64 (base/str.h), which tells a bad number from 0',
  atol: 'str_to_u64 (base/str.h), which tells a bad number from 0',
  ctime: 'clock_* (base/clock.h)',
  gethostbyname: 'uv_getaddrinfo, which does not block the worker',
  gets: 'read into a struct buf (base/buf.h), which has a bound',
  gmtime: 'clock_* (base/clock.h), or gmtime_r',
  localtime: 'clock_* (base/clock.h); times are UTC',
  popen: 'nothing: the server starts no other program',
  rand: 'randombytes_buf or randombytes_uniform (libsodium)',
  random: 'randombytes_buf or randombytes_uniform (libsodium)',
  signal: 'uv_signal_start on the main thread, or sigaction',
  sleep: 'wait for a condition with a deadline',
  sprintf: 'buf_append_format (base/buf.h), or snprintf with its result checked',
  srand: 'randombytes_buf (libsodium), which needs no seed',
  strcat: 'buf_append (base/buf.h), which has a bound',
  strcpy: 'buf_append (base/buf.h), or memcpy of a length that was checked',
  strncat: 'buf_append (base/buf.h), which has a bound',
  strncpy: 'memcpy of a length that was checked; strncpy may leave out the terminator',
  strtok: 'str_* (base/str.h), which cuts views and keeps no hidden state',
  system: 'nothing: the server starts no other program',
  usleep: 'wait for a condition with a deadline',
  vsprintf: 'buf_append_format (base/buf.h), or vsnprintf with its result checked',
}

// Headers that belong to no layer: every layer may include them.
const COMMON_HEADERS = new Set(['limits.h', 'version.h'])

export function findings(root) {
  const found = []
  const report = (file, line, text) => found.push(`${file}${line ? `:${line}` : ''}: ${text}`)
  const files = ['src', 'test', 'bench', 'docs', 'cmake', 'include', 'client']
    .flatMap((directory) => list(root, directory))
    .map((path) => load(root, path))

  for (const file of files) {
    checkPromises(file, report)
    if (/\.(c|h|js|mjs|ts|cmake)$/.test(file.path)) checkWidth(file, report)
    if (!file.isC) continue
    checkHead(file, report)
    checkCalls(file, report)
    checkShapes(file, report)
  }
  checkLayers(root, files, report)
  checkTests(root, files, report)
  checkLimits(files, report)
  return found
}

function list(root, directory) {
  if (!existsSync(join(root, directory))) return []
  return readdirSync(join(root, directory), { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules' && entry.name !== 'dist')
    .flatMap((entry) => {
      const path = `${directory}/${entry.name}`
      return entry.isDirectory() ? list(root, path) : [path]
    })
    .filter((path) => /\.(c|h|js|mjs|ts|md|sql|cmake|txt)$/.test(path))
    .sort()
}

function load(root, path) {
  const text = readFileSync(join(root, path), 'utf8')
  const isC = /\.[ch]$/.test(path)
  return {
    path,
    text,
    isC,
    isTest: path.startsWith('test/') || /_test\.c$/.test(path),
    isFuzzer: /_fuzz\.c$/.test(path),
    lines: text.split('\n'),
    code: isC ? blanked(text).split('\n') : [],
  }
}

// The text with its comments and literals emptied; lines stay where they are.
function blanked(text) {
  const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g
  return text.replace(token, (match) => match.replace(/[^\n]/g, ' '))
}

// ---- One file at a time ----

function checkPromises(file, report) {
  if (file.path.startsWith('test/lint/') || file.path.endsWith('.md')) return
  file.lines.forEach((line, index) => {
    const promise = /\b(TODO|FIXME|XXX)\b/.exec(line)
    if (promise && !/\b(TODO|FIXME|XXX)\(#\d+\)/.test(line)) {
      report(file.path, index + 1,
        `${promise[1]} without an issue: do it now, or write ${promise[1]}(#123) with its number`)
    }
  })
}

function checkHead(file, report) {
  if (file.lines[0] !== '// SPDX-License-Identifier: Apache-2.0') {
    report(file.path, 1, 'begin with the line "// SPDX-License-Identifier: Apache-2.0"')
  }
  const name = basename(file.path)
  if (!file.lines[1]?.startsWith(`/* ${name} — `)) {
    report(file.path, 2, `write a file comment: "/* ${name} — <purpose, what it leaves out, …>"`)
  }
}

function checkWidth(file, report) {
  file.lines.forEach((line, index) => {
    const columns = [...line].length
    if (columns > COLUMNS_MAX) {
      report(file.path, index + 1, `${columns} columns: break the line before ${COLUMNS_MAX}`)
    }
  })
}

function checkCalls(file, report) {
  const call = new RegExp(`(?<![\\w.>])(${Object.keys(BANNED_CALLS).join('|')})\\s*\\(`, 'g')
  file.code.forEach((line, index) => {
    for (const [, name] of line.matchAll(call)) {
      report(file.path, index + 1, `${name}() is not used here: write ${BANNED_CALLS[name]}`)
    }
  })
}

function checkShapes(file, report) {
  file.code.forEach((line, index) => {
    if (/^\s*typedef\s+(struct|union|enum)\b/.test(line)) {
      report(file.path, index + 1, 'no typedef of a struct, union or enum: write `struct noun`')
    }
    if (/^\s*#\s*if\s+0\b/.test(line)) {
      report(file.path, index + 1, 'no dead code: delete it, git remembers')
    }
  })
  if (!file.path.endsWith('.h') || !file.path.startsWith('src/')) return
  const guard = file.path.slice('src/'.length).replace(/\W/g, '_').toUpperCase()
  if (!file.text.includes(`#ifndef ${guard}\n#define ${guard}\n`)) {
    report(file.path, 0, `guard the header with "#ifndef ${guard}" and "#define ${guard}"`)
  }
}

// ---- The layers, as CMakeLists.txt states them ----

// layer -> everything that stands to its left.
function readLayers(root) {
  const layers = new Map()
  const text = readFileSync(join(root, 'CMakeLists.txt'), 'utf8')
  for (const [, name, rest] of text.matchAll(/^carillon_layer\((\w+)([^)]*)\)/gm)) {
    const direct = rest.trim().split(/\s+/).filter((word) => layers.has(word))
    layers.set(name, new Set(direct.flatMap((word) => [word, ...layers.get(word)])))
  }
  return layers
}

function checkLayers(root, files, report) {
  const layers = readLayers(root)
  for (const file of files.filter((each) => each.isC && each.path.startsWith('src/'))) {
    const layer = file.path.split('/').length > 2 ? file.path.split('/')[1] : null
    if (layer && !layers.has(layer)) {
      report(file.path, 0, `src/${layer} is no layer: name it in CMakeLists.txt, or move the file`)
      continue
    }
    file.lines.forEach((line, index) => {
      const include = /^\s*#\s*include\s+"([^"]+)"/.exec(line)?.[1]
      if (!include || COMMON_HEADERS.has(include)) return
      const target = include.split('/')[0]
      if (!layers.has(target)) {
        report(file.path, index + 1, `write the include from src/: "${layer ?? '<layer>'}/…"`)
      } else if (layer && target !== layer && !layers.get(layer).has(target)) {
        report(file.path, index + 1,
          `${layer} may not include ${target}; it may include ${[...layers.get(layer)].join(', ') ||
          'nothing'}: move the code, or have it passed in`)
      }
    })
  }
}

// ---- Every module has a test ----

function checkTests(root, files, report) {
  const listPath = 'test/lint/no_unit_test.txt'
  const excused = readExcuses(root, listPath, report)
  const sources = files.filter((file) => /^src\/\w+\/\w+\.c$/.test(file.path) && !file.isTest &&
    !file.isFuzzer)
  const paths = new Set(files.map((file) => file.path))

  for (const { path } of sources) {
    const test = path.replace(/\.c$/, '_test.c')
    if (paths.has(test)) {
      if (excused.has(path)) report(listPath, 0, `${path} has a test now: delete its line`)
    } else if (!excused.has(path)) {
      report(path, 0, `has no test: write ${test}, or, when only a running server can show that ` +
        `it works, add "${path}: <the suite that covers it>" to ${listPath}`)
    }
  }
  for (const path of excused) {
    if (!paths.has(path)) report(listPath, 0, `${path} does not exist: delete its line`)
  }
}

function readExcuses(root, listPath, report) {
  const excused = new Set()
  if (!existsSync(join(root, listPath))) return excused
  readFileSync(join(root, listPath), 'utf8').split('\n').forEach((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return
    const [, path, reason] = /^(\S+):\s*(.*)$/.exec(line) ?? []
    if (path && reason.length >= 10) excused.add(path)
    else report(listPath, index + 1, 'write "src/<layer>/<x>.c: <reason>"')
  })
  return excused
}

// ---- Every limit is used, and a test knows it ----

function checkLimits(files, report) {
  const limits = files.find((file) => file.path === 'src/limits.h')
  if (!limits) return
  const sources = files.filter((file) => file.path.startsWith('src/') && file.isC && !file.isTest &&
    !file.isFuzzer && file !== limits)
  const tests = files.filter((file) => file.isTest && !file.path.startsWith('test/lint/'))

  limits.code.forEach((line, index) => {
    const name = /^#define (\w+) /.exec(line)?.[1]
    if (!name) return
    const word = new RegExp(`\\b${name}\\b`)
    if (!sources.some((file) => file.code.some((code) => word.test(code)))) {
      report(limits.path, index + 1, `${name} bounds nothing: use it in src/, or delete it`)
    }
    if (!tests.some((file) => word.test(file.text))) {
      report(limits.path, index + 1,
        `${name} is in no test: test at the bound and one past it, and name it in that test`)
    }
  })
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const root = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '../..'))
  const found = findings(root)
  for (const line of found) console.log(line)
  console.log(found.length === 0 ? 'house rules: clean' : `house rules: ${found.length} findings`)
  process.exitCode = found.length === 0 ? 0 : 1
}
