// SPDX-License-Identifier: Apache-2.0
// reload.test.js: SIGHUP. The file is read again: all of it counts, from the next request on, or
// none of it does; nobody's connection notices. Certificates are in test/tls/reload.test.js.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LIVEKIT } from '../lib/livekit.js'
import { expectStatus, makeTenant, settle, signup } from '../lib/people.js'
import { reload, startServer, temporaryDirectory } from '../lib/server.js'
import { until } from '../lib/wait.js'

let scratch
let files = 0
before(() => (scratch = temporaryDirectory()))
after(() => rmSync(scratch, { recursive: true, force: true }))

// A server with a configuration file, and a function that changes it.
async function start(t, text, options = {}) {
  const file = join(scratch, `carillon-${++files}.ini`)
  writeFileSync(file, text)
  const args = ['--config', file, ...(options.args ?? [])]
  const server = await startServer(t, { ...options, args })
  return { server, file, write: (content) => writeFileSync(file, content) }
}

// A tenant can be made by anybody, or by nobody: the answer to a signup says which.
const signupStatus = async (server) => {
  const body = { email: `x${Math.random()}@example.com`, password: 'correct horse battery staple',
    display_name: 'X', tenant_name: 'X' }
  return (await server.request('POST', '/auth/signup', { body })).status
}

describe('a good file', () => {
  test('counts from the next request on, whatever kind of option', async (t) => {
    // Each of these sockets and requests may come to another worker.
    const { server, write } = await start(t, 'signup = open\n', { args: ['--workers', '4'] })
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const { id } = await ada.conversation([grace])
    const socket = await grace.socket()
    const origin = { headers: { origin: 'https://new.example' } }
    await assert.rejects(grace.socket(origin), /403/)

    write('signup = closed\nrate_send_per_min = 3\nsockets_per_user_max = 2\n' +
      'allowed_origins = https://new.example\nmessaging_token_ttl_sec = 600\n')
    await reload(server, /event=reloaded/)
    assert.equal(await signupStatus(server), 403)
    const { expires_at: expiresAt } = await ada.messagingToken()
    assert.ok(Date.parse(expiresAt) - Date.now() > 500_000, expiresAt)
    const second = await grace.socket(origin)
    await assert.rejects(grace.socket(origin), /429/)
    for (let i = 0; i < 3; i++) await ada.send(id, `${i}`)
    const body = { conversation_id: id, content_text: 'one too many' }
    expectStatus(await ada.post('/v1/chat/messages/send', body), 429)
    for (const name of ['signup', 'rate_send_per_min', 'allowed_origins']) {
      assert.match(server.log, new RegExp(`level=info event=option_changed option=${name}\n`))
    }

    // An option that is not there any more has its default again.
    write('')
    await reload(server, /event=reloaded/)
    assert.equal(await signupStatus(server), 201)
    await settle(ada, id, [socket, second])
    assert.equal(socket.closed, null)
    await socket.close()
    await second.close()
  })

  test('connects calls, and disconnects them', async (t) => {
    const { server, write } = await start(t, '')
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const { id } = await ada.conversation([grace])
    const call = () => ada.post(`/v1/chat/conversations/${id}/calls`, { call_type: 'audio' })
    expectStatus(await call(), 409)
    write(`livekit_url = ${LIVEKIT.url}\nlivekit_api_key = ${LIVEKIT.key}\n` +
      `livekit_api_secret = ${LIVEKIT.secret}\n`)
    await reload(server, /event=reloaded/)
    const { call_id: callId } = expectStatus(await call(), 201)
    expectStatus(await ada.post(`/v1/chat/calls/${callId}/end`), 200)
    assert.ok(!server.log.includes(LIVEKIT.secret), 'the secret is not in the log')
    write('')
    await reload(server, /event=reloaded/)
    assert.equal((await call()).body.code, 'calls_not_configured')
  })

  test('flags and variables still go before it', async (t) => {
    const env = { CARILLON_MESSAGING_TOKEN_TTL_SEC: '500' }
    const { server, write } = await start(t, '', { args: ['--signup', 'closed'], env })
    write('signup = open\nmessaging_token_ttl_sec = 100\nrate_read_per_min = 1234\n')
    await reload(server, /event=reloaded/)
    assert.equal(await signupStatus(server), 403)
    assert.match(server.log, /event=option_changed option=rate_read_per_min\n/)
    assert.doesNotMatch(server.log, /option=(signup|messaging_token_ttl_sec)/)
  })

  test('cannot change what is fixed until a restart, and says so', async (t) => {
    const { server, write } = await start(t, 'readers = 2\n')
    const certificate = 'tls_cert = /nowhere/a.pem\ntls_key = /nowhere/a.key\n'
    write(`readers = 3\npassword_threads = 2\nsignup = closed\n${certificate}`)
    await reload(server, /event=reloaded/)
    assert.equal(await signupStatus(server), 403, 'the rest of the file')
    const warned = [...server.log.matchAll(/level=warn event=option_needs_restart option=(\w+)/g)]
    assert.deepEqual(warned.map(([, name]) => name),
      ['tls_cert', 'tls_key', 'readers', 'password_threads'])
    // Put back, it is not complained of any more.
    write('readers = 2\n')
    await reload(server, /event=reloaded/)
    assert.equal(server.log.split('option_needs_restart option=readers').length, 2)
  })
})

