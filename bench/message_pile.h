// SPDX-License-Identifier: Apache-2.0
/* message_pile.h — a great many messages without as many requests: while the server is stopped, the
 * rules of sending run on its database, in the store that the server has, on this thread and the
 * store's. Errors end the program (fail.h). */
#ifndef BENCH_MESSAGE_PILE_H
#define BENCH_MESSAGE_PILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/uuid.h"

#define PILE_WORDS_COUNT 20000u /* different ones; a word is the rarer the higher its rank */
#define PILE_WORD_BYTES_MAX 8u

struct message_pile {
    const char *directory; /* of the data */
    struct uuid tenant_id;
    const struct uuid *conversation_ids; /* they get messages in turn */
    size_t conversations_count;
    const struct uuid *sender_ids; /* who are in all of them, and send in turn */
    size_t senders_count;
    uint64_t messages_count;
};

void message_pile_make(const struct message_pile *pile);

/* The word of this rank, 0 to PILE_WORDS_COUNT - 1, with a NUL. */
void message_pile_word(uint32_t rank, char out[PILE_WORD_BYTES_MAX]);

#endif
