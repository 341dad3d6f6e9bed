// SPDX-License-Identifier: Apache-2.0
// random.js: random choices that can be had again. The seed is printed with every run; set
// TEST_SEED to the number printed to repeat it.
import { randomInt } from 'node:crypto'

export const seed = Number(process.env.TEST_SEED ?? randomInt(2 ** 31))

// A small generator with 32 bits of state (mulberry32); quality beyond "spread out" is not needed.
export class Random {
  #state

  constructor(from = seed) {
    this.#state = from >>> 0
    console.log(`# seed: TEST_SEED=${from}`)
  }

  // At least 0 and below 1.
  fraction() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let z = this.#state
    z = Math.imul(z ^ (z >>> 15), z | 1)
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61)
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32
  }

  // A whole number from `min` to `max`, both included.
  integer(min, max) {
    return min + Math.floor(this.fraction() * (max - min + 1))
  }

  bytes(count) {
    return Buffer.from(Array.from({ length: count }, () => this.integer(0, 255)))
  }
}