describe('L11 a bad file is refused whole', () => {
  const rows = [
    ['signup = closed\nworkrs = 2\n', /carillon-\d+\.ini:2.*workrs/],
    ['signup = closed\nrate_send_per_min = many\n', /carillon-\d+\.ini:2: rate_send_per_min must/],
    ['signup = closed\nlivekit_url = wss://livekit.example\n', /livekit_api_key is not set/],
    ['signup = closed\ntls_cert = a.pem\n', /tls_cert and tls_key go together/],
    ['signup = closed', /end/],
  ]

  test('and says why; what was there before still counts', async (t) => {
    const { server, file, write } = await start(t, 'messaging_token_ttl_sec = 300\n')
    const [ada] = await makeTenant(server, 'Ada')
    for (const [content, reason] of rows) {
      write(content)
      const line = await reload(server, /event=reload_refused .*/)
      assert.match(line, reason)
    }
    rmSync(file)
    assert.match(await reload(server, /event=reload_refused .*/), /No such file/)
    assert.doesNotMatch(server.log, /event=(reloaded|option_changed)/)
    const { expires_at: expiresAt } = await ada.messagingToken()
    assert.ok(Date.parse(expiresAt) - Date.now() > 200_000, expiresAt)
    await signup(server, 'Grace', { tenant_name: 'x' })
    write('signup = closed\n')
    await reload(server, /event=reloaded/)
    assert.equal(await signupStatus(server), 403, 'the file that was mended')
  })
})

test('reloads one after the other under load harm nobody', async (t) => {
  const { server, write } = await start(t, '')
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const { id } = await ada.conversation([grace])
  const sockets = await Promise.all(Array.from({ length: 5 }, () => grace.socket()))
  let isOver = false
  let sent = 0
  const sender = async () => {
    for (; !isOver; sent++) await ada.send(id, `${sent}`)
  }
  const senders = Promise.all(Array.from({ length: 4 }, sender))
  for (let i = 0; i < 20; i++) {
    write(`public_url = https://chat${i}.example\nping_interval_sec = ${10 + i}\n`)
    await reload(server, /event=reloaded/)
    await Promise.race([senders, until(() => sent > 10 * i, 'some messages')])
  }
  isOver = true
  await senders
  await settle(ada, id, sockets)
  for (const socket of sockets) {
    assert.equal(socket.events('message.created').length, sent + 1)
    await socket.close()
  }
})
