// SPDX-License-Identifier: Apache-2.0
/* limits.h — every bound of the server: its unit, its reason, and what happens there.
 * Configuration may lower a bound, never raise it. Each has a test at the bound and one past it. */
#ifndef LIMITS_H
#define LIMITS_H

#include <assert.h>

/* ---- HTTP requests (proto/http_parse) ---- */
#define HTTP_TARGET_BYTES_MAX 8192u       /* path and query; past it: 414 */
#define HTTP_HEAD_BYTES_MAX (32u * 1024u) /* request line and header fields; past it: 431, close */
#define HTTP_HEADERS_MAX 100u             /* header fields of a request; past it: 431, close */
#define HTTP_METHOD_BYTES_MAX 32u         /* more than any method has; past it: 501, close */
/* A decoded body: a text of 64 KiB may be escaped to 384 KiB of JSON; past it: 413, close. */
#define HTTP_BODY_BYTES_MAX (512u * 1024u)
#define HTTP_CHUNK_LINE_BYTES_MAX 256u /* a chunk size and its extensions; past it: 400, close */
#define HTTP_TRAILER_BYTES_MAX 4096u   /* all trailer fields; past it: 400, close */
#define HTTP_BLANK_LINES_MAX 1u        /* before a request (RFC 9112 2.2); past it: 400, close */
/* All chunk extensions of a body; nobody needs them to say anything; past it: 400, close. */
#define HTTP_CHUNK_EXTENSIONS_BYTES_MAX 16384u
#define HTTP_CHUNK_DIGITS_MAX 16u /* 64 bits, so no size overflows; past it: 400, close */
/* Method, target, " " and " HTTP/1.1"; past it: 414, close. */
#define HTTP_REQUEST_LINE_BYTES_MAX (HTTP_METHOD_BYTES_MAX + HTTP_TARGET_BYTES_MAX + 10u)
static_assert(HTTP_REQUEST_LINE_BYTES_MAX < HTTP_HEAD_BYTES_MAX, "a long target is a 414");
static_assert(HTTP_CHUNK_LINE_BYTES_MAX > HTTP_CHUNK_DIGITS_MAX, "any chunk size fits its line");

/* ---- WebSocket (proto/ws_parse) ---- */
/* A client's whole message; clients send small commands; past it: 1009. */
#define WS_MESSAGE_BYTES_MAX (64u * 1024u)
#define WS_FRAGMENTS_MAX 1024u    /* frames of one message; past it: 1009 */
#define WS_CONTROL_BYTES_MAX 125u /* RFC 6455 5.5; past it: 1002 */

/* ---- JSON (base/json_in) ---- */
#define JSON_DEPTH_MAX 32u /* nesting of a request body; past it: 400 */

/* ---- Words (base/words) ---- */
#define WORD_BYTES_MAX 64u /* of a folded word, for searching; past it: cut, here and in a query */

/* ---- Log (base/log) ---- */
/* Of one value, before escaping; past it: cut, and marked with "...". */
#define LOG_VALUE_BYTES_MAX 256u
/* PIPE_BUF, so that a pipe keeps lines whole; past it: "cut=true". */
#define LOG_LINE_BYTES_MAX 4096u
static_assert(LOG_LINE_BYTES_MAX >= 8 * LOG_VALUE_BYTES_MAX,
              "a value that is all escapes fits a line");

/* ---- Store (store/) ---- */
#define STORE_COMMIT_JOBS_MAX 1024u  /* of one transaction, which bounds its time; the rest wait */
#define STORE_QUEUE_JOBS_MAX 16384u  /* for the writer, and as many for the readers; past it: 503 */
#define STORE_READ_MS_MAX 5000u      /* of a read, whose snapshot holds the WAL; past it: 503 */
#define STORE_LOCK_WAIT_MS_MAX 5000u /* for another process that writes; past it: 503 */
#define STORE_CHECKPOINT_WAIT_MS_MAX 200u /* for readers, to cut the WAL; past it: a later commit */
#define STORE_WAL_PAGES_MAX 1024u      /* since the last checkpoint; past it: another, some 10 ms */
#define STORE_WAL_CUT_PAGES_MAX 32768u /* kept by a slow reader; past it: wait for it and cut */
#define DB_STATEMENTS_MAX 1024u        /* different SQL texts of a connection; past it: CHECK */
#define DB_VERIFY_FAULTS_MAX 100u      /* that the engine names; past it: not looked for */
#define DB_PARAMETERS_MAX 31u          /* of one statement; past it: CHECK */
#define DB_SCRIPT_BYTES_MAX 1048576u   /* of a migration; past it: R_TOO_LARGE, no start */
static_assert(STORE_WAL_CUT_PAGES_MAX > STORE_WAL_PAGES_MAX, "a passive checkpoint is tried first");
static_assert((DB_STATEMENTS_MAX & (DB_STATEMENTS_MAX - 1)) == 0, "a hash is cut with a mask");

