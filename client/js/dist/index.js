// SPDX-License-Identifier: Apache-2.0

// src/errors.ts
var ChatError = class extends Error {
  name = "ChatError";
};
var ChatApiError = class extends ChatError {
  name = "ChatApiError";
  /** The HTTP status. */
  status;
  /** The answer: an object as on the wire, or a text when it was no JSON. */
  body;
  /** The word for programs, e.g. `conversation_not_found`; a new one may come at any time. */
  code;
  /** The field of the request that is to blame. */
  field;
  /** How long the server asks to wait, in milliseconds. */
  retryAfterMs;
  constructor(message2, status, body, retryAfterMs) {
    super(message2);
    const { code, field } = body ?? {};
    this.status = status;
    this.body = body;
    this.code = code;
    this.field = field;
    this.retryAfterMs = retryAfterMs;
  }
};
var ChatNetworkError = class extends ChatError {
  name = "ChatNetworkError";
};
var ChatConnectionError = class extends ChatError {
  name = "ChatConnectionError";
  /** The close code, e.g. 4001 when the session was ended; undefined when there was no socket. */
  code;
  constructor(message2, code, cause) {
    super(message2, { cause });
    this.code = code;
  }
};
var ChatSocketError = class extends ChatError {
  name = "ChatSocketError";
};
var ChatTaskError = class extends ChatError {
  name = "ChatTaskError";
  taskId;
  status;
  constructor(taskId, status, narrative) {
    super(narrative ? `the task ${status === "failed" ? "failed" : "was cancelled"}: ${narrative}` : `the task ${status === "failed" ? "failed" : "was cancelled"}`);
    this.taskId = taskId;
    this.status = status;
  }
};

