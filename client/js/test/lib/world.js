// SPDX-License-Identifier: Apache-2.0
// world.js: a real server with people, and clients of this package as an application makes them.
import { ChatApi, ChatClient } from '@carillon/chat'
import { makeAgent } from '../../../../test/lib/agents.js'
import { Person, expectStatus, makeTenant } from '../../../../test/lib/people.js'
import { Server, startRestored, startServer } from '../../../../test/lib/server.js'
import { until, within } from '../../../../test/lib/wait.js'
import { Proxy } from './proxy.js'

export {
  Person, Proxy, Server, expectStatus, makeAgent, makeTenant, startRestored, startServer, until,
  within,
}

// The settings of a server that has calls: nothing here joins a room, so there need be none.
export const LIVEKIT = {
  CARILLON_LIVEKIT_URL: 'ws://127.0.0.1:7880',
  CARILLON_LIVEKIT_API_KEY: 'APItest',
  CARILLON_LIVEKIT_API_SECRET: 'a-secret-of-at-least-thirty-two-bytes',
}

// Soon enough for a test, and still a backoff. It does not give up: how long a network is away
// depends on what a test does meanwhile, and how quickly.
export const QUICK = { reconnectInterval: 20, maxReconnectDelay: 200, maxReconnectAttempts: 1e6 }

export const PROTOCOLS = ['carillon.v1', 'base']

// As the server of somebody else answers, who speaks the base protocol only.
const baseFetch = (call = fetch) => async (url, init) => {
  const answer = await call(url, init)
  if (!String(url).endsWith('/v1/messaging/token') || !answer.ok) return answer
  const { protocols: _, ...rest } = await answer.json()
  return new Response(JSON.stringify(rest), { status: answer.status, headers: answer.headers })
}

// A client of this person, which is gone when the test is over. `via`: a proxy instead of the
// server itself; `protocol`: one of PROTOCOLS.
export function clientOf(t, person, { via, protocol, ...options } = {}) {
  const apiUrl = (via ?? person.server).url
  if (protocol === 'base') options.fetch = baseFetch(options.fetch)
  const client = new ChatClient({ apiUrl, token: person.access, ...QUICK, ...options })
  t.after(() => client.disconnect())
  return client
}

export function apiOf(person, options = {}) {
  return new ChatApi({ apiUrl: person.server.url, token: person.access, ...options })
}

// Everything that a client tells, in the order told: [name, payload, conversationId].
export function record(client, ...names) {
  const heard = []
  for (const name of names) client.on(name, (...args) => heard.push([name, ...args]))
  return heard
}

// The next event of this name (that fits), with a deadline.
export function next(client, name, fits = () => true) {
  const heard = new Promise((resolve) => {
    const end = client.on(name, (payload, conversationId) => {
      if (!fits(payload, conversationId)) return
      end()
      resolve(payload)
    })
  })
  return within(heard, `the event ${name}`)
}
