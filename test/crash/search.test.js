// SPDX-License-Identifier: Apache-2.0
// search.test.js: the server is killed while messages are sent, edited and deleted and the index
// follows behind. After each restart it catches up, and finds exactly what is there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeTenant } from '../lib/people.js'
import { Random } from '../lib/random.js'
import { metric, search } from '../lib/search.js'
import { startServer } from '../lib/server.js'
import { until } from '../lib/wait.js'

const CYCLES = Number(process.env.CRASH_CYCLES ?? 5)
const SENDERS = 8

// Send, and edit or delete every third one, until the server is gone.
async function workUntilGone(person, id, name, onDone) {
  for (let i = 0; ; i++) {
    const ask = (method, path, body) =>
      person[method](`/v1/chat/messages/${path}`, body).catch(() => null)
    const body = { conversation_id: id, content_text: `needle ${name} ${i}` }
    const sent = await ask('post', 'send', body)
    if (sent === null) return
    if (i % 3 === 1) await ask('patch', sent.body.id, { content_text: `thimble ${name} ${i}` })
    if (i % 3 === 2) await ask('delete', sent.body.id)
    onDone()
  }
}

async function findAll(person, q) {
  const texts = []
  for (let after; ;) {
    const { results, next } = await search(person, q, { limit: 100, ...after && { after } })
    texts.push(...results.map(({ message }) => message.content_text))
    if (!next) return texts
    after = next
  }
}

test(`${CYCLES} times kill -9 while the index follows leave it as the messages are`,
  { timeout: 60_000 + CYCLES * 30_000 }, async (t) => {
    const random = new Random()
    const server = await startServer(t)
    const [ada, grace, joan] = await makeTenant(server, 'Ada', 'Grace', 'Joan')
    const { id } = await ada.conversation([grace, joan], { type: 'group' })
    let total = 0

    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const target = random.integer(20, 300)
      let done = 0
      const workers = Array.from({ length: SENDERS }, (_, i) =>
        workUntilGone(i % 2 ? ada : grace, id, `${cycle}/${i}`, () => done++))
      await until(() => done >= target, `${target} messages`)
      await server.kill9()
      await Promise.all(workers)
      await server.restart()

      const texts = (await joan.history(id)).map((message) => message.content_text).reverse()
      for (const word of ['needle', 'thimble']) {
        const expected = texts.filter((text) => text.startsWith(word))
        assert.deepEqual(await findAll(joan, word), expected, word)
        total += expected.length
      }
    }
    assert.ok(total > 0)
    assert.equal(await metric(server, 'carillon_search_lag_milliseconds'), 0)
  })
