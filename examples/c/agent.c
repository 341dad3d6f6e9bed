// SPDX-License-Identifier: Apache-2.0
/* agent.c — an agent that takes tasks and streams what it has to say, inside a loop of its own:
 * the descriptor and the timeout of the client could stand beside any others here. CARILLON_URL and
 * CARILLON_KEY say where and as whom. */
#include <carillon.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t is_stopped;

static void on_signal(int number)
{
    (void)number;
    is_stopped = 1;
}

static void on_end(struct carillon_client *c, const struct carillon_reply *reply, void *arg)
{
    (void)c, (void)arg;
    if (reply->result != CARILLON_OK) fprintf(stderr, "agent: %s\n", reply->error);
}

/* The task is known: say something about its title, word by word, then report it completed. */
static void on_task(struct carillon_client *c, const struct carillon_reply *reply, void *arg)
{
    const char *id = json_string_value(json_object_get(reply->body, "id"));
    const char *title = json_string_value(json_object_get(reply->body, "title"));
    const char *words[] = {"You ", "asked: ", title, ". The ", "answer ", "is ", "42."};
    struct carillon_stream *stream;

    (void)arg;
    if (id == NULL || title == NULL) return;
    if (carillon_stream_open(c, id, on_end, NULL, &stream) != CARILLON_OK) return;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (carillon_stream_write(stream, words[i]) != CARILLON_OK) break;
    }
    carillon_stream_complete(stream);
}

static void on_event(struct carillon_client *c, const struct carillon_event *event, void *arg)
{
    const char *task_id = json_string_value(json_object_get(event->payload, "task_id"));
    const char *agent_id = json_string_value(json_object_get(event->payload, "agent_id"));
    const char *status = json_string_value(json_object_get(event->payload, "status"));

    (void)arg;
    if (strcmp(event->type, "task.status_updated") != 0 || task_id == NULL || agent_id == NULL ||
        status == NULL || strcmp(status, "queued") != 0 ||
        strcmp(agent_id, carillon_client_user_id(c)) != 0)
        return;
    if (carillon_get_task(c, task_id, on_task, NULL) != CARILLON_OK)
        fprintf(stderr, "agent: no room for task %s\n", task_id);
}

static void on_state(struct carillon_client *c, enum carillon_state state, const char *why,
                     void *arg)
{
    (void)c, (void)arg;
    if (state == CARILLON_STATE_OPEN) puts("agent: open");
    if (why != NULL) fprintf(stderr, "agent: %s\n", why);
    fflush(stdout);
}

int main(void)
{
    const struct carillon_options options = {
        .url = getenv("CARILLON_URL"),
        .token = getenv("CARILLON_KEY"),
        .on_event = on_event,
        .on_state = on_state,
    };
    struct carillon_client *client;
    enum carillon_result result = carillon_client_new(&options, &client);

    if (result != CARILLON_OK) {
        fprintf(stderr, "agent: %s\n", carillon_result_text(result));
        return 1;
    }
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
    carillon_client_connect(client);
    while (!is_stopped && carillon_client_state(client) != CARILLON_STATE_SIGNED_OUT) {
        struct pollfd ready = {.fd = carillon_client_fd(client), .events = POLLIN};
        poll(&ready, 1, carillon_client_timeout_ms(client));
        (void)carillon_client_step(client);
    }
    carillon_client_free(client);
    return is_stopped ? 0 : 1;
}
