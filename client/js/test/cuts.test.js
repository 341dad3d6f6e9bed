// SPDX-License-Identifier: Apache-2.0
// cuts.test.js: a client under load whose connection is cut again and again, in every way, while
// the server restarts and tokens expire: every event once, in order, and memory that stays flat.
// The small version runs each time; the whole one with CLIENT_CUTS=1000 CLIENT_RESTARTS=10.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Load } from '../../../test/lib/load.js'
import { hs256, makeToken, readToken, signingKey } from '../../../test/lib/tokens.js'
import { PROTOCOLS, Proxy, Server, clientOf, expectStatus, makeTenant, until } from './lib/world.js'

const CUTS = Number(process.env.CLIENT_CUTS ?? 60)
const RESTARTS = Number(process.env.CLIENT_RESTARTS ?? 3)
const EXPIRIES = Number(process.env.CLIENT_EXPIRIES ?? RESTARTS)
const RATE = Number(process.env.CLIENT_RATE ?? 200)
const ROOMS = 4
const SENDERS = 4
const MINUTES = 60_000

// Memory is looked at after it was tidied up.
setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc')

for (const protocol of PROTOCOLS) {
  const title = `S1 ${protocol}: ${CUTS} cuts, ${RESTARTS} restarts and ${EXPIRIES} expired ` +
    `tokens under ${RATE} messages/s`
  test(title, { timeout: 60 * MINUTES }, (t) => run(t, protocol))
}

async function run(t, protocol) {
  const server = await Server.start()
  t.after(() => server.stop())
  const proxy = await Proxy.start(t, server)
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const rooms = []
  for (let i = 0; i < ROOMS; i++) {
    rooms.push((await ada.conversation([grace], { type: 'group', name: `room ${i}` })).id)
  }
  const { header, payload } = readToken(grace.access)
  const key = signingKey(server)
  const now = Math.floor(Date.now() / 1000)
  const sign = (claims) => makeToken(header, { ...payload, ...claims }, hs256(key.secret))
  const expired = sign({ iat: now - 900, exp: now - 300 })
  const good = sign({ exp: now + 7200 })
  const forAda = sign({ ...readToken(ada.access).payload, exp: now + 7200 })
  let renewed = 0
  const client = clientOf(t, grace, {
    via: proxy,
    protocol,
    token: good,
    getToken: () => {
      renewed++
      return good
    },
    maxReconnectAttempts: 1e9,
    reconnectInterval: 20,
    maxReconnectDelay: 100,
    retries: 1000,
  })

  const last = new Map(rooms.map((id) => [id, 0]))
  const faults = []
  let heard = 0
  let replayed = 0
  const counts = { connected: 0, cursor: 0, sync: 0 }
  client.on('message.created', ({ seq_num: seq }, id) => {
    if (seq !== last.get(id) + 1) faults.push(`${id}: ${seq} after ${last.get(id)}`)
    last.set(id, seq)
    heard++
  })
  client.on('connected', () => counts.connected++)
  client.on('resumed', ({ source, replayed: n }) => {
    counts[source]++
    replayed += n
  })
  client.on('error', (error) => faults.push(String(error)))
  await client.connect()

  const tokens = Array(SENDERS).fill(forAda)
  const load = new Load({ port: server.port, rooms, rate: RATE, tokens })
  const memory = []
  const started = performance.now()
  const every = (times) => Math.max(1, Math.floor(CUTS / Math.max(1, times)))
  const work = async () => {
    for (let cut = 1; cut <= CUTS; cut++) {
      // Every cut hits a connection of its own.
      await until(() => counts.connected >= cut, 'the connection', MINUTES)
      // Somewhere in the middle of what is going on; also before anything was heard.
      await delay(Math.random() * 60)
      if (cut % every(EXPIRIES) === 0) client.setToken(expired)
      if (RESTARTS > 0 && cut % every(RESTARTS) === 0) {
        await server.terminate()
        await server.restart()
        load.moved(server.port)
      } else if (cut % 3 === 0) {
        proxy.down()
        await delay(20)
        proxy.up()
      } else proxy.cut(cut % 3 === 1 ? 'rst' : 'fin')
      if (cut % Math.ceil(CUTS / 10) !== 0) continue
      collectGarbage()
      memory.push(process.memoryUsage().heapUsed)
    }
    const sent = await load.stop()
    const total = [...sent.values()].reduce((sum, n) => sum + n, 0)
    const isThere = () => rooms.every((id) => last.get(id) >= sent.get(id))
    await until(isThere, () => `${total} messages, heard ${heard}; ${faults}`, MINUTES)
    return total
  }
  const total = await Promise.race([work(), load.failed])
  const seconds = (performance.now() - started) / 1000

  for (const id of rooms) {
    const { messages: [newest] } = expectStatus(
      await grace.get(`/v1/chat/conversations/${id}/messages?limit=1`), 200)
    assert.equal(last.get(id), newest.seq_num)
  }
  assert.deepEqual(faults.slice(0, 5), [], 'every event once, in order')
  assert.equal(heard, total)
  assert.ok(counts.connected > CUTS, `${counts.connected} connections`)
  assert.ok(renewed >= EXPIRIES, `${renewed} tokens renewed`)
  const megabytes = memory.map((bytes) => (bytes / 2 ** 20).toFixed(1))
  t.diagnostic(`${total} messages in ${seconds.toFixed(0)} s, each heard once and in order; ` +
    `${counts.connected} connections, ${counts.cursor} resumed by cursor and ${counts.sync} by ` +
    `sync, ${replayed} events caught up with, ${renewed} tokens renewed; heap ${megabytes} MB`)
  // The second half of the run needs no more than the first, but for what the collector leaves.
  const half = Math.floor(memory.length / 2)
  const most = (list) => Math.max(...list)
  assert.ok(most(memory.slice(half)) < most(memory.slice(0, half)) + 8 * 2 ** 20, String(megabytes))
}
