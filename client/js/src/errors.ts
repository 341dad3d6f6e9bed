// SPDX-License-Identifier: Apache-2.0
/**
 * errors.ts — every way to fail, as a class of its own.
 * All of them are a {@link ChatError}, so one `catch` can tell them from mistakes in a program.
 * @module
 */

/** What all errors of this package have in common. */
export class ChatError extends Error {
  override name = 'ChatError'
}

/** The body of a refusal, as on the wire. */
export interface ErrorBody {
  error?: string
  code?: string
  field?: string
}

/** The server has answered, and the answer is no. `message` is a sentence for a person. */
export class ChatApiError extends ChatError {
  override name = 'ChatApiError'
  /** The HTTP status. */
  readonly status: number
  /** The answer: an object as on the wire, or a text when it was no JSON. */
  readonly body: unknown
  /** The word for programs, e.g. `conversation_not_found`; a new one may come at any time. */
  readonly code: string | undefined
  /** The field of the request that is to blame. */
  readonly field: string | undefined
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(message: string, status: number, body?: unknown, retryAfterMs?: number) {
    super(message)
    const { code, field } = (body ?? {}) as ErrorBody
    this.status = status
    this.body = body
    this.code = code
    this.field = field
    this.retryAfterMs = retryAfterMs
  }
}

/**
 * No answer: no network, no server, or it took too long. Whether the request was carried out is
 * not known. `cause` is what `fetch` said.
 */
export class ChatNetworkError extends ChatError {
  override name = 'ChatNetworkError'
}

/** The socket is closed and stays closed: signed out, or too many attempts in vain. */
export class ChatConnectionError extends ChatError {
  override name = 'ChatConnectionError'
  /** The close code, e.g. 4001 when the session was ended; undefined when there was no socket. */
  readonly code: number | undefined

  constructor(message: string, code?: number, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}

/** The server did not understand something that was said on the socket. */
export class ChatSocketError extends ChatError {
  override name = 'ChatSocketError'
}

/** A task ended in another way than `completed`; its text up to there was given out before. */
export class ChatTaskError extends ChatError {
  override name = 'ChatTaskError'
  readonly taskId: string
  readonly status: 'failed' | 'cancelled'

  constructor(taskId: string, status: 'failed' | 'cancelled', narrative?: string) {
    super(narrative ? `the task ${status === 'failed' ? 'failed' : 'was cancelled'}: ${narrative}`
      : `the task ${status === 'failed' ? 'failed' : 'was cancelled'}`)
    this.taskId = taskId
    this.status = status
  }
}
