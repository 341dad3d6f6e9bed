// SPDX-License-Identifier: Apache-2.0
// contract.test.js: docs/openapi.yaml and docs/asyncapi.yaml against the sources, against
// docs/protocol.md, which says the same for people, and against what a server hands out. That
// every answer and every frame of all suites fits them is seen where they arrive, in
// test/lib/contract.js; here that judge is judged, too.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as contract from '../lib/contract.js'
import * as docs from '../lib/docs.js'
import { fieldList, rows, spans } from '../lib/rows.js'
import { closed, codesIn, compile, document, follow, resolve } from '../lib/schemas.js'
import { signup } from '../lib/people.js'
import { startServer } from '../lib/server.js'

const PROTOCOL = docs.read('docs/protocol.md')
const OPENAPI = document('openapi.yaml')
const operations = contract.operations()
const routeOf = ({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, ':')}`
const byRoute = new Map(operations.map((row) => [routeOf(row), row]))
const responsesOf = ({ operation }) => Object.entries(operation.responses)
  .map(([status, response]) => [status, response, follow(response, 'openapi.yaml').value])

function assertSame(documented, real, what) {
  assert.deepEqual([...documented].sort(), [...real].sort(), what)
}

// ---- The sources ----

describe('docs/openapi.yaml and the sources', () => {
  test('every route has an operation, and no other', () => {
    // The handshake is looked for before the routes (api/http_session.c).
    assertSame(byRoute.keys(), [...docs.routesOfSource(), 'GET /ws'], 'routes and operations')
  })

  test('an operation takes whom and what its route takes', () => {
    const securities = {
      ACCESS_PUBLIC: [],
      ACCESS_USER: [{ accessToken: [] }, { agentKey: [] }],
      ACCESS_PERSON: [{ accessToken: [] }],
      ACCESS_KEY: [{ tenantKey: [] }],
    }
    const bodies = { BODY_NONE: undefined, BODY_OPTIONAL: false, BODY_JSON: true }
    for (const [route, { access, body }] of docs.routeRowsOfSource()) {
      const { operation } = byRoute.get(route)
      assert.deepEqual(operation.security ?? OPENAPI.security, securities[access], route)
      if (body in bodies) assert.equal(operation.requestBody?.required, bodies[body], route)
    }
  })

  test('every code of the sources is where it can be answered, and no other', () => {
    const { codes } = OPENAPI['x-every-answer']
    const documented = new Map()
    const add = (code, status) => documented.set(code, (documented.get(code) ?? new Set())
      .add(status))
    for (const row of operations) {
      for (const [status, response, value] of responsesOf(row)) {
        if (status < '400' || status === 'default') continue
        for (const text of [response.description, value.description]) {
          for (const code of codesIn(text)) add(code, status)
        }
      }
    }
    for (const [status, list] of Object.entries(codes)) list.forEach((code) => add(code, status))

    const table = rows(docs.section(PROTOCOL, '### All error codes')).slice(1)
      .filter(([cell]) => spans(cell).length === 1)
    const unanswered = new Set(['reply_too_large']) // only in the log
    const told = new Map(table.map(([cell, statuses]) =>
      [spans(cell)[0], statuses.split(', ')]).filter(([code]) => !unanswered.has(code)))
    const flat = (map) => [...map].map(([code, statuses]) =>
      `${code} ${[...statuses].sort().join(', ')}`)
    assertSame(flat(documented), flat(told), 'codes and statuses: openapi.yaml, protocol.md')
    assertSame([...documented.keys(), ...unanswered], docs.codesOfSource().keys(), 'codes')
  })

  test('what any route may answer is said twice in the same words', () => {
    const { codes } = OPENAPI['x-every-answer']
    const text = OPENAPI.components.responses.AnyRoute.description
    const listed = new Set(Object.values(codes).flat())
    listed.delete('origin_not_allowed') // only to a browser that asks with OPTIONS
    assertSame(new Set(codesIn(text)), listed, 'AnyRoute and x-every-answer')
    for (const status of Object.keys(codes)) {
      if (status !== '403') assert.match(text, new RegExp(`\\b${status}\\b`))
    }
    for (const row of operations) {
      assert.deepEqual(row.operation.responses.default,
        { $ref: '#/components/responses/AnyRoute' }, routeOf(row))
    }
  })
})

describe('docs/asyncapi.yaml and the sources', () => {
  const messages = contract.messages()
  const { channels, operations: actions } = document('asyncapi.yaml')
  const isEvent = ({ 'x-class': audience }) => audience !== undefined
  const namesOf = (filter) => Object.entries(messages).filter(([, one]) => filter(one))
    .map(([name]) => name)

  test('every event has a message, and no other', () => {
    assertSame(namesOf(isEvent), docs.eventsOfSource(), 'events and messages')
  })

  test('every frame of the client, and every reply, has a message', () => {
    const source = docs.read('src/api/ws_command.c')
    const [, list] = /names\[\] = \{([^}]*)NULL\}/.exec(source)
    const actions = [...list.matchAll(/"(\w+)"/g)].map(([, name]) => name)
    const replies = [...source.matchAll(/open_reply\(c, "(\w+)"\)/g)].map(([, name]) => name)
    const more = [...docs.read('src/api/ws_v1.c').matchAll(/"type", STR\("(\w+)"\)/g)]
      .map(([, name]) => name)
    // Of an event beside the envelope of all others.
    const [, own] = /STR\("\{\\"type\\":\\"(brain_\w+)\\"/.exec(docs.read('src/hub/event_frame.c'))
    more.push(own)
    const documented = namesOf((one) => !isEvent(one))
    assertSame(documented, new Set([...actions, ...replies, ...more]), 'frames and messages')
  })

  test('every message is in the channel and in an operation', () => {
    assertSame(Object.keys(channels.socket.messages), Object.keys(messages), 'the channel')
    const used = Object.values(actions).flatMap((one) => [...one.messages,
      ...one.reply?.messages ?? []]).map(({ $ref }) => $ref.split('/').at(-1))
    assertSame(new Set(used), Object.keys(messages), 'the operations')
    assertSame(actions.tell.messages.map(({ $ref }) => $ref.split('/').at(-1)), namesOf(isEvent),
      'the events')
  })

  test('every close code is there, and no other', () => {
    const real = [...docs.read('src/proto/ws_frame.h').matchAll(/WS_CLOSE_[A-Z_]+ = (\d{4}),/g)]
      .map(([, code]) => code).filter((code) => code !== '1005')
    assertSame(Object.keys(document('asyncapi.yaml').info['x-close-codes']), real, 'close codes')
  })
})

// ---- docs/protocol.md ----

// What a schema says about the fields that a list in protocol.md names. Fields that are added need
// not be in the list, but must be named somewhere on the page.
function compareFields(list, schema, name, where) {
  const resolved = resolve(schema, name)
  for (const [field, { isOptional, of }] of list) {
    const property = resolved.properties?.[field]
    assert.ok(property, `${where}: ${field} is in protocol.md, and not in docs/${name}`)
    assert.equal(!(resolved.required ?? []).includes(field), isOptional,
      `${where}: is ${field} optional?`)
    compareKind(of, property, `${where}.${field}`)
  }
  for (const [field, property] of Object.entries(resolved.properties ?? {})) {
    if (list.has(field)) continue
    assert.equal(property['x-level'], 'added', `${where}: ${field} is missing in protocol.md`)
    assert.match(PROTOCOL, new RegExp(`\`[^\`]*\\b${field}\\b[^\`]*\``), `${where}: ${field}`)
  }
}

