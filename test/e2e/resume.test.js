// SPDX-License-Identifier: Apache-2.0
// resume.test.js: who comes back with a cursor gets what they missed, in order, once, and nothing
// that is not theirs to see now (section 9 of docs/protocol.md; Z2 to Z4, D12 of the catalogue).
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { sql } from '../lib/database.js'
import { UUID, expectStatus, makeTenant, settle, signup } from '../lib/people.js'
import { Server, startServer } from '../lib/server.js'
import { until } from '../lib/wait.js'
import { RawWs } from '../lib/ws_raw.js'

let server
let ada
let grace
let alan
before(async () => {
  server = await Server.start()
  ;[ada, grace, alan] = await makeTenant(server, 'Ada', 'Grace', 'Alan')
})
after(() => server.stop())

const group = (name, ...others) => ada.conversation(others, { type: 'group', name })
const typesOf = (frames) => frames.map((frame) => frame.payload.type)
const textsOf = (frames) => frames
  .filter((frame) => frame.payload.type === 'message.created')
  .map((frame) => frame.payload.payload.message.content_text)

// A cursor of this moment: what came before is not missed.
async function cursorOf(person) {
  const socket = await person.socketV1()
  await socket.until(() => socket.cursor, 'a cursor')
  await socket.drop()
  return socket.cursor
}

// What this person would get now.
async function resume(person, cursor) {
  const socket = await person.socketV1(cursor)
  const result = await socket.resumes()
  await socket.drop()
  return { ...result, cursor: socket.cursor }
}

function replays() {
  test('gets what it missed, in order, then resumed, then what is live', async () => {
    const { id } = await group('missed', grace)
    const first = await grace.socketV1()
    await ada.send(id, 'heard')
    await settle(ada, id, [first])
    await first.drop()
    const missed = []
    for (const text of ['one', 'two', 'three']) missed.push(await ada.send(id, text))
    const reaction = { conversation_id: id, emoji: '🎉' }
    expectStatus(await ada.post(`/v1/chat/messages/${missed[0].id}/reactions`, reaction), 200)
    expectStatus(await ada.post(`/v1/chat/conversations/${id}/read`, { up_to_seq: 3 }), 200)

    const second = await grace.socketV1(first.cursor)
    const { replay, complete, replayed } = await second.resumes()
    assert.equal(complete, true)
    assert.equal(replayed, replay.length)
    assert.deepEqual(typesOf(replay), ['message.created', 'message.created', 'message.created',
      'reaction.updated', 'message.read'])
    assert.deepEqual(textsOf(replay), ['one', 'two', 'three'])
    assert.deepEqual(replay.slice(0, 3).map((frame) => frame.payload.payload.message),
      [{ ...missed[0] }, missed[1], missed[2]])
    for (const frame of replay) {
      assert.equal(frame.conversation_id, id)
      assert.equal(typeof frame.cursor, 'string')
    }
    const hello = second.heard[0].payload
    assert.equal(hello.resume.cursor, undefined, 'nobody resumes at the end of a replay to come')

    await ada.send(id, 'live')
    await settle(ada, id, [second])
    assert.deepEqual(textsOf(second.heard.slice(replay.length + 2)).slice(0, 1), ['live'])
    await second.close()
  })

  test('gets the same frames as those who stayed', async () => {
    const { id } = await group('the same', grace)
    const stayed = await grace.socketV1()
    await stayed.until(() => stayed.cursor, 'the hello')
    const cursor = stayed.cursor
    const sent = await ada.send(id, 'a', { content_meta: 'm', client_msg_id: '1' })
    expectStatus(await ada.patch(`/v1/chat/conversations/${id}`, { name: 'other' }), 200)
    expectStatus(await ada.post(`/v1/chat/conversations/${id}/participants`,
      { user_ids: [alan.id] }), 200)
    expectStatus(await grace.post(`/v1/chat/conversations/${id}/mute`), 200)
    expectStatus(await grace.post(`/v1/chat/users/${alan.id}/block`), 200)
    expectStatus(await grace.delete(`/v1/chat/users/${alan.id}/block`), 200)
    expectStatus(await ada.delete(`/v1/chat/messages/${sent.id}`), 200)
    const last = await settle(ada, id, [stayed])
    const { replay, complete } = await resume(grace, cursor)
    assert.equal(complete, true)
    // What was deleted meanwhile is not shown again.
    const isDeleted = (frame) => frame.payload.type === 'message.created' &&
      frame.payload.payload.message_id === sent.id
    const durable = stayed.heard.filter((frame) => frame.cursor !== undefined)
    assert.deepEqual(replay.filter((frame) => !isDeleted(frame)),
      durable.filter((frame) => !isDeleted(frame)))
    assert.equal(replay.at(-1).payload.payload.message_id, last)
    const tombstone = replay.find(isDeleted).payload.payload.message
    assert.equal(tombstone.content_text, '')
    assert.equal(tombstone.content_meta, undefined)
    assert.ok(tombstone.deleted_at)
    await stayed.close()
  })

  test('misses nothing when nothing happened', async () => {
    const cursor = await cursorOf(grace)
    const again = await resume(grace, cursor)
    assert.deepEqual([again.complete, again.replayed, again.replay], [true, 0, []])
  })

  test('may resume at the cursor of resumed, of a replayed event, and of hello', async () => {
    const { id } = await group('cursors', grace)
    const start = await cursorOf(grace)
    for (const text of ['a', 'b', 'c']) await ada.send(id, text)
    const all = await resume(grace, start)
    assert.deepEqual(textsOf(all.replay), ['a', 'b', 'c'])
    const rest = await resume(grace, all.replay[0].cursor)
    assert.deepEqual(textsOf(rest.replay), ['b', 'c'])
    assert.deepEqual((await resume(grace, all.cursor)).replay, [])
  })

  test('may resume at the same place as often as it likes', async () => {
    const { id } = await group('again', grace)
    const start = await cursorOf(grace)
    await ada.send(id, 'once')
    for (let i = 0; i < 3; i++)
      assert.deepEqual(textsOf((await resume(grace, start)).replay), ['once'])
  })

  test('live events are not replayed', async () => {
    const { id } = await group('live', grace)
    const start = await cursorOf(grace)
    expectStatus(await ada.post(`/v1/chat/conversations/${id}/typing`, { state: 'start' }), 200)
    await ada.send(id, 'typed')
    assert.deepEqual(typesOf((await resume(grace, start)).replay), ['message.created'])
  })
}

