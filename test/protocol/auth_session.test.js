// SPDX-License-Identifier: Apache-2.0
// auth_session.test.js: signing up and in, sessions and their ends (A12 to A15, A17).
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { PASSWORD, TIME, UUID, expectStatus, makeTenant, signup } from '../lib/people.js'
import { Server, startServer } from '../lib/server.js'
import { computedMs, startWatch } from '../lib/stopwatch.js'
import { until } from '../lib/wait.js'

let server
before(async () => (server = await Server.start()))
after(() => server.stop())

const login = (email, password, on = server) =>
  on.request('POST', '/auth/login', { body: { email, password } })
const refresh = (token) =>
  server.request('POST', '/auth/refresh', { body: { refresh_token: token } })
const newEmail = () => `${randomUUID()}@example.com`
const isAlive = async (person) => (await person.get('/auth/me')).status === 200

describe('accounts', () => {
  test('signup, login and me tell the same of a person', async () => {
    const ada = await signup(server, 'Ada', { tenant_name: 'Engines' })
    assert.match(ada.user.id, UUID)
    assert.equal(ada.user.display_name, 'Ada')
    assert.equal(ada.user.email, ada.email)
    assert.equal(ada.user.is_agent, false)
    assert.equal(ada.user.tenant_id, ada.tenant.id)
    assert.equal(ada.tenant.name, 'Engines')
    const again = await ada.login()
    assert.equal(again.id, ada.id)
    const me = expectStatus(await ada.get('/auth/me'), 200)
    assert.equal(me.user.id, ada.id)
    assert.equal(me.tenant.id, ada.tenant.id)
    assert.ok(!JSON.stringify(me).includes('password'))
  })

  test('the answer to a login says how long its access token is good', async () => {
    const ada = await signup(server, 'Ada')
    const answer = expectStatus(await login(ada.email, PASSWORD), 200)
    const fields = ['access_token', 'expires_in', 'refresh_token', 'tenant', 'user']
    for (const field of fields) assert.ok(field in answer, field)
    assert.equal(answer.expires_in, 900)
  })

  test('a profile changes by what is sent, and no further', async () => {
    const ada = await signup(server, 'Ada')
    const changes = { bio: 'First.', job_title: 'Countess', language: 'en' }
    const { user } = expectStatus(await ada.patch('/auth/profile', changes), 200)
    for (const [field, value] of Object.entries(changes)) assert.equal(user[field], value)
    assert.equal(user.display_name, 'Ada')
    const later = expectStatus(await ada.patch('/auth/profile', { display_name: 'Ada L.' }), 200)
    assert.equal(later.user.display_name, 'Ada L.')
    assert.equal(later.user.bio, 'First.')
  })

  test('an email is taken once', async () => {
    const ada = await signup(server, 'Ada')
    const body = { email: ada.email, password: PASSWORD }
    expectStatus(await server.request('POST', '/auth/signup', { body }), 409)
  })

  test('an invitation leads into its tenant, with its role', async () => {
    const ada = await signup(server, 'Ada')
    const invite = expectStatus(await ada.post('/v1/tenant/invites', {}), 201)
    assert.match(invite.expires_at, TIME)
    const grace = await signup(server, 'Grace', { invite_token: invite.invite_token })
    assert.equal(grace.tenant.id, ada.tenant.id)
    const { users } = expectStatus(await ada.get('/v1/chat/users'), 200)
    assert.ok(users.some((user) => user.id === grace.id))
  })

  test('an invitation that is none, or for somebody else, is refused', async () => {
    const ada = await signup(server, 'Ada')
    const { invite_token: token } = expectStatus(
      await ada.post('/v1/tenant/invites', { email: newEmail() }), 201)
    for (const invite of ['x', `inv_${'A'.repeat(43)}`, token, ada.refresh]) {
      const body = { email: newEmail(), password: PASSWORD, invite_token: invite }
      const { status } = await server.request('POST', '/auth/signup', { body })
      assert.ok([400, 401, 403, 404].includes(status), String(status))
    }
  })

  test('a member invites nobody', async () => {
    const [, grace] = await makeTenant(server, 'Ada', 'Grace')
    expectStatus(await grace.post('/v1/tenant/invites', {}), 403)
  })

  test('signup can be closed, or by invitation only', async (t) => {
    const data = await startServer(t)
    const ada = await signup(data, 'Ada')
    const { invite_token: token } = expectStatus(await ada.post('/v1/tenant/invites', {}), 201)
    const attempt = (fields) => data.request('POST', '/auth/signup', {
      body: { email: newEmail(), password: PASSWORD, ...fields } })
    await data.terminate()
    data.args = ['--signup', 'invite']
    await data.restart()
    expectStatus(await attempt({}), 403)
    expectStatus(await attempt({ invite_token: token }), 201)
    await data.terminate()
    data.args = ['--signup', 'closed']
    await data.restart()
    expectStatus(await attempt({}), 403)
    expectStatus(await attempt({ invite_token: token }), 403)
  })
})

