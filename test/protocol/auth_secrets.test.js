// SPDX-License-Identifier: Apache-2.0
// auth_secrets.test.js: no token, key or password is ever found in what the server says about
// itself (A10): its log at the most talkative level, its metrics, and the bodies of its errors.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { exchange } from '../lib/http.js'
import { PASSWORD, makeTenant } from '../lib/people.js'
import { startServer } from '../lib/server.js'
import { signingKey } from '../lib/tokens.js'
import { RawWs } from '../lib/ws_raw.js'

// Everything that a careless server would repeat.
async function misuse(server, token, bodies) {
  const keep = ({ status, body }) => status >= 400 && bodies.push(JSON.stringify(body))
  const path = encodeURIComponent(token)
  keep(await server.request('GET', '/auth/me', { token: `${token}x` }))
  keep(await server.request('GET', '/auth/me', { token }))
  keep(await server.request('GET', `/nothing?token=${path}`, { token }))
  keep(await server.request('GET', `/nothing/${path}`, { token }))
  keep(await server.request('GET', `/v1/chat/conversations/${path}/messages`, { token }))
  const referer = `http://x/?token=${token}`
  keep(await server.request('GET', '/nothing', { headers: { referer } }))
  keep(await server.request('BREW', `/auth/me?token=${path}`, { token }))
  for (const route of ['/auth/refresh', '/auth/login', '/auth/signup', '/v1/chat/messages/send']) {
    keep(await server.request('POST', route, { token, raw: `{"refresh_token":"${token}"` }))
    keep(await server.request('POST', route, { token, raw: token }))
    keep(await server.request('POST', route, { token, body: { refresh_token: `${token}x` } }))
    keep(await server.request('POST', route, { token, body: { email: token, password: token } }))
  }
  for (const target of [`/ws?token=${token}`, `/ws?token=${token}x`, `/ws?a=b&token=${token}&c=d`,
    `/ws?TOKEN=${token}`, `/ws?%74oken=${token}`]) {
    for (const headers of [{}, { Origin: 'https://evil.com' }, { 'Sec-WebSocket-Key': 'x' }]) {
      const { ws, response } = await RawWs.handshake(server.port, target, { headers })
      ws.close()
      bodies.push(response.body.toString())
    }
  }
  const broken = [`GET /ws?token=${token} HTTP/1.1`, 'Host: a', `Authorization: Bearer ${token}`,
    'A b', '', ''].join('\r\n')
  for (const response of await exchange(server.port, broken)) bodies.push(response.body.toString())
}

function filesBelow(directory) {
  return readdirSync(directory).map((name) => join(directory, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesBelow(path) : [path]))
}

test('A10 no secret is in the log, the metrics or an error', async (t) => {
  const server = await startServer(t, { args: ['--log-level', 'debug'] })
  const bodies = []
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const { body: invite } = await ada.post('/v1/tenant/invites')
  const { token: ticket } = await ada.messagingToken()
  const { token: unused } = await ada.messagingToken()
  const socket = await ada.socket()
  const conversation = await ada.conversation([grace])
  const text = 'What was said between us is nobody\'s business.'
  await ada.send(conversation.id, text)
  const secrets = [ada.access, grace.access, ada.refresh, invite.invite_token, ticket, unused,
    PASSWORD, `${PASSWORD} 2`, text, signingKey(server).secret.toString('hex')]

  await ada.post('/auth/change-password', {
    current_password: PASSWORD, new_password: `${PASSWORD} 2` })
  for (const secret of [unused, ticket, ada.access, invite.invite_token, ada.refresh]) {
    await misuse(server, secret, bodies)
  }
  await socket.close()
  const { body: metrics } = await server.request('GET', '/metrics')
  const files = filesBelow(server.data).filter((path) => !path.includes('/keys/'))
  const stored = Buffer.concat(files.map((path) => readFileSync(path)))

  assert.ok(server.log.length > 0, 'there is a log to look at')
  assert.ok(bodies.length > 100, 'there were errors to look at')
  for (const secret of secrets) {
    // Also without its first and last bytes, should somebody cut it for the log.
    const core = secret.length > 40 ? secret.slice(4, -4) : secret
    const signature = secret.split('.').at(-1)
    for (const needle of [secret, core, encodeURIComponent(secret), signature]) {
      if (needle.length < 20) continue
      assert.ok(!server.log.includes(needle), `in the log: ${needle.slice(0, 12)}…`)
      assert.ok(!metrics.includes(needle), `in the metrics: ${needle.slice(0, 12)}…`)
      const body = bodies.find((one) => one.includes(needle))
      assert.equal(body, undefined, `in an error: ${needle.slice(0, 12)}…`)
    }
    if (secret !== text) assert.ok(!stored.includes(secret), `on disk: ${secret.slice(0, 12)}…`)
  }
})
