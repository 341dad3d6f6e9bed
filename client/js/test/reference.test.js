// SPDX-License-Identifier: Apache-2.0
// reference.test.js: docs/client-js.md is what the sources say, and every function in it has an
// example, which does what it says against a real server; so do those of the README.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ChatApi, ChatClient, ChatSocket } from '@carillon/chat'
import * as docs from '../../../test/lib/docs.js'
import { examples, reference } from '../docs.mjs'
import { Site, bundle, launch, openTab } from './lib/browser.js'
import { ROOT } from './lib/source.js'
import {
  LIVEKIT, QUICK, Server, apiOf, clientOf, makeAgent, makeTenant, until, within,
} from './lib/world.js'

const REACT = '@carillon/chat/react'
const all = examples()
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
const blocks = (language) =>
  [...readme.matchAll(RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(([, code]) => code)

test('docs/client-js.md is what the sources say', () => {
  assert.equal(readFileSync(join(ROOT, '../../docs/client-js.md'), 'utf8'), reference(),
    'node client/js/docs.mjs > docs/client-js.md')
})

// Not for those who use a client: accounts are made elsewhere, keys are for backends.
const NOT_OURS = [
  /^POST \/auth\//, / \/v1\/tenant\//, /^POST \/v1\/chat\/(tokens|agents)$/, / \/v1\/livekit\//,
  /^GET \/(\w+\.yaml|healthz|readyz|metrics)?$/,
]

test('every event of the server has a type', () => {
  const types = readFileSync(join(ROOT, 'src/types.ts'), 'utf8')
  const isThere = (name) => types.includes(`'${name}'`) || types.includes(`\n  ${name}: {`)
  assert.ok(docs.eventsOfSource().size > 20)
  assert.deepEqual([...docs.eventsOfSource()].filter((name) => !isThere(name)), [])
})

test('every function has an example', () => {
  assert.ok(all.length > 80, String(all.length))
  assert.deepEqual(all.filter(({ code }) => !code).map(({ of }) => of), [])
})

let server
before(async () => {
  server = await Server.start({ env: LIVEKIT })
})
after(() => server?.stop())

// What the reference says that an example may use, with people of its own for each.
async function makeScene(t) {
  const [ada, grace, cy] = await makeTenant(server, 'Ada', 'Grace', 'Cy')
  const agent = await makeAgent(ada, 'Thinker')
  const room = async (person, type, name) => (await ada.conversation([person], { type, name })).id
  const agentConversationId = await room(agent, 'agent_direct')
  const task = { conversationId: agentConversationId, title: 'Answer', agentId: agent.id }
  const options = { apiUrl: server.url, token: ada.access }
  const socket = new ChatSocket({ ...options, ...QUICK })
  t.after(() => socket.disconnect())
  return {
    ...options,
    socket,
    client: clientOf(t, ada),
    api: apiOf(ada),
    otherApi: apiOf(grace),
    agentApi: apiOf(agent),
    otherUserId: grace.id,
    thirdUserId: cy.id,
    conversationId: await room(grace, 'group', 'room'),
    otherConversationId: await room(grace, 'group', 'other'),
    agentConversationId,
    taskId: (await apiOf(ada).createTask(task)).id,
  }
}

const AsyncFunction = (async () => {}).constructor
async function run(code, scene) {
  const console = { log() {} }
  const names = { assert, until, console, ChatApi, ChatClient, ChatSocket, ...scene }
  // A block, so that an example may have names of its own.
  const program = new AsyncFunction(...Object.keys(names), `{\n${code}\n}`)
  await within(program(...Object.values(names)), 'the end of the example')
}

describe('the examples', () => {
  // Which routes were asked, with `:` for what is an id.
  const asked = new Set()
  const { fetch } = globalThis
  before(() => {
    globalThis.fetch = (url, init) => {
      const { pathname } = new URL(url)
      const path = pathname.replace(/\/[0-9a-f-]{36}/g, '/:').replace(/(sessions)\/[^/]+/, '$1/:')
      asked.add(`${init.method} ${path}`)
      return fetch(url, init)
    }
  })
  after(() => {
    globalThis.fetch = fetch
  })

  for (const { of, code } of all.filter(({ entry }) => entry !== REACT)) {
    test(of, async (t) => {
      const scene = await makeScene(t)
      // A connection brings presence, which some are about; so there is one only where it is used.
      if (/\bclient\b/.test(code) && !code.includes('new ChatClient')) await scene.client.connect()
      await run(code, scene)
    })
  }

  test('among them they use every route of the server', () => {
    const ours = [...docs.routesOfSource()].filter((route) =>
      !NOT_OURS.some((pattern) => pattern.test(route)))
    assert.ok(ours.length > 40, String(ours.length))
    assert.deepEqual(ours.filter((route) => !asked.has(route)), [])
  })
})

test('the examples of client/js/README.md', async (t) => {
  const scene = await makeScene(t)
  const getToken = () => scene.token
  const streamed = scene.agentApi.streamTask(scene.taskId, ['Hello'])
    .then(() => scene.agentApi.updateTask(scene.taskId, { status: 'completed' }))
  const written = []
  const process = { stdout: { write: (text) => written.push(text) } }
  assert.equal(blocks('js').length, 3)
  for (const block of blocks('js')) {
    const code = block.replace(/^import .*/gm, '').replace('https://chat.example.com', scene.apiUrl)
    // The first one leaves its client open, as an application does.
    const end = code.includes('new ChatClient') ? '\nclient.disconnect()' : ''
    await scene.client.connect()
    await run(code + end, { ...scene, getToken, process })
  }
  await streamed
  assert.equal(written.join(''), 'Hello')
})

test('the examples for React, in a page', async (t) => {
  const components = all.filter(({ entry }) => entry === REACT).map(({ of, code }) => `
    elements.${of} = (() => {
      ${code}
      return ${of === 'ChatProvider' ? 'page' : 'h(ChatProvider, { client }, h(Example))'}
    })()`)
  const [jsx] = blocks('jsx').map((code) => code.replace(/^import .*/gm, ''))
  const site = await Site.start(t, {
    pages: {
      '/': '<!doctype html><title>test</title><script type="module" src="/app.js"></script>',
      '/app.js': await bundle(`
        import { createElement as h, StrictMode } from 'react'
        import { createRoot } from 'react-dom/client'
        import { ChatClient } from '@carillon/chat'
        import * as hooks from '${REACT}'
        const { ChatProvider, ${all.filter(({ entry }) => entry === REACT).map(({ of }) => of)
    .filter((name) => name !== 'ChatProvider').join()} } = hooks
        const { apiUrl, token, conversationId, taskId } = await (await fetch('/config')).json()
        const client = new ChatClient({ apiUrl, token })
        const elements = {}
        ${components.join('\n')}
        elements.readme = (() => { ${jsx.replace('\n<ChatProvider', '\nreturn <ChatProvider')} })()
        for (const [of, element] of Object.entries(elements)) {
          const place = document.body.appendChild(document.createElement('section'))
          place.id = of
          createRoot(place).render(h(StrictMode, null, element))
        }
        tell('whole')`),
    },
    routes: { '/config': () => scene },
  })
  const own = await Server.start({ args: ['--allowed-origins', site.origin] })
  t.after(() => own.stop())
  const [ada, grace] = await makeTenant(own, 'Ada', 'Grace')
  const agent = await makeAgent(ada, 'Thinker')
  const { id } = await ada.conversation([grace, agent], { type: 'agent_group', name: 'room' })
  const task = { conversationId: id, title: 'Answer', agentId: agent.id }
  await ada.send(id, 'Welcome!')
  const scene = {
    apiUrl: own.url,
    token: ada.access,
    conversationId: id,
    taskId: (await apiOf(ada).createTask(task)).id,
  }
  const { page, told } = await openTab(await launch(t), site)
  const shows = (of, text) => page.locator(`#${of}`, { hasText: text }).waitFor()
  await shows('ChatProvider', 'everything in here')
  await shows('useChat', 'Say hello')
  await shows('useConnected', 'online')
  await shows('useConversation', 'Welcome!')
  await shows('useConversations', 'room')
  await shows('readme', 'Welcome!')
  await apiOf(agent).streamTask(scene.taskId, ['Forty', '-two'])
  await apiOf(agent).updateTask(scene.taskId, { status: 'completed' })
  await shows('useTaskStream', 'Forty-two')
  await page.locator('#useChat button').click()
  await shows('useConversation', 'Hello!')
  assert.deepEqual(told, [['whole']])
})