// Names stand for the shapes of protocol.md, which are compared for themselves.
function compareKind(of, property, where) {
  if (of === undefined || typeof of === 'string') return
  if (Array.isArray(of)) compareKind(of[0], property.items, where)
  else compareFields(of, property, 'openapi.yaml', where)
}

const LEVELS = new Set(['base', 'defined', 'added'])

// The rows of all tables of routes: [{ level, route, who, request, answer }].
function routesOfProtocol() {
  return rows(PROTOCOL).filter(([level]) => LEVELS.has(level)).flatMap((cells) => {
    const [level, names, who, request, answer] = cells
    const routes = spans(names).map((span) => /^(GET|POST|PUT|PATCH|DELETE) (\/\S*)$/.exec(span))
    if (routes.length === 0 || routes.includes(null)) return []
    const answers = spans(answer ?? '').filter((span) => span.startsWith('{'))
    return routes.map(([, method, path], i) => ({ level, route: docs.route(method, path), who,
      request: request ?? '', answer: answer ?? '',
      fields: answers[routes.length > 1 ? i : 0] ?? answers[0] }))
  })
}

describe('docs/openapi.yaml and docs/protocol.md', () => {
  const told = routesOfProtocol()
  const jsonOf = (value) => value?.content?.['application/json']?.schema
  const successOf = (row) => responsesOf(row).find(([status]) => /^2/.test(status))[2]

  test('there is a row for every operation but the operators\' own', () => {
    assert.ok(told.length > 40, 'the tables of protocol.md are written in another way now')
    // Opening a socket is told in prose.
    const ours = operations.filter(({ operation: { tags: [tag] }, path }) => tag !== 'Operators' &&
      path !== '/ws' && path !== '/v1/messaging/token').map(routeOf)
    assertSame(told.map(({ route }) => route), ours, 'rows and operations')
  })

  test('level and kind of token are the same', () => {
    const kinds = {
      anyone: 'ACCESS_PUBLIC', user: 'ACCESS_USER', person: 'ACCESS_PERSON', key: 'ACCESS_KEY',
      'its agent': 'ACCESS_USER',
    }
    for (const { level, route, who } of told) {
      assert.equal(byRoute.get(route).operation['x-level'], level, route)
      assert.equal(docs.routeRowsOfSource().get(route).access, kinds[who.split(', ')[0]], route)
    }
    for (const row of operations) assert.ok(LEVELS.has(row.operation['x-level']), routeOf(row))
  })

  test('requests have the same fields', () => {
    for (const { route, request } of told) {
      const { operation, item } = byRoute.get(route)
      const lists = spans(request).filter((span) => span.startsWith('{')).map(fieldList)
      const schema = jsonOf(operation.requestBody)
      if (lists.length > 0) {
        const list = new Map(lists.flatMap((one) => [...one]))
        compareFields(list, schema, 'openapi.yaml', route)
      } else if (!/see below|lines/.test(request)) {
        assert.deepEqual(resolve(schema ?? {}, 'openapi.yaml').required ?? [], [], route)
      }
      const named = spans(request).filter((span) => span.startsWith('?'))
        .flatMap((span) => span.match(/[?&](\w+)/g)).map((one) => one.slice(1))
      const parameters = [...item.parameters ?? [], ...operation.parameters ?? []]
        .map((one) => follow(one, 'openapi.yaml').value).filter((one) => one.in === 'query')
      assertSame(parameters.map((one) => one.name), named, `the query of ${route}`)
    }
  })

  test('the fields of a message that is sent are those of their table', () => {
    const table = rows(docs.section(PROTOCOL, '### Sending')).filter(([level]) => LEVELS.has(level))
    const { properties, required } = jsonOf(byRoute.get('POST /v1/chat/messages/send')
      .operation.requestBody)
    const levels = Object.entries(properties).map(([name, one]) =>
      `${one['x-level'] ?? 'base'} ${name}`)
    assertSame(levels, table.map(([level, cell]) => `${level} ${spans(cell)[0]}`), 'fields')
    assertSame(required, table.filter(([, , what]) => what === 'required')
      .map(([, cell]) => spans(cell)[0]), 'required')
  })

  test('answers have the same status, fields and shapes', () => {
    for (const { route, answer, fields } of told) {
      const row = byRoute.get(route)
      const status = /^\d{3}/.exec(answer)?.[0] ?? '200'
      assert.ok(status in row.operation.responses, `${route} answers ${status}`)
      const schema = jsonOf(successOf(row))
      if (fields) {
        compareFields(fieldList(fields), schema, 'openapi.yaml', route)
      } else if (answer.includes('*Signed in*')) {
        assert.equal(schema, jsonOf(OPENAPI.components.responses.SignedIn), route)
      } else {
        assert.deepEqual(schema, { $ref: `#/components/schemas/${answer.replace(/^\d+ /, '')}` },
          route)
      }
    }
  })

  test('shapes have the same fields', () => {
    const text = PROTOCOL.replace(/\n/g, ' ')
    for (const name of ['Message', 'Conversation', 'Participant', 'User', 'Task', 'Call', 'Join']) {
      const [, list] = new RegExp(`\\*\\*${name}(?: \\[base\\])?\\*\\* \`({[^\`]*})\``).exec(text)
      compareFields(fieldList(list), OPENAPI.components.schemas[name], 'openapi.yaml', name)
    }
    const [, contact] = /`contact`, in the types of two, is the other one: +`({[^`]*})`/.exec(text)
    compareFields(fieldList(contact), OPENAPI.components.schemas.Contact, 'openapi.yaml', 'Contact')
    const [, signedIn] = /\*Signed in\* \*\*\[base\]\*\*: `({[^`]*})`/.exec(text)
    compareFields(fieldList(signedIn), jsonOf(OPENAPI.components.responses.SignedIn),
      'openapi.yaml', 'Signed in')
  })
})

