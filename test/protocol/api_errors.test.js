// SPDX-License-Identifier: Apache-2.0
// api_errors.test.js: every refusal of the API says what is wrong, and where (L1 to L4, L8, L9).
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { PASSWORD, expectStatus, makeTenant, signup } from '../lib/people.js'
import { Server } from '../lib/server.js'

const SEND = '/v1/chat/messages/send'

let server
let ada
let conversation
before(async () => {
  server = await Server.start()
  let grace
  ;[ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  conversation = await ada.conversation([grace], { type: 'group', name: 'errors' })
})
after(() => server.stop())

function expectError(response, status, field) {
  const error = expectStatus(response, status)
  assert.match(response.headers['content-type'], /^application\/json\b/)
  assert.equal(typeof error.error, 'string')
  assert.match(error.code, /^[a-z][a-z0-9_]*$/)
  if (field !== undefined) assert.equal(error.field, field, error.error)
  return error
}

const sendRaw = (raw, headers) =>
  server.request('POST', SEND, { token: ada.access, raw, headers })
const message = (fields = {}) =>
  JSON.stringify({ conversation_id: conversation.id, content_text: 'hello', ...fields })

describe('routes', () => {
  test('an unknown route is a 404 in JSON', async () => {
    for (const path of ['/', '/v1', '/v1/chat/nothing', '/v2/chat/conversations', '/healthz/']) {
      const response = await server.request('GET', path, { token: ada.access })
      if (path === '/' && response.status === 200) continue
      expectError(response, 404)
    }
  })

  test('a wrong method is a 405 that lists the right ones', async () => {
    const rows = [
      ['PUT', '/auth/signup', ['POST']],
      ['POST', '/healthz', ['GET']],
      ['DELETE', '/v1/chat/conversations', ['GET', 'POST']],
      ['GET', SEND, ['POST']],
    ]
    for (const [method, path, allowed] of rows) {
      const response = await server.request(method, path, { token: ada.access })
      expectError(response, 405)
      const listed = response.headers.allow.split(/, */)
      for (const one of allowed) assert.ok(listed.includes(one), `${path}: ${listed}`)
      assert.ok(!listed.includes(method))
    }
  })

  test('a request without a token is a 401 that says how to send one', async () => {
    const response = await server.request('GET', '/v1/chat/conversations')
    expectError(response, 401)
    assert.match(response.headers['www-authenticate'] ?? '', /^Bearer\b/)
  })

  test('every route of the chat answers at its short path too', async () => {
    const long = expectStatus(await ada.get('/v1/chat/conversations'), 200)
    const short = expectStatus(await ada.get('/conversations'), 200)
    assert.deepEqual(short, long)
    const path = `/conversations/${conversation.id}/participants`
    expectStatus(await ada.get(path), 200)
  })

  test('an id that is none is a 400 or a 404, never a 500', async () => {
    for (const id of ['x', '0', '%27', '-', randomUUID(), '0'.repeat(36), `${conversation.id}x`]) {
      const response = await ada.get(`/v1/chat/conversations/${id}/messages`)
      assert.ok([400, 404].includes(response.status), `${id}: ${response.status}`)
    }
  })

  test('every answer says which request it is, and that it may not be stored', async () => {
    const first = await ada.get('/auth/me')
    const second = await ada.get('/auth/me')
    assert.ok(first.headers['x-request-id'])
    assert.notEqual(first.headers['x-request-id'], second.headers['x-request-id'])
    assert.match(first.headers['cache-control'] ?? '', /no-store/)
    assert.equal(first.headers['x-content-type-options'], 'nosniff')
  })
})

describe('bodies', () => {
  test('a body that is not JSON is a 400 with the position', async () => {
    for (const raw of ['{"conversation_id":}', '{', 'hello', "{'a':1}", '{"a":1,}']) {
      const error = expectError(await sendRaw(raw), 400)
      assert.match(error.error, /(line|column|position|byte|offset)\D*\d+/i)
    }
  })

  test('a body that is JSON but no object is a 400', async () => {
    for (const raw of ['[]', '1', '"a"', 'null', 'true']) expectError(await sendRaw(raw), 400)
  })

  test('an empty body where one is needed is a 400', async () => {
    expectError(await sendRaw(''), 400)
  })

  test('a missing or null required field is a 400 that names it', async () => {
    expectError(await sendRaw(message({ content_text: undefined })), 400, 'content_text')
    expectError(await sendRaw(message({ conversation_id: undefined })), 400, 'conversation_id')
    expectError(await sendRaw(message({ content_text: null })), 400, 'content_text')
    const noEmail = { password: PASSWORD }
    expectError(await server.request('POST', '/auth/signup', { body: noEmail }), 400, 'email')
  })

  test('a wrong type is a 400 that names the field', async () => {
    for (const value of [1, true, [], {}, ['hello']]) {
      expectError(await sendRaw(message({ content_text: value })), 400, 'content_text')
    }
    expectError(await sendRaw(message({ conversation_id: 7 })), 400, 'conversation_id')
    expectError(await sendRaw(message({ conversation_id: 'x' })), 400, 'conversation_id')
  })

  test('a value that is not one of the list is a 400 that names the field', async () => {
    expectError(await sendRaw(message({ content_type: 'smell' })), 400, 'content_type')
    expectError(await ada.post('/v1/chat/conversations', { type: 'crowd' }), 400, 'type')
  })

  test('unknown fields are ignored', async () => {
    expectStatus(await sendRaw(message({ unknown: { a: [1, 2, { b: null }] } })), 201)
  })

  test('a wrong content type is a 415', async () => {
    const types = ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'x']
    for (const type of types) {
      expectError(await sendRaw(message(), { 'content-type': type }), 415)
    }
  })

  test('application/json may have parameters and any case', async () => {
    const types = ['application/json; charset=utf-8', 'Application/JSON', 'application/json ;a=b']
    for (const type of types) {
      expectStatus(await sendRaw(message(), { 'content-type': type }), 201)
    }
  })

  test('a GET with a content type and a DELETE with a body are fine', async () => {
    const headers = { 'content-type': 'application/json' }
    expectStatus(await server.request('GET', '/auth/me', { token: ada.access, headers }), 200)
    for (const body of [{}, { mode: 'x' }, undefined]) {
      const { id } = await ada.conversation([], { type: 'group', name: 'to leave' })
      const leave = `/v1/chat/conversations/${id}/participants/${ada.id}`
      expectStatus(await ada.delete(leave, body), 200)
    }
  })
})

