// SPDX-License-Identifier: Apache-2.0
// wait.js: waiting for a condition with a deadline, the only kind of waiting that the suites do.
// A deadline is a bound for a broken server and never the way a test passes, so it is generous: a
// server under a sanitizer on a busy machine is ten times slower than a free one.
import { performance } from 'node:perf_hooks'

export const DEADLINE_MS = 20_000
const POLL_MS = 5

// Look at `condition` until it gives something true, and return that. `what` completes the sentence
// "waited … ms for …"; it may be a function, which is asked when the time is over.
export async function until(condition, what, deadlineMs = DEADLINE_MS) {
  const end = performance.now() + deadlineMs
  for (;;) {
    const value = await condition()
    if (value) return value
    if (performance.now() > end) throw new Error(tooLate(what, deadlineMs))
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

// The value of `promise`, or an error when it is not there in time.
export async function within(promise, what, deadlineMs = DEADLINE_MS) {
  let timer
  const expiry = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(tooLate(what, deadlineMs))), deadlineMs)
  })
  try {
    return await Promise.race([promise, expiry])
  } finally {
    clearTimeout(timer)
  }
}

function tooLate(what, deadlineMs) {
  return `waited ${deadlineMs} ms for ${typeof what === 'function' ? what() : what}`
}
