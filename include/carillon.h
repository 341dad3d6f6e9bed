// SPDX-License-Identifier: Apache-2.0
/* carillon.h — a client of a Carillon server, for bots, agents and programs with a user in front.
 *
 * One `struct carillon_client` is one user's connection: it exchanges the token, opens the
 * WebSocket, opens it again after a loss, and goes on where it was, so that no message is missed
 * or told twice. Everything else is asked over REST. What this header calls "section N" is a
 * section of docs/protocol.md.
 *
 * Thread. A client belongs to one thread at a time and has no thread of its own; different clients
 * share nothing. Everything happens, and every callback is called, inside carillon_client_run or
 * carillon_client_step. Only carillon_client_stop may be called from other threads and from signal
 * handlers. A callback may call everything but carillon_client_free, _run and _step.
 *
 * Ownership. What is passed in is copied before the function returns, unless it is a `json_t`, of
 * which the comment says so. What a callback is given is valid until it returns. Texts are
 * NUL-terminated UTF-8; NULL in a struct that is read means "there is none".
 *
 * Errors. A function that can fail says so with an enum carillon_result. No memory is a result
 * like any other, never an abort. */
#ifndef CARILLON_H
#define CARILLON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CARILLON_API __attribute__((visibility("default")))
#define CARILLON_MUST_USE __attribute__((warn_unused_result))

/* Requests that wait or are under way, of one client; past it: CARILLON_FULL. */
#define CARILLON_REQUESTS_MAX 256u
/* Text of one stream, which is also the server's bound; past it: CARILLON_FULL. */
#define CARILLON_STREAM_BYTES_MAX (1u << 20)
/* Characters of an id with its NUL. */
#define CARILLON_ID_BYTES 37u

enum carillon_result {
    CARILLON_OK = 0,
    CARILLON_NO_MEMORY = -1,
    CARILLON_INVALID = -2,     /* an argument is not what the function takes */
    CARILLON_FULL = -3,        /* a bound of this header; try again when something is done */
    CARILLON_UNREACHABLE = -4, /* no answer from the server: not known whether it was done */
    CARILLON_REFUSED = -5,     /* the server answered with a status of 400 or more */
    CARILLON_BAD_ANSWER = -6,  /* what answered is no Carillon server */
    CARILLON_ENDED = -7,       /* signed out, stopped or freed before it was done */
};

/* A few words for a person; never NULL. */
CARILLON_API const char *carillon_result_text(enum carillon_result result);

/* The version of this library: "0.1.0". */
CARILLON_API const char *carillon_version(void);

struct carillon_client;

/* Where a client stands. */
enum carillon_state {
    CARILLON_STATE_IDLE,       /* not asked to connect */
    CARILLON_STATE_CONNECTING, /* fetching the messaging token, opening the socket */
    CARILLON_STATE_OPEN,       /* hears everything */
    CARILLON_STATE_WAITING,    /* the connection was lost, or could not be made; tries again */
    CARILLON_STATE_SIGNED_OUT, /* the token is refused: no further try is made */
};

/* One message (section 6, Message). */
struct carillon_message {
    const char *id;
    const char *conversation_id;
    uint64_t seq_num; /* from 1, without gaps: the only order within the conversation */
    const char *sender_id;
    const char *sender_type;  /* "human" or "agent" */
    const char *content_type; /* "text", "image", … */
    const char *content_text;
    const char *content_meta; /* or NULL */
    const char *reply_to_id;  /* or NULL */
    const char *task_id;      /* or NULL */
    const char *created_at;   /* RFC 3339, UTC, milliseconds */
    bool is_internal;
    bool is_own;        /* sent by the user of this client, on this or another device */
    bool is_recovered;  /* found by catching up after a loss, not heard as it happened */
    const json_t *json; /* all of it, as the server said it */
};

/* One event (section 4). */
struct carillon_event {
    const char *type;            /* "message.edited", "typing.start", … */
    const char *conversation_id; /* or NULL */
    const json_t *payload;       /* an object */
    const json_t *json;          /* all of it, with its envelope */
};

/* What a request came to. */
struct carillon_reply {
    enum carillon_result result;
    long status;        /* HTTP; 0 when there was no answer */
    const char *code;   /* REFUSED: the code of the error (section 1), else NULL */
    const char *error;  /* what went wrong, for a person; NULL when nothing did */
    const json_t *body; /* the answer, NULL when it has none */
};

typedef void (*carillon_reply_fn)(struct carillon_client *client,
                                  const struct carillon_reply *reply, void *arg);

/* Zero everything, then set what is wanted; `url` and a way to a token are required: `token`,
 * `get_token`, or `email` and `password`. */
