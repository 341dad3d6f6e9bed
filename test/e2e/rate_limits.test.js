// SPDX-License-Identifier: Apache-2.0
// rate_limits.test.js: case L5, how much of each kind of work somebody may do in a minute, at the
// bound and one past it. The limits are low here, and every test has people of its own; so low that
// what flows back while a test runs is none (one request in 10 s or more), unless it waits for it.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { makeAgent } from '../lib/agents.js'
import { expectStatus, makeTenant, settle, signup } from '../lib/people.js'
import { Server, startServer } from '../lib/server.js'
import { until } from '../lib/wait.js'

const LIMITS = { read: 4, write: 3, send: 3, auth: 4 }
const AGENT_TIMES = 2
const KEY = 3

const options = (limits) => Object.entries(limits)
  .flatMap(([kind, perMin]) => [`--rate-${kind}-per-min`, String(perMin)])
const times = (count, make) => Promise.all(Array.from({ length: count }, (_, i) => make(i)))
const statusesOf = (answers) => answers.map(({ status }) => status).sort()

// What a limited answer says, as numbers; undefined for what it does not say.
function told({ headers }) {
  const number = (name) => headers[name] === undefined ? undefined : Number(headers[name])
  return {
    limit: number('ratelimit-limit'),
    remaining: number('ratelimit-remaining'),
    reset: number('ratelimit-reset'),
    retryAfter: number('retry-after'),
  }
}

function assertLimited(answer, kind, limit) {
  assert.equal(answer.status, 429, JSON.stringify(answer.body))
  assert.equal(answer.body.code, 'too_many_requests')
  assert.ok(answer.body.error.includes(`(${kind})`), answer.body.error)
  const { limit: told_, remaining, reset, retryAfter } = told(answer)
  assert.equal(told_, limit)
  assert.equal(remaining, 0)
  assert.ok(reset > 0 && reset <= 60, `reset ${reset}`)
  assert.ok(retryAfter >= 1 && retryAfter <= Math.ceil(60 / limit), `retry after ${retryAfter}`)
}

