// SPDX-License-Identifier: Apache-2.0
// tokens.js: JWTs with any header and any claims, signed with any key, also with the server's own:
// what the signature does not protect against is then the only thing that can be at fault.
import { createHmac } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export const base64url = (value) => Buffer.from(value).toString('base64url')
export const hs256 = (secret) => (input) => createHmac('sha256', secret).update(input).digest()

// header and payload may be objects, or texts that are taken as they are.
export function makeToken(header, payload, sign) {
  const part = (value) => base64url(typeof value === 'string' ? value : JSON.stringify(value))
  const input = `${part(header)}.${part(payload)}`
  return `${input}.${base64url(sign(input))}`
}

export function readToken(token) {
  const [header, payload] = token.split('.').map((part) => Buffer.from(part, 'base64url'))
  return { header: JSON.parse(header), payload: JSON.parse(payload) }
}

// The key that the server signs with: { id, secret }. Ids are UUIDv7, so the newest is the last.
export function signingKey(server) {
  const directory = join(server.data, 'keys')
  const name = readdirSync(directory).sort().at(-1)
  return { id: name.replace(/\.key$/, ''), secret: readFileSync(join(directory, name)) }
}