/* ---- Configuration (server/config) ---- */
#define WORKERS_MAX 64u          /* threads with a loop each; past it: refuses to start */
#define READERS_MAX 16u          /* store readers; more only compete; past it: refuses to start */
#define CONNECTIONS_MAX 1000000u /* sockets of the process; past it: refuses to start */
#define CONFIG_FILE_BYTES_MAX 65536u /* hundreds of commented options; past it: refuses to start */
#define CONFIG_LINE_BYTES_MAX 198u   /* what inih reads in one piece; past it: refuses to start */
#define CONFIG_WORD_BYTES_MAX 150u   /* of a key or a secret; past it: refuses to start */
#define CONFIG_LIST_ITEMS_MAX 64u    /* of one option; past it: refuses to start */
/* Open files that are no clients: database, loops, listeners, log. */
#define CONFIG_FDS_RESERVED 64u

#define SOCKETS_PER_USER_MAX 1000000u /* of the option; past it: refuses to start */

/* ---- connections (net) ---- */
#define LOOP_RECEIVE_BYTES (64u * 1024u) /* one receive buffer per loop, read once per readiness */
#define LOOP_WHEEL_SECONDS 128u          /* slots of the timing wheel; longer deadlines go around */
#define OUTBOX_BYTES_MAX (1u << 20)      /* events owed to a connection; past it: 4008, resume */
#define OUTBOX_LIVE_BYTES_MAX (256u * 1024u) /* owed bytes past which live events are dropped */
/* What the kernel keeps for a connection and has not sent; past it: it waits in the outbox, where
 * it is seen. Else a peer that reads nothing has 4 MiB of the kernel before anybody notices. */
#define CONN_UNSENT_BYTES_MAX (128 * 1024)
#define CONN_LINGER_MS_MAX 2000u  /* reading a peer's rest away after our last byte; then close */
#define CONN_FINISH_MS_MAX 10000u /* writing what is owed to a connection that ends; then close */
#define ACCEPTS_PER_TURN_MAX 64u  /* accepted sockets per turn; past it: next turn, be fair */
#define LISTEN_BACKLOG_MAX 4096   /* handshakes the kernel keeps; past it: the peer tries again */

/* ---- TLS (net/tls) ---- */
#define TLS_CERTIFICATES_MAX 4u     /* one for each kind of key; past it: refuses to start */
#define TLS_CHAIN_MAX 16u           /* certificates behind one's own; past it: refuses to start */
#define TLS_RECORD_BYTES_MAX 16384u /* plaintext sealed at a time, one record (RFC 8446 5.1) */
#define TLS_HANDSHAKE_MS_MAX 10000u /* from the accept; past it: close */
/* Sealed and not taken by the kernel. One write and what the handshake layer answers; a peer that
 * asks for more of these answers and reads none of them; past it: close. */
#define TLS_OWED_BYTES_MAX (64u * 1024u)
#define TLS_REKEYS_MAX 64u /* key updates of a connection, for years of traffic; past it: close */
#define TLS_SESSION_SEC_MAX 7200u /* a session is resumed; past it: a full handshake */
static_assert(TLS_OWED_BYTES_MAX >= 2 * TLS_RECORD_BYTES_MAX, "one write always fits");

/* ---- admission (server/refusals, api/strangers) ---- */
#define REFUSALS_OPEN_MAX 16u /* turned away and told why; past it: told, and not waited for */
/* Of a peer who has not shown who it is, when there are too many of them; past it: makes room. */
#define STRANGER_PATIENCE_MS 2000u