describe('with low limits', () => {
  let server
  let owner
  // auth is high: everybody here signs up from one address.
  before(async () => {
    const args = options({ ...LIMITS, auth: 1000, key: KEY })
    args.push('--rate-agent-times', String(AGENT_TIMES), '--workers', '2')
    server = await Server.start({ args })
    owner = await signup(server, 'Owner', { tenant_name: "Owner's" })
  })
  after(() => server.stop())

  // A person with nothing done yet, in a conversation that somebody else made.
  const newcomer = async (name) => {
    const maker = await signup(server, 'Maker', { tenant_name: 'x' })
    const invite = expectStatus(await maker.post('/v1/tenant/invites'), 201)
    const person = await signup(server, name, { invite_token: invite.invite_token })
    const { id } = await maker.conversation([person], { type: 'group' })
    return { maker, person, id }
  }
  const sendTo = (person, id) =>
    person.post('/v1/chat/messages/send', { conversation_id: id, content_text: 'x' })

  test('L5 as many messages as allowed are taken, one more is refused', async () => {
    const { maker, person, id } = await newcomer('Sue')
    for (let left = LIMITS.send - 1; left >= 0; left--) {
      const answer = await sendTo(person, id)
      expectStatus(answer, 201)
      assert.equal(told(answer).limit, LIMITS.send)
      assert.equal(told(answer).remaining, left)
      assert.ok(told(answer).reset >= 1)
      assert.equal(told(answer).retryAfter, undefined)
    }
    assertLimited(await sendTo(person, id), 'send', LIMITS.send)
    // Nobody else and no other kind of work is concerned.
    expectStatus(await sendTo(maker, id), 201)
    expectStatus(await person.get(`/v1/chat/conversations/${id}/messages`), 200)
    expectStatus(await person.post(`/v1/chat/conversations/${id}/read`, { up_to_seq: 1 }), 200)
    const page = await maker.history(id)
    assert.equal(page.length, LIMITS.send + 1, 'what was refused is not there')
  })

  test('L5 a user is counted over all connections, sessions and workers', async () => {
    const { person, id } = await newcomer('Sid')
    const again = await person.login()
    const answers = await times(5 * LIMITS.send, (i) => sendTo(i % 2 ? person : again, id))
    const taken = answers.filter(({ status }) => status === 201)
    assert.equal(taken.length, LIMITS.send)
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      assertLimited(answer, 'send', LIMITS.send)
    }
    const remaining = taken.map((answer) => told(answer).remaining).sort((a, b) => a - b)
    assert.deepEqual(remaining, Array.from({ length: LIMITS.send }, (_, i) => i), 'each one once')
  })

  test('a refused request leaves the connection and its body in order', async () => {
    const { person, id } = await newcomer('Sam')
    await times(LIMITS.send, () => sendTo(person, id))
    const big = { conversation_id: id, content_text: 'x'.repeat(60_000) }
    for (let i = 0; i < 3; i++) {
      const answer = await person.post('/v1/chat/messages/send', big)
      assertLimited(answer, 'send', LIMITS.send)
      assert.notEqual(answer.headers.connection, 'close')
    }
  })

  test('reads and writes have limits of their own; a bad request counts too', async () => {
    const { person, id } = await newcomer('Ron')
    const answers = await times(LIMITS.read, () => person.get('/v1/chat/conversations'))
    assert.deepEqual(new Set(statusesOf(answers)), new Set([200]))
    assertLimited(await person.get('/auth/me'), 'read', LIMITS.read)
    const sync = { conversations: [{ conversation_id: id, last_seq: 0 }] }
    assertLimited(await person.post('/v1/chat/messages/sync', sync), 'read', LIMITS.read)

    const wrong = await times(LIMITS.write, () =>
      person.server.request('PATCH', '/auth/profile', { token: person.access, raw: '{' }))
    assert.deepEqual(new Set(statusesOf(wrong)), new Set([400]))
    wrong.forEach((answer) => assert.equal(told(answer).limit, LIMITS.write))
    assertLimited(await person.patch('/auth/profile', { bio: 'x' }), 'write', LIMITS.write)
  })

  test('what was taken flows back', async () => {
    const quick = await Server.start({ args: options({ send: 120 }) })
    try {
      const [ada, grace] = await makeTenant(quick, 'Ada', 'Grace')
      const { id } = await ada.conversation([grace])
      let refused
      await until(async () => {
        const answers = await times(60, () => sendTo(ada, id))
        refused = answers.find(({ status }) => status === 429)
        return refused
      }, 'a refusal')
      assert.equal(told(refused).retryAfter, 1)
      await until(async () => (await sendTo(ada, id)).status === 201, 'another one to be allowed')
    } finally {
      await quick.stop()
    }
  })

  test('an agent may do more, and each of its kinds of work is counted', async () => {
    const maker = await signup(server, 'Maker', { tenant_name: 'x' })
    const agent = await makeAgent(maker, 'Bot')
    const { id } = await maker.conversation([agent], { type: 'agent_direct' })
    const answers = await times(AGENT_TIMES * LIMITS.send + 3, () => sendTo(agent, id))
    assert.equal(answers.filter(({ status }) => status === 201).length, AGENT_TIMES * LIMITS.send)
    assertLimited(answers.find(({ status }) => status === 429), 'send', AGENT_TIMES * LIMITS.send)
    expectStatus(await agent.get('/auth/me'), 200)
  })

  test('a tenant key has one limit for all that it does', async () => {
    const { api_key: key } = expectStatus(await owner.post('/v1/tenant/keys'), 201)
    const ask = (i) => server.request('POST', '/v1/chat/tokens',
      { token: key, body: { user_id: `u${i}`, display_name: 'U' } })
    const answers = await times(KEY + 2, ask)
    assert.deepEqual(statusesOf(answers), [200, 200, 200, 429, 429])
    const refused = answers.find(({ status }) => status === 429)
    assert.equal(told(refused).limit, KEY)
    // Another route is counted in the same bucket, whether or not the key may use it.
    assert.equal((await server.request('GET', '/auth/me', { token: key })).status, 429)
    const { api_key: other } = expectStatus(await owner.post('/v1/tenant/keys'), 201)
    const answer = await server.request('POST', '/v1/chat/tokens',
      { token: other, body: { user_id: 'u9', display_name: 'U' } })
    expectStatus(answer, 200)
  })

  test('typing and presence are merged, not refused', async () => {
    const { maker, person, id } = await newcomer('Ted')
    const socket = await maker.socket()
    const before = performance.now()
    const type = (i) => person.post(`/v1/chat/conversations/${id}/typing`,
      { state: i % 2 ? 'stop' : 'start' })
    const typed = await times(200, type)
    assert.deepEqual(new Set(statusesOf(typed)), new Set([200]))
    const present = await times(200, (i) => person.server.request('PUT', '/v1/chat/presence',
      { token: person.access, body: { status: i % 2 ? 'away' : 'busy' } }))
    assert.deepEqual(new Set(statusesOf(present)), new Set([200]))
    assert.equal(told(typed[0]).limit, undefined)
    assert.equal(told(present[0]).limit, undefined)
    await settle(maker, id, [socket])
    // Five starts with as many stops, and then one in 3 s at most.
    const seconds = (performance.now() - before) / 1000
    assert.ok(socket.events('typing.start').length <= 6 + seconds / 3, 'starts are merged')
    assert.ok(socket.events('presence.updated').length < 200, 'changes of presence are merged')
    await socket.close()
  })

  test('what operators ask is not counted', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics', '/']) {
      const answers = await times(2 * LIMITS.read, () => server.request('GET', path))
      assert.deepEqual(new Set(statusesOf(answers)), new Set([200]), path)
      assert.equal(told(answers[0]).limit, undefined)
    }
    const { body } = await server.request('GET', '/metrics')
    assert.match(body, /^carillon_requests_limited_total [1-9]\d*$/m)
  })

  test('a web page may read the headers', async () => {
    const { person } = await newcomer('Pam')
    const origin = `http://localhost:3000`
    const answer = await person.server.request('GET', '/auth/me',
      { token: person.access, headers: { origin } })
    assert.equal(answer.headers['access-control-allow-origin'], origin)
    for (const name of ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset']) {
      assert.ok(answer.headers['access-control-expose-headers'].split(', ').includes(name), name)
    }
  })
})

