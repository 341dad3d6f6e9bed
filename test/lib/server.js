// SPDX-License-Identifier: Apache-2.0
// server.js: a real server on a free port and a data directory of its own.
// Every server that a test starts is stopped with SIGTERM and must then exit with 0, which is how
// each suite also is a test of stopping.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from './child.js'
import { requestJson } from './http.js'
import {
  isWholeRunOverTls, schemeOf, setPortCertificate, tlsArguments, usualCertificate,
} from './tls.js'
import { until, within } from './wait.js'

export const CARILLON = process.env.CARILLON_BIN ?? 'build/carillon'
// A sanitized server is several times slower, and keeps freed memory for a while to watch it.
export const IS_SANITIZED = /build-(asan|tsan)/.test(CARILLON)
export const BUILD_DIR = process.env.CARILLON_BUILD_DIR ?? 'build'

// Real password hashing would be most of the time of a suite that makes people.
const QUICK = ['--password-memory-kib', '8192']

export function temporaryDirectory() {
  return mkdtempSync(join(tmpdir(), 'carillon-test-'))
}

export class Server {
  // The standard error of every run on this directory, for those who look for what must not be
  // there.
  history = ''

  // options: args (further options of `serve`), data (a directory, kept by its owner), env, tls
  // (true, or the certificates as makeCertificate gives them, of which clients trust the first),
  // hasTlsFlags (false: its configuration file names them).
  static async start(options = {}) {
    const server = new Server(options)
    try {
      await server.#run()
    } catch (error) {
      server.#forget()
      throw error
    }
    return server
  }

  constructor({ args = [], data, env = {}, tls = isWholeRunOverTls(), hasTlsFlags = true } = {}) {
    this.args = args
    this.certificates = tls === true ? [usualCertificate()] : tls ? [tls].flat() : []
    this.hasTlsFlags = hasTlsFlags
    this.env = env
    this.isDataOurs = data === undefined
    this.data = data ?? temporaryDirectory()
  }

  async #run() {
    this.child = new Child(
      CARILLON,
      ['serve', '--listen', '127.0.0.1:0', '--data', this.data, ...QUICK, ...this.#tlsArguments(),
        ...this.args],
      this.env,
    )
    try {
      const scheme = this.certificates.length > 0 ? 'https' : 'http'
      const match = await this.child.output(
        new RegExp(`^carillon: listening on ${scheme}://127\\.0\\.0\\.1:(\\d+)$`, 'm'))
      this.port = Number(match[1])
      setPortCertificate(this.port, this.certificates[0]?.cert ?? null)
    } catch (error) {
      await this.child.signal('SIGKILL')
      throw error
    }
  }

  #tlsArguments() {
    const isTold = this.certificates.length > 0 && this.hasTlsFlags
    return isTold ? tlsArguments(...this.certificates) : []
  }

  get url() {
    return `${schemeOf(this.port)}://127.0.0.1:${this.port}`
  }

  get pid() {
    return this.child.pid
  }

  // All that was ever said, also by earlier runs on the same directory.
  get log() {
    return this.history + this.child.stderr
  }

  // A JSON request; see requestJson for the options.
  request(method, path, options) {
    return requestJson(this.port, method, path, options)
  }

  // The end of the test: whatever it left running stops as it should, and the directory goes.
  async stop() {
    try {
      if (!this.child.end) await this.terminate()
    } finally {
      this.#forget()
    }
  }

  async kill9() {
    const end = await this.child.signal('SIGKILL')
    assert.equal(end.signal, 'SIGKILL', 'it was still running when it was killed')
  }

  // Start again on the same directory, on whatever port is free now.
  async restart() {
    assert.ok(this.child.end, 'stop or kill the server before it is restarted')
    this.history += this.child.stderr
    await this.#run()
  }

  // Stop as an operator does, and stay able to restart.
  async terminate() {
    const end = await this.child.signal('SIGTERM')
    assert.deepEqual(end, { code: 0, signal: null }, this.child.story())
  }

  #forget() {
    if (this.isDataOurs) rmSync(this.data, { recursive: true, force: true })
  }
}

// A server for one test that has what this one has now, from a backup. Access tokens of the one are
// void at the other; sessions and keys are good.
export async function startRestored(t, server) {
  const folder = temporaryDirectory()
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const [file, data] = [join(folder, 'backup'), join(folder, 'data')]
  for (const [command, from] of [['backup', server.data], ['restore', data]]) {
    const { code, stderr } = await run([command, file, '--data', from])
    assert.equal(code, 0, stderr)
  }
  return startServer(t, { data })
}

// A server for one test, which is stopped when the test is over, however it ends.
export async function startServer(t, options) {
  const server = await Server.start(options)
  t.after(() => server.stop())
  return server
}

// Tell a server to read its configuration again, and wait for one more line of its log that
// matches: that line.
export async function reload(server, pattern) {
  const lines = () => server.child.stderr.match(new RegExp(pattern, 'g')) ?? []
  const before = lines().length
  server.child.process.kill('SIGHUP')
  await until(() => lines().length > before, () => `${pattern}\n${server.child.story()}`)
  return lines().at(-1)
}

// The test server of the codec: echoes every message, with a limit of 16 MiB.
export class EchoServer {
  static async start({ tls = isWholeRunOverTls() } = {}) {
    const server = new EchoServer()
    const args = tls ? tlsArguments(usualCertificate()) : []
    server.child = new Child(join(BUILD_DIR, 'test', 'ws_echo'), args)
    const match = await server.child.output(
      /^ws_echo: listening on https?:\/\/127\.0\.0\.1:(\d+)$/m)
    server.port = Number(match[1])
    setPortCertificate(server.port, tls ? usualCertificate().cert : null)
    return server
  }

  async stop() {
    const end = await this.child.signal('SIGTERM')
    assert.deepEqual(end, { code: 0, signal: null }, this.child.story())
  }
}

// Run the program to its end: { code, signal, stdout, stderr }.
export async function run(args, env = {}) {
  const child = new Child(CARILLON, args, env)
  const end = await within(child.ended, () => `the end of ${child.story()}`)
  return { ...end, stdout: child.stdout, stderr: child.stderr }
}
