// SPDX-License-Identifier: Apache-2.0
// presence.test.js: who is there, who hears of it, and what is set by hand.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { TIME, expectStatus, makeTenant, settle } from '../lib/people.js'
import { Server } from '../lib/server.js'
import { until } from '../lib/wait.js'

const PRESENCE_IDS_MAX = 200
const PRESENCE_DETAIL_BYTES_MAX = 128

let server
before(async () => {
  server = await Server.start({ args: ['--workers', '2'] })
})
after(() => server.stop())

const closeAll = (...sockets) => Promise.all(sockets.map((socket) => socket.close()))
const set = (person, body) =>
  server.request('PUT', '/v1/chat/presence', { token: person.access, body })
const query = (ids) => `/v1/chat/presence?user_ids=${ids.join(',')}`
async function look(asker, ...people) {
  const ids = people.map((person) => person.id)
  return expectStatus(await asker.get(query(ids)), 200).presence
}
// Every worker has its own picture of who is there, and the one that is asked may learn of a change
// after the one that told a socket: what an answer shows is waited for.
const becomes = (asker, person, status) => until(
  async () => (await look(asker, person))[0].status === status, `${status} in an answer`)
const changes = (socket, person) =>
  socket.events('presence.updated').filter((payload) => payload.user_id === person.id)
const statuses = (socket, person) => changes(socket, person).map((payload) => payload.status)
const hears = (socket, person, status) => socket.until(
  () => statuses(socket, person).at(-1) === status, `${person.user.display_name} ${status}`)

