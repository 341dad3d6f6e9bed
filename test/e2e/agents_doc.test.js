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

const TEXT = 'You asked: What is six times nine?. The answer is 42.'

test('the agent of docs/agents.md takes a task and answers it', async (t) => {
  const server = await startServer(t)
  const [ada] = await makeTenant(server, 'Ada')
  const agent = await makeAgent(ada, 'Thinker')
  const { id } = await ada.conversation([agent], { type: 'agent_direct' })
  const socket = await ada.socket()

  const page = readFileSync(new URL('../../docs/agents.md', import.meta.url), 'utf8')
  const [, program] = /```js\n([^]*?)```/.exec(page)
  const env = { ...process.env, CARILLON_URL: server.url, CARILLON_KEY: agent.access }
  const cwd = fileURLToPath(new URL('..', import.meta.url)) // where the package ws is
  const options = { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] }
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], options)
  const exited = once(child, 'exit') // by itself when the server goes first
  t.after(() => {
    child.kill()
    return exited
  })

  // It hears of tasks once its socket is open, which nobody else can see: ask until one is taken.
  const taken = await until(async () => {
    const body = { conversation_id: id, title: 'What is six times nine?', agent_id: agent.id }
    const task = expectStatus(await ada.post('/v1/chat/tasks', body), 201)
    const isDone = () =>
      socket
        .events('task.status_updated')
        .some((event) => event.task_id === task.id && event.status === 'completed')
    return until(isDone, 'the end of the task', 500).then(() => task.id, () => null)
  }, 'a task that the agent takes')

  const result = (await ada.history(id)).find((one) => one.task_id === taken)
  assert.equal(result.content_text, TEXT)
  assert.equal(result.sender_id, agent.id)
  const deltas = socket.events('task_stream_delta').filter((event) => event.task_id === taken)
    .map((event) => event.delta)
  assert.ok(deltas.length > 5)
  assert.equal(deltas.join(''), TEXT)
  await socket.close()
})