struct carillon_options {
    const char *url;   /* "https://chat.example.com", or with http */
    const char *token; /* an access token, or an agent's key (`ak_…`) */
    /* With it a spent access token is renewed (section 2, refresh). Renewed tokens are told to
     * on_tokens, because the old refresh token is void from then on. */
    const char *refresh_token;
    /* Asked for an access token at the start when `token` is NULL, and again when the server
     * refuses the last one. Writes a NUL-terminated token. Anything but CARILLON_OK signs out. */
    enum carillon_result (*get_token)(void *arg, char *out, size_t out_bytes);
    /* Signs in with them, once (section 2, login); then the session is renewed. */
    const char *email;
    const char *password;
    const char *cursor;        /* of carillon_client_cursor of an earlier client: goes on there */
    const char *ca_file;       /* PEM with the certificates to trust; NULL: those of the system */
    unsigned timeout_ms;       /* to reach the server and for an answer; 0: 10,000 */
    unsigned silence_ms;       /* a socket that is silent for longer is dead; 0: 90,000 */
    unsigned backoff_first_ms; /* the bound of the first random wait; 0: 1,000 */
    unsigned backoff_max_ms;   /* what that bound doubles up to; 0: 30,000 */
    void *arg;                 /* of the callbacks below */
    /* A new message: each once, in the order of its conversation, also across connections and
     * when the server cannot replay what was missed (then is_recovered). */
    void (*on_message)(struct carillon_client *client, const struct carillon_message *message,
                       void *arg);
    /* Every event as it comes, message.created too. After a gap, edits, deletions and marks that
     * were missed are told as theirs, maybe once more, and `message.changed` (of this library) has
     * a `message` as it is now, whose reactions may be others. */
    void (*on_event)(struct carillon_client *client, const struct carillon_event *event, void *arg);
    /* The raw session events of agents (subscribe_session). */
    void (*on_session_event)(struct carillon_client *client, const json_t *payload, void *arg);
    /* `why` says what led there, for a person; NULL when there is nothing to say. */
    void (*on_state)(struct carillon_client *client, enum carillon_state state, const char *why,
                     void *arg);
    /* Events other than those may have been missed: read again what is on the screen. */
    void (*on_gap)(struct carillon_client *client, void *arg);
    void (*on_tokens)(struct carillon_client *client, const char *token, const char *refresh_token,
                      void *arg);
};

/* ---- life cycle ---- */

/* Nothing is connected yet. INVALID: the URL or the cursor is none, or nothing leads
 * to a token. */
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_client_new(
    const struct carillon_options *options, struct carillon_client **out);
/* Requests that are not answered are told ENDED. Accepts NULL. */
CARILLON_API void carillon_client_free(struct carillon_client *client);

/* Connect, and stay connected until carillon_client_disconnect. */
CARILLON_API void carillon_client_connect(struct carillon_client *client);
/* Close the socket. The cursor is kept: a later connect goes on where this one ended. */
CARILLON_API void carillon_client_disconnect(struct carillon_client *client);

/* ---- the loop ---- */

/* Connects, and works until carillon_client_stop or until it is signed out (ENDED). */
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_client_run(
    struct carillon_client *client);
/* Makes the present or the next carillon_client_run return CARILLON_OK. Any thread, any signal
 * handler. */
CARILLON_API void carillon_client_stop(struct carillon_client *client);

/* For a loop of one's own: when the descriptor is readable, or the timeout is over, call
 * carillon_client_step. The descriptor stays the same for the life of the client. */
CARILLON_API int carillon_client_fd(const struct carillon_client *client);
/* Milliseconds; 0: step now; -1: only the descriptor counts. Ask again after each step and after
 * each call of any other function. */
CARILLON_API int carillon_client_timeout_ms(const struct carillon_client *client);
/* Does what can be done without waiting. NO_MEMORY: something was put off; call again. */
CARILLON_API enum carillon_result carillon_client_step(struct carillon_client *client);

/* ---- what is known ---- */

CARILLON_API enum carillon_state carillon_client_state(const struct carillon_client *client);
/* The id of the user whose token it is; "" before the first connection. */
CARILLON_API const char *carillon_client_user_id(const struct carillon_client *client);
/* Where in the events this client is; "" when the server does not say. Keep it to go on there with
 * another client (carillon_options.cursor). What was told to a callback is before it. */
CARILLON_API const char *carillon_client_cursor(const struct carillon_client *client);

/* ---- asking (REST) ----
 * A request waits its turn, is sent, and `on_reply` is called once, from within a step; never from
 * within the function itself. `on_reply` may be NULL. All return FULL past CARILLON_REQUESTS_MAX,
 * and INVALID for what cannot be asked. */

/* Any route: `path` begins with a slash. Takes the reference of `body`, also when it fails; NULL
 * sends none. */
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_request(struct carillon_client *client,
                                                                     const char *method,
                                                                     const char *path, json_t *body,
                                                                     carillon_reply_fn on_reply,
                                                                     void *arg);

/* What a message may have (section 6, Sending). Zero it, then set conversation_id and text. */
struct carillon_outgoing {
    const char *conversation_id;
    const char *content_text;
    const char *content_type; /* NULL: "text" */
    const char *content_meta;
    const char *reply_to_id;
    const char *task_id;
    bool is_internal;
    /* The name of this attempt, 1 to 64 characters. NULL: the library takes a random one. */
    const char *client_msg_id;
};

