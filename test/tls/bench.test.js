// SPDX-License-Identifier: Apache-2.0
// bench.test.js: the load generator as a client of TLS, in small: every event reaches every socket
// once and in order. What it measures with more is in docs/performance.md.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Child } from '../lib/child.js'
import { BUILD_DIR, CARILLON, temporaryDirectory } from '../lib/server.js'
import { within } from '../lib/wait.js'

for (const kind of ['ecdsa', 'rsa']) {
  test(`a fan-out over TLS with ${kind} reaches everybody`, async (t) => {
    const directory = temporaryDirectory()
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    const args = ['fanout', '--tls', kind, '--listeners', '100', '--rate', '20', '--seconds', '2',
      '--warm-up', '0', '--pairs', '1', '--server-core', 'any', '--generator-core', 'any',
      '--server', CARILLON, '--data-parent', directory]
    const child = new Child(join(BUILD_DIR, 'bench', 'carillon-bench'), args)
    assert.deepEqual(await within(child.ended, () => child.story(), 60_000),
      { code: 0, signal: null }, child.story())
    const [line] = /^result .*repetition=1 .*$/m.exec(child.stdout)
    assert.match(line, / reach=1 order_violations=0 /)
  })
}

test('a certificate of another kind is named', async (t) => {
  const directory = temporaryDirectory()
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const child = new Child(join(BUILD_DIR, 'bench', 'carillon-bench'),
    ['fanout', '--tls', 'dsa', '--data-parent', directory])
  assert.notEqual((await child.ended).code, 0)
  assert.match(child.stderr, /--tls is ecdsa or rsa, not dsa/)
})