describe('JSON', () => {
  // A message whose deepest value is `depth` levels down; the object itself is the first.
  const nested = (depth) =>
    message().replace(/}$/, `,"x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`)

  test('L1 32 levels are fine and 33 are a 400', async () => {
    expectStatus(await sendRaw(nested(32)), 201)
    expectError(await sendRaw(nested(33)), 400)
  })

  test('L1 100,000 brackets are a 400', async () => {
    expectError(await sendRaw('['.repeat(100_000)), 400)
    expectError(await sendRaw('{"a":'.repeat(50_000)), 400)
  })

  const inField = (literal) => message().replace(/}$/, `,"x":${literal}}`)
  const inText = (literal) => message().replace('hello', literal)
  const bad = {
    '1e309': () => inField('1e309'),
    '100,000 digits': () => inField('1'.repeat(100_000)),
    'a duplicate key': () => inField('1,"x":2'),
    'a duplicate key that matters': () => message().replace('{', '{"content_text":"other",'),
    'a lone high surrogate': () => inText('\\ud800'),
    'a lone low surrogate': () => inText('\\udc00x'),
    'surrogates in the wrong order': () => inText('\\udc00\\ud800'),
    'a byte order mark': () => `\ufeff${message()}`,
    'bytes behind the value': () => `${message()}x`,
    'a second value': () => `${message()}${message()}`,
    'NaN': () => inField('NaN'),
    'Infinity': () => inField('-Infinity'),
    'a leading zero': () => inField('01'),
    'a plus sign': () => inField('+1'),
    'a comment': () => inField('1/* */'),
    'a raw control byte': () => inText('a\u0001b'),
    'a raw newline in a text': () => inText('a\nb'),
    'an unknown escape': () => inText('\\x41'),
    'single quotes': () => "{'a':1}",
  }
  for (const [name, makeBody] of Object.entries(bad)) {
    test(`L2 ${name} is a 400`, async () => {
      expectError(await sendRaw(makeBody()), 400)
    })
  }

  test('L2 a body that is not UTF-8 is a 400', async () => {
    const bytes = Buffer.from(message({ content_text: 'a?b' }))
    bytes[bytes.indexOf('?')] = 0xff
    const raw = await rawRequest(bytes)
    assert.equal(raw.status, 400, raw.body.toString())
  })

  test('L2 a surrogate pair, a minus zero and a long fraction are fine', async () => {
    const answer = await sendRaw(inField('[-0, 0.1234567890123456789, 1e-400]')
      .replace('hello', '\\ud83d\\ude00'))
    assert.ok([201, 400].includes(answer.status))
    const { content_text: text } = expectStatus(
      await sendRaw(message().replace('hello', '\\ud83d\\ude00')), 201)
    assert.equal(text, '😀')
  })

  test('L2 U+0000 in a text is a 400 or comes back as it was', async () => {
    const answer = await sendRaw(message().replace('hello', 'a\\u0000b'))
    assert.ok([201, 400].includes(answer.status))
    if (answer.status === 201) assert.equal(answer.body.content_text, 'a\0b')
  })
})