describe('passwords', () => {
  const attempt = (password) =>
    server.request('POST', '/auth/signup', { body: { email: newEmail(), password } })

  test('A15 a password too short, too long or with a NUL is a 400 that names it', async () => {
    for (const password of ['', 'short', 'a'.repeat(1025)]) {
      const { status, body } = await attempt(password)
      assert.equal(status, 400)
      assert.equal(body.field, 'password')
    }
    expectStatus(await attempt(`abc\0${'d'.repeat(20)}`), 400)
    const { status } = await attempt('a'.repeat(1024 * 1024))
    assert.ok([400, 413].includes(status))
    expectStatus(await attempt('a'.repeat(8)), 201)
    expectStatus(await attempt('a'.repeat(1024)), 201)
  })

  test('A15 the whole password counts, and nothing is normalised', async () => {
    const email = newEmail()
    const password = `${'x'.repeat(200)}\u00e9ﬁ `
    const body = { email, password }
    expectStatus(await server.request('POST', '/auth/signup', { body }), 201)
    const others = [password.slice(0, 72), password.trimEnd(), password.normalize('NFD'),
      password.normalize('NFKC')]
    for (const other of others) expectStatus(await login(email, other), 401)
    expectStatus(await login(email, password), 200)
  })

  test('A13 an unknown user and a wrong password are told in the same way and time', async () => {
    const rounds = 15
    const people = []
    for (let i = 0; i < rounds; i++) people.push(await signup(server, 'Ada'))
    const times = { unknown: [], wrong: [] }
    const measure = async (kind, email) => {
      const before = computedMs(server.pid)
      const { status, body } = await login(email, 'not this one')
      times[kind].push(computedMs(server.pid) - before)
      assert.equal(status, 401)
      return JSON.stringify(body)
    }
    const bodies = new Set()
    for (const person of people) {
      bodies.add(await measure('unknown', newEmail()))
      bodies.add(await measure('wrong', person.email))
    }
    assert.equal(bodies.size, 1, [...bodies].join('\n'))
    const median = (list) => list.sort((a, b) => a - b)[list.length >> 1]
    const ratio = median(times.unknown) / median(times.wrong)
    console.log(`# A13: unknown ${median(times.unknown).toFixed(1)} ms, ` +
      `wrong ${median(times.wrong).toFixed(1)} ms`)
    assert.ok(ratio > 0.5 && ratio < 2, `ratio ${ratio}`)
  })

  test('changing the password ends the other sessions and not this one', async () => {
    const ada = await signup(server, 'Ada')
    const other = await ada.login()
    const socket = await other.socket()
    const ours = await ada.socket()
    const next = `${PASSWORD} 2`
    const change = (current) =>
      ada.post('/auth/change-password', { current_password: current, new_password: next })
    assert.ok([400, 401, 403].includes((await change('not this one')).status))
    assert.ok(await isAlive(other))
    expectStatus(await change(PASSWORD), 200)
    assert.equal((await socket.ends()).code, 4001)
    assert.ok(!(await isAlive(other)))
    expectStatus(await refresh(other.refresh), 401)
    assert.ok(await isAlive(ada))
    assert.equal(ours.closed, null)
    expectStatus(await login(ada.email, PASSWORD), 401)
    expectStatus(await login(ada.email, next), 200)
    await ours.close()
  })
})

