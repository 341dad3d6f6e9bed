// SPDX-License-Identifier: Apache-2.0
// stream.test.js: what an agent streams, read from the beginning by whoever comes when.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ChatTaskError } from '@carillon/chat'
import { TaskStream } from '../../../test/lib/agents.js'
import {
  Proxy, Server, apiOf, clientOf, expectStatus, makeAgent, makeTenant, next, until,
} from './lib/world.js'

let server
let ada
let agent
let room
before(async () => {
  server = await Server.start()
  ;[ada] = await makeTenant(server, 'Ada')
  agent = await makeAgent(ada, 'Thinker')
  room = (await ada.conversation([agent], { type: 'agent_direct' })).id
})
after(() => server.stop())

const makeTask = () =>
  apiOf(ada).createTask({ conversationId: room, title: 'Say something', agentId: agent.id })
const report = (task, status) => agent.patch(`/v1/chat/tasks/${task.id}`, { status })

// Reads in the background; `text` grows.
function follow(stream) {
  const reader = { text: '', pieces: 0, error: undefined }
  reader.done = (async () => {
    for await (const piece of stream) {
      reader.text += piece
      reader.pieces++
    }
  })().catch((error) => {
    reader.error = error
  })
  return reader
}
const has = (reader, text) => until(() => reader.text === text, () => `${text}, not ${reader.text}`)

test('live, half way and afterwards it is the same text, each piece once', async (t) => {
  const client = clientOf(t, ada)
  const task = await makeTask()
  const early = follow(client.stream(task.id))
  const stream = new TaskStream(agent, task.id)
  stream.delta('Hel')
  await has(early, 'Hel')
  stream.delta('lo wörld ')
  const late = follow(client.stream(task.id))
  stream.delta('✓ 😀')
  const text = 'Hello wörld ✓ 😀'
  await has(early, text)
  await has(late, text)
  const rest = follow(client.stream(task.id, { afterBytes: 6 }))
  await has(rest, text.slice(6))
  expectStatus(await stream.end(), 200)
  expectStatus(await report(task, 'completed'), 200)
  await Promise.all([early.done, late.done, rest.done])
  const afterwards = follow(client.stream(task.id))
  await afterwards.done
  for (const one of [early, late, afterwards]) assert.equal(one.text, text)
  assert.equal(early.error, undefined)
  assert.ok(early.pieces >= 2)
})

test('a lost connection is a pause', async (t) => {
  const proxy = await Proxy.start(t, server)
  const client = clientOf(t, ada, { via: proxy })
  await client.connect()
  const task = await makeTask()
  const reader = follow(client.stream(task.id))
  const stream = new TaskStream(agent, task.id)
  let text = ''
  for (let i = 0; i < 40; i++) {
    const word = `word${i} `
    text += word
    stream.delta(word)
    if (i % 10 !== 5) continue
    const back = next(client, 'resumed')
    proxy.cut(i % 20 === 5 ? 'rst' : 'fin')
    stream.delta('(lost) ')
    text += '(lost) '
    await back
  }
  await has(reader, text)
  expectStatus(await stream.end(), 200)
  expectStatus(await report(task, 'completed'), 200)
  await reader.done
  assert.equal(reader.error, undefined)
  assert.equal(reader.text, text)
})

test('it ends, too, when the end was reported while nobody was connected', async (t) => {
  const proxy = await Proxy.start(t, server)
  const client = clientOf(t, ada, { via: proxy, retries: 100 })
  await client.connect()
  const task = await makeTask()
  const reader = follow(client.stream(task.id))
  const stream = new TaskStream(agent, task.id)
  stream.delta('all ')
  await has(reader, 'all ')
  const lost = next(client, 'disconnected')
  proxy.down()
  await lost
  stream.delta('of it')
  expectStatus(await stream.end(), 200)
  expectStatus(await report(task, 'completed'), 200)
  proxy.up()
  await reader.done
  assert.deepEqual([reader.text, reader.error], ['all of it', undefined])
})

test('failed and cancelled are errors, after the text up to there', async (t) => {
  const client = clientOf(t, ada)
  for (const status of ['failed', 'cancelled']) {
    const task = await makeTask()
    const reader = follow(client.stream(task.id))
    const stream = new TaskStream(agent, task.id)
    stream.delta('half')
    await has(reader, 'half')
    if (status === 'failed') {
      expectStatus(await stream.end(), 200)
      expectStatus(await report(task, 'failed'), 200)
    } else {
      await client.api.cancelTask(task.id)
      assert.equal((await stream.answer).status, 409)
    }
    await reader.done
    assert.ok(reader.error instanceof ChatTaskError, String(reader.error))
    assert.deepEqual([reader.error.status, reader.error.taskId], [status, task.id])
    assert.equal(reader.text, 'half')
  }
})

test('it can be left early: by break, and by a signal', async (t) => {
  const client = clientOf(t, ada)
  const task = await makeTask()
  const stream = new TaskStream(agent, task.id)
  stream.delta('first')
  for await (const piece of client.stream(task.id)) {
    assert.equal(piece, 'first')
    break
  }
  const ours = new AbortController()
  const reader = follow(client.stream(task.id, { signal: ours.signal }))
  await has(reader, 'first')
  ours.abort()
  await reader.done
  assert.equal(reader.error.name, 'AbortError')
  await client.api.cancelTask(task.id)
  await stream.answer
})

test('streamTask streams as an agent, and says where it ended', async (t) => {
  const client = clientOf(t, ada)
  const task = await makeTask()
  const reader = follow(client.stream(task.id))
  async function* think() {
    for (const word of ['one ', 'two ', 'three']) yield word
  }
  const api = apiOf(agent)
  const half = await api.streamTask(task.id, think())
  assert.deepEqual(half, { taskId: task.id, offsetBytes: 13 })
  await assert.rejects(api.streamTask(task.id, ['x'], { offset: 3 }), { code: 'wrong_offset' })
  await api.streamTask(task.id, [' four'], { offset: 13 })
  const { status } = await api.updateTask(task.id, { status: 'completed' })
  assert.equal(status, 'completed')
  await reader.done
  assert.deepEqual([reader.text, reader.error], ['one two three four', undefined])
})
