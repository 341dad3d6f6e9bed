// SPDX-License-Identifier: Apache-2.0
// search.js: looking for messages, and waiting until what was sent can be found.
import { expectStatus } from './people.js'
import { until } from './wait.js'

export async function metric(server, name) {
  const { body } = await server.request('GET', '/metrics')
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(body)[1])
}

// Everything that was acknowledged before now is in the index once this returns.
export const indexed = (server) =>
  until(async () => await metric(server, 'carillon_search_lag_milliseconds') === 0, 'the index')

export const searchPath = (q, fields = {}) =>
  `/v1/chat/messages/search?${new URLSearchParams({ q, ...fields })}`

// The answer, once everything is in the index.
export async function search(person, q, fields) {
  await indexed(person.server)
  return expectStatus(await person.get(searchPath(q, fields)), 200)
}

// The texts of what is found, the newest first.
export const found = async (person, q, fields) =>
  (await search(person, q, fields)).results.map(({ message }) => message.content_text)
