// SPDX-License-Identifier: Apache-2.0
/* search.h — the full-text index: in which messages do these words stand? The one noun of the store
 * with a version per engine (search_sqlite.c); what goes into it and when is search_index.h.
 * It finds candidates, newest first: every message that matches the query is among them as long as
 * the index has it, but not every one of them matches, and nothing is known here of who may see
 * what. So whoever asks looks at the message again. All functions run inside a transaction, on the
 * thread of its connection. Errors are the engine's (db.h) and end the transaction. */
#ifndef STORE_SEARCH_H
#define STORE_SEARCH_H

#include "store/search_query.h"
#include "store/tx.h"

/* ---- what is in it (the writer) ---- */

/* A message as the index knows it. */
struct search_entry {
    uint64_t order_num; /* its place among all messages, see store/messages.h */
    struct uuid conversation_id;
    struct str text;
};

MUST_USE enum result search_put(struct tx *tx, const struct search_entry *entry);
/* Exactly what was put. The engine cannot tell whether it was: taking out what is not there leaves
 * an index that search_digest shows to be wrong. */
MUST_USE enum result search_take(struct tx *tx, const struct search_entry *entry);
/* Nothing is in it any more. */
MUST_USE enum result search_clear(struct tx *tx);
/* The same for one that is damaged so much that the engine refuses it. Outside of a transaction;
 * the next one begins with a connection that was opened again. */
MUST_USE enum result search_mend(struct db *db);
/* Housekeeping: joins what was written in small pieces, about `pages` of it. `is_tidy`: there was
 * nothing to do. Without it a query gets slower with every piece. */
MUST_USE enum result search_tidy(struct tx *tx, unsigned pages, bool *is_tidy);

/* ---- finding (readers) ---- */

struct search_filter {
    const struct search_query *query;    /* with at least one term */
    const struct uuid *conversation_ids; /* to look in, in rising order */
    size_t conversations_count;
    uint64_t below; /* places below this one; INT64_MAX: all */
};

struct search_hit {
    uint64_t order_num;
    struct uuid conversation_id;
    uint64_t seq_num;
};

/* A search that is under way: one at a time on a connection. */
struct search_scan {
    struct search_filter filter; /* private, as all that follows */
    struct arena *arena;
    struct db *db;
    struct db_query *query;
    size_t passed_left; /* hits elsewhere that may still be passed over; 0: any number */
};

/* The filter and what it points to must live until search_close. */
void search_open(struct tx *tx, const struct search_filter *filter, struct arena *arena,
                 struct search_scan *out);
/* R_DONE: there are no more. */
MUST_USE enum result search_next(struct search_scan *scan, struct search_hit *out);
/* Must be called after the last search_next, also after an error. */
void search_close(struct search_scan *scan);

/* ---- checking ---- */

/* A sum over all words of the index and their places. Equal to the sum of search_digest_entry over
 * all entries exactly when they are what is in the index. Reads all of it: seconds per million.
 * R_CORRUPT: it cannot be read. */
MUST_USE enum result search_digest(struct tx *tx, uint64_t *out);
uint64_t search_digest_entry(const struct search_entry *entry);

#endif
