// SPDX-License-Identifier: Apache-2.0
// auth_token.test.js: access tokens that are not what they say (A1 to A8). Most are signed with the
// server's own key, so that the claim under test is the only thing that is wrong.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID, sign as signWith } from 'node:crypto'
import { chmodSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expectStatus, makeTenant } from '../lib/people.js'
import { Server, run, startServer } from '../lib/server.js'
import { base64url, hs256, makeToken, readToken, signingKey } from '../lib/tokens.js'
import { RawWs } from '../lib/ws_raw.js'

let server
let ada
let good
let key
before(async () => {
  server = await Server.start()
  ;[ada] = await makeTenant(server, 'Ada')
  good = readToken(ada.access)
  key = signingKey(server)
})
after(() => server.stop())

const now = () => Math.floor(Date.now() / 1000)
const me = (token) => server.request('GET', '/auth/me', { token })
const resigned = (header = {}, payload = {}, secret = key.secret) =>
  makeToken({ ...good.header, ...header }, { ...good.payload, ...payload }, hs256(secret))

async function assertRefused(token) {
  const { status, body } = await me(token)
  assert.equal(status, 401)
  assert.ok(!JSON.stringify(body).includes(token))
}

test('A1 the same claims signed again by the same key are accepted', async () => {
  assert.equal(good.header.alg, 'HS256')
  assert.equal(good.header.kid, key.id)
  expectStatus(await me(resigned()), 200)
})

describe('algorithms and keys', () => {
  const unsigned = () => Buffer.alloc(0)

  test('A1 alg none, in any case and with or without a signature, is a 401', async () => {
    for (const alg of ['none', 'None', 'nOnE', 'NONE', '', 'hs256', null, 256, ['HS256']]) {
      await assertRefused(makeToken({ ...good.header, alg }, good.payload, unsigned))
      await assertRefused(resigned({ alg }))
    }
  })

  test('A1 a missing alg, an empty signature and a signature cut short are a 401', async () => {
    await assertRefused(resigned({ alg: undefined }))
    await assertRefused(makeToken(good.header, good.payload, unsigned))
    await assertRefused(ada.access.replace(/[^.]*$/, ''))
    await assertRefused(ada.access.slice(0, -1))
  })

  test('A2 a token signed by another key is a 401, whatever algorithm it names', async () => {
    for (const secret of ['', '\0'.repeat(32), key.id, 'carillon', randomUUID()]) {
      await assertRefused(resigned({}, {}, secret))
    }
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const ed = generateKeyPairSync('ed25519')
    for (const [alg, pair, hash] of [
      ['RS256', rsa, 'sha256'], ['ES256', ec, 'sha256'], ['EdDSA', ed, null],
      ['HS256', rsa, 'sha256'],
    ]) {
      const sign = (input) => signWith(hash, Buffer.from(input), pair.privateKey)
      await assertRefused(makeToken({ ...good.header, alg }, good.payload, sign))
    }
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' })
    await assertRefused(resigned({}, {}, pem))
    for (const alg of ['HS384', 'HS512', 'RS256', 'ES256']) await assertRefused(resigned({ alg }))
  })

  test('A3 a kid that is no key of ours is a 401 and reaches no file', async () => {
    const kids = ['../../dev/null', `../keys/${key.id}`, `${key.id}.key`, "' OR 1=1 --",
      `${key.id}\0`, 'x'.repeat(65536), '', randomUUID(), key.id.toUpperCase(), null,
      7, [key.id], { id: key.id }]
    for (const kid of kids) {
      const { status } = await me(resigned({ kid }, {}, Buffer.alloc(0)))
      assert.ok([401, 431].includes(status), `${String(kid).slice(0, 40)}: ${status}`)
      const { status: rightKey } = await me(resigned({ kid }))
      assert.ok([401, 431].includes(rightKey), `${String(kid).slice(0, 40)}: ${rightKey}`)
    }
    await assertRefused(resigned({ kid: undefined }))
  })

  test('A4 a header that brings its own key, or asks for more, is a 401', async () => {
    const own = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const jwk = own.publicKey.export({ format: 'jwk' })
    const url = 'http://127.0.0.1:1/jwks.json'
    const fields = { jwk, jku: url, x5u: url, x5c: ['AAAA'], crit: ['exp'], zip: 'DEF', b64: false }
    for (const [name, value] of Object.entries(fields)) {
      await assertRefused(resigned({ [name]: value }))
      const sign = (input) => signWith('sha256', Buffer.from(input), own.privateKey)
      const header = { ...good.header, alg: 'RS256', [name]: value }
      await assertRefused(makeToken(header, good.payload, sign))
    }
  })
})

