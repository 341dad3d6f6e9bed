// SPDX-License-Identifier: Apache-2.0
// crash.js: what the crash suites share: who sends until the server is gone, what was acknowledged
// meanwhile, and whether it is there afterwards.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from './server.js'

export const range = (count) => Array.from({ length: count }, (_, i) => i)

// What the suite knows of one conversation: what was acknowledged, and how far it has been checked.
export class Ledger {
  acknowledged = new Map()
  heard = new Map()
  checkedSeq = 0

  constructor(id) {
    this.id = id
  }

  // Everything after what was checked before is there once, without a gap, as it was acknowledged.
  check(messages) {
    const ids = new Map()
    const texts = new Set()
    messages.forEach((message, i) => {
      assert.equal(message.seq_num, this.checkedSeq + i + 1, `${this.id} has no gap`)
      assert.ok(!texts.has(message.content_text), `${message.content_text} is there once`)
      texts.add(message.content_text)
      ids.set(message.id, message)
    })
    for (const [id, { seq, text }] of this.acknowledged) {
      const stored = ids.get(id)
      assert.ok(stored, `${text} was acknowledged as ${seq} and is lost`)
      assert.deepEqual([stored.seq_num, stored.content_text], [seq, text])
    }
    for (const [id, seq] of this.heard) {
      assert.equal(ids.get(id)?.seq_num, seq, `an event told of ${seq}, which is lost`)
    }
    this.checkedSeq += messages.length
    this.acknowledged.clear()
    this.heard.clear()
  }
}

// Send until the server is gone. Each text is used once, so that a message stored twice shows.
export async function sendUntilGone(person, ledgers, name, onAcknowledged) {
  for (let i = 0; ; i++) {
    const ledger = ledgers[i % ledgers.length]
    const text = `${name}/${i}`
    const body = { conversation_id: ledger.id, content_text: text }
    const answer = await person.post('/v1/chat/messages/send', body).catch(() => null)
    if (answer === null) return
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    ledger.acknowledged.set(answer.body.id, { seq: answer.body.seq_num, text })
    onAcknowledged()
  }
}

// On a copy, as a crash left it: looking at the original would repair it.
export function assertIntegrity(data) {
  const copy = temporaryDirectory()
  try {
    mkdirSync(copy, { recursive: true })
    const files = readdirSync(data).filter((name) => /\.db(-wal)?$/.test(name))
    for (const name of files) copyFileSync(join(data, name), join(copy, name))
    const database = join(copy, files.find((name) => name.endsWith('.db')))
    const ask = (question) => execFileSync('sqlite3', [database, question], { encoding: 'utf8' })
    assert.equal(ask('PRAGMA integrity_check').trim(), 'ok')
    assert.equal(ask('PRAGMA foreign_key_check').trim(), '')
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

export function noteHeard(ledgers, socket) {
  for (const one of socket.heard) {
    const ledger = ledgers.find((candidate) => candidate.id === one.conversation_id)
    if (!ledger || one.payload.type !== 'message.created') continue
    const { message_id: id, seq_num: seq } = one.payload.payload
    if (seq > ledger.checkedSeq) ledger.heard.set(id, seq)
  }
}
