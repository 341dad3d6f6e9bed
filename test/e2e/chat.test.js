// SPDX-License-Identifier: Apache-2.0
// chat.test.js: `carillon chat`, as a script uses it (lines in, lines out), and on a terminal,
// which script(1) lends it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TaskStream, makeAgent } from '../lib/agents.js'
import { Child } from '../lib/child.js'
import { CuttingProxy } from '../lib/cutting_proxy.js'
import { PASSWORD, expectStatus, makeTenant } from '../lib/people.js'
import { CARILLON, startServer } from '../lib/server.js'
import { within } from '../lib/wait.js'

async function makeWorld(t) {
  const server = await startServer(t)
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const robot = await makeAgent(ada, 'Robot')
  const { id } = await ada.conversation([grace, robot], { type: 'agent_group', name: 'Lunch' })
  return { server, ada, grace, robot, id }
}

function start(t, program, args, env) {
  const child = new Child(program, args, env, 'pipe')
  t.after(() => child.end ?? child.signal('SIGKILL'))
  return child
}

const ended = (chat) => within(chat.ended, () => `its end\n${chat.story()}`)

const onTerminal = (t, server, person, ...args) => {
  const command = [CARILLON, 'chat', '--url', server.url, ...args].join(' ')
  return start(t, 'script', ['-qfec', command, '/dev/null'],
    { CARILLON_TOKEN: person.access, TERM: 'xterm', LANG: 'C.UTF-8' })
}

test('a script signs in, opens a conversation, and says something in order', async (t) => {
  const { server, ada, grace, id } = await makeWorld(t)
  await grace.send(id, 'Soup or salad?')
  const chat = start(t, CARILLON, ['chat', '--url', server.url, '--email', ada.email], {})

  chat.process.stdin.end(`${PASSWORD}\nLunch\nSoup!\nAnd bread.\n/who\n/with Grace\nJust us two\n`)
  assert.deepEqual(await ended(chat), { code: 0, signal: null }, chat.story())
  assert.equal(chat.stderr, '')
  assert.match(chat.stdout, /Grace: Soup or salad\?/)
  assert.match(chat.stdout, /Grace, member, offline/)
  assert.deepEqual((await grace.history(id)).map((m) => m.content_text),
    ['Soup or salad?', 'Soup!', 'And bread.'])
  const { conversations } = expectStatus(await grace.get('/v1/chat/conversations'), 200)
  assert.equal(conversations[0].last_message_preview, 'Just us two')
})

test('what does not work is said, and it ends with 1 or 2', async (t) => {
  const { server, ada } = await makeWorld(t)
  const chat = (args, input, env = {}) => {
    const child = start(t, CARILLON, ['chat', '--url', ...args], env)
    child.process.stdin.end(input)
    return within(child.ended, 'its end').then((end) => [end.code, child.stdout + child.stderr])
  }

  const [code, output] = await chat([server.url, '--email', ada.email], 'wrong password\n')
  assert.equal(code, 1)
  assert.match(output, /password/i)
  assert.equal((await chat([server.url], ''))[0], 2)
  assert.equal((await chat(['ftp://x'], '', { CARILLON_TOKEN: ada.access }))[0], 2)
  const lost = await chat([server.url, 'Nowhere'], '/nonsense\n', { CARILLON_TOKEN: ada.access })
  assert.match(lost[1], /no conversation “Nowhere”/)
  assert.match(lost[1], /“\/nonsense” is none of the commands/)
})

test('on a terminal one sees who types, and an agent speak word by word', async (t) => {
  const { server, ada, grace, robot, id } = await makeWorld(t)
  const socket = await grace.socket()
  const chat = onTerminal(t, server, ada, 'Lunch')

  await chat.output(/— Lunch —/)
  chat.process.stdin.write('Hel')
  await socket.hears('typing.start')
  chat.process.stdin.write('lo\r')
  await socket.hears('message.created')
  assert.equal((await grace.history(id)).at(-1).content_text, 'Hello')

  expectStatus(await grace.post(`/v1/chat/conversations/${id}/typing`, { state: 'start' }), 200)
  await chat.output(/Grace types…/)
  // What a terminal would obey is shown, not obeyed.
  await grace.send(id, 'red \u001b[31malert')
  await chat.output(/Grace: red \?\[31malert/)

  const task = expectStatus(await grace.post('/v1/chat/tasks',
    { conversation_id: id, title: 'Sing', agent_id: robot.id }), 201)
  const stream = new TaskStream(robot, task.id)
  for (const word of ['La ', 'la ', 'la.']) stream.delta(word)
  await chat.output(/Robot: La la la\./)
  await stream.end()
  expectStatus(await robot.patch(`/v1/chat/tasks/${task.id}`, { status: 'completed' }), 200)
  await socket.until(async () => (await grace.history(id)).at(-1).content_text === 'La la la.',
    'the result')

  chat.process.stdin.write('/edit Hello, all\r')
  await socket.hears('message.edited')
  chat.process.stdin.write('\u0004')
  assert.deepEqual(await ended(chat), { code: 0, signal: null }, chat.story())
  await socket.close()
})

test('it comes back after a restart of the server, with what was said meanwhile', async (t) => {
  const { server, ada, grace, id } = await makeWorld(t)
  const proxy = await CuttingProxy.start(t, server) // keeps the address while the port changes
  const chat = onTerminal(t, proxy, ada, 'Lunch')
  await chat.output(/— Lunch —/)

  await server.kill9()
  await chat.output(/\* the connection was lost/)
  await server.restart()
  await grace.send(id, 'Anybody?')
  await chat.output(/Grace: Anybody\?/)
  chat.process.stdin.write('\u0004')
  assert.deepEqual(await ended(chat), { code: 0, signal: null }, chat.story())
})
