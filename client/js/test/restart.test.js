// SPDX-License-Identifier: Apache-2.0
// restart.test.js: case D8: a server that stops says when to come back, and its clients do.
import assert from 'node:assert/strict'
import { performance } from 'node:perf_hooks'
import { test } from 'node:test'
import { Proxy, clientOf, makeTenant, next, startServer, until } from './lib/world.js'

const HINT = /^the server restarts; connect again in (\d+) ms$/

test('D8 it comes back when the server that stopped has asked for it', async (t) => {
  const server = await startServer(t)
  const proxy = await Proxy.start(t, server) // the address stays, the port behind it changes
  const [ada] = await makeTenant(server, 'Ada')
  const client = clientOf(t, ada, { via: proxy })
  await client.connect()
  const attempts = []
  proxy.listener.on('connection', () => attempts.push(performance.now()))
  const lost = next(client, 'disconnected')
  const before = performance.now()
  await server.terminate()
  const { code, reason, willReconnect } = await lost
  assert.equal(code, 1012)
  assert.equal(willReconnect, true)
  const hint = Number(HINT.exec(reason)?.[1])
  assert.ok(hint > 1000, reason)
  await server.restart()
  await until(() => client.isConnected(), 'the connection')
  // A client that has its own idea of a wait would be back within 0.2 s.
  assert.ok(attempts[0] - before >= hint, `${attempts[0] - before} of ${hint} ms`)
})

test('D8 without carillon.v1 there is no hint, and it comes back by itself', async (t) => {
  const server = await startServer(t)
  const proxy = await Proxy.start(t, server)
  const [ada] = await makeTenant(server, 'Ada')
  const client = clientOf(t, ada, { via: proxy, protocol: 'base', maxReconnectAttempts: 1000 })
  await client.connect()
  const lost = next(client, 'disconnected')
  await server.terminate()
  const { code, reason } = await lost
  assert.equal(code, 1012)
  assert.equal(reason, 'the server restarts; connect again')
  await server.restart()
  await until(() => client.isConnected(), 'the connection')
})
