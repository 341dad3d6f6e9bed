// SPDX-License-Identifier: Apache-2.0
// erasure.test.js: what a user wrote is handed out and forgotten, beside a server that runs: their
// sockets close, the others hear of every message that goes, and a restart in the middle goes on.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expectStatus, makeTenant } from '../lib/people.js'
import { metric } from '../lib/search.js'
import { run, startServer } from '../lib/server.js'
import { until } from '../lib/wait.js'

const range = (count) => Array.from({ length: count }, (_, i) => i)

async function command(server, ...words) {
  const end = await run([...words, '--data', server.data])
  assert.equal(end.code, 0, end.stderr)
  return end.stdout
}

// "Within about a second", by the word of the server: asked any later, it has so many sockets and
// no more. How long this process takes to look does not count.
async function closesInTime(server, count) {
  const began = performance.now()
  await until(async () => {
    const askedMs = performance.now() - began
    const isClosed = await metric(server, 'carillon_sockets') === count
    assert.ok(isClosed || askedMs < 2000, `still open ${askedMs.toFixed(0)} ms later`)
    return isClosed
  }, 'the socket to be closed')
}

test('a user is exported and erased while the server runs', async (t) => {
  const server = await startServer(t)
  const [ada, grace, joan] = await makeTenant(server, 'Ada', 'Grace', 'Joan')
  const { id } = await ada.conversation([grace, joan], { type: 'group', name: 'group' })
  const direct = await ada.conversation([grace], { type: 'direct' })
  const own = await ada.send(id, 'of Ada')
  const first = await grace.send(id, 'a secret')
  await grace.send(direct.id, 'another secret')
  const edit = { content_text: 'a changed secret' }
  expectStatus(await grace.patch(`/v1/chat/messages/${first.id}`, edit), 200)
  const reaction = { conversation_id: id, emoji: '👍' }
  expectStatus(await grace.post(`/v1/chat/messages/${own.id}/reactions`, reaction), 200)
  const page = expectStatus(await ada.get(`/v1/chat/conversations/${id}/messages`), 200)

  const data = JSON.parse(await command(server, 'user', 'export', grace.email))
  assert.deepEqual(data.messages.map((one) => one.content_text).sort(),
    ['a changed secret', 'another secret'])
  assert.deepEqual(data.earlier_versions.map((one) => one.content_text), ['a secret'])
  assert.equal(data.users[0].email, grace.email)
  assert.equal(data.reactions.length, 1)
  assert.deepEqual(data.conversations.map((one) => one.id).sort(), [id, direct.id].sort())

  const gone = await grace.socket()
  const listener = await ada.socket()
  await command(server, 'user', 'erase', grace.email)
  await closesInTime(server, 1)
  assert.equal((await gone.ends()).code, 4001)
  await listener.until(() => listener.events('message.deleted').length === 2, 'the tombstones')
  assert.equal((await listener.hears('participant.removed'))[0].user_id, grace.id)
  assert.deepEqual(await listener.hears('reaction.updated'),
    [{ message_id: own.id, user_id: grace.id, emoji: '👍', action: 'removed' }])

  const sync = { conversations: [{ conversation_id: id, last_seq: page.current_seq,
    changed_since: page.change_seq }] }
  const { batches: [batch] } = expectStatus(await ada.post('/v1/chat/messages/sync', sync), 200)
  assert.deepEqual(batch.changes.map((one) => [one.content_text, 'deleted_at' in one]).sort(),
    [['', true], ['of Ada', false]])
  const { conversations } = expectStatus(await ada.get('/v1/chat/conversations'), 200)
  const contact = conversations.find((one) => one.id === direct.id).contact
  assert.equal(contact.display_name, 'Deleted user')
  assert.equal((await grace.get('/auth/me')).status, 401)
  const login = { email: grace.email, password: 'correct horse battery staple' }
  assert.equal((await server.request('POST', '/auth/login', { body: login })).status, 401)
  assert.match(await command(server, 'check'), /nothing to repair/)
  await listener.close()

  // Not in a backup either, whose pages are written anew.
  const file = join(server.data, 'backup')
  await until(async () => !readFileSync(await backup(server, file)).includes('secret'),
    'no trace in a backup')
})

let backups = 0
async function backup(server, file) {
  const path = `${file}-${backups++}`
  await command(server, 'backup', path)
  return path
}

test('an erasure that a crash interrupts goes on after the restart', async (t) => {
  const server = await startServer(t)
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const conversations = []
  for (const i of range(30)) {
    const { id } = await ada.conversation([grace], { type: 'group', name: `${i}` })
    for (const k of range(10)) await grace.send(id, `secret ${i}/${k}`)
    conversations.push(id)
  }
  await command(server, 'user', 'erase', grace.id)
  await server.kill9()
  await server.restart()
  await until(async () => {
    const histories = await Promise.all(conversations.map((id) => ada.history(id)))
    return histories.flat().every((one) => one.content_text === '')
  }, 'all tombstones')
  await server.terminate()
  assert.equal(await command(server, 'user', 'erase', ada.id, '--keep-messages'), 'erased\n')
  assert.match(await command(server, 'check'), /nothing to repair/)
  await server.restart()
})