test('L5 without a token it is the address that is counted', async (t) => {
  const server = await startServer(t, { args: options({ auth: LIMITS.auth }) })
  const wrong = { email: 'nobody@example.com', password: 'wrong password' }
  const answers = await times(LIMITS.auth + 2, (i) =>
    server.request('POST', '/auth/login', { body: { ...wrong, email: `n${i}@example.com` } }))
  assert.equal(answers.filter(({ status }) => status === 401).length, LIMITS.auth)
  assertLimited(answers.find(({ status }) => status === 429), 'auth', LIMITS.auth)
  const signup_ = { email: 'a@example.com', password: 'long enough', display_name: 'A' }
  assertLimited(await server.request('POST', '/auth/signup', { body: signup_ }), 'auth',
    LIMITS.auth)
  // A token that is no good says nobody's name: nothing is told of anybody's rate.
  const answer = await server.request('GET', '/auth/me', { token: 'wrong' })
  assert.equal(answer.status, 401)
  assert.equal(told(answer).limit, undefined)
})

test('0 turns a limit off, and then nothing is told', async (t) => {
  const server = await startServer(t, { args: options({ read: 0, send: 0 }) })
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const { id } = await ada.conversation([grace])
  const answers = await times(300, () =>
    ada.post('/v1/chat/messages/send', { conversation_id: id, content_text: 'x' }))
  assert.deepEqual(new Set(statusesOf(answers)), new Set([201]))
  assert.equal(told(answers[0]).limit, undefined)
  assert.equal(told(await ada.get('/auth/me')).limit, undefined)
})