describe('brute force', () => {
  // On a server of its own: what is counted per address would end up in the other tests' way.
  let attacked
  before(async () => (attacked = await Server.start()))
  after(() => attacked.stop())

  test('A14 many tries of one account are held back, and its owner is not locked out', async () => {
    const ada = await signup(attacked, 'Ada')
    let refused = null
    for (let i = 0; i < 50 && refused === null; i++) {
      const answer = await login(ada.email, `wrong ${i}`, attacked)
      if (answer.status === 429) refused = answer
      else assert.equal(answer.status, 401)
    }
    assert.ok(refused, '50 wrong passwords in a row were all tried')
    assert.match(refused.headers['retry-after'], /^[1-9]\d*$/)
    assert.ok(Number(refused.headers['retry-after']) <= 10)
    const right = async () => (await login(ada.email, PASSWORD, attacked)).status === 200
    await until(right, 'the right password to be tried again')
  })

  test('A14 many tries of many accounts from one address are held back', async () => {
    let status = 401
    for (let i = 0; i < 400 && status === 401; i++) {
      ;({ status } = await login(newEmail(), 'password1', attacked))
    }
    assert.equal(status, 429)
  })
})

describe('refreshing', () => {
  test('A12 a refresh gives new tokens, and the new ones work', async () => {
    const ada = await signup(server, 'Ada')
    const next = expectStatus(await refresh(ada.refresh), 200)
    assert.notEqual(next.refresh_token, ada.refresh)
    assert.notEqual(next.access_token, ada.access)
    assert.equal(next.expires_in, 900)
    ada.takeTokens(next)
    assert.ok(await isAlive(ada))
    expectStatus(await refresh(ada.refresh), 200)
  })

  test('A12 a spent token that comes back ends the whole family, sockets and all', async () => {
    const ada = await signup(server, 'Ada')
    const other = await ada.login()
    const socket = await ada.socket()
    const stolen = ada.refresh
    for (let i = 0; i < 3; i++) ada.takeTokens(expectStatus(await refresh(ada.refresh), 200))
    expectStatus(await refresh(stolen), 401)
    assert.equal((await socket.ends()).code, 4001)
    expectStatus(await refresh(ada.refresh), 401)
    assert.ok(!(await isAlive(ada)))
    assert.ok(await isAlive(other), 'another login is another family')
  })

  test('A12 two refreshes at once have a defined result, and the session goes on', async () => {
    for (let round = 0; round < 5; round++) {
      const ada = await signup(server, 'Ada')
      const answers = await Promise.all([refresh(ada.refresh), refresh(ada.refresh)])
      const good = answers.filter((answer) => answer.status === 200)
      assert.ok(good.length >= 1, JSON.stringify(answers.map((answer) => answer.status)))
      const tokens = new Set(good.map((answer) => answer.body.refresh_token))
      assert.equal(tokens.size, 1, 'one successor')
      ada.takeTokens(good[0].body)
      if (good.length === 2) expectStatus(await refresh(ada.refresh), 200)
    }
  })
})

describe('the end of a session', () => {
  test('A17 logout closes the sockets of the session within a second, and only those', async () => {
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const phone = await ada.login()
    const { id } = await ada.conversation([grace])
    const sockets = await Promise.all([phone.socket(), phone.socket()])
    const stays = await ada.socket()
    const stop = startWatch(server.pid)
    expectStatus(await phone.post('/auth/logout', { refresh_token: phone.refresh }), 200)
    for (const socket of sockets) assert.equal((await socket.ends()).code, 4001)
    const tookMs = stop()
    assert.ok(tookMs < 1000, `${tookMs} ms`)

    await grace.send(id, 'after the logout')
    await stays.hears('message.created')
    for (const socket of sockets) assert.deepEqual(socket.events('message.created'), [])
    assert.ok(!(await isAlive(phone)))
    expectStatus(await phone.get('/v1/messaging/token'), 401)
    expectStatus(await refresh(phone.refresh), 401)
    assert.ok(await isAlive(ada))
    await stays.close()
  })

  test('A17 a logout with the token of somebody else does not end their session', async () => {
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const socket = await grace.socket()
    const answer = await ada.post('/auth/logout', { refresh_token: grace.refresh })
    assert.ok(answer.status < 500)
    assert.ok(await isAlive(grace))
    expectStatus(await refresh(grace.refresh), 200)
    assert.equal(socket.closed, null)
    await socket.close()
  })
})