function rights() {
  test('Z2 nothing of a conversation that they were removed from, but that they were', async () => {
    const { id } = await group('removed', grace)
    const start = await cursorOf(grace)
    await ada.send(id, 'before')
    expectStatus(await ada.delete(`/v1/chat/conversations/${id}/participants/${grace.id}`), 200)
    await ada.send(id, 'after')
    const { replay, complete } = await resume(grace, start)
    assert.equal(complete, true)
    assert.deepEqual(replay.map(({ cursor, ...frame }) => frame), [{
      type: 'event',
      conversation_id: id,
      payload: {
        type: 'participant.removed',
        payload: { conversation_id: id, user_id: grace.id, removed_by: ada.id },
      },
    }])
  })

  test('Z2 who is in it again sees nothing from before that', async () => {
    const { id } = await group('rejoined', grace)
    const start = await cursorOf(grace)
    await ada.send(id, 'first stay')
    expectStatus(await ada.delete(`/v1/chat/conversations/${id}/participants/${grace.id}`), 200)
    await ada.send(id, 'while away')
    expectStatus(await ada.post(`/v1/chat/conversations/${id}/participants`,
      { user_ids: [grace.id] }), 200)
    await ada.send(id, 'second stay')
    const { replay } = await resume(grace, start)
    assert.deepEqual(typesOf(replay), ['participant.removed', 'conversation.created',
      'participant.added', 'message.created'])
    assert.deepEqual(textsOf(replay), ['second stay'])
  })

  test('a conversation made and left while away is not told of', async () => {
    const start = await cursorOf(grace)
    const { id } = await group('short', grace)
    await ada.send(id, 'hi')
    expectStatus(await ada.delete(`/v1/chat/conversations/${id}/participants/${grace.id}`), 200)
    assert.deepEqual(typesOf((await resume(grace, start)).replay), ['participant.removed'])
  })

  test('a conversation that was deleted for all says goodbye, and nothing else', async () => {
    const { id } = await group('deleted', grace)
    const start = await cursorOf(grace)
    await ada.send(id, 'gone')
    expectStatus(await ada.delete(`/v1/chat/conversations/${id}`, { mode: 'for_everyone' }), 200)
    const { replay } = await resume(grace, start)
    assert.deepEqual(typesOf(replay), ['conversation.deleted'])
  })

  test('what was deleted for oneself stays away', async () => {
    const { id } = await group('hidden', grace)
    const start = await cursorOf(grace)
    const old = await ada.send(id, 'old')
    expectStatus(await grace.delete(`/v1/chat/conversations/${id}`, { mode: 'for_me' }), 200)
    expectStatus(await ada.patch(`/v1/chat/messages/${old.id}`, { content_text: 'older' }), 200)
    await ada.send(id, 'new')
    const { replay } = await resume(grace, start)
    assert.deepEqual(typesOf(replay), ['conversation.hidden', 'message.created'])
    assert.deepEqual(textsOf(replay), ['new'])
  })

  test('internal messages are for those who may see them now', async () => {
    const { id } = await group('internal', grace)
    const starts = [await cursorOf(ada), await cursorOf(grace)]
    const note = await ada.send(id, 'note', { is_internal: true })
    expectStatus(await ada.patch(`/v1/chat/messages/${note.id}`, { content_text: 'n' }), 200)
    await ada.send(id, 'for all')
    assert.deepEqual(textsOf((await resume(ada, starts[0])).replay), ['n', 'for all'])
    const forGrace = (await resume(grace, starts[1])).replay
    assert.deepEqual(textsOf(forGrace), ['for all'])
    assert.equal(forGrace.length, 1)
  })

  test('nothing of those who are blocked now, and all of those who are not any more', async () => {
    const { id } = await group('blocks', grace, alan)
    const start = await cursorOf(grace)
    const spam = await alan.send(id, 'from Alan')
    const reaction = { conversation_id: id, emoji: '👍' }
    expectStatus(await ada.post(`/v1/chat/messages/${spam.id}/reactions`, reaction), 200)
    const fine = await ada.send(id, 'from Ada')
    expectStatus(await alan.post(`/v1/chat/messages/${fine.id}/reactions`, reaction), 200)
    expectStatus(await alan.post(`/v1/chat/conversations/${id}/read`, { up_to_seq: 2 }), 200)
    expectStatus(await grace.post(`/v1/chat/users/${alan.id}/block`), 200)
    const blocked = await resume(grace, start)
    assert.deepEqual(typesOf(blocked.replay), ['message.created', 'message.read', 'user.blocked'])
    assert.deepEqual(textsOf(blocked.replay), ['from Ada'])
    expectStatus(await grace.delete(`/v1/chat/users/${alan.id}/block`), 200)
    const lifted = await resume(grace, start)
    assert.deepEqual(textsOf(lifted.replay), ['from Alan', 'from Ada'])
    assert.deepEqual(typesOf(lifted.replay), ['message.created', 'reaction.updated',
      'message.created', 'reaction.updated', 'message.read', 'user.blocked', 'user.unblocked'])
  })

  test('an edited message is shown as it is, a deleted one not at all, nor its edits', async () => {
    const { id } = await group('edited', grace)
    const start = await cursorOf(grace)
    const kept = await ada.send(id, 'kept')
    const gone = await ada.send(id, 'secret')
    for (const [message, text] of [[kept, 'kept better'], [gone, 'more secret']])
      expectStatus(await ada.patch(`/v1/chat/messages/${message.id}`, { content_text: text }), 200)
    expectStatus(await ada.delete(`/v1/chat/messages/${gone.id}`), 200)
    const { replay } = await resume(grace, start)
    assert.deepEqual(textsOf(replay), ['kept better', ''])
    assert.deepEqual(typesOf(replay),
      ['message.created', 'message.created', 'message.edited', 'message.deleted'])
    assert.doesNotMatch(JSON.stringify(replay), /secret/)
  })

  test('Z3 a cursor gives nobody what is not theirs', async () => {
    const { id } = await group('private', grace)
    const start = await cursorOf(grace)
    await ada.send(id, 'for Grace')
    const { replay, complete } = await resume(alan, start)
    assert.equal(complete, true)
    assert.doesNotMatch(JSON.stringify(replay), /for Grace/)
    assert.ok(replay.every((frame) => frame.conversation_id !== id))
  })
}