async function rawRequest(bytes) {
  const { RawHttp } = await import('../lib/http.js')
  const connection = await RawHttp.open(server.port)
  const head = [`POST ${SEND} HTTP/1.1`, 'Host: a', `Authorization: Bearer ${ada.access}`,
    'Content-Type: application/json', `Content-Length: ${bytes.length}`, 'Connection: close',
    '', '']
  await connection.write(Buffer.concat([Buffer.from(head.join('\r\n')), bytes]))
  const [response] = await connection.responses()
  connection.close()
  return response
}

describe('numbers', () => {
  const page = (query) => ada.get(`/v1/chat/conversations/${conversation.id}/messages?${query}`)

  test('L3 a number out of range in a query is a 400 that names it', async () => {
    const rows = [
      ['limit', ['-1', '0', '201', '2147483648', '9223372036854775807', '1e3', '0x10', '+1', ' 1',
        '']],
      ['from_seq', ['-1', '9223372036854775808', '18446744073709551616', '1.5', 'a', '%00']],
      ['to_seq', ['-1', '99999999999999999999']],
    ]
    for (const [name, values] of rows) {
      for (const value of values) {
        const response = await page(`${name}=${encodeURI(value)}`)
        assert.equal(response.status, 400, `${name}=${value}: ${JSON.stringify(response.body)}`)
        if (value !== '%00') assert.equal(response.body.field, name)
      }
    }
  })

  test('L3 a query parameter that comes twice is a 400', async () => {
    expectError(await page('limit=1&limit=2'), 400)
  })

  test('L3 the bounds themselves are fine', async () => {
    for (const query of ['limit=1', 'limit=200', 'from_seq=1', 'from_seq=1&to_seq=2']) {
      expectStatus(await page(query), 200)
    }
  })

  test('L3 a number out of range in a body is a 400, and is never stored', async () => {
    const read = `/v1/chat/conversations/${conversation.id}/read`
    const values = ['-1', '1.5', '"1"', '9223372036854775808', '1e400', '1e3', 'null', 'true']
    for (const value of values) {
      const raw = `{"up_to_seq":${value}}`
      const response = await server.request('POST', read, { token: ada.access, raw })
      assert.equal(response.status, 400, `${value}: ${JSON.stringify(response.body)}`)
    }
    const { conversations } = expectStatus(await ada.get('/v1/chat/conversations/unread'), 200)
    const one = conversations.find((row) => row.conversation_id === conversation.id)
    assert.ok(one === undefined || one.last_read_seq >= 0)
  })

  test('L3 reading further than there are messages does not move the counter', async () => {
    const read = `/v1/chat/conversations/${conversation.id}/read`
    const answer = await ada.post(read, { up_to_seq: 2 ** 31 })
    assert.ok([200, 400].includes(answer.status))
    const { seq_num: seq } = await ada.send(conversation.id, 'after')
    const list = expectStatus(await ada.get('/v1/chat/conversations'), 200).conversations
    assert.equal(list.find((row) => row.id === conversation.id).seq_counter, seq)
  })
})

