// SPDX-License-Identifier: Apache-2.0
// agents_doc.test.js: the agent of docs/agents.md, run as it is printed there.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { makeAgent } from '../lib/agents.js'
import { expectStatus, makeTenant } from '../lib/people.js'
import { startServer } from '../lib/server.js'
import { until } from '../lib/wait.js'

const TITLE = 'What is six times nine?'
const TEXT = `You asked: ${TITLE}. The answer is 42.`

const page = readFileSync(new URL('../../docs/agents.md', import.meta.url), 'utf8')
const [, program] = /```js\n([^]*?)```/.exec(page)

// The program as a process, until the end of the test.
function runAgent(t, server, agent, source) {
  const env = { ...process.env, CARILLON_URL: server.url, CARILLON_KEY: agent.access }
  const cwd = fileURLToPath(new URL('..', import.meta.url)) // where the package ws is
  const options = { cwd, env, stdio: ['pipe', 'inherit', 'inherit'] }
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], options)
  const exited = once(child, 'exit') // by itself when the server goes first
  t.after(() => {
    child.kill()
    return exited
  })
  return child
}

const statusesOf = (socket, id) => socket.events('task.status_updated')
  .filter((event) => event.task_id === id).map((event) => event.status)
const deltasOf = (socket, id) => socket.events('task_stream_delta')
  .filter((event) => event.task_id === id)

// It hears of tasks once its socket is open, which is when it is there for others. It gets one task
// only, because it would work on two at once.
async function giveUntil(status, person, socket, fields) {
  const isOnline = async () => {
    const path = `/v1/chat/presence?user_ids=${fields.agent_id}`
    const { presence: [one] } = expectStatus(await person.get(path), 200)
    return one.status === 'online'
  }
  await until(isOnline, 'the agent to be there')
  const body = { title: TITLE, ...fields }
  const { id } = expectStatus(await person.post('/v1/chat/tasks', body), 201)
  await socket.until(() => statusesOf(socket, id).includes(status), status)
  return id
}

test('the agent of docs/agents.md takes a task and answers it', async (t) => {
  const server = await startServer(t)
  const [ada] = await makeTenant(server, 'Ada')
  const agent = await makeAgent(ada, 'Thinker')
  const { id } = await ada.conversation([agent], { type: 'agent_direct' })
  const socket = await ada.socket()

  runAgent(t, server, agent, program)
  const fields = { conversation_id: id, agent_id: agent.id }
  const taken = await giveUntil('completed', ada, socket, fields)

  const result = (await ada.history(id)).find((one) => one.task_id === taken)
  assert.equal(result.content_text, TEXT)
  assert.equal(result.sender_id, agent.id)
  const deltas = deltasOf(socket, taken).map((event) => event.delta)
  assert.ok(deltas.length > 5)
  assert.equal(deltas.join(''), TEXT)
  await socket.close()
})

// What a reader of docs/protocol.md does: listen first, then ask for what was streamed so far, then
// append what begins behind it.
class Reader {
  static async join(person, task) {
    const reader = new Reader()
    reader.task = task
    reader.socket = await person.socket()
    const { text, offset_bytes: offset } =
      expectStatus(await person.get(`/v1/chat/tasks/${task}/stream`), 200)
    Object.assign(reader, { early: text, offset })
    return reader
  }

  get text() {
    const late = deltasOf(this.socket, this.task)
      .filter(({ offset_bytes: offset }) => offset >= this.offset)
    return this.early + late.map(({ delta }) => delta).join('')
  }
}

test('a second reader who joins half way through its answer sees the whole text', async (t) => {
  const server = await startServer(t)
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const agent = await makeAgent(ada, 'Thinker')
  const { id } = await ada.conversation([grace, agent], { type: 'agent_group' })
  const first = await ada.socket()

  // Its model thinks for as long as it takes to say the next word: until there is a line for it.
  const paced = program.replace('yield word', '{ await turns.next(); yield word }')
  assert.notEqual(paced, program)
  const prelude = "import { createInterface } from 'node:readline'\n" +
    'const turns = createInterface({ input: process.stdin })[Symbol.asyncIterator]()\n'
  const child = runAgent(t, server, agent, prelude + paced)
  const words = TEXT.split(/(?<= )/)
  const half = Math.floor(words.length / 2)

  const fields = { conversation_id: id, agent_id: agent.id }
  child.stdin.write('\n') // fetch sends nothing of a request before the first piece of its body
  const task = await giveUntil('running', ada, first, fields)
  const heardBy = (socket, count) =>
    socket.until(() => deltasOf(socket, task).length >= count, `${count} words`)
  for (let i = 1; i < half; i++) {
    child.stdin.write('\n')
    await heardBy(first, i + 1)
  }

  const second = await Reader.join(grace, task)
  assert.equal(second.text, words.slice(0, half).join(''))
  for (let i = half; i < words.length; i++) {
    child.stdin.write('\n')
    await heardBy(second.socket, i - half + 1)
    assert.equal(second.text, words.slice(0, i + 1).join(''))
  }
  await second.socket.until(() => statusesOf(second.socket, task).includes('completed'))
  assert.equal(second.text, TEXT)
  assert.deepEqual(deltasOf(first, task).map(({ delta }) => delta), words)
  const [result] = (await grace.history(id)).filter((one) => one.task_id === task)
  assert.equal(result.content_text, TEXT)

  // Who comes when all is said reads the same.
  const third = await Reader.join(grace, task)
  assert.equal(third.text, TEXT)
  await Promise.all([first, second.socket, third.socket].map((socket) => socket.close()))
})
