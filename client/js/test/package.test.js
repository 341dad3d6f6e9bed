// SPDX-License-Identifier: Apache-2.0
// package.test.js: what an application gets when it installs this: both kinds of modules, types
// that fit them, and not more than 12 kB.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { ROOT } from './lib/source.js'

const GZIP_BYTES_MAX = 12_000
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

test('import and require give the same', async () => {
  const imported = await import('@carillon/chat')
  const required = createRequire(import.meta.url)('@carillon/chat')
  assert.deepEqual(Object.keys(required).sort(), Object.keys(imported).sort())
  for (const name of ['ChatClient', 'ChatApi', 'ChatSocket', 'ChatApiError']) {
    assert.equal(typeof imported[name], 'function')
  }
  const hooks = await import('@carillon/chat/react')
  assert.deepEqual(
    Object.keys(createRequire(import.meta.url)('@carillon/chat/react')).sort(),
    Object.keys(hooks).sort())
})

test('it depends on nothing at run time', () => {
  assert.equal(manifest.dependencies, undefined)
  for (const [, { optional }] of Object.entries(manifest.peerDependenciesMeta)) assert.ok(optional)
})

test(`it has at most ${GZIP_BYTES_MAX} bytes, minified and gzipped`, async (t) => {
  const { outputFiles: [file] } = await build({
    absWorkingDir: ROOT,
    stdin: { contents: "export * from '@carillon/chat'", resolveDir: ROOT },
    bundle: true,
    minify: true,
    format: 'esm',
    legalComments: 'none',
    write: false,
  })
  const bytes = gzipSync(file.contents, { level: 9 }).length
  t.diagnostic(`${file.contents.length} bytes minified, ${bytes} gzipped`)
  assert.ok(bytes <= GZIP_BYTES_MAX, `${bytes} bytes`)
})

// An application in TypeScript, as strict as there is.
const APP = `
import { ChatClient, ChatApiError, type Message, type ChatEvents } from '@carillon/chat'
import { useConversation } from '@carillon/chat/react'
const client = new ChatClient({ apiUrl: 'http://localhost', getToken: async () => 'token' })
client.on('message.created', ({ message_id, seq_num, is_internal }, conversationId) => {
  const id: string = message_id, n: number = seq_num, flag: boolean | undefined = is_internal
  const where: string | undefined = conversationId
  console.log(id, n, flag, where)
})
client.on('call.ended', ({ duration_seconds }) => duration_seconds.toFixed())
client.once('connected', () => {})
// @ts-expect-error there is no such event
client.on('message.exploded', () => {})
export async function f(): Promise<Message> {
  try {
    for await (const piece of client.stream('task')) piece.toUpperCase()
    // @ts-expect-error a conversation is needed
    await client.api.send({ contentText: 'x' })
    return await client.api.send({ conversationId: 'c', contentText: 'x' })
  } catch (error) {
    if (error instanceof ChatApiError) console.log(error.status, error.code, error.body)
    throw error
  }
}
export const page = () => useConversation('c').messages.map((one) => one.state)
export type Payload = ChatEvents['task_stream_delta']
`

for (const [kind, extension] of [['import', 'mts'], ['require', 'cts']]) {
  test(`the types fit an application that uses ${kind}`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'carillon-types-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    mkdirSync(join(folder, 'node_modules', '@carillon'), { recursive: true })
    symlinkSync(ROOT, join(folder, 'node_modules', '@carillon', 'chat'))
    symlinkSync(join(ROOT, 'node_modules', '@types'), join(folder, 'node_modules', '@types'))
    writeFileSync(join(folder, `app.${extension}`), APP)
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
    const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes',
      '--noUncheckedIndexedAccess', '--module', 'nodenext', '--target', 'es2022',
      '--lib', 'es2022,dom', join(folder, `app.${extension}`)]
    execFileSync(process.execPath, [tsc, ...options], { stdio: 'inherit' })
  })
}
