// SPDX-License-Identifier: Apache-2.0
// catch_up.test.js: what a client that was away gets by sync besides new messages: edits,
// deletions, reactions and read marks, and nothing that it may not see. A client of the base
// protocol sees no difference.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { expectStatus, makeTenant } from '../lib/people.js'
import { Random } from '../lib/random.js'
import { Server } from '../lib/server.js'

let server
let ada
let grace
let joan
before(async () => {
  server = await Server.start()
  ;[ada, grace, joan] = await makeTenant(server, 'Ada', 'Grace', 'Joan')
})
after(() => server.stop())

const group = () => ada.conversation([grace, joan], { type: 'group', name: 'group' })
const edit = async (person, id, text) =>
  expectStatus(await person.patch(`/v1/chat/messages/${id}`, { content_text: text }), 200)
const react = async (person, message, emoji) =>
  expectStatus(await person.post(`/v1/chat/messages/${message.id}/reactions`,
    { conversation_id: message.conversation_id, emoji }), 200)
const remove = async (person, id) =>
  expectStatus(await person.delete(`/v1/chat/messages/${id}`), 200)
const read = async (person, id, seq) =>
  expectStatus(await person.post(`/v1/chat/conversations/${id}/read`, { up_to_seq: seq }), 200)

async function sync(person, ...conversations) {
  const answer = await person.post('/v1/chat/messages/sync', { conversations })
  return expectStatus(answer, 200).batches
}

const newestPage = async (person, id) =>
  expectStatus(await person.get(`/v1/chat/conversations/${id}/messages?limit=200`), 200)

// What an app keeps of a conversation: its messages, the marks of all, and where to go on.
class Copy {
  messages = new Map()
  reads = new Map()
  lastSeq = 0
  changeSeq = 0

  constructor(person, id) {
    this.person = person
    this.id = id
  }

  // Until nothing is left to be asked for.
  async catchUp() {
    for (;;) {
      const [batch] = await sync(this.person,
        { conversation_id: this.id, last_seq: this.lastSeq, changed_since: this.changeSeq })
      for (const message of [...batch.changes, ...batch.messages]) {
        this.messages.set(message.seq_num, message)
      }
      for (const mark of batch.reads) this.reads.set(mark.user_id, mark.last_read_seq)
      this.lastSeq = batch.has_more ? batch.messages.at(-1).seq_num : batch.current_seq
      this.changeSeq = batch.change_seq
      if (!batch.has_more && !batch.more_changes) return
    }
  }
}

describe('changes since', () => {
  test('a client of the base protocol gets what it always got, and a number to begin with',
    async () => {
      const { id } = await group()
      const first = await ada.send(id, 'first')
      assert.equal((await newestPage(grace, id)).change_seq, 0)
      await edit(ada, first.id, 'edited')
      const [batch] = await sync(grace, { conversation_id: id, last_seq: 1 })
      assert.deepEqual(batch,
        { conversation_id: id, messages: [], current_seq: 1, has_more: false, change_seq: 1 })
      assert.equal((await newestPage(grace, id)).change_seq, 1)
    })

  test('edits, tombstones, reactions and read marks come as they are now, once asked for',
    async () => {
      const { id } = await group()
      const sent = []
      for (const text of ['one', 'two', 'three']) sent.push(await ada.send(id, text))
      const { change_seq: since } = await newestPage(grace, id)
      await edit(ada, sent[0].id, 'ONE')
      await react(joan, sent[1], '👍')
      await remove(ada, sent[2].id)
      await react(grace, sent[1], '👍')
      await read(joan, id, 2)
      await ada.send(id, 'four')
      const position = { conversation_id: id, last_seq: 3, changed_since: since }
      const [batch] = await sync(grace, position)
      const history = await grace.history(id)
      assert.deepEqual(batch.changes, [history[0], history[2], history[1]])
      assert.equal(batch.changes[0].content_text, 'ONE')
      assert.ok(batch.changes[1].deleted_at)
      assert.deepEqual(batch.changes[2].reactions,
        [{ emoji: '👍', count: 2, user_ids: [grace.id, joan.id] }])
      assert.deepEqual(batch.messages, [history[3]])
      assert.deepEqual(batch.reads, [{ user_id: joan.id, last_read_seq: 2 }])
      assert.deepEqual([batch.more_changes, batch.change_seq], [false, since + 5])
      const [next] = await sync(grace, { ...position, last_seq: 4, changed_since: since + 5 })
      assert.deepEqual([next.messages, next.changes, next.reads, next.change_seq],
        [[], [], [], since + 5])
    })

  test('the own mark of another device comes too, and participants show theirs', async () => {
    const { id } = await group()
    await ada.send(id, 'one')
    await read(grace, id, 1)
    const [batch] = await sync(grace, { conversation_id: id, last_seq: 1, changed_since: 0 })
    assert.deepEqual(batch.reads, [{ user_id: grace.id, last_read_seq: 1 }])
    const { participants } =
      expectStatus(await joan.get(`/v1/chat/conversations/${id}/participants`), 200)
    const marks = new Map(participants.map((one) => [one.user_id, one.last_read_seq]))
    assert.deepEqual([marks.get(grace.id), marks.get(joan.id)], [1, 0])
  })

  test('what was deleted for oneself says from where on there is something', async () => {
    const { id } = await group()
    const first = await ada.send(id, 'first')
    expectStatus(await grace.delete(`/v1/chat/conversations/${id}`, { mode: 'for_me' }), 200)
    await edit(ada, first.id, 'unseen')
    await ada.send(id, 'second')
    const [batch] = await sync(grace, { conversation_id: id, last_seq: 0, changed_since: 0 })
    assert.equal(batch.first_seq, 2)
    assert.deepEqual(batch.messages.map((one) => one.seq_num), [2])
    assert.deepEqual(batch.changes, [])
  })

  test('who may not see a message hears nothing of its changes', async () => {
    const { id } = await group()
    const note = await ada.send(id, 'note', { is_internal: true })
    const blocked = await joan.send(id, 'hi')
    await edit(ada, note.id, 'NOTE')
    await edit(joan, blocked.id, 'HI')
    expectStatus(await grace.post(`/v1/chat/users/${joan.id}/block`), 200)
    const position = { conversation_id: id, last_seq: 2, changed_since: 0 }
    assert.deepEqual((await sync(grace, position))[0].changes, [])
    assert.deepEqual((await sync(ada, position))[0].changes.map((one) => one.seq_num), [1, 2])
    expectStatus(await grace.delete(`/v1/chat/users/${joan.id}/block`), 200)
    expectStatus(
      await ada.delete(`/v1/chat/conversations/${id}/participants/${grace.id}`), 200)
    assert.deepEqual(await sync(grace, position), [])
  })

  test('a changed_since that is no number is named', async () => {
    const { id } = await group()
    for (const changedSince of [-1, 'x', 1.5]) {
      const answer = await ada.post('/v1/chat/messages/sync',
        { conversations: [{ conversation_id: id, last_seq: 0, changed_since: changedSince }] })
      assert.equal(expectStatus(answer, 400).field, 'changed_since')
    }
  })

  test('a copy that catches up now and then is what a new reader sees', async () => {
    const random = new Random()
    const { id } = await group()
    const copy = new Copy(grace, id)
    const sent = []
    const people = [ada, grace, joan]
    const steps = [
      async () => sent.push(await people[random.integer(0, 1)].send(id, `m${sent.length}`)),
      (message) => edit(message.sender, message.id, `e${random.integer(0, 1e6)}`),
      (message) => react(people[random.integer(0, 2)], message, `${random.integer(0, 3)}`),
      (message) => remove(message.sender, message.id),
      () => read(people[random.integer(0, 2)], id, random.integer(1, sent.length)),
    ]
    await steps[0]()
    for (let i = 0; i < 400; i++) {
      const message = sent[random.integer(0, sent.length - 1)]
      message.sender = people.find((one) => one.id === message.sender_id)
      const step = random.integer(0, 40) === 0 ? 3 : [0, 1, 2, 4][random.integer(0, 3)]
      if (!message.isDeleted || step === 0 || step === 4) await steps[step](message)
      message.isDeleted ||= step === 3
      if (random.integer(0, 20) === 0) await copy.catchUp()
    }
    await copy.catchUp()
    const history = await grace.history(id)
    assert.deepEqual([...copy.messages.values()].sort((a, b) => a.seq_num - b.seq_num), history)
    const { participants } =
      expectStatus(await grace.get(`/v1/chat/conversations/${id}/participants`), 200)
    for (const { user_id: user, last_read_seq: seq } of participants) {
      assert.equal(copy.reads.get(user) ?? 0, seq)
    }
  })
})

