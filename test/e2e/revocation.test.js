// SPDX-License-Identifier: Apache-2.0
// revocation.test.js: who is put out, by another process too, hears nothing more within a second.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { PASSWORD, makeTenant, settle } from '../lib/people.js'
import { run, startServer } from '../lib/server.js'

test('A17 a user disabled from the command line loses sockets and tokens', async (t) => {
  const server = await startServer(t)
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const room = (await ada.conversation([grace], { type: 'group', name: 'room' })).id
  const devices = [await grace.socket(), await grace.socket()]
  const witness = await ada.socket()
  await settle(ada, room, [...devices, witness])

  const { code, stderr } = await run(['user', 'disable', grace.id, '--data', server.data])
  assert.equal(code, 0, stderr)
  for (const device of devices) assert.equal((await device.ends()).code, 4001)
  assert.equal((await grace.get('/auth/me')).status, 401)
  const body = { email: grace.email, password: PASSWORD }
  assert.equal((await server.request('POST', '/auth/login', { body })).status, 401)

  await settle(ada, room, [witness])
  for (const device of devices) assert.equal(device.events('message.created').length, 1)
  await witness.close()
})

test('A17 a restart does not bring a revoked session back', async (t) => {
  const server = await startServer(t)
  const [ada] = await makeTenant(server, 'Ada')
  const other = await ada.login()
  const logout = await other.post('/auth/logout', { refresh_token: other.refresh })
  assert.equal(logout.status, 200)
  await server.terminate()
  await server.restart()
  assert.equal((await other.get('/auth/me')).status, 401) // from the first request on
  assert.equal((await ada.get('/auth/me')).status, 200)
})
