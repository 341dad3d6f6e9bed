// SPDX-License-Identifier: Apache-2.0
// parts.test.js: the parts that need no server: waiting, windows of messages, names.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { source } from './lib/source.js'

describe('backoff', async () => {
  const { Backoff } = await source('backoff')
  const make = (random) => {
    const clock = { now: 0 }
    const options = { baseMs: 2000, maxMs: 30_000, random, now: () => clock.now }
    return { clock, backoff: new Backoff(options) }
  }

  test('the bound doubles up to its end, and the wait is anywhere below it', () => {
    const { backoff } = make(() => 1)
    const bounds = Array.from({ length: 7 }, () => backoff.next())
    assert.deepEqual(bounds, [2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
    const low = make(() => 0).backoff
    assert.deepEqual([low.next(), low.next()], [0, 0])
  })

  test('it starts over after a stable minute, and not a moment before', () => {
    for (const [heldMs, next] of [[59_999, 8000], [60_000, 2000]]) {
      const { clock, backoff } = make(() => 1)
      backoff.next()
      backoff.next()
      backoff.opened()
      clock.now += heldMs
      backoff.closed()
      assert.equal(backoff.next(), next, `held for ${heldMs} ms`)
    }
  })

  test('what the server asks for is waited for, but not more than a minute and a quarter', () => {
    const { backoff } = make(() => 1)
    assert.deepEqual([0, 1000, 60_000, 60_001].map((ms) => backoff.next(ms)),
      [0, 1250, 75_000, 75_000])
    assert.equal(make(() => 0).backoff.next(1000), 1000)
    assert.equal(backoff.next(), 2000, 'and is no failure')
  })

  test('a thousand clients of one server come back spread over the whole wait', () => {
    const waits = Array.from({ length: 1000 }, () => make(Math.random).backoff.next())
    for (let part = 0; part < 10; part++) {
      const inPart = waits.filter((ms) => Math.floor(ms / 200) === part).length
      assert.ok(inPart > 50 && inPart < 150, `${inPart} between ${part * 200} and +200 ms`)
    }
  })
})

describe('a window of messages', async () => {
  const { MessageWindow } = await source('messages')
  const message = (seqNum, fields = {}) =>
    ({ id: `m${seqNum}`, seqNum, contentText: 'x', ...fields })
  const make = (...seqs) => {
    const window = new MessageWindow()
    window.replace(seqs.map((seq) => message(seq)), seqs.at(-1) ?? 0, false)
    return window
  }
  const seqs = (window) => window.all.map(({ seqNum }) => seqNum)

  test('what is appended twice, or prepended twice, is there once', () => {
    const window = make(5, 6)
    window.append([message(6), message(7)], 7, 1000)
    window.append([message(7)], 7, 1000)
    window.prepend([message(4), message(5)], true)
    assert.deepEqual(seqs(window), [4, 5, 6, 7])
    assert.equal(window.hasOlder, true)
  })

  test('at the bound nothing goes, one past it the oldest does', () => {
    const window = make(1, 2)
    window.append([message(3)], 3, 3)
    assert.deepEqual([seqs(window), window.hasOlder], [[1, 2, 3], false])
    window.append([message(4)], 4, 3)
    assert.deepEqual([seqs(window), window.hasOlder], [[2, 3, 4], true])
  })

  test('an older edit changes nothing, neither does one of what is not there', () => {
    const window = make(1)
    const edit = (count, text, id = 'm1') =>
      window.edit({ id, content_text: text, edit_count: count, edited_at: 't' })
    assert.equal(edit(2, 'second'), true)
    edit(1, 'first')
    assert.equal(window.all[0].contentText, 'second')
    assert.equal(edit(1, 'x', 'm9'), false)
  })

  test('a message as it is now takes the place of what it was, but not of a later edit', () => {
    const window = make(1)
    const reactions = [{ emoji: '👍', count: 1, userIds: ['a'] }]
    window.renew(message(1, { contentText: 'y', editCount: 1, reactions }))
    assert.deepEqual([window.all[0].contentText, window.all[0].reactions], ['y', reactions])
    window.renew(message(1, { contentText: 'x' }))
    assert.equal(window.all[0].contentText, 'y')
    assert.equal(window.renew(message(9)), false)
  })

  test('reactions count each of their people once', () => {
    const window = make(1)
    const react = (userId, action, emoji = '👍') =>
      window.react({ message_id: 'm1', user_id: userId, emoji, action })
    react('a', 'added')
    react('a', 'added')
    react('b', 'added')
    react('a', 'added', '🎉')
    react('b', 'removed')
    react('b', 'removed')
    assert.deepEqual(window.all[0].reactions, [
      { emoji: '👍', count: 1, userIds: ['a'] },
      { emoji: '🎉', count: 1, userIds: ['a'] },
    ])
    react('a', 'removed')
    react('a', 'removed', '🎉')
    assert.equal('reactions' in window.all[0], false)
  })

  test('of more people than are named, the others count', () => {
    const window = new MessageWindow()
    const userIds = Array.from({ length: 100 }, (_, i) => `u${i}`)
    window.replace([message(1, { reactions: [{ emoji: '👍', count: 150, userIds }] })], 1, false)
    window.react({ message_id: 'm1', user_id: 'u149', emoji: '👍', action: 'removed' })
    window.react({ message_id: 'm1', user_id: 'u0', emoji: '👍', action: 'removed' })
    assert.equal(window.all[0].reactions[0].count, 148)
    assert.equal(window.all[0].reactions[0].userIds.length, 99)
  })
})

describe('names', async () => {
  const { camel, snake } = await source('names')

  test('there and back is the same', () => {
    const wire = { a_b: [{ user_ids: ['x_y'], n: null, t: true }], content_meta: '{"a_b":1}' }
    assert.deepEqual(camel(wire), {
      aB: [{ userIds: ['x_y'], n: null, t: true }], contentMeta: '{"a_b":1}',
    })
    assert.deepEqual(snake(camel(wire)), wire)
  })

  test('what has no value is left out', () => {
    assert.deepEqual(snake({ a: undefined, bC: 1 }), { b_c: 1 })
  })
})