// src/http.ts
var WAIT_MS_MAX = 1e4;
var PAUSE_MS = 300;
var Http = class {
  #url;
  #options;
  #token;
  #asked;
  constructor(options) {
    this.#url = options.apiUrl.replace(/\/+$/, "");
    this.#options = options;
    this.#token = options.token;
  }
  setToken(token) {
    this.#token = token;
    this.#asked = void 0;
  }
  /** The token of now is not to be used again. False: there is no way to get another one. */
  dropToken(stale = this.#token) {
    if (!this.#options.getToken) return this.#token !== stale;
    if (this.#token === stale) this.setToken(void 0);
    return true;
  }
  async #access() {
    if (this.#token !== void 0) return this.#token;
    const { getToken } = this.#options;
    if (!getToken) throw new ChatError("neither a token nor getToken was given");
    const asked = this.#asked ??= Promise.resolve().then(getToken);
    try {
      const token = await asked;
      if (this.#asked === asked) this.#token = token;
      return token;
    } finally {
      if (this.#asked === asked) this.#asked = void 0;
    }
  }
  /**
   * The answer's body, as on the wire.
   * @throws {ChatApiError} the server refused
   * @throws {ChatNetworkError} there was no answer
   */
  async request(method, path, request = {}) {
    const { retries = 3 } = this.#options;
    const isRepeatable = request.isRepeatable ?? method === "GET";
    let isRenewed = false;
    for (let attempt = 0; ; attempt++) {
      const token = await this.#access();
      try {
        return await this.#once(method, path, token, request);
      } catch (error) {
        if (is(error, 401) && !isRenewed && !request.stream && this.dropToken(token)) {
          isRenewed = true;
          attempt--;
          continue;
        }
        const waitMs = pauseBefore(error, attempt, isRepeatable);
        if (waitMs === void 0 || attempt >= retries || request.stream) throw error;
        await pause(waitMs, request.signal);
      }
    }
  }
  async #once(method, path, token, request) {
    const { requestTimeout = 3e4 } = this.#options;
    const call = this.#options.fetch ?? fetch;
    const { body, stream, signal } = request;
    const ours = new AbortController();
    const abort = () => ours.abort(signal?.reason);
    const timer = stream ? void 0 : setTimeout(() => ours.abort(), requestTimeout);
    const headers = { Authorization: `Bearer ${token}` };
    const init = { method, headers, signal: ours.signal, cache: "no-store" };
    signal?.throwIfAborted();
    signal?.addEventListener("abort", abort);
    if (body !== void 0) {
      headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(body);
    }
    if (stream) {
      headers["Content-Type"] = "application/x-ndjson";
      Object.assign(init, { body: stream, duplex: "half" });
    }
    try {
      const answer = await call(this.#url + path + queryOf(request.query), init);
      const text = await answer.text();
      if (answer.ok) return text === "" ? {} : JSON.parse(text);
      throw refusal(answer, text);
    } catch (error) {
      if (error instanceof ChatError) throw error;
      signal?.throwIfAborted();
      const what = ours.signal.aborted ? `took more than ${requestTimeout} ms` : "got no answer";
      throw new ChatNetworkError(`${method} ${path} ${what}`, { cause: error });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }
};
var is = (error, status) => error instanceof ChatApiError && error.status === status;
function queryOf(query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== void 0);
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs.map(([k, v]) => [k, String(v)]))}`;
}
function refusal(answer, text) {
  const seconds = Number(answer.headers.get("Retry-After") ?? NaN);
  let body = text;
  try {
    body = JSON.parse(text);
  } catch {
  }
  const message2 = body?.error ?? `the server answered ${answer.status}`;
  return new ChatApiError(message2, answer.status, body, seconds >= 0 ? seconds * 1e3 : void 0);
}
function pauseBefore(error, attempt, isRepeatable) {
  let waitMs = Math.random() * PAUSE_MS * 2 ** attempt;
  if (error instanceof ChatApiError) {
    const { status, code, retryAfterMs } = error;
    const isUntouched = code === "overloaded" || status === 429 && retryAfterMs !== void 0;
    if (!isUntouched && !(isRepeatable && (status >= 500 || status === 408))) return void 0;
    waitMs += retryAfterMs ?? PAUSE_MS;
  } else if (!(error instanceof ChatNetworkError) || !isRepeatable) {
    return void 0;
  }
  return waitMs > WAIT_MS_MAX ? void 0 : waitMs;
}
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(end, ms);
    function end() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    }
    signal?.addEventListener("abort", end);
  });
}

// src/names.ts
var camel = (value) => rename(value, toCamel);
var snake = (value) => rename(value, toSnake);
var toCamel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
var toSnake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
function rename(value, of) {
  if (Array.isArray(value)) return value.map((one) => rename(one, of));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, one]) => one !== void 0);
  return Object.fromEntries(entries.map(([name, one]) => [of(name), rename(one, of)]));
}

// src/api.ts
var CONVERSATIONS = "/v1/chat/conversations";
var MESSAGES = "/v1/chat/messages";
var TASKS = "/v1/chat/tasks";
var CALLS = "/v1/chat/calls";
var part = encodeURIComponent;
var conversation = (id, rest = "") => `${CONVERSATIONS}/${part(id)}${rest}`;
var message = (id, rest = "") => `${MESSAGES}/${part(id)}${rest}`;
var ChatApi = class {
  /** For the other parts of this package: requests as they are on the wire. */
  http;
  /**
   * @example
   * const api = new ChatApi({ apiUrl, token })
   * const { user } = await api.me()
   * assert.equal(user.displayName, 'Ada')
   */
  constructor(options) {
    this.http = new Http(options);
  }
  /**
   * Use this access token from now on.
   * @example
   * const api = new ChatApi({ apiUrl, token: 'expired' })
   * api.setToken(token)
   * await api.listConversations()
   */
  setToken(token) {
    this.http.setToken(token);
  }
  async #ask(method, path, request = {}) {
    const { body, query } = request;
    const wire = { ...request, query: snake(query ?? {}) };
    if (body !== void 0) wire.body = snake(body);
    return camel(await this.http.request(method, path, wire));
  }
  // ---- Messages ----
  /**
   * Send a message. The promise is kept once it is on disk. Safe to repeat, and repeated by itself
   * when the network fails: the same `clientMsgId` is the same message for 24 hours.
   * @example
   * const message = await api.send({ conversationId, contentText: 'Hello!' })
   * assert.equal(message.contentText, 'Hello!')
   */
  send(request) {
    const body = { ...request, clientMsgId: request.clientMsgId ?? newMessageId() };
    return this.#ask("POST", `${MESSAGES}/send`, { body, isRepeatable: true });
  }
  /**
   * A page of a conversation, in rising order: the newest one, or from `fromSeq` on.
   * @example
   * await api.send({ conversationId, contentText: 'One' })
   * const { messages, currentSeq } = await api.getMessages(conversationId, { limit: 10 })
   * assert.equal(messages.at(-1).seqNum, currentSeq)
   */
  getMessages(conversationId, range = {}) {
    return this.#ask("GET", conversation(conversationId, "/messages"), { query: { ...range } });
  }
  /**
   * What came after these positions, for at most 500 conversations. A conversation that the caller
   * is not in is left out.
   * @example
   * await api.send({ conversationId, contentText: 'Missed?' })
   * const { batches } = await api.sync([{ conversationId, lastSeq: 0 }])
   * assert.ok(batches[0].messages.some((message) => message.contentText === 'Missed?'))
   */
  sync(conversations) {
    return this.#ask("POST", `${MESSAGES}/sync`, { body: { conversations }, isRepeatable: true });
  }
  /**
   * Change what one's own message says. `contentMeta` stays when it is left out.
   * @example
   * const { id } = await api.send({ conversationId, contentText: 'Helo' })
   * const { editCount } = await api.editMessage(id, 'Hello')
   * assert.equal(editCount, 1)
   */
  editMessage(messageId, content) {
    const body = typeof content === "string" ? { contentText: content } : content;
    return this.#ask("PATCH", message(messageId), { body });
  }
  /**
   * Delete a message for everybody; its place and number stay. Deleting again is nothing.
   * @example
   * const { id } = await api.send({ conversationId, contentText: 'Oops' })
   * await api.deleteMessage(id)
   */
  async deleteMessage(messageId) {
    await this.#ask("DELETE", message(messageId), { isRepeatable: true });
  }
  /**
   * Add one's reaction, or take it back.
   * @example
   * const { id } = await api.send({ conversationId, contentText: 'Good news' })
   * const { action } = await api.toggleReaction(id, conversationId, '🎉')
   * assert.equal(action, 'added')
   */
  toggleReaction(messageId, conversationId, emoji) {
    return this.#ask("POST", message(messageId, "/reactions"), { body: { conversationId, emoji } });
  }
  /**
   * Send copies of a message to other conversations, to all of them or none.
   * @example
   * const { id } = await api.send({ conversationId, contentText: 'Pass it on' })
   * const { forwarded } = await api.forward(id, [otherConversationId])
   * assert.equal(forwarded[0].isForwarded, true)
   */
  forward(messageId, conversationIds = []) {
    const body = typeof messageId === "string" ? { messageId, conversationIds } : messageId;
    return this.#ask("POST", `${MESSAGES}/forward`, { body });
  }
  /**
   * Find messages that the caller may see, the newest first.
   * @example
   * await api.send({ conversationId, contentText: 'a needle in the haystack' })
   * const { results } = await until(async () => {
   *   const answer = await api.searchMessages({ q: 'needle' })
   *   return answer.results.length > 0 && answer
   * })
   * assert.match(results[0].snippet, /<mark>needle<\/mark>/)
   */
  searchMessages(request) {
    return this.#ask("GET", `${MESSAGES}/search`, { query: { ...request } });
  }
  // ---- Conversations ----
  /**
   * The caller's conversations, newest activity first: all of them up to 1,000. When there are
   * more, the answer has `next`, which is `after` of the next page.
   * @example
   * const { conversations } = await api.listConversations()
   * assert.ok(conversations.some(({ id }) => id === conversationId))
   */
  listConversations(page = {}) {
    return this.#ask("GET", CONVERSATIONS, { query: { ...page } });
  }
  /**
   * Begin a conversation; a second one of type `direct` with the same person is the first one.
   * @example
   * const { id } = await api.createConversation({ type: 'direct', participantIds: [otherUserId] })
   * await api.send({ conversationId: id, contentText: 'Hello!' })
   */
  createConversation(request = {}) {
    return this.#ask("POST", CONVERSATIONS, { body: request });
  }
  /**
   * Change its name or description; `''` takes one away. For owners and admins.
   * @example
   * await api.updateConversation(conversationId, { name: 'Analytical Engines' })
   */
  async updateConversation(id, change) {
    await this.#ask("PATCH", conversation(id), { body: change });
  }
  /**
   * Delete it, out of one's own list until the next message (`for_me`), or for everyone.
   * @example
   * await api.deleteConversation(conversationId, 'for_me')
   */
  async deleteConversation(id, mode = "for_me") {
    const body = typeof mode === "string" ? { mode } : mode;
    await this.#ask("DELETE", conversation(id), { body });
  }
  /**
   * Everybody in a conversation, in the order of ids.
   * @example
   * const { participants } = await api.getParticipants(conversationId)
   * assert.equal(participants.length, 2)
   */
  getParticipants(id, page = {}) {
    return this.#ask("GET", conversation(id, "/participants"), { query: { ...page } });
  }
  /**
   * Add people or agents; who is in it already is skipped.
   * @example
   * await api.addParticipants(conversationId, [thirdUserId])
   */
  async addParticipants(id, userIds) {
    const body = { userIds };
    await this.#ask("POST", conversation(id, "/participants"), { body, isRepeatable: true });
  }
  /**
   * Remove somebody, or leave with one's own id.
   * @example
   * await api.removeParticipant(conversationId, otherUserId)
   */
  async removeParticipant(id, userId) {
    await this.#ask("DELETE", conversation(id, `/participants/${part(userId)}`));
  }
  /**
   * Everything up to this number is read. A mark only ever moves forward.
   * @example
   * const { seqNum } = await api.send({ conversationId, contentText: 'Read this' })
   * await api.markRead(conversationId, seqNum)
   */
  async markRead(id, upToSeq) {
    await this.#ask("POST", conversation(id, "/read"), { body: { upToSeq }, isRepeatable: true });
  }
  /**
   * Tell the others that one types, or has stopped. A start ends by itself after 10 seconds:
   * repeat it every few seconds.
   * @example
   * await api.typing(conversationId, 'start')
   * await api.typing(conversationId, 'stop')
   */
  async typing(id, state) {
    await this.#ask("POST", conversation(id, "/typing"), { body: { state } });
  }
  /**
   * How much is unread where; conversations with nothing unread are left out.
   * @example
   * const { total } = await api.getUnreadCounts()
   * assert.equal(total, 0)
   */
  getUnreadCounts() {
    return this.#ask("GET", `${CONVERSATIONS}/unread`);
  }
  /**
   * Mute until a time, for some seconds, or for ever.
   * @example
   * const { mutedUntil } = await api.mute(conversationId, { durationSec: 3600 })
   * assert.ok(new Date(mutedUntil) > new Date())
   */
  mute(id, duration = {}) {
    return this.#ask("POST", conversation(id, "/mute"), { body: duration, isRepeatable: true });
  }
  /**
   * End a mute.
   * @example
   * await api.unmute(conversationId)
   */
  async unmute(id) {
    await this.#ask("DELETE", conversation(id, "/mute"), { isRepeatable: true });
  }
  /**
   * Put a conversation away until the next message.
   * @example
   * const { archivedAt } = await api.archive(conversationId)
   * assert.ok(archivedAt)
   */
  archive(id) {
    return this.#ask("POST", conversation(id, "/archive"), { isRepeatable: true });
  }
  /**
   * Take it out again.
   * @example
   * await api.unarchive(conversationId)
   */
  async unarchive(id) {
    await this.#ask("DELETE", conversation(id, "/archive"), { isRepeatable: true });
  }
  // ---- People ----
  /**
   * Who asks, and their tenant.
   * @example
   * const { user, tenant } = await api.me()
   * assert.equal(user.tenantId, tenant.id)
   */
  me() {
    return this.#ask("GET", "/auth/me");
  }
  /**
   * The people of the tenant; `q` finds a part of a name.
   * @example
   * const { users } = await api.listUsers({ q: 'Grace' })
   * assert.equal(users[0].displayName, 'Grace')
   */
  listUsers(page = {}) {
    return this.#ask("GET", "/v1/chat/users", { query: { ...page } });
  }
  /**
   * The agents of the tenant.
   * @example
   * const { agents } = await api.listAgents()
   * assert.equal(agents[0].isAgent, true)
   */
  listAgents(page = {}) {
    return this.#ask("GET", "/v1/chat/agents", { query: { ...page } });
  }
  /**
   * Hear and see nothing more of somebody, who is not told.
   * @example
   * await api.blockUser(otherUserId)
   */
  async blockUser(userId) {
    await this.#ask("POST", `/v1/chat/users/${part(userId)}/block`, { isRepeatable: true });
  }
  /**
   * End a block; what was hidden is there again.
   * @example
   * await api.unblockUser(otherUserId)
   */
  async unblockUser(userId) {
    await this.#ask("DELETE", `/v1/chat/users/${part(userId)}/block`, { isRepeatable: true });
  }
  /**
   * Whom the caller has blocked.
   * @example
   * await api.blockUser(otherUserId)
   * const { blocked } = await api.listBlocked()
   * assert.equal(blocked[0].userId, otherUserId)
   */
  listBlocked() {
    return this.#ask("GET", "/v1/chat/blocks");
  }
  /**
   * Say how one is reachable, until the next socket opens or the last one is gone.
   * @example
   * await api.setPresence('away', 'at lunch')
   */
  async setPresence(status, statusDetail) {
    await this.#ask("PUT", "/v1/chat/presence", { body: { status, statusDetail } });
  }
  /**
   * How these users (at most 200) are reachable.
   * @example
   * const { presence } = await api.getPresence([otherUserId])
   * assert.equal(presence[0].status, 'offline')
   */
  getPresence(userIds) {
    return this.#ask("GET", "/v1/chat/presence", { query: { userIds: userIds.join() } });
  }
  /**
   * What opens one socket, for those who open it themselves.
   * @example
   * const { token, wsUrl } = await api.getMessagingToken()
   * assert.match(wsUrl, /^wss?:/)
   */
  getMessagingToken() {
    return this.#ask("GET", "/v1/messaging/token");
  }
  // ---- Tasks of agents ----
  /**
   * Give an agent something to do.
   * @example
   * const task = await api.createTask({ conversationId: agentConversationId, title: 'Sum it up' })
   * assert.equal(task.status, 'queued')
   */
  createTask(request) {
    return this.#ask("POST", TASKS, { body: request });
  }
  /**
   * A task as it is now.
   * @example
   * const { title } = await api.getTask(taskId)
   * assert.equal(title, 'Answer')
   */
  getTask(taskId) {
    return this.#ask("GET", `${TASKS}/${part(taskId)}`);
  }
  /**
   * The tasks of a conversation, the oldest first.
   * @example
   * const { tasks } = await api.listTasks(agentConversationId)
   * assert.equal(tasks[0].id, taskId)
   */
  listTasks(id, page = {}) {
    return this.#ask("GET", conversation(id, "/tasks"), { query: { ...page } });
  }
  /**
   * As its agent: say how far it is.
   * @example
   * const task = await agentApi.updateTask(taskId, { status: 'running', currentStep: 'reading' })
   * assert.equal(task.currentStep, 'reading')
   */
  updateTask(taskId, report) {
    return this.#ask("PATCH", `${TASKS}/${part(taskId)}`, { body: report });
  }
  /**
   * Stop it. Everybody in the conversation may.
   * @example
   * const { status } = await api.cancelTask(taskId)
   * assert.equal(status, 'cancelled')
   */
  cancelTask(taskId) {
    return this.#ask("POST", `${TASKS}/${part(taskId)}/cancel`);
  }
  /**
   * What a task has streamed so far, from this byte on. {@link ChatClient.stream} follows it.
   * @example
   * const { text, state } = await api.getTaskText(taskId)
   * assert.deepEqual([text, state], ['', 'none'])
   */
  getTaskText(taskId, afterBytes = 0) {
    return this.#ask("GET", `${TASKS}/${part(taskId)}/stream`, { query: { afterBytes } });
  }
  /**
   * As its agent: stream what there is to say, piece by piece. The promise is kept when all of it
   * is saved; the task goes on until its end is reported. For Node; pages cannot stream a request.
   * @param options `offset`: go on exactly there, after the connection broke
   * @throws {ChatApiError} 409 `task_ended`: somebody has cancelled it
   * @example
   * const { offsetBytes } = await agentApi.streamTask(taskId, ['Forty', '-two'])
   * await agentApi.updateTask(taskId, { status: 'completed' })
   * assert.equal(offsetBytes, 9)
   */
  streamTask(taskId, deltas, options = {}) {
    const { offset, signal } = options;
    const request = { query: { offset }, stream: lines(deltas), ...signal && { signal } };
    return this.#ask("POST", `${TASKS}/${part(taskId)}/stream`, request);
  }
  /**
   * As the agent of a session: tell its subscribers, who get a `brain_event` with this payload.
   * @example
   * await agentApi.sendSessionEvent('session-1', { thought: 'hm' })
   */
  async sendSessionEvent(sessionId, payload) {
    const path = `/v1/chat/sessions/${part(sessionId)}/events`;
    await this.http.request("POST", path, { body: { payload } });
  }
  // ---- Calls ----
  /**
   * Call everybody in a conversation. The answer has the way into the call's LiveKit room.
   * @throws {ChatApiError} 409: there is a call already
   * @example
   * const { callId, token: roomToken } = await api.startCall(conversationId, 'video')
   * assert.ok(callId && roomToken)
   */
  startCall(id, callType = "audio") {
    return this.#ask("POST", conversation(id, "/calls"), { body: { callType } });
  }
  /**
   * Take a call.
   * @example
   * const { callId } = await api.startCall(conversationId)
   * const { token: roomToken } = await otherApi.answerCall(callId)
   * assert.ok(roomToken)
   */
  answerCall(callId) {
    return this.#ask("POST", `${CALLS}/${part(callId)}/answer`);
  }
  /**
   * Do not take a call.
   * @example
   * const { callId } = await api.startCall(conversationId)
   * await otherApi.declineCall(callId)
   */
  async declineCall(callId) {
    await this.#ask("POST", `${CALLS}/${part(callId)}/decline`);
  }
  /**
   * End a call for everybody.
   * @example
   * const { callId } = await api.startCall(conversationId)
   * await api.endCall(callId)
   */
  async endCall(callId) {
    await this.#ask("POST", `${CALLS}/${part(callId)}/end`);
  }
  /**
   * A call as it is now.
   * @example
   * const { callId } = await api.startCall(conversationId)
   * const call = await api.getCall(callId)
   * assert.equal(call.callType, 'audio')
   */
  getCall(callId) {
    return this.#ask("GET", `${CALLS}/${part(callId)}`);
  }
};
function newMessageId() {
  const random = () => Math.random().toString(36).slice(2, 12);
  return globalThis.crypto?.randomUUID?.() ?? `${Date.now().toString(36)}-${random()}-${random()}`;
}
async function* lines(deltas) {
  const encoder = new TextEncoder();
  for await (const delta of deltas) yield encoder.encode(`${JSON.stringify({ delta })}
`);
}

// src/messages.ts
var MessageWindow = class {
  #messages = [];
  /** The highest number that was looked at, also when its message is not for this reader. */
  lastSeq = 0;
  /** Is there more before the first one? */
  hasOlder = false;
  get all() {
    return this.#messages;
  }
  /** The number below which nothing is in the window. */
  get firstSeq() {
    return this.#messages[0]?.seqNum ?? this.lastSeq + 1;
  }
  /** Instead of all there was. */
  replace(messages, lastSeq, hasOlder) {
    this.#messages = messages;
    this.lastSeq = lastSeq;
    this.hasOlder = hasOlder;
  }
  /** What comes after; what is there already is skipped. Beyond `max` the oldest ones go. */
  append(messages, lastSeq, max) {
    const fresh = messages.filter(({ seqNum }) => seqNum > this.lastSeq);
    this.lastSeq = Math.max(this.lastSeq, lastSeq);
    if (fresh.length === 0) return;
    const all = [...this.#messages, ...fresh];
    if (all.length > max) this.hasOlder = true;
    this.#messages = all.slice(-max);
  }
  /** What comes before. */
  prepend(messages, hasOlder) {
    const first = this.firstSeq;
    this.#messages = [...messages.filter(({ seqNum }) => seqNum < first), ...this.#messages];
    this.hasOlder = hasOlder;
  }
  has(id) {
    return this.#messages.some((one) => one.id === id);
  }
  edit(edit) {
    return this.#change(edit.id, (message2) => {
      if ((message2.editCount ?? 0) >= edit.edit_count) return message2;
      return {
        ...message2,
        contentText: edit.content_text,
        ...edit.content_meta !== void 0 && { contentMeta: edit.content_meta },
        editCount: edit.edit_count,
        editedAt: edit.edited_at
      };
    });
  }
  delete(id, deletedAt) {
    return this.#change(id, ({ contentMeta: _, reactions: __, ...message2 }) => ({ ...message2, contentText: "", deletedAt: message2.deletedAt ?? deletedAt }));
  }
  react(event2) {
    return this.#change(event2.message_id, (message2) => {
      const reactions = toggled(message2.reactions ?? [], event2);
      if (reactions.length > 0) return { ...message2, reactions };
      const { reactions: _, ...rest } = message2;
      return rest;
    });
  }
  // False: it is not in the window.
  #change(id, change) {
    if (!this.has(id)) return false;
    this.#messages = this.#messages.map((one) => one.id === id ? change(one) : one);
    return true;
  }
};
function toggled(reactions, { emoji, user_id: userId, action }) {
  const kind = reactions.find((one) => one.emoji === emoji) ?? { emoji, count: 0, userIds: [] };
  const isThere = kind.userIds.includes(userId);
  const isAdded = action === "added";
  const isFull = kind.userIds.length < kind.count;
  if (isThere === isAdded && !(isFull && !isAdded)) return reactions;
  const userIds = kind.userIds.filter((one) => one !== userId);
  if (isAdded && !isFull) userIds.push(userId);
  const next = { emoji, count: Math.max(0, kind.count + (isAdded ? 1 : -1)), userIds };
  if (kind.count === 0) return [...reactions, next];
  return reactions.map((one) => one === kind ? next : one).filter(({ count }) => count > 0);
}

// src/observable.ts
var Observable = class {
  #listeners = /* @__PURE__ */ new Set();
  #snapshot;
  // Bound, so that they can be handed on without their object.
  getSnapshot = () => this.#snapshot ??= this.read();
  subscribe = (listener) => {
    const own = () => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  };
  changed() {
    this.#snapshot = void 0;
    for (const listener of this.#listeners) listener();
  }
};

// src/conversation.ts
var PAGE = 50;
var PAGE_MAX = 200;
var KEPT_MAX = 1e3;
var TYPING_MS_MAX = 12e3;
var TYPING_REPEAT_MS = 4e3;
var TYPING_IDLE_MS = 5e3;
var ConversationStore = class extends Observable {
  id;
  #source;
  #window = new MessageWindow();
  #typing = /* @__PURE__ */ new Map();
  #drawn = /* @__PURE__ */ new WeakMap();
  #ends;
  #queue = Promise.resolve();
  #status = "loading";
  #error;
  #sending = [];
  #participants = [];
  #reads = {};
  #me = "";
  #keptMax = KEPT_MAX;
  #typedAt = 0;
  #typingTimer;
  #isClosed = false;
  /** Kept once the newest page is there, broken when it could not be read. */
  ready;
  /** @internal */
  constructor(id, source) {
    super();
    this.id = id;
    this.#source = source;
    this.#ends = [
      source.onEvent((event2) => this.#hear(event2)),
      source.onDoubt((isWhole) => this.#heal(isWhole))
    ];
    this.ready = this.#serially(() => this.#load());
    this.ready.catch(() => {
    });
  }
  read() {
    const sent = this.#window.all.map((one) => this.#sent(one));
    const sending = this.#sending.filter(({ heardId }) => !heardId).map(({ message: message2 }) => message2);
    return {
      status: this.#status,
      ...this.#error && { error: this.#error },
      messages: [...sent, ...sending],
      hasOlder: this.#window.hasOlder,
      participants: this.#participants,
      typing: [...this.#typing.keys()],
      reads: this.#reads
    };
  }
  // The same message is the same object, so that a list need not draw it again.
  #sent(message2) {
    const known = this.#drawn.get(message2);
    if (known) return known;
    const live = { ...message2, state: "sent" };
    this.#drawn.set(message2, live);
    return live;
  }
  // ---- Reading ----
  /**
   * Read the messages before the first one.
   * @returns whether there are still more
   * @example
   * const chat = client.conversation(conversationId)
   * await chat.ready
   * while (chat.getSnapshot().hasOlder) await chat.loadOlder()
   * chat.close()
   */
  loadOlder(count = PAGE) {
    return this.#serially(async () => {
      if (!this.#window.hasOlder) return false;
      const range = { toSeq: this.#window.firstSeq - 1, limit: Math.min(count, PAGE_MAX) };
      const { messages, hasMore } = await this.#source.api.getMessages(this.id, range);
      const first = messages[0]?.seqNum ?? 1;
      this.#window.prepend(messages, messages.length > 0 && (hasMore ?? first > 1));
      this.#keptMax = Math.max(this.#keptMax, this.#window.all.length + KEPT_MAX);
      this.changed();
      return this.#window.hasOlder;
    });
  }
  /**
   * Read again everything that is shown. The store does so by itself when it may have missed
   * something.
   * @example
   * const chat = client.conversation(conversationId)
   * await chat.reload()
   * assert.equal(chat.getSnapshot().status, 'ready')
   * chat.close()
   */
  reload() {
    return this.#serially(() => this.#load());
  }
  async #load() {
    try {
      this.#me ||= await this.#source.userId();
      const [, { participants }] = await Promise.all([
        this.#loadMessages(),
        this.#source.api.getParticipants(this.id)
      ]);
      this.#participants = participants;
      for (const { userId, lastReadSeq } of participants) {
        if (lastReadSeq) this.#noteRead(userId, lastReadSeq);
      }
      this.#status = "ready";
      this.#error = void 0;
    } catch (error) {
      this.#status = isNotFound(error) ? "gone" : "failed";
      this.#error = error;
      throw error;
    } finally {
      this.changed();
    }
  }
  // The newest page, or, when there is a window already, all that it spans and what came after.
  async #loadMessages() {
    const first = this.#window.all[0]?.seqNum;
    if (first === void 0) {
      const page = await this.#source.api.getMessages(this.id, { limit: PAGE });
      const hasOlder = page.hasMore ?? (page.messages[0]?.seqNum ?? 1) > 1;
      this.#window.replace(page.messages, page.currentSeq, hasOlder);
      return;
    }
    const { messages, lastSeq } = await this.#readFrom(first);
    this.#window.replace(messages, lastSeq, this.#window.hasOlder);
  }
  async #readFrom(fromSeq) {
    const all = [];
    for (; ; ) {
      const from = all.length > 0 ? all[all.length - 1].seqNum + 1 : fromSeq;
      const range = { fromSeq: from, limit: PAGE_MAX };
      const { messages, currentSeq, hasMore } = await this.#source.api.getMessages(this.id, range);
      all.push(...messages);
      const isWhole = hasMore === void 0 ? messages.length < PAGE_MAX : !hasMore;
      if (isWhole || messages.length === 0) return { messages: all, lastSeq: currentSeq };
    }
  }
  // ---- Writing ----
  /**
   * Send a message. It is shown at once as `sending`, and then with its number; when it cannot be
   * sent it is `failed`, to be sent again with `retry` or taken away with `discard`.
   * @example
   * const chat = client.conversation(conversationId)
   * const sent = chat.send('Hello!')
   * assert.equal(chat.getSnapshot().messages.at(-1).state, 'sending')
   * assert.equal((await sent).contentText, 'Hello!')
   * chat.close()
   */
  send(draft) {
    const content = typeof draft === "string" ? { contentText: draft } : draft;
    const request = { ...content, conversationId: this.id, clientMsgId: newMessageId() };
    const message2 = {
      contentType: "text",
      threadRole: "main",
      ...request,
      id: request.clientMsgId,
      seqNum: 0,
      senderId: this.#me,
      senderType: "human",
      createdAt: (/* @__PURE__ */ new Date()).toISOString(),
      state: "sending"
    };
    const sending = { message: message2, request };
    this.#sending.push(sending);
    this.#stopTyping();
    return handled(this.#post(sending));
  }
  /**
   * Send again what has failed. The same message is never there twice.
   * @example
   * const chat = client.conversation(conversationId)
   * const failed = chat.getSnapshot().messages.find(({ state }) => state === 'failed')
   * if (failed) await chat.retry(failed.clientMsgId)
   * chat.close()
   */
  retry(clientMsgId) {
    const sending = this.#sending.find(({ request }) => request.clientMsgId === clientMsgId);
    if (!sending) return handled(Promise.reject(new Error("there is no such message")));
    sending.message = { ...sending.message, state: "sending" };
    delete sending.message.error;
    return handled(this.#post(sending));
  }
  /**
   * Take away what has failed.
   * @example
   * const chat = client.conversation(conversationId)
   * const failed = chat.getSnapshot().messages.find(({ state }) => state === 'failed')
   * if (failed) chat.discard(failed.clientMsgId)
   * chat.close()
   */
  discard(clientMsgId) {
    this.#sending = this.#sending.filter(({ request }) => request.clientMsgId !== clientMsgId);
    this.changed();
  }
  async #post(sending) {
    this.changed();
    try {
      const message2 = await this.#source.api.send(sending.request);
      await this.#serially(() => this.#take(message2.seqNum, message2));
      this.#forget(sending);
      return message2;
    } catch (error) {
      const heard = this.#window.all.find(({ id }) => id === sending.heardId);
      if (heard) {
        this.#forget(sending);
        return heard;
      }
      sending.message = { ...sending.message, state: "failed", error };
      delete sending.heardId;
      this.changed();
      throw error;
    }
  }
  #forget(sending) {
    this.#sending = this.#sending.filter((one) => one !== sending);
    this.changed();
  }
  /**
   * Change what one's own message says.
   * @example
   * const chat = client.conversation(conversationId)
   * const { id } = await chat.send('Helo')
   * await chat.edit(id, 'Hello')
   * assert.equal(chat.getSnapshot().messages.at(-1).contentText, 'Hello')
   * chat.close()
   */
  async edit(messageId, contentText) {
    const edited = await this.#source.api.editMessage(messageId, contentText);
    this.#window.edit({
      id: messageId,
      conversation_id: this.id,
      content_text: edited.contentText,
      edit_count: edited.editCount,
      edited_at: edited.editedAt
    });
    this.changed();
  }
  /**
   * Delete a message; its place stays.
   * @example
   * const chat = client.conversation(conversationId)
   * const { id } = await chat.send('Oops')
   * await chat.delete(id)
   * assert.ok(chat.getSnapshot().messages.at(-1).deletedAt)
   * chat.close()
   */
  async delete(messageId) {
    await this.#source.api.deleteMessage(messageId);
    this.#window.delete(messageId, (/* @__PURE__ */ new Date()).toISOString());
    this.changed();
  }
  /**
   * Add a reaction, or take it back.
   * @example
   * const chat = client.conversation(conversationId)
   * const { id } = await chat.send('Good news')
   * await chat.react(id, '🎉')
   * assert.equal(chat.getSnapshot().messages.at(-1).reactions[0].count, 1)
   * chat.close()
   */
  async react(messageId, emoji) {
    const { action } = await this.#source.api.toggleReaction(messageId, this.id, emoji);
    this.#window.react({ message_id: messageId, user_id: this.#me, emoji, action });
    this.changed();
  }
  /**
   * Everything up to this number, or up to the last one shown, is read.
   * @example
   * const chat = client.conversation(conversationId)
   * await chat.send('Read this')
   * await chat.markRead()
   * chat.close()
   */
  async markRead(upToSeq = this.#window.all.at(-1)?.seqNum ?? 0) {
    if (upToSeq <= (this.#reads[this.#me] ?? 0)) return;
    await this.#source.api.markRead(this.id, upToSeq);
    if (this.#noteRead(this.#me, upToSeq)) this.changed();
  }
  /**
   * Somebody presses a key: call it as often as that happens. The others are told now and then, and
   * that it has ended after five seconds without, or when the message is sent.
   * @example
   * const chat = client.conversation(conversationId)
   * chat.typed()
   * chat.close()
   */
  typed() {
    clearTimeout(this.#typingTimer);
    this.#typingTimer = setTimeout(() => this.#stopTyping(true), TYPING_IDLE_MS);
    if (Date.now() - this.#typedAt < TYPING_REPEAT_MS) return;
    this.#typedAt = Date.now();
    this.#source.api.typing(this.id, "start").catch(() => {
    });
  }
  // A message that is sent ends typing without being told.
  #stopTyping(isTold = false) {
    clearTimeout(this.#typingTimer);
    if (isTold && this.#typedAt > 0) this.#source.api.typing(this.id, "stop").catch(() => {
    });
    this.#typedAt = 0;
  }
  /**
   * Follow the conversation no more. {@link ChatClient.conversation} makes a new one.
   * @example
   * const chat = client.conversation(conversationId)
   * chat.close()
   */
  close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopTyping(true);
    for (const end of this.#ends) end();
    for (const timer of this.#typing.values()) clearTimeout(timer);
    this.#source.onClosed();
  }
  // ---- Events ----
  #hear({ type, payload, conversationId }) {
    const of = (_) => payload;
    if (type === "presence.updated") this.#presence(of(type));
    if (type === "user.blocked" || type === "user.unblocked") void this.reload().catch(() => {
    });
    if (conversationId !== this.id) return;
    switch (type) {
      case "message.created": {
        const { seq_num: seqNum, message: message2 } = of(type);
        this.#soon(() => this.#take(seqNum, message2 && camel(message2)));
        break;
      }
      case "message.edited":
        this.#soon(() => this.#window.edit(of(type)));
        break;
      case "message.deleted":
        this.#soon(() => this.#window.delete(of(type).id, of(type).deleted_at));
        break;
      case "reaction.updated":
        this.#soon(() => this.#window.react(of(type)));
        break;
      case "message.read":
        this.#soon(() => this.#noteRead(of(type).user_id, of(type).last_read_seq));
        break;
      case "typing.start":
      case "typing.stop":
        this.#showTyping(of(type).user_id, type === "typing.start");
        break;
      case "participant.added":
      case "participant.removed":
        this.#soon(() => this.#loadParticipants());
        break;
      case "conversation.created":
        void this.reload().catch(() => {
        });
        break;
      case "conversation.deleted":
      case "conversation.hidden":
        this.#soon(() => {
          this.#window.replace([], 0, false);
          this.#status = type === "conversation.deleted" ? "gone" : this.#status;
        });
    }
  }
  #heal(isWhole) {
    if (!isWhole || this.#status === "failed") void this.reload().catch(() => {
    });
  }
  // One after the other, whatever became of the one before.
  #serially(work) {
    const done = this.#queue.then(work, work);
    this.#queue = done;
    return handled(done);
  }
  #soon(work) {
    void this.#serially(async () => {
      if (this.#isClosed) return;
      await work();
      this.changed();
    });
  }
  // A message with this number exists. Without it, or after a gap, what is there is read.
  async #take(seqNum, message2) {
    if (this.#status !== "ready") return this.#load();
    if (seqNum <= this.#window.lastSeq) return;
    if (message2 && seqNum === this.#window.lastSeq + 1) this.#append([message2], seqNum);
    else {
      const { messages, lastSeq } = await this.#readFrom(this.#window.lastSeq + 1);
      this.#append(messages, lastSeq);
    }
  }
  #append(messages, lastSeq) {
    this.#window.append(messages, lastSeq, this.#keptMax);
    for (const { id, senderId, contentText } of messages) {
      this.#showTyping(senderId, false);
      if (senderId !== this.#me) continue;
      const sending = this.#sending.find((one) => !one.heardId && one.message.state === "sending" && one.message.contentText === contentText);
      if (sending) sending.heardId = id;
    }
  }
  async #loadParticipants() {
    try {
      this.#participants = (await this.#source.api.getParticipants(this.id)).participants;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#status = "gone";
    }
  }
  #noteRead(userId, seq) {
    if (seq <= (this.#reads[userId] ?? 0)) return false;
    this.#reads = { ...this.#reads, [userId]: seq };
    return true;
  }
  #presence({ user_id, agent_id, status }) {
    const userId = user_id ?? agent_id;
    if (!this.#participants.some((one) => one.userId === userId && one.status !== status)) return;
    this.#participants = this.#participants.map((one) => one.userId === userId ? { ...one, status } : one);
    this.changed();
  }
  #showTyping(userId, isTyping) {
    const wasTyping = this.#typing.has(userId);
    clearTimeout(this.#typing.get(userId));
    this.#typing.delete(userId);
    if (isTyping && userId !== this.#me) {
      const timer = setTimeout(() => this.#showTyping(userId, false), TYPING_MS_MAX);
      this.#typing.set(userId, timer);
    }
    if (wasTyping !== this.#typing.has(userId)) this.changed();
  }
};
var isNotFound = (error) => error instanceof ChatApiError && error.status === 404;
function handled(promise) {
  promise.catch(() => {
  });
  return promise;
}

// src/conversations.ts
var PAUSE_MS2 = 1e3;
var MATTERS = /^(message\.(created|edited|deleted|read)|conversation\.|user\.)/;
var ConversationListStore = class extends Observable {
  #source;
  #ends;
  #snapshot = { status: "loading", conversations: [], unread: 0 };
  #reading;
  #isStale = false;
  #timer;
  /** Kept once the list is there. */
  ready;
  /** @internal */
  constructor(source) {
    super();
    this.#source = source;
    this.#ends = [
      source.onEvent(({ type }) => MATTERS.test(type) && this.#soon()),
      source.onDoubt(() => this.#soon())
    ];
    this.ready = this.reload();
    this.ready.catch(() => {
    });
  }
  read() {
    return this.#snapshot;
  }
  /**
   * Read it again now.
   * @example
   * const list = client.conversations()
   * await list.reload()
   * assert.equal(list.getSnapshot().status, 'ready')
   * list.close()
   */
  reload() {
    this.#isStale = false;
    return this.#reading ??= this.#load().finally(() => {
      this.#reading = void 0;
      if (this.#isStale) this.#soon();
    });
  }
  /**
   * Follow it no more.
   * @example
   * client.conversations().close()
   */
  close() {
    for (const end of this.#ends) end();
    clearTimeout(this.#timer);
    this.#source.onClosed();
  }
  #soon() {
    if (this.#reading) this.#isStale = true;
    else {
      this.#timer ??= setTimeout(() => {
        this.#timer = void 0;
        this.reload().catch(() => {
        });
      }, PAUSE_MS2);
    }
  }
  async #load() {
    try {
      const conversations = [];
      let after;
      do {
        const page = await this.#source.api.listConversations(after === void 0 ? {} : { after });
        conversations.push(...page.conversations);
        after = page.next;
      } while (after !== void 0);
      const unread = conversations.reduce((sum, { unreadCount }) => sum + unreadCount, 0);
      this.#snapshot = { status: "ready", conversations, unread };
    } catch (error) {
      this.#snapshot = { ...this.#snapshot, status: "failed", error };
      throw error;
    } finally {
      this.changed();
    }
  }
};

// src/backoff.ts
var Backoff = class {
  #level = 0;
  #openedAt;
  #options;
  constructor(options) {
    this.#options = { stableMs: 6e4, random: Math.random, now: Date.now, ...options };
  }
  /** A connection opened. */
  opened() {
    this.#openedAt = this.#options.now();
  }
  /** It closed. */
  closed() {
    const { now, stableMs } = this.#options;
    if (this.#openedAt !== void 0 && now() - this.#openedAt >= stableMs) this.#level = 0;
    this.#openedAt = void 0;
  }
  /** The wait before the next attempt. */
  next() {
    const { baseMs, maxMs, random } = this.#options;
    const bound = Math.min(maxMs, baseMs * 2 ** this.#level);
    if (bound < maxMs) this.#level++;
    return random() * bound;
  }
  /** Something else than time says that it is worth a try now: the next wait is short. */
  reset() {
    this.#level = 0;
  }
};

// src/catchup.ts
var CONVERSATIONS2 = "/v1/chat/conversations";
var SYNC_MAX = 500;
var PAGE_MAX2 = 200;
var CatchUp = class {
  #http;
  // The highest number heard of each conversation.
  #heard = /* @__PURE__ */ new Map();
  // The conversations that were heard of, and whether that is all that the user is in.
  #known = /* @__PURE__ */ new Set();
  #isListed = false;
  #startedAt = "";
  constructor(http) {
    this.#http = http;
  }
  /** A message with this number is heard. False: it was heard before. */
  hear(conversationId, seqNum) {
    if (seqNum <= (this.#heard.get(conversationId) ?? 0)) return false;
    this.#heard.set(conversationId, seqNum);
    this.#known.add(conversationId);
    return true;
  }
  /** The user is in this conversation from now on. */
  join(conversationId) {
    this.#known.add(conversationId);
  }
  /** It is gone; should it come back, it is another one. */
  leave(conversationId) {
    this.#known.delete(conversationId);
    this.#heard.delete(conversationId);
  }
  get isStarted() {
    return this.#startedAt !== "";
  }
  /** Everything before now is no concern of ours. `serverTime` is the server's word for now. */
  startAt(serverTime) {
    this.#startedAt ||= serverTime;
  }
  /** The same where the server does not say its time. Called before the first socket is opened. */
  async start() {
    const conversations = await this.#read();
    this.#list(conversations);
    for (const { id, seq_counter: seqCounter } of conversations) this.#heard.set(id, seqCounter);
    this.#startedAt = new Date(Date.now() - 6e4).toISOString();
  }
  /**
   * Tell everything that was missed, conversation by conversation, each in its order. `tell` says
   * whether it was not known before, and throws when nobody wants to hear more.
   * @returns how much that was
   */
  async run(tell) {
    const conversations = await this.#read();
    const behind = [];
    let told = 0;
    const count = (frame) => {
      if (tell(frame)) told++;
    };
    await this.#tellVanished(conversations, count);
    for (const one of conversations) {
      if (this.#isNew(one)) count(created(one));
      if (await this.#isBehind(one)) behind.push(one.id);
    }
    this.#list(conversations);
    for (let i = 0; i < behind.length; i += SYNC_MAX) {
      await this.#sync(behind.slice(i, i + SYNC_MAX), count);
    }
    return told;
  }
  async #read() {
    const all = [];
    let after;
    do {
      const page = await this.#http.request("GET", CONVERSATIONS2, { query: { after } });
      all.push(...page.conversations);
      after = page.next;
    } while (after !== void 0);
    return all;
  }
  #list(conversations) {
    this.#known = new Set(conversations.map(({ id }) => id));
    this.#isListed = true;
  }
  #isNew({ id, created_at: createdAt }) {
    return !this.#known.has(id) && (this.#isListed || createdAt > this.#startedAt);
  }
  // Those of before that are not in the list any more: left, deleted, or hidden by their user.
  async #tellVanished(now, tell) {
    const ids = new Set(now.map(({ id }) => id));
    for (const id of [...this.#isListed ? this.#known : []].filter((one) => !ids.has(one))) {
      const isHidden = await this.#http.request("GET", `${CONVERSATIONS2}/${id}/messages`, { query: { limit: 1 } }).then(() => true, isOther404);
      const type = isHidden ? "conversation.hidden" : "conversation.deleted";
      tell(event(id, type, { conversation_id: id }));
      if (isHidden) this.#known.delete(id);
      else this.leave(id);
    }
  }
  async #isBehind(one) {
    const { id, seq_counter: newest } = one;
    let heard = this.#heard.get(id);
    if (heard === void 0) {
      const isQuiet = (one.last_activity ?? one.created_at) <= this.#startedAt;
      heard = isQuiet ? newest : await this.#before(id);
    }
    this.#heard.set(id, Math.min(heard, newest));
    return heard < newest;
  }
  // The number of the last message from before the start.
  async #before(id) {
    let toSeq;
    for (; ; ) {
      const { messages } = await this.#http.request(
        "GET",
        `${CONVERSATIONS2}/${id}/messages`,
        { query: { limit: PAGE_MAX2, to_seq: toSeq } }
      );
      const old = messages.filter((one) => String(one.created_at) <= this.#startedAt);
      if (old.length > 0) return old[old.length - 1].seq_num;
      if (messages.length === 0 || messages[0].seq_num <= 1) return 0;
      toSeq = messages[0].seq_num - 1;
    }
  }
  async #sync(ids, tell) {
    let left = ids;
    while (left.length > 0) {
      const conversations = left.map((id) => ({
        conversation_id: id,
        last_seq: this.#heard.get(id) ?? 0
      }));
      const { batches } = await this.#http.request(
        "POST",
        "/v1/chat/messages/sync",
        { body: { conversations }, isRepeatable: true }
      );
      left = [];
      for (const batch of batches) {
        const { conversation_id: id, messages, current_seq: newest, has_more: more } = batch;
        for (const message2 of messages) tell(missed(message2));
        if (more && messages.length > 0) left.push(id);
        else this.#heard.set(id, Math.max(newest, this.#heard.get(id) ?? 0));
      }
    }
  }
};
var isOther404 = (error) => {
  if (error instanceof ChatApiError && error.status === 404) return false;
  throw error;
};
var event = (id, type, payload) => ({
  type: "event",
  conversation_id: id,
  payload: { type, payload }
});
function missed(message2) {
  const { id, seq_num, is_internal } = message2;
  const internal = is_internal ? { is_internal } : {};
  const payload = { message_id: id, seq_num, ...internal, message: message2 };
  return event(message2.conversation_id, "message.created", payload);
}
function created({ id, type, name, contact }) {
  const about = contact ? { contact_id: contact.user_id, contact_name: contact.display_name } : type.endsWith("group") && name ? { group_name: name } : {};
  return event(id, "conversation.created", { conversation_id: id, ...about });
}

// src/connection.ts
var PROTOCOL = "carillon.v1";
var OPEN_MS_MAX = 2e4;
var SILENCE_MS_MAX = 3e4;
var ANSWER_MS_MAX = 1e4;
var Connection = class {
  #ws;
  #handlers;
  #timer;
  #isOver = false;
  #heardAt = 0;
  #isAsked = false;
  constructor(ws, handlers) {
    this.#ws = ws;
    this.#handlers = handlers;
    this.#arm(OPEN_MS_MAX, () => this.#end(1006, "the connection did not open in time"));
    ws.onopen = () => {
      if (ws.protocol !== PROTOCOL) clearTimeout(this.#timer);
      if (!this.#isOver) handlers.onOpened(ws.protocol);
    };
    ws.onmessage = ({ data }) => this.#hear(data);
    ws.onerror = () => {
    };
    ws.onclose = ({ code, reason }) => this.#end(code, reason);
  }
  send(frame) {
    this.#ws.send(JSON.stringify(frame));
  }
  /** Is the server still there? If it does not answer in time, the connection ends. */
  probe(answerMs = ANSWER_MS_MAX) {
    if (this.#isOver || this.#ws.protocol !== PROTOCOL) return;
    this.#isAsked = true;
    this.send({ action: "ping" });
    this.#arm(answerMs, () => this.#look());
  }
  /** End it from here. `onEnded` is not waited for: a dead network would not let it come. */
  close(code, reason = "") {
    this.#end(code, reason);
  }
  #arm(ms, then) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }
  #look() {
    const leftMs = this.#heardAt + SILENCE_MS_MAX - Date.now();
    if (this.#isAsked) this.#end(1006, "the server does not answer");
    else if (leftMs <= 0) this.probe();
    else this.#arm(leftMs, () => this.#look());
  }
  #hear(data) {
    if (this.#isOver) return;
    if (this.#heardAt === 0 && this.#ws.protocol === PROTOCOL) {
      this.#arm(SILENCE_MS_MAX, () => this.#look());
    }
    this.#heardAt = Date.now();
    this.#isAsked = false;
    const frame = parse(data);
    if (frame && frame.type !== "pong") this.#handlers.onFrame(frame);
  }
  #end(code, reason) {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    try {
      this.#ws.close(1e3);
    } catch {
    }
    this.#handlers.onEnded(code, reason);
  }
};
function parse(data) {
  try {
    return JSON.parse(String(data));
  } catch {
    return void 0;
  }
}
async function webSocketClass(given) {
  const here = given ?? globalThis.WebSocket;
  if (here) return here;
  const name = "ws";
  try {
    const module = await import(
      /* @vite-ignore */
      /* webpackIgnore: true */
      name
    );
    return module.WebSocket ?? module.default;
  } catch (cause) {
    throw new Error("this Node has no WebSocket: npm install ws, or pass one as an option", {
      cause
    });
  }
}

// src/emitter.ts
var Emitter = class {
  #listeners = /* @__PURE__ */ new Map();
  /**
   * Call `listener` for every event of this name; listening twice is hearing twice.
   * @returns a function that ends it
   */
  on(name, listener) {
    this.#listeners.set(name, [...this.#listeners.get(name) ?? [], listener]);
    return () => this.off(name, listener);
  }
  /** Call `listener` for the next event of this name only. */
  once(name, listener) {
    const end = this.on(name, (payload, conversationId) => {
      end();
      listener(payload, conversationId);
    });
    const listeners = this.#listeners.get(name);
    originals.set(listeners[listeners.length - 1], listener);
    return end;
  }
  /** Call `listener` no more; without one, none of those of this name. */
  off(name, listener) {
    const listeners = this.#listeners.get(name) ?? [];
    const index = listeners.findIndex((one) => one === listener || originals.get(one) === listener);
    const left = listener === void 0 ? [] : listeners.filter((_, i) => i !== index);
    if (left.length > 0) this.#listeners.set(name, left);
    else this.#listeners.delete(name);
  }
  emit(name, payload, conversationId) {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        listener(payload, conversationId);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
};
var originals = /* @__PURE__ */ new WeakMap();

// src/wake.ts
function onWake(wake) {
  const { document, window } = globalThis;
  if (!window?.addEventListener || !document) return () => {
  };
  const online = () => wake("online");
  const offline = () => wake("offline");
  const visible = () => document.visibilityState === "visible" && wake("visible");
  window.addEventListener("online", online);
  window.addEventListener("offline", offline);
  window.addEventListener("pageshow", visible);
  document.addEventListener("visibilitychange", visible);
  return () => {
    window.removeEventListener("online", online);
    window.removeEventListener("offline", offline);
    window.removeEventListener("pageshow", visible);
    document.removeEventListener("visibilitychange", visible);
  };
}

// src/socket.ts
var LIVE = /^(typing\.|presence\.|task_stream_delta)/;
var HELD_MAX = 5e4;
var SUBSCRIBE_MAX = 128;
var REVOKED = 4001;
var TOKEN_EXPIRED = 4002;
var ChatSocket = class {
  #options;
  #api;
  #emitter = new Emitter();
  #backoff;
  #catchUp;
  #conversations = /* @__PURE__ */ new Set();
  #sessions = /* @__PURE__ */ new Set();
  #state = "idle";
  #connection;
  // Counts attempts, so that what an abandoned one was waiting for comes to nothing.
  #attempt = 0;
  #failures = 0;
  // Handshakes in a row that came to nothing, and whether one ended in the protocol of ours.
  #refusals = 0;
  #hasSpoken = false;
  #timer;
  #waiting;
  #forgetWake;
  #cursor;
  #hasBeenOpen = false;
  #hasGivenUp = false;
  #userId;
  // What came while what was missed is read.
  #held;
  /**
   * @example
   * const socket = new ChatSocket({ apiUrl, token })
   * await socket.connect()
   * socket.disconnect()
   */
  constructor(options) {
    this.#options = options;
    this.#api = options.api ?? new ChatApi(options);
    this.#catchUp = new CatchUp(this.#api.http);
    this.#cursor = options.cursor;
    this.#hasBeenOpen = this.#hasSpoken = options.cursor !== void 0;
    this.#backoff = new Backoff({
      baseMs: options.reconnectInterval ?? 2e3,
      maxMs: Math.max(options.maxReconnectDelay ?? 3e4, options.reconnectInterval ?? 0)
    });
  }
  /** The place in the server's log of the last event that was told; keep it to go on there later. */
  get cursor() {
    return this.#cursor;
  }
  /** Whose connection it is; known once the server has said it. */
  get userId() {
    return this.#userId;
  }
  /**
   * Connect, and stay connected. The promise is kept when the connection is open, and broken with
   * a {@link ChatConnectionError} when there will be none; it need not be waited for.
   * @example
   * socket.on('connected', () => console.log('here we are'))
   * await socket.connect()
   */
  connect() {
    if (this.#state === "open") return Promise.resolve();
    const waiting = this.#waiting ??= deferred();
    if (this.#state === "idle") {
      this.#failures = 0;
      this.#hasGivenUp = false;
      this.#forgetWake ??= onWake((why) => this.#wake(why));
      void this.#open();
    }
    return waiting.promise;
  }
  /**
   * Close the connection and stay away.
   * @example
   * await socket.connect()
   * socket.disconnect()
   * assert.equal(socket.isConnected(), false)
   */
  disconnect() {
    if (this.#state === "idle" && !this.#forgetWake) return;
    const wasOpen = this.#state === "open";
    this.#stop(new ChatConnectionError("disconnected"));
    const end = { code: 1e3, reason: "", willReconnect: false };
    if (wasOpen) this.#emitter.emit("disconnected", end);
  }
  /**
   * Is the connection open?
   * @example
   * await socket.connect()
   * assert.equal(socket.isConnected(), true)
   */
  isConnected() {
    return this.#state === "open";
  }
  /**
   * Use this access token from now on; a connection that was given up for want of one comes back.
   * @example
   * socket.setToken(token)
   */
  setToken(token) {
    this.#api.setToken(token);
    if (this.#hasGivenUp) this.connect();
  }
  /**
   * Focus: from now on live events (typing, streaming) come from these conversations only. It is
   * kept across reconnects. All other events come without it.
   * @example
   * await socket.connect()
   * socket.once('subscribed', (ids) => assert.deepEqual(ids, [conversationId]))
   * socket.subscribe([conversationId])
   */
  subscribe(conversationIds) {
    for (const id of conversationIds) this.#conversations.add(id);
    this.#say("subscribe", conversationIds);
  }
  /**
   * End that for these conversations.
   * @example
   * await socket.connect()
   * socket.subscribe([conversationId])
   * socket.unsubscribe([conversationId])
   */
  unsubscribe(conversationIds) {
    for (const id of conversationIds) this.#conversations.delete(id);
    this.#say("unsubscribe", conversationIds);
  }
  /**
   * Hear what an agent tells about its session, as `brain_event`. It is kept across reconnects.
   * @example
   * await socket.connect()
   * socket.subscribeSession('session-1')
   */
  subscribeSession(sessionId) {
    this.#sessions.add(sessionId);
    this.#sayIfOpen({ action: "subscribe_session", session_id: sessionId });
  }
  /**
   * End that.
   * @example
   * await socket.connect()
   * socket.subscribeSession('session-1')
   * socket.unsubscribeSession('session-1')
   */
  unsubscribeSession(sessionId) {
    this.#sessions.delete(sessionId);
    this.#sayIfOpen({ action: "unsubscribe_session", session_id: sessionId });
  }
  /**
   * Call `listener` for every event of this name with its payload and, where it is about one, the
   * id of its conversation.
   * @returns a function that ends it
   * @example
   * const end = socket.on('message.created', ({ seq_num: seqNum }, id) => console.log(id, seqNum))
   * end()
   */
  on(name, listener) {
    return this.#emitter.on(name, listener);
  }
  /**
   * The same for the next event of this name only.
   * @example
   * const connected = new Promise((resolve) => socket.once('connected', resolve))
   * socket.connect()
   * await connected
   */
  once(name, listener) {
    return this.#emitter.once(name, listener);
  }
  /**
   * Call `listener` no more; without one, none of those of this name.
   * @example
   * const listener = () => {}
   * socket.on('typing.start', listener)
   * socket.off('typing.start', listener)
   */
  off(name, listener) {
    this.#emitter.off(name, listener);
  }
  // ---- One attempt ----
  async #open() {
    const attempt = ++this.#attempt;
    const isStale = () => attempt !== this.#attempt;
    this.#state = "connecting";
    clearTimeout(this.#timer);
    try {
      const opening = await this.#api.getMessagingToken();
      const isSpoilt = !this.#hasSpoken && this.#refusals % 2 === 1;
      const wantsV1 = opening.protocols?.includes(PROTOCOL) && !isSpoilt;
      if (!wantsV1 && !this.#catchUp.isStarted) await this.#catchUp.start();
      const Socket = await webSocketClass(this.#options.WebSocket);
      if (isStale()) return;
      const query = new URLSearchParams({ token: opening.token });
      if (wantsV1 && this.#cursor !== void 0) query.set("cursor", this.#cursor);
      const url = `${this.#options.wsUrl ?? opening.wsUrl}?${query}`;
      const socket = wantsV1 ? new Socket(url, [PROTOCOL]) : new Socket(url);
      this.#connection = new Connection(socket, {
        onOpened: (protocol) => isStale() || protocol !== PROTOCOL && this.#openedPlain(),
        onFrame: (frame) => isStale() || this.#take(frame),
        onEnded: (code, reason) => isStale() || this.#ended(code, reason)
      });
    } catch (error) {
      if (!isStale()) this.#failed(error);
    }
  }
  #openedPlain() {
    const isReturn = this.#hasBeenOpen;
    this.#cursor = void 0;
    this.#opened();
    if (isReturn) void this.#sync();
  }
  #hello(hello) {
    const isReturn = this.#hasBeenOpen;
    const isResuming = this.#cursor !== void 0;
    this.#hasSpoken = true;
    this.#userId = hello.user_id;
    this.#catchUp.startAt(hello.server_time);
    this.#opened();
    if (isReturn && !isResuming) void this.#sync(hello.resume?.cursor);
    else this.#cursor ??= hello.resume?.cursor;
  }
  #opened() {
    this.#state = "open";
    this.#hasBeenOpen = true;
    this.#failures = 0;
    this.#refusals = 0;
    this.#backoff.opened();
    this.#say("subscribe", [...this.#conversations]);
    for (const id of this.#sessions) this.subscribeSession(id);
    this.#emitter.emit("connected", void 0);
    this.#waiting?.resolve();
    this.#waiting = void 0;
  }
  // ---- What comes in ----
  #take(frame) {
    const payload = frame.payload;
    switch (frame.type) {
      case "event":
        this.#event(frame);
        break;
      case "hello":
        this.#hello(payload);
        break;
      case "resumed":
        this.#resumed(payload, frame.cursor);
        break;
      case "error":
        this.#emitter.emit("error", new ChatSocketError(String(payload)));
        break;
      case "subscribed":
      case "session_subscribed":
      case "brain_event":
        this.#emitter.emit(frame.type, payload);
    }
  }
  #event(frame) {
    const { type } = frame.payload;
    if (!this.#held || LIVE.test(type)) this.#tell(frame);
    else if (this.#held.length < HELD_MAX) this.#held.push(frame);
    else this.#connection?.close(1006, "too much came while catching up");
  }
  // False: it was heard before.
  #tell({ conversation_id: id, payload, cursor }) {
    const event2 = payload;
    if (cursor !== void 0) this.#cursor = cursor;
    if (id !== void 0) {
      if (event2.type === "message.created") {
        if (!this.#catchUp.hear(id, event2.payload.seq_num ?? Infinity)) return false;
      } else if (event2.type === "conversation.created") this.#catchUp.join(id);
      else if (event2.type === "conversation.deleted") this.#catchUp.leave(id);
    }
    const all = { type: event2.type, payload: event2.payload, ...id && { conversationId: id } };
    this.#emitter.emit("event", all);
    this.#emitter.emit(event2.type, event2.payload, id);
    return true;
  }
  // ---- Coming back ----
  #resumed({ complete, replayed }, cursor) {
    if (!complete) {
      void this.#sync(cursor);
      return;
    }
    this.#cursor = cursor ?? this.#cursor;
    this.#emitter.emit("resumed", { complete, replayed, source: "cursor" });
  }
  // What came is held until what was missed is told. `cursor` is where the connection began.
  async #sync(cursor) {
    const attempt = this.#attempt;
    const held = this.#held = [];
    const from = this.#cursor;
    const tell = (frame) => {
      if (attempt !== this.#attempt) throw new ChatConnectionError("lost again");
      return this.#tell(frame);
    };
    let replayed;
    try {
      replayed = await this.#catchUp.run(tell);
    } catch (error) {
      if (attempt === this.#attempt) this.#connection?.close(1006, error.message);
      return;
    }
    if (attempt !== this.#attempt) return;
    this.#cursor = cursor ?? from;
    this.#held = void 0;
    const isV1 = cursor !== void 0;
    if (!isV1) this.#cursor = void 0;
    const resumed = { complete: false, replayed, source: "sync" };
    for (const frame of held) this.#tell(frame);
    this.#emitter.emit("resumed", resumed);
  }
  #ended(code, reason) {
    const wasOpen = this.#state === "open";
    this.#connection = void 0;
    this.#held = void 0;
    this.#attempt++;
    this.#backoff.closed();
    if (!wasOpen) {
      this.#refusals++;
      this.#failed(new ChatConnectionError(reason || "the connection did not open", code));
      return;
    }
    const willReconnect = code !== REVOKED && this.#options.autoReconnect !== false;
    if (code === TOKEN_EXPIRED) this.#api.http.dropToken();
    if (willReconnect) this.#wait(code === TOKEN_EXPIRED ? 0 : hintOf(reason));
    this.#emitter.emit("disconnected", { code, reason, willReconnect });
    if (willReconnect) return;
    if (code === REVOKED) {
      this.#giveUp(new ChatConnectionError("the session was ended; sign in again", code));
    } else this.#stop(new ChatConnectionError(reason || "disconnected", code));
  }
  #failed(error) {
    const { autoReconnect, maxReconnectAttempts = 15 } = this.#options;
    const isFinal2 = error instanceof ChatApiError && [401, 403, 404].includes(error.status);
    const isCounted = globalThis.navigator?.onLine !== false;
    if (isCounted) this.#failures++;
    if (isFinal2 || autoReconnect === false || this.#failures > maxReconnectAttempts) {
      this.#giveUp(error);
      return;
    }
    this.#wait(error instanceof ChatApiError ? error.retryAfterMs : void 0);
  }
  // Until the next attempt: as long as the server has asked for, or for some time.
  #wait(hintMs) {
    const waitMs = hintMs === void 0 ? this.#backoff.next() : hintMs * (1 + Math.random() / 4);
    this.#state = "waiting";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#open(), waitMs);
  }
  #giveUp(cause) {
    const error = cause instanceof ChatConnectionError ? cause : new ChatConnectionError(cause.message, void 0, cause);
    const wake = this.#forgetWake;
    this.#forgetWake = void 0;
    this.#stop(error);
    this.#hasGivenUp = true;
    if (error.code !== REVOKED && this.#options.autoReconnect !== false) this.#forgetWake = wake;
    else wake?.();
    this.#emitter.emit("error", error);
  }
  #stop(error) {
    this.#attempt++;
    this.#state = "idle";
    this.#held = void 0;
    this.#hasGivenUp = false;
    clearTimeout(this.#timer);
    this.#forgetWake?.();
    this.#forgetWake = void 0;
    this.#connection?.close(1e3);
    this.#connection = void 0;
    this.#waiting?.reject(error);
    this.#waiting = void 0;
  }
  // The network is back or went, or somebody looks at the page again.
  #wake(why) {
    if (this.#state === "open") this.#connection?.probe(why === "visible" ? void 0 : 3e3);
    else if (why === "offline") return;
    else if (this.#state === "waiting") {
      this.#backoff.reset();
      this.#failures = 0;
      void this.#open();
    } else if (this.#hasGivenUp) this.connect();
  }
  // ---- What goes out ----
  #say(action, ids) {
    for (let i = 0; i < ids.length; i += SUBSCRIBE_MAX) {
      this.#sayIfOpen({ action, conversation_ids: ids.slice(i, i + SUBSCRIBE_MAX) });
    }
  }
  // What is not said now is said when the connection opens.
  #sayIfOpen(frame) {
    if (this.#state === "open") this.#connection?.send(frame);
  }
};
function hintOf(reason) {
  const match = /(\d+) ?(ms|s)\b/.exec(reason);
  return match ? Number(match[1]) * (match[2] === "s" ? 1e3 : 1) : void 0;
}
function deferred() {
  let resolve;
  let reject;
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => {
  });
  return { promise, resolve, reject };
}

