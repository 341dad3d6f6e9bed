// SPDX-License-Identifier: Apache-2.0
// tls.js: certificates that are made when they are wanted, with the stock openssl, and which port
// speaks TLS. A suite that is to run over TLS says `tls: true` when it starts its server, or is run
// whole with CARILLON_TEST_TLS=1 (over_tls.test.js); its clients find out by the port.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let directory = null
let made = 0

// Where this process keeps its certificates; gone when it ends.
export function certificateDirectory() {
  if (directory === null) {
    directory = mkdtempSync(join(tmpdir(), 'carillon-tls-'))
    process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
  }
  return directory
}

export function openssl(args, options = {}) {
  return execFileSync('openssl', args, { stdio: ['pipe', 'pipe', 'pipe'], ...options })
}

const KEYS = {
  ecdsa: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  rsa: ['-newkey', 'rsa:2048'],
}

// A certificate for localhost that is its own authority: { cert, key }, two paths.
export function makeCertificate(kind = 'ecdsa', { name = `test ${++made}` } = {}) {
  const base = join(certificateDirectory(), `${kind}-${made++}`)
  const pair = { cert: `${base}.pem`, key: `${base}.key`, name }
  openssl(['req', '-x509', ...KEYS[kind], '-nodes', '-keyout', pair.key, '-out', pair.cert,
    '-days', '30', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'])
  return pair
}

// One that was valid years ago, which takes an authority: `openssl req` knows only days from now.
export function makeExpiredCertificate() {
  const base = join(certificateDirectory(), `expired-${made++}`)
  const fresh = makeCertificate()
  const pair = { cert: `${base}.pem`, key: fresh.key }
  const config = `[ca]\ndefault_ca=d\n[d]\ndatabase=${base}.db\nserial=${base}.srl\n` +
    `new_certs_dir=${certificateDirectory()}\ndefault_md=sha256\npolicy=p\n` +
    '[p]\ncommonName=supplied\n'
  writeFileSync(`${base}.cnf`, config)
  writeFileSync(`${base}.db`, '')
  writeFileSync(`${base}.srl`, '01\n')
  openssl(['req', '-new', '-key', fresh.key, '-out', `${base}.csr`, '-subj', '/CN=expired'])
  openssl(['ca', '-batch', '-notext', '-config', `${base}.cnf`, '-cert', fresh.cert, '-keyfile',
    fresh.key, '-in', `${base}.csr`, '-out', pair.cert, '-startdate', '20200101000000Z',
    '-enddate', '20210101000000Z'])
  return pair
}

let usual = null

// The one of servers that only want to speak TLS.
export function usualCertificate() {
  usual ??= makeCertificate()
  return usual
}

// ---- Which port speaks it ----

const ports = new Map()

// `cert`: the path of what clients should trust; null: plain.
export function setPortCertificate(port, cert) {
  if (cert === null) ports.delete(port)
  else ports.set(port, cert)
}

// What tls.connect and https.request want to know to trust the server at this port; null when it
// speaks plain HTTP.
export function tlsOptionsOf(port) {
  if (!ports.has(port)) return null
  return { ca: readFileSync(ports.get(port)), servername: 'localhost', ALPNProtocols: ['http/1.1'] }
}

// The path of what clients trust at this port; undefined when it is plain.
export const certificateOf = (port) => ports.get(port)

export const schemeOf = (port) => (ports.has(port) ? 'https' : 'http')

export const isWholeRunOverTls = () => process.env.CARILLON_TEST_TLS === '1'

// The options that make a server speak it.
export function tlsArguments(...pairs) {
  assert.ok(pairs.length > 0)
  return ['--tls-cert', pairs.map((pair) => pair.cert).join(), '--tls-key',
    pairs.map((pair) => pair.key).join()]
}
