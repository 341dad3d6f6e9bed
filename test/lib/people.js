// SPDX-License-Identifier: Apache-2.0
// people.js: tenants, people, conversations and sockets, made the way an app makes them.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { checkFrame } from './contract.js'
import { OP, RawWs, close, closeOf, pong, text } from './ws_raw.js'
import { until } from './wait.js'

export const PASSWORD = 'correct horse battery staple'
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

export function expectStatus(response, status) {
  assert.equal(response.status, status, JSON.stringify(response.body))
  return response.body
}

// Sign up; `fields` may carry tenant_name or invite_token.
export async function signup(server, name, fields = {}) {
  const email = `${name.toLowerCase()}.${randomUUID()}@example.com`
  const body = { email, password: PASSWORD, display_name: name, ...fields }
  const answer = await server.request('POST', '/auth/signup', { body })
  return new Person(server, body.email, expectStatus(answer, 201))
}

// The first person of a new tenant, and one invited person for each further name.
export async function makeTenant(server, ...names) {
  const owner = await signup(server, names[0], { tenant_name: `${names[0]}'s` })
  const people = [owner]
  for (const name of names.slice(1)) people.push(await invited(owner, name))
  return people
}

export async function invited(owner, name, fields = {}) {
  const invite = expectStatus(await owner.post('/v1/tenant/invites', fields), 201)
  return signup(owner.server, name, { invite_token: invite.invite_token })
}

export class Person {
  constructor(server, email, account) {
    this.server = server
    this.email = email
    this.user = account.user
    this.tenant = account.tenant
    this.takeTokens(account)
  }

  takeTokens({ access_token: access, refresh_token: refresh }) {
    this.access = access
    this.refresh = refresh
  }

  get id() {
    return this.user.id
  }

  get(path) {
    return this.server.request('GET', path, { token: this.access })
  }

  post(path, body = {}) {
    return this.server.request('POST', path, { token: this.access, body })
  }

  patch(path, body = {}) {
    return this.server.request('PATCH', path, { token: this.access, body })
  }

  put(path, body = {}) {
    return this.server.request('PUT', path, { token: this.access, body })
  }

  delete(path, body) {
    return this.server.request('DELETE', path, { token: this.access, body })
  }

  // Another login of the same person: a session of its own.
  async login() {
    const body = { email: this.email, password: PASSWORD }
    const answer = await this.server.request('POST', '/auth/login', { body })
    return new Person(this.server, this.email, expectStatus(answer, 200))
  }

  async messagingToken() {
    return expectStatus(await this.get('/v1/messaging/token'), 200)
  }

  // A socket as the app opens it. headers: of the handshake, e.g. Origin.
  async socket(options) {
    const { token } = await this.messagingToken()
    return EventSocket.open(this.server, token, options)
  }

  // The same in carillon.v1; with a cursor, it resumes there.
  async socketV1(cursor) {
    const { token } = await this.messagingToken()
    const headers = { 'Sec-WebSocket-Protocol': 'carillon.v1' }
    return EventSocket.open(this.server, token, { headers, cursor })
  }

  async conversation(others, fields = {}) {
    const body = { participant_ids: others.map((person) => person.id), ...fields }
    return expectStatus(await this.post('/v1/chat/conversations', body), 201)
  }

  // Send one message and expect it to be taken; `fields` are further fields of the request.
  async send(conversationId, contentText, fields = {}) {
    const body = { conversation_id: conversationId, content_text: contentText, ...fields }
    return expectStatus(await this.post('/v1/chat/messages/send', body), 201)
  }

  // All messages from `fromSeq`, page by page. A page of long texts has fewer than were asked for.
  async history(conversationId, fromSeq = 1) {
    const messages = []
    for (;;) {
      const query = `from_seq=${fromSeq + messages.length}&limit=200`
      const path = `/v1/chat/conversations/${conversationId}/messages?${query}`
      const page = expectStatus(await this.get(path), 200)
      messages.push(...page.messages)
      if (page.messages.length === 0 || messages.at(-1).seq_num >= page.current_seq) return messages
    }
  }
}

