// SPDX-License-Identifier: Apache-2.0
// api.test.js: requests: names in both spellings, tokens, what is tried again and what is not.
// What each method does is shown by its own example, which reference.test.js runs.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ChatApi, ChatApiError, ChatError, ChatNetworkError } from '@carillon/chat'
import { Proxy, Server, apiOf, expectStatus, makeTenant } from './lib/world.js'

let server
let ada
let grace
let room
before(async () => {
  server = await Server.start()
  ;[ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  room = (await ada.conversation([grace], { type: 'group', name: 'room' })).id
})
after(() => server.stop())

describe('names', () => {
  test('arguments and results are in camelCase, all the way down', async () => {
    const api = apiOf(ada)
    const message = await api.send({
      conversationId: room, contentText: 'x', contentMeta: '{"snake_case":1}', threadRole: 'main',
    })
    assert.equal(message.contentMeta, '{"snake_case":1}', 'values are nobody else’s')
    assert.equal(message.senderId, ada.id)
    await api.toggleReaction(message.id, room, '👍')
    const page = await api.getMessages(room, { fromSeq: message.seqNum, toSeq: message.seqNum })
    assert.deepEqual(page.messages[0].reactions, [{ emoji: '👍', count: 1, userIds: [ada.id] }])
    assert.equal(page.currentSeq, message.seqNum)
    const wire = expectStatus(await ada.get('/v1/chat/conversations'), 200).conversations
    const { conversations } = await api.listConversations()
    const { id, unread_count: unreadCount, created_at: createdAt } = wire[0]
    assert.deepEqual(
      { id, unreadCount, createdAt },
      { id: conversations[0].id, unreadCount: conversations[0].unreadCount,
        createdAt: conversations[0].createdAt })
  })

  test('forward, editMessage and deleteConversation take their arguments either way', async () => {
    const api = apiOf(ada)
    const other = (await ada.conversation([grace], { type: 'group', name: 'other' })).id
    const { id } = await api.send({ conversationId: room, contentText: 'x' })
    const request = { messageId: id, conversationIds: [other] }
    const { forwarded: [copy] } = await api.forward(request)
    assert.equal(copy.isForwarded, true)
    const edited = await api.editMessage(id, { contentText: 'y', contentMeta: 'm' })
    assert.deepEqual([edited.contentText, edited.editCount], ['y', 1])
    await api.deleteConversation(other, { mode: 'for_everyone' })
    await assert.rejects(api.getParticipants(other), { status: 404 })
  })
})

describe('errors', () => {
  test('a refusal says what, why, and in which field', async () => {
    const error = await apiOf(ada).send({ conversationId: room, contentText: ' ' })
      .catch((one) => one)
    assert.ok(error instanceof ChatApiError && error instanceof ChatError)
    assert.deepEqual([error.name, error.status, error.code, error.field],
      ['ChatApiError', 400, 'blank_text', 'content_text'])
    assert.equal(error.message, error.body.error)
    assert.equal(error.retryAfterMs, undefined)
  })

  test('no server is a ChatNetworkError, with the cause', async () => {
    const error = await new ChatApi({ apiUrl: 'http://127.0.0.1:1', token: 'x', retries: 0 }).me()
      .catch((one) => one)
    assert.ok(error instanceof ChatNetworkError)
    assert.ok(error.cause)
  })

  test('an answer that does not come in time is one, too', async (t) => {
    const proxy = await Proxy.start(t, server)
    proxy.onRequest = (_, pair) => {
      pair.isSilent = true
    }
    const api = apiOf(ada, { apiUrl: proxy.url, requestTimeout: 50, retries: 1 })
    await assert.rejects(api.me(), (error) =>
      error instanceof ChatNetworkError && /50 ms/.test(error.message))
  })

  test('neither token nor getToken is said before anything is asked', async () => {
    await assert.rejects(new ChatApi({ apiUrl: server.url }).me(), ChatError)
  })
})

describe('tokens', () => {
  test('401: the token is renewed once, by one for all', async () => {
    let asked = 0
    const getToken = async () => {
      asked++
      return ada.access
    }
    const api = apiOf(ada, { token: 'expired', getToken })
    await Promise.all(Array.from({ length: 20 }, () => api.me()))
    assert.equal(asked, 1)
    await api.me()
    assert.equal(asked, 1, 'and kept')
  })

  test('401 again is an error, and no third try', async () => {
    let asked = 0
    const api = apiOf(ada, {
      token: 'expired',
      getToken: () => {
        asked++
        return 'no good either'
      },
    })
    await assert.rejects(api.me(), { status: 401, code: 'token_invalid' })
    assert.equal(asked, 1)
  })

  test('a getToken that fails is asked again by the next request', async () => {
    let asked = 0
    const api = apiOf(ada, {
      token: undefined,
      getToken: () => {
        if (asked++ === 0) throw new Error('not signed in yet')
        return ada.access
      },
    })
    await assert.rejects(api.me(), /not signed in yet/)
    await api.me()
  })
})

describe('trying again', () => {
  // How often a request arrives when the first `lost` answers get lost.
  async function arrivals(t, pattern, lost, ask) {
    const proxy = await Proxy.start(t, server)
    let count = 0
    proxy.onRequest = (text) => pattern.test(text) && count++ < lost
    const result = await ask(apiOf(ada, { apiUrl: proxy.url })).catch((error) => error)
    return { count, result }
  }

  test('a send whose answers get lost is one message', async (t) => {
    const before = (await apiOf(ada).getMessages(room)).currentSeq
    const { count, result } = await arrivals(t, /^POST .*send/, 2, (api) =>
      api.send({ conversationId: room, contentText: 'exactly once' }))
    assert.equal(count, 3)
    assert.equal(result.seqNum, before + 1)
    assert.equal((await apiOf(ada).getMessages(room)).currentSeq, before + 1)
  })

  test('what only reads is asked again', async (t) => {
    const { count, result } = await arrivals(t, /^GET .*users/, 3, (api) => api.listUsers())
    assert.equal(count, 4)
    assert.ok(result.users.length > 0)
  })

  test('a fourth time is too often', async (t) => {
    const { count, result } = await arrivals(t, /^GET .*users/, 9, (api) => api.listUsers())
    assert.equal(count, 4)
    assert.ok(result instanceof ChatNetworkError)
  })

  test('what would be done twice is not asked again', async (t) => {
    const { id } = await ada.send(room, 'react to this')
    const { count, result } = await arrivals(t, /^POST .*reactions/, 1, (api) =>
      api.toggleReaction(id, room, '👍'))
    assert.equal(count, 1)
    assert.ok(result instanceof ChatNetworkError)
  })

  test('429 waits as long as the server says, when that is not long', async (t) => {
    // The rate of a user who may send twice, then once a second.
    const own = await Server.start({ args: ['--rate-send-per-min', '60'] })
    t.after(() => own.stop())
    const [eve] = await makeTenant(own, 'Eve')
    const { id } = await eve.conversation([], { type: 'group', name: 'room' })
    const api = apiOf(eve)
    const sent = []
    for (let i = 0; i < 70; i++) sent.push(api.send({ conversationId: id, contentText: `${i}` }))
    const results = await Promise.allSettled(sent)
    const refused = results.filter(({ status }) => status === 'rejected').map((one) => one.reason)
    assert.ok(results.length - refused.length > 50, 'most of them pass')
    for (const error of refused) {
      assert.equal(error.status, 429)
      assert.ok(error.retryAfterMs >= 1000, String(error.retryAfterMs))
    }
  })
})