describe('presence', () => {
  test('the first socket is online, the last one gone is offline, once', async () => {
    const [ada, grace, joan] = await makeTenant(server, 'Ada', 'Grace', 'Joan')
    const first = (await ada.conversation([grace], { type: 'group', name: 'one' })).id
    await ada.conversation([grace], { type: 'group', name: 'another' })
    await ada.conversation([grace], { type: 'direct' })
    const watching = [await grace.socket(), await grace.socket()]
    const outside = await joan.socket()
    const mine = [await ada.socket()]
    for (const socket of watching) await hears(socket, ada, 'online')
    const envelope = watching[0].heard.find((one) => one.payload?.payload?.user_id === ada.id)
    assert.deepEqual(envelope, {
      type: 'event',
      payload: { type: 'presence.updated', payload: { user_id: ada.id, status: 'online' } },
    })
    mine.push(await ada.socket())
    await mine[0].close()
    await settle(grace, first, [...watching, mine[1]])
    const gone = Date.now()
    await mine[1].close()
    for (const socket of watching) await hears(socket, ada, 'offline')
    const told = Date.now()
    assert.ok(told - gone >= 4_500, 'not before 5 s')
    for (const socket of watching) assert.deepEqual(statuses(socket, ada), ['online', 'offline'])
    assert.deepEqual(statuses(outside, ada), [])
    await becomes(grace, ada, 'offline')
    const [seen] = await look(grace, ada)
    assert.match(seen.last_seen, TIME)
    const seenMs = Date.parse(seen.last_seen)
    assert.ok(seenMs >= gone - 100 && seenMs <= told - 4_500, 'when the socket went')
    const { users } = expectStatus(await grace.get('/v1/chat/users'), 200)
    assert.equal(users.find((user) => user.id === ada.id).last_seen, seen.last_seen)
    await closeAll(...watching, outside)
  })

  test('a reconnect is silent', async () => {
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    await ada.conversation([grace], { type: 'direct' })
    const watching = await grace.socket()
    let mine = await ada.socket()
    await hears(watching, ada, 'online')
    for (let i = 0; i < 3; i++) {
      await mine.close()
      mine = await ada.socket()
    }
    expectStatus(await set(ada, { status: 'busy' }), 200)
    await hears(watching, ada, 'busy')
    assert.deepEqual(statuses(watching, ada), ['online', 'busy'])
    await closeAll(mine, watching)
  })

  test('what is set by hand is heard, shown, and ends with the sockets', async () => {
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const { id } = await ada.conversation([grace], { type: 'direct' })
    const watching = await grace.socket()
    let mine = await ada.socket()
    await hears(watching, ada, 'online')
    const away = { status: 'away', status_detail: 'at "lunch" 🍜' }
    assert.deepEqual(expectStatus(await set(ada, away), 200), {})
    for (const socket of [watching, mine]) {
      await hears(socket, ada, 'away')
      assert.deepEqual(changes(socket, ada).at(-1), { user_id: ada.id, ...away })
    }
    await becomes(grace, ada, 'away')
    assert.deepEqual(await look(grace, ada), [{ user_id: ada.id, ...away }])
    await until(async () => {
      const { conversations } = expectStatus(await grace.get('/v1/chat/conversations'), 200)
      return conversations[0].contact.status === 'away'
    }, 'away in the list of conversations')
    await until(async () => {
      const path = `/v1/chat/conversations/${id}/participants`
      const { participants } = expectStatus(await grace.get(path), 200)
      const statusOf = (person) => participants.find((one) => one.user_id === person.id).status
      return statusOf(ada) === 'away' && statusOf(grace) === 'online'
    }, 'both among the participants')
    await until(async () => {
      const { users } = expectStatus(await grace.get('/v1/chat/users'), 200)
      return users.find((user) => user.id === ada.id).status === 'away'
    }, 'away in the list of users')
    await until(async () => expectStatus(await ada.get('/auth/me'), 200).user.status === 'away',
      'away in what is told of oneself')

    await mine.close()
    await hears(watching, ada, 'offline')
    mine = await ada.socket()
    await hears(watching, ada, 'online')
    assert.deepEqual(statuses(watching, ada), ['online', 'away', 'offline', 'online'])
    await closeAll(mine, watching)
  })

  test('everybody of the tenant may be asked for, and nobody else', async () => {
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const [stranger] = await makeTenant(server, 'Stranger')
    const socket = await stranger.socket()
    await becomes(stranger, stranger, 'online')
    const presence = await look(ada, grace, stranger, { id: randomUUID() }, ada)
    assert.deepEqual(presence, [
      { user_id: grace.id, status: 'offline' }, { user_id: ada.id, status: 'offline' },
    ])
    await closeAll(socket)
  })

  test('many changes at once end with the last one', async () => {
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    await ada.conversation([grace], { type: 'direct' })
    const watching = await grace.socket()
    for (let i = 0; i < 100; i++) {
      expectStatus(await set(ada, { status: i % 2 ? 'busy' : 'away', status_detail: `${i}` }), 200)
    }
    await watching.until(() => changes(watching, ada).at(-1)?.status_detail === '99', 'the last')
    const details = changes(watching, ada).map((payload) => Number(payload.status_detail))
    assert.deepEqual(details, [...details].sort((a, b) => a - b))
    await closeAll(watching)
  })

  test('bad requests name what is wrong', async () => {
    const [ada] = await makeTenant(server, 'Ada')
    const long = 'x'.repeat(PRESENCE_DETAIL_BYTES_MAX + 1)
    for (const [body, field] of [
      [{}, 'status'], [{ status: 'asleep' }, 'status'], [{ status: 1 }, 'status'],
      [{ status: 'away', status_detail: 1 }, 'status_detail'],
      [{ status: 'away', status_detail: long }, 'status_detail'],
      [{ status: 'away', status_detail: 'two\nlines' }, 'status_detail'],
    ]) {
      const answer = await set(ada, body)
      expectStatus(answer, 400)
      assert.equal(answer.body.field, field)
    }
    expectStatus(await set(ada, { status: 'away', status_detail: long.slice(1) }), 200)
    const ids = (count) => Array.from({ length: count }, () => randomUUID())
    for (const path of ['/v1/chat/presence', query(['x']), query(['']),
      query(ids(PRESENCE_IDS_MAX + 1))]) {
      const answer = await ada.get(path)
      expectStatus(answer, 400)
      assert.equal(answer.body.field, 'user_ids')
    }
    assert.deepEqual(expectStatus(await ada.get(query(ids(PRESENCE_IDS_MAX))), 200).presence, [])
  })
})