// Events are kept in memory, as they were told, while somebody listens in carillon.v1; else the log
// alone has them.
describe('from the log', () => {
  describe('a socket that resumes', replays)
  describe('what is replayed is what the user may see now', rights)
})

describe('from memory', () => {
  let somebody
  before(async () => {
    somebody = await (await signup(server, 'Somebody')).socketV1()
    await somebody.until(() => somebody.cursor, 'the hello')
  })
  after(() => somebody.close())
  describe('a socket that resumes', replays)
  describe('what is replayed is what the user may see now', rights)
})

describe('how much', () => {
  const RECENT_EFFECTS_MAX = 4096
  const PORTION_BYTES = 256 * 1024
  const sendMany = async (person, id, count, text) => {
    for (let sent = 0; sent < count; sent += 64) {
      const some = Array.from({ length: Math.min(64, count - sent) }, () => person.send(id, text))
      await Promise.all(some)
    }
  }
  const fromMemory = async (own) => {
    const { body } = await own.request('GET', '/metrics')
    return Number(/^carillon_resumes_from_memory_total (\d+)$/m.exec(body)[1])
  }

  test('memory serves RECENT_EFFECTS_MAX effects, and the log what is more', async (t) => {
    const own = await startServer(t, { args: ['--workers', '1'] })
    const [one, two] = await makeTenant(own, 'One', 'Two')
    const { id } = await one.conversation([two], { type: 'group' })
    const stays = await one.socketV1()
    await stays.until(() => stays.cursor, 'the hello')
    const start = await cursorOf(two)
    await sendMany(one, id, RECENT_EFFECTS_MAX, 'x')
    assert.equal((await resume(two, start)).replayed, RECENT_EFFECTS_MAX)
    assert.equal(await fromMemory(own), 1)
    await sendMany(one, id, 1, 'x')
    const { replayed, replay } = await resume(two, start)
    assert.equal(replayed, RECENT_EFFECTS_MAX + 1)
    assert.deepEqual(replay.map((frame) => frame.payload.payload.seq_num),
      Array.from({ length: replayed }, (_, i) => i + 1))
    assert.equal(await fromMemory(own), 1)
    await stays.drop()
  })

  test('a replay of many times what is owed at once comes whole, and then the socket lives',
    async (t) => {
      const own = await startServer(t, { args: ['--workers', '1'] })
      const [one, two] = await makeTenant(own, 'One', 'Two')
      const { id } = await one.conversation([two], { type: 'group' })
      const start = await cursorOf(two)
      const text = 'y'.repeat(32 * 1024)
      const count = 10 * (PORTION_BYTES / text.length)
      await sendMany(one, id, count, text)
      const socket = await two.socketV1(start)
      // Sent while it catches up: after what was missed, and once.
      const meanwhile = sendMany(one, id, 40, 'meanwhile')
      const { complete } = await socket.resumes()
      assert.equal(complete, true)
      await meanwhile
      await settle(one, id, [socket])
      const seqs = socket.events('message.created').map((payload) => payload.seq_num)
      assert.deepEqual(seqs, Array.from({ length: count + 41 }, (_, i) => i + 1))
      await socket.close()
    })

  test('who does not read a long replay is not waited for, and may go on where it was',
    async (t) => {
      const own = await startServer(t, { args: ['--workers', '1'] })
      const [one, two] = await makeTenant(own, 'One', 'Two')
      const { id } = await one.conversation([two], { type: 'group' })
      const start = await cursorOf(two)
      const text = 'z'.repeat(60 * 1024)
      const count = 300 // some 18 MB, more than any buffer of a socket
      await sendMany(one, id, count, text)
      const socket = await two.socketV1(start)
      await socket.until(() => socket.events('message.created').length >= 10, 'a part')
      socket.ws.socket.pause()
      await until(async () => {
        const { body } = await own.request('GET', '/metrics')
        return /^carillon_listeners_dropped_total 1$/m.test(body)
      }, 'the server to give up', 40_000)
      socket.ws.socket.resume()
      assert.equal((await socket.ends()).code, 4008)
      const heard = socket.events('message.created').map((payload) => payload.seq_num)
      assert.ok(heard.length < count)
      const again = await resume(two, socket.cursor)
      assert.equal(again.complete, true)
      const all = [...heard, ...again.replay.map((frame) => frame.payload.payload.seq_num)]
      assert.deepEqual(all, Array.from({ length: count }, (_, i) => i + 1))
    })
})

