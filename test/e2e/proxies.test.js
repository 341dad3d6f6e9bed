// SPDX-License-Identifier: Apache-2.0
// proxies.test.js: the proxies that docs/operations.md tells how to configure, in front of a real
// server: people chat through them, are told apart, and nobody gets a request past them that they
// have not seen.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { makeAgent, TaskStream } from '../lib/agents.js'
import { HIDDEN_PATH, bodiesOfGet, goodBodies, refusedFramings } from '../lib/framing.js'
import { RawHttp, requestJson } from '../lib/http.js'
import { expectStatus, makeTenant } from '../lib/people.js'
import { freePort } from '../lib/ports.js'
import { startHaproxy, startNginx } from '../lib/proxies.js'
import { HOST } from '../lib/refused.js'
import { startServer, temporaryDirectory } from '../lib/server.js'
import { DEADLINE_MS, until } from '../lib/wait.js'

const PROXIES = { nginx: startNginx, HAProxy: startHaproxy }

// The server, and what its clients take for it.
async function startBehind(t, start) {
  const port = await freePort() // neither program tells which one it has
  const args = ['--trusted-proxies', '127.0.0.1', '--public-url', `http://127.0.0.1:${port}`,
    '--rate-auth-per-min', '60000']
  const server = await startServer(t, { tls: false, args })
  const directory = temporaryDirectory()
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const proxy = await start(t, server, port, directory)
  const request = (method, path, options) => requestJson(port, method, path, options)
  return { server, proxy, front: { port, request } }
}

const TIMES = 3 // of each hostile request, so that a connection to the server is used again
const PATIENCE_MS = 1000
const LAST = `GET ${HIDDEN_PATH} HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`

// Send it, and wait for the proxy to make an end of it. One that waits for more is left alone.
// Where an end has to come, a busy machine is waited for.
async function send(port, bytes, patienceMs = PATIENCE_MS) {
  const connection = await RawHttp.open(port, { plain: true })
  try {
    await connection.write(bytes)
    return (await connection.rest(patienceMs).catch(() => '')).toString('latin1')
  } finally {
    connection.close()
  }
}

async function answersOf(server, route) {
  const { body } = await server.request('GET', '/metrics')
  const line = new RegExp(`^carillon_http_requests_total\\{.*"${route}".*\\} (\\d+)$`, 'gm')
  return [...body.matchAll(line)].reduce((sum, [, count]) => sum + Number(count), 0)
}

for (const [name, start] of Object.entries(PROXIES)) {
  test(`through ${name} people chat, on sockets that stay open`, async (t) => {
    const { front } = await startBehind(t, start)
    const [ada, grace] = await makeTenant(front, 'Ada', 'Grace')
    const robot = await makeAgent(ada, 'Robot')
    const { id } = await ada.conversation([grace, robot], { type: 'group' })
    const socket = await grace.socketV1()
    await ada.send(id, 'through')
    await socket.hears('message.created')

    const body = { conversation_id: id, title: 'to answer', agent_id: robot.id }
    const task = expectStatus(await ada.post('/v1/chat/tasks', body), 201)
    const stream = new TaskStream(robot, task.id)
    stream.delta('at once')
    const [delta] = await socket.hears('task_stream_delta')
    assert.equal(delta.delta, 'at once')
    expectStatus(await stream.end(), 200)
    await socket.close()
  })

  test(`through ${name} everybody has an address of their own`, async (t) => {
    const { server, front } = await startBehind(t, start)
    const login = (headers) => front.request('POST', '/auth/login',
      { headers, body: { email: 'nobody@example.com', password: 'wrong password' } })
    // The test's own address is trusted, so the one that it tells counts; Forwarded, which the
    // proxy does not write, must not get through.
    await login({ 'x-forwarded-for': '192.0.2.7', forwarded: 'for=192.0.2.8' })
    await until(() => /event=login_refused .*\baddress=192\.0\.2\.7\b/.test(server.log),
      () => `the address of the client\n${server.log}`)
  })

  test(`H22 nothing gets past ${name} that it has not sent on`, async (t) => {
    const { server, proxy } = await startBehind(t, start)
    const rows = [...bodiesOfGet, ...refusedFramings]
    const first = await send(proxy.port, LAST, DEADLINE_MS)
    assert.equal(first.match(/^HTTP\/1\.1 200 /gm)?.length, 1)
    for (let i = 0; i < TIMES; i++) {
      const good = goodBodies.map(([, bytes]) => send(proxy.port, bytes + LAST, DEADLINE_MS))
      await Promise.all([...good, ...rows.map(([, bytes]) => send(proxy.port, bytes + LAST))])
    }
    const seen = await answersOf(server, HIDDEN_PATH)
    assert.ok(seen > goodBodies.length, `${seen} good requests came through`)
    // A proxy's log may come after the answers that it is about.
    for (const path of [HIDDEN_PATH, '/auth/refresh', '/healthz']) {
      const count = await answersOf(server, path)
      await until(() => proxy.sentOn(path) >= count,
        () => `${count} requests for ${path} came, ${proxy.sentOn(path)} were sent on`, 5000)
    }
    t.diagnostic(`${rows.length * TIMES} hostile requests, ${seen} good ones came through`)
  })
}
