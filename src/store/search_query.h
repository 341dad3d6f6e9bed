// SPDX-License-Identifier: Apache-2.0
/* search_query.h — what somebody typed to find messages, as terms that all must be there.
 *     word           a word that begins like this, when it has SEARCH_PREFIX_CHARS_MIN characters;
 *                    a shorter one is looked for as it stands
 *     to*            the same for a shorter one, from SEARCH_STAR_CHARS_MIN characters on
 *     "two words"    just these words, one after the other
 *     "two wor*"     the last of them as a beginning
 *     foo.bar 東京   what is written together stands together in the message too
 * There are no other operators, and so no way to write a query wrongly: a quotation mark without a
 * second one goes on to the end, every other character separates words. Pure, any thread. */
#ifndef STORE_SEARCH_QUERY_H
#define STORE_SEARCH_QUERY_H

#include "base/arena.h"
#include "base/words.h"

/* Words that follow each other; there is at least one. */
struct search_term {
    const struct word *words;
    size_t count;
    bool is_prefix; /* the last one may go on; it has letters */
};

struct search_query {
    const struct search_term *terms; /* none: nothing to look for, so nothing is found */
    size_t count;
};

/* CHECKs the length of `text`: at most SEARCH_QUERY_BYTES_MAX. All terms together have at most
 * SEARCH_QUERY_WORDS_MAX words, and at least one each. */
void search_query_parse(struct str text, struct arena *arena, struct search_query *out);

#endif