describe('texts', () => {
  const KIB64 = 64 * 1024
  const text = (value) => sendRaw(message({ content_text: value }))

  test('L4 a text of 64 KiB is fine and one byte more is a 413', async () => {
    expectStatus(await text('a'.repeat(KIB64)), 201)
    expectError(await text('a'.repeat(KIB64 + 1)), 413)
  })

  test('L4 the bound counts bytes, however they are escaped', async () => {
    expectStatus(await text('€'.repeat(KIB64 / 3)), 201)
    expectError(await text('€'.repeat(KIB64 / 3 + 1)), 413)
    const escaped = '\\u0061'.repeat(KIB64)
    expectStatus(await sendRaw(message().replace('hello', escaped)), 201)
  })

  test('L4 a body beyond every bound is a 413', async () => {
    const response = await rawRequest(Buffer.from(message({ x: 'a'.repeat(600 * 1024) })))
    assert.equal(response.status, 413)
  })

  test('L4 a text without anything to see is a 400', async () => {
    for (const value of ['', ' ', ' \t\r\n ', '\u200b', '\ufeff', '\u00a0\u2003\u200d', '\u3000']) {
      const response = await text(value)
      assert.equal(response.status, 400, JSON.stringify(value))
      assert.equal(response.body.field, 'content_text')
    }
  })

  test('L4 a text comes back exactly as it was sent', async () => {
    const values = ['  a  ', 'e\u0301', '\u00e9', '\ufdfa', 'a\u202eb', 'a\u2028\u2029',
      '"\\/\b\f\n\r\t', '<script>', '𝒳\u{10ffff}', '👩‍👩‍👧‍👦']
    for (const value of values) {
      const sent = expectStatus(await text(value), 201)
      assert.equal(sent.content_text, value)
      const [stored] = await ada.history(conversation.id, sent.seq_num)
      assert.equal(stored.content_text, value)
    }
  })
})

describe('names', () => {
  const account = (fields) =>
    server.request('POST', '/auth/signup', {
      body: {
        email: `${randomUUID()}@example.com`, password: PASSWORD, display_name: 'N', ...fields,
      },
    })

  test('L8 an email is one account, in whatever case', async () => {
    const email = `Case.${randomUUID()}@Example.com`
    expectStatus(await account({ email }), 201)
    expectError(await account({ email: email.toLowerCase() }), 409)
    expectError(await account({ email: email.toUpperCase() }), 409)
    const body = { email: email.toUpperCase(), password: PASSWORD }
    expectStatus(await server.request('POST', '/auth/login', { body }), 200)
  })

  test('L8 what is no email is a 400 that names it', async () => {
    for (const email of ['', 'a', 'a@', '@b', 'a b@c.d', `${'a'.repeat(400)}@b.c`]) {
      expectError(await account({ email }), 400, 'email')
    }
    expectError(await account({ email: 'a@b\u0000.c' }), 400)
  })

  test('L8 a strange name is kept as it is or refused, and never breaks a list', async () => {
    const names = ['\u202egnirts', 'a\u0301'.repeat(60), 'аdmin', '\u200b\u200b', '<b>&"\'', 'ﬁ']
    for (const name of names) {
      const response = await account({ display_name: name })
      assert.ok([201, 400].includes(response.status), `${name}: ${response.status}`)
      if (response.status === 201) assert.equal(response.body.user.display_name, name)
    }
    expectStatus(await ada.get('/v1/chat/users'), 200)
  })

  test('L8 a name that is far too long is refused', async () => {
    const response = await account({ display_name: 'x'.repeat(10_000) })
    assert.ok([400, 413].includes(response.status))
    assert.equal(response.body.field, 'display_name')
  })
})

describe('the log', () => {
  test('L9 what a client says is one escaped line at most', async () => {
    const marker = randomUUID()
    const hostile = `${marker}\u001b[31m`
    await signup(server, 'Mallory', { display_name: `${hostile}\r\nlevel=error fake=1\u2028` })
      .catch(() => {})
    await server.request('GET', `/nothing-${marker}%0d%0aforged=1%1b`, { token: ada.access })
    const agent = { 'user-agent': `${marker}${'x'.repeat(8000)}` }
    await server.request('GET', `/x-${marker}`, { headers: agent })
    assert.ok(!server.log.includes('\u001b'), 'no escape byte')
    assert.ok(!/^(level=error fake|forged)=1/m.test(server.log), 'no forged line')
    for (const line of server.log.split('\n')) assert.ok(Buffer.byteLength(line) <= 4096)
  })
})
