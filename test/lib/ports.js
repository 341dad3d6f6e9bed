// SPDX-License-Identifier: Apache-2.0
// ports.js: a port for a program that has to be told one, or that comes back to the one it had.
// It is below those that the system gives to whoever asks for any, so that nobody is given it in
// the meantime.
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import net from 'node:net'

const LOWEST = 10_000
const RANGE = '/proc/sys/net/ipv4/ip_local_port_range'

// Can we listen on this port of 127.0.0.1? The port, or 0; for port 0 any that is free.
function tryPort(port) {
  return new Promise((resolve) => {
    const holder = net.createServer().once('error', () => resolve(0))
    holder.listen(port, '127.0.0.1', () => {
      const { port: had } = holder.address()
      holder.close(() => resolve(had))
    })
  })
}

export async function freePort() {
  const first = Number(readFileSync(RANGE, 'utf8').split(/\s+/)[0])
  for (;;) {
    const port = await tryPort(first > 2 * LOWEST ? randomInt(LOWEST, first) : 0)
    if (port > 0) return port
  }
}