/* ---- stopping (api/farewell) ---- */
#define FAREWELL_WAVE_MS 100u         /* from one wave of closes to the next */
#define FAREWELL_WAVE_SOCKETS 500u    /* of a worker; past it: another wave, while there is time */
#define FAREWELL_MS_MAX 5000u         /* until the last wave; past it: larger waves */
#define FAREWELL_SPREAD_MS_MIN 1000u  /* over which a few sockets are told to come back */
#define FAREWELL_SPREAD_MS_MAX 30000u /* and very many; past it: more of them in each second */

/* ---- Authentication (auth/) ---- */
#define TOKEN_BYTES_MAX 4096u         /* of a JWT; ours have about 400; past it: 401 */
#define JWS_BYTES_MAX 16384u          /* of a token of anybody's; past it: 401 */
#define JWKS_BYTES_MAX (256u * 1024u) /* of an issuer's document; past it: the old keys stay */
#define JWKS_KEYS_MAX 32u             /* of an issuer, which has a few; past it: not looked at */
#define JWKS_KEY_ID_BYTES_MAX 256u    /* `kid`; past it: no key, and 401 */
#define FOREIGN_URL_BYTES_MAX 1024u   /* of an issuer, and of its keys; past it: refused */
/* `sub`, which becomes an id of EXTERNAL_ID_BYTES_MAX; past it: 401 */
#define FOREIGN_SUBJECT_BYTES_MAX 123u
#define FOREIGN_CACHE_SEC_MAX 300u /* that a token is believed without a look at its user */
#define FOREIGN_WAITS_MAX 1024u    /* requests that wait for keys; past it: 503 */
/* Between fetches of an issuer's keys; past it: the server does not start. */
#define FOREIGN_REFETCH_SEC_MAX 3600u
#define LIVEKIT_WEBHOOK_TTL_SEC_MAX 86400u /* of its token; past it: 401, it could be replayed */
#define TOKEN_LEEWAY_SEC 60u               /* between the clocks of two nodes; past it: 401 */
#define TOKEN_CACHE_SLOTS 4096u            /* verified by a worker; past it: the older one goes */
#define KEYRING_KEYS_MAX 3u          /* one signs, two still verify; past it: the oldest goes */
#define TICKETS_SPENT_MAX 65536u     /* messaging tokens used and not yet expired; past it: 503 */
#define PASSWORD_BYTES_MIN 8u        /* NIST SP 800-63B; below it: 400 */
#define PASSWORD_BYTES_MAX 1024u     /* past it: 400 */
#define PASSWORD_QUEUE_JOBS_MAX 64u  /* waiting for a hash, about 2 s of work; past it: 503 */
#define PASSWORD_THREADS_MAX 16u     /* each has the memory of a hash; past it: R_INVALID */
#define PASSWORD_NICENESS 5          /* of the threads that hash, a third of the weight of others */
#define THROTTLE_SLOTS 16384u        /* things that are counted; past it: the least one goes */
#define THROTTLE_KEY_BYTES_MAX 512u  /* of an account's name; past it: it is cut */
#define RATE_BUCKETS 65536u          /* that are not full; past it: the fullest is forgotten */
#define RATE_PER_MIN_MAX 6000000u    /* of a rate; 0 turns it off; past it: refuses to start */
#define RATE_AGENT_TIMES_MAX 1000u   /* what people may; past it: refuses to start */
#define RATE_NAME_BYTES_MAX 64u      /* of whose bucket it is; ours have 33; past it: CHECK */
#define INVITES_OPEN_MAX 1000u       /* of a tenant, not used and not expired; past it: 429 */
#define API_KEYS_MAX 1000u           /* of a tenant and a kind, not revoked; past it: 429 */
#define EMAIL_BYTES_MAX 254u         /* RFC 5321 4.5.3.1.3, without the brackets; past it: 400 */
#define EXTERNAL_ID_BYTES_MAX 128u   /* of a backend's user; past it: 400 */
#define DISPLAY_NAME_BYTES_MAX 128u  /* shown in one line; past it: 400 */
#define PROFILE_TEXT_BYTES_MAX 1024u /* bio, avatar_url; past it: 400 */
#define PROFILE_WORD_BYTES_MAX 128u  /* timezone, language, job_title; past it: 400 */
#define CHAT_TOKEN_TTL_SEC_MAX 86400u /* of a token for a backend's user; past it: 400 */
static_assert((TOKEN_CACHE_SLOTS & (TOKEN_CACHE_SLOTS - 1)) == 0, "hashes are cut with a mask");

