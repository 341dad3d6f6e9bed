// SPDX-License-Identifier: Apache-2.0
// client_driver.js: test/client_driver.c as a process: a C client that does what it is told, and
// says in lines of JSON what its callbacks were told.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Child } from './child.js'
import { BUILD_DIR } from './server.js'
import { certificateOf } from './tls.js'
import { until, within } from './wait.js'

// The driver's process, and what it said so far.
export class Driver {
  lines = []
  onLine = () => {}
  #rest = ''

  // It trusts the certificate that is known for the port of `url`, unless `env` has a CA_FILE.
  static async start(t, url, token, env = {}) {
    const driver = new Driver()
    const cert = certificateOf(Number(new URL(url).port))
    driver.child = new Child(join(BUILD_DIR, 'test', 'client_driver'), [],
      { CARILLON_URL: url, CARILLON_KEY: token, ...(cert && { CA_FILE: cert }), ...env }, 'pipe')
    driver.child.process.stdin.on('error', () => {})
    driver.child.process.stdout.on('data', (text) => driver.#hear(text))
    t.after(() => driver.child.end ?? driver.child.signal('SIGKILL'))
    return driver
  }

  // What the child has kept of it is for stories only.
  #hear(text) {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()
    for (const line of lines) {
      const told = JSON.parse(line)
      this.lines.push(told)
      this.onLine(told)
    }
    this.child.stdout = this.child.stdout.slice(-8000)
  }

  say(command) {
    this.child.process.stdin.write(`${command}\n`)
  }

  of(key) {
    return this.lines.filter((line) => line[key] !== undefined)
  }

  until(condition, what, deadline) {
    return until(() => condition(this), () => `${what}\n${this.child.story()}`, deadline)
  }

  isOpen() {
    return this.until(() => this.of('state').at(-1)?.state === 'open', 'an open socket')
  }

  async quit() {
    this.say('quit')
    assert.deepEqual(await within(this.child.ended, 'the end of the driver'),
      { code: 0, signal: null }, this.child.story())
    assert.equal(this.child.stderr, '')
    return this.of('end').at(-1)
  }
}
