// SPDX-License-Identifier: Apache-2.0
// agents.js: an agent as a program that comes with its key, and what it streams.
import http from 'node:http'
import https from 'node:https'
import { checkAnswer } from './contract.js'
import { Person, expectStatus } from './people.js'
import { tlsOptionsOf } from './tls.js'
import { within } from './wait.js'

// An agent of this person's tenant, who can do with its key what a person can with a token.
export async function makeAgent(person, name) {
  const answer = await person.post('/v1/chat/agents', { display_name: name })
  const made = expectStatus(answer, 201)
  return new Person(person.server, undefined, {
    user: made.agent,
    tenant: person.tenant,
    access_token: made.api_key,
  })
}

// An open POST …/stream: deltas go out one by one; `answer` is the server's, whenever it comes.
export class TaskStream {
  constructor(agent, taskId, query = '') {
    this.answer = new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port: agent.server.port,
        method: 'POST',
        path: `/v1/chat/tasks/${taskId}/stream${query}`,
        headers: {
          authorization: `Bearer ${agent.access}`,
          'content-type': 'application/x-ndjson',
          'transfer-encoding': 'chunked',
        },
      }
      const tlsOptions = tlsOptionsOf(agent.server.port)
      const { request } = tlsOptions ? https : http
      this.request = request({ ...options, ...tlsOptions }, (response) => {
        const chunks = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const body = JSON.parse(Buffer.concat(chunks).toString())
          const { statusCode: status, headers } = response
          try {
            checkAnswer('POST', options.path, { status, headers, body })
            resolve({ status, body })
          } catch (error) {
            reject(error)
          }
        })
      })
      this.request.on('error', reject)
      this.request.flushHeaders()
    })
    this.answer.catch(() => {}) // whoever breaks the connection does not wait for the answer
  }

  // Bytes as they are, in a chunk of their own.
  raw(bytes) {
    this.request.write(bytes)
  }

  delta(text) {
    this.raw(`${JSON.stringify({ delta: text })}\n`)
  }

  // The body ends as it should; the answer.
  end() {
    this.request.end()
    return within(this.answer, 'the answer to the stream')
  }

  // The connection breaks.
  destroy() {
    this.request.destroy()
  }
}