/* ---- the hub (hub) ---- */
/* When writing to everybody took as long as the first, what comes next is gathered for as long
 * again, but no longer than the second. */
#define WORKER_GATHER_NS_MIN UINT64_C(1000000)
#define WORKER_GATHER_NS_MAX UINT64_C(10000000)
/* Writing to everybody, at a time; past it, or past what everything else has taken since: a turn
 * later. There are two times in a turn. */
#define WORKER_FLUSH_NS_MAX UINT64_C(1000000)
/* Commits that come while everybody is written to; past it: write to the rest now. */
#define HUB_WAITING_MAX 256u
/* Events of one channel that are gathered; past it: write now. */
#define HUB_BATCH_BYTES_MAX (128u * 1024u)
#define HUB_FOCUS_MAX 128u /* focused conversations of a listener; past it: an error */
#define HUB_PIECES_MAX 64u /* ranges gathered for one write to a listener with a filter */
/* Events of all channels that are gathered; past it: write now. Who hears everything and reads is
 * then never too slow for what one turn brings. */
#define HUB_GATHERED_BYTES_MAX (OUTBOX_BYTES_MAX / 2)
#define TYPING_SHOWN_MS 10000u /* a start that nobody ends; past it: typing.stop */
#define TYPING_REPEAT_MS 3000u /* starts within this are one */
/* Starts after as many stops; past it: one per TYPING_REPEAT_MS. */
#define TYPING_STARTS_BURST_MAX 5u
#define TYPING_SHOWN_MAX 20u     /* people shown in one conversation; past it: not shown */
#define TYPING_PLACES_MAX 16u    /* conversations in which one user types; past it: not shown */
#define TYPISTS_MAX 65536u       /* in all conversations, some 10 MB; past it: not shown */
#define PRESENCE_LINGER_MS 5000u /* without a socket before offline: a reconnect takes less */
#define PRESENCE_DETAIL_BYTES_MAX 128u /* of status_detail, a line; past it: 400 */
#define PRESENCE_ABSENT_MAX 65536u     /* users set by hand without a socket; past it: offline */
#define PRESENCE_SPREADS_MAX 16u /* changes on their way to others; past it: wait, the last wins */
#define PRESENCE_PARTICIPANTS_MAX 500u   /* in whose conversation it is heard; past it: not there */
#define PRESENCE_CONVERSATIONS_MAX 1000u /* in which it is heard; past it: not in the others */
#define LIVE_WAITING_MAX 256u /* for a worker; past it: presence waits, no new typing is shown */
#define LIVE_NOTES_MAX 65536u /* from the workers, waiting; past it: dropped, but for closes */
/* A close of each socket fits beside them, and one of each that opened meanwhile. */
#define LIVE_INBOX_ITEMS_MAX (2u * LIVE_NOTES_MAX + CONNECTIONS_MAX)
/* Kept in memory for who comes back: at 2,000 messages/s of 100 bytes some 8 s; past either: the
 * log has it. */
#define RECENT_BYTES_MAX (32u << 20)
#define RECENT_COMMITS_MAX 16384u
#define RECENT_EFFECTS_MAX \
    4096u /* looked through for one listener, some 0.3 ms; past it: the log */
/* Of the event log, looked at and deleted in one step: some ms of a reader, 3 ms of the writer. */
#define RETENTION_CHANNELS_MAX 64u
#define RETENTION_EVENTS_MAX 500u
#define RETENTION_EVENTS_MIN_MAX 1000000u         /* of event_log_events_min; past it: no start */
#define RETENTION_EVENTS_TOTAL_MAX 10000000000ull /* of event_log_events_max; past it: no start */
/* Of one replay: what a busy user misses in days; past either: complete is false, sync by REST. */
#define REPLAY_EVENTS_MAX 20000u
#define REPLAY_BYTES_MAX (32u << 20)
/* Of a replay at a time, read and owed; past it: when the client has taken these. */
#define REPLAY_PORTION_BYTES_MAX (256u * 1024u)
static_assert(OUTBOX_BYTES_MAX >= 4 * HUB_BATCH_BYTES_MAX, "a burst of four full batches must fit");
static_assert(HUB_GATHERED_BYTES_MAX > HUB_BATCH_BYTES_MAX, "one channel is cut first");

