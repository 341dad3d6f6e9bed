// SPDX-License-Identifier: Apache-2.0
// client_c_cuts.test.js: the C client under load, its connections cut at whatever byte while the
// server restarts and tokens expire: every message once, in order, and memory that stays flat.
// The small version runs each time; the whole one with CLIENT_CUTS=1000 CLIENT_RESTARTS=10.
import assert from 'node:assert/strict'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Driver } from '../lib/client_driver.js'
import { CUTS, CuttingProxy } from '../lib/cutting_proxy.js'
import { Load } from '../lib/load.js'
import { makeTenant } from '../lib/people.js'
import { Random } from '../lib/random.js'
import { IS_SANITIZED, startServer, temporaryDirectory } from '../lib/server.js'
import { hs256, makeToken, readToken, signingKey } from '../lib/tokens.js'
import { until } from '../lib/wait.js'

const WANTED = Number(process.env.CLIENT_CUTS ?? 60)
const RESTARTS = Number(process.env.CLIENT_RESTARTS ?? 3)
const TOKEN_SEC = 8 // how long an access token is good
const LEEWAY_SEC = 60 // TOKEN_LEEWAY_SEC of the server
const RATE = Number(process.env.CLIENT_RATE ?? 200)
const ROOMS = 4
const SENDERS = 4
const MINUTES = 60_000

// Most connections carry a second of what is going on, some are cut in their first few packets.
const budgetOf = (random) => random.integer(1, random.integer(0, 3) ? 60_000 : 3000)

for (const [protocol, hides] of [['carillon.v1', undefined], ['base', 'carillon.v1']]) {
  const title = `S1 ${protocol}: ${WANTED} cuts, ${RESTARTS} restarts, tokens of ${TOKEN_SEC} s, ` +
    `${RATE} messages/s`
  test(title, { timeout: 60 * MINUTES }, (t) => run(t, hides))
}

async function run(t, hides) {
  const server = await startServer(t)
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const rooms = []
  for (let i = 0; i < ROOMS; i++) {
    rooms.push((await ada.conversation([grace], { type: 'group', name: `room ${i}` })).id)
  }
  const tokenFile = keepTokens(t, server, grace)
  const random = new Random()
  let isCalm = true
  const proxy = await CuttingProxy.start(t, server, {
    budget: () => isCalm ? Infinity : budgetOf(random),
    cut: () => CUTS[random.integer(0, 1)],
    hides,
  })
  const spent = accessToken(server, grace, -3600)
  const driver = await Driver.start(t, proxy.url, spent, { TOKEN_FILE: tokenFile })
  const last = new Map(rooms.map((id) => [id, 0]))
  const faults = []
  const counts = { message: 0, recovered: 0, gap: 0, asked: 0, open: 0 }
  driver.onLine = (told) => {
    driver.lines.length = 0
    if (told.gap) counts.gap++
    if (told.asked) counts.asked++
    if (told.state === 'open') counts.open++
    if (told.state === 'signed_out') faults.push(told.why)
    if (!told.message) return
    const { conversation: id, seq } = told
    if (seq !== last.get(id) + 1) faults.push(`${id}: ${seq} after ${last.get(id)}`)
    last.set(id, seq)
    counts.message++
    if (told.recovered) counts.recovered++
  }
  await until(() => counts.open > 0, 'an open socket')

  isCalm = false
  const tokens = Array(SENDERS).fill(accessToken(server, ada, 7200))
  const load = new Load({ port: server.port, rooms, rate: RATE, tokens })
  const started = performance.now()
  const memory = []
  // The connection that was open before has no bound; its end is the first cut.
  driver.say('disconnect')
  driver.say('connect')
  const steps = Math.min(100, WANTED)
  const restartsBy = (step) => Math.floor(step * RESTARTS / steps)
  for (let step = 1; step <= steps; step++) {
    const isThere = () => proxy.cutsCount >= step * WANTED / steps
    const story = () => `cut ${step}: ${faults}\n${driver.child.story()}`
    await Promise.race([until(isThere, story, MINUTES), load.failed])
    if (restartsBy(step) > restartsBy(step - 1)) {
      await server.terminate()
      await server.restart()
      load.moved(server.port)
    }
    if (step % Math.ceil(steps / 10) === 0) memory.push(residentKib(driver.child.pid))
  }
  isCalm = true
  const sent = await load.stop()
  const total = [...sent.values()].reduce((sum, n) => sum + n, 0)
  await until(() => rooms.every((id) => last.get(id) >= sent.get(id)),
    () => `${total} messages, heard ${counts.message}; ${faults}`, MINUTES)
  const seconds = (performance.now() - started) / 1000

  assert.deepEqual(faults.slice(0, 5), [], 'every message once, in order')
  assert.equal(counts.message, total)
  const renewals = 1 + Math.floor(seconds / (3 * TOKEN_SEC))
  assert.ok(counts.asked >= renewals, `${counts.asked} tokens renewed in ${seconds} s`)
  const megabytes = memory.map((kib) => (kib / 1024).toFixed(1))
  t.diagnostic(`${total} messages in ${seconds.toFixed(0)} s, each told once and in order; ` +
    `${proxy.cutsCount} cuts, ${counts.open} sockets opened, ${counts.gap} gaps, ` +
    `${counts.recovered} messages recovered, ${counts.asked} tokens renewed; resident ` +
    `${megabytes} MB`)
  const half = Math.floor(memory.length / 2)
  const most = (list) => Math.max(...list)
  const isFlat = most(memory.slice(half)) < most(memory.slice(0, half)) + 4096
  assert.ok(isFlat || IS_SANITIZED, String(megabytes))
  await quit(driver)
}

async function quit(driver) {
  driver.say('quit')
  assert.deepEqual(await driver.child.ended, { code: 0, signal: null }, driver.child.story())
  assert.equal(driver.child.stderr, '')
}

// In KiB.
function residentKib(pid) {
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1])
}

// An access token of this person that the server takes for so many seconds from now.
function accessToken(server, person, goodSec) {
  const { header, payload } = readToken(person.access)
  const now = Math.floor(Date.now() / 1000)
  const claims = { ...payload, iat: now - 3600, exp: now + goodSec - LEEWAY_SEC }
  return makeToken(header, claims, hs256(signingKey(server).secret))
}

// A file that always has a token that is good for TOKEN_SEC from now.
function keepTokens(t, server, person) {
  const folder = temporaryDirectory()
  const file = join(folder, 'token')
  const write = () => {
    writeFileSync(`${file}.new`, accessToken(server, person, TOKEN_SEC))
    renameSync(`${file}.new`, file)
  }
  const timer = setInterval(write, 500)
  write()
  t.after(() => {
    clearInterval(timer)
    rmSync(folder, { recursive: true, force: true })
  })
  return file
}
