// SPDX-License-Identifier: Apache-2.0
// proxy.test.js: who a client is when a proxy stands in front. What the server takes an address for
// is seen in its log and in whom it counts: the limits of /auth are by address.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { signup, expectStatus } from '../lib/people.js'
import { startServer } from '../lib/server.js'
import { until } from '../lib/wait.js'

const LIMIT = 3
const args = (...proxies) => ['--rate-auth-per-min', String(LIMIT),
  ...proxies.flatMap((proxy) => ['--trusted-proxies', proxy])]

let logins = 0
// A login that is refused, with these headers; each is for an account of its own.
const login = (server, headers) => server.request('POST', '/auth/login',
  { headers, body: { email: `n${logins++}@example.com`, password: 'wrong password' } })
const statuses = async (server, count, headers) => {
  const all = []
  for (let i = 0; i < count; i++) all.push((await login(server, headers)).status)
  return all.join(' ')
}
const loggedAddresses = (server) => new Set(
  [...server.log.matchAll(/event=login_refused .*\baddress=(\S+)/g)].map(([, address]) => address))
// The log comes by a pipe of its own, so it may come after the answers that it is about.
async function assertLogged(server, ...addresses) {
  await until(() => addresses.every((address) => loggedAddresses(server).has(address)),
    () => `${addresses} in the log\n${server.log}`)
  assert.deepEqual(loggedAddresses(server), new Set(addresses))
}

describe('behind a trusted proxy', { concurrency: true }, () => {
  test('every client has an address of its own', async (t) => {
    const server = await startServer(t, { args: args('127.0.0.1') })
    for (const client of ['192.0.2.1', '192.0.2.2', '2001:db8:1::1', '2001:db8:2::1']) {
      const headers = { 'x-forwarded-for': client }
      assert.equal(await statuses(server, LIMIT + 1, headers), '401 401 401 429', client)
    }
    // A subscriber of IPv6 has a whole /64.
    assert.equal((await login(server, { 'x-forwarded-for': '2001:db8:1::2' })).status, 429)
    await assertLogged(server, '192.0.2.1', '192.0.2.2', '2001:db8:1::1', '2001:db8:2::1')
  })

  test('what a client writes itself is not believed', async (t) => {
    const server = await startServer(t, { args: args('127.0.0.0/8', '10.0.0.0/8') })
    const forged = (i) => ({ 'x-forwarded-for': `6.6.6.${i}, 192.0.2.1, 10.0.0.7` })
    const all = []
    for (let i = 0; i <= LIMIT; i++) all.push((await login(server, forged(i))).status)
    assert.equal(all.join(' '), '401 401 401 429')
    await assertLogged(server, '192.0.2.1')
  })

  test('Forwarded says the same, and both must agree', async (t) => {
    const server = await startServer(t, { args: args('127.0.0.1') })
    assert.equal(await statuses(server, LIMIT, { forwarded: 'for="[2001:db8::1]:47"' }),
      '401 401 401')
    assert.equal((await login(server, { 'x-forwarded-for': '2001:db8::1' })).status, 429)
    const contrary = { forwarded: 'for=6.6.6.6', 'x-forwarded-for': '192.0.2.9' }
    await login(server, contrary)
    await until(() => loggedAddresses(server).has('127.0.0.1'), 'the proxy to be who it was')
  })

  test('nonsense is the proxy itself, never a crash and never somebody else', async (t) => {
    const server = await startServer(t, { args: ['--trusted-proxies', '127.0.0.1'] })
    const nonsense = ['unknown', '300.1.1.1', '[', ';;;', '"', '1.2.3.4:99999', 'a'.repeat(30_000),
      '1.2.3.4,'.repeat(3000) + 'x', '\xff\xfe', '1.2.3.4\t5.6.7.8']
    for (const value of nonsense) {
      for (const name of ['x-forwarded-for', 'forwarded']) {
        const { status } = await login(server, { [name]: value })
        assert.ok(status === 401 || status === 429, `${name}: ${value.slice(0, 40)}: ${status}`)
      }
    }
    await assertLogged(server, '127.0.0.1')
  })

  test('the login throttle counts clients, not the proxy', async (t) => {
    const server = await startServer(t, { args: ['--trusted-proxies', '127.0.0.1'] })
    const ada = await signup(server, 'Ada')
    const attempt = (address, password) => server.request('POST', '/auth/login',
      { headers: { 'x-forwarded-for': address }, body: { email: ada.email, password } })
    // Each further attempt has to wait for twice as long, so sooner or later one comes too early.
    let answer
    await until(async () => {
      answer = await attempt('198.51.100.66', 'wrong password')
      return answer.status !== 401
    }, 'a refusal')
    assert.deepEqual([answer.status, answer.body.code], [429, 'too_many_attempts'])
    assert.equal((await attempt('192.0.2.1', 'wrong password')).status, 401)
  })

  test('the address of the socket follows the scheme of the client', async (t) => {
    const server = await startServer(t, { args: ['--trusted-proxies', '127.0.0.1'] })
    const ada = await signup(server, 'Ada')
    const url = async (headers) => {
      const answer = await server.request('GET', '/v1/messaging/token',
        { token: ada.access, headers: { host: 'chat.example.com', ...headers } })
      return expectStatus(answer, 200).ws_url
    }
    assert.equal(await url({}), 'ws://chat.example.com/ws')
    assert.equal(await url({ 'x-forwarded-proto': 'https' }), 'wss://chat.example.com/ws')
    assert.equal(await url({ forwarded: 'for=192.0.2.1;proto=https' }), 'wss://chat.example.com/ws')
  })
})

test('from anybody else these headers mean nothing', async (t) => {
  const server = await startServer(t, { args: args('192.0.2.0/24') })
  const all = []
  for (let i = 0; i <= LIMIT; i++) {
    all.push((await login(server, { 'x-forwarded-for': `192.0.2.${i}` })).status)
  }
  assert.equal(all.join(' '), '401 401 401 429')
  await assertLogged(server, '127.0.0.1')
})
