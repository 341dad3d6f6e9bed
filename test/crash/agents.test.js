// SPDX-License-Identifier: Apache-2.0
// agents.test.js: the agent, the server, or every reader is killed with SIGKILL at each stage of a
// streamed answer: before the stream, within it, and behind its end before the report. Whoever
// comes back finishes the answer, whole and without a byte twice. When nobody does, the task fails
// in time, and keeps what it had on disk.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { makeAgent } from '../lib/agents.js'
import { Child } from '../lib/child.js'
import { assertIntegrity } from '../lib/crash.js'
import { expectStatus, makeTenant } from '../lib/people.js'
import { startServer } from '../lib/server.js'
import { until } from '../lib/wait.js'

// As in src/limits.h, and what a test waits at most for the end of it.
const STREAM_LOST_MS_MAX = 30_000
const FAILED_MS_MAX = STREAM_LOST_MS_MAX + 30_000

const WORDS = ['Es ', 'war ', 'schön ', 'in ', '東京, ', 'sagte ', 'die ', '🦊 ', 'und ', 'ging.']
const TEXT = WORDS.join('')
const SIZE = Buffer.byteLength(TEXT)
const sizeOf = (count) => Buffer.byteLength(WORDS.slice(0, count).join(''))
const program = (name) => fileURLToPath(new URL(`../lib/${name}`, import.meta.url))

// Some fifty programs that all start at once would each take long, and be waited for in vain. What
// is started again has no turn: nobody waits for an agent for longer than STREAM_LOST_MS_MAX.
const turns = [Promise.resolve(), Promise.resolve()]
let turnsCount = 0
function inTurn(start) {
  const i = turnsCount++ % turns.length
  const started = turns[i].then(start)
  turns[i] = started.catch(() => {})
  return started
}

class Scene {
  static async make(t, args = []) {
    const scene = new Scene()
    scene.server = await startServer(t, { args })
    ;[scene.ada, scene.grace] = await makeTenant(scene.server, 'Ada', 'Grace')
    scene.agent = await makeAgent(scene.ada, 'Thinker')
    const { id } = await scene.ada.conversation([scene.grace, scene.agent], { type: 'agent_group' })
    const body = { conversation_id: id, title: 'Tell', agent_id: scene.agent.id }
    scene.task = expectStatus(await scene.ada.post('/v1/chat/tasks', body), 201).id
    scene.conversation = id
    t.after(() => Promise.all([scene.program, ...scene.readers].map((one) =>
      one.end ?? one.signal('SIGKILL'))))
    await inTurn(() => {
      scene.startAgent()
      return scene.startReaders()
    })
    return scene
  }

  readers = []

  startAgent() {
    const env = { AGENT_KEY: this.agent.access, AGENT_TASK: this.task, AGENT_TEXT: TEXT }
    this.program = new Child(process.execPath, [program('sturdy_agent.js')], env, 'pipe')
    this.order(`at ${this.server.url}`)
  }

  async startReaders() {
    const readers = [this.ada, this.grace].map((person) => new Child(process.execPath,
      [program('reader.js')], { READER_URL: this.server.url, READER_TOKEN: person.access,
        READER_TASK: this.task }))
    this.readers.push(...readers)
    await Promise.all(readers.map((one) => one.output(/^has /m)))
  }

  order(line) {
    this.program.process.stdin.write(`${line}\n`)
  }

  async does(order, answer) {
    this.order(order)
    await this.program.output(new RegExp(`^${answer}$`, 'm'))
  }

  // Wait until these readers have so many bytes.
  haveRead(count, readers = this.readers) {
    return Promise.all(readers.map((one) => one.output(new RegExp(`^has ${count}$`, 'm'))))
  }

  async state() {
    const { status, progress_narrative: narrative } =
      expectStatus(await this.ada.get(`/v1/chat/tasks/${this.task}`), 200)
    return { status, narrative }
  }

  async text() {
    return expectStatus(await this.grace.get(`/v1/chat/tasks/${this.task}/stream`), 200)
  }

  isOnDisk(text) {
    return ['carillon.db', 'carillon.db-wal'].some((name) =>
      readFileSync(join(this.server.data, name)).includes(text))
  }

