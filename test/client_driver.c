// SPDX-License-Identifier: Apache-2.0
/* client_driver.c — the C client library on strings: the tests say on stdin what to do, and read on
 * stdout, one JSON line each, what its callbacks were told.
 *
 * stdin: send CONVERSATION TEXT · stream TASK TEXT · end · complete · focus ID · unfocus ID ·
 *        session ID · unsession ID · get PATH · disconnect · connect · quit, and the verbs of
 *        `calls` below
 * Environment: CARILLON_URL, CARILLON_KEY, REFRESH_TOKEN, EMAIL and PASSWORD, CURSOR, CA_FILE,
 * FAIL_AT (the n-th allocation of the library and of jansson fails), TOKEN_FILE (which is read
 * whenever a token is needed and no refresh token is there). Waits are short, so that hundreds of
 * cut connections take seconds. A message that says "leave and come back" is obeyed at once, from
 * within its callback. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <carillon.h>

#define LINE_BYTES_MAX 65536u

/* ---- allocations that fail ---- */

static unsigned long allocations_count;
static unsigned long fail_at;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);

static int fails(void)
{
    return ++allocations_count == fail_at;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t len)
{
    return fails() ? NULL : __real_strndup(text, len);
}

/* ---- what is told ---- */

static struct carillon_stream *stream;
static int is_done;

/* Takes the reference. The driver's own allocations do not fail. */
static void tell(json_t *line)
{
    unsigned long kept = fail_at;

    fail_at = 0;
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
    json_decref(line);
    fail_at = kept;
}

static json_t *pack(const char *format, ...)
{
    unsigned long kept = fail_at;
    json_t *line;
    va_list args;

    fail_at = 0;
    va_start(args, format);
    line = json_vpack_ex(NULL, 0, format, args);
    va_end(args);
    fail_at = kept;
    return line;
}

static void on_message(struct carillon_client *c, const struct carillon_message *m, void *arg)
{
    (void)arg;
    tell(pack("{s:s, s:s, s:I, s:s, s:b, s:b}", "message", m->id, "conversation",
              m->conversation_id, "seq", (json_int_t)m->seq_num, "text", m->content_text, "own",
              m->is_own, "recovered", m->is_recovered));
    if (strcmp(m->content_text, "leave and come back") != 0) return;
    carillon_client_disconnect(c);
    carillon_client_connect(c);
}

static void on_event(struct carillon_client *c, const struct carillon_event *event, void *arg)
{
    (void)c, (void)arg;
    tell(pack("{s:s, s:O}", "event", event->type, "payload", event->payload));
}

static void on_session_event(struct carillon_client *c, const json_t *payload, void *arg)
{
    (void)c, (void)arg;
    tell(pack("{s:O}", "session_event", payload));
}

static void on_state(struct carillon_client *c, enum carillon_state state, const char *why,
                     void *arg)
{
    static const char *const names[] = {"idle", "connecting", "open", "waiting", "signed_out"};

    (void)arg;
    tell(pack("{s:s, s:s, s:s}", "state", names[state], "why", why == NULL ? "" : why, "cursor",
              carillon_client_cursor(c)));
}

static void on_gap(struct carillon_client *c, void *arg)
{
    (void)arg;
    tell(pack("{s:b, s:s}", "gap", 1, "cursor", carillon_client_cursor(c)));
}

static void on_tokens(struct carillon_client *c, const char *token, const char *refresh, void *arg)
{
    (void)c, (void)arg;
    tell(pack("{s:b, s:b}", "tokens", token[0] != '\0', "refresh", refresh[0] != '\0'));
}

static void on_reply(struct carillon_client *c, const struct carillon_reply *reply, void *arg)
{
    (void)c;
    tell(pack("{s:s, s:i, s:i, s:s, s:O?}", "reply", (const char *)arg, "result",
              (int)reply->result, "status", (int)reply->status, "code",
              reply->code == NULL ? "" : reply->code, "body", reply->body));
}

static void on_stream_end(struct carillon_client *c, const struct carillon_reply *reply, void *arg)
{
    stream = NULL;
    on_reply(c, reply, arg);
}

/* ---- what is asked ---- */

static enum carillon_result obey_stream(struct carillon_client *c, const char *id, const char *text)
{
    enum carillon_result result = CARILLON_OK;

    if (stream == NULL) result = carillon_stream_open(c, id, on_stream_end, "stream", &stream);
    return result == CARILLON_OK ? carillon_stream_write(stream, text) : result;
}

