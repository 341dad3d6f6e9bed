// SPDX-License-Identifier: Apache-2.0
/**
 * types.ts — what goes to the server and what comes back.
 * Two spellings, on purpose: arguments and results of {@link ChatApi} are in camelCase, payloads of
 * events are as they are on the wire (snake_case). Times are RFC 3339 texts in UTC, ids are UUIDs.
 * An optional field without a value is left out, never null.
 * @module
 */

// ---- Things (camelCase) ----

/** What a message is; `system` ones are written by the server alone. */
export type ContentType =
  'text' | 'image' | 'audio' | 'video' | 'file' | 'task' | 'result' | 'system'
/** `aside` messages belong to the thread of what they answer. */
export type ThreadRole = 'main' | 'aside'
/** Types with `direct` in their name are for two, the others for any number. */
export type ConversationType = 'direct' | 'group' | 'agent_direct' | 'agent_group'
/** What somebody may do in a conversation. */
export type Role = 'owner' | 'admin' | 'member' | 'agent'
/** How reachable somebody is. */
export type PresenceStatus = 'online' | 'away' | 'busy' | 'offline'
/** Where a task is; the last three are final. */
export type TaskStatus =
  'queued' | 'running' | 'input_required' | 'completed' | 'failed' | 'cancelled'

/** One emoji below a message. `userIds` names the first 100, `count` counts everybody. */
export interface Reaction {
  emoji: string
  count: number
  userIds: string[]
}

/** A message. `seqNum` starts at 1 in each conversation and is the only order. */
export interface Message {
  id: string
  conversationId: string
  seqNum: number
  senderId: string
  senderType: 'human' | 'agent'
  contentType: ContentType
  contentText: string
  /** A string of the application's own, as it was sent. */
  contentMeta?: string
  replyToId?: string
  threadId?: string
  threadRole: ThreadRole
  taskId?: string
  createdAt: string
  isInternal?: boolean
  isForwarded?: boolean
  reactions?: Reaction[]
  editCount?: number
  editedAt?: string
  /** Only the place and the number of a deleted message are left; its text is empty. */
  deletedAt?: string
}

/** The other one in a conversation of two. */
export interface Contact {
  userId: string
  displayName: string
  isAgent: boolean
  status: PresenceStatus
  avatarUrl?: string
  bio?: string
  lastSeen?: string
  jobRole?: string
  isDefaultAgent?: boolean
  language?: string
}

/** A conversation as its reader sees it. */
export interface Conversation {
  id: string
  type: ConversationType
  name?: string
  description?: string
  createdBy: string
  lastActivity?: string
  /** The number of its newest message. */
  seqCounter: number
  createdAt: string
  /** The first 120 characters of the newest message that the reader may see. */
  lastMessagePreview?: string
  unreadCount: number
  mutedUntil?: string
  archivedAt?: string
  contact?: Contact
}

/** Somebody in a conversation. */
export interface Participant {
  userId: string
  displayName: string
  isAgent: boolean
  role: Role
  avatarUrl?: string
  status?: PresenceStatus
  jobTitle?: string
  /** How far they have read; Carillon says so. */
  lastReadSeq?: number
}

/** A person or an agent of the tenant. */
export interface User {
  id: string
  displayName: string
  isAgent: boolean
  status: PresenceStatus
  bio?: string
  avatarUrl?: string
  lastSeen?: string
  jobTitle?: string
  language?: string
  isDefaultAgent?: boolean
  jobRole?: string
  /** Of oneself only, like the next three. */
  email?: string
  tenantId?: string
  role?: string
  timezone?: string
}

/** What an agent was asked to do, and how far it is. */
export interface Task {
  id: string
  conversationId: string
  title: string
  agentId?: string
  sessionId?: string
  status: TaskStatus
  currentStep?: string
  progressNarrative?: string
  createdBy: string
  createdAt: string
  updatedAt: string
  /** The message that the text of a completed task became. */
  resultMessageId?: string
}

/** A call. `durationSeconds` is there once it has ended, and 0 when nobody answered. */
export interface Call {
  callId: string
  conversationId: string
  initiatorId: string
  roomName: string
  callType: 'audio' | 'video'
  state: 'ringing' | 'active' | 'ended'
  startedAt: string
  answeredAt?: string
  endedAt?: string
  durationSeconds?: number
}

/** The way into a call's LiveKit room: `connect(wsUrl, token)` of LiveKit's own library. */
export interface JoinedCall {
  callId: string
  roomName: string
  callType: 'audio' | 'video'
  wsUrl: string
  token: string
}

// ---- Requests (camelCase) ----