// src/stream.ts
var ASK_MS_MIN = 200;
var isFinal = (status) => status === "completed" || status === "failed" || status === "cancelled";
async function* followTask(taskId, source, { afterBytes = 0, signal } = {}) {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const deltas = [];
  let at = afterBytes;
  let status;
  let narrative;
  let isInDoubt = true;
  let isBehind = true;
  let wake = () => {
  };
  const hear = ({ type, payload }) => {
    if (type === "task.status_updated") {
      const report = payload;
      if (report.task_id !== taskId) return;
      status = report.status;
      narrative = report.progress_narrative;
    } else if (type === "task_stream_delta") {
      const { delta, task_id, offset_bytes } = payload;
      if (task_id === void 0 || offset_bytes === void 0) isBehind = true;
      else if (task_id !== taskId) return;
      else deltas.push({ from: offset_bytes, bytes: encoder.encode(delta) });
    } else return;
    wake();
  };
  const doubt = () => {
    isInDoubt = true;
    wake();
  };
  const ends = [source.onEvent(hear), source.onDoubt(doubt)];
  const abort = () => wake();
  signal?.addEventListener("abort", abort);
  try {
    for (; ; ) {
      signal?.throwIfAborted();
      if (isInDoubt) {
        isInDoubt = false;
        isBehind = true;
        status = void 0;
        const task = await source.api.getTask(taskId);
        if (status === void 0) [status, narrative] = [task.status, task.progressNarrative];
      }
      for (let next = deltas[0]; next && next.from <= at; next = deltas[0]) {
        deltas.shift();
        const fresh = next.bytes.subarray(at - next.from);
        if (fresh.length === 0) continue;
        at += fresh.length;
        yield decoder.decode(fresh);
      }
      const last = status !== void 0 && isFinal(status) ? status : void 0;
      if (isBehind || deltas.length > 0 || last) {
        isBehind = false;
        const text = await read(source.api, taskId, at);
        at = Math.max(at, text.offsetBytes);
        if (text.text !== "") yield text.text;
        if (last === "completed") return;
        if (last) throw new ChatTaskError(taskId, last, narrative);
        if (isBehind) await pause(ASK_MS_MIN, signal);
        continue;
      }
      await new Promise((resolve) => wake = resolve);
    }
  } finally {
    for (const end of ends) end();
    signal?.removeEventListener("abort", abort);
  }
}
async function read(api, taskId, at) {
  try {
    return await api.getTaskText(taskId, at);
  } catch (error) {
    if (!(error instanceof ChatApiError) || error.status !== 400) throw error;
    return { text: "", offsetBytes: at };
  }
}

