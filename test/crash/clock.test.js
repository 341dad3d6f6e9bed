// SPDX-License-Identifier: Apache-2.0
// clock.test.js: the wall clock jumps (D11), as it does when a machine was asleep or finds its time
// server. Order is by number and not by time, timers are monotonic, and tokens are good for as long
// as the clock says.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { TaskStream, makeAgent } from '../lib/agents.js'
import { Clock } from '../lib/clock.js'
import { expectStatus, makeTenant } from '../lib/people.js'
import { startServer } from '../lib/server.js'
import { until } from '../lib/wait.js'

const HOUR_S = 3600
const TYPING_SHOWN_MS = 10_000 // as in src/limits.h
const upTo = (last) => Array.from({ length: last }, (_, i) => i + 1)
const skip = Clock.isPossible ? false : 'the runtime of a sanitizer wants to be loaded before it'

async function startWithClock(t) {
  const clock = new Clock(t)
  const server = await startServer(t, { env: clock.env })
  const timeOf = async () => Date.parse((await server.request('GET', '/healthz')).headers.date)
  return { server, clock, timeOf }
}

// An access token of now, whatever the clock says now is.
async function renew(...people) {
  for (const person of people) {
    const body = { refresh_token: person.refresh }
    const answer = await person.server.request('POST', '/auth/refresh', { body })
    person.takeTokens(expectStatus(answer, 200))
  }
}

test('D11 the clock jumps by an hour, and the order of messages is that of their numbers',
  { skip }, async (t) => {
    const { server, clock, timeOf } = await startWithClock(t)
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const { id } = await ada.conversation([grace], { type: 'group' })
    const socket = await grace.socketV1()
    const began = await timeOf()
    for (const offset of [0, HOUR_S, -HOUR_S, 0]) {
      clock.set(offset)
      const moved = await timeOf() - began - offset * 1000
      assert.ok(Math.abs(moved) < 30_000, `the server's clock is at ${offset} s: ${moved} ms off`)
      await renew(ada, grace)
      for (let i = 0; i < 10; i++) await ada.send(id, 'tick')
    }
    const heard = await socket.hears('message.created', 40)
    assert.deepEqual(heard.map((event) => event.seq_num), upTo(40))
    const history = await ada.history(id)
    assert.deepEqual(history.map((message) => message.seq_num), upTo(40))
    const times = history.map((message) => Date.parse(message.created_at))
    assert.ok(times[10] > times[9] + 3_000_000 && times[20] < times[19] - 3_000_000, 'it jumped')

    const { cursor } = socket
    await socket.drop()
    clock.set(-HOUR_S)
    await renew(ada, grace)
    await ada.send(id, 'while nobody listened')
    const again = await grace.socketV1(cursor)
    const { replay } = await again.resumes()
    assert.deepEqual(replay.map(({ payload }) => payload.payload.seq_num), [41])

    await server.terminate()
    await server.restart()
    await ada.send(id, 'after a restart in the past')
    assert.deepEqual((await ada.history(id)).map(({ seq_num: n }) => n), upTo(42))
  })

test('D11 a token is good until the clock says otherwise, and is got anew', { skip }, async (t) => {
  const { server, clock } = await startWithClock(t)
  const [ada] = await makeTenant(server, 'Ada')
  expectStatus(await ada.get('/v1/chat/conversations'), 200)
  clock.set(14 * 60)
  expectStatus(await ada.get('/v1/chat/conversations'), 200)
  clock.set(17 * 60)
  expectStatus(await ada.get('/v1/chat/conversations'), 401)
  await renew(ada)
  expectStatus(await ada.get('/v1/chat/conversations'), 200)
  clock.set(0) // what is used now comes from the future; it can be got anew all the same
  await renew(ada)
  expectStatus(await ada.get('/v1/chat/conversations'), 200)
})

test('D11 no timer believes the clock: sockets, streams and typing go on', { skip }, async (t) => {
  const { server, clock } = await startWithClock(t)
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const robot = await makeAgent(ada, 'Robot')
  const { id } = await ada.conversation([grace, robot], { type: 'group' })
  const socket = await grace.socket()
  const body = { conversation_id: id, title: 'to answer', agent_id: robot.id }
  const task = expectStatus(await ada.post('/v1/chat/tasks', body), 201)
  const stream = new TaskStream(robot, task.id)
  stream.delta('before ')
  await socket.hears('task_stream_delta')
  const typingMs = performance.now()
  expectStatus(await ada.post(`/v1/chat/conversations/${id}/typing`, { state: 'start' }), 200)
  await socket.hears('typing.start')

  clock.set(HOUR_S)
  stream.delta('and after')
  await socket.hears('task_stream_delta', 2)
  clock.set(-HOUR_S)
  await socket.hears('typing.stop')
  const stop = socket.heard.find(({ payload }) => payload?.type === 'typing.stop')
  const shownMs = socket.heardMs.get(stop) - typingMs
  assert.ok(shownMs > TYPING_SHOWN_MS / 2, `typing was ended by the jump, after ${shownMs} ms`)
  expectStatus(await stream.end(), 200)
  await renew(ada)
  const text = expectStatus(await ada.get(`/v1/chat/tasks/${task.id}/stream`), 200)
  assert.equal(text.text, 'before and after')
  assert.equal(socket.closed, null)
  await until(async () => (await server.request('GET', '/healthz')).status === 200, 'health')
})