/** A message to send. */
export interface SendRequest {
  conversationId: string
  /** 1 byte to 64 KiB, with something to see in it. */
  contentText: string
  contentType?: Exclude<ContentType, 'system'>
  /** At most 16 KiB. */
  contentMeta?: string
  replyToId?: string
  threadRole?: ThreadRole
  taskId?: string
  /** For agents, owners and admins only. */
  isInternal?: boolean
  /** The name of this attempt, 1 to 64 characters; made up when it is left out. */
  clientMsgId?: string
}

/** Which part of a conversation; both ends are included. Without `fromSeq` the newest page. */
export interface MessageRange {
  fromSeq?: number
  toSeq?: number
  /** 1 to 200; 50 when nothing is said. */
  limit?: number
}

/** Up to where one conversation is known. */
export interface SyncPosition {
  conversationId: string
  lastSeq: number
  /** The `changeSeq` of what is there: also what was changed in it since. */
  changedSince?: number
}

/** A conversation to make. */
export interface CreateConversationRequest {
  type?: ConversationType
  name?: string
  participantIds?: string[]
}

/** What to change of a conversation; `''` takes it away. */
export interface UpdateConversationRequest {
  name?: string
  description?: string
}

/** What to change of oneself. */
export interface ProfileChange {
  displayName?: string
  avatarUrl?: string
  timezone?: string
  bio?: string
  language?: string
  jobTitle?: string
}

/** What to look for. `beforeSeq` pages within one conversation. */
export interface SearchRequest {
  q: string
  conversationId?: string
  limit?: number
  beforeSeq?: number
}

/** How long to mute: until a time, for some seconds, or (with neither) for ever. */
export interface MuteRequest {
  until?: string
  durationSec?: number
}

/** A part of a long list: at most 1,000 rows, `after` as the `next` of the page before said. */
export interface PageRequest {
  limit?: number
  after?: string
  /** Users and agents only: a part of the display name. */
  q?: string
}

/** A task for an agent of the conversation. */
export interface CreateTaskRequest {
  conversationId: string
  title: string
  agentId?: string
  sessionId?: string
}

/** What an agent says about its task. */
export interface UpdateTaskRequest {
  status: TaskStatus
  currentStep?: string
  progressNarrative?: string
}

// ---- Answers (camelCase) ----

/** A page of a conversation, in rising order. */
export interface MessagesPage {
  messages: Message[]
  /** The number of the newest message of the conversation. */
  currentSeq: number
  hasMore?: boolean
  /** See {@link SyncPosition}; Carillon says so. */
  changeSeq?: number
}
/** What came after each position. */
export interface SyncAnswer {
  batches: SyncBatch[]
}
/** What came in one conversation. */
export interface SyncBatch {
  conversationId: string
  messages: Message[]
  currentSeq: number
  /** There is more: ask again, from the last number that came, if there was one. */
  hasMore?: boolean
  /** Where to go on from for changes; the next ones are Carillon's, too. */
  changeSeq?: number
  /** What was changed, as it is now. */
  changes?: Message[]
  reads?: { userId: string; lastReadSeq: number }[]
  /** There are more changes: ask again, from `changeSeq`. */
  moreChanges?: boolean
}
/** The conversations of the caller, those with the newest activity first. */
export interface ConversationsPage {
  conversations: Conversation[]
  next?: string
}
/** A conversation that was just made, or that was there already. */
export interface CreatedConversation {
  id: string
  type: ConversationType
  name?: string
  createdBy: string
}
/** Who is in a conversation. */
export interface ParticipantsPage {
  participants: Participant[]
  next?: string
}
/** People of the tenant. */
export interface UsersPage {
  users: User[]
  next?: string
}
/** Agents of the tenant. */
export interface AgentsPage {
  agents: User[]
  next?: string
}
/** What is unread; conversations with nothing unread are left out. */
export interface UnreadCounts {
  conversations: { conversationId: string; unreadCount: number; lastReadSeq: number }[]
  total: number
}
/** What an edit made of a message. */
export interface EditedMessage {
  messageId: string
  contentText: string
  contentMeta?: string
  editCount: number
  editedAt: string
}
/** What a message said before an edit. */
export interface Edit {
  editCount: number
  contentText: string
  contentMeta?: string
  writtenAt: string
}
/** What was found, the newest first; `snippet` marks it with `<mark>`. */
export interface SearchAnswer {
  results: { message: Message; snippet: string }[]
}
/** What opens one socket, within a minute. */
export interface MessagingToken {
  token: string
  wsUrl: string
  expiresAt: string
  /** The subprotocols that the server speaks. */
  protocols?: string[]
}
/** How somebody is reachable. */
export interface Presence {
  userId: string
  status: PresenceStatus
  statusDetail?: string
  lastSeen?: string
}
/** What a task has streamed, from the byte asked for up to `offsetBytes`. */
export interface TaskText {
  text: string
  offsetBytes: number
  state: 'none' | 'streaming' | 'interrupted' | 'ended'
}

