// SPDX-License-Identifier: Apache-2.0
// backup.test.js: a backup that is taken under load and restored elsewhere is one moment of the
// server, whole (D10, D12); and files that a disk damaged are noticed (D3): the server refuses them
// or has what came before the damage, never a silent hole.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { copyFileSync, cpSync, existsSync, openSync, closeSync, readSync, rmSync, statSync,
  truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Person, expectStatus, makeTenant } from '../lib/people.js'
import { Random } from '../lib/random.js'
import { Server, run, startServer, temporaryDirectory } from '../lib/server.js'
import { until } from '../lib/wait.js'

const SENDERS = 32
const BACKUPS = 3
const DAMAGES = Number(process.env.CRASH_DAMAGES ?? 12)

const range = (count) => Array.from({ length: count }, (_, i) => i)

function scratch(t) {
  const directory = temporaryDirectory()
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function expectRun(args, code = 0) {
  const end = await run(args)
  assert.equal(end.code, code, `${args.join(' ')}\n${end.stdout}${end.stderr}`)
  return end
}

const expectSound = async (data) =>
  assert.match((await expectRun(['check', '--data', data])).stdout, /nothing to repair/)

// Edits, reactions and marks among the messages, so that a backup has some of everything.
async function useUntil(person, id, isOver, acknowledged) {
  for (let i = 0; !isOver(); i++) {
    const message = await person.send(id, `${person.id}/${acknowledged.length}`)
    acknowledged.push(message)
    const path = `/v1/chat/messages/${message.id}`
    if (i % 3 === 0) expectStatus(await person.patch(path, { content_text: 'edited' }), 200)
    if (i % 5 === 0) {
      const reaction = { conversation_id: id, emoji: '👍' }
      expectStatus(await person.post(`${path}/reactions`, reaction), 200)
    }
    if (i % 7 === 0) expectStatus(await person.delete(path), 200)
    if (i % 4 === 0) {
      const read = { up_to_seq: message.seq_num }
      expectStatus(await person.post(`/v1/chat/conversations/${id}/read`, read), 200)
    }
  }
}

async function cursorOf(person) {
  const socket = await person.socketV1()
  await socket.until(() => socket.cursor, 'a cursor')
  await socket.close()
  return socket.cursor
}

test('D12 a backup taken under load is one moment, restored elsewhere', async (t) => {
  const directory = scratch(t)
  const server = await startServer(t)
  const people = await makeTenant(server, 'Ada', 'Grace', 'Joan')
  const [ada, ...others] = people
  const { id } = await ada.conversation(others, { type: 'group', name: 'busy' })
  const acknowledged = []
  let isOver = false
  const users = range(SENDERS).map((i) =>
    useUntil(people[i % people.length], id, () => isOver, acknowledged))

  const cursors = [await cursorOf(ada)]
  for (const i of range(BACKUPS)) {
    await until(() => acknowledged.length >= (i + 1) * 100, 'some load')
    const before = acknowledged.length
    const file = join(directory, `backup-${i}`)
    await expectRun(['backup', file, '--data', server.data])
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const data = join(directory, `restored-${i}`)
    await expectRun(['restore', file, '--data', data])
    await expectSound(data)
    await expectSound(server.data)

    const restored = await startServer(t, { data })
    // Not the keys: what was signed by the other server is void, what is in the database is good.
    assert.equal((await restored.request('GET', '/auth/me', { token: ada.access })).status, 401)
    const tokens = expectStatus(await restored.request('POST', '/auth/refresh',
      { body: { refresh_token: ada.refresh } }), 200)
    const back = new Person(restored, ada.email, { ...ada, ...tokens })
    // Neither what was heard before the backup nor after it: it is another history from here on.
    cursors.push(await cursorOf(ada))
    for (const cursor of cursors) {
      const socket = await back.socketV1(cursor)
      const { complete, replayed } = await socket.resumes()
      assert.deepEqual({ complete, replayed }, { complete: false, replayed: 0 })
      await socket.close()
    }
    const history = await back.history(id)
    assert.deepEqual(history.map((one) => one.seq_num), range(history.length).map((k) => k + 1))
    const seen = new Set(history.map((one) => one.id))
    for (const { id: sent } of acknowledged.slice(0, before)) assert.ok(seen.has(sent))
    await restored.terminate()
  }
  isOver = true
  await Promise.all(users)
  const again = await expectRun(['backup', join(directory, 'backup-0'), '--data', server.data], 1)
  assert.match(again.stderr, /exists already/)
  const busy = ['restore', join(directory, 'backup-0'), '--force', '--data', server.data]
  assert.match((await expectRun(busy, 1)).stderr, /uses this directory/)
  console.log(`# ${BACKUPS} backups under ${SENDERS} users, ${acknowledged.length} messages sent`)
})

// ---- damage ----

const DATABASE = 'carillon.db'
const LOG = 'carillon.db-wal'

// A server that was killed, with most of what it knows still in its log; and what it knew.
async function makeVictim(t) {
  const server = await Server.start()
  t.after(() => server.stop())
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const conversations = []
  for (const i of range(4)) {
    const { id } = await ada.conversation([grace], { type: 'group', name: `c${i}` })
    conversations.push({ id, texts: [] })
  }
  for (const i of range(60)) {
    const conversation = conversations[i % conversations.length]
    const text = `${i} ${'x'.repeat(i * 40)}`
    conversation.texts.push(text)
    await ada.send(conversation.id, text)
  }
  await server.kill9()
  return { server, ada, conversations }
}

function flip(random, path, times, from = 0) {
  const fd = openSync(path, 'r+')
  const byte = Buffer.alloc(1)
  const { size } = statSync(path)
  for (let i = 0; i < times; i++) {
    const at = random.integer(from, size - 1)
    readSync(fd, byte, 0, 1, at)
    byte[0] ^= 1 << random.integer(0, 7)
    writeSync(fd, byte, 0, 1, at)
  }
  closeSync(fd)
}

// What a client of a server on these files gets, conversation by conversation: null where it is
// told that something is wrong. Without an answer at all the server has refused.
async function read(t, victim, data) {
  let server
  try {
    server = await Server.start({ data })
  } catch (error) {
    assert.match(error.message, /carillon: .*(damaged|malformed|cannot|database)/)
    return null
  }
  try {
    const answers = []
    for (const { id } of victim.conversations) {
      const path = `/v1/chat/conversations/${id}/messages?from_seq=1&limit=200`
      const answer = await server.request('GET', path, { token: victim.ada.access })
        .catch(() => null)
      answers.push(answer?.status === 200 ? answer.body : null)
    }
    return answers
  } finally {
    await server.child.signal('SIGTERM')
  }
}

// Whole numbers from 1 to what the conversation says that it has.
function expectNoHole(body, conversation) {
  assert.deepEqual(body.messages.map((one) => one.seq_num),
    range(body.current_seq).map((i) => i + 1), 'a hole that nobody tells of')
  assert.ok(body.current_seq <= conversation.texts.length)
}

async function damage(t, victim, name, harm) {
  const data = join(scratch(t), 'data')
  cpSync(victim.server.data, data, { recursive: true })
  await harm(data)
  const check = await run(['check', '--data', data])
  assert.ok([0, 1, 3].includes(check.code), `${name}: ${check.stdout}${check.stderr}`)
  return { isFound: check.code !== 0, answers: await read(t, victim, data), check }
}

test('D3 of a damaged log everything before the damage is there, and nothing after', async (t) => {
  const random = new Random()
  const victim = await makeVictim(t)
  assert.ok(statSync(join(victim.server.data, LOG)).size > 100_000)
  const harms = range(DAMAGES).map((i) => (data) => {
    const log = join(data, LOG)
    if (i % 3 === 0) truncateSync(log, random.integer(0, statSync(log).size))
    else flip(random, log, i % 3)
    if (i % 2) flip(random, join(data, 'carillon.db-shm'), 50)
  })
  let lost = 0
  for (const [i, harm] of harms.entries()) {
    const { isFound, answers, check } = await damage(t, victim, `log ${i}`, harm)
    assert.ok(!isFound, check.stdout)
    for (const [k, conversation] of victim.conversations.entries()) {
      // Before the first message it was not there, nor who asks: 401 or 404, told as such.
      const body = answers?.[k] ?? { messages: [], current_seq: 0 }
      expectNoHole(body, conversation)
      assert.deepEqual(body.messages.map((one) => one.content_text),
        conversation.texts.slice(0, body.current_seq))
      lost += conversation.texts.length - body.current_seq
    }
  }
  console.log(`# D3: ${DAMAGES} damaged logs, on average ${(lost / DAMAGES).toFixed(1)} of 60 lost`)
})

test('D3 a damaged database is refused, or found by check, and has no silent hole', async (t) => {
  const random = new Random()
  const victim = await makeVictim(t)
  await victim.server.restart()
  await victim.server.terminate()
  const seen = { found: 0, refused: 0, unreadable: 0, whole: 0 }
  for (const i of range(DAMAGES)) {
    const { isFound, answers } = await damage(t, victim, `database ${i}`, (data) => {
      const database = join(data, DATABASE)
      if (i % 4 === 0) truncateSync(database, random.integer(0, statSync(database).size - 4096))
      else flip(random, database, i * i * i)
    })
    if (isFound) seen.found++
    if (answers === null) {
      seen.refused++
      continue
    }
    for (const [k, conversation] of victim.conversations.entries()) {
      if (answers[k] === null) seen.unreadable++
      else if (!isFound) expectNoHole(answers[k], conversation)
    }
    if (!isFound) seen.whole++
  }
  console.log(`# D3: ${DAMAGES} damaged databases: ${JSON.stringify(seen)}`)
  assert.ok(seen.found > 0)
})

test('D3 a truncated or foreign backup is not restored', async (t) => {
  const random = new Random()
  const directory = scratch(t)
  const victim = await makeVictim(t)
  const file = join(directory, 'backup')
  await expectRun(['backup', file, '--data', victim.server.data])
  const { size } = statSync(file)
  for (const i of range(4)) {
    const bad = join(directory, `bad-${i}`)
    copyFileSync(file, bad)
    truncateSync(bad, random.integer(0, size - 4096))
    const data = join(directory, `data-${i}`)
    await expectRun(['restore', bad, '--data', data], 1)
    assert.ok(!existsSync(join(data, DATABASE)))
  }
})
