// SPDX-License-Identifier: Apache-2.0
// client_c.test.js: the C client library against the real server: its examples as they are, and
// test/client_driver.c, which prints what its callbacks are told, through a network that is cut.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import net from 'node:net'
import { basename, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { test } from 'node:test'
import { reference } from '../../client/c/reference.mjs'
import { makeAgent } from '../lib/agents.js'
import { Child } from '../lib/child.js'
import { Driver } from '../lib/client_driver.js'
import { CUTS, CuttingProxy } from '../lib/cutting_proxy.js'
import { Person, expectStatus, makeTenant } from '../lib/people.js'
import { Random } from '../lib/random.js'
import { BUILD_DIR, startRestored, startServer, temporaryDirectory } from '../lib/server.js'
import { makeCertificate } from '../lib/tls.js'
import { until, within } from '../lib/wait.js'

function example(t, name, server, token) {
  const child = new Child(join(BUILD_DIR, 'examples', name), [],
    { CARILLON_URL: server.url, CARILLON_KEY: token })
  t.after(() => child.end ?? child.signal('SIGKILL'))
  return child
}

// A tenant with Ada, an agent, and the conversation of the two.
async function makeWorld(t, options) {
  const server = await startServer(t, options)
  const [ada] = await makeTenant(server, 'Ada')
  const agent = await makeAgent(ada, 'Robot')
  const { id } = await ada.conversation([agent], { type: 'agent_direct' })
  return { server, ada, agent, id }
}

const seqs = (driver) => driver.of('message').map((line) => line.seq)
// More numbers than are given again in all the time that a test waits for one of them to be heard.
const LOST = 60
const upTo = (count) => Array.from({ length: count }, (_, i) => i + 1)

test('the bot of examples/c answers in a conversation, and ends when it is told', async (t) => {
  const { server, ada, agent, id } = await makeWorld(t)
  const bot = example(t, 'bot', server, agent.access)
  const socket = await ada.socket()

  // What is sent before its socket is open is not news to it: ask until it answers.
  await until(async () => {
    await ada.send(id, 'Are you there?')
    return until(async () => (await ada.history(id)).some((m) => m.sender_id === agent.id),
      'an answer', 500).catch(() => false)
  }, 'an answer of the bot')
  await socket.until(async () => (await ada.history(id))
    .some((m) => m.content_text === 'You said: Are you there?'), 'the echo')
  assert.deepEqual(await bot.signal('SIGTERM'), { code: 0, signal: null }, bot.story())
  await socket.close()
})

test('the agent of examples/c streams the answer to a task', async (t) => {
  const { server, ada, agent, id } = await makeWorld(t)
  const child = example(t, 'agent', server, agent.access)
  const socket = await ada.socket()

  await child.output(/^agent: open$/m)
  const task = expectStatus(await ada.post('/v1/chat/tasks',
    { conversation_id: id, title: 'What is six times nine?', agent_id: agent.id }), 201)
  await socket.until(() => socket.events('task.status_updated')
    .some((event) => event.task_id === task.id && event.status === 'completed'), 'its end')
  const text = 'You asked: What is six times nine?. The answer is 42.'
  assert.equal((await ada.history(id)).at(-1).content_text, text)
  assert.equal(socket.events('task_stream_delta').map((event) => event.delta).join(''), text)
  assert.deepEqual(await child.signal('SIGTERM'), { code: 0, signal: null }, child.story())
  await socket.close()
})

test('sends keep their order, and each reply is told once', async (t) => {
  const { server, ada, id } = await makeWorld(t)
  const driver = await Driver.start(t, server.url, ada.access)

  await driver.isOpen()
  for (let i = 1; i <= 100; i++) driver.say(`send ${id} ${i}`)
  await driver.until(() => driver.of('message').length === 100, '100 messages')
  assert.deepEqual(driver.of('message').map((line) => line.text), upTo(100).map(String))
  assert.deepEqual(driver.of('message').map((line) => line.own), upTo(100).map(() => true))
  await driver.until(() => driver.of('reply').length === 100, '100 replies')
  assert.ok(driver.of('reply').every((line) => line.status === 201))
  // One past what may wait at once is refused, and nothing is lost by it.
  // They are said in one piece: it must not have an answer before it has read them all.
  driver.say(Array(400).fill('get /auth/me').join('\n'))
  await driver.until(() => driver.of('reply').length + driver.of('refused').length === 500, 'all')
  assert.ok(driver.of('refused').length > 0)
  assert.ok(driver.of('refused').every((line) => line.refused === -3))
  await driver.quit()
})

// Every way in which a connection ends, at whatever byte.
for (const [name, hides, options] of [
  ['the server’s best protocol'],
  ['the base protocol', 'carillon.v1'],
  ['TLS', undefined, { tls: true }],
]) {
  test(`over ${name}, every message comes once and in order through 100 cuts`, async (t) => {
    const { server, ada, agent, id } = await makeWorld(t, options)
    const random = new Random()
    const proxy = await CuttingProxy.start(t, server, {
      // Most connections are cut early; some live long enough for the answer to a sync.
      budget: () => random.integer(1, random.integer(0, 6) ? 4000 : 200_000),
      cut: () => CUTS[random.integer(0, 1)],
      hides,
    })
    const cutsWanted = Number(process.env.CLIENT_CUTS ?? 100)
    const driver = await Driver.start(t, proxy.url, agent.access)

    await driver.until(() => driver.of('state').some((line) => line.state === 'open'), 'a socket')
    // What was there at the first connection is no news; this one is.
    const first = await ada.send(id, 'the first one')
    await driver.until(() => seqs(driver).includes(first.seq_num), 'the first message')
    let count = 1
    while (proxy.cutsCount < cutsWanted) await ada.send(id, `message ${++count}`)
    await driver.until(() => seqs(driver).at(-1) === count, 'the last message', 60000)
    assert.deepEqual(seqs(driver), upTo(count))
    const recovered = driver.of('message').filter((message) => message.recovered).length
    t.diagnostic(`${count} messages, ${proxy.cutsCount} cuts, ${recovered} messages recovered, `
      + `${driver.of('gap').length} gaps`)
    await driver.quit()
  })
}

test('what was there before is no news, wherever the first connections are cut', async (t) => {
  const { server, ada, agent, id } = await makeWorld(t)
  for (let i = 1; i <= 10; i++) await ada.send(id, `old ${i}`)
  let connections = 0
  const proxy = await CuttingProxy.start(t, server, {
    budget: () => ++connections > 12 ? Infinity : 150 * connections,
    cut: () => 'rst',
    hides: 'carillon.v1',
  })
  const driver = await Driver.start(t, proxy.url, agent.access)

  // The socket that opens may be one that is cut once something is said on it.
  await driver.isOpen()
  connections = Infinity
  driver.say('disconnect')
  await driver.until(() => driver.of('state').at(-1).state === 'idle', 'idle')
  driver.say('connect')
  await driver.isOpen()
  assert.ok(proxy.cutsCount >= 3, `${proxy.cutsCount} cuts`)
  await ada.send(id, 'new')
  await driver.until(() => driver.of('message').length > 0, 'the new message')
  assert.deepEqual(driver.of('message').map((line) => line.text), ['new'])
  await driver.quit()
})

test('over the base protocol, changes that were missed are told after a gap', async (t) => {
  const { server, ada, agent, id } = await makeWorld(t)
  const messages = []
  for (const text of ['edited', 'deleted', 'liked', 'left alone']) {
    messages.push(await ada.send(id, text))
  }
  const [edited, deleted, liked, alone] = messages
  const edit = (one, text) => ada.patch(`/v1/chat/messages/${one.id}`, { content_text: text })
  expectStatus(await edit(alone, 'edited before anybody listened'), 200)
  const proxy = await CuttingProxy.start(t, server, { hides: 'carillon.v1' })
  const driver = await Driver.start(t, proxy.url, agent.access)
  await driver.isOpen()
  // Where the changes are is asked for with what is new: with this message, at the latest.
  await ada.send(id, 'heard')
  await driver.until(() => seqs(driver).length === 1, 'the message')

  driver.say('disconnect')
  await driver.until(() => driver.of('state').at(-1).state === 'idle', 'idle')
  driver.lines.length = 0
  expectStatus(await edit(edited, 'changed'), 200)
  expectStatus(await ada.delete(`/v1/chat/messages/${deleted.id}`), 200)
  const reaction = { conversation_id: id, emoji: '👍' }
  expectStatus(await ada.post(`/v1/chat/messages/${liked.id}/reactions`, reaction), 200)
  await ada.send(id, 'missed')
  expectStatus(await ada.post(`/v1/chat/conversations/${id}/read`, { up_to_seq: 6 }), 200)
  driver.say('connect')
  await driver.until(() => driver.of('event').some(({ event }) => event === 'message.read'),
    'the mark')
  const told = driver.of('event').filter(({ event }) => event.startsWith('message.'))
  assert.deepEqual(told.map(({ event, payload }) => [event, payload.id ?? payload.message?.id]), [
    ['message.edited', edited.id],
    ['message.changed', edited.id],
    ['message.deleted', deleted.id],
    ['message.changed', liked.id],
    ['message.read', undefined],
  ])
  assert.equal(told[0].payload.content_text, 'changed')
  assert.equal(told[3].payload.message.reactions[0].emoji, '👍')
  assert.deepEqual(told[4].payload,
    { conversation_id: id, user_id: ada.id, last_read_seq: 6 })
  assert.deepEqual(driver.of('message').map((line) => line.text), ['missed'])
  await driver.quit()
})

test('a client goes on where an earlier one was, with its cursor', async (t) => {
  const { server, ada, agent, id } = await makeWorld(t)
  const first = await Driver.start(t, server.url, agent.access)
  await first.isOpen()
  await ada.send(id, 'heard by the first')
  await first.until(() => seqs(first).length === 1, 'the first message')
  first.say('disconnect')
  await first.until(() => first.of('state').at(-1).state === 'idle', 'idle')
  const { cursor } = first.of('state').at(-1)
  await first.quit()
  for (let i = 2; i <= 100; i++) await ada.send(id, `message ${i}`)

  const second = await Driver.start(t, server.url, agent.access, { CURSOR: cursor })
  await second.until(() => seqs(second).at(-1) === 100, 'all of them')
  assert.deepEqual(seqs(second), upTo(100).slice(1))
  assert.equal(second.of('gap').length, 0)
  await second.quit()

  // One that is none: told so, and what is new from then on.
  const third = await Driver.start(t, server.url, agent.access, { CURSOR: 'nonsense' })
  await third.until(() => third.of('gap').length === 1, 'the gap')
  assert.equal(third.of('gap')[0].cursor, 'nonsense', 'nothing was made up for yet')
  // As long as it reads where the conversations are now, it may take a number for an old one.
  await until(async () => {
    await ada.send(id, 'new')
    return until(() => seqs(third).length > 0, 'a message', 500).catch(() => false)
  }, 'a new message')
  assert.ok(seqs(third)[0] > 100, JSON.stringify(seqs(third)))
  third.say('disconnect')
  await third.until(() => third.of('state').at(-1).state === 'idle', 'idle')
  assert.notEqual(third.of('state').at(-1).cursor, 'nonsense')
  await third.quit()

  for (const CURSOR of ['with a space', 'a&token=b', 'x'.repeat(129)]) {
    const refused = await Driver.start(t, server.url, agent.access, { CURSOR })
    assert.deepEqual(await within(refused.child.ended, 'the end'), { code: 0, signal: null })
    assert.equal(refused.of('end')[0].end, -2, CURSOR)
  }
  const longest = await Driver.start(t, server.url, agent.access, { CURSOR: 'x'.repeat(128) })
  await longest.isOpen()
  await longest.quit()
})

test('a send through a network that is cut is posted once', async (t) => {
  const { server, ada, id } = await makeWorld(t)
  const random = new Random()
  const proxy = await CuttingProxy.start(t, server,
    { budget: () => random.integer(300, 3300), cut: () => CUTS[random.integer(0, 1)] })
  const driver = await Driver.start(t, proxy.url, ada.access)

  for (let i = 1; i <= 50; i++) driver.say(`send ${id} ${i}`)
  await driver.until(() => driver.of('reply').length === 50, '50 replies', 60000)
  assert.deepEqual(driver.of('reply').map((line) => line.result), upTo(50).map(() => 0))
  assert.deepEqual((await ada.history(id)).map((m) => m.content_text), upTo(50).map(String))
  await driver.quit()
})

test('a stream goes on where the server’s text ends, wherever it is cut', async (t) => {
  const { server, ada, agent, id } = await makeWorld(t)
  const random = new Random()
  const task = expectStatus(await ada.post('/v1/chat/tasks',
    { conversation_id: id, title: 'Count', agent_id: agent.id }), 201)
  const proxy = await CuttingProxy.start(t, server,
    { budget: () => random.integer(800, 3800), cut: () => CUTS[random.integer(0, 1)] })
  const driver = await Driver.start(t, proxy.url, agent.access)
  const words = upTo(800).map((i) => `${i}·`)

  for (const word of words) driver.say(`stream ${task.id} ${word}`)
  driver.say('complete')
  await driver.until(() => driver.of('reply').length === 1, 'the end of the stream', 60000)
  assert.equal(driver.of('reply')[0].result, 0, driver.child.story())
  assert.equal((await ada.history(id)).at(-1).content_text, words.join(''))
  await driver.quit()
})

test('a cancelled task ends the stream with task_ended', async (t) => {
  const { server, ada, agent, id } = await makeWorld(t)
  const task = expectStatus(await ada.post('/v1/chat/tasks',
    { conversation_id: id, title: 'Count', agent_id: agent.id }), 201)
  const socket = await ada.socket()
  const driver = await Driver.start(t, server.url, agent.access)

  driver.say(`stream ${task.id} one`)
  await socket.hears('task_stream_delta')
  expectStatus(await ada.post(`/v1/chat/tasks/${task.id}/cancel`), 200)
  await driver.until(() => driver.of('reply').length === 1, 'the end of the stream')
  const { result, status, code } = driver.of('reply')[0]
  assert.deepEqual({ result, status, code }, { result: -5, status: 409, code: 'task_ended' })
  await driver.quit()
  await socket.close()
})

test('it survives restarts of the server, and misses nothing of them', async (t) => {
  const { server, ada, agent, id } = await makeWorld(t)
  const proxy = await CuttingProxy.start(t, server) // keeps the address while the port changes
  const driver = await Driver.start(t, proxy.url, agent.access)
  const restarts = 3

  await driver.isOpen()
  for (let i = 0; i < restarts; i++) {
    await ada.send(id, `before ${i}`)
    await server.terminate()
    await server.restart()
    await ada.send(id, `after ${i}`)
  }
  await driver.until(() => seqs(driver).length === 2 * restarts, 'all messages')
  assert.deepEqual(seqs(driver), upTo(2 * restarts))
  await driver.quit()
})

for (const hides of [undefined, 'carillon.v1']) {
  const name = hides ? 'the base protocol' : 'the server’s best protocol'
  test(`over ${name}, numbers that a restored backup gives again are heard`, async (t) => {
    const { server, ada, agent, id } = await makeWorld(t)
    const proxy = await CuttingProxy.start(t, server, { hides })
    const driver = await Driver.start(t, proxy.url, agent.access)

    await driver.isOpen()
    await ada.send(id, 'kept')
    const restored = await startRestored(t, server)
    for (let i = 1; i < LOST; i++) await ada.send(id, 'lost with the disk')
    await driver.until(() => driver.of('message').length === LOST, 'all of them')
    proxy.server = restored
    await server.terminate()
    await driver.until(() => driver.of('gap').length > 0, 'a gap')
    // As long as it reads where the conversations are now, it may take a number for an old one.
    const there = await new Person(restored, ada.email, ada).login()
    await until(async () => {
      await there.send(id, 'new')
      return until(() => driver.of('message').length > LOST, 'a message', 500).catch(() => false)
    }, 'a new message')
    assert.ok(driver.of('message')[LOST].seq < LOST, JSON.stringify(driver.of('message')[LOST]))
    await driver.quit()
  })
}

for (const hides of [undefined, 'carillon.v1']) {
  const name = hides ? 'the base protocol' : 'the server’s best protocol'
  test(`over ${name}, a callback may leave and come back`, async (t) => {
    const { server, ada, agent, id } = await makeWorld(t)
    const proxy = await CuttingProxy.start(t, server, { hides })
    const driver = await Driver.start(t, proxy.url, agent.access)

    await driver.isOpen()
    for (let i = 1; i <= 60; i++) await ada.send(id, i % 4 ? `${i}` : 'leave and come back')
    await driver.until(() => driver.of('message').length >= 60, 'all messages')
    assert.deepEqual(seqs(driver), upTo(60))
    // It leaves from within the callback of the last message, too, so that is told after it.
    const leaves = () => driver.of('state').filter(({ state }) => state === 'idle').length
    await driver.until(() => leaves() === 15, 'the last time that it leaves')
    await driver.quit()
  })
}

test('a spent access token is renewed, and the new pair is told', async (t) => {
  const { server, ada, id } = await makeWorld(t, { args: ['--access-token-ttl-sec', '60'] })
  const driver = await Driver.start(t, server.url, `${ada.access.slice(0, -4)}AAAA`,
    { REFRESH_TOKEN: ada.refresh })

  await driver.isOpen()
  assert.equal(driver.of('tokens').length, 1)
  driver.say(`send ${id} hello`)
  await driver.until(() => driver.of('message').length === 1, 'the message')
  await driver.quit()
})

test('over TLS it trusts whom it is told to trust, and nobody else', async (t) => {
  const { server, ada, agent, id } = await makeWorld(t, { tls: makeCertificate() })
  const stranger = await Driver.start(t, server.url, agent.access,
    { CA_FILE: makeCertificate().cert })
  const nowhere = await Driver.start(t, server.url, agent.access, { CA_FILE: '/nowhere.pem' })
  // Where its certificate does not say that it is.
  const elsewhere = net.createServer((socket) => {
    const upstream = net.connect(server.port, '127.0.0.1').on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy())
    socket.pipe(upstream).pipe(socket)
  })
  await new Promise((resolve) => elsewhere.listen(0, '127.0.0.2', resolve))
  t.after(() => elsewhere.close())
  const wrongName = await Driver.start(t, `https://127.0.0.2:${elsewhere.address().port}`,
    agent.access, { CA_FILE: server.certificates[0].cert })
  const driver = await Driver.start(t, server.url, agent.access)

  await driver.isOpen()
  await ada.send(id, 'in private')
  await driver.until(() => driver.of('message').length === 1, 'the message')
  await driver.quit()
  for (const other of [stranger, nowhere, wrongName]) {
    await other.until(() => other.of('state').length >= 4, 'two attempts')
    const states = other.of('state').map(({ state }) => state)
    assert.deepEqual(new Set(states), new Set(['connecting', 'waiting']), other.child.story())
    await other.quit()
  }
})