/* What REST calls by name: a verb, and up to two words or a word and a text. */
static enum carillon_result call(struct carillon_client *c, const char *verb, const char *a,
                                 const char *b)
{
    if (strcmp(verb, "edit") == 0) return carillon_edit(c, a, b, on_reply, "edit");
    if (strcmp(verb, "delete") == 0) return carillon_delete_message(c, a, on_reply, "delete");
    if (strcmp(verb, "read") == 0)
        return carillon_mark_read(c, a, strtoull(b, NULL, 10), on_reply, "read");
    if (strcmp(verb, "typing") == 0) return carillon_typing(c, a, strcmp(b, "start") == 0);
    if (strcmp(verb, "list") == 0) return carillon_list_conversations(c, on_reply, "list");
    if (strcmp(verb, "create") == 0)
        return carillon_create_conversation(c, a, NULL, &b, 1, on_reply, "create");
    if (strcmp(verb, "who") == 0) return carillon_list_participants(c, a, on_reply, "who");
    if (strcmp(verb, "history") == 0)
        return carillon_get_messages(c, a, 1, 2, 2, on_reply, "history");
    if (strcmp(verb, "users") == 0) return carillon_list_users(c, a, on_reply, "users");
    if (strcmp(verb, "presence") == 0) return carillon_set_presence(c, a, b, on_reply, "presence");
    if (strcmp(verb, "task") == 0)
        return carillon_create_task(c, a, b, NULL, NULL, on_reply, "task");
    if (strcmp(verb, "gettask") == 0) return carillon_get_task(c, a, on_reply, "gettask");
    if (strcmp(verb, "report") == 0)
        return carillon_report_task(c, a, b, "a step", NULL, on_reply, "report");
    if (strcmp(verb, "cancel") == 0) return carillon_cancel_task(c, a, on_reply, "cancel");
    if (strcmp(verb, "text") == 0) return carillon_send_text(c, a, b);
    if (strcmp(verb, "unfocus") == 0) return carillon_unfocus(c, a);
    if (strcmp(verb, "session") == 0) return carillon_subscribe_session(c, a);
    if (strcmp(verb, "unsession") == 0) return carillon_unsubscribe_session(c, a);
    return CARILLON_INVALID;
}

static enum carillon_result obey(struct carillon_client *c, char *line)
{
    char *verb = strsep(&line, " ");
    char *a = strsep(&line, " ");
    const struct carillon_outgoing message = {.conversation_id = a, .content_text = line};

    if (strcmp(verb, "send") == 0) return carillon_send(c, &message, on_reply, "send");
    if (strcmp(verb, "stream") == 0) return obey_stream(c, a, line);
    if (strcmp(verb, "focus") == 0) return carillon_focus(c, a);
    if (strcmp(verb, "get") == 0) return carillon_request(c, "GET", a, NULL, on_reply, "get");
    if (strcmp(verb, "react") == 0) {
        char *id = strsep(&line, " ");
        return carillon_react(c, a, id, line, on_reply, "react");
    }
    if (strcmp(verb, "end") == 0 && stream != NULL) carillon_stream_end(stream);
    else if (strcmp(verb, "complete") == 0 && stream != NULL) carillon_stream_complete(stream);
    else if (strcmp(verb, "connect") == 0) carillon_client_connect(c);
    else if (strcmp(verb, "disconnect") == 0) carillon_client_disconnect(c);
    else if (strcmp(verb, "quit") == 0) is_done = 1;
    else return call(c, verb, a, line);
    return CARILLON_OK;
}

static void read_commands(struct carillon_client *c)
{
    static char bytes[LINE_BYTES_MAX];
    static size_t len;
    ssize_t got = read(STDIN_FILENO, bytes + len, sizeof bytes - len);
    char *end;

    if (got <= 0) {
        is_done = 1;
        return;
    }
    len += (size_t)got;
    while ((end = memchr(bytes, '\n', len)) != NULL) {
        enum carillon_result result;
        size_t used = (size_t)(end - bytes) + 1;
        *end = '\0';
        result = obey(c, bytes);
        if (result != CARILLON_OK) tell(pack("{s:i}", "refused", (int)result));
        len -= used;
        memmove(bytes, bytes + used, len);
    }
}

static void drive(struct carillon_client *c)
{
    while (!is_done) {
        struct pollfd fds[2] = {{.fd = carillon_client_fd(c), .events = POLLIN},
                                {.fd = STDIN_FILENO, .events = POLLIN}};
        poll(fds, 2, carillon_client_timeout_ms(c));
        if (fds[1].revents != 0) read_commands(c);
        (void)carillon_client_step(c);
    }
}

static enum carillon_result read_token(void *arg, char *out, size_t out_bytes)
{
    FILE *file = fopen(arg, "r");
    size_t len = file == NULL ? 0 : fread(out, 1, out_bytes - 1, file);

    if (file != NULL) fclose(file);
    out[len] = '\0';
    tell(pack("{s:b}", "asked", 1));
    return CARILLON_OK;
}

int main(void)
{
    const char *fail = getenv("FAIL_AT");
    struct carillon_options options = {
        .url = getenv("CARILLON_URL"),
        .token = getenv("CARILLON_KEY"),
        .refresh_token = getenv("REFRESH_TOKEN"),
        .email = getenv("EMAIL"),
        .password = getenv("PASSWORD"),
        .cursor = getenv("CURSOR"),
        .ca_file = getenv("CA_FILE"),
        .get_token = getenv("TOKEN_FILE") == NULL ? NULL : read_token,
        .arg = getenv("TOKEN_FILE"),
        .timeout_ms = 5000,
        .backoff_first_ms = 5,
        .backoff_max_ms = 50,
        .on_message = on_message,
        .on_event = on_event,
        .on_session_event = on_session_event,
        .on_state = on_state,
        .on_gap = on_gap,
        .on_tokens = on_tokens,
    };
    struct carillon_client *client;
    enum carillon_result result;

    json_set_alloc_funcs(__wrap_malloc, free);
    fail_at = fail == NULL ? 0 : strtoul(fail, NULL, 10);
    result = carillon_client_new(&options, &client);
    if (result == CARILLON_OK) {
        carillon_client_connect(client);
        drive(client);
        carillon_client_free(client);
    }
    fail_at = 0;
    tell(pack("{s:i, s:I, s:s}", "end", (int)result, "allocations", (json_int_t)allocations_count,
              "version", carillon_version()));
    return 0;
}
