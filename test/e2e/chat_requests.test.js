// SPDX-License-Identifier: Apache-2.0
// chat_requests.test.js: what the doors of the chat refuse, with the status and the field that
// docs/protocol.md names, at each bound and one past it; and lists in pages.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { expectStatus, makeTenant } from '../lib/people.js'
import { Server } from '../lib/server.js'

let server
let ada
let grace
let joan
let room
before(async () => {
  server = await Server.start()
  ;[ada, grace, joan] = await makeTenant(server, 'Ada', 'Grace', 'Joan')
  room = (await ada.conversation([grace], { type: 'group', name: 'room' })).id
})
after(() => server.stop())

const CONVERSATION_IDS_MAX = 1000
const LIST_QUERY_BYTES_MAX = 200
const LIST_ROWS_MAX = 1000
const MESSAGE_PAGE_MAX = 200
const SYNC_CONVERSATIONS_MAX = 500

async function expectRefusal(answer, status, field) {
  expectStatus(await answer, status)
  const { body } = await answer
  assert.equal(body.field, field, JSON.stringify(body))
  assert.match(body.code, /^[a-z_]+$/)
  assert.ok(body.error.length > 0)
}

describe('bodies', () => {
  test('a field of the wrong type or outside its range is a 400 that names it', async () => {
    const send = '/v1/chat/messages/send'
    const read = `/v1/chat/conversations/${room}/read`
    const text = { conversation_id: room, content_text: 'x' }
    const cases = [
      [send, { content_text: 'x' }, 'conversation_id'],
      [send, { conversation_id: 'room', content_text: 'x' }, 'conversation_id'],
      [send, { conversation_id: room }, 'content_text'],
      [send, { ...text, content_text: 7 }, 'content_text'],
      [send, { ...text, content_text: ' \u200B' }, 'content_text'],
      [send, { ...text, content_type: 'song' }, 'content_type'],
      [send, { ...text, content_type: 'system' }, 'content_type'],
      [send, { ...text, content_meta: {} }, 'content_meta'],
      [send, { ...text, thread_role: 'beside' }, 'thread_role'],
      [send, { ...text, is_internal: 'yes' }, 'is_internal'],
      [send, { ...text, client_msg_id: '' }, 'client_msg_id'],
      [send, { ...text, client_msg_id: 'i'.repeat(65) }, 'client_msg_id'],
      [read, {}, 'up_to_seq'],
      [read, { up_to_seq: -1 }, 'up_to_seq'],
      [read, { up_to_seq: 1.5 }, 'up_to_seq'],
      [read, { up_to_seq: 1000 }, 'up_to_seq'],
      ['/v1/chat/conversations', { type: 'party' }, 'type'],
      ['/v1/chat/conversations', { name: 'two\nlines' }, 'name'],
      ['/v1/chat/conversations', { name: 'n'.repeat(201) }, 'name'],
      ['/v1/chat/conversations', { participant_ids: grace.id }, 'participant_ids'],
      [`/v1/chat/conversations/${room}/participants`, { user_ids: [] }, 'user_ids'],
    ]
    for (const [path, body, field] of cases) await expectRefusal(ada.post(path, body), 400, field)
  })

  test('L4 a text of 64 KiB is sent, one byte more is a 413', async () => {
    const send = (text, fields) => ada.post('/v1/chat/messages/send',
      { conversation_id: room, content_text: text, ...fields })
    expectStatus(await send('t'.repeat(65536)), 201)
    await expectRefusal(send('t'.repeat(65537)), 413, 'content_text')
    expectStatus(await send('x', { content_meta: 'm'.repeat(16384) }), 201)
    await expectRefusal(send('x', { content_meta: 'm'.repeat(16385) }), 413, 'content_meta')
  })

  test('as many users as allowed can be named, and no more', async () => {
    const make = (count) => ada.post('/v1/chat/conversations',
      { participant_ids: Array.from({ length: count }, () => grace.id) })
    expectStatus(await make(CONVERSATION_IDS_MAX), 201)
    await expectRefusal(make(CONVERSATION_IDS_MAX + 1), 400, 'participant_ids')
  })

  test('a sync takes objects only, and as many as allowed', async () => {
    const sync = (conversations) => ada.post('/v1/chat/messages/sync', { conversations })
    const one = { conversation_id: room, last_seq: 0 }
    for (const bad of [7, 'x', null, [], true]) {
      await expectRefusal(sync([one, bad]), 400, 'conversations')
    }
    await expectRefusal(sync([{ conversation_id: room }]), 400, 'last_seq')
    await expectRefusal(sync([{ ...one, last_seq: -1 }]), 400, 'last_seq')
    await expectRefusal(sync({}), 400, 'conversations')
    const many = Array.from({ length: SYNC_CONVERSATIONS_MAX }, () => one)
    expectStatus(await sync(many), 200)
    await expectRefusal(sync([...many, one]), 400, 'conversations')
    assert.deepEqual(expectStatus(await sync([]), 200), { batches: [] })
  })
})