/* ---- Conversations and messages (chat/) ---- */
#define MESSAGE_TEXT_BYTES_MAX 65536u  /* a long article; past it: 413 */
#define MESSAGE_META_BYTES_MAX 16384u  /* what a client keeps beside the text; past it: 413 */
#define MESSAGE_PREVIEW_CHARS_MAX 120u /* of the newest text in a list; past it: cut */
#define MESSAGE_PAGE_DEFAULT 50u       /* messages of a page of history when nothing is said */
#define MESSAGE_PAGE_MAX 200u          /* messages of a page; past it: 400 */
#define MESSAGES_ANSWER_BYTES_MAX (4u << 20) /* texts in one answer; past it: has_more */
#define CLIENT_MSG_ID_CHARS_MAX 64u          /* of client_msg_id; past it: 400 */
#define CLIENT_MSG_ID_MS_MAX 86400000u /* a client_msg_id is a retry so long; past it: free again */
#define SYNC_CONVERSATIONS_MAX 500u    /* of one sync; past it: 400 */
#define SYNC_BATCH_MESSAGES_MAX 200u   /* of one conversation in a sync; past it: has_more */
#define SYNC_MESSAGES_MAX 2000u        /* of one sync; past it: has_more in the rest */
#define SYNC_BATCH_CHANGES_MAX 200u    /* changed ones of a conversation; past it: more_changes */
#define SYNC_READS_MAX 20000u          /* read marks of one sync, 2 MB; past it: more_changes */
/* In a larger conversation a sync has the caller's own mark only: nobody looks at the others. */
#define SYNC_READS_PARTICIPANTS_MAX 500u
#define CONVERSATION_NAME_BYTES_MAX 200u     /* a line on a screen; past it: 400 */
#define CONVERSATION_IDS_MAX 1000u           /* users named in one request; past it: 400 */
#define CONVERSATION_PARTICIPANTS_MAX 20000u /* each is a row and a listener; past it: 409 */
/* An edited text and its meta, each byte escaped to six; past it: CHECK. Others have a few ids. */
#define EVENT_PAYLOAD_BYTES_MAX (512u * 1024u)
/* The whole event with its envelope, the message of carillon.v1 included; past it: CHECK. */
#define EVENT_JSON_BYTES_MAX (EVENT_PAYLOAD_BYTES_MAX + 4096u)
#define MESSAGE_EDITS_MAX 1000u        /* of a message, whose versions are kept; past it: 409 */
#define REACTION_BYTES_MAX 64u         /* of an emoji, a family of four has 25; past it: 400 */
#define REACTION_KINDS_MAX 20u         /* different emoji of a message; past it: 409 */
#define REACTION_USER_IDS_MAX 100u     /* named of those with the same emoji; past it: count only */
#define REACTION_IDS_ANSWER_MAX 50000u /* named in one answer, 2 MB; past it: count only */
#define FORWARD_CONVERSATIONS_MAX 100u /* of one message in one request; past it: 400 */
#define CONVERSATION_TEXT_BYTES_MAX 1024u /* of a description, a few lines; past it: 400 */
#define CONVERSATION_PURGE_MAX 1000u /* deleted in one job, some 10 ms; the rest in further jobs */
/* The same for tasks, of which each may have a text of 1 MiB. */
#define CONVERSATION_PURGE_TASKS_MAX 16u
/* Looked through in one step of forgetting a user; the rest in further steps. */
#define ERASURE_MESSAGES_MAX 500u
#define ERASURE_EVENTS_MAX 5000u
#define MUTE_SEC_MAX 3155760000u  /* of a duration, a hundred years; past it: 400 */
#define BLOCKS_MAX 1000u          /* of a user, who gets them in one list; past it: 409 */
#define LIST_ROWS_MAX 1000u       /* rows of a list, also when nothing is said; past it: 400 */
#define LIST_QUERY_BYTES_MAX 200u /* of `q`, what is looked for in a list; past it: 400 */
static_assert(EVENT_PAYLOAD_BYTES_MAX >=
                  6 * (MESSAGE_TEXT_BYTES_MAX + MESSAGE_META_BYTES_MAX) + 1024,
              "any edit fits its event");