// One client's socket: everything that it heard, in order. Pings are answered as any client does,
// and every frame is held against docs/asyncapi.yaml.
export class EventSocket {
  heard = []
  // { code, reason } once the server has closed.
  closed = null
  // performance.now() of each message of `heard`, and of the end.
  heardMs = new WeakMap()
  closedMs = 0
  // What docs/asyncapi.yaml has against a frame that was heard.
  fault = null

  static async open(server, token, { cursor, ...options } = {}) {
    const resume = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const ws = await RawWs.connect(server.port, `/ws?token=${token}${resume}`, options)
    return new EventSocket(ws)
  }

  constructor(ws) {
    this.ws = ws
    this.finished = this.#listen()
  }

  async #listen() {
    let end = { code: 1006, reason: '' }
    for (;;) {
      const frame = await this.ws.frame(2 ** 31 - 1).catch((error) => {
        if (this.ws.isEnded) return null
        throw error
      })
      if (frame === null) break
      if (frame.opcode === OP.TEXT) this.#hear(JSON.parse(frame.payload.toString()))
      else if (frame.opcode === OP.PING) this.ws.write(pong(frame.payload))
      else if (frame.opcode === OP.CLOSE) end = closeOf(frame.payload)
    }
    this.closedMs = performance.now()
    this.closed = end
    return end
  }

  // Whoever waits for something learns that a frame is not as documented, and so does a test that
  // waits for nothing: the error ends #listen.
  #hear(message) {
    this.heardMs.set(message, performance.now())
    this.heard.push(message)
    try {
      checkFrame(message, this.ws.subprotocol)
    } catch (error) {
      this.fault = error
      throw error
    }
  }

  say(value) {
    return this.ws.write(text(typeof value === 'string' ? value : JSON.stringify(value)))
  }

  // The payloads of events of this type, in the order heard.
  events(type) {
    return this.heard
      .filter((message) => message.type === 'event' && message.payload.type === type)
      .map((message) => message.payload.payload)
  }

  // The frames of carillon.v1 that tell where to resume have a cursor; this is the newest.
  get cursor() {
    const cursorOf = (message) => message.cursor ?? message.payload?.resume?.cursor
    return this.heard.map(cursorOf).findLast((cursor) => cursor !== undefined)
  }

  // What came between the hello and the answer to the resuming, and the answer's payload.
  async resumes() {
    const isResumed = (message) => message.type === 'resumed'
    await this.until(() => this.heard.some(isResumed), 'the answer to the cursor')
    const index = this.heard.findIndex(isResumed)
    assert.equal(this.heard[0].type, 'hello')
    return { replay: this.heard.slice(1, index), ...this.heard[index].payload }
  }

  // Drop the connection without a word.
  async drop() {
    this.ws.close()
    await this.finished
  }

  // Wait until `condition(this)` gives something true.
  until(condition, what = 'an event') {
    const story = () => `${what}; heard ${JSON.stringify(this.heard).slice(-2000)}`
    const look = () => {
      if (this.fault) throw this.fault
      return condition(this)
    }
    return until(look, story)
  }

  // Wait for `count` events of this type; their payloads.
  async hears(type, count = 1) {
    await this.until(() => this.events(type).length >= count, `${count} of ${type}`)
    return this.events(type)
  }

  // Wait for the server's close frame and the end of the connection: { code, reason }.
  async ends() {
    await this.until(() => this.closed, 'the close')
    return this.closed
  }

  // Close as a polite client does.
  async close() {
    if (!this.closed) await this.ws.write(close(1000))
    await this.finished
    this.ws.close()
  }
}

// Everything that was published before now has reached these sockets once this returns: a message
// in a conversation that all of them are in is the last thing that each of them hears.
export async function settle(sender, conversationId, sockets) {
  const { id } = await sender.send(conversationId, `settle ${randomUUID()}`)
  const heardIt = (socket) =>
    socket.events('message.created').some((payload) => payload.message_id === id)
  for (const socket of sockets) await socket.until(heardIt, 'the settling message')
  return id
}
