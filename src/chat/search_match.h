// SPDX-License-Identifier: Apache-2.0
/* search_match.h — does this text have what was looked for, and where? The index only says which
 * messages may; the text as it is now decides. Pure, any thread. */
#ifndef CHAT_SEARCH_MATCH_H
#define CHAT_SEARCH_MATCH_H

#include "store/search_query.h"

#define SEARCH_SPANS_MAX 32u /* that are told; a snippet has room for fewer */

/* Bytes of the text, start to end - 1; they begin and end between characters. */
struct search_span {
    size_t start;
    size_t end;
};

/* The first places that were found, in rising order, none inside of another. */
struct search_match {
    struct search_span spans[SEARCH_SPANS_MAX];
    size_t count;
};

/* False unless every term is in it; a query without terms is nowhere. `out` is written on true. */
bool search_match(const struct search_query *query, struct str text, struct search_match *out);

#endif
