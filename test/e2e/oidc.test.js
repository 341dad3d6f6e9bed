// SPDX-License-Identifier: Apache-2.0
// oidc.test.js: users who come with tokens of an OIDC issuer: who is let in and who is not, what
// happens when the issuer's keys change or it cannot be reached, and how often it is asked.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import { AUDIENCE, Issuer, Key, now } from '../lib/issuer.js'
import { Person, expectStatus, makeTenant } from '../lib/people.js'
import { run, startServer } from '../lib/server.js'
import { base64url } from '../lib/tokens.js'
import { until } from '../lib/wait.js'

// As in src/limits.h and auth/issuer_keys.c.
const JWS_BYTES_MAX = 16384
const JWKS_BYTES_MAX = 256 * 1024
const FOREIGN_SUBJECT_BYTES_MAX = 123
const FOREIGN_REFETCH_SEC_MAX = 3600
const TOKEN_LEEWAY_SEC = 60
const WS_TICK_SEC = 5
const FETCH_MS_MAX = 10_000

const KEYS = [new Key('rsa-1'), new Key('ec-1', 'ES256')]

// A server that believes the issuer, and the owner of the tenant that its users are in.
async function makeWorld(t, { refetchSec = 3600, issuer, args = [] } = {}) {
  issuer ??= await Issuer.start(t, ...KEYS)
  const server = await startServer(t)
  const [owner] = await makeTenant(server, 'Owner')
  await server.terminate()
  server.args = [...issuer.options(owner.tenant.id, refetchSec), ...args]
  await server.restart()
  return { issuer, server, owner }
}

const ask = (server, token, path = '/auth/me') => server.request('GET', path, { token })

// Whoever comes with this token, as far as the tests of people go.
async function arrive(server, token) {
  const { user, tenant } = expectStatus(await ask(server, token), 200)
  return new Person(server, undefined, { user, tenant, access_token: token })
}

async function refused(server, token, what) {
  const { status, body } = await ask(server, token)
  assert.deepEqual([status, body.code], [401, 'token_invalid'], what)
}

// The log comes by a pipe of its own, so it may come after the answer that it is about.
const logged = (server, pattern) =>
  until(() => pattern.test(server.log), () => `${pattern}\n${server.log}`)

describe('who comes with a good token', () => {
  test('is a user of the tenant, the same one each time, and may do what any may', async (t) => {
    const { issuer, server, owner } = await makeWorld(t)
    const first = await arrive(server, issuer.token({ name: 'Ada Lovelace',
      picture: 'https://example.com/ada.png' }))
    assert.equal(first.tenant.id, owner.tenant.id)
    assert.equal(first.user.display_name, 'Ada Lovelace')
    assert.equal(first.user.avatar_url, 'https://example.com/ada.png')
    // By another key, and told otherwise by the issuer.
    const second = await arrive(server, issuer.token({ name: 'Ada King' }, { key: KEYS[1] }))
    assert.equal(second.id, first.id)
    assert.equal(second.user.display_name, 'Ada King')
    const other = await arrive(server, issuer.token({ sub: 'grace', preferred_username: 'grace' }))
    assert.notEqual(other.id, first.id)
    assert.equal(other.user.display_name, 'grace')

    const { id } = await first.conversation([owner, other], { type: 'group', name: 'new' })
    const socket = await other.socket()
    const { seq_num: seq } = await first.send(id, 'Hello!')
    assert.equal((await socket.hears('message.created'))[0].seq_num, seq)
    await socket.close()
  })

  test('is believed whatever form the issuer gives it', async (t) => {
    const { issuer, server } = await makeWorld(t)
    const good = {
      'a list of audiences': issuer.token({ aud: ['other', AUDIENCE] }),
      'times with fractions': issuer.token({ exp: now() + 300.5, iat: now() - 0.5 }),
      'no time of issue': issuer.token({ iat: undefined }),
      'no type': issuer.token({}, { header: { typ: undefined } }),
      'an access token of RFC 9068': issuer.token({}, { header: { typ: 'at+jwt' } }),
      'a clock that differs': issuer.token({ exp: now() - TOKEN_LEEWAY_SEC + 30,
        nbf: now() + TOKEN_LEEWAY_SEC - 30 }),
      'the longest subject': issuer.token({ sub: 's'.repeat(FOREIGN_SUBJECT_BYTES_MAX) }),
      'a name that cannot be shown': issuer.token({ name: 'a\u202eb' }),
      'a picture that is none': issuer.token({ picture: 'javascript:alert(1)' }),
    }
    for (const [what, token] of Object.entries(good)) {
      assert.equal((await ask(server, token)).status, 200, what)
    }
    const padding = (length) => issuer.token({ padding: 'x'.repeat(length) })
    let length = JWS_BYTES_MAX / 4 * 3 - 700
    while (padding(length + 1).length <= JWS_BYTES_MAX) length++
    assert.equal((await ask(server, padding(length))).status, 200, 'the largest')
    await refused(server, padding(length + 1), 'one byte more')
  })

  test('keeps their socket until the token expires, and is then told 4002', async (t) => {
    const { issuer, server } = await makeWorld(t)
    const expires = now() + 4
    const ada = await arrive(server, issuer.token({ exp: expires }))
    const grace = await arrive(server, issuer.token({ sub: 'grace' }))
    const [ends, stays] = [await ada.socket(), await grace.socket()]
    const due = Math.max(expires, now())
    const { code } = await ends.ends()
    assert.equal(code, 4002)
    assert.ok(now() >= expires)
    assert.ok(now() <= due + 2 * WS_TICK_SEC, `${now() - due} s late`)
    assert.equal(stays.closed, null)
    await stays.close()
  })
})