test('who is signed out is told so, and does not try again', async (t) => {
  const { server, ada } = await makeWorld(t)
  const wrong = await Driver.start(t, server.url, 'wrong')
  const driver = await Driver.start(t, server.url, ada.access)

  await wrong.until(() => wrong.of('state').at(-1)?.state === 'signed_out', 'refused')
  await wrong.quit()
  await driver.isOpen()
  expectStatus(await ada.post('/auth/logout', { refresh_token: ada.refresh }), 200)
  await driver.until(() => driver.of('state').at(-1)?.state === 'signed_out', 'signed out')
  assert.match(driver.of('state').at(-1).why, /4001/)
  await driver.quit()
})

test('no allocation that fails crashes it, and it recovers', async (t) => {
  const { server, ada, agent, id } = await makeWorld(t)
  const work = async (env) => {
    const driver = await Driver.start(t, server.url, agent.access, env)
    const isOver = () => driver.child.end || driver.of('state').at(-1)?.state === 'signed_out'
    driver.say(`send ${id} hello`)
    const isAnswered = () => driver.of('reply').length + driver.of('refused').length > 0
    await driver.until(() => isOver() || isAnswered(), 'an answer')
    if (driver.child.end) return driver.of('end').at(-1)
    return driver.quit()
  }
  const { allocations } = await work({})
  const step = Number(process.env.CLIENT_ALLOCATION_STEP ?? 23)

  for (let n = 1 + new Random().integer(0, step - 1); n <= allocations; n += step) {
    const end = await work({ FAIL_AT: String(n) })
    assert.ok(end.end === 0 || end.end === -1, `allocation ${n}: ${JSON.stringify(end)}`)
  }
  // Whatever failed, the server took nothing twice.
  const ids = (await ada.history(id)).map((m) => m.id)
  assert.equal(new Set(ids).size, ids.length)
})

