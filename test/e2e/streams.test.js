// SPDX-License-Identifier: Apache-2.0
// streams.test.js: what an agent streams reaches everybody at once, is kept, and becomes one
// message; whatever breaks in between.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TaskStream, makeAgent } from '../lib/agents.js'
import { expectStatus, makeTenant, settle } from '../lib/people.js'
import { RawHttp, errorOf } from '../lib/http.js'
import { Server, run, startServer } from '../lib/server.js'
import { until, within } from '../lib/wait.js'

// As in src/limits.h.
const STREAM_TEXT_BYTES_MAX = 1 << 20
const STREAM_LINE_BYTES_MAX = 16384
const STREAM_LINES_PER_SEC_MAX = 1000
const STREAM_INPUT_BYTES_MAX = 256 * 1024

let server
let ada
let grace
let robot
before(async () => {
  server = await Server.start()
  ;[ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  robot = await makeAgent(ada, 'Robot')
})
after(() => server.stop())

async function makeTask(fields = {}, person = ada, others = [grace, robot]) {
  const { id } = await person.conversation(others, { type: 'agent_group', name: 'work' })
  const agent = others.at(-1)
  const body = { conversation_id: id, title: 'Speak', agent_id: agent.id, ...fields }
  return expectStatus(await person.post('/v1/chat/tasks', body), 201)
}

async function textOf(person, task, afterBytes = 0) {
  const path = `/v1/chat/tasks/${task.id}/stream?after_bytes=${afterBytes}`
  return expectStatus(await person.get(path), 200)
}

const taskOf = async (person, task) =>
  expectStatus(await person.get(`/v1/chat/tasks/${task.id}`), 200)
const report = (agent, task, status) => agent.patch(`/v1/chat/tasks/${task.id}`, { status })
const FILES = ['carillon.db', 'carillon.db-wal']
const isOnDisk = (of, text) =>
  FILES.some((name) => readFileSync(join(of.data, name)).includes(text))
// The deltas of one conversation that a socket has heard, together.
const heardText = (socket, task) =>
  socket.heard
    .filter((one) => one.conversation_id === task.conversation_id)
    .filter((one) => one.payload.type === 'task_stream_delta')
    .map((one) => one.payload.payload.delta)
    .join('')
const hearsText = (socket, task, text) =>
  socket.until(() => heardText(socket, task) === text, `the text ${text.slice(0, 80)}`)
const closeAll = (sockets) => Promise.all(sockets.map((socket) => socket.close()))
const resultsIn = async (person, task) =>
  (await person.history(task.conversation_id)).filter((one) => one.content_type === 'result')

describe('streaming', () => {
  test('each delta is heard at once, on every device, with its agent and session', async () => {
    const task = await makeTask({ session_id: 's1' })
    const sockets = await Promise.all([ada, ada, grace, grace].map((one) => one.socket()))
    const stream = new TaskStream(robot, task.id)
    let text = ''
    for (const delta of ['Hel', 'lo, ', 'wörld ', '✓ 😀', '\n"quoted"\u0001']) {
      stream.delta(delta)
      text += delta
      for (const socket of sockets) await hearsText(socket, task, text)
    }
    const deltas = sockets[3].heard.filter((one) => one.payload.type === 'task_stream_delta')
    assert.deepEqual(deltas[0], {
      type: 'event',
      conversation_id: task.conversation_id,
      payload: {
        type: 'task_stream_delta',
        payload: {
          delta: 'Hel',
          agent_id: robot.id,
          session_id: 's1',
          task_id: task.id,
          offset_bytes: 0,
        },
      },
    })
    const offsets = deltas.map((one) => one.payload.payload.offset_bytes)
    assert.deepEqual(offsets, [0, 3, 7, 14, 22], 'where each delta begins, in bytes')
    assert.deepEqual(await textOf(grace, task), {
      text,
      offset_bytes: Buffer.byteLength(text),
      state: 'streaming',
    })
    assert.equal((await taskOf(ada, task)).status, 'running')
    const answer = await stream.end()
    assert.deepEqual(answer, {
      status: 200,
      body: { task_id: task.id, offset_bytes: Buffer.byteLength(text) },
    })
    assert.equal((await textOf(ada, task)).state, 'ended')
    await closeAll(sockets)
  })

  test('focus: a socket that subscribed elsewhere hears no deltas, but the rest', async () => {
    const task = await makeTask()
    const elsewhere = await makeTask()
    const focused = await ada.socket()
    const open = await ada.socket()
    focused.say({ action: 'subscribe', conversation_ids: [elsewhere.conversation_id] })
    await focused.until(() => focused.heard.some((one) => one.type === 'subscribed'))
    const stream = new TaskStream(robot, task.id)
    stream.delta('quiet')
    await hearsText(open, task, 'quiet')
    expectStatus(await stream.end(), 200)
    await settle(ada, task.conversation_id, [focused, open])
    assert.equal(heardText(focused, task), '')
    assert.equal(focused.events('task.status_updated').at(-1).status, 'running')
    await closeAll([focused, open])
  })

  // Whatever becomes of a test, the next one finds no block.
  async function block(t) {
    const path = `/v1/chat/users/${robot.id}/block`
    t.after(() => grace.delete(path))
    expectStatus(await grace.post(path), 200)
  }

  test('who has blocked the agent hears nothing of it, the others do', async (t) => {
    const task = await makeTask()
    await block(t)
    const blocker = await grace.socket()
    const other = await ada.socket()
    const stream = new TaskStream(robot, task.id)
    stream.delta('hidden')
    expectStatus(await stream.end(), 200)
    expectStatus(await report(robot, task, 'completed'), 200)
    await settle(ada, task.conversation_id, [blocker, other])
    assert.equal(heardText(other, task), 'hidden')
    assert.equal(heardText(blocker, task), '')
    assert.deepEqual(blocker.events('task.status_updated'), [])
    assert.equal(blocker.events('message.created').length, 1)
    await closeAll([blocker, other])
  })

  test('who blocks the agent in mid-stream hears no more of it within a second', async (t) => {
    const task = await makeTask()
    const blocker = await grace.socket()
    const other = await ada.socket()
    const stream = new TaskStream(robot, task.id)
    stream.delta('heard ')
    await hearsText(blocker, task, 'heard ')
    await block(t)
    const blocked = performance.now()
    const goOn = (ms) => until(() => {
      stream.delta('x')
      return performance.now() - blocked > ms
    }, 'the time to pass')
    await goOn(2000)
    await settle(ada, task.conversation_id, [blocker])
    const heardInTime = heardText(blocker, task)
    await goOn(3000)
    stream.delta('end')
    await other.until(() => heardText(other, task).endsWith('end'), 'the end of the text')
    await settle(ada, task.conversation_id, [blocker])
    assert.equal(heardText(blocker, task), heardInTime, 'nothing came after two seconds')
    expectStatus(await grace.get(`/v1/chat/tasks/${task.id}/stream`), 404)
    assert.ok((await textOf(ada, task)).text.startsWith('heard x'))
    expectStatus(await stream.end(), 200)
    expectStatus(await report(robot, task, 'completed'), 200)
    expectStatus(await grace.get(`/v1/chat/tasks/${task.id}/stream`), 404)
    expectStatus(await grace.delete(`/v1/chat/users/${robot.id}/block`), 200)
    assert.ok((await textOf(grace, task)).text.endsWith('end'))
    await closeAll([blocker, other])
  })

  test('completed: the text is one message, also when nobody was listening', async () => {
    const task = await makeTask()
    const stream = new TaskStream(robot, task.id)
    for (let i = 0; i < 300; i++) stream.delta(`word ${i} `)
    expectStatus(await stream.end(), 200)
    const done = expectStatus(await report(robot, task, 'completed'), 200)
    const text = Array.from({ length: 300 }, (_, i) => `word ${i} `).join('')
    const [message, ...more] = await resultsIn(grace, task)
    assert.deepEqual(more, [])
    assert.equal(message.content_text, text)
    assert.equal(message.task_id, task.id)
    assert.equal(message.sender_id, robot.id)
    assert.equal(message.sender_type, 'agent')
    assert.equal(message.id, done.result_message_id)
    const late = await textOf(grace, task, 10)
    assert.deepEqual(late, {
      text: text.slice(10),
      offset_bytes: text.length,
      state: 'ended',
    })
  })

  test('completed while the stream is open: nothing is missing, the order holds', async () => {
    const task = await makeTask()
    const socket = await grace.socket()
    const stream = new TaskStream(robot, task.id)
    stream.delta('all of ')
    stream.delta('it')
    await hearsText(socket, task, 'all of it')
    expectStatus(await report(robot, task, 'completed'), 200)
    const answer = await within(stream.answer, 'the end of the stream')
    assert.equal(expectStatus(answer, 409).code, 'task_ended')
    const [message] = await resultsIn(grace, task)
    assert.equal(message.content_text, 'all of it')
    await settle(ada, task.conversation_id, [socket])
    const types = socket.heard
      .filter((one) => one.conversation_id === task.conversation_id)
      .map((one) => one.payload.type)
    assert.deepEqual(types, [
      'task.status_updated',
      'task_stream_delta',
      'task_stream_delta',
      'message.created',
      'task.status_updated',
      'message.created',
    ])
    await socket.close()
  })

  test('a task that ends without text has no message', async () => {
    const task = await makeTask()
    expectStatus(await report(robot, task, 'running'), 200)
    expectStatus(await report(robot, task, 'completed'), 200)
    assert.deepEqual(await resultsIn(ada, task), [])
    assert.deepEqual(await textOf(ada, task), { text: '', offset_bytes: 0, state: 'ended' })
  })

  test('cancel ends the stream with 409 and keeps what was said', async () => {
    const task = await makeTask()
    const socket = await ada.socket()
    const stream = new TaskStream(robot, task.id)
    stream.delta('half a sen')
    await hearsText(socket, task, 'half a sen')
    expectStatus(await grace.post(`/v1/chat/tasks/${task.id}/cancel`), 200)
    const answer = await within(stream.answer, 'the end of the stream')
    assert.equal(expectStatus(answer, 409).code, 'task_ended')
    assert.equal((await textOf(grace, task)).text, 'half a sen')
    assert.deepEqual(await resultsIn(ada, task), [])
    expectStatus(await new TaskStream(robot, task.id).end(), 409)
    await socket.close()
  })

  test('a stream goes on where it was, exactly, and the newer connection has it', async () => {
    const task = await makeTask()
    const socket = await ada.socket()
    const first = new TaskStream(robot, task.id)
    first.delta('one ')
    await hearsText(socket, task, 'one ')
    const wrong = await new TaskStream(robot, task.id, '?offset=3').end()
    assert.equal(expectStatus(wrong, 409).code, 'wrong_offset')
    const second = new TaskStream(robot, task.id, '?offset=4')
    const { code } = expectStatus(await within(first.answer, 'the end of the first'), 409)
    assert.equal(code, 'stream_taken_over')
    second.delta('two ')
    await hearsText(socket, task, 'one two ')
    second.destroy()
    await until(async () => (await textOf(ada, task)).state === 'interrupted', 'the break')
    const third = new TaskStream(robot, task.id, '?offset=8')
    third.delta('three')
    expectStatus(await third.end(), 200)
    assert.equal((await textOf(ada, task)).text, 'one two three')
    expectStatus(await report(robot, task, 'completed'), 200)
    assert.equal((await resultsIn(ada, task))[0].content_text, 'one two three')
    await socket.close()
  })

  test('Z7 only the agent of the task streams, and only there', async () => {
    const task = await makeTask()
    const other = await makeAgent(ada, 'Other')
    expectStatus(await new TaskStream(ada, task.id).end(), 403)
    expectStatus(await new TaskStream(other, task.id).end(), 404)
    expectStatus(await new TaskStream({ ...robot, access: 'ak_no', server }, task.id).end(), 401)
    expectStatus(await new TaskStream(robot, task.conversation_id).end(), 404)
    assert.equal((await textOf(ada, task)).state, 'none')
  })
})

describe('lines', () => {
  test('a body may be cut anywhere, has blank lines, and needs no last line end', async () => {
    const task = await makeTask()
    const stream = new TaskStream(robot, task.id)
    const body = Buffer.from('\n{"delta":"a✓"}\r\n\r\n\n{"delta":"","x":1}\n  \n{"delta":"b"}')
    for (const byte of body) stream.raw(Buffer.from([byte]))
    expectStatus(await stream.end(), 200)
    assert.deepEqual(await textOf(ada, task), { text: 'a✓b', offset_bytes: 5, state: 'ended' })
    const middle = await ada.get(`/v1/chat/tasks/${task.id}/stream?after_bytes=2`)
    assert.equal(expectStatus(middle, 400).field, 'after_bytes')
    assert.deepEqual(await textOf(ada, task, 99), { text: '', offset_bytes: 5, state: 'ended' })
  })

  test('what is no line ends the stream; what came before is kept', async () => {
    for (const [line, code] of [
      ['nonsense', 'invalid_json'],
      ['{"delta":"\\ud800"}', 'invalid_json'],
      ['{"delta":7}', 'invalid_field'],
      ['{}', 'invalid_field'],
    ]) {
      const task = await makeTask()
      const stream = new TaskStream(robot, task.id)
      stream.raw(`{"delta":"good"}\n${line}\n{"delta":"lost"}\n`)
      const answer = await within(stream.answer, 'the refusal')
      assert.equal(expectStatus(answer, 400).code, code)
      const kept = await textOf(ada, task)
      assert.equal(kept.text, 'good')
      assert.equal(kept.state, 'interrupted')
    }
  })

  test('a line of 16 KiB is taken, one byte more is not', async () => {
    const task = await makeTask()
    const line = (bytes) => `{"delta":"${'x'.repeat(bytes - 12)}"}`
    const stream = new TaskStream(robot, task.id)
    stream.raw(`${line(STREAM_LINE_BYTES_MAX)}\n`)
    stream.raw(line(STREAM_LINE_BYTES_MAX + 1))
    const answer = await within(stream.answer, 'the refusal')
    assert.equal(expectStatus(answer, 413).code, 'too_large')
    assert.equal((await textOf(ada, task)).offset_bytes, STREAM_LINE_BYTES_MAX - 12)
  })

  test('a task streams 1 MiB and not a byte more', async () => {
    const task = await makeTask()
    const stream = new TaskStream(robot, task.id)
    for (let i = 0; i < 64; i++) {
      stream.delta('x'.repeat(8192))
      stream.delta('y'.repeat(8192))
    }
    expectStatus(await stream.end(), 200)
    assert.equal((await textOf(ada, task)).offset_bytes, STREAM_TEXT_BYTES_MAX)
    const more = new TaskStream(robot, task.id)
    more.delta('z')
    assert.equal(expectStatus(await within(more.answer, 'the refusal'), 413).code, 'too_large')
    expectStatus(await report(robot, task, 'completed'), 200)
    assert.equal((await resultsIn(ada, task))[0].content_text.length, STREAM_TEXT_BYTES_MAX)
  })

  test('past 1,000 lines a second the agent waits, and nothing is lost', async () => {
    const task = await makeTask()
    const stream = new TaskStream(robot, task.id)
    const before = performance.now()
    stream.raw('{"delta":"a"}\n'.repeat(2.5 * STREAM_LINES_PER_SEC_MAX))
    expectStatus(await stream.end(), 200)
    assert.ok(performance.now() - before >= 1900, 'two more windows were waited for')
    assert.equal((await textOf(ada, task)).offset_bytes, 2500)
  })

  test('more than a server takes at once, in one piece, waits', async () => {
    const task = await makeTask()
    const stream = new TaskStream(robot, task.id)
    const line = `${JSON.stringify({ delta: 'x'.repeat(8000) })}\n`
    const count = Math.ceil((2 * STREAM_INPUT_BYTES_MAX) / line.length)
    stream.raw(line.repeat(count))
    expectStatus(await stream.end(), 200)
    assert.equal((await textOf(ada, task)).offset_bytes, 8000 * count)
  })

  test('S7 who reads slowly loses deltas, and nothing of what was said', async () => {
    const task = await makeTask()
    const [alive, slow] = [await grace.socket(), await grace.socket()]
    slow.ws.socket.pause()
    const stream = new TaskStream(robot, task.id)
    const pieces = Array.from({ length: 900 }, (_, i) => `${i} ${'w'.repeat(1000)} `)
    for (let end = 50; end <= pieces.length; end += 50) { // or the other one would be slow, too
      for (const piece of pieces.slice(end - 50, end)) stream.delta(piece)
      await hearsText(alive, task, pieces.slice(0, end).join(''))
    }
    assert.equal((await stream.end()).status, 200)
    expectStatus(await report(robot, task, 'completed'), 200)
    await alive.hears('message.created')

    slow.ws.socket.resume()
    await slow.hears('message.created') // after all deltas that it hears
    const heard = slow.events('task_stream_delta').map(({ delta }) => delta)
    const order = heard.map((delta) => pieces.indexOf(delta))
    assert.ok(order.every((place, i) => place >= 0 && (i === 0 || place > order[i - 1])))
    const [result] = await resultsIn(grace, task)
    assert.equal(result.content_text, pieces.join(''))
    await closeAll([alive, slow])
  })

  test('a body that is no chunked body breaks the stream', async () => {
    const task = await makeTask()
    const raw = await RawHttp.open(server.port)
    await raw.write(
      `POST /v1/chat/tasks/${task.id}/stream HTTP/1.1\r\nHost: x\r\n` +
        `Authorization: Bearer ${robot.access}\r\nTransfer-Encoding: chunked\r\n\r\n` +
        '10\r\n{"delta":"ok"} \n\r\nzz\r\n',
    )
    const answer = await raw.response()
    assert.equal(answer.status, 400)
    errorOf(answer)
    const { text, state } = await textOf(ada, task)
    assert.deepEqual([text.trim(), state], ['ok', 'interrupted'])
    raw.close()
  })

  // The chunks, and what ends them, are one segment: the server sees all of it at once.
  test('what came before the end of the connection, or a fault, is kept', async () => {
    const lines = Array.from({ length: 1500 }, (_, i) => `{"delta":"${i} "}\n`)
    const chunks = lines.map((line) => `${line.length.toString(16)}\r\n${line}\r\n`).join('')
    const text = lines.map((line) => JSON.parse(line).delta).join('')
    for (const rest of ['', 'zz\r\n']) {
      const task = await makeTask()
      const raw = await RawHttp.open(server.port)
      raw.socket.cork()
      const sent = raw.write(
        `POST /v1/chat/tasks/${task.id}/stream HTTP/1.1\r\nHost: x\r\n` +
          `Authorization: Bearer ${robot.access}\r\nTransfer-Encoding: chunked\r\n\r\n` +
          chunks + rest,
      )
      if (rest === '') raw.finish()
      raw.socket.uncork()
      await sent
      const isOver = async () => (await textOf(ada, task)).state === 'interrupted'
      await until(isOver, 'the end of the stream')
      assert.equal((await textOf(ada, task)).text, text)
      raw.close()
    }
  })

  test('a request follows a stream on the same connection', async () => {
    const task = await makeTask()
    const raw = await RawHttp.open(server.port)
    await raw.write(
      `POST /v1/chat/tasks/${task.id}/stream HTTP/1.1\r\nHost: x\r\n` +
        `Authorization: Bearer ${robot.access}\r\nTransfer-Encoding: chunked\r\n\r\n` +
        '10\r\n{"delta":"ok"} \n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n',
    )
    assert.equal((await raw.response()).status, 200)
    assert.equal((await raw.response()).status, 200)
    raw.close()
  })
})

describe('losses', () => {
  test('D9 a lost agent has 30 s, also across a restart; its text is kept', async (t) => {
    const own = await startServer(t)
    const [owner] = await makeTenant(own, 'Owner')
    const agent = await makeAgent(owner, 'Agent')
    const make = () => makeTask({}, owner, [agent])
    const killed = await make()
    const stopped = await make()
    const resumed = await make()
    for (const [task, text] of [[killed, 'checkpointed'], [resumed, 'also on disk']]) {
      new TaskStream(agent, task.id).delta(text)
      await until(() => isOnDisk(own, text), 'a checkpoint')
    }
    // What was seen may have been the first half of a commit; this one comes after it.
    const broken = await make()
    await own.kill9()
    await own.restart()
    assert.equal((await textOf(owner, killed)).text, 'checkpointed')
    assert.equal((await textOf(owner, killed)).state, 'interrupted')
    const again = new TaskStream(agent, resumed.id, '?offset=12')
    again.delta(', and on')
    expectStatus(await again.end(), 200)
    expectStatus(await report(agent, resumed, 'completed'), 200)
    assert.equal((await resultsIn(owner, resumed))[0].content_text, 'also on disk, and on')

    const open = new TaskStream(agent, stopped.id)
    open.delta('saved at the stop')
    await until(async () => (await textOf(owner, stopped)).offset_bytes === 17, 'the text')
    await own.terminate()
    assert.equal(expectStatus(await within(open.answer, 'the end'), 503).code, 'restarting')
    await own.restart()
    assert.equal((await textOf(owner, stopped)).text, 'saved at the stop')

    const socket = await owner.socket()
    const last = new TaskStream(agent, broken.id)
    last.delta('cut')
    await hearsText(socket, broken, 'cut')
    last.destroy()
    const tasks = [killed, stopped, broken]
    const areFailed = async () => {
      const all = await Promise.all(tasks.map((task) => taskOf(owner, task)))
      return all.every((task) => task.status === 'failed')
    }
    await until(areFailed, 'three failed tasks', 60_000)
    assert.equal((await taskOf(owner, broken)).progress_narrative, 'agent lost')
    const told = () => socket.events('task.status_updated').filter((e) => e.task_id === broken.id)
    await socket.until(() => told().at(-1)?.status === 'failed', 'the failure of the broken one')
    assert.deepEqual(told().at(-1), {
      task_id: broken.id,
      status: 'failed',
      progress_narrative: 'agent lost',
      agent_id: agent.id,
    })
    assert.equal((await textOf(owner, killed)).text, 'checkpointed')
    assert.equal((await textOf(owner, broken)).text, 'cut')
    expectStatus(await new TaskStream(agent, broken.id).end(), 409)
    await socket.close()
  })
})

// TASK_SILENCE_SEC_MAX is the largest that the option takes.
test('an agent that says nothing of a running task is lost, also across a restart', async (t) => {
  for (const wrong of ['0', '604801']) {
    const refused = await run(['serve', '--task-silence-sec', wrong, '--data', '/nowhere'])
    assert.match(refused.stderr, /task-silence-sec.*1 to 604800/s)
  }
  const own = await startServer(t, { args: ['--task-silence-sec', '604800'] })
  const [owner] = await makeTenant(own, 'Owner')
  const agent = await makeAgent(owner, 'Agent')
  const make = () => makeTask({}, owner, [agent])
  const [ended, reported, queued, asking, open, done] = await Promise.all(
    Array.from({ length: 6 }, make))
  const stream = new TaskStream(agent, ended.id)
  stream.delta('all that it had to say')
  expectStatus(await stream.end(), 200)
  const running = async (task) => expectStatus(await report(agent, task, 'running'), 200)
  for (const task of [reported, asking, done]) await running(task)
  expectStatus(await report(agent, asking, 'input_required'), 200)
  expectStatus(await report(agent, done, 'completed'), 200)

  await own.kill9()
  own.args = ['--task-silence-sec', '3']
  await own.restart()
  const live = new TaskStream(agent, open.id)
  live.delta('still here')
  const socket = await owner.socket()
  const statusOf = async (task) => (await taskOf(owner, task)).status
  // One agent goes on to say that it is there, for longer than it may be silent.
  let isOver = false
  const loud = await make()
  const saying = (async () => {
    while (!isOver) await running(loud)
  })()
  for (const task of [ended, reported]) {
    await until(async () => await statusOf(task) === 'failed', 'the silent one', 30_000)
    const { progress_narrative: narrative } = await taskOf(owner, task)
    assert.equal(narrative, 'agent lost')
    await socket.until(() => socket.events('task.status_updated').some((e) =>
      e.task_id === task.id && e.status === 'failed' && e.progress_narrative === 'agent lost'))
    assert.equal(expectStatus(await report(agent, task, 'completed'), 409).code,
      'illegal_transition')
  }
  assert.equal((await textOf(owner, ended)).text, 'all that it had to say')
  assert.deepEqual(await Promise.all([queued, asking, open, done, loud].map(statusOf)),
    ['queued', 'input_required', 'running', 'completed', 'running'])
  isOver = true
  await saying
  expectStatus(await live.end(), 200)
  await socket.close()
})

// STREAM_SILENCE_MS_MAX is the largest that the option takes.
test('an agent that says nothing for as long as is allowed is cut', async (t) => {
  const tooLong = await run(['serve', '--stream-silence-sec', '301', '--data', '/nowhere'])
  assert.match(tooLong.stderr, /stream-silence-sec.*300/s)
  const own = await startServer(t, { args: ['--stream-silence-sec', '1'] })
  const [owner] = await makeTenant(own, 'Ada')
  const agent = await makeAgent(owner, 'Robot')
  const task = await makeTask({}, owner, [agent])
  const silent = new TaskStream(agent, task.id)
  silent.delta('and then')
  assert.equal((await within(silent.answer, 'the answer to silence')).status, 408)
  assert.equal((await textOf(owner, task)).text, 'and then')
})