test('docs/asyncapi.yaml and the table of events in docs/protocol.md say the same', () => {
  const messages = contract.messages()
  const seen = []
  const table = rows(docs.section(PROTOCOL, '## 4. Events'))
    .filter(([level, names]) => LEVELS.has(level) && /^`[a-z]+[._]/.test(names))

  for (const [level, names, , payload] of table) {
    const lists = spans(payload).filter((span) => span.startsWith('{')).map(fieldList)
    spans(names).forEach((name, i) => {
      const message = messages[name]
      const several = spans(names).length > 1 && lists.length > 1
      const list = several ? lists[i] : new Map(lists.flatMap((one) => [...one]))
      assert.equal(message?.['x-level'], level, name)
      const schema = resolve(message.payload, 'asyncapi.yaml').properties.payload
      compareFields(list, schema.properties.payload, 'asyncapi.yaml', name)
      seen.push(name)
    })
  }
  assertSame(seen, Object.entries(messages).filter(([, one]) => one['x-class'])
    .map(([name]) => name), 'events')
})

test('docs/asyncapi.yaml and the frames of carillon.v1 in docs/protocol.md say the same', () => {
  const section = docs.section(PROTOCOL, '## 9. Resuming: `carillon.v1` **[added]**')
  const [, hello] = /"type":"hello","payload":({[^}]*})/.exec(section)
  const [, resume] = /`resume` is `({[^`]*})`/.exec(section)
  const payloadOf = (name) =>
    resolve(contract.messages()[name].payload, 'asyncapi.yaml').properties.payload
  compareFields(fieldList(hello), payloadOf('hello'), 'asyncapi.yaml', 'hello')
  compareFields(fieldList(resume), payloadOf('hello').properties.resume, 'asyncapi.yaml', 'resume')
  const [, resumed] = /"type":"resumed","cursor":"…","payload":({[^}]*})/.exec(section)
  assertSame(Object.keys(payloadOf('resumed').properties), resumed.match(/(?<=")\w+(?=":)/g))
})

// ---- Examples ----

test('every example fits its schema, closed', () => {
  const examples = []
  const done = new Set()
  for (const { operation } of operations) {
    const places = [operation.requestBody, ...Object.values(operation.responses)
      .map((one) => follow(one, 'openapi.yaml').value)]
    for (const place of places) {
      for (const [type, content] of Object.entries(place?.content ?? {})) {
        if (done.has(content)) continue
        done.add(content)
        assert.ok('example' in content, `${operation.operationId}: ${type} has no example`)
        examples.push([operation.operationId, content.schema, 'openapi.yaml', content.example])
      }
    }
  }
  for (const [name, message] of Object.entries(contract.messages())) {
    assert.ok(message.examples?.length > 0, `${name} has no example`)
    for (const { payload } of message.examples) {
      examples.push([name, message.payload, 'asyncapi.yaml', payload])
    }
  }
  for (const [where, schema, name, example] of examples) {
    assert.equal(compile(closed(resolve(schema, name)))(example), undefined, where)
  }
})

// ---- Served ----

test('a server hands out both documents, and 304 to who has them', async (t) => {
  const server = await startServer(t)
  for (const name of ['openapi.yaml', 'asyncapi.yaml']) {
    const first = await server.request('GET', `/${name}`)
    assert.equal(first.status, 200)
    assert.equal(first.headers['content-type'], 'application/yaml')
    assert.equal(first.headers['cache-control'], 'no-cache')
    assert.equal(first.body, docs.read(`docs/${name}`), 'the document of this very version')
    const { etag } = first.headers
    for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await server.request('GET', `/${name}`, { headers: { 'if-none-match': tags } })
      assert.equal(again.status, 304, tags)
      assert.equal(again.body, '')
      assert.equal(again.headers.etag, etag)
    }
    const other = { 'if-none-match': '"0123456789abcdef0123456789abcdef"' }
    assert.equal((await server.request('GET', `/${name}`, { headers: other })).status, 200)
    const head = await server.request('HEAD', `/${name}`)
    assert.equal(head.headers['content-length'], String(Buffer.byteLength(first.body)))
  }
})

// ---- The judge ----

describe('what is not documented is found', () => {
  const headers = {
    'content-type': 'application/json', 'x-request-id': '01932b1c-7b1e-7c11-8a0e-5d1f6c2b7a01',
    'cache-control': 'no-store', 'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  }
  const id = '01932b1c-7b1e-7c11-8a0e-5d1f6c2b7a10'
  const check = (method, path, status, body, more = {}, request) =>
    contract.checkAnswer(method, path, { status, headers: { ...headers, ...more }, body }, request)
  const error = (code) => ({ error: 'A sentence.', code })

  test('an answer that fits passes, at the short path too', () => {
    check('POST', `/v1/chat/conversations/${id}/read`, 200, {})
    check('POST', `/conversations/${id}/read`, 200, {})
    check('GET', '/conversations/unread?x', 404, error('unknown_route'))
    check('GET', '/nowhere', 404, error('unknown_route'))
    check('PUT', '/auth/me', 405, error('method_not_allowed'), { allow: 'GET, HEAD, OPTIONS' })
  })

  const wrong = {
    'a field': ['POST', `/conversations/${id}/read`, 200, { done: true }],
    'a field far inside': ['GET', '/blocks', 200,
      { blocked: [{ user_id: id, created_at: '2026-11-22T12:00:00.123Z', why: '' }] }],
    'a missing field': ['GET', '/blocks', 200, {}],
    'a time without milliseconds': ['POST', `/conversations/${id}/archive`, 200,
      { conversation_id: id, archived_at: '2026-11-22T12:00:00Z' }],
    'a status': ['POST', `/conversations/${id}/read`, 202, {}],
    'a status of another route': ['GET', '/auth/me', 409, error('email_taken')],
    'a code of another route': ['POST', `/conversations/${id}/read`, 404,
      error('message_not_found')],
    'a code at no route': ['GET', '/nowhere', 404, error('conversation_not_found')],
    'a type': ['GET', '/auth/me', 200, 'text', { 'content-type': 'text/plain' }],
    'a header': ['POST', `/conversations/${id}/read`, 200, {}, { 'x-powered-by': 'x' }],
    'a 429 without Retry-After': ['POST', '/auth/login', 429, error('too_many_attempts')],
    'a header with another value': ['POST', `/conversations/${id}/read`, 200, {},
      { 'cache-control': 'public' }],
    'an accepted request': ['POST', `/conversations/${id}/read`, 200, {}, {}, { up_to_seq: '1' }],
    'a parameter': ['GET', '/blocks?limit=1', 200, { blocked: [] }],
  }
  for (const [what, args] of Object.entries(wrong)) {
    test(what, () => assert.throws(() => check(...args), assert.AssertionError))
  }

  const event = (type, payload, more = { conversation_id: id }) =>
    ({ type: 'event', ...more, payload: { type, payload } })
  test('a frame that fits passes', () => {
    contract.checkFrame(event('conversation.hidden', { conversation_id: id }))
    contract.checkFrame(event('presence.updated', { agent_id: id, status: 'away' }, {}))
    contract.checkFrame({ type: 'error', payload: 'no' })
  })
  const frames = {
    'an event type': event('message.exploded', {}),
    'a type of frame': { type: 'goodbye', payload: {} },
    'a field of a payload': event('conversation.hidden', { conversation_id: id, by: id }),
    'a field of an envelope': { ...event('conversation.hidden', { conversation_id: id }), at: 1 },
    'an envelope without its conversation': event('conversation.hidden',
      { conversation_id: id }, {}),
    'a conversation where there is none': event('user.blocked', { user_id: id }),
    'both a user and an agent': event('presence.updated',
      { user_id: id, agent_id: id, status: 'away' }, {}),
    'null for nothing': event('presence.updated',
      { user_id: id, status: 'away', status_detail: null }, {}),
  }
  for (const [what, frame] of Object.entries(frames)) {
    test(what, () => assert.throws(() => contract.checkFrame(frame), assert.AssertionError))
  }

  test('carillon.v1 where it was asked for, and nowhere else', () => {
    const hidden = event('conversation.hidden', { conversation_id: id })
    const away = event('presence.updated', { user_id: id, status: 'away' }, {})
    const created = event('message.created', { message_id: id, seq_num: 1 })
    const resumed = { type: 'resumed', cursor: 'A', payload: { complete: false, replayed: 0 } }
    const withCursor = (frame) => ({ ...frame, cursor: 'AAAAAAAAAAAAAAAAAAAAAA' })
    const V1 = 'carillon.v1'
    contract.checkFrame(withCursor(hidden), V1)
    contract.checkFrame(away, V1)
    contract.checkFrame(resumed, V1)
    contract.checkFrame(created)
    for (const [frame, subprotocol] of [[withCursor(hidden)], [hidden, V1],
      [withCursor(away), V1], [resumed], [withCursor(created), V1]]) {
      assert.throws(() => contract.checkFrame(frame, subprotocol), assert.AssertionError)
    }
  })

  test('a socket that hears something else fails whoever waits', async (t) => {
    const server = await startServer(t)
    const ada = await signup(server, 'Ada')
    const socket = await ada.socket()
    socket.finished.catch(() => {}) // here it is looked at below
    const messages = contract.messages()
    const { pong } = messages
    delete messages.pong
    t.after(() => (messages.pong = pong))
    await socket.say({ action: 'ping' })
    await assert.rejects(socket.until(() => false), /has no message pong/)
    socket.ws.close()
  })
})
