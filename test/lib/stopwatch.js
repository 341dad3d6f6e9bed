// SPDX-License-Identifier: Apache-2.0
// stopwatch.js: how long a server took. A bound on time is held against the server alone: neither
// the time counts in which this process could not look, nor that in which the server could have
// run and others had the processor.
import { readFileSync, readdirSync } from 'node:fs'

const TICK_MS = 5

// Of each thread of a process: how long it has computed, and waited for a processor to do so.
function threadsOf(pid) {
  const threads = new Map()
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    const text = readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8')
    const [computedMs, waitedMs] = text.split(' ').map((ns) => Number(ns) / 1e6)
    threads.set(Number(id), { computedMs, waitedMs })
  }
  return threads
}

// How long the first thread has waited, which is the one that starts the others.
export const waitedMs = (pid) => threadsOf(pid).get(pid).waitedMs

// How long all of them have computed.
export const computedMs = (pid) =>
  [...threadsOf(pid).values()].reduce((sum, thread) => sum + thread.computedMs, 0)

// Start one; what it gives stops it: the milliseconds that this server took.
export function startWatch(pid) {
  const before = threadsOf(pid)
  const startedMs = performance.now()
  let tickMs = startedMs
  let stalledMs = 0
  const tick = () => {
    const nowMs = performance.now()
    stalledMs += Math.max(0, nowMs - tickMs - 2 * TICK_MS)
    tickMs = nowMs
  }
  const timer = setInterval(tick, TICK_MS)
  return () => {
    clearInterval(timer)
    tick()
    // Several may have waited at the same time: that of the one that waited most is certain.
    const waits = [...threadsOf(pid)].map(([id, thread]) =>
      thread.waitedMs - (before.get(id)?.waitedMs ?? 0))
    return tickMs - startedMs - stalledMs - Math.max(...waits)
  }
}
