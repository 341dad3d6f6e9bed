// SPDX-License-Identifier: Apache-2.0
// disk.js: a disk that loses power, and one that fails, under a real server: the other half of
// test/shim/disk_shim.c.
import { closeSync, existsSync, openSync, ftruncateSync, readFileSync, readdirSync, rmSync,
  writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { BUILD_DIR, IS_SANITIZED } from './server.js'

const NOTE_BYTES = 40
const SECTOR_BYTES = 512

export class Disk {
  // The shim cannot come before the runtime of a sanitizer, which wants to be the first.
  static isPossible = !IS_SANITIZED

  constructor(directory) {
    this.control = join(directory, 'control')
    writeFileSync(this.control, Buffer.alloc(24))
    this.env = { LD_PRELOAD: join(BUILD_DIR, 'test', 'disk_shim.so'),
      DISK_SHIM_CONTROL: this.control }
  }

  #set(at, value) {
    const fd = openSync(this.control, 'r+')
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value)
    writeSync(fd, bytes, 0, 4, at)
    closeSync(fd)
  }

  #get(at) {
    return readFileSync(this.control).readUInt32LE(at)
  }

  failSyncs(count) {
    this.#set(0, count)
  }

  failEveryWrite(period) {
    this.#set(4, period)
  }

  // No sync returns until it is switched off again.
  hangSyncs(isOn) {
    this.#set(16, isOn ? 1 : 0)
  }

  get syncsHanging() {
    return this.#get(20)
  }

  get syncsFailed() {
    return this.#get(8)
  }

  get writesFailed() {
    return this.#get(12)
  }
}

function readNotes(path) {
  const bytes = readFileSync(path)
  const notes = []
  let at = 0
  while (at + NOTE_BYTES <= bytes.length) {
    const number = (i) => Number(bytes.readBigUInt64LE(at + 8 * i))
    const [offset, oldSize, newSize, oldLen, newLen] = [0, 1, 2, 3, 4].map(number)
    const start = at + NOTE_BYTES
    const end = start + oldLen + newLen
    if (end > bytes.length) break // killed while it was noted: then it was not written either
    notes.push({ offset, oldSize, newSize, before: bytes.subarray(start, start + oldLen),
      after: bytes.subarray(start + oldLen, end) })
    at = end
  }
  return notes
}

// What a power failure leaves of the writes that no sync covered, as { bytes, offset } to write:
// nothing, the first ones, or some sectors of some.
const SURVIVORS = {
  none: () => [],
  first: (random, notes) => notes.slice(0, random.integer(0, notes.length)),
  some: (random, notes) => notes.filter(() => random.integer(0, 1)),
  sectors: (random, notes) => notes.flatMap((note) => {
    const sectors = []
    for (let at = 0; at < note.after.length; at += SECTOR_BYTES) {
      const after = note.after.subarray(at, at + SECTOR_BYTES)
      if (random.integer(0, 1)) sectors.push({ ...note, offset: note.offset + at, after })
    }
    return note.after.length === 0 ? [note] : sectors
  }),
}
export const POWER_FAILURES = Object.keys(SURVIVORS)

// The process is dead: the files become what a disk could have of them. How many writes were not
// synced.
export function losePower(data, how, random) {
  let lost = 0
  for (const name of readdirSync(data).filter((one) => one.endsWith('.undo'))) {
    const undo = join(data, name)
    const path = undo.replace(/\.undo$/, '')
    const notes = readNotes(undo)
    rmSync(undo)
    if (!existsSync(path) || notes.length === 0) continue
    const fd = openSync(path, 'r+')
    for (const note of notes.toReversed?.() ?? [...notes].reverse()) {
      if (note.before.length > 0) writeSync(fd, note.before, 0, note.before.length, note.offset)
      ftruncateSync(fd, note.oldSize)
    }
    for (const { offset, after, newSize } of SURVIVORS[how](random, notes)) {
      if (after.length > 0) writeSync(fd, after, 0, after.length, offset)
      else ftruncateSync(fd, newSize)
    }
    closeSync(fd)
    lost += notes.length
  }
  // The index of the log is memory that was never synced.
  rmSync(join(data, 'carillon.db-shm'), { force: true })
  return lost
}
