// SPDX-License-Identifier: Apache-2.0
/* message_pile.c — jobs of sending, as many under way as share a commit under load. */
#include "bench/message_pile.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "bench/chance.h"
#include "bench/fail.h"
#include "chat/messages.h"
#include "store/store.h"

#define UNDER_WAY_MAX 512u
#define TEXT_WORDS 12u
#define TEXT_BYTES_MAX (TEXT_WORDS * PILE_WORD_BYTES_MAX)

struct pile_work {
    const struct message_pile *pile;
    struct store *store;
    struct inbox inbox;
    uint64_t submitted_count;
    uint64_t done_count;
};

/* One message at a time. */
struct pile_message {
    struct message_send send; /* first, so that the job leads here */
    struct arena arena;
    char text[TEXT_BYTES_MAX];
};

/* Syllables, so that words have beginnings in common. */
void message_pile_word(uint32_t rank, char out[PILE_WORD_BYTES_MAX])
{
    static const char consonants[] = "bdfghklmnprstvwz";
    static const char vowels[] = "aeiou";
    size_t len = 0;

    CHECK(rank < PILE_WORDS_COUNT);
    do {
        out[len++] = consonants[rank % 16];
        out[len++] = vowels[rank / 16 % 5];
        rank /= 80;
    } while (rank > 0);
    out[len++] = 'n'; /* longer than a syllable, also the commonest */
    out[len] = '\0';
}

/* As in language: a few words are everywhere, and most are rare. */
static uint32_t draw_rank(void)
{
    return (uint32_t)chance_below(1 + chance_below(1 + chance_below(PILE_WORDS_COUNT)));
}

static struct str write_text(char *text)
{
    size_t len = 0;

    for (size_t i = 0; i < TEXT_WORDS; i++) {
        message_pile_word(draw_rank(), text + len);
        len += strlen(text + len);
        text[len++] = ' ';
    }
    return str_of(text, len - 1);
}

static void submit(struct pile_work *w, struct pile_message *message)
{
    const struct message_pile *pile = w->pile;
    uint64_t index = w->submitted_count++;
    struct job *job = &message->send.job;
    struct problem problem;

    message->send = (struct message_send){
        .job = *job,
        .caller = {.kind = CALLER_USER,
                   .tenant_id = pile->tenant_id,
                   .user_id =
                       pile->sender_ids[index / pile->conversations_count % pile->senders_count]},
        .message = {.conversation_id = pile->conversation_ids[index % pile->conversations_count],
                    .content_text = write_text(message->text)},
    };
    if (message_send_init(&message->send, &problem) != R_OK) fail("a message: %s", problem.text);
    if (store_write(w->store, job) != R_OK) fail("the store takes no message");
}

static void on_done(struct job *job)
{
    struct pile_message *message = (struct pile_message *)job;
    struct pile_work *w = job->owner;

    if (job->result != R_OK) fail("a message was refused: %s", job->problem.text);
    w->done_count++;
    arena_release(&message->arena);
    if (w->submitted_count < w->pile->messages_count) submit(w, message);
}

static void forget_commit(void *arg, struct commit *commit)
{
    (void)arg;
    commit_unref(commit);
}

static void run(struct pile_work *w, struct pile_message *messages)
{
    for (size_t i = 0; i < UNDER_WAY_MAX && w->submitted_count < w->pile->messages_count; i++) {
        arena_init(&messages[i].arena);
        messages[i].send.job = (struct job){
            .done = on_done, .reply_to = &w->inbox, .arena = &messages[i].arena, .owner = w};
        submit(w, &messages[i]);
    }
    while (w->done_count < w->pile->messages_count) {
        struct inbox_item *item = inbox_wait(&w->inbox, UNDER_WAY_MAX);

        while (item != NULL) {
            struct inbox_item *next = item->next;
            item->receive(item, NULL);
            item = next;
        }
    }
}

void message_pile_make(const struct message_pile *pile)
{
    const struct store_options options = {
        .directory = pile->directory, .readers_count = 1, .on_commit = forget_commit};
    struct pile_message *messages = calloc(UNDER_WAY_MAX, sizeof *messages);
    struct pile_work work = {.pile = pile};
    struct fault fault = {0};

    if (messages == NULL) fail("out of memory");
    role_set(ROLE_MAIN);
    inbox_init(&work.inbox, UNDER_WAY_MAX, NULL, NULL);
    if (store_open(&work.store, &options, &fault) != R_OK) fail("the store: %s", fault.text);
    run(&work, messages);
    store_close(work.store);
    for (size_t i = 0; i < UNDER_WAY_MAX; i++) arena_release(&messages[i].arena);
    inbox_release(&work.inbox);
    free(messages);
}
