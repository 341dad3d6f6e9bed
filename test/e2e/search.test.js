// SPDX-License-Identifier: Apache-2.0
// search.test.js: who finds what, as it is now, in which order and in which languages; nothing that
// is typed is wrong; and case Z6 of search: it shows nobody what is not theirs to see.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { makeAgent } from '../lib/agents.js'
import { expectStatus, invited, makeTenant, signup } from '../lib/people.js'
import { found, indexed, metric, search, searchPath } from '../lib/search.js'
import { Server, startServer } from '../lib/server.js'
import { until } from '../lib/wait.js'

let server
before(async () => {
  server = await Server.start()
})
after(() => server.stop())

const group = (owner, others) => owner.conversation(others, { type: 'group' })
const change = async (person, method, path, body) =>
  expectStatus(await person[method](`/v1/chat${path}`, body), 200)

describe('who finds what', () => {
  test('each finds what is said where they are, the newest first', async () => {
    const [ada, grace, joan, spare] = await makeTenant(server, 'Ada', 'Grace', 'Joan', 'Spare')
    const { id: pair } = await ada.conversation([grace])
    const { id: room } = await group(ada, [grace, joan])
    await ada.send(pair, 'Hello Grace, just us')
    await grace.send(room, 'hello everybody')
    await joan.send(room, 'Othello, a play')
    await ada.send(pair, 'HELLO again')
    const both = ['HELLO again', 'hello everybody', 'Hello Grace, just us']
    assert.deepEqual(await found(ada, 'hello'), both)
    assert.deepEqual(await found(grace, 'hello'), both)
    assert.deepEqual(await found(joan, 'hello'), ['hello everybody'])
    assert.deepEqual(await found(spare, 'hello'), [])
    assert.deepEqual(await found(grace, 'hello', { conversation_id: room }), ['hello everybody'])
    assert.deepEqual(await found(grace, 'hello grace'), ['Hello Grace, just us'])
  })

  test('a result is the message with its reactions, and a snippet that is safe', async () => {
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const { id } = await ada.conversation([grace])
    const sent = await ada.send(id, 'see <b>"this"</b> & that', { content_meta: 'x' })
    await change(grace, 'post', `/messages/${sent.id}/reactions`,
      { conversation_id: id, emoji: '👍' })
    const [message] = await grace.history(id)
    assert.deepEqual(await search(grace, 'THIS "& that"'), {
      results: [{
        message,
        snippet: 'see &lt;b&gt;&quot;<mark>this</mark>&quot;&lt;/b&gt; &amp; <mark>that</mark>',
      }],
    })
    assert.equal(message.reactions[0].count, 1)
    const short = await grace.get(`/messages/search?q=this`)
    assert.equal(expectStatus(short, 200).results.length, 1, 'at the short path too')
  })

  test('edited and deleted messages are found as they are', async () => {
    const [ada, grace, joan] = await makeTenant(server, 'Ada', 'Grace', 'Joan')
    const { id } = await group(ada, [grace, joan])
    const edited = await ada.send(id, 'red apples')
    const deleted = await ada.send(id, 'red cherries')
    assert.deepEqual(await found(joan, 'red'), ['red cherries', 'red apples'])
    await change(ada, 'patch', `/messages/${edited.id}`, { content_text: 'green apples' })
    await change(ada, 'delete', `/messages/${deleted.id}`)
    // At once, whatever the index knows.
    const { results } = expectStatus(await joan.get(searchPath('red')), 200)
    assert.deepEqual(results, [])
    for (const person of [ada, grace, joan]) {
      assert.deepEqual(await found(person, 'red'), [])
      assert.deepEqual(await found(person, 'green'), ['green apples'])
      assert.deepEqual(await found(person, 'apples'), ['green apples'])
    }
  })

  test('Z6 what is hidden from somebody is not found by them', async () => {
    const [ada, grace, joan] = await makeTenant(server, 'Ada', 'Grace', 'Joan')
    const agent = await makeAgent(ada, 'Agent')
    const stranger = await signup(server, 'Stranger', { tenant_name: "Stranger's" })
    const { id } = await group(ada, [grace, joan, agent])
    await grace.send(id, 'secret of grace')
    await ada.send(id, 'secret note', { is_internal: true })
    const all = ['secret note', 'secret of grace']
    assert.deepEqual(await found(ada, 'secret'), all)
    assert.deepEqual(await found(agent, 'secret'), all)
    assert.deepEqual(await found(grace, 'secret'), all.slice(1), 'no internal ones for members')
    assert.deepEqual(await found(stranger, 'secret'), [])

    await change(joan, 'post', `/users/${grace.id}/block`)
    assert.deepEqual(await found(joan, 'secret'), [])
    assert.deepEqual(await found(grace, 'secret'), all.slice(1))
    await change(joan, 'delete', `/users/${grace.id}/block`)
    assert.deepEqual(await found(joan, 'secret'), all.slice(1))

    await change(joan, 'delete', `/conversations/${id}`, { mode: 'for_me' })
    assert.deepEqual(await found(joan, 'secret'), [])
    await grace.send(id, 'secret again')
    assert.deepEqual(await found(joan, 'secret'), ['secret again'])

    await change(ada, 'delete', `/conversations/${id}/participants/${grace.id}`)
    assert.deepEqual(await found(grace, 'secret'), [])
    const named = await grace.get(searchPath('secret', { conversation_id: id }))
    assert.equal(expectStatus(named, 404).code, 'conversation_not_found')
    await change(ada, 'post', `/conversations/${id}/participants`, { user_ids: [grace.id] })
    assert.deepEqual(await found(grace, 'secret'), ['secret again', 'secret of grace'])
  })

  test('Z6 the places of messages that are not theirs tell nobody anything', async () => {
    const [ada, grace, joan] = await makeTenant(server, 'Ada', 'Grace', 'Joan')
    const { id } = await ada.conversation([grace])
    const { id: other } = await ada.conversation([joan])
    const hidden = await ada.send(id, 'hello')
    await ada.send(other, 'hello')
    await indexed(server)
    const unknown = '0193acbe-26a9-7000-8000-000000000000'
    const answers = await Promise.all([hidden.id, unknown].map((after) =>
      joan.get(searchPath('hello', { after }))))
    for (const answer of answers) {
      assert.equal(expectStatus(answer, 404).code, 'message_not_found')
      assert.equal(answer.body.field, 'after')
    }
    assert.deepEqual(answers[0].body, answers[1].body)
    const places = await Promise.all([id, unknown].map((conversation) =>
      joan.get(searchPath('hello', { conversation_id: conversation, before_seq: 1 }))))
    assert.deepEqual(expectStatus(places[0], 404), expectStatus(places[1], 404))
  })

  test('a conversation that was deleted is gone from the index', async () => {
    const own = await Server.start()
    try {
      const [ada, grace, joan] = await makeTenant(own, 'Ada', 'Grace', 'Joan')
      const { id } = await group(ada, [grace, joan])
      const { id: kept } = await group(ada, [grace])
      await ada.send(id, 'hello')
      await ada.send(kept, 'hello there')
      await indexed(own)
      assert.equal(await metric(own, 'carillon_search_entries_total'), 2)
      await change(ada, 'delete', `/conversations/${id}`, { mode: 'for_everyone' })
      await until(async () => await metric(own, 'carillon_search_entries_total') === 3,
        'its messages to be taken out')
      assert.deepEqual(await found(ada, 'hello'), ['hello there'])
      assert.deepEqual(await found(joan, 'hello'), [])
    } finally {
      await own.stop()
    }
  })
})

