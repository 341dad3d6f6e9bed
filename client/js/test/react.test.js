// SPDX-License-Identifier: Apache-2.0
// react.test.js: the hooks, in an application that runs in Chromium, in React's strict mode.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { TaskStream } from '../../../test/lib/agents.js'
import { Site, bundle, launch, openTab } from './lib/browser.js'
import { ROOT } from './lib/source.js'
import { Proxy, Server, apiOf, expectStatus, makeAgent, makeTenant, until } from './lib/world.js'

const PAGE = '<!doctype html><title>test</title><div id="app"></div>' +
  '<script type="module" src="/app.js"></script>'

test('an application made with the hooks', async (t) => {
  const config = {}
  const site = await Site.start(t, {
    pages: {
      '/': PAGE,
      '/app.js': await bundle(readFileSync(join(ROOT, 'test/lib/hooks_app.js'), 'utf8')),
    },
    routes: { '/config': () => config, '/token': () => config.token },
  })
  const server = await Server.start({ args: ['--allowed-origins', site.origin] })
  t.after(() => server.stop())
  const proxy = await Proxy.start(t, server)
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const agent = await makeAgent(ada, 'Thinker')
  const roomId = (await ada.conversation([grace, agent], { type: 'agent_group', name: 'room' })).id
  const task = await apiOf(ada).createTask({
    conversationId: roomId, title: 'Say something', agentId: agent.id,
  })
  await ada.send(roomId, 'Welcome!')
  // Open to the end: when the last one of hers closes, she types no more.
  const socket = await ada.socket()
  t.after(() => socket.close())
  Object.assign(config, { apiUrl: proxy.url, roomId, taskId: task.id, token: grace.access })
  const { page, told } = await openTab(await launch(t), site)
  const text = (selector) => page.locator(selector).allTextContents()
  const shows = (selector, expected) => until(
    async () => JSON.stringify(await text(selector)) === JSON.stringify([expected].flat()),
    () => `${selector} to show ${expected}`)

  await page.locator('main[data-connected="true"] #room[data-status="ready"]').waitFor()
  await shows('#room li', 'Welcome!')
  await shows('#conversations', '1')

  await t.test('what is typed and sent is shown at once, then sent', async () => {
    await page.locator('input').pressSequentially('Hello!')
    await socket.hears('typing.start')
    await page.locator('input').press('Enter')
    await page.locator('li.sent', { hasText: 'Hello!' }).waitFor()
    await shows('#room li', ['Welcome!', 'Hello!'])
  })

  await t.test('what others do is shown', async () => {
    expectStatus(await ada.post(`/v1/chat/conversations/${roomId}/typing`, { state: 'start' }), 200)
    await shows('#typing', '1')
    const { id } = await ada.send(roomId, 'Hi, Grace')
    await shows('#room li', ['Welcome!', 'Hello!', 'Hi, Grace'])
    await shows('#typing', '0')
    await apiOf(ada).editMessage(id, 'Hi, Grace!')
    await shows('#room li', ['Welcome!', 'Hello!', 'Hi, Grace!'])
    await shows('#unread', '2')
    await shows('#events', '2')
  })

  await t.test('a task streams into the page', async () => {
    const stream = new TaskStream(agent, task.id)
    stream.delta('Forty')
    await shows('#task', 'Forty')
    stream.delta('-two')
    expectStatus(await stream.end(), 200)
    await apiOf(agent).updateTask(task.id, { status: 'completed' })
    await page.locator('#task[data-done="true"]').waitFor()
    await shows('#task', 'Forty-two')
  })

  await t.test('a lost connection is seen, and healed', async () => {
    proxy.down()
    await page.locator('main[data-connected="false"]').waitFor()
    await ada.send(roomId, 'while you were away')
    proxy.up()
    await page.locator('main[data-connected="true"]').waitFor()
    await page.locator('li', { hasText: 'while you were away' }).waitFor()
  })

  await t.test('a room that is taken away and put back is whole', async () => {
    const before = await text('#room li')
    await page.locator('button').click()
    await shows('#room li', [])
    await ada.send(roomId, 'and meanwhile')
    await page.locator('button').click()
    await shows('#room li', [...before, 'and meanwhile'])
  })

  assert.deepEqual(told, [], 'no error in the page')
})
