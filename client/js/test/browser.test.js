// SPDX-License-Identifier: Apache-2.0
// browser.test.js: the client in pages of a real Chromium: another origin, a network that comes and
// goes, a server that restarts under load, tokens that expire, two tabs of one user.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { hs256, makeToken, readToken, signingKey } from '../../../test/lib/tokens.js'
import { Site, launch, openTab } from './lib/browser.js'
import { Proxy, Server, makeTenant, until } from './lib/world.js'

const PAGE = `<!doctype html><title>test</title><script type="module">
import { ChatClient } from '/chat.js'
const { apiUrl, options } = await (await fetch('/config')).json()
const getToken = async () => (await fetch('/token')).json()
const client = (window.client = new ChatClient({ apiUrl, getToken, ...options }))
for (const name of ['connected', 'disconnected', 'resumed', 'error']) {
  client.on(name, (payload) => tell(name, payload instanceof Error ? payload.message : payload))
}
client.on('message.created', ({ seq_num }, id) => tell('message', seq_num, id))
await client.connect()
</script>`

let server
let proxy
let ada
let grace
let room
let site
let getToken
let options

// One world for all tests: browsers start slowly.
describe('in Chromium', () => {
  let context
  const ends = []
  after(async () => {
    for (const end of ends.reverse()) await end()
  })
  before(async () => {
    const t = { after: (end) => ends.push(end) }
    site = await Site.start(t, {
      pages: { '/': PAGE },
      routes: {
        '/config': () => ({ apiUrl: proxy.url, options }),
        '/token': () => getToken(),
      },
    })
    server = await Server.start({ args: ['--allowed-origins', site.origin] })
    t.after(() => server.stop())
    proxy = await Proxy.start(t, server)
    ;[ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    room = (await ada.conversation([grace], { type: 'group', name: 'room' })).id
    context = await launch(t)
  })

  async function open(t, changed = {}) {
    const quick = { reconnectInterval: 50, maxReconnectDelay: 500, maxReconnectAttempts: 1e6 }
    options = { ...quick, ...changed }
    getToken = () => grace.access
    const tab = await openTab(context, site)
    t.after(() => tab.page.close())
    const count = (name) => tab.told.filter(([one]) => one === name).length
    const seqs = () => tab.told.filter(([name]) => name === 'message').map(([, seq]) => seq)
    const told = (name, n = 1) =>
      until(() => count(name) >= n, () => `${n} ${name}: ${JSON.stringify(tab.told).slice(-500)}`)
    await told('connected')
    return { ...tab, count, seqs, told }
  }
  const isOnceInOrder = (seqs) => seqs.every((seq, i) => i === 0 || seq === seqs[i - 1] + 1)

  test('another origin connects, sends and hears', async (t) => {
    const tab = await open(t)
    const message = await tab.page.evaluate((conversationId) =>
      window.client.api.send({ conversationId, contentText: 'from a page' }), room)
    assert.equal(message.senderId, grace.id)
    await tab.told('message')
    assert.deepEqual(tab.seqs(), [message.seqNum])
  })

  test('offline, then online: back at once, with what was missed', async (t) => {
    // With waits of minutes, only the word of the browser brings it back.
    const tab = await open(t, { reconnectInterval: 300_000, maxReconnectDelay: 300_000 })
    await ada.send(room, 'before')
    await tab.told('message')
    await context.setOffline(true)
    proxy.down()
    await tab.told('disconnected')
    for (let i = 0; i < 10; i++) await ada.send(room, `missed ${i}`)
    proxy.up()
    await context.setOffline(false)
    await tab.told('resumed')
    await ada.send(room, 'after')
    await tab.told('message', 12)
    assert.equal(tab.seqs().length, 12)
    assert.ok(isOnceInOrder(tab.seqs()), String(tab.seqs()))
  })

  test('a page that is looked at again comes back at once', async (t) => {
    const tab = await open(t, { reconnectInterval: 300_000, maxReconnectDelay: 300_000 })
    proxy.down()
    await tab.told('disconnected')
    proxy.up()
    await tab.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
    await tab.told('connected', 2)
  })

  test('two restarts of the server under load: every message once, in order', async (t) => {
    const tab = await open(t)
    const api = proxy.url
    let sent = 0
    let isOver = false
    const load = (async () => {
      while (!isOver) {
        // Through its own retries; what the server has taken before it stopped counts once.
        const body = { conversation_id: room, content_text: 'load', client_msg_id: `load-${sent}` }
        const answer = await fetch(`${api}/v1/chat/messages/send`, {
          method: 'POST',
          headers: { authorization: `Bearer ${ada.access}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }).catch(() => ({ ok: false }))
        if (answer.ok) sent++
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })()
    for (let restarts = 1; restarts <= 2; restarts++) {
      const target = sent + 100
      await until(() => sent >= target, '100 more messages')
      await server.terminate()
      await server.restart()
      await tab.told('resumed', restarts)
    }
    const target = sent + 100
    await until(() => sent >= target, '100 more messages')
    isOver = true
    await load
    await tab.told('message', sent)
    assert.equal(tab.seqs().length, sent)
    assert.ok(isOnceInOrder(tab.seqs()))
    t.diagnostic(`${sent} messages, ${tab.count('connected')} connections`)
  })

  test('a token that expires is fetched again, for requests and for the socket', async (t) => {
    const tab = await open(t)
    const key = signingKey(server)
    const { header, payload } = readToken(grace.access)
    const now = Math.floor(Date.now() / 1000)
    const claims = { ...payload, iat: now - 900, exp: now - 300 }
    const expired = makeToken(header, claims, hs256(key.secret))
    let asked = 0
    getToken = () => {
      asked++
      return grace.access
    }
    const spoil = () => tab.page.evaluate((token) => window.client.setToken(token), expired)
    await spoil()
    const { user } = await tab.page.evaluate(() => window.client.api.me())
    assert.deepEqual([user.id, asked], [grace.id, 1])
    await spoil()
    proxy.cut()
    await tab.told('connected', 2)
    assert.equal(asked, 2)
    assert.equal(tab.count('error'), 0)
  })

  test('two tabs of one user hear everything, each once; one may go', async (t) => {
    const tabs = [await open(t), await open(t)]
    for (let i = 0; i < 20; i++) await ada.send(room, `for both ${i}`)
    for (const tab of tabs) await tab.told('message', 20)
    assert.deepEqual(tabs[0].seqs(), tabs[1].seqs())
    await tabs[0].page.close()
    await tabs[1].page.evaluate((conversationId) =>
      window.client.api.send({ conversationId, contentText: 'still here' }), room)
    await tabs[1].told('message', 21)
    assert.ok(isOnceInOrder(tabs[1].seqs()))
    assert.equal(tabs[1].count('disconnected'), 0)
  })
})
