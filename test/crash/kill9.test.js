// SPDX-License-Identifier: Apache-2.0
// kill9.test.js: the server is killed in the middle of a load, again and again (D1). Whatever it
// has acknowledged is there afterwards, once and in order, whatever it told a socket is there too,
// and it serves again within a second. CRASH_CYCLES says how often and CRASH_SENDERS how many send
// at a time; a run of 1,000 is the goal.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { Ledger, assertIntegrity, noteHeard, range, sendUntilGone } from '../lib/crash.js'
import { expectStatus, makeTenant } from '../lib/people.js'
import { Random } from '../lib/random.js'
import { IS_SANITIZED, startServer } from '../lib/server.js'
import { waitedMs } from '../lib/stopwatch.js'
import { until } from '../lib/wait.js'

const CYCLES = Number(process.env.CRASH_CYCLES ?? 10)
const SENDERS = Number(process.env.CRASH_SENDERS ?? 64)
const CONVERSATIONS = 8
// The goal is 1 s; a server under a sanitizer is several times slower and is not held to it.
const READY_MS_MAX = IS_SANITIZED ? 15_000 : 1000

// From its start until it listens by its own log, without the time in which it could run and others
// had the processor: neither this process nor its neighbours are measured.
async function readyMs(server, startedMs) {
  const line = await until(() => /^at=(\S+) .*event=listening /m.exec(server.child.stderr),
    'the line that says since when it listens')
  return Date.parse(line[1]) - startedMs - waitedMs(server.pid)
}

test(`D1 ${CYCLES} times kill -9 under ${SENDERS} senders lose, double and reorder nothing`,
  { timeout: 60_000 + CYCLES * 30_000 }, async (t) => {
    const random = new Random()
    const server = await startServer(t)
    const readyTimes = []
    let total = 0
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const ledgers = []
    for (const i of range(CONVERSATIONS)) {
      const { id } = await ada.conversation([grace], { type: 'group', name: `crash ${i}` })
      ledgers.push(new Ledger(id))
    }

    for (const cycle of range(CYCLES)) {
      const target = random.integer(20, 1200)
      let acknowledged = 0
      const socket = await grace.socket()
      const senders = range(SENDERS).map((i) =>
        sendUntilGone(i % 2 ? ada : grace, [...ledgers.slice(i % CONVERSATIONS), ...ledgers],
          `${cycle}/${i}`, () => acknowledged++))
      await until(() => acknowledged >= target, `${target} messages`)
      await server.kill9()
      await Promise.all(senders)
      await socket.finished
      noteHeard(ledgers, socket)
      assertIntegrity(server.data)

      const startedMs = Date.now()
      await server.restart()
      assert.equal((await server.request('GET', '/readyz')).status, 200)
      readyTimes.push(await readyMs(server, startedMs))
      for (const ledger of ledgers) {
        ledger.check(await grace.history(ledger.id, ledger.checkedSeq + 1))
      }
      total += acknowledged
    }

    for (const ledger of ledgers) {
      const all = await ada.history(ledger.id)
      assert.deepEqual(all.map((one) => one.seq_num), range(ledger.checkedSeq).map((i) => i + 1))
      assert.equal(new Set(all.map((one) => one.id)).size, all.length)
    }
    const slowest = Math.max(...readyTimes)
    console.log(`# D1: ${CYCLES} kills, ${total} acknowledged messages, none lost; ready after ` +
      `${(readyTimes.reduce((a, b) => a + b, 0) / CYCLES).toFixed(0)} ms, at most ` +
      `${slowest.toFixed(0)} ms`)
    assert.ok(slowest < READY_MS_MAX, `ready after ${slowest.toFixed(0)} ms`)
  })

test('D6 what got no answer is sent again after the restart, and is there once', async (t) => {
  const random = new Random()
  const server = await startServer(t)
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const { id } = await ada.conversation([grace], { type: 'group', name: 'again' })
  const sent = new Map()
  const counts = { was: 0, new: 0 }

  for (const cycle of range(Math.min(CYCLES, 5))) {
    const target = random.integer(50, 400)
    const open = []
    let acknowledged = 0
    const senders = range(32).map(async (i) => {
      for (let k = 0; ; k++) {
        const text = `${cycle}/${i}/${k}`
        const body = { conversation_id: id, content_text: text, client_msg_id: text }
        const answer = await ada.post('/v1/chat/messages/send', body).catch(() => null)
        if (answer === null) return open.push(body)
        sent.set(text, expectStatus(answer, 201).id)
        acknowledged++
      }
    })
    await until(() => acknowledged >= target, `${target} messages`)
    await server.kill9()
    await Promise.all(senders)
    await server.restart()
    for (const body of open) {
      const answer = await ada.post('/v1/chat/messages/send', body)
      assert.ok([200, 201].includes(answer.status), JSON.stringify(answer.body))
      counts[answer.status === 200 ? 'was' : 'new']++
      sent.set(body.content_text, answer.body.id)
    }
  }
  const history = await grace.history(id)
  assert.deepEqual(history.map((one) => one.seq_num), range(sent.size).map((i) => i + 1))
  for (const one of history) assert.equal(sent.get(one.content_text), one.id)
  console.log(`# D6: ${counts.was} of ${counts.was + counts.new} without an answer had been stored`)
})