// src/client.ts
var ChatClient = class {
  /** Every request as a method. */
  api;
  /** The connection. */
  socket;
  #conversations = /* @__PURE__ */ new Map();
  #list;
  #userId;
  #hasConnected = false;
  /**
   * @example
   * const client = new ChatClient({ apiUrl, getToken: () => token })
   * client.on('message.created', ({ seq_num: seqNum }, id) => console.log(id, seqNum))
   * await client.connect()
   * await client.api.send({ conversationId, contentText: 'Hello!' })
   * client.disconnect()
   */
  constructor(options) {
    this.api = new ChatApi(options);
    this.socket = new ChatSocket({ ...options, api: this.api });
    this.once("connected", () => this.#hasConnected = true);
    if (options.autoConnect) void this.connect();
  }
  /**
   * Connect, and stay connected: a lost connection comes back by itself and misses nothing. The
   * promise is broken with a {@link ChatConnectionError} when there will be none; it need not be
   * waited for.
   * @example
   * await client.connect()
   * assert.equal(client.isConnected(), true)
   */
  connect() {
    return this.socket.connect();
  }
  /**
   * Close the connection and stay away.
   * @example
   * client.disconnect()
   * assert.equal(client.isConnected(), false)
   */
  disconnect() {
    this.socket.disconnect();
  }
  /**
   * Is the connection open?
   * @example
   * assert.equal(client.isConnected(), true)
   */
  isConnected() {
    return this.socket.isConnected();
  }
  /**
   * Focus: from now on live events (typing, streaming) come from these conversations only. All
   * other events come without it. The answer is a `subscribed` with the ids that were accepted.
   * @example
   * client.subscribe([conversationId])
   */
  subscribe(conversationIds) {
    this.socket.subscribe(conversationIds);
  }
  /**
   * End that for these conversations.
   * @example
   * client.unsubscribe([conversationId])
   */
  unsubscribe(conversationIds) {
    this.socket.unsubscribe(conversationIds);
  }
  /**
   * Hear what an agent tells about its session, as `brain_event`.
   * @example
   * const subscribed = new Promise((resolve) => client.once('session_subscribed', resolve))
   * client.subscribeSession('session-1')
   * assert.deepEqual(await subscribed, { session_id: 'session-1' })
   */
  subscribeSession(sessionId) {
    this.socket.subscribeSession(sessionId);
  }
  /**
   * End that.
   * @example
   * client.unsubscribeSession('session-1')
   */
  unsubscribeSession(sessionId) {
    this.socket.unsubscribeSession(sessionId);
  }
  /**
   * Use this access token from now on, for requests and for the next connection.
   * @example
   * client.setToken(token)
   */
  setToken(token) {
    this.#userId = void 0;
    this.socket.setToken(token);
  }
  /**
   * Call `listener` for every event of this name with its payload, which is as on the wire, and the
   * id of the conversation it is about.
   * @returns a function that ends it
   * @example
   * const heard = new Promise((resolve) => client.on('message.created', resolve))
   * const { id } = await client.api.send({ conversationId, contentText: 'Hello!' })
   * assert.equal((await heard).message_id, id)
   */
  on(name, listener) {
    return this.socket.on(name, listener);
  }
  /**
   * The same for the next event of this name only.
   * @example
   * client.once('presence.updated', ({ user_id: userId, status }) => console.log(userId, status))
   */
  once(name, listener) {
    return this.socket.once(name, listener);
  }
  /**
   * Call `listener` no more; without one, none of those of this name.
   * @example
   * client.off('typing.start')
   */
  off(name, listener) {
    this.socket.off(name, listener);
  }
  /**
   * The id of this user.
   * @example
   * const { user } = await client.api.me()
   * assert.equal(await client.userId(), user.id)
   */
  async userId() {
    if (this.socket.userId !== void 0) return this.socket.userId;
    const asked = this.#userId ??= this.api.me().then(({ user }) => user.id);
    return asked.catch((error) => {
      if (this.#userId === asked) this.#userId = void 0;
      throw error;
    });
  }
  /**
   * A live conversation: the same one for everybody who asks, until it is closed. It loads itself
   * and follows the socket; see {@link ConversationStore}.
   * @example
   * const chat = client.conversation(conversationId)
   * const end = chat.subscribe(() => console.log(chat.getSnapshot().messages.length))
   * await chat.send('Hello!')
   * end()
   * chat.close()
   */
  conversation(id) {
    const known = this.#conversations.get(id);
    if (known) return known;
    const store = new ConversationStore(id, {
      ...this.#source(),
      userId: () => this.userId(),
      onClosed: () => void this.#conversations.delete(id)
    });
    this.#conversations.set(id, store);
    return store;
  }
  /**
   * The live list of this user's conversations, with what is unread; see
   * {@link ConversationListStore}.
   * @example
   * const list = client.conversations()
   * await list.ready
   * assert.ok(list.getSnapshot().conversations.some(({ id }) => id === conversationId))
   * list.close()
   */
  conversations() {
    return this.#list ??= new ConversationListStore({
      ...this.#source(),
      onClosed: () => this.#list = void 0
    });
  }
  /**
   * What a task streams, from its beginning, piece by piece, also when it began long ago; it ends
   * with the task. It connects when that has not been done.
   * @throws {ChatTaskError} the task failed or was cancelled; what was streamed came before
   * @example
   * const streamed = agentApi.streamTask(taskId, ['Forty', '-two'])
   *   .then(() => agentApi.updateTask(taskId, { status: 'completed' }))
   * let text = ''
   * for await (const piece of client.stream(taskId)) text += piece
   * assert.equal(text, 'Forty-two')
   * await streamed
   */
  stream(taskId, options) {
    void this.connect();
    return followTask(taskId, this.#source(), options);
  }
  #source() {
    return {
      api: this.api,
      onEvent: (listener) => this.on("event", listener),
      onDoubt: (listener) => {
        const isFirst = !this.#hasConnected;
        const ends = [
          this.on("resumed", ({ complete }) => listener(complete)),
          isFirst ? this.once("connected", () => listener(false)) : () => {
          }
        ];
        return () => ends.forEach((end) => end());
      }
    };
  }
};
export {
  ChatApi,
  ChatApiError,
  ChatClient,
  ChatConnectionError,
  ChatError,
  ChatNetworkError,
  ChatSocket,
  ChatSocketError,
  ChatTaskError,
  ConversationListStore,
  ConversationStore
};
//# sourceMappingURL=index.js.map
