// SPDX-License-Identifier: Apache-2.0
/**
 * stream.ts — what an agent streams, from its first byte, whenever somebody begins to look.
 * It listens first and reads then, and puts the two together by their place in the text: what came
 * twice is skipped, what is missing is read. So a lost connection is a pause and nothing more.
 * @module
 */
import type { ChatApi } from './api.js'
import { ChatApiError, ChatTaskError } from './errors.js'
import { pause } from './http.js'
import type { AnyEvent, CatalogueEvents, TaskStatus } from './types.js'

/** Where to begin, and how to end early. */
export interface StreamOptions {
  /** Leave out what is known already, in bytes of UTF-8. */
  afterBytes?: number
  signal?: AbortSignal
}

/** What {@link followTask} gets from its client. */
export interface StreamSource {
  api: ChatApi
  onEvent(listener: (event: AnyEvent) => void): () => void
  onDoubt(listener: (isWhole: boolean) => void): () => void
}

// A server that does not say where a delta begins is asked for the text, this often at most.
const ASK_MS_MIN = 200

const isFinal = (status: TaskStatus): status is 'completed' | 'failed' | 'cancelled' =>
  status === 'completed' || status === 'failed' || status === 'cancelled'

/** See {@link ChatClient.stream}. */
export async function* followTask(
  taskId: string, source: StreamSource, { afterBytes = 0, signal }: StreamOptions = {},
): AsyncGenerator<string, void, undefined> {
  const encoder = new TextEncoder()
  const decoder = new TextDecoder()
  const deltas: { from: number; bytes: Uint8Array }[] = []
  let at = afterBytes
  let status: TaskStatus | undefined
  let narrative: string | undefined
  let isInDoubt = true
  let isBehind = true
  let wake = () => {}

  const hear = ({ type, payload }: AnyEvent) => {
    if (type === 'task.status_updated') {
      const report = payload as CatalogueEvents['task.status_updated']
      if (report.task_id !== taskId) return
      status = report.status
      narrative = report.progress_narrative
    } else if (type === 'task_stream_delta') {
      const { delta, task_id, offset_bytes } = payload as CatalogueEvents['task_stream_delta']
      if (task_id === undefined || offset_bytes === undefined) isBehind = true
      else if (task_id !== taskId) return
      else deltas.push({ from: offset_bytes, bytes: encoder.encode(delta) })
    } else return
    wake()
  }
  // Deltas are live events, which nobody replays.
  const doubt = () => {
    isInDoubt = true
    wake()
  }
  const ends = [source.onEvent(hear), source.onDoubt(doubt)]
  const abort = () => wake()
  signal?.addEventListener('abort', abort)

  try {
    for (;;) {
      signal?.throwIfAborted()
      if (isInDoubt) {
        isInDoubt = false
        isBehind = true
        status = undefined
        const task = await source.api.getTask(taskId)
        // What was heard meanwhile is newer.
        if (status === undefined) [status, narrative] = [task.status, task.progressNarrative]
      }
      for (let next = deltas[0]; next && next.from <= at; next = deltas[0]) {
        deltas.shift()
        const fresh = next.bytes.subarray(at - next.from)
        if (fresh.length === 0) continue
        at += fresh.length
        yield decoder.decode(fresh)
      }
      const last = status !== undefined && isFinal(status) ? status : undefined
      if (isBehind || deltas.length > 0 || last) {
        isBehind = false
        const text = await read(source.api, taskId, at)
        at = Math.max(at, text.offsetBytes)
        if (text.text !== '') yield text.text
        if (last === 'completed') return
        if (last) throw new ChatTaskError(taskId, last, narrative)
        if (isBehind) await pause(ASK_MS_MIN, signal)
        continue
      }
      await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    for (const end of ends) end()
    signal?.removeEventListener('abort', abort)
  }
}

// Somebody may have shortened the message that the text became; then there is nothing more to say.
async function read(api: ChatApi, taskId: string, at: number) {
  try {
    return await api.getTaskText(taskId, at)
  } catch (error) {
    if (!(error instanceof ChatApiError) || error.status !== 400) throw error
    return { text: '', offsetBytes: at }
  }
}
