// SPDX-License-Identifier: Apache-2.0
// auth_keys.test.js: tenant keys, the tokens that a backend gets with one, and the bounds of what
// people say of themselves.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { TIME, UUID, expectStatus, makeTenant } from '../lib/people.js'
import { Server } from '../lib/server.js'

// As in src/limits.h.
const CHAT_TOKEN_TTL_SEC_MAX = 86400
const PROFILE_TEXT_BYTES_MAX = 1024
const EXTERNAL_ID_BYTES_MAX = 128

let server, ada, bob, key
before(async () => {
  server = await Server.start()
  ;[ada, bob] = await makeTenant(server, 'Ada', 'Bob')
  key = expectStatus(await ada.post('/v1/tenant/keys', { name: 'shop' }), 201)
})
after(() => server.stop())

const chatToken = (body, token = key.api_key) =>
  server.request('POST', '/v1/chat/tokens', { token, body: { display_name: 'Zoe', ...body } })
const me = (token) => server.request('GET', '/auth/me', { token })

describe('tenant keys', () => {
  test('a key is shown once, with its name', () => {
    assert.match(key.api_key, /^sk_[\w-]{43}$/)
    assert.match(key.id, UUID)
    assert.match(key.created_at, TIME)
    assert.equal(key.name, 'shop')
  })

  test('Z1 a member makes none, and a key makes no key', async () => {
    expectStatus(await bob.post('/v1/tenant/keys'), 403)
    const options = { token: key.api_key, body: {} }
    expectStatus(await server.request('POST', '/v1/tenant/keys', options), 403)
  })

  test('A6 a key is no access token, and an access token is no key', async () => {
    expectStatus(await me(key.api_key), 403)
    expectStatus(await chatToken({ user_id: '1' }, ada.access), 403)
    expectStatus(await chatToken({ user_id: '1' }, `sk_${'A'.repeat(43)}`), 401)
  })
})

describe('tokens for users of a backend', () => {
  test('the same id is the same user, whose name follows the backend', async () => {
    const first = expectStatus(await chatToken({ user_id: 'shop/7 ü' }), 200)
    const second = expectStatus(await chatToken({ user_id: 'shop/7 ü', display_name: 'Zoé' }), 200)
    const { user, tenant } = expectStatus(await me(second.token), 200)
    assert.equal(first.user_id, second.user_id)
    assert.equal(user.id, first.user_id)
    assert.equal(user.display_name, 'Zoé')
    assert.equal(tenant.id, ada.tenant.id)
    assert.ok(!JSON.stringify(user).includes('shop/7'))
    const other = expectStatus(await chatToken({ user_id: 'shop/8' }), 200)
    assert.notEqual(other.user_id, first.user_id)
  })

  test('they may chat with the people of the tenant', async () => {
    const { token, user_id: id } = expectStatus(await chatToken({ user_id: 'shop/9' }), 200)
    const zoe = await ada.conversation([{ id }], { type: 'direct' })
    const list = await server.request('GET', '/v1/chat/conversations', { token })
    assert.equal(expectStatus(list, 200).conversations[0].id, zoe.id)
    expectStatus(await server.request('GET', '/v1/messaging/token', { token }), 200)
  })

  test('expires_in is kept from 60 s to a day', async () => {
    for (const expires_in of [60, CHAT_TOKEN_TTL_SEC_MAX]) {
      const answer = expectStatus(await chatToken({ user_id: '1', expires_in }), 200)
      const left_sec = (Date.parse(answer.expires_at) - Date.now()) / 1000
      assert.ok(Math.abs(left_sec - expires_in) < 5, `${left_sec}`)
    }
    for (const expires_in of [59, CHAT_TOKEN_TTL_SEC_MAX + 1, '60', 60.5, -1]) {
      const answer = expectStatus(await chatToken({ user_id: '1', expires_in }), 400)
      assert.equal(answer.field, 'expires_in')
    }
  })

  test('what is refused names its field', async () => {
    const longest = 'x'.repeat(EXTERNAL_ID_BYTES_MAX)
    expectStatus(await chatToken({ user_id: longest }), 200)
    for (const user_id of [`${longest}x`, '', 7, undefined]) {
      assert.equal(expectStatus(await chatToken({ user_id }), 400).field, 'user_id')
    }
    for (const display_name of ['', ' ', 'a\nb', null]) {
      const answer = expectStatus(await chatToken({ user_id: '1', display_name }), 400)
      assert.equal(answer.field, 'display_name')
    }
    const script = await chatToken({ user_id: '1', avatar_url: 'javascript:alert(1)' })
    assert.equal(expectStatus(script, 400).field, 'avatar_url')
  })
})

describe('profiles', () => {
  test('a text is kept up to its bound', async () => {
    const bio = 'b'.repeat(PROFILE_TEXT_BYTES_MAX)
    assert.equal(expectStatus(await bob.patch('/auth/profile', { bio }), 200).user.bio, bio)
    const answer = expectStatus(await bob.patch('/auth/profile', { bio: `${bio}b` }), 400)
    assert.equal(answer.field, 'bio')
  })

  test('an empty text is removed', async () => {
    expectStatus(await bob.patch('/auth/profile', { language: 'de' }), 200)
    const { user } = expectStatus(await bob.patch('/auth/profile', { language: '' }), 200)
    assert.ok(!('language' in user))
  })
})