test('every call does what its name says', async (t) => {
  const { server, ada, agent, id } = await makeWorld(t)
  const driver = await Driver.start(t, server.url, ada.access)
  const socket = await agent.socket()
  const ask = async (line, name = line.split(' ')[0]) => {
    const before = driver.of('reply').length
    driver.say(line)
    await driver.until(() => driver.of('reply').length > before, line)
    const reply = driver.of('reply').at(-1)
    assert.deepEqual([reply.reply, reply.result], [name, 0], JSON.stringify(reply))
    return reply.body
  }

  await driver.isOpen()
  const message = await ask(`send ${id} hello`)
  await ask(`edit ${message.id} hello, world`)
  await ask(`react ${id} ${message.id} 👍`)
  assert.deepEqual((await socket.hears('message.edited'))[0].content_text, 'hello, world')
  assert.deepEqual((await socket.hears('reaction.updated'))[0].emoji, '👍')
  driver.say(`text ${id} second`)
  await driver.until(() => driver.of('message').length === 2, 'the second message')
  await ask(`read ${id} 2`)
  await ask(`delete ${message.id}`)
  await socket.hears('message.deleted')
  driver.say(`typing ${id} start`)
  await socket.hears('typing.start')
  driver.say(`typing ${id} stop`)
  await socket.hears('typing.stop')
  assert.equal((await ask('list')).conversations.length, 1)
  assert.equal((await ask(`create agent_direct ${agent.id}`)).id, id)
  assert.equal((await ask(`who ${id}`)).participants.length, 2)
  assert.equal((await ask(`history ${id}`)).messages.length, 2)
  assert.equal((await ask('users Ada')).users[0].id, ada.id)
  await ask('presence away at lunch')
  const task = await ask(`task ${id} Work`)
  assert.equal((await ask(`gettask ${task.id}`)).status, 'queued')
  assert.equal((await ask(`cancel ${task.id}`)).status, 'cancelled')
  // Focus on another conversation: typing in this one is not heard any more, all else is.
  driver.say(`focus ${message.id}`)
  driver.say(`unfocus ${message.id}`)
  driver.say('session s1')
  driver.say('unsession s1')
  driver.say('disconnect')
  await driver.until(() => driver.of('state').at(-1).state === 'idle', 'idle')
  await agent.send(id, 'while you were out')
  driver.say('connect')
  await driver.until(() => driver.of('message').at(-1).text === 'while you were out', 'the message')
  assert.equal(driver.of('refused').length, 0)
  const { version } = await driver.quit()
  assert.match(version, /^\d+\.\d+\.\d+$/)
  await socket.close()
})

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test('every function of the header is used by an example or a test', () => {
  const used = ['test/client_driver.c', 'examples/c/bot.c', 'examples/c/agent.c'].map(read).join()
  const all = new Set(read('include/carillon.h').match(/\bcarillon_\w+(?=\()/g))
  assert.ok(all.size > 30)
  assert.deepEqual([...all].filter((name) => !used.includes(`${name}(`)), [])
})

test('docs/client-c.md is what the header says', () => {
  assert.equal(read('docs/client-c.md'), reference(),
    'node client/c/reference.mjs > docs/client-c.md')
})

// A sanitized library wants a sanitized program; what ships is what a user links with.
if (basename(BUILD_DIR) === 'build') {
  test('a program is built with what is installed, by pkg-config, both ways', async (t) => {
    const root = temporaryDirectory()
    t.after(() => rmSync(root, { recursive: true }))
    execFileSync('cmake', ['--install', BUILD_DIR, '--prefix', root], { stdio: 'pipe' })
    const dirs = execFileSync('find', [root, '-name', 'pkgconfig'], { encoding: 'utf8' }).trim()
    const env = { ...process.env, PKG_CONFIG_PATH: dirs, LD_LIBRARY_PATH: join(dirs, '..') }
    const source = new URL('../../examples/c/bot.c', import.meta.url).pathname
    const program = join(root, 'bot')
    const flagsOf = (...modules) => execFileSync('pkg-config', ['--cflags', '--libs', ...modules],
      { env, encoding: 'utf8' }).trim().split(/\s+/)
    const all = flagsOf('libcarillon', 'libcurl', 'libsodium', 'libcrypto')
    const ways = [flagsOf('libcarillon'),
      all.map((flag) => (flag === '-lcarillon' ? '-l:libcarillon.a' : flag))]
    for (const flags of ways) {
      execFileSync('cc', ['-std=gnu17', '-Wall', '-Werror', '-o', program, source, ...flags],
        { env, stdio: 'pipe' })
      const child = new Child(program, [], { CARILLON_URL: 'nowhere', ...env })
      assert.deepEqual(await within(child.ended, 'its end'), { code: 1, signal: null })
      assert.match(child.stderr, /bot: an argument is not valid/)
    }
  })
}

test('D8 a client comes back when the server that stopped has asked for it', async (t) => {
  const { server, ada, id } = await makeWorld(t)
  const proxy = await CuttingProxy.start(t, server)
  const driver = await Driver.start(t, proxy.url, ada.access)
  await driver.isOpen()
  const attempts = []
  proxy.listener.on('connection', () => attempts.push(performance.now()))
  const before = performance.now()
  await server.terminate()
  // Not the newest state: when this process is late, it has tried again already, for nothing.
  const end = () => driver.of('state').find(({ why }) => why.includes('1012'))
  await driver.until(end, 'the end of the socket')
  const { why } = end()
  const hint = Number(/1012 the server restarts; connect again in (\d+) ms$/.exec(why)?.[1])
  assert.ok(hint > 1000, why)
  await server.restart()
  await driver.isOpen()
  assert.ok(attempts[0] - before >= hint, `${attempts[0] - before} of ${hint} ms`)
  await ada.send(id, 'after the restart')
  await driver.until(() => driver.of('message').length === 1, 'the message')
  await driver.quit()
})
