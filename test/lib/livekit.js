// SPDX-License-Identifier: Apache-2.0
// livekit.js: LiveKit's side of a call. Its own SDK makes the reports and signs them as a LiveKit
// server does, and checks the tokens that we hand out.
import { createHash } from 'node:crypto'
import { AccessToken, TokenVerifier, WebhookEvent } from 'livekit-server-sdk'

export const LIVEKIT = {
  url: 'wss://livekit.example.com',
  key: 'APIcarillon',
  secret: 'a secret of LiveKit, as long as it should be'.replaceAll(' ', '-'),
}

// Options for Server.start: a server that is connected to that LiveKit.
export function withLivekit(...args) {
  return {
    args: ['--livekit-url', LIVEKIT.url, '--livekit-api-key', LIVEKIT.key, ...args],
    env: { CARILLON_LIVEKIT_API_SECRET: LIVEKIT.secret },
  }
}

// The claims of a join token, when LiveKit would take it.
export function verifyJoin(token, { key, secret } = LIVEKIT) {
  return new TokenVerifier(key, secret).verify(token)
}

let events = 0

// The body of a report, as LiveKit writes it.
export function reportOf(event, roomName, sid) {
  events += 1
  const fields = {
    id: `EV_${events}`,
    createdAt: BigInt(Math.floor(Date.now() / 1000)),
    room: { name: roomName, sid: 'RM_1', emptyTimeout: 300 },
  }
  if (sid) fields.participant = { sid, identity: 'somebody', name: 'Somebody' }
  // Its constructor forgets the event.
  return Object.assign(new WebhookEvent(fields), { event }).toJsonString()
}

export const hashOf = (body) => createHash('sha256').update(body).digest('base64')

// The token that goes along; `hash` is of another body than the one that is sent, if at all.
export async function tokenOf(body, { key, secret, ttl = 300, hash = hashOf(body) } = {}) {
  const token = new AccessToken(key ?? LIVEKIT.key, secret ?? LIVEKIT.secret, { ttl })
  if (hash !== null) token.sha256 = hash
  return token.toJwt()
}

export function postWebhook(server, body, authorization) {
  const headers = { 'content-type': 'application/webhook+json' }
  if (authorization !== undefined) headers.authorization = authorization
  return server.request('POST', '/v1/livekit/webhook', { raw: body, headers })
}

// LiveKit reports: joined or left (with the id of the connection), or finished.
export async function report(server, event, roomName, sid) {
  const body = reportOf(event, roomName, sid)
  return postWebhook(server, body, await tokenOf(body))
}
