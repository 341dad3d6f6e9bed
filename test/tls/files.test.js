// SPDX-License-Identifier: Apache-2.0
// files.test.js: which certificates a server starts with, and what it says of the others.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { chmodSync, copyFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Server, run, temporaryDirectory } from '../lib/server.js'
import { makeCertificate, makeExpiredCertificate, openssl, tlsArguments } from '../lib/tls.js'

const directory = temporaryDirectory()
const file = (name) => join(directory, name)
let good
let other

before(() => {
  good = makeCertificate()
  other = makeCertificate()
})
after(() => rmSync(directory, { recursive: true, force: true }))

// The server does not start, says why in one line, and the exit code says whether to try again.
async function refuses(args, expected, code = 2) {
  const data = file('never-made')
  const end = await run(['serve', '--listen', '127.0.0.1:0', '--data', data, ...args])
  assert.equal(end.code, code, end.stderr)
  assert.match(end.stderr, expected)
  assert.equal(end.stderr.trim().split('\n').length, 1, end.stderr)
  assert.equal(end.stdout, '')
}

describe('a server does not start', () => {
  test('with a key that does not fit', () =>
    refuses(tlsArguments({ cert: good.cert, key: other.key }), /key .* does not fit the certif/))

  test('L11 with files that are not there', async () => {
    await refuses(tlsArguments({ cert: file('none.pem'), key: good.key }),
      /cannot read the certificate .*none\.pem.*No such file/, 1)
    await refuses(tlsArguments({ cert: good.cert, key: file('none.key') }),
      /cannot read the key .*none\.key.*No such file/, 1)
  })

  test('L11 with files that are empty, cut off or something else', async () => {
    writeFileSync(file('empty'), '')
    await refuses(tlsArguments({ cert: file('empty'), key: good.key }), /no certificate in PEM/)
    await refuses(tlsArguments({ cert: good.cert, key: file('empty') }), /no private key in PEM/)
    await refuses(tlsArguments({ cert: good.key, key: good.cert }), /no certificate in PEM/)
  })

  test('with a key that asks for a passphrase', async () => {
    openssl(['pkey', '-in', good.key, '-aes128', '-passout', 'pass:secret', '-out', file('locked')])
    await refuses(tlsArguments({ cert: good.cert, key: file('locked') }), /is encrypted/)
  })

  test('with one of the two options, or lists of different length', async () => {
    await refuses(['--tls-cert', good.cert], /tls_cert and tls_key go together/)
    await refuses(['--tls-key', good.key], /tls_cert and tls_key go together/)
    await refuses(['--tls-cert', `${good.cert},${other.cert}`, '--tls-key', good.key],
      /2 certificates and 1 keys/)
  })

  test('with two certificates of one kind', () =>
    refuses(tlsArguments(good, other), /same kind of key/))
})

describe('a server warns and starts', () => {
  const started = async (pair) => {
    const server = await Server.start({ tls: pair })
    await server.stop()
    return server.log
  }

  test('with a certificate that has expired', async () => {
    const expired = makeExpiredCertificate()
    const log = await started(expired)
    assert.match(log, /level=warn event=tls_certificate_expired path=\S+ days_ago=\d+/)
  })

  test('with a key that others can read', async () => {
    copyFileSync(good.key, file('open.key'))
    chmodSync(file('open.key'), 0o644)
    const log = await started({ cert: good.cert, key: file('open.key') })
    assert.match(log, /level=warn event=tls_key_open_to_others path=\S+open\.key mode=0644/)
    chmodSync(file('open.key'), 0o640) // for a group: how keys are handed to services
    assert.doesNotMatch(await started({ cert: good.cert, key: file('open.key') }), /level=warn/)
  })
})