/* Send a message. It is tried again, for up to a minute, when no answer comes or the server is
 * busy; thanks to client_msg_id it is posted once. The sends of a conversation keep their order.
 * The reply's body is the Message. */
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_send(
    struct carillon_client *client, const struct carillon_outgoing *message,
    carillon_reply_fn on_reply, void *arg);
/* The same for a plain text, whose answer nobody waits for. */
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_send_text(
    struct carillon_client *client, const char *conversation_id, const char *content_text);

CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_edit(struct carillon_client *client,
                                                                  const char *message_id,
                                                                  const char *content_text,
                                                                  carillon_reply_fn on_reply,
                                                                  void *arg);
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_delete_message(
    struct carillon_client *client, const char *message_id, carillon_reply_fn on_reply, void *arg);
/* Add a reaction, or take it away when it is there. */
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_react(
    struct carillon_client *client, const char *conversation_id, const char *message_id,
    const char *emoji, carillon_reply_fn on_reply, void *arg);
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_mark_read(
    struct carillon_client *client, const char *conversation_id, uint64_t up_to_seq,
    carillon_reply_fn on_reply, void *arg);
/* Show the others that the user types, or no longer does; repeat it every few seconds. */
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_typing(struct carillon_client *client,
                                                                    const char *conversation_id,
                                                                    bool is_typing);

/* {conversations: […]}, newest activity first. */
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_list_conversations(
    struct carillon_client *client, carillon_reply_fn on_reply, void *arg);
/* `type` is "direct", "group", "agent_direct" or "agent_group"; `name` may be NULL. */
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_create_conversation(
    struct carillon_client *client, const char *type, const char *name,
    const char *const *participant_ids, size_t participants_count, carillon_reply_fn on_reply,
    void *arg);
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_list_participants(
    struct carillon_client *client, const char *conversation_id, carillon_reply_fn on_reply,
    void *arg);
/* {messages: […]} in rising order. from_seq 0: the newest page; to_seq 0: no end; limit 0: 50. */
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_get_messages(
    struct carillon_client *client, const char *conversation_id, uint64_t from_seq, uint64_t to_seq,
    unsigned limit, carillon_reply_fn on_reply, void *arg);
/* {users: […]}; `query` is a part of the display name, or NULL for all. */
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_list_users(
    struct carillon_client *client, const char *query, carillon_reply_fn on_reply, void *arg);
/* status: "online", "away", "busy", "offline"; `detail` may be NULL. */
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_set_presence(
    struct carillon_client *client, const char *status, const char *detail,
    carillon_reply_fn on_reply, void *arg);

/* ---- the socket's commands (section 4) ---- */

/* From the first call on, live events (typing, streams) come for these conversations only. Kept
 * across connections. FULL: more than 128. */
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_focus(struct carillon_client *client,
                                                                   const char *conversation_id);
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_unfocus(struct carillon_client *client,
                                                                     const char *conversation_id);
/* Hear an agent's session (on_session_event). Kept across connections. FULL: more than 128. */
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_subscribe_session(
    struct carillon_client *client, const char *session_id);
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_unsubscribe_session(
    struct carillon_client *client, const char *session_id);

/* ---- tasks of agents (section 8) ---- */

/* The reply's body is the Task. `agent_id` and `session_id` may be NULL. */
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_create_task(
    struct carillon_client *client, const char *conversation_id, const char *title,
    const char *agent_id, const char *session_id, carillon_reply_fn on_reply, void *arg);
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_get_task(
    struct carillon_client *client, const char *task_id, carillon_reply_fn on_reply, void *arg);
/* status: "running", "input_required", "completed", "failed", "cancelled"; the rest may be NULL. */
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_report_task(
    struct carillon_client *client, const char *task_id, const char *status,
    const char *current_step, const char *progress_narrative, carillon_reply_fn on_reply,
    void *arg);
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_cancel_task(
    struct carillon_client *client, const char *task_id, carillon_reply_fn on_reply, void *arg);

/* What an agent says, word by word. When the connection breaks, the stream is opened again and
 * goes on exactly where the server's text ends, for as long as the server waits for its agent. */
struct carillon_stream;

/* `on_end` is called once, after which the stream is gone: OK when carillon_stream_end was called
 * and all text is with the server; REFUSED with `task_ended` when somebody cancelled. */
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_stream_open(
    struct carillon_client *client, const char *task_id, carillon_reply_fn on_end, void *arg,
    struct carillon_stream **out);
/* Whole characters of UTF-8, NUL-terminated; "" is nothing. FULL: past CARILLON_STREAM_BYTES_MAX in
 * all; nothing of it was taken. */
CARILLON_API CARILLON_MUST_USE enum carillon_result carillon_stream_write(
    struct carillon_stream *stream, const char *text);
/* No more text. The stream must not be written to any more. */
CARILLON_API void carillon_stream_end(struct carillon_stream *stream);
/* End it, then report `completed` and wait for that; `on_end` gets the Task. */
CARILLON_API void carillon_stream_complete(struct carillon_stream *stream);

#ifdef __cplusplus
}
#endif

#endif