describe('a cursor that leads nowhere', () => {
  const expectNothing = async (person, cursor) => {
    const { id } = await person.conversation([], { type: 'group' })
    const socket = await person.socketV1(cursor)
    const { replay, complete, replayed } = await socket.resumes()
    assert.deepEqual([complete, replayed, replay], [false, 0, []])
    // The socket is live, and tells where to resume from now on.
    await settle(person, id, [socket])
    const start = socket.heard.find((frame) => frame.type === 'resumed').cursor
    await socket.drop()
    const again = await resume(person, start)
    assert.equal(again.complete, true)
    assert.equal(again.replayed, 1)
  }

  const malformed = ['', 'x', '0', '-1', 'A'.repeat(22), 'A'.repeat(21), 'A'.repeat(23),
    'A'.repeat(4000), '../../etc/passwd', "' OR 1=1", '💥', 'AAAAAAAAAAAAAAAAAAAAA=']
  for (const cursor of malformed) {
    test(`that is ${JSON.stringify(cursor.slice(0, 30))} (${cursor.length}): sync`, async () => {
      await expectNothing(grace, cursor)
    })
  }

  test('that was changed by a bit: sync', async () => {
    const cursor = await cursorOf(grace)
    for (let at = 0; at < cursor.length; at += 3) {
      const other = cursor[at] === 'A' ? 'E' : 'A'
      await expectNothing(grace, cursor.slice(0, at) + other + cursor.slice(at + 1))
    }
  })

  test('Z4 that is another tenant\'s: sync', async () => {
    const stranger = await signup(server, 'Stranger')
    await expectNothing(stranger, await cursorOf(grace))
    await expectNothing(grace, await cursorOf(stranger))
  })

  test('that no address can have: a 400', async () => {
    const { token } = await grace.messagingToken()
    const headers = { 'Sec-WebSocket-Protocol': 'carillon.v1' }
    for (const query of ['cursor=a&cursor=b', 'cursor=%0', 'cursor=%00']) {
      const path = `/ws?token=${token}&${query}`
      const { ws, response } = await RawWs.handshake(server.port, path, { headers })
      ws.close()
      assert.equal(response.status, 400, query)
    }
    // The token is not spent.
    const socket = await RawWs.connect(server.port, `/ws?token=${token}`, { headers })
    socket.close()
  })
})

