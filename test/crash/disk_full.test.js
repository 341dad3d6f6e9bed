// SPDX-License-Identifier: Apache-2.0
// disk_full.test.js: the disk fills up under the server (L10): writes are refused with 503, reads
// go on, nothing that was acknowledged is lost, and with room again there are writes again. The
// small disk is a tmpfs, which only root may mount; elsewhere the test is skipped, as
// test/allowed_skips.txt knows.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expectStatus, makeTenant } from '../lib/people.js'
import { Server, temporaryDirectory } from '../lib/server.js'
import { until } from '../lib/wait.js'

const DISK_MIB = 32
const BALLAST_MIB = 16

function mountSmallDisk() {
  const directory = temporaryDirectory()
  try {
    const options = ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'carillon-test', directory]
    execFileSync('mount', options, { stdio: 'pipe' })
    return directory
  } catch {
    rmSync(directory, { recursive: true, force: true })
    return null
  }
}

function unmount(directory) {
  execFileSync('umount', [directory])
  rmSync(directory, { recursive: true, force: true })
}

test('L10 a full disk refuses writes, and nothing else breaks', async (t) => {
  const disk = mountSmallDisk()
  if (disk === null) return t.skip('only root can mount a tmpfs')
  const ballast = join(disk, 'ballast')
  writeFileSync(ballast, Buffer.alloc(BALLAST_MIB * 1024 * 1024))
  const server = await Server.start({ data: disk })
  t.after(async () => {
    await server.stop()
    unmount(disk)
  })
  const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
  const { id } = await ada.conversation([grace])
  const text = 'x'.repeat(60_000)
  const acknowledged = []
  const send = async () => {
    const body = { conversation_id: id, content_text: text }
    const answer = await ada.post('/v1/chat/messages/send', body)
    if (answer.status === 201) acknowledged.push(answer.body.id)
    return answer
  }
  let answer = await send()
  for (let i = 0; i < 1000 && answer.status === 201; i++) answer = await send()
  expectStatus(answer, 503)
  assert.match(answer.headers['retry-after'], /^\d+$/)

  // Small writes may still find room in what is left; large ones do not.
  for (let i = 0; i < 20; i++) expectStatus(await send(), 503)
  const history = await grace.history(id)
  assert.deepEqual(history.map((message) => message.id), acknowledged)
  expectStatus(await grace.get('/v1/chat/conversations'), 200)
  assert.equal((await server.request('GET', '/healthz')).status, 200)
  assert.match(server.log, /full|space/i, 'the operator is told')

  rmSync(ballast)
  await until(async () => (await send()).status === 201, 'writes to return')
  const after = await grace.history(id)
  assert.deepEqual(after.map((message) => message.id), acknowledged)
  assert.deepEqual(after.map((message) => message.seq_num), acknowledged.map((_, i) => i + 1))
})
