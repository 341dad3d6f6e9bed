// SPDX-License-Identifier: Apache-2.0
// docs.test.js: what the documents promise. The walk-through of the README is done as a reader does
// it, in two terminals; tables are held against the program and its sources, in both directions. A
// failure says what to write where.
//
// A block of README.md is part of the walk-through when a comment stands above it:
//   <!-- test: terminal 1 -->         its lines are typed into that terminal
//   <!-- test: terminal 1 prints -->  that is what comes; … stands for what differs between runs
//   <!-- test: web page -->           a script that a page would have
// and one of docs/operations.md is run as a whole below
//   <!-- test: shell -->              with the server's directory in ./data
import assert from 'node:assert/strict'
import { existsSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import WebSocket from 'ws'
import { Child } from '../lib/child.js'
import * as docs from '../lib/docs.js'
import { expectStatus, makeTenant } from '../lib/people.js'
import { CARILLON, run, startServer, temporaryDirectory } from '../lib/server.js'
import { until } from '../lib/wait.js'

// Both directions at once; `advice` says what to do about a name that is missing in a document.
function assertSame(documented, real, where, advice) {
  const missing = [...real].filter((name) => !documented.has(name))
  const stale = [...documented].filter((name) => !real.has(name))
  assert.deepEqual(missing, [], `missing in ${where}: ${advice}`)
  assert.deepEqual(stale, [], `in ${where}, but not in the program (any more): delete or mend them`)
}

// ---- The walk-through ----

// A shell that is typed into. What it runs in the foreground reads what is typed next, as it would
// in a terminal, and ends with it.
class Terminal {
  seen = 0

  constructor(t) {
    const tools = join(docs.ROOT, 'test', 'node_modules', '.bin')
    this.child = new Child('bash', ['-s'], { PATH: `${tools}:${process.env.PATH}` }, 'pipe')
    t.after(async () => {
      this.child.process.stdin.end()
      await this.child.ended
    })
  }

  type(text) {
    this.child.process.stdin.write(text)
  }

  // Wait until these lines have come after those that were seen before.
  async prints(expected) {
    const wanted = expected.trim().split('\n').map(asPattern)
    // That somebody is there now is heard when it comes around, which may be in between.
    const lines = () => this.child.stdout.split('\n').slice(0, -1)
      .filter((line) => !line.includes('"presence.updated"')).slice(this.seen)
    await until(() => lines().length >= wanted.length, () =>
      `a terminal to print\n${expected}\nit shows\n${this.child.story()}`)
    lines().slice(0, wanted.length).forEach((line, i) => assert.match(line, wanted[i]))
    this.seen += wanted.length
  }
}

// wscat marks what it received on a terminal, and only there.
function asPattern(line) {
  const literal = line.replace(/^< /, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^(< )?${literal.replaceAll('…', '[^"]+')}$`)
}

test('the walk-through of the README does what it says', async (t) => {
  const server = await startServer(t)
  const terminals = new Map()
  const blocks = docs.testBlocks(docs.read('README.md'))
    .filter(([what]) => what.startsWith('terminal '))

  assert.ok(blocks.length >= 6, 'README.md has lost the comments above its blocks')
  for (const [what, text] of blocks) {
    const [, name, prints] = /^terminal (\d)( prints)?$/.exec(what)
    if (!terminals.has(name)) terminals.set(name, new Terminal(t))
    if (prints) {
      await terminals.get(name).prints(text)
      continue
    }
    const sockets = await socketsOf(server)
    terminals.get(name).type(text.replaceAll('http://127.0.0.1:8080', server.url))
    // The one that opens a socket waits there, and so do we.
    if (!text.includes('wscat')) continue
    await until(async () => (await socketsOf(server)) > sockets, 'wscat to open a socket')
  }
})

async function socketsOf(server) {
  const { body } = await server.request('GET', '/metrics')
  return Number(/^carillon_sockets (\d+)$/m.exec(body)[1])
}

test('the script for a web page opens a chat, hears of a message, and comes back', async (t) => {
  const server = await startServer(t)
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const [[, script]] = docs.testBlocks(docs.read('README.md'))
    .filter(([what]) => what === 'web page')
  const heard = []
  const sockets = []
  const timers = []
  class Browser extends WebSocket {
    constructor(url) {
      sockets.push(super(url))
    }
  }
  const globals = { WebSocket: Browser, setTimeout: (...timer) => timers.push(timer) }
  const openChat = new Function(...Object.keys(globals), `${script}; return openChat`)(
    ...Object.values(globals))
  // That she herself is there now is heard when it comes around, which may be in between.
  const onEvent = (type, payload, id) =>
    type === 'presence.updated' || heard.push({ type, payload, id })
  const isOpen = () => sockets.at(-1)?.readyState === WebSocket.OPEN

  await openChat(server.url, async () => grace.access, onEvent)
  await until(isOpen, 'the socket to open')
  const { id } = await ada.conversation([grace])
  const message = await ada.send(id, 'Hello, Grace!')
  await until(() => heard.length >= 2, 'two events')
  assert.deepEqual(heard.map(({ type }) => type).slice(0, 2),
    ['conversation.created', 'message.created'])
  assert.deepEqual(heard[1], { type: 'message.created', id,
    payload: { message_id: message.id, seq_num: 1 } })

  sockets[0].terminate()
  await until(() => timers.length === 1, 'the script to notice that the socket is gone')
  const [again, , ...args] = timers[0]
  await again(...args)
  await until(() => sockets.length === 2 && isOpen(), 'the script to come back')
  await ada.send(id, 'Still there?')
  await until(() => heard.length >= 3, 'another event')
})

// ---- docs/operations.md ----

test('every option of the server is in docs/operations.md, and no other', async () => {
  const help = (await run(['serve', '--help'])).stdout
  const real = new Set([...help.matchAll(/^ {2}(--[a-z-]+) /gm)].map(([, name]) => name))
  const table = docs.section(docs.read('docs/operations.md'), '## Configuration')
  const documented = new Set(docs.firstCells(table).map((cell) => cell.split(' ')[0])
    .filter((cell) => cell.startsWith('--')))

  assert.ok(real.size > 10, help)
  assertSame(documented, real, 'docs/operations.md, Configuration',
    'add a row "| `--name WHAT` | default | what it does |" to the table')
})

test('docs/operations.md knows which options are fixed until a restart', () => {
  const source = docs.read('src/server/config_option.c')
  const table = source.slice(source.indexOf('config_options[] = {')).split('{MEMBER(').slice(1)
  const fixed = table.filter((option) => option.includes('.is_fixed = true'))
  const reload = docs.section(docs.read('docs/operations.md'), '### Reload')
  const [sentence] = /Fixed until a restart are [^:]*/.exec(reload)
  assertSame(new Set([...sentence.matchAll(/`(\w+)`/g)].map(([, name]) => name)),
    new Set(fixed.map((option) => /^\w+/.exec(option)[0])), 'docs/operations.md, Reload',
    'name it behind "Fixed until a restart are"')
})

test('the commands of docs/operations.md work beside a running server', async (t) => {
  const directory = temporaryDirectory()
  const server = await startServer(t, { data: join(directory, 'data') })
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  symlinkSync(resolve(CARILLON), join(directory, 'carillon'))
  const blocks = docs.testBlocks(docs.read('docs/operations.md'))

  assert.ok(blocks.length >= 2, 'docs/operations.md has lost the comments above its blocks')
  for (const [, text] of blocks) {
    const script = `cd '${directory}' && PATH=$PWD:$PATH && set -e\n${text}`
    const child = new Child('bash', ['-c', script])
    assert.equal((await child.ended).code, 0, child.story())
  }
  const login = { email: 'ada@example.com', password: 'correct horse battery' }
  expectStatus(await server.request('POST', '/auth/login', { body: login }), 200)
  const restored = await startServer(t, { data: join(directory, 'backup') })
  await restored.terminate()
})

test('every command is in docs/operations.md, and no other', async () => {
  const help = (await run(['help'])).stdout
  const real = new Set([...help.matchAll(/^ {2}([a-z]+( [a-z]+)?) {2,}/gm)].map(([, name]) => name))
  const table = docs.section(docs.read('docs/operations.md'), '## Commands')
  const documented = new Set(docs.firstCells(table).filter((cell) => cell.startsWith('carillon '))
    .map((cell) => cell.replace(/^carillon /, '').replace(/ [A-Z<[-].*/, '')))

  assertSame(documented, real, 'docs/operations.md, Commands',
    'add a row "| `carillon name ARGUMENT` | what it does |" to the table')
})

test('the table of roles in docs/protocol.md is that of the sources', () => {
  const source = docs.read('src/chat/roles.c')
  const rows = [...source.matchAll(/\{RIGHT_\w+, ([A-Z |]+), "([^"]+)"\}/g)]
  const real = rows.map(([, roles, may]) => [may, ...['OWNER', 'ADMIN', 'MEMBER', 'AGENT']
    .map((role) => (roles.includes(role) ? 'yes' : 'no'))])
  const table = docs.section(docs.read('docs/protocol.md'), '### Roles **[defined]**')
  const documented = [...table.matchAll(/^\|(.*)\|$/gm)].slice(2)
    .map(([, row]) => row.split('|').map((cell) => cell.trim()))

  assert.ok(real.length >= 8, 'the table in src/chat/roles.c is not read')
  assert.deepEqual(documented,
    [['read, send, mark as read, leave', 'yes', 'yes', 'yes', 'yes'], ...real])
})

test('every metric is in docs/operations.md, and no other', async (t) => {
  const server = await startServer(t, { tls: true })
  const { body } = await server.request('GET', '/metrics')
  const real = new Set([...body.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name))
  const table = docs.section(docs.read('docs/operations.md'), '## Metrics')
  const documented = new Set(docs.firstCells(table).filter((cell) => /^carillon_/.test(cell)))

  assertSame(documented, real, 'docs/operations.md, Metrics',
    'add a row "| `carillon_name` | what it counts, and what to conclude |" to the table')
})

test('every event of the log is in docs/operations.md, and no other', () => {
  const call = /\blog_write\(\w+,\s*"(\w+)"/g
  const real = new Set(docs.sources(...docs.layers()).flatMap(([, text]) =>
    [...text.matchAll(call)].map(([, name]) => name)))
  const table = docs.section(docs.read('docs/operations.md'), '## Logs')
  const documented = new Set(docs.firstCells(table).filter((cell) => /^[a-z_, ]+$/.test(cell) &&
    cell !== 'event').flatMap((cell) => cell.split(', ')))

  assertSame(documented, real, 'docs/operations.md, Logs',
    'add a row "| `name` | level | what it says |" to the table')
})

// ---- docs/protocol.md ----

test('every route is in docs/protocol.md, and no other', () => {
  const real = docs.routesOfSource()
  const documented = new Set(docs.codeSpans(docs.read('docs/protocol.md'))
    .map((span) => /^(GET|POST|PUT|PATCH|DELETE) (\/\S*)$/.exec(span))
    .filter((match) => match !== null)
    .map(([, method, path]) => docs.route(method, path)))

  assert.ok(real.size > 20, 'the tables of src/api/*_routes.c are written in another way now')
  assertSame(documented, real, 'docs/protocol.md',
    'write `METHOD /path` with its request and answer into the table of its section')
})

test('every error code is in the table of docs/protocol.md, and no other', () => {
  const real = docs.codesOfSource()
  const table = docs.section(docs.read('docs/protocol.md'), '### All error codes')
  const documented = new Set(docs.firstCells(table).filter((cell) => /^[a-z]\w*$/.test(cell) &&
    cell !== 'code'))
  const missing = [...real].filter(([code]) => !documented.has(code))
    .map(([code, path]) => `${code} (${path})`)

  assert.ok(real.size > 40, 'codes are written in another way now')
  assert.deepEqual(missing, [], 'missing in docs/protocol.md, section "All error codes": ' +
    'add a row "| `code` | status | what is wrong, what to do |" in the order of the alphabet')
  assertSame(documented, new Set(real.keys()), 'docs/protocol.md, All error codes', '')
})

test('every event is in docs/protocol.md, and no other', () => {
  const real = docs.eventsOfSource()
  const documented = new Set(docs.codeSpans(docs.section(docs.read('docs/protocol.md'),
    '## 4. Events')).filter((span) => /^[a-z]+\.[a-z_]+$|^task_stream_delta$/.test(span)))

  assertSame(documented, real, 'docs/protocol.md, section 4', 'add a row ' +
    '"| level | `event.name` | fires when | payload | heard by |" to the table of events')
})

test('every close code is in docs/protocol.md, and no other', () => {
  const header = docs.read('src/proto/ws_frame.h')
  const table = docs.section(docs.read('docs/protocol.md'), '## 3. Connecting')
  const real = new Set([...header.matchAll(/WS_CLOSE_[A-Z_]+ = (\d{4}),/g)].map(([, code]) => code)
    .filter((code) => code !== '1005')) // says that there was none, and is never sent
  const documented = new Set(docs.firstCells(table)
    .flatMap((cell) => cell.match(/\b[14]0\d\d\b/g) ?? []))

  assertSame(documented, real, 'docs/protocol.md, section 3',
    'add a row "| code | meaning | then |" to the table of close codes')
})

// ---- All of them ----

test('every link of the documents leads somewhere', () => {
  const broken = docs.documents().flatMap((path) => docs.links(docs.read(path))
    .filter((target) => !existsSync(join(docs.ROOT, dirname(path), target)))
    .map((target) => `${path}: ${target}`))

  assert.deepEqual(broken, [], 'write the file, or take the link out')
})

test('files, functions and limits that the documents name are there', () => {
  const code = docs.sources(...docs.layers()).map(([, text]) => text).join('\n') +
    docs.read('src/limits.h') + docs.read('src/main.c') + docs.read('include/carillon.h')
  const isThere = (span) => {
    if (/\bx\.c$|NNNN/.test(span)) return true // stands for any
    if (/^(docs|src|test|bench|cmake|include|client|examples)\/[\w./-]+\.\w+$/.test(span)) {
      return existsSync(join(docs.ROOT, span))
    }
    if (/^[a-z]+\/\w+\.[ch]$/.test(span)) return existsSync(join(docs.ROOT, 'src', span))
    if (/^\w+\(\)$/.test(span)) return new RegExp(`\\b${span.slice(0, -2)}\\(`).test(code)
    if (/^[A-Z][A-Z_]+_(MAX|MIN|DEFAULT)$/.test(span)) return code.includes(span)
    return true
  }
  const lost = docs.documents().filter((path) => path !== 'docs/style.md')
    .flatMap((path) => docs.codeSpans(docs.read(path)).filter((span) => !isThere(span))
      .map((span) => `${path}: ${span}`))

  assert.deepEqual(lost, [], 'the documents name what is not there (any more): mend them')
})
