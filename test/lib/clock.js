// SPDX-License-Identifier: Apache-2.0
// clock.js: a wall clock that jumps under a real server, by libfaketime. The monotonic clock stays
// true, as it does on a machine whose time is set.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IS_SANITIZED } from './server.js'

export class Clock {
  static isPossible = !IS_SANITIZED

  constructor(t) {
    this.directory = mkdtempSync(join(tmpdir(), 'carillon-clock-'))
    t.after(() => rmSync(this.directory, { recursive: true, force: true }))
    this.path = join(this.directory, 'offset')
    this.set(0)
    this.env = {
      LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
      FAKETIME_TIMESTAMP_FILE: this.path,
      FAKETIME_NO_CACHE: '1',
      DONT_FAKE_MONOTONIC: '1',
    }
  }

  // How far the clock is off, in seconds.
  set(seconds) {
    writeFileSync(`${this.path}.new`, seconds < 0 ? `${seconds}\n` : `+${seconds}\n`)
    renameSync(`${this.path}.new`, this.path)
  }
}
