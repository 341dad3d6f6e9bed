// SPDX-License-Identifier: Apache-2.0
// counting.test.js: a small `./dev bench resume`. A few dozen users count what they hear while
// their sockets are cut in every way and the server is killed and restarted: each message comes
// once and in order, by socket and sync together. The whole one is in docs/performance.md.
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Child } from '../lib/child.js'
import { BUILD_DIR, CARILLON, temporaryDirectory } from '../lib/server.js'
import { within } from '../lib/wait.js'

const SIZE = { users: 40, 'conversations-each': 4, rate: 60, seconds: 7, 'cut-seconds': 1,
  'restart-seconds': 2, 'server-core': 'any', 'generator-core': 'any' }
// Under a sanitizer on a busy machine; the program itself gives up earlier than this.
const DEADLINE_MS = 170_000

// The figures of a run by their names, and how it ended.
async function resume(t, options = {}, serverArgs = []) {
  const directory = temporaryDirectory()
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const all = { ...SIZE, ...options, server: CARILLON, 'data-parent': directory }
  const words = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)])
  const server = serverArgs.flatMap((word) => ['--server-arg', word])
  const child = new Child(join(BUILD_DIR, 'bench', 'carillon-bench'),
    ['resume', ...words, ...server])
  const { code } = await within(child.ended, () => child.story(), DEADLINE_MS)
  const [line = ''] = /^result .*repetition=1 .*$/m.exec(child.stdout) ?? []
  const figures = Object.fromEntries([...line.matchAll(/(\w+)=([\d.]+)/g)]
    .map(([, name, value]) => [name, Number(value)]))
  return { code, figures, story: child.story() }
}

function assertEachOnce({ code, figures, story }) {
  assert.equal(code, 0, story)
  assert.equal(figures.missing + figures.twice_or_late, 0, story)
  assert.equal(figures.messages_expected, SIZE.rate * SIZE.seconds * SIZE['conversations-each'])
  assert.equal(figures.messages_counted, figures.messages_expected, story)
  for (const how of ['close', 'fin', 'reset', 'silence']) assert.ok(figures[`cuts_${how}`] > 0)
  assert.ok(figures.server_killed > 0)
}

describe('users who count', () => {
  test('each message is heard once and in order, however sockets and server end', async (t) => {
    const run = await resume(t)
    assertEachOnce(run)
    assert.ok(run.figures.replayed_events > 0)
    assert.equal(run.figures.syncs, 0)
  })

  test('and so it is when replays are refused and a sync takes their place', async (t) => {
    const run = await resume(t, { seed: 2 },
      ['--event-log-days', '0', '--event-log-events-min', '1'])
    assertEachOnce(run)
    assert.ok(run.figures.messages_by_sync > 0)
  })

  for (const [spoil, name] of [[1, 'missing'], [2, 'twice_or_late']]) {
    test(`a message that is ${name} makes the run fail`, async (t) => {
      const { code, figures, story } = await resume(t, { spoil, seconds: 1 })
      assert.equal(code, 1, story)
      assert.equal(figures[name], 1, story)
    })
  }
})
