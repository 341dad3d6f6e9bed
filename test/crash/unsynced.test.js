// SPDX-License-Identifier: Apache-2.0
// unsynced.test.js: the power fails in the middle of a load (D2): of what no sync covered, nothing,
// the beginning, some writes or some sectors reach the disk. And the disk fails while it runs (D4).
// Whatever was acknowledged is there, once and in order. CRASH_CYCLES says how often.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { Ledger, assertIntegrity, range, sendUntilGone } from '../lib/crash.js'
import { Disk, POWER_FAILURES, losePower } from '../lib/disk.js'
import { expectStatus, makeTenant } from '../lib/people.js'
import { Random } from '../lib/random.js'
import { run, startServer, temporaryDirectory } from '../lib/server.js'
import { until } from '../lib/wait.js'

const CYCLES = Number(process.env.CRASH_CYCLES ?? 12)
const SENDERS = 32
const CONVERSATIONS = 4
const NO_SHIM = 'the runtime of a sanitizer wants to be loaded before the shim'

async function makeWorld(t) {
  const directory = temporaryDirectory()
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const disk = new Disk(directory)
  const server = await startServer(t, { env: disk.env })
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const ledgers = []
  for (const i of range(CONVERSATIONS)) {
    const { id } = await ada.conversation([grace], { type: 'group', name: `disk ${i}` })
    ledgers.push(new Ledger(id))
  }
  return { disk, server, ada, grace, ledgers }
}

async function expectAll({ server, grace, ledgers }) {
  for (const ledger of ledgers) {
    ledger.check(await grace.history(ledger.id, ledger.checkedSeq + 1))
  }
  const { code, stdout } = await run(['check', '--data', server.data])
  assert.equal(code, 0, stdout)
}

test(`D2 ${CYCLES} power failures under ${SENDERS} senders lose nothing that was acknowledged`,
  { timeout: 60_000 + CYCLES * 30_000 }, async (t) => {
    if (!Disk.isPossible) return t.skip(NO_SHIM)
    const random = new Random()
    const world = await makeWorld(t)
    const { server, ada, grace, ledgers } = world
    let total = 0
    let unsynced = 0
    for (const cycle of range(CYCLES)) {
      const how = POWER_FAILURES[cycle % POWER_FAILURES.length]
      const target = random.integer(20, 800)
      let acknowledged = 0
      const senders = range(SENDERS).map((i) =>
        sendUntilGone(i % 2 ? ada : grace, [...ledgers.slice(i % CONVERSATIONS), ...ledgers],
          `${cycle}/${i}`, () => acknowledged++))
      await until(() => acknowledged >= target, `${target} messages`)
      await server.kill9()
      await Promise.all(senders)
      unsynced += losePower(server.data, how, random)
      assertIntegrity(server.data)
      await server.restart()
      await expectAll(world)
      total += acknowledged
    }
    console.log(`# D2: ${CYCLES} power failures, ${total} acknowledged messages, none lost; ` +
      `${unsynced} writes were not synced`)
    assert.ok(unsynced > 0, 'the shim saw writes that no sync covered')
  })

// Send `count` messages one after the other; what was acknowledged goes into the ledgers, and
// everything else must say that it is not known.
async function send({ ada, ledgers }, name, count) {
  let refused = 0
  for (const i of range(count)) {
    const ledger = ledgers[i % ledgers.length]
    const text = `${name}/${i}`
    const body = { conversation_id: ledger.id, content_text: text }
    const answer = await ada.post('/v1/chat/messages/send', body)
    if (answer.status === 201) {
      ledger.acknowledged.set(answer.body.id, { seq: answer.body.seq_num, text })
    } else {
      assert.equal(expectStatus(answer, 503).code, 'store_unavailable')
      refused++
    }
  }
  return refused
}

test('D4 a sync that fails acknowledges nothing, and writes work again after it', async (t) => {
  if (!Disk.isPossible) return t.skip(NO_SHIM)
  const random = new Random()
  const world = await makeWorld(t)
  const { disk, server } = world
  // Nobody is refused when it is the search index, or a checkpoint, whose sync fails.
  let rounds = 0
  for (let hits = 0; hits < 4; rounds++) {
    assert.ok(rounds < 40, `${hits} of ${rounds} failures were met by a send`)
    assert.equal(await send(world, `${rounds}/before`, 20), 0)
    disk.failSyncs(1)
    const refused = await send(world, `${rounds}/failing`, 20)
    assert.ok(refused <= 3, `${refused} were refused`)
    assert.equal(disk.syncsFailed, rounds + 1)
    if (refused > 0) hits++
    assert.equal(await send(world, `${rounds}/after`, 20), 0)
    await expectAll(world)
  }
  assert.match(server.log, /event=store_failed/)
  assert.match(server.log, /event=store_reconnected/)
  await send(world, 'last', 10)
  await server.kill9()
  losePower(server.data, 'none', random)
  assertIntegrity(server.data)
  await server.restart()
  await expectAll(world)
})

test('D4 a disk that is full at every n-th write loses nothing, whatever n is', async (t) => {
  if (!Disk.isPossible) return t.skip(NO_SHIM)
  const random = new Random()
  const world = await makeWorld(t)
  const { disk, server } = world
  let refused = 0
  for (const period of [1, 2, 3, 4, 5, 7, 10, 13, 20]) {
    disk.failEveryWrite(period)
    refused += await send(world, `full ${period}`, 40)
    disk.failEveryWrite(0)
    await until(async () => (await send(world, `room ${period}`, 1)) === 0, 'writes to return')
    await expectAll(world)
  }
  assert.ok(refused > 0 && disk.writesFailed >= refused)
  await server.kill9()
  losePower(server.data, 'sectors', random)
  assertIntegrity(server.data)
  await server.restart()
  await expectAll(world)
  console.log(`# D4: ${disk.writesFailed} writes failed, ${refused} sends were refused`)
})