describe('what is found', () => {
  test('words, beginnings, phrases, accents and scripts without spaces', async () => {
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const { id } = await ada.conversation([grace])
    const texts = {
      york: 'Flights to New York, tomorrow',
      creme: 'Une Crème BRÛLÉE',
      tokyo: '明日東京都に行きますか',
      beijing: '我爱北京天安门',
      korean: '서울에서 만나요',
      russian: 'Ещё одна ЁЛКА',
      wide: 'ＣＡＲＩＬＬＯＮ ｶﾞｲﾄﾞ',
      code: 'call foo.bar(42) 🎉',
    }
    for (const text of Object.values(texts)) await ada.send(id, text)
    const rows = {
      'york': 'york', 'new york': 'york', 'york new': 'york', '"new york"': 'york',
      '"york new"': null, 'flig': 'york', 'FLIGHTS tomorrow': 'york', '"to new yor*"': 'york',
      '"flig"': null, 'ights': null, 'to': 'york', 'to*': 'york',
      'creme brulee': 'creme', 'crème': 'creme', 'brûlée': 'creme',
      '東京': 'tokyo', '京都': 'tokyo', '行': 'tokyo', '都に行き': 'tokyo', '東都': null,
      '北京': 'beijing', '天安门': 'beijing', '安': 'beijing', '北京 我': 'beijing',
      '서울': 'korean', '울': 'korean', '만나': 'korean',
      'елка': 'russian', 'ещё': 'russian',
      'carillon': 'wide', 'ガイド': 'wide', 'carill': 'wide',
      'foo.bar': 'code', '42': 'code', '🎉': 'code', 'foo 🎉': 'code',
    }
    await indexed(server)
    for (const [q, name] of Object.entries(rows)) {
      const { results } = expectStatus(await grace.get(searchPath(q)), 200)
      const names = results.map(({ message }) =>
        Object.keys(texts).find((one) => texts[one] === message.content_text))
      assert.deepEqual(names, name ? [name] : [], q)
      for (const { snippet } of results) assert.match(snippet, /<mark>.+<\/mark>/, q)
    }
    const [{ snippet }] = (await search(grace, '京都')).results
    assert.equal(snippet, '明日東<mark>京都</mark>に行きますか')
  })

  test('nothing that is typed is a syntax error', async () => {
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const { id } = await ada.conversation([grace])
    await ada.send(id, 'one two three')
    await indexed(server)
    const typed = ['"', '""', '"""', '"one', 'one"', '"one" "', "'", "''; DROP TABLE message; --",
      '*', '**', '"*"', '* one', 'one AND', 'AND', 'OR OR', 'NOT one', 'one NOT two',
      'NEAR(one two)', 'NEAR(', '(', ')', '((', 'one)', '{words} : one', 'words: one', '- one',
      '-one', '+one', '^one', 'one^2', 'one + two', '\\', '\\"', '%', '_', '\0', 'one\0two',
      '\u0001', '\u{ffff}', '\u{10ffff}', '\ue000一', '\ue001' + id.replaceAll('-', ''),
      '\u0301', '🏳️‍🌈', '\u202eone', ' ', '\n', 'one\ntwo', '\u2028', '﷽']
    for (const q of typed) {
      const answer = await grace.get(searchPath(q))
      assert.equal(answer.status, 200, `${JSON.stringify(q)}: ${JSON.stringify(answer.body)}`)
      assert.ok(answer.body.results.length <= 1)
    }
    for (const q of ['"one', '"one two', '* one', '-one', '^one', '(one', 'one)', 'one\0two']) {
      const { results } = expectStatus(await grace.get(searchPath(q)), 200)
      assert.equal(results.length, 1, q)
    }
  })
})

