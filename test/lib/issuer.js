// SPDX-License-Identifier: Apache-2.0
// issuer.js: an OIDC issuer on this machine: it publishes its keys, signs tokens with them, and
// counts who asks. It can be made to answer otherwise, or not at all.
import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import { freePort } from './ports.js'
import { makeToken } from './tokens.js'

export const AUDIENCE = 'chat'
export const now = () => Math.floor(Date.now() / 1000)

// A pair of keys with an id: its public half as JWK, and how it signs.
export class Key {
  constructor(id, algorithm = 'RS256') {
    const { publicKey, privateKey } = algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
    Object.assign(this, { id, algorithm, publicKey, privateKey })
  }

  get jwk() {
    return { ...this.publicKey.export({ format: 'jwk' }), kid: this.id, alg: this.algorithm,
      use: 'sig' }
  }

  sign(input) {
    return sign('sha256', Buffer.from(input), { key: this.privateKey, dsaEncoding: 'ieee-p1363' })
  }
}

export class Issuer {
  static async start(t, ...keys) {
    const issuer = new Issuer()
    issuer.keys = keys
    await issuer.up()
    t?.after(() => issuer.down())
    return issuer
  }

  port = 0
  // How often the keys were asked for.
  fetches = 0
  // Instead of the usual answers: { discovery, keys }, each { status, body }.
  instead = {}

  async up() {
    this.server = createServer((request, response) => this.#answer(request, response))
    if (this.port === 0) this.port = await freePort()
    await new Promise((resolve, reject) => {
      this.server.once('error', reject).listen(this.port, '127.0.0.1', resolve)
    })
  }

  async down() {
    if (!this.server) return
    const closed = new Promise((resolve) => this.server.close(resolve))
    this.server.closeAllConnections()
    this.server = null
    await closed
  }

  get url() {
    return `http://127.0.0.1:${this.port}`
  }

  get discovery() {
    return { issuer: this.url, jwks_uri: `${this.url}/keys` }
  }

  #answer(request, response) {
    const isOfKeys = request.url === '/keys'
    const isKnown = isOfKeys || request.url === '/.well-known/openid-configuration'
    if (isOfKeys) this.fetches++
    const usual = isOfKeys ? { keys: this.keys.map(({ jwk }) => jwk) } : this.discovery
    const { status = 200, body = usual } = this.instead[isOfKeys ? 'keys' : 'discovery'] ?? {}
    response.writeHead(isKnown ? status : 404, { 'content-type': 'application/json',
      ...(status === 302 && { location: `${this.url}/elsewhere` }) })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }

  // A good token, but for what is said: claims and header fields of value undefined are left out.
  token(claims = {}, { key = this.keys[0], header = {}, by } = {}) {
    const payload = { iss: this.url, aud: AUDIENCE, sub: 'ada', iat: now(), exp: now() + 300,
      ...claims }
    return makeToken({ alg: key.algorithm, kid: key.id, typ: 'JWT', ...header }, payload,
      by ?? ((input) => key.sign(input)))
  }

  // The options of a server that believes it.
  options(tenantId, refetchSec = 1) {
    return ['--oidc-issuer', this.url, '--oidc-audience', AUDIENCE, '--oidc-tenant', tenantId,
      '--oidc-refetch-sec', String(refetchSec)]
  }
}