describe('who comes with another token', () => {
  test('is refused, with one answer for all', async (t) => {
    const { issuer, server, owner } = await makeWorld(t)
    const [rsa, ec] = KEYS
    const stranger = new Key('rsa-1')
    const shared = (secret) => (input) => createHmac('sha256', secret).update(input).digest()
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' })
    const { n } = rsa.jwk
    const [head, , signature] = issuer.token().split('.')
    const bad = {
      'no signature': issuer.token({}, { header: { alg: 'none' }, by: () => '' }),
      'none, and a signature': issuer.token({}, { header: { alg: 'none' } }),
      'HS256 by the public key': issuer.token({}, { header: { alg: 'HS256' }, by: shared(pem) }),
      'HS256 by its modulus': issuer.token({}, { header: { alg: 'HS256' },
        by: shared(Buffer.from(n, 'base64url')) }),
      'HS256 in the guise of ours': issuer.token({ aud: 'carillon:access', iss: 'carillon' },
        { header: { alg: 'HS256', typ: 'at+jwt' }, by: shared(pem) }),
      'an algorithm of others': issuer.token({}, { header: { alg: 'PS256' } }),
      'the other kind of key': issuer.token({}, { header: { kid: ec.id } }),
      'a key of the same name': issuer.token({}, { key: stranger }),
      'an unknown key': issuer.token({}, { header: { kid: 'rsa-2' } }),
      'a key that is no text': issuer.token({}, { header: { kid: 1 } }),
      'a key that it brings along': issuer.token({}, { key: stranger,
        header: { jwk: stranger.jwk } }),
      'an address of keys': issuer.token({}, { header: { jku: `${issuer.url}/keys` } }),
      'what must be understood': issuer.token({}, { header: { crit: ['exp'] } }),
      'a logout token': issuer.token({}, { header: { typ: 'logout+jwt' } }),
      'another issuer': issuer.token({ iss: 'https://evil.example' }),
      'an issuer with a slash': issuer.token({ iss: `${issuer.url}/` }),
      'no issuer': issuer.token({ iss: undefined }),
      'another audience': issuer.token({ aud: 'mail' }),
      'other audiences': issuer.token({ aud: ['mail', 'files', null, 1] }),
      'no audience': issuer.token({ aud: undefined }),
      'a part of the audience': issuer.token({ aud: AUDIENCE.slice(0, -1) }),
      'a time that is over': issuer.token({ exp: now() - TOKEN_LEEWAY_SEC - 2 }),
      'no time of expiry': issuer.token({ exp: undefined }),
      'an expiry that is no time': issuer.token({ exp: 'tomorrow' }),
      'a negative expiry': issuer.token({ exp: -1 }),
      'an endless expiry': issuer.token({ exp: 1e300 }),
      'a time to come': issuer.token({ nbf: now() + TOKEN_LEEWAY_SEC + 30 }),
      'an issue to come': issuer.token({ iat: now() + TOKEN_LEEWAY_SEC + 30 }),
      'no subject': issuer.token({ sub: undefined }),
      'an empty subject': issuer.token({ sub: '' }),
      'a subject that is no text': issuer.token({ sub: 7 }),
      'a subject that is too long': issuer.token({
        sub: 's'.repeat(FOREIGN_SUBJECT_BYTES_MAX + 1) }),
      'changed claims': `${head}.${base64url(JSON.stringify({ iss: issuer.url, aud: AUDIENCE,
        sub: 'owner', exp: now() + 300 }))}.${signature}`,
      'a signature cut short': issuer.token().slice(0, -4),
      'two parts': issuer.token().split('.').slice(0, 2).join('.'),
      'a token twice': `${issuer.token()}.${issuer.token()}`,
    }
    for (const [what, token] of Object.entries(bad)) await refused(server, token, what)
    // A socket takes messaging tokens only.
    const { status } = await server.request('GET', `/ws?token=${issuer.token()}`, { headers: {
      connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' } })
    assert.equal(status, 401)
    assert.equal((await ask(server, issuer.token())).status, 200)
  })

  test('is refused when their account was disabled, at once', async (t) => {
    const { issuer, server } = await makeWorld(t)
    const token = issuer.token()
    const ada = await arrive(server, token)
    const socket = await ada.socket()
    const { code, stderr } = await run(['user', 'disable', ada.id, '--data', server.data])
    assert.equal(code, 0, stderr)
    assert.equal((await socket.ends()).code, 4001)
    await refused(server, token)
    await refused(server, issuer.token({ jti: 'a newer one' }))
    await logged(server, /user_disabled/)
  })

  test('is refused everywhere when there is no such tenant, and the log says so', async (t) => {
    const issuer = await Issuer.start(t, ...KEYS)
    const args = issuer.options('0190a6e0-0000-7000-8000-000000000000')
    const server = await startServer(t, { args })
    await until(async () => issuer.fetches > 0, 'the keys')
    await refused(server, issuer.token())
    await logged(server, /unknown_tenant/)
  })
})

describe('the keys of the issuer', () => {
  test('a new one is fetched when the first token names it; a withdrawn one is good for nothing',
    async (t) => {
      const { issuer, server } = await makeWorld(t, { refetchSec: 1 })
      const before = issuer.token()
      const { id } = await arrive(server, before)
      const next = new Key('rsa-2')
      issuer.keys = [...KEYS, next]
      const isIn = async () => (await ask(server, issuer.token({}, { key: next }))).status === 200
      await until(isIn, 'a token of the new key')
      assert.equal((await arrive(server, before)).id, id)

      // Only the newest is left: whoever asks with it makes nobody forget the others, a fetch does.
      const newest = new Key('rsa-3')
      issuer.keys = [newest]
      await until(async () => (await ask(server, issuer.token({}, { key: newest }))).status === 200,
        'a token of the newest key')
      for (const [what, token] of [['used before', before], ['of the first', issuer.token({},
        { key: KEYS[0] })], ['of the second', issuer.token({}, { key: next })]]) {
        await refused(server, token, what)
      }
    })

  test('a token without a key id is for the only key of its kind', async (t) => {
    const { issuer, server } = await makeWorld(t, { refetchSec: 1 })
    const token = (key) => issuer.token({}, { key, header: { kid: undefined } })
    for (const key of KEYS) assert.equal((await ask(server, token(key))).status, 200)
    const second = new Key('rsa-2')
    issuer.keys = [...KEYS, second]
    await until(async () => (await ask(server, issuer.token({}, { key: second }))).status === 200,
      'the second key')
    await refused(server, token(second), 'it could be either')
    assert.equal((await ask(server, token(KEYS[1]))).status, 200)
  })

  test('of many who ask for a key that is not there one makes the server fetch', async (t) => {
    const { issuer, server } = await makeWorld(t, { refetchSec: FOREIGN_REFETCH_SEC_MAX })
    assert.equal((await ask(server, issuer.token())).status, 200)
    const asked = Array.from({ length: 200 }, (_, i) =>
      refused(server, issuer.token({}, { header: { kid: `unknown ${i}` } })))
    await Promise.all(asked)
    assert.equal(issuer.fetches, 1)

    const other = await makeWorld(t, { issuer, refetchSec: 1 })
    issuer.fetches = 0
    const started = performance.now()
    let asking = 0
    await until(async () => {
      await refused(other.server, issuer.token({}, { header: { kid: `unknown ${asking++}` } }))
      return issuer.fetches >= 4
    }, () => `four fetches, not ${issuer.fetches}`)
    // The start, if it was not counted above, and then never two within a second.
    const seconds = (performance.now() - started) / 1000
    assert.ok(seconds > 1.5, `${issuer.fetches} fetches in ${seconds} s`)
  })

  test('without any, whoever comes is told to come again, until the issuer is there', async (t) => {
    const issuer = await Issuer.start(t, ...KEYS)
    await issuer.down()
    const { server } = await makeWorld(t, { issuer, refetchSec: 1 })
    const { status, body, headers } = await ask(server, issuer.token())
    assert.deepEqual([status, body.code], [503, 'issuer_unavailable'])
    assert.match(headers['retry-after'], /^[1-9]/)
    await issuer.up()
    await until(async () => (await ask(server, issuer.token())).status === 200, 'the keys')
  })

  const nonsense = {
    status: [{ keys: { status: 500 } }, /reason=status/],
    'a redirect': [{ keys: { status: 302 } }, /reason=status/],
    'no JSON': [{ keys: { body: 'keys' } }, /reason=no_json/],
    'no keys': [{ keys: { body: { keys: [] } } }, /reason=no_usable_key/],
    'only a shared secret': [{ keys: { body: { keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: 'rsa-1',
      alg: 'HS256' }] } } }, /reason=no_usable_key/],
    'too much of it': [{ keys: { body: { keys: KEYS.map(({ jwk }) => jwk),
      padding: 'x'.repeat(JWKS_BYTES_MAX) } } }, /reason=too_large/],
    'another issuer': [{ discovery: { body: { issuer: 'https://evil.example', jwks_uri:
      'https://evil.example/keys' } } }, /reason=other_issuer/],
    'keys in the clear': [{ discovery: { body: (issuer) => ({ ...issuer.discovery,
      jwks_uri: 'http://example.com/keys' }) } }, /reason=bad_jwks_uri/],
    'keys in a file': [{ discovery: { body: (issuer) => ({ ...issuer.discovery,
      jwks_uri: 'file:///etc/passwd' }) } }, /reason=bad_jwks_uri/],
    'no keys to find': [{ discovery: { body: (issuer) => ({ issuer: issuer.url }) } },
      /reason=no_jwks_uri/],
  }
  test('the old ones stay while the issuer is away, or answers nonsense', async (t) => {
    const { issuer, server } = await makeWorld(t, { refetchSec: 1 })
    const token = () => issuer.token({ jti: Math.random() })
    const unknown = () => issuer.token({}, { header: { kid: 'unknown' } })
    assert.equal((await ask(server, token())).status, 200)
    const waits = async () => (await ask(server, unknown())).status === 503
    for (const [what, [instead, reason]] of Object.entries(nonsense)) {
      const mark = server.child.stderr.length
      issuer.instead = Object.fromEntries(Object.entries(instead).map(([of, { status, body }]) =>
        [of, { status, body: typeof body === 'function' ? body(issuer) : body }]))
      await until(async () => await waits() && reason.test(server.child.stderr.slice(mark)), what)
      assert.equal((await ask(server, token())).status, 200, what)
      issuer.instead = {}
      await until(async () => !(await waits()), 'the keys again')
    }
    await issuer.down()
    await until(async () => await waits() && /reason=not_reached/.test(server.child.stderr),
      'it is away')
    assert.equal((await ask(server, token())).status, 200)
  })

  test('a fetch under way does not hold up a stop', async (t) => {
    const issuer = await Issuer.start(t, ...KEYS)
    issuer.server.removeAllListeners('request')
    let isAsked = false
    issuer.server.on('request', () => { isAsked = true }) // and never answered
    const { server } = await makeWorld(t, { issuer })
    await until(() => isAsked, 'the fetch')
    const waiting = ask(server, issuer.token())
    const isThere = async () => {
      const { body } = await server.request('GET', '/metrics')
      return Number(/^carillon_connections (\d+)/m.exec(body)[1]) >= 2
    }
    await until(isThere, 'the request that waits')
    const started = performance.now()
    const stopped = server.terminate()
    const { status, body } = await waiting
    assert.deepEqual([status, body.code], [503, 'issuer_unavailable'])
    await stopped
    const took = performance.now() - started
    assert.ok(took < FETCH_MS_MAX / 2, `${took} ms`)
  })
})

test('a configuration that is not whole, or not safe, is refused', async () => {
  const whole = { issuer: 'https://login.example.com', audience: 'a',
    tenant: '0190a6e0-0000-7000-8000-000000000000' }
  const refusals = [
    [{ ...whole, tenant: undefined }, /go together/],
    [{ ...whole, audience: undefined }, /go together/],
    [{ ...whole, issuer: undefined }, /go together/],
    [{ ...whole, tenant: 'Ada' }, /oidc_tenant must be/],
    [{ ...whole, issuer: 'http://login.example.com' }, /oidc_issuer must be/],
    [{ ...whole, issuer: 'http://127.0.0.1.example.com' }, /oidc_issuer must be/],
    [{ ...whole, issuer: 'login.example.com' }, /oidc_issuer must be/],
    [{ ...whole, 'refetch-sec': '0' }, /oidc-refetch-sec.*1 to 3600/s],
    [{ ...whole, 'refetch-sec': String(FOREIGN_REFETCH_SEC_MAX + 1) },
      /oidc-refetch-sec.*1 to 3600/s],
  ]
  for (const [options, reason] of refusals) {
    const args = Object.entries(options).filter(([, value]) => value !== undefined)
      .flatMap(([name, value]) => [`--oidc-${name}`, value])
    const { code, stderr } = await run(['serve', '--data', '/tmp/nowhere-at-all', ...args])
    assert.notEqual(code, 0)
    assert.match(stderr, reason)
  }
})