// ---- Events (as on the wire) ----

/** A message as it is inside an event. */
export interface WireMessage {
  id: string
  conversation_id: string
  seq_num: number
  sender_id: string
  sender_type: 'human' | 'agent'
  content_type: ContentType
  content_text: string
  [field: string]: unknown
}

/** The payload of every event of the catalogue, by its type. */
export interface CatalogueEvents {
  /** `message` is there when the server speaks `carillon.v1`, and on what was caught up with. */
  'message.created': {
    message_id: string
    seq_num: number
    is_internal?: boolean
    message?: WireMessage
  }
  'message.edited': {
    id: string
    conversation_id: string
    content_text: string
    content_meta?: string
    edit_count: number
    edited_at: string
  }
  'typing.start': { conversation_id: string; user_id: string; at: string }
  'typing.stop': { conversation_id: string; user_id: string; at: string }
  'reaction.updated': {
    message_id: string
    user_id: string
    emoji: string
    action: 'added' | 'removed'
  }
  'presence.updated': {
    user_id?: string
    agent_id?: string
    status: PresenceStatus
    status_detail?: string
  }
  'conversation.created': {
    conversation_id: string
    contact_name?: string
    contact_id?: string
    group_name?: string
  }
  'conversation.deleted': { conversation_id: string }
  'conversation.muted': { conversation_id: string; muted_until: string }
  'conversation.unmuted': { conversation_id: string }
  'conversation.archived': { conversation_id: string; archived_at: string }
  'conversation.unarchived': { conversation_id: string }
  'user.blocked': { user_id: string }
  'user.unblocked': { user_id: string }
  'task.status_updated': {
    task_id: string
    status: TaskStatus
    current_step?: string
    progress_narrative?: string
    agent_id?: string
  }
  /** `offset_bytes` is where this delta begins in the text of its task. */
  task_stream_delta: {
    delta: string
    agent_id: string
    session_id?: string
    task_id?: string
    offset_bytes?: number
  }
  'call.started': {
    call_id: string
    room_name: string
    call_type: 'audio' | 'video'
    conversation_id: string
    initiator_id: string
  }
  'call.answered': { call_id: string; conversation_id: string; answered_by: string }
  'call.ended': { call_id: string; conversation_id: string; duration_seconds: number }
}

/** Events that Carillon adds to the catalogue. */
export interface AddedEvents {
  'message.deleted': { id: string; conversation_id: string; seq_num: number; deleted_at: string }
  /**
   * A message as it is now, made by this client when it catches up without a cursor: its reactions
   * may be others than before. An edit is also told as one.
   */
  'message.changed': { message: WireMessage }
  'message.read': { conversation_id: string; user_id: string; last_read_seq: number }
  'participant.added': { conversation_id: string; user_id: string; added_by: string }
  'participant.updated': {
    conversation_id: string
    user_id: string
    role: Role
    updated_by: string
  }
  'participant.removed': {
    conversation_id: string
    user_id: string
    removed_by: string
    new_owner_id?: string
  }
  'conversation.updated': { conversation_id: string; name?: string; description?: string }
  'conversation.hidden': { conversation_id: string }
  'call.declined': { call_id: string; conversation_id: string }
}

/** How a connection ended, and whether the client comes back by itself. */
export interface Disconnection {
  /** The close code; 1006 when there was none. */
  code: number
  reason: string
  willReconnect: boolean
}

/** The end of catching up after a reconnect. Everything missed was emitted before it. */
export interface Resumption {
  /** False: changes beside those of messages may be missing; read again what is shown. */
  complete: boolean
  /** How many events were emitted to catch up. */
  replayed: number
  /** By whom: the server's event log, or messages read over REST. */
  source: 'cursor' | 'sync'
}

/** An event of the server, whatever its type, also of types that this client does not know. */
export interface AnyEvent {
  type: string
  payload: unknown
  conversationId?: string
}

/** What happens to the connection, and replies to what was said on it. */
export interface ConnectionEvents {
  connected: undefined
  disconnected: Disconnection
  error: Error
  /** The ids that were accepted. */
  subscribed: string[]
  session_subscribed: { session_id: string }
  /** What an agent sends about its session, as the agent sent it. */
  brain_event: unknown
  resumed: Resumption
  /** Every event of the server, before it is emitted under its own name. */
  event: AnyEvent
}

/** Everything that can be listened to, with what a listener gets as its first argument. */
export interface ChatEvents extends CatalogueEvents, AddedEvents, ConnectionEvents {}
/** The name of an event. */
export type ChatEventName = keyof ChatEvents
/** What is called for an event: its payload, and the conversation it is about. */
export type ChatListener<K extends ChatEventName> = (
  payload: ChatEvents[K],
  conversationId?: string,
) => void