static_assert(OUTBOX_BYTES_MAX > EVENT_JSON_BYTES_MAX, "a listener that keeps up gets any event");
static_assert(OUTBOX_BYTES_MAX / 2 >= REPLAY_PORTION_BYTES_MAX, "live events fit beside a portion");
static_assert(MESSAGES_ANSWER_BYTES_MAX >= MESSAGE_TEXT_BYTES_MAX, "one message always fits");
static_assert(SYNC_BATCH_MESSAGES_MAX <= SYNC_MESSAGES_MAX, "one batch always fits");
static_assert(SYNC_READS_PARTICIPANTS_MAX <= SYNC_READS_MAX, "one batch always fits");

/* ---- Search (store/search.h, chat/search.h) ---- */
#define SEARCH_QUERY_BYTES_MAX 512u /* of `q`, a long sentence; past it: 400 */
/* Of a query; past it: the others are not looked for. Signs that stand for several letters are
 * needed to get there. */
#define SEARCH_QUERY_WORDS_MAX 256u
#define SEARCH_RESULTS_DEFAULT 20u /* messages of an answer when nothing is said */
#define SEARCH_RESULTS_MAX 100u    /* of an answer; past it: 400 */
#define SNIPPET_CHARS_MAX 160u     /* of the text in a snippet, two lines; past it: cut */
#define SNIPPET_LEAD_CHARS 40u     /* of it before what was found */
#define SEARCH_PREFIX_CHARS_MIN 3u /* of a word that is also looked for as a beginning */
#define SEARCH_STAR_CHARS_MIN 2u   /* of one with a star; below it: as it stands */
/* Of a message as words, many times the longest ordinary one; past it: the rest is not found. */
#define SEARCH_TEXT_BYTES_MAX (4u << 20)
#define SEARCH_LISTED_MIN 16u   /* conversations that are always named to the engine */
#define SEARCH_LISTED_MAX 1000u /* that can be, some 0.1 ms each; past it: hits are passed over */
#define SEARCH_PASSED_MAX 4096u /* hits elsewhere, some 5 ms; past it: name the conversations */
#define SEARCH_STEP_ENTRIES_MAX 128u /* of one step of the index, some 5 ms; the rest waits */
/* Of texts in one step; one more may pass it. */
#define SEARCH_STEP_BYTES_MAX (128u * 1024u)
#define SEARCH_DELAY_MS 100u /* from a change to the step that takes it, which others then share */
#define SEARCH_LAG_MS_MAX 2000u   /* of a change that waits for idle time; past it: a step anyway */
#define SEARCH_TIDY_MS 20u        /* between steps that only join pieces */
#define SEARCH_RETRY_MS_MIN 1000u /* after a step that failed; twice as long each time */
#define SEARCH_RETRY_MS_MAX 60000u /* the longest */
static_assert(SEARCH_TEXT_BYTES_MAX >= 32 * MESSAGE_TEXT_BYTES_MAX, "any message fits");