describe('times', () => {
  const raw = (field, literal) =>
    makeToken(good.header, JSON.stringify({ ...good.payload, [field]: 0 })
      .replace(`"${field}":0`, `"${field}":${literal}`), hs256(key.secret))

  test('A5 exp that is absent, no whole number, or past is a 401', async () => {
    await assertRefused(resigned({}, { exp: undefined }))
    for (const literal of ['null', '"9999999999"', '9999999999.5', '1e400', '1e10', '-1', '0', '[]',
      '99999999999999999999']) {
      await assertRefused(raw('exp', literal))
    }
    await assertRefused(resigned({}, { exp: now() - 62 }))
  })

  test('A5 60 s of difference between the clocks are allowed for', async () => {
    expectStatus(await me(resigned({}, { exp: now() - 30, jti: good.payload.jti })), 200)
    expectStatus(await me(resigned({}, { nbf: now() + 30 })), 200)
    expectStatus(await me(resigned({}, { iat: now() + 30 })), 200)
  })

  test('A5 nbf or iat in the future is a 401', async () => {
    await assertRefused(resigned({}, { nbf: now() + 90 }))
    await assertRefused(resigned({}, { iat: now() + 90 }))
    await assertRefused(resigned({}, { nbf: 'soon' }))
  })
})

describe('what a token is for', () => {
  test('A6 another issuer or audience is a 401', async () => {
    for (const iss of ['', 'carillon2', 'https://carillon', null, ['carillon']]) {
      await assertRefused(resigned({}, { iss }))
    }
    for (const aud of ['', 'carillon', 'carillon:messaging', null, ['carillon:access', 'x'], {}]) {
      await assertRefused(resigned({}, { aud }))
    }
    await assertRefused(resigned({}, { iss: undefined }))
    await assertRefused(resigned({}, { aud: undefined }))
    await assertRefused(resigned({ typ: 'JWT' }))
    await assertRefused(resigned({ typ: undefined }))
  })

  test('A6 every token is refused in the place of every other', async () => {
    const { token: ticket } = await ada.messagingToken()
    const invite = expectStatus(await ada.post('/v1/tenant/invites'), 201).invite_token
    for (const wrong of [ticket, ada.refresh, invite]) await assertRefused(wrong)
    for (const wrong of [ada.access, ada.refresh, invite]) {
      const { ws, response } = await RawWs.handshake(server.port, `/ws?token=${wrong}`)
      ws.close()
      assert.equal(response.status, 401)
    }
    for (const wrong of [ada.access, ticket, invite]) {
      const body = { refresh_token: wrong }
      const { status } = await server.request('POST', '/auth/refresh', { body })
      assert.equal(status, 401)
    }
  })

  test('A6 the header of one kind of token with the claims of another is a 401', async () => {
    const { token } = await ada.messagingToken()
    const ticket = readToken(token)
    const asTicket = makeToken(ticket.header, good.payload, hs256(key.secret))
    const asAccess = makeToken(good.header, ticket.payload, hs256(key.secret))
    await assertRefused(asAccess)
    await assertRefused(makeToken(ticket.header, ticket.payload, hs256(key.secret)))
    const { ws, response } = await RawWs.handshake(server.port, `/ws?token=${asTicket}`)
    ws.close()
    assert.equal(response.status, 401)
  })

  test('A6 ids that are none, or nobody, are a 401', async () => {
    for (const id of ['', 'x', null, 7, randomUUID()]) {
      await assertRefused(resigned({}, { sub: id }))
      await assertRefused(resigned({}, { tid: id }))
    }
    for (const id of ['', 'x', 7]) await assertRefused(resigned({}, { sid: id }))
  })
})