describe('all of it again from the log, after a restart', () => {
  test('D7 what was committed and never heard is replayed', async (t) => {
    const own = await startServer(t)
    const [one, two] = await makeTenant(own, 'One', 'Two')
    const { id } = await one.conversation([two], { type: 'group' })
    const start = await cursorOf(two)
    // Acknowledged, and then the process is gone, whatever it still wanted to tell.
    const messages = await Promise.all(
      Array.from({ length: 50 }, (_, i) => one.send(id, `message ${i}`)))
    await own.kill9()
    await own.restart()
    const { replay, complete, replayed } = await resume(two, start)
    assert.equal(complete, true)
    assert.equal(replayed, 50)
    assert.deepEqual(replay.map((frame) => frame.payload.payload.message),
      messages.sort((a, b) => a.seq_num - b.seq_num))
    // Who heard all of it does not hear it again.
    const socket = await two.socketV1(replay.at(-1).cursor)
    assert.equal((await socket.resumes()).replayed, 0)
    await one.send(id, 'and on')
    await socket.hears('message.created')
    assert.deepEqual(textsOf(socket.heard.slice(2)), ['and on'])
    await socket.close()
  })

  test('D12 a database with another epoch refuses the cursors of before', async (t) => {
    const own = await startServer(t)
    const [one] = await makeTenant(own, 'One')
    const { id } = await one.conversation([], { type: 'group' })
    const start = await cursorOf(one)
    await one.send(id, 'missed')
    await own.terminate()
    const [epoch] = sql(own.data, "SELECT value FROM meta WHERE name = 'epoch'")
    assert.match(epoch, UUID)
    const other = epoch.replace(/.$/, (c) => (c === '0' ? '1' : '0'))
    sql(own.data, `UPDATE meta SET value = '${other}' WHERE name = 'epoch'`)
    await own.restart()
    const { replay, complete } = await resume(one, start)
    assert.deepEqual([complete, replay], [false, []])
    await own.terminate()
    sql(own.data, `UPDATE meta SET value = '${epoch}' WHERE name = 'epoch'`)
    await own.restart()
    assert.deepEqual(textsOf((await resume(one, start)).replay), ['missed'])
  })

  test('a file of before without a new epoch does not lead astray: sync', async (t) => {
    const own = await startServer(t)
    const [one] = await makeTenant(own, 'One')
    const { id } = await one.conversation([], { type: 'group' })
    await own.terminate()
    copyFileSync(`${own.data}/carillon.db`, `${own.data}/old`)
    await own.restart()
    await one.send(id, 'lost')
    const ahead = await cursorOf(one)
    await own.terminate()
    copyFileSync(`${own.data}/old`, `${own.data}/carillon.db`)
    await own.restart()
    const again = await resume(await one.login(), ahead)
    assert.deepEqual([again.complete, again.replay], [false, []])
  })
})