  // Somebody finishes it, and then it is whole, once, for everybody.
  async finishes() {
    await this.does(`say ${SIZE}`, `said ${SIZE}`)
    await this.does('end', 'ended')
    await this.does('report completed', 'reported completed')
    await this.isWhole()
  }

  async isWhole() {
    assert.equal((await this.state()).status, 'completed')
    const results = (await this.grace.history(this.conversation))
      .filter((one) => one.task_id === this.task)
    assert.deepEqual(results.map((one) => one.content_text), [TEXT])
    assert.deepEqual(await this.text(), { text: TEXT, offset_bytes: SIZE, state: 'ended' })
  }

  // Nobody does, and then it is over in time; what was kept is a beginning of the text.
  async fails(kept) {
    const isOver = async () => (await this.state()).status !== 'running'
    await until(isOver, 'the end of the task', FAILED_MS_MAX)
    assert.deepEqual(await this.state(), { status: 'failed', narrative: 'agent lost' })
    const { text, offset_bytes: size, state } = await this.text()
    assert.ok(TEXT.startsWith(text), text)
    assert.ok(size >= kept, `${size} bytes are left of ${kept}`)
    assert.equal(size, Buffer.byteLength(text))
    assert.equal(state, 'ended')
    const results = (await this.grace.history(this.conversation))
      .filter((one) => one.task_id === this.task)
    assert.deepEqual(results, [])
  }
}

// What has happened when somebody is killed, and how many bytes are then on disk, and heard by all.
const STAGES = {
  'before the stream': async (scene) => {
    await scene.does('report running', 'reported running')
    return { stored: 0, heard: 0 }
  },
  'within the stream': async (scene) => {
    const kept = sizeOf(5)
    await scene.does(`say ${kept}`, `said ${kept}`)
    await scene.haveRead(kept)
    await until(() => scene.isOnDisk('東京'), 'a checkpoint')
    await scene.ada.send(scene.conversation, 'after it') // so it is committed, too
    const more = sizeOf(7)
    await scene.does(`say ${more}`, `said ${more}`)
    await scene.haveRead(more)
    return { stored: kept, heard: more }
  },
  'between its end and the report': async (scene) => {
    await scene.does(`say ${SIZE}`, `said ${SIZE}`)
    await scene.does('end', 'ended')
    await scene.haveRead(SIZE)
    return { stored: SIZE, heard: SIZE }
  },
}

// Each takes a scene; `isBack`: whether there is an agent afterwards. They say what must be left.
const VICTIMS = {
  'the agent': async (scene, { heard }, isBack) => {
    await scene.program.signal('SIGKILL')
    if (isBack) scene.startAgent()
    return heard
  },
  'the server': async (scene, { stored }, isBack) => {
    await scene.server.kill9()
    assertIntegrity(scene.server.data)
    if (!isBack) await scene.program.signal('SIGKILL')
    await scene.server.restart()
    if (isBack) scene.order(`at ${scene.server.url}`)
    return stored
  },
}

describe('kill -9 while an agent answers', { concurrency: true }, () => {
  for (const [stage, reach] of Object.entries(STAGES)) {
    for (const [victim, kill] of Object.entries(VICTIMS)) {
      test(`of ${victim} ${stage}: the agent comes back and finishes`, async (t) => {
        const scene = await Scene.make(t)
        const kept = await kill(scene, await reach(scene), true)
        const { offset_bytes: size } = await scene.text()
        assert.ok(size >= kept, `${size} bytes are left of ${kept}`)
        await scene.startReaders()
        await scene.finishes()
        // It went on exactly where the text ended.
        const openings = [...scene.program.stdout.matchAll(/^opened at (\d+)$/gm)]
        assert.equal(Number(openings.at(-1)[1]), size)
        await scene.haveRead(SIZE, scene.readers.slice(-2))
      })

      test(`of ${victim} ${stage}: nobody comes back, and the task fails`, async (t) => {
        const scene = await Scene.make(t, ['--task-silence-sec', '1'])
        await scene.fails(await kill(scene, await reach(scene), false))
      })
    }

    test(`of every reader ${stage}: the answer is finished, and who comes later reads it`,
      async (t) => {
        const scene = await Scene.make(t)
        await reach(scene)
        await Promise.all(scene.readers.map((one) => one.signal('SIGKILL')))
        await scene.finishes()
        await scene.startReaders()
        await scene.haveRead(SIZE, scene.readers.slice(-2))
      })
  }
})