describe('spellings', () => {
  test('A7 a second spelling of a good token is a 401', async () => {
    const [header, payload, signature] = ada.access.split('.')
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    // The last character of 32 bytes carries two bits that mean nothing.
    const last = alphabet[alphabet.indexOf(signature.at(-1)) ^ 1]
    const spellings = [
      `${header}.${payload}.${signature.slice(0, -1)}${last}`,
      `${header}.${payload}.${signature}=`,
      `${header}=.${payload}.${signature}`,
      `${header}.${payload}.${signature}.`,
      `${header}.${payload}.${signature}.${signature}`,
      `${header}.${payload}`,
      `${header}..${signature}`,
      `.${ada.access}`,
      header,
      '.',
      '..',
      `${ada.access}\t`,
      `${header}. ${payload}.${signature}`,
      ada.access.replace('.', '%2E'),
    ]
    for (const spelling of spellings) {
      const { status } = await me(spelling)
      // A tab at the end of a header's value is no part of it.
      assert.equal(status, spelling.endsWith('\t') ? 200 : 401, JSON.stringify(spelling))
    }
  })

  test('A7 JSON with duplicate keys, or something behind it, is a 401', async () => {
    const text = JSON.stringify(good.payload)
    const head = JSON.stringify(good.header)
    const sign = hs256(key.secret)
    await assertRefused(makeToken(head, text.replace('{', `{"sub":"${randomUUID()}",`), sign))
    await assertRefused(makeToken(head.replace('{', '{"alg":"none",'), text, sign))
    await assertRefused(makeToken(head, `${text}x`, sign))
    await assertRefused(makeToken(head, `[${text}]`, sign))
    await assertRefused(makeToken(`${head} {}`, text, sign))
  })

  test('A7 a token of 100 KiB is refused', async () => {
    const { status } = await me(`${ada.access}${'A'.repeat(100 * 1024)}`)
    assert.ok([401, 431].includes(status))
    const { status: padded } = await me(resigned({}, { x: 'y'.repeat(8000) }))
    assert.equal(padded, 401)
  })

  test('A7 another scheme than Bearer, or none, is a 401', async () => {
    for (const authorization of [ada.access, `Basic ${ada.access}`, `Bearer${ada.access}`, 'Bearer',
      'Bearer ', `Bearer ${ada.access} x`, `Bearer Bearer ${ada.access}`, `Token ${ada.access}`]) {
      const { status } = await server.request('GET', '/auth/me', { headers: { authorization } })
      assert.equal(status, 401, authorization.slice(0, 20))
    }
    const headers = { authorization: `bearer ${ada.access}` }
    expectStatus(await server.request('GET', '/auth/me', { headers }), 200)
  })

  test('A7 an access token in the query is no authentication', async () => {
    for (const name of ['token', 'access_token', 'authorization']) {
      const { status } = await server.request('GET', `/auth/me?${name}=${ada.access}`)
      assert.equal(status, 401)
    }
  })
})

describe('keys that change', () => {
  const keyFile = (of, id) => join(of.data, 'keys', `${id}.key`)

  test('A8 an old key verifies until it is gone, and a new one signs', async (t) => {
    const other = await startServer(t)
    const [grace] = await makeTenant(other, 'Grace')
    const { header, payload } = readToken(grace.access)
    const first = signingKey(other)
    await other.terminate()
    // As if it had been made 40 days ago: the time of a UUIDv7 is its first 48 bits.
    const made = BigInt(Date.now() - 40 * 86_400_000).toString(16).padStart(12, '0')
    const oldId = `${made.slice(0, 8)}-${made.slice(8)}${first.id.slice(13)}`
    renameSync(keyFile(other, first.id), keyFile(other, oldId))
    await other.restart()

    const old = makeToken({ ...header, kid: oldId }, payload, hs256(first.secret))
    const ask = (token) => other.request('GET', '/auth/me', { token })
    assert.notEqual(signingKey(other).id, oldId, 'a new key was made')
    expectStatus(await ask(old), 200)
    const again = await grace.login()
    assert.equal(readToken(again.access).header.kid, signingKey(other).id)

    await other.terminate()
    rmSync(keyFile(other, oldId))
    await other.restart()
    expectStatus(await ask(old), 401)
    expectStatus(await ask(again.access), 200)
  })

  test('A8 a key file that others may read keeps the server from starting', async (t) => {
    const other = await startServer(t)
    await other.terminate()
    const file = keyFile(other, signingKey(other).id)
    chmodSync(file, 0o644)
    const { code, stderr } = await run(['serve', '--listen', '127.0.0.1:0', '--data', other.data])
    assert.notEqual(code, 0)
    assert.match(stderr, /^carillon: .*key/m)
    chmodSync(file, 0o600)
  })
})