/* ---- agents' tasks and streams (chat/tasks, chat/streams) ---- */
#define TASK_TITLE_BYTES_MAX 200u        /* a line on a screen; past it: 400 */
#define TASK_STEP_BYTES_MAX 200u         /* current_step; past it: 400 */
#define TASK_NARRATIVE_BYTES_MAX 1000u   /* progress_narrative; past it: 400 */
#define TASK_SESSION_BYTES_MAX 128u      /* session_id, as WS_SESSION_ID_BYTES_MAX; past it: 400 */
#define SESSION_PAYLOAD_BYTES_MAX 65536u /* of a session's event, as JSON; past it: 413 */
/* In which a session's events are heard; past it: not in those that were made first. */
#define SESSION_CONVERSATIONS_MAX 16u
#define STREAM_TEXT_BYTES_MAX (1u << 20) /* what a task may stream; past it: 413 */
#define STREAM_LINE_BYTES_MAX 16384u     /* one line with its delta; past it: 413 */
#define STREAM_LINES_PER_SEC_MAX 1000u /* of one stream; past it: not read until the next second */
/* Read and not yet looked at: an unfinished line and all that a session has received at once. */
#define STREAM_INPUT_BYTES_MAX (256u * 1024u)
#define STREAM_SILENCE_MS_MAX 300000u /* an agent that thinks or is gone; past it: 408, see below */
/* Of an agent with a running task; past it: the server does not start. */
#define TASK_SILENCE_SEC_MAX 604800u
#define TASKS_SILENT_MAX 256u     /* given up in one look; the rest a second later */
#define STREAM_LOST_MS_MAX 30000u /* for an agent to come back; past it: the task fails */
#define STREAMS_MAX 4096u         /* tasks with a stream, or a change under way; past it: 503 */
/* For the streams' thread; past it: worker requests that begin something get a 503. */
#define STREAMS_INBOX_ITEMS_MAX 65536u
static_assert(STREAMS_INBOX_ITEMS_MAX >= 8 * STREAMS_MAX, "what an open stream sends always fits");
static_assert(6 * (TASK_STEP_BYTES_MAX + TASK_NARRATIVE_BYTES_MAX) + 512 <= EVENT_PAYLOAD_BYTES_MAX,
              "both fit an event when every byte is escaped");

/* ---- calls (chat/calls, chat/call_ends) ---- */
#define CALL_RING_SEC_MAX 600u  /* how long one may ring; past it: the server does not start */
#define CALL_MS_MAX 86400000u   /* from the answer on, when nobody ends it; past it: it ends */
#define CALL_EMPTY_MS_MAX 3000u /* for somebody to come back to an empty room; past it: it ends */
#define CALL_TOKEN_TTL_SEC \
    600u /* to join the room with it; past it: LiveKit refuses, answer again */
#define CALL_SID_BYTES_MAX 128u    /* of LiveKit's name for a connection; past it: 400 */
#define CALL_ROOM_BYTES_MAX 256u   /* of a room's name, ours have 32; past it: none of ours */
#define CALL_CONNECTIONS_MAX 1000u /* of one call; past it: not counted, the room's end counts */
#define CALLS_EXPIRE_MAX 256u      /* ended in one job; the rest in the next */
#define LIVEKIT_WEBHOOK_BYTES_MAX 65536u /* LiveKit's have a few thousand; past it: 413 */

/* ---- the doors (api) ---- */
/* From the first byte of a request to the end of its head; past it: 408. A deadline is up to a
 * second late, and 10 s is what is promised. */
#define HTTP_HEAD_MS_MAX 9000u
#define HTTP_BODY_MS_MAX 30000u /* from the head to the end of the body; past it: 408 */
/* Read ahead while a request is answered, and owed to a peer that asks on; past either: wait. */
#define HTTP_PIPELINE_BYTES_MAX (64u * 1024u)
/* Of one reply; past it: 500, a page was not bounded. */
#define REPLY_BYTES_MAX (32u * 1024u * 1024u)
#define PRESENCE_IDS_MAX 200u        /* users in one GET of presence; past it: 400 */
#define WS_COMMAND_IDS_MAX 128u      /* conversations in one subscribe; past it: an error */
#define WS_SESSION_ID_BYTES_MAX 128u /* of an agent's session; past it: an error */
#define WS_TICK_MS 5000u          /* how often a socket is looked at: ping, stalled, unfinished */
#define WS_PONG_MS_MAX 10000u     /* silence after a ping; past it: the peer is gone, close */
#define WS_STALLED_MS_MAX 10000u  /* owed bytes of which the peer takes none; past it: 4008 */
#define WS_MESSAGE_MS_MAX 10000u  /* for a message to be finished; past it: 1008 */
#define WS_FRAMES_BURST_MAX 200u  /* frames a client may send at once; past it: 1008 */
#define WS_FRAMES_PER_SEC_MAX 20u /* frames a client may send for long; past it: 1008 */
#define REVOKED_KEEP_MS ((CHAT_TOKEN_TTL_SEC_MAX + 120ull) * 1000) /* the longest life of a token */
#define REVOKED_MAX 1000000u /* revocations remembered by a worker; past it: the oldest goes */
#define WORKER_INBOX_ITEMS_MAX 65536u /* for a worker; past it: store threads wait, others drop */

#endif
