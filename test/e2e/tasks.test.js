// SPDX-License-Identifier: Apache-2.0
// tasks.test.js: agents and their keys, tasks and their states: who may do what, and who hears of
// it: two people with two devices each, the agent, and somebody who is not in it.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { TIME, UUID, expectStatus, makeTenant, settle, signup } from '../lib/people.js'
import { makeAgent } from '../lib/agents.js'
import { Server } from '../lib/server.js'

// As in src/limits.h.
const TASK_TITLE_BYTES_MAX = 200
const TASK_SESSION_BYTES_MAX = 128
const TASK_STEP_BYTES_MAX = 200
const TASK_NARRATIVE_BYTES_MAX = 1000

let server
let ada
let grace
let eve
let robot
before(async () => {
  server = await Server.start()
  ;[ada, grace, eve] = await makeTenant(server, 'Ada', 'Grace', 'Eve')
  robot = await makeAgent(ada, 'Robot')
})
after(() => server.stop())

const group = (...others) => ada.conversation(others, { type: 'agent_group', name: 'work' })

async function makeTask(person, conversationId, fields = {}) {
  const body = { conversation_id: conversationId, title: 'Count the stars', ...fields }
  return expectStatus(await person.post('/v1/chat/tasks', body), 201)
}

const report = (agent, task, status, fields = {}) =>
  agent.patch(`/v1/chat/tasks/${task.id}`, { status, ...fields })

describe('agents', () => {
  test('an agent is made with a key that is shown once and opens a socket', async () => {
    const made = expectStatus(
      await ada.post('/v1/chat/agents', {
        display_name: 'Scribe',
        bio: 'I write.',
        job_role: 'ink',
      }),
      201,
    )
    assert.match(made.agent.id, UUID)
    assert.equal(made.agent.is_agent, true)
    assert.equal(made.agent.bio, 'I write.')
    assert.equal(made.agent.job_role, 'ink')
    assert.match(made.api_key, /^ak_/)
    const { agents } = expectStatus(await ada.get('/v1/chat/agents'), 200)
    assert.ok(agents.some((agent) => agent.id === made.agent.id))
    assert.ok(!JSON.stringify(agents).includes('ak_'))
    const me = await server.request('GET', '/auth/me', { token: made.api_key })
    assert.equal(expectStatus(me, 200).user.id, made.agent.id)
    const socket = await robot.socket()
    await socket.close()
  })

  test('only an owner or admin makes one, and it has a name', async () => {
    expectStatus(await grace.post('/v1/chat/agents', { display_name: 'Mine' }), 403)
    expectStatus(await robot.post('/v1/chat/agents', { display_name: 'Child' }), 403)
    assert.equal(
      expectStatus(await ada.post('/v1/chat/agents', { display_name: '  ' }), 400).field,
      'display_name',
    )
    expectStatus(await ada.post('/v1/chat/agents', {}), 400)
  })
})

