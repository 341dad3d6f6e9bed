// SPDX-License-Identifier: Apache-2.0
// sturdy_agent.js: a program: the agent that docs/agents.md advises to write, for one task. It is
// told on its standard input where the server is and how far to go; whatever breaks meanwhile, it
// comes back and goes on at the byte that the server has. On its standard output it says what it
// has done.
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'

const { AGENT_KEY: key, AGENT_TASK: task, AGENT_TEXT: text } = process.env
const bytes = Buffer.from(text)
const RETRY_MS = 20

let url
let stream = null // the open one: { body, answer, offset }

const tell = (line) => process.stdout.write(`${line}\n`)
const pause = () => new Promise((resolve) => setTimeout(resolve, RETRY_MS))

async function ask(method, path, body, options = {}) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const answer = await fetch(`${url}/v1/chat/tasks/${task}${path}`, {
    method, headers, body: body && JSON.stringify(body), ...options,
  })
  return { status: answer.status, body: await answer.json() }
}

// Until it is done: the server may be away, also for a while.
async function insist(attempt) {
  for (;;) {
    const done = await attempt().catch(() => undefined)
    if (done !== undefined) return done
    stream = null
    await pause()
  }
}

async function open() {
  const { body: { offset_bytes: offset } } = await ask('GET', '/stream')
  const body = new PassThrough()
  const opened = { body, offset, isBroken: false }
  opened.answer = ask('POST', `/stream?offset=${offset}`, undefined, { body, duplex: 'half' })
  opened.answer.then(() => {}, () => {}).then(() => { opened.isBroken = true })
  body.on('error', () => { opened.isBroken = true })
  body.write('\n') // a sign of life, which also makes fetch send the head
  tell(`opened at ${offset}`)
  stream = opened
}

// Word by word, up to a byte of the text. What is said into a stream that is broken already, and
// not known to be, is said again by `endStream`.
async function reach(end) {
  if (stream === null || stream.isBroken) await open()
  while (stream.offset < end) {
    if (stream.isBroken) return undefined
    const rest = bytes.subarray(stream.offset, end).toString()
    const [delta] = /^\S*\s*/.exec(rest)
    stream.body.write(`${JSON.stringify({ delta })}\n`)
    stream.offset += Buffer.byteLength(delta)
  }
  return true
}

async function sayUpTo(end) {
  await insist(() => reach(end))
  tell(`said ${end}`)
}

async function endStream() {
  await insist(async () => {
    if (await reach(bytes.length) === undefined) return undefined
    stream.body.end()
    const { status, body } = await stream.answer
    return status === 200 && body.offset_bytes === bytes.length ? true : undefined
  })
  tell('ended')
}

async function report(status) {
  await insist(async () => (await ask('PATCH', '', { status })).status === 200 || undefined)
  tell(`reported ${status}`)
}

for await (const line of createInterface({ input: process.stdin })) {
  const [what, value] = line.split(' ')
  if (what === 'at') url = value
  else if (what === 'say') await sayUpTo(Number(value))
  else if (what === 'end') await endStream()
  else if (what === 'report') await report(value)
}
