// SPDX-License-Identifier: Apache-2.0
// process.test.js: the program as its operator meets it: start, stop, what it says when it cannot
// start, and what it tells about itself.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { Child } from '../lib/child.js'
import { RawHttp, errorOf } from '../lib/http.js'
import { makeTenant } from '../lib/people.js'
import { CARILLON, run, startServer, temporaryDirectory } from '../lib/server.js'
import { until } from '../lib/wait.js'

const ANY_PORT = ['--listen', '127.0.0.1:0']

let scratch
before(() => (scratch = temporaryDirectory()))
after(() => rmSync(scratch, { recursive: true, force: true }))

// It does not start: one last line on standard error that matches, apart from the log, and an exit
// code that says so.
async function assertFails(args, pattern, env) {
  const { code, signal, stdout, stderr } = await run(args, env)
  assert.equal(signal, null)
  assert.notEqual(code, 0)
  assert.equal(stdout, '')
  const lines = stderr.trimEnd().split('\n')
  assert.equal(lines.filter((line) => !line.startsWith('at=')).length, 1, stderr)
  assert.match(lines.at(-1), /^carillon: /)
  assert.match(lines.at(-1), pattern)
}

describe('stopping', () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    test(`D8 ${signal} closes every socket with 1012 or 1001 and ends with 0`, async (t) => {
      const server = await startServer(t)
      const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
      const { id } = await ada.conversation([grace])
      const sockets = await Promise.all(Array.from({ length: 20 }, () => grace.socket()))
      await ada.send(id, 'before')
      for (const socket of sockets) await socket.hears('message.created')
      const idle = await RawHttp.open(server.port)
      const started = Date.now()
      const end = await server.child.signal(signal)
      assert.deepEqual(end, { code: 0, signal: null }, server.child.story())
      for (const socket of sockets) {
        const { code } = await socket.ends()
        assert.ok([1001, 1012].includes(code), `close code ${code}`)
      }
      assert.ok(Date.now() - started < 12_000, 'within the drain timeout')
      idle.close()

      await server.restart()
      const history = await grace.history(id)
      assert.deepEqual(history.map((message) => message.content_text), ['before'])
    })
  }
})

describe('what keeps it from starting', () => {
  test('D10 a second server on one directory is refused, and the first goes on', async (t) => {
    const server = await startServer(t)
    await assertFails(['serve', ...ANY_PORT, '--data', server.data], /use|lock|another|running/)
    assert.equal((await server.request('GET', '/healthz')).status, 200)
  })

  test('a port in use', async (t) => {
    const blocker = net.createServer()
    t.after(() => blocker.close())
    await new Promise((resolve) => blocker.listen(0, '127.0.0.1', resolve))
    const address = `127.0.0.1:${blocker.address().port}`
    const data = join(scratch, 'port')
    await assertFails(['serve', '--listen', address, '--data', data], /in use/)
  })

  test('a directory that cannot be made or written', async () => {
    const file = join(scratch, 'file')
    writeFileSync(file, 'a file')
    for (const data of [file, join(file, 'below'), '/proc/carillon-data']) {
      await assertFails(['serve', ...ANY_PORT, '--data', data], new RegExp(data))
    }
  })

  test('a database that is none', async (t) => {
    const server = await startServer(t)
    await server.terminate()
    const database = join(server.data, readdirSync(server.data).find((one) => /\.db$/.test(one)))
    rmSync(`${database}-wal`, { force: true })
    rmSync(`${database}-shm`, { force: true })
    writeFileSync(database, 'this is no database, though it is long enough to look at '.repeat(200))
    await assertFails(['serve', ...ANY_PORT, '--data', server.data], /database|\.db/)
    rmSync(server.data, { recursive: true, force: true })
  })

  test('L11 flags and variables that are unknown or out of range are named', async () => {
    const serve = (...args) => ['serve', '--data', join(scratch, 'never'), ...args]
    await assertFails(serve('--unknown', '1'), /--unknown/)
    await assertFails(serve('--workers', '0'), /--workers/)
    await assertFails(serve('--workers', 'two'), /--workers.*"two"/)
    await assertFails(serve('--listen', 'localhost'), /--listen/)
    await assertFails(serve('--signup', 'maybe'), /--signup.*open/)
    await assertFails(serve('--allowed-origins', '*'), /--allowed-origins/)
    await assertFails(serve('--public-url', 'chat.example.com'), /--public-url/)
    await assertFails(serve('--workers'), /--workers/)
    await assertFails(serve('stray'), /stray/)
    await assertFails(serve(), /CARILLON_UNKNOWN/, { CARILLON_UNKNOWN: '1' })
    await assertFails(serve(), /CARILLON_WORKERS/, { CARILLON_WORKERS: '-1' })
    await assertFails(['fly'], /fly/)
  })

  test('L11 a file that is wrong is named with its line', async () => {
    const file = join(scratch, 'carillon.conf')
    const rows = [
      ['workers = 1\nworkrs = 2\n', /carillon\.conf:2\b.*workrs/],
      ['# a comment\n\nworkers = many\n', /carillon\.conf:3\b.*workers/],
      ['workers 2\n', /carillon\.conf:1\b/],
      ['[server]\nworkers = 2\n', /carillon\.conf:1\b/],
      ['workers = 2\nreaders = 2', /carillon\.conf:2\b/],
      ['workers = 2\nworkers = 3\n', /carillon\.conf:2\b.*twice/],
      [`public_url = https://${'a'.repeat(300)}\n`, /carillon\.conf:1\b/],
    ]
    for (const [content, pattern] of rows) {
      writeFileSync(file, content)
      await assertFails(['serve', '--config', file], pattern)
    }
    await assertFails(['serve', '--config', join(scratch, 'missing.conf')], /missing\.conf/)
  })

  test('L11 a file, the environment and the flags override each other in this order', async (t) => {
    const file = join(scratch, 'order.conf')
    writeFileSync(file, 'signup = closed\nmessaging_token_ttl_sec = 100\n')
    const args = ['--config', file, '--signup', 'open']
    const server = await startServer(t, { args, env: { CARILLON_MESSAGING_TOKEN_TTL_SEC: '200' } })
    const [ada] = await makeTenant(server, 'Ada')
    const { expires_at: expiresAt } = await ada.messagingToken()
    const seconds = (Date.parse(expiresAt) - Date.now()) / 1000
    assert.ok(seconds > 150 && seconds < 210, `${seconds} s`)
  })
})