describe('tasks', () => {
  test('a task has the shape of the protocol, and is found by id and by conversation', async () => {
    const { id } = await group(grace, robot)
    const task = await makeTask(grace, id, { agent_id: robot.id, session_id: 'session one' })
    assert.match(task.id, UUID)
    assert.match(task.created_at, TIME)
    assert.match(task.updated_at, TIME)
    assert.deepEqual(
      { ...task, id: '', created_at: '', updated_at: '' },
      {
        id: '',
        conversation_id: id,
        title: 'Count the stars',
        agent_id: robot.id,
        session_id: 'session one',
        status: 'queued',
        created_by: grace.id,
        created_at: '',
        updated_at: '',
      },
    )
    for (const person of [ada, grace, robot]) {
      assert.deepEqual(expectStatus(await person.get(`/v1/chat/tasks/${task.id}`), 200), task)
      const list = expectStatus(await person.get(`/v1/chat/conversations/${id}/tasks`), 200)
      assert.deepEqual(list, { tasks: [task] })
    }
  })

  test('lists come in pages', async () => {
    const { id } = await group(robot)
    const made = []
    for (let i = 0; i < 3; i++) made.push((await makeTask(ada, id)).id)
    const path = `/v1/chat/conversations/${id}/tasks?limit=2`
    const first = expectStatus(await ada.get(path), 200)
    const second = expectStatus(await ada.get(`${path}&after=${first.next}`), 200)
    assert.deepEqual([...first.tasks, ...second.tasks].map((task) => task.id), made)
    assert.equal(second.next, undefined)
  })

  test('a report is heard on every device of the participants, and only there', async () => {
    const { id } = await group(grace, robot)
    const task = await makeTask(ada, id, { agent_id: robot.id })
    const sockets = await Promise.all([ada, ada, grace, grace, robot].map((one) => one.socket()))
    const outside = await eve.socket()
    const fields = { current_step: 'looking up', progress_narrative: 'It is cloudy.' }
    const running = expectStatus(await report(robot, task, 'running', fields), 200)
    assert.equal(running.status, 'running')
    assert.equal(running.current_step, 'looking up')
    await settle(ada, id, sockets)
    for (const socket of sockets) {
      const heard = socket.heard.filter((one) => one.payload?.type === 'task.status_updated')
      assert.deepEqual(heard, [
        {
          type: 'event',
          conversation_id: id,
          payload: {
            type: 'task.status_updated',
            payload: { task_id: task.id, status: 'running', ...fields, agent_id: robot.id },
          },
        },
      ])
    }
    assert.deepEqual(outside.events('task.status_updated'), [])
    await Promise.all([...sockets, outside].map((socket) => socket.close()))
  })

  test('an absent text stays, an empty one goes', async () => {
    const { id } = await group(robot)
    const task = await makeTask(ada, id)
    expectStatus(await report(robot, task, 'running', { current_step: 'one' }), 200)
    const kept = expectStatus(await report(robot, task, 'input_required'), 200)
    assert.equal(kept.current_step, 'one')
    assert.equal(kept.agent_id, robot.id, 'who reports first takes it')
    const gone = expectStatus(await report(robot, task, 'running', { current_step: '' }), 200)
    assert.equal(gone.current_step, undefined)
  })

  test('every pair of states is allowed or a 409 that names both', async () => {
    const { id } = await group(robot)
    const states = ['queued', 'running', 'input_required', 'completed', 'failed', 'cancelled']
    const ways = {
      queued: [],
      running: ['running'],
      input_required: ['running', 'input_required'],
      completed: ['running', 'completed'],
      failed: ['failed'],
      cancelled: ['cancelled'],
    }
    const legal = {
      queued: ['queued', 'running', 'failed', 'cancelled'],
      running: ['running', 'input_required', 'completed', 'failed', 'cancelled'],
      input_required: ['running', 'input_required', 'completed', 'failed', 'cancelled'],
    }
    for (const from of states) {
      for (const to of states) {
        const task = await makeTask(ada, id)
        for (const step of ways[from]) expectStatus(await report(robot, task, step), 200)
        const answer = await report(robot, task, to)
        if (legal[from]?.includes(to)) {
          assert.equal(expectStatus(answer, 200).status, to)
          continue
        }
        const { code, error } = expectStatus(answer, 409)
        assert.equal(code, 'illegal_transition')
        assert.ok(error.includes(from) && error.includes(to), error)
      }
    }
  })

  test('only its agent reports; any participant cancels, once', async () => {
    const { id } = await group(grace, robot)
    const other = await makeAgent(ada, 'Other')
    const path = `/v1/chat/conversations/${id}/participants`
    expectStatus(await ada.post(path, { user_ids: [other.id] }), 200)
    const task = await makeTask(ada, id, { agent_id: robot.id })
    expectStatus(await report(ada, task, 'running'), 403)
    expectStatus(await report(other, task, 'running'), 403)
    const cancelled = expectStatus(await grace.post(`/v1/chat/tasks/${task.id}/cancel`), 200)
    assert.equal(cancelled.status, 'cancelled')
    expectStatus(await ada.post(`/v1/chat/tasks/${task.id}/cancel`), 409)
    expectStatus(await report(robot, task, 'running'), 409)
  })

  test('what is not yours, and what is nobody\'s, is the same 404', async () => {
    const { id } = await group(grace, robot)
    const task = await makeTask(ada, id)
    const stranger = await signup(server, 'Mallory')
    const answers = []
    for (const person of [eve, stranger]) {
      answers.push(await person.get(`/v1/chat/tasks/${task.id}`))
      answers.push(await person.post(`/v1/chat/tasks/${task.id}/cancel`))
      answers.push(await person.get(`/v1/chat/tasks/${task.id}/stream`))
      expectStatus(await person.get(`/v1/chat/conversations/${id}/tasks`), 404)
      expectStatus(await person.post('/v1/chat/tasks', { conversation_id: id, title: 'x' }), 404)
    }
    answers.push(await ada.get(`/v1/chat/tasks/${id}`))
    for (const answer of answers) {
      assert.equal(expectStatus(answer, 404).error, answers[0].body.error)
      assert.equal(answer.body.code, 'task_not_found')
    }
    const nobody = { conversation_id: id, title: 'x', agent_id: eve.id }
    assert.equal(expectStatus(await ada.post('/v1/chat/tasks', nobody), 404).field, 'agent_id')
    const person = { conversation_id: id, title: 'x', agent_id: grace.id }
    const refused = expectStatus(await ada.post('/v1/chat/tasks', person), 404)
    assert.equal(refused.code, 'agent_not_found')
  })

  test('bounds', async () => {
    const { id } = await group(robot)
    const fields = { title: TASK_TITLE_BYTES_MAX, session_id: TASK_SESSION_BYTES_MAX }
    const most = Object.entries(fields).map(([field, bytes]) => [field, 'x'.repeat(bytes)])
    const task = await makeTask(ada, id, Object.fromEntries(most))
    for (const [field, bytes] of Object.entries(fields)) {
      const body = { conversation_id: id, title: 'x', [field]: 'x'.repeat(bytes + 1) }
      assert.equal(expectStatus(await ada.post('/v1/chat/tasks', body), 400).field, field)
    }
    const reports = {
      current_step: TASK_STEP_BYTES_MAX,
      progress_narrative: TASK_NARRATIVE_BYTES_MAX,
    }
    for (const [field, bytes] of Object.entries(reports)) {
      const full = { [field]: '\u0001'.repeat(bytes) }
      expectStatus(await report(robot, task, 'running', full), 200)
      const more = { [field]: 'x'.repeat(bytes + 1) }
      assert.equal(expectStatus(await report(robot, task, 'running', more), 400).field, field)
    }
    assert.equal(expectStatus(await report(robot, task, 'lost'), 400).field, 'status')
  })
})