describe('pages', () => {
  test('next and after go through everything once; before_seq in one conversation', async () => {
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const rooms = [await ada.conversation([grace]), await group(ada, [grace])].map(({ id }) => id)
    const expected = []
    for (let i = 0; i < 7; i++) {
      expected.unshift((await ada.send(rooms[i % 2], `hello ${i}`)).id)
    }
    await indexed(server)
    const seen = []
    let next
    do {
      const page = await search(grace, 'hello', { limit: 3, ...next && { after: next } })
      seen.push(page.results.map(({ message }) => message.id))
      next = page.next
    } while (next)
    assert.deepEqual(seen.map((page) => page.length), [3, 3, 1])
    assert.deepEqual(seen.flat(), expected)
    const exact = await search(grace, 'hello', { limit: 7 })
    assert.equal(exact.next, undefined)

    const older = async (beforeSeq, limit) => (await search(grace, 'hello',
      { conversation_id: rooms[0], before_seq: beforeSeq, limit })).results
      .map(({ message }) => message.seq_num)
    assert.deepEqual(await older(5, 10), [4, 3, 2, 1])
    assert.deepEqual(await older(4, 2), [3, 2])
    assert.deepEqual(await older(2, 2), [1])
    assert.deepEqual(await older(1, 2), [])
    assert.deepEqual(await older('9223372036854775807', 2), [4, 3])

    // From a message that is only a place any more, too.
    await change(ada, 'delete', `/messages/${expected[2]}`)
    const rest = await search(grace, 'hello', { after: expected[2] })
    assert.deepEqual(rest.results.map(({ message }) => message.id), expected.slice(3))
  })

  test('what is asked has bounds', async () => {
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const { id } = await ada.conversation([grace])
    const refused = async (query, code, field) => {
      const { body } = await ada.get(`/v1/chat/messages/search${query}`)
      assert.deepEqual([body.code, body.field], [code, field], query)
    }
    assert.deepEqual((await search(ada, 'x'.repeat(512))).results, [])
    await refused(`?q=${'x'.repeat(513)}`, 'invalid_parameter', 'q')
    assert.deepEqual((await search(ada, '京'.repeat(170))).results, [])
    await refused(`?q=${'%E4%BA%AC'.repeat(171)}`, 'invalid_parameter', 'q')
    await refused('', 'invalid_parameter', 'q')
    await refused('?q=', 'invalid_parameter', 'q')
    await refused('?q=%FF%FE', 'invalid_parameter', 'q')
    assert.deepEqual(await search(ada, 'x', { limit: 100 }), { results: [] })
    await refused('?q=x&limit=101', 'invalid_parameter', 'limit')
    await refused('?q=x&limit=0', 'invalid_parameter', 'limit')
    await refused('?q=x&before_seq=0', 'invalid_parameter', 'before_seq')
    await refused('?q=x&before_seq=-1', 'invalid_parameter', 'before_seq')
    await refused('?q=x&before_seq=9223372036854775808', 'invalid_parameter', 'before_seq')
    await refused('?q=x&before_seq=1', 'conversation_needed', 'before_seq')
    await refused('?q=x&conversation_id=1', 'invalid_parameter', 'conversation_id')
    await refused('?q=x&after=1', 'invalid_parameter', 'after')
    assert.deepEqual(await search(ada, 'x', { conversation_id: id }), { results: [] })
  })
})

test('what was sent just before a restart is found after it', async (t) => {
  const own = await startServer(t)
  const [ada, grace] = await makeTenant(own, 'Ada', 'Grace')
  const joan = await invited(ada, 'Joan')
  const { id } = await ada.conversation([grace, joan], { type: 'group' })
  for (let i = 0; i < 20; i++) await ada.send(id, `needle ${i}`)
  await own.terminate()
  await own.restart()
  for (const person of [ada, grace, joan]) {
    assert.equal((await found(person, 'needle')).length, 20)
  }
})