describe('what it tells about itself', () => {
  test('help and the version are printed, and end with 0', async () => {
    for (const args of [['--help'], ['help', 'serve'], ['serve', '--help'], ['tail', '--help']]) {
      const { code, stdout, stderr } = await run(args)
      assert.deepEqual([code, stderr], [0, ''])
      assert.match(stdout, /^usage: carillon/)
    }
    const { code, stdout } = await run(['--version'])
    assert.equal(code, 0)
    assert.match(stdout, /^carillon \d+\.\d+\.\d+/)
  })

  test('the data directory is nobody else\'s business', async (t) => {
    const server = await startServer(t, { data: join(scratch, 'new') })
    const modes = (path) => [path, ...(statSync(path).isDirectory()
      ? readdirSync(path).flatMap((name) => modes(join(path, name))) : [])]
    for (const path of modes(server.data)) {
      assert.equal(statSync(path).mode & 0o077, 0, path)
    }
  })

  test('healthz and readyz answer while it runs', async (t) => {
    const server = await startServer(t)
    for (const path of ['/healthz', '/readyz']) {
      const { status } = await server.request('GET', path)
      assert.equal(status, 200, path)
    }
  })

  test('metrics are what Prometheus reads, and count what happened', async (t) => {
    const server = await startServer(t)
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const { id } = await ada.conversation([grace])
    const socket = await grace.socket()
    await ada.send(id, 'counted')
    await socket.hears('message.created')
    const { status, headers, body } = await server.request('GET', '/metrics')
    assert.equal(status, 200)
    assert.match(headers['content-type'], /^text\/plain; version=0\.0\.4/)
    const types = new Map()
    const seen = new Set()
    for (const line of body.trimEnd().split('\n')) {
      const type = /^# TYPE (carillon_[a-z0-9_]+) (counter|gauge|histogram)$/.exec(line)
      if (type) types.set(type[1], type[2])
      else if (!line.startsWith('# HELP ')) {
        const sample = /^([a-z][a-z0-9_]*)(\{[^{}]*\})? (-?[0-9.e+-]+|\+Inf|NaN)$/.exec(line)
        assert.ok(sample, line)
        const family = sample[1].replace(/_(bucket|sum|count)$/, '')
        assert.ok(types.has(sample[1]) || types.has(family), `${line} has a type`)
        assert.ok(!seen.has(sample[1] + sample[2]), `${line} comes once`)
        seen.add(sample[1] + sample[2])
      }
    }
    assert.ok(types.size > 5, 'there are some')
    await socket.close()
  })
})

describe('carillon tail', () => {
  test('it prints every event of a user as a line of JSON, and ends with 0', async (t) => {
    const server = await startServer(t)
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const { id } = await ada.conversation([grace])
    const env = { CARILLON_TOKEN: grace.access }
    const tail = new Child(CARILLON, ['tail', '--url', server.url], env)
    const lines = () => tail.stdout.split('\n').slice(0, -1).map((line) => JSON.parse(line))
    const heard = () => lines().filter((line) => line.payload?.type === 'message.created')
    // Until its socket is open, what is sent is not heard.
    let sent = 0
    await until(async () => {
      await ada.send(id, `tail ${sent++}`)
      return heard().length > 0 || tail.end
    }, () => `the first event\n${tail.story()}`)
    const last = await ada.send(id, 'the last')
    await until(() => heard().some((line) => line.payload.payload.message_id === last.id),
      () => `the last event\n${tail.story()}`)
    assert.deepEqual(await tail.signal('SIGTERM'), { code: 0, signal: null }, tail.story())
  })

  test('a token that is refused ends it with one line', async (t) => {
    const server = await startServer(t)
    const env = { CARILLON_TOKEN: 'not.a.token' }
    await assertFails(['tail', '--url', server.url], /token|401|refused/i, env)
    await assertFails(['tail', '--url', server.url], /CARILLON_TOKEN/)
  })
})

test('L6 beyond its connections it turns clients away, and survives', async (t) => {
  const data = join(scratch, 'few')
  mkdirSync(data)
  const server = await startServer(t, { data, args: ['--connections-max', '10'] })
  const opened = []
  for (let i = 0; i < 30; i++) opened.push(await RawHttp.open(server.port).catch(() => null))
  const ask = async (connection) => {
    await connection.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
    const response = await connection.response().catch(() => null)
    if (response?.status === 503) assert.equal(errorOf(response).code, 'overloaded')
    return response?.status ?? 'closed'
  }
  const answers = await Promise.all(opened.filter(Boolean).map(ask))
  assert.ok(answers.filter((answer) => answer === 200).length >= 5, String(answers))
  assert.ok(answers.some((answer) => answer === 503 || answer === 'closed'), String(answers))
  for (const connection of opened) connection?.close()
  const isBack = () =>
    server.request('GET', '/healthz').then((one) => one.status === 200, () => false)
  await until(isBack, 'room for new clients')
})
