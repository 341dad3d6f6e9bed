// SPDX-License-Identifier: Apache-2.0
// reload.test.js: certificates change as they do every few weeks: the files are replaced, and the
// server is told. New handshakes get the new ones; what is open stays open and goes on.
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import tls from 'node:tls'
import { makeTenant, settle } from '../lib/people.js'
import { reload, startServer } from '../lib/server.js'
import {
  certificateDirectory, makeCertificate, setPortCertificate, tlsOptionsOf,
} from '../lib/tls.js'
import { until, within } from '../lib/wait.js'

let files = 0

// A server whose files can be replaced, and clients that trust all of `pairs`.
async function start(t, ...pairs) {
  const base = join(certificateDirectory(), `live-${++files}`)
  const live = { cert: `${base}.pem`, key: `${base}.key` }
  const use = (pair) => {
    copyFileSync(pair.cert, live.cert)
    copyFileSync(pair.key, live.key)
  }
  use(pairs[0])
  writeFileSync(`${base}.ca`, pairs.map(({ cert }) => readFileSync(cert)).join(''))
  const server = await startServer(t, { tls: live })
  setPortCertificate(server.port, `${base}.ca`)
  return { server, live, use }
}

// A handshake: who answers, and its socket.
async function connect(server, options = {}) {
  const socket = tls.connect({ port: server.port, host: '127.0.0.1', ...tlsOptionsOf(server.port),
    ...options })
  socket.on('error', () => {})
  await within(new Promise((resolve, reject) =>
    socket.once('secureConnect', resolve).once('close', reject)), 'a handshake')
  return socket
}

async function nameOf(server) {
  const socket = await connect(server)
  const name = socket.getPeerCertificate().subject.CN
  socket.destroy()
  return name
}

// Each worker has its own idea of the newest: every one is asked.
async function becomes(server, name) {
  for (let times = 0; times < 8;) {
    await until(async () => (times = await nameOf(server) === name ? times + 1 : 0) > 0, name)
  }
}

describe('new files', () => {
  test('are used for new handshakes, under load, and no socket is dropped', async (t) => {
    const pairs = [makeCertificate('ecdsa'), makeCertificate('rsa'), makeCertificate('ecdsa')]
    const { server, use } = await start(t, ...pairs)
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const { id } = await ada.conversation([grace])
    const sockets = await Promise.all(Array.from({ length: 10 }, () => grace.socket()))
    assert.equal(await nameOf(server), pairs[0].name)

    let isOver = false
    const acknowledged = []
    const sender = async () => {
      while (!isOver) acknowledged.push((await ada.send(id, 'x')).id)
    }
    const senders = Promise.all(Array.from({ length: 4 }, sender))
    for (let i = 1; i <= 6; i++) {
      const pair = pairs[i % pairs.length]
      use(pair)
      await reload(server, /event=reloaded/)
      await Promise.race([senders, becomes(server, pair.name)])
      // Each change has its load, however slow the disk is.
      await Promise.race([senders, until(() => acknowledged.length >= 10 * i, 'some messages')])
    }
    isOver = true
    await senders
    acknowledged.push(await settle(ada, id, sockets))
    for (const socket of sockets) {
      const heard = socket.events('message.created').map((message) => message.message_id)
      assert.deepEqual([...heard].sort(), [...acknowledged].sort())
      assert.equal(socket.closed, null)
      await socket.close()
    }
  })

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    test(`leave the sessions of ${version} good`, async (t) => {
      const pairs = [makeCertificate(), makeCertificate()]
      const { server, use } = await start(t, ...pairs)
      const options = { minVersion: version, maxVersion: version }
      const first = await connect(server, options)
      const ticket = new Promise((resolve) => first.once('session', resolve))
      first.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
      const session = first.getSession() && version === 'TLSv1.2'
        ? first.getSession() : await within(ticket, 'a ticket')
      use(pairs[1])
      await reload(server, /event=reloaded/)
      await becomes(server, pairs[1].name)
      const second = await connect(server, { ...options, session })
      assert.ok(second.isSessionReused())
      first.destroy()
      second.destroy()
    })
  }
})

describe('files that are wrong', () => {
  test('are refused, the old ones stay, and mended ones are taken', async (t) => {
    const pairs = [makeCertificate(), makeCertificate()]
    const { server, live, use } = await start(t, ...pairs)
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const { id } = await ada.conversation([grace])
    const socket = await grace.socket()
    const refused = async (reason) => {
      assert.match(await reload(server, /level=error event=reload_refused .*/), reason)
      assert.equal(await nameOf(server), pairs[0].name)
    }

    copyFileSync(pairs[1].key, live.key) // half of a change
    await refused(/the key .* does not fit the certificate/)
    writeFileSync(live.cert, '')
    await refused(/no certificate in PEM/)
    rmSync(live.cert)
    await refused(/cannot read the certificate/)

    use(pairs[1])
    await reload(server, /event=reloaded/)
    await becomes(server, pairs[1].name)
    await settle(ada, id, [socket])
    assert.equal(socket.closed, null)
    await socket.close()
  })

  test('a port does not stop to speak TLS', async (t) => {
    const file = join(certificateDirectory(), 'carillon.ini')
    const pair = makeCertificate()
    const lines = `tls_cert = ${pair.cert}\ntls_key = ${pair.key}\n`
    writeFileSync(file, lines)
    const args = ['--config', file]
    const server = await startServer(t, { args, tls: pair, hasTlsFlags: false })
    writeFileSync(file, 'signup = closed\n')
    await reload(server, /event=reloaded/)
    assert.match(server.log, /level=warn event=option_needs_restart option=tls_cert\n/)
    assert.equal(await nameOf(server), pair.name)
    writeFileSync(file, lines)
    await reload(server, /event=reloaded/)
    assert.equal(server.log.split('option_needs_restart option=tls_cert').length, 2)
  })
})
