// SPDX-License-Identifier: Apache-2.0
/* bot.c — a bot that answers every message with what it heard: CARILLON_URL and CARILLON_KEY (an
 * agent's key, or an access token) say where and as whom. */
#include <carillon.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static struct carillon_client *client;

static void on_message(struct carillon_client *c, const struct carillon_message *m, void *arg)
{
    char answer[256];

    (void)arg;
    if (m->is_own || m->sender_type[0] == 'a') return; /* two agents would never stop */
    snprintf(answer, sizeof answer, "You said: %.200s", m->content_text);
    if (carillon_send_text(c, m->conversation_id, answer) != CARILLON_OK)
        fprintf(stderr, "bot: could not answer %s\n", m->id);
}

static void on_signal(int number)
{
    (void)number;
    carillon_client_stop(client);
}

int main(void)
{
    const struct carillon_options options = {
        .url = getenv("CARILLON_URL"), .token = getenv("CARILLON_KEY"), .on_message = on_message};
    enum carillon_result result = carillon_client_new(&options, &client);

    if (result == CARILLON_OK) {
        sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
        result = carillon_client_run(client);
        carillon_client_free(client);
    }
    if (result != CARILLON_OK) fprintf(stderr, "bot: %s\n", carillon_result_text(result));
    return result == CARILLON_OK ? 0 : 1;
}