describe('queries', () => {
  test('a parameter out of range is a 400 that names it', async () => {
    const messages = `/v1/chat/conversations/${room}/messages`
    const cases = [
      [`${messages}?limit=0`, 'limit'],
      [`${messages}?limit=${MESSAGE_PAGE_MAX + 1}`, 'limit'],
      [`${messages}?from_seq=-1`, 'from_seq'],
      [`${messages}?to_seq=9223372036854775808`, 'to_seq'],
      [`/v1/chat/conversations?limit=${LIST_ROWS_MAX + 1}`, 'limit'],
      ['/v1/chat/conversations?after=yesterday', 'after'],
      [`/v1/chat/conversations?after=1.${room}x`, 'after'],
      ['/v1/chat/users?after=1', 'after'],
      ['/v1/chat/users?q=%FF', 'q'],
      [`/v1/chat/users?q=${'q'.repeat(LIST_QUERY_BYTES_MAX + 1)}`, 'q'],
    ]
    for (const [path, field] of cases) await expectRefusal(ada.get(path), 400, field)
    expectStatus(await ada.get(`${messages}?limit=${MESSAGE_PAGE_MAX}`), 200)
    expectStatus(await ada.get(`/v1/chat/conversations?limit=${LIST_ROWS_MAX}`), 200)
    expectStatus(await ada.get(`/v1/chat/users?q=${'q'.repeat(LIST_QUERY_BYTES_MAX)}`), 200)
    expectStatus(await ada.get(`/v1/chat/conversations/${randomUUID()}/messages`), 404)
  })

  test('pages of a list meet without gap or overlap', async () => {
    const ids = []
    for (const i of [0, 1, 2, 3, 4]) {
      ids.unshift((await joan.conversation([ada], { type: 'group', name: `page ${i}` })).id)
    }
    const lists = [
      ['/v1/chat/conversations', 'conversations', (row) => row.id, ids],
      ['/v1/chat/users', 'users', (row) => row.display_name, null],
    ]
    for (const [path, key, value, expected] of lists) {
      const whole = expectStatus(await joan.get(path), 200)
      assert.equal(whole.next, undefined)
      const rows = []
      let after = ''
      do {
        const page = expectStatus(await joan.get(`${path}?limit=2${after}`), 200)
        assert.ok(page[key].length <= 2)
        rows.push(...page[key])
        after = page.next && `&after=${encodeURIComponent(page.next)}`
      } while (after)
      assert.deepEqual(rows.map(value), whole[key].map(value))
      if (expected) assert.deepEqual(rows.map(value), expected)
    }
  })

  test('users are found by a part of their name, and agents apart from them', async () => {
    const name = grace.user.display_name
    const { users } = expectStatus(await ada.get(`/v1/chat/users?q=${name.slice(1, 4)}`), 200)
    assert.ok(users.some((user) => user.id === grace.id && user.display_name === name))
    assert.ok(users.every((user) => !user.is_agent && user.email === undefined))
    assert.deepEqual(expectStatus(await ada.get('/v1/chat/agents'), 200), { agents: [] })
  })
})

test('a route of the chat answers at its short path too', async () => {
  const short = expectStatus(await ada.get(`/conversations/${room}/messages`), 200)
  const long = expectStatus(await ada.get(`/v1/chat/conversations/${room}/messages`), 200)
  assert.deepEqual(short, long)
})
