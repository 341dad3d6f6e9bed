// SPDX-License-Identifier: Apache-2.0
// examples.test.js: the programs of examples/js, run as they are against a real server.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Child } from '../../../test/lib/child.js'
import * as docs from '../../../test/lib/docs.js'
import { Site, launch, openTab } from './lib/browser.js'
import { ROOT } from './lib/source.js'
import { Server, apiOf, expectStatus, makeAgent, makeTenant, until } from './lib/world.js'

const EXAMPLES = join(ROOT, '../../examples/js')

test('embed.html: a page with a chat in ten lines', async (t) => {
  const html = readFileSync(join(EXAMPLES, 'embed.html'), 'utf8')
  const [[, printed]] = docs.testBlocks(docs.read('README.md'))
    .filter(([what]) => what === 'embedded')
  assert.ok(html.endsWith(`\n${printed}`), 'README.md shows it as it is')
  const [, script] = /<script type="module">\n([^]*?)<\/script>/.exec(html)
  assert.ok(script.trim().split('\n').length <= 10, 'ten lines')
  const routes = {}
  const site = await Site.start(t, { routes })
  const server = await Server.start({ args: ['--allowed-origins', site.origin] })
  t.after(() => server.stop())
  site.pages['/'] = html.replace('https://chat.example.com', server.url)

  // The web site's backend, with users of its own.
  const [ada] = await makeTenant(server, 'Ada')
  const { api_key: key } = expectStatus(await ada.post('/v1/tenant/keys', { name: 'shop' }), 201)
  const ask = async () => expectStatus(await server.request('POST', '/v1/chat/tokens', {
    token: key, body: { user_id: 'customer-42', display_name: 'Charles' },
  }), 200)
  routes['/chat-token'] = ask
  const { user_id: id } = await ask()
  const room = await ada.conversation([{ id }], { type: 'group', name: 'support' })
  await ada.send(room.id, 'How can we help?')

  const { page, told } = await openTab(await launch(t), site, `/?conversation=${room.id}`)
  const shown = () => page.locator('li').allTextContents()
  await until(async () => (await shown()).length === 1, 'the first message')
  await page.locator('input').fill('My parcel is late.')
  await page.locator('input').press('Enter')
  await page.locator('li.sent', { hasText: 'My parcel is late.' }).waitFor()
  await ada.send(room.id, 'It is on its way.')
  await until(async () => (await shown()).length === 3, 'the answer')
  assert.deepEqual(await shown(), ['How can we help?', 'My parcel is late.', 'It is on its way.'])
  assert.deepEqual(told, [])
})

test('bot.mjs: an agent that answers, and streams', async (t) => {
  const server = await Server.start()
  t.after(() => server.stop())
  const [ada] = await makeTenant(server, 'Ada')
  const agent = await makeAgent(ada, 'Bot')
  const { id: conversationId } = await ada.conversation([agent], { type: 'agent_direct' })

  // As after `npm install` in examples/js.
  const folder = mkdtempSync(join(tmpdir(), 'carillon-bot-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(EXAMPLES, folder, { recursive: true })
  mkdirSync(join(folder, 'node_modules', '@carillon'), { recursive: true })
  symlinkSync(ROOT, join(folder, 'node_modules', '@carillon', 'chat'))
  const environment = { CARILLON_URL: server.url, CARILLON_KEY: agent.access }
  const bot = new Child(process.execPath, [join(folder, 'bot.mjs')], environment)
  t.after(() => bot.signal('SIGTERM'))
  await bot.output(/bot: listening/)

  const api = apiOf(ada)
  const question = await api.send({ conversationId, contentText: 'Hello!' })
  const history = async () => (await api.getMessages(conversationId)).messages
  const answer = await until(async () =>
    (await history()).find(({ replyToId }) => replyToId === question.id), 'an answer')
  assert.equal(answer.contentText, 'You said: Hello!')
  assert.equal(answer.senderId, agent.id)

  const title = 'What is six times nine?'
  const task = await api.createTask({ conversationId, title, agentId: agent.id })
  const result = await until(async () =>
    (await history()).find(({ taskId }) => taskId === task.id), 'a result')
  assert.equal(result.contentText, `You asked: ${title} The answer is 42.`)
  assert.equal((await history()).length, 3, 'it does not answer itself')
})