describe('a safe repeat of a send', () => {
  const post = (person, body) => person.post('/v1/chat/messages/send', body)

  test('D6 client_msg_id has 1 to 64 characters, of whatever bytes', async () => {
    const { id } = await group()
    for (const key of ['1', 'x'.repeat(64), '😀'.repeat(64), ' ']) {
      const body = { conversation_id: id, content_text: 'x', client_msg_id: key }
      const first = expectStatus(await post(ada, body), 201)
      assert.deepEqual(expectStatus(await post(ada, body), 200), first)
    }
    for (const key of ['', 'x'.repeat(65), '😀'.repeat(65)]) {
      const answer = await post(ada, { conversation_id: id, content_text: 'x', client_msg_id: key })
      assert.deepEqual([answer.status, answer.body.code, answer.body.field],
        [400, 'bad_client_msg_id', 'client_msg_id'])
    }
  })

  test('D6 a message that was edited or deleted since is still the same one', async () => {
    const { id } = await group()
    const body = { conversation_id: id, content_text: 'x', client_msg_id: 'one' }
    const first = expectStatus(await post(ada, body), 201)
    await edit(ada, first.id, 'y')
    const edited = expectStatus(await post(ada, body), 200)
    assert.deepEqual([edited.id, edited.content_text], [first.id, 'y'])
    await remove(ada, first.id)
    const deleted = expectStatus(await post(ada, body), 200)
    assert.deepEqual([deleted.id, deleted.content_text], [first.id, ''])
    assert.ok(deleted.deleted_at)
    assert.equal((await post(ada, { ...body, content_text: 'y' })).status, 409)
    assert.equal((await ada.history(id)).length, 1)
  })

  test('D6 who left gets no answer about what they sent; who is back gets the first', async () => {
    const { id } = await group()
    const body = { conversation_id: id, content_text: 'x', client_msg_id: 'one' }
    const first = expectStatus(await post(grace, body), 201)
    const leave = `/v1/chat/conversations/${id}/participants/${grace.id}`
    expectStatus(await grace.delete(leave), 200)
    assert.equal((await post(grace, body)).status, 404)
    expectStatus(
      await ada.post(`/v1/chat/conversations/${id}/participants`, { user_ids: [grace.id] }), 200)
    assert.deepEqual(expectStatus(await post(grace, body), 200), first)
    // The same id of somebody else, or elsewhere, is another message.
    expectStatus(await post(joan, body), 201)
    expectStatus(await post(grace, { ...body, conversation_id: (await group()).id }), 201)
  })
})
