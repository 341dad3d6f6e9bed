// SPDX-License-Identifier: Apache-2.0
// retention.test.js: the event log forgets what is old, but never the newest of a conversation; who
// was away for longer is told to sync, and everybody else misses nothing.
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { sql } from '../lib/database.js'
import { makeTenant, settle } from '../lib/people.js'
import { startServer } from '../lib/server.js'
import { until } from '../lib/wait.js'

const KEPT = 5

async function resume(person, cursor) {
  const socket = await person.socketV1(cursor)
  const result = await socket.resumes()
  await socket.drop()
  return { ...result, cursor: socket.cursor }
}

// A conversation with 20 messages, and the cursors before each of them.
async function tell(one, two) {
  const { id } = await one.conversation([two], { type: 'group' })
  const socket = await two.socketV1()
  await socket.until(() => socket.cursor, 'the hello')
  const cursors = []
  for (let i = 0; i < 20; i++) {
    cursors.push(socket.cursor)
    await settle(one, id, [socket])
  }
  await socket.drop()
  return { id, cursors }
}

const cutOnce = (server) => until(() => /event=event_log_cut/.test(server.child.stderr), 'the cut')

describe('retention', () => {
  test('what is old goes, but for the newest of each conversation and user', async (t) => {
    const server = await startServer(t)
    const [one, two, three] = await makeTenant(server, 'One', 'Two', 'Three')
    const busy = await tell(one, two)
    const quiet = await tell(one, three)
    await server.terminate()
    const [before] = sql(server.data, 'SELECT max(cursor) FROM event')
    server.args = ['--event-log-days', '0', '--event-log-events-min', String(KEPT)]
    await server.restart()
    await cutOnce(server)
    for (const [person, { cursors }] of [[two, busy], [three, quiet]]) {
      for (const [i, cursor] of cursors.entries()) {
        const { complete, replayed } = await resume(person, cursor)
        const isKept = cursors.length - i <= KEPT
        assert.deepEqual([complete, replayed], isKept ? [true, cursors.length - i] : [false, 0])
      }
    }
    // It goes on where it was: no cursor is given away twice.
    const last = await resume(two, busy.cursors.at(-1))
    await one.send(busy.id, 'after the cut')
    const { replay } = await resume(two, last.cursor)
    assert.equal(replay.length, 1)
    assert.equal(replay[0].payload.payload.message.content_text, 'after the cut')
    await server.terminate()
    const [after] = sql(server.data, 'SELECT max(cursor) FROM event')
    assert.equal(Number(after), Number(before) + 1)
  })

  test('what is young stays, unless it is too much', async (t) => {
    const server = await startServer(t, { args: ['--event-log-events-min', String(KEPT)] })
    const [one, two] = await makeTenant(server, 'One', 'Two')
    const { cursors } = await tell(one, two)
    await server.terminate()
    await server.restart()
    assert.deepEqual((await resume(two, cursors[0])).replayed, 20)
    await server.terminate()
    const [count] = sql(server.data, 'SELECT count(*) FROM event')
    server.args = [...server.args, '--event-log-events-max', String(count - 10)]
    await server.restart()
    await cutOnce(server)
    assert.equal((await resume(two, cursors[0])).complete, false)
    assert.deepEqual((await resume(two, cursors[15])).replayed, 5)
  })
})
