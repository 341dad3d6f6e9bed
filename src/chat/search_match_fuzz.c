// SPDX-License-Identifier: Apache-2.0
/* search_match_fuzz.c — any bytes as a query, and any text, against the engine itself: no query is
 * a syntax error, and what matches is found by the index. The input is a query, a line end, a
 * text. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "chat/search_match.h"
#include "chat/snippet.h"
#include "limits.h"
#include "store/messages.h"
#include "store/migrate.h"
#include "store/search.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An empty database; the file is gone as soon as it is open. */
static struct db *open_database(void)
{
    char directory[] = "/tmp/carillon-fuzz-XXXXXX";
    char path[64];
    struct fault fault = {0};
    struct db *db = NULL;

    log_set_level(LOG_ERROR);
    CHECK(mkdtemp(directory) != NULL);
    (void)snprintf(path, sizeof path, "%s/db", directory);
    CHECK(db_open(&db, path, DB_WRITER, &fault) == R_OK);
    CHECK(migrate_run(db, migrations, migrations_count, &fault) == R_OK);
    CHECK(unlink(path) == 0);
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof path, "%s/db%s", directory, i == 0 ? "-wal" : "-shm");
        (void)unlink(path);
    }
    CHECK(rmdir(directory) == 0);
    return db;
}

static bool find(struct tx *tx, const struct search_query *query, struct str text,
                 struct arena *arena)
{
    static uint64_t order_num;
    struct uuid id = uuid_new();
    struct search_entry entry = {.order_num = order_num + 1, .conversation_id = id, .text = text};
    struct search_filter filter = {
        .query = query, .conversation_ids = &id, .conversations_count = 1, .below = INT64_MAX};
    struct message message = {.message_id = id,
                              .conversation_id = id,
                              .tenant_id = id,
                              .sender_id = id,
                              .seq_num = 1,
                              .order_num = order_num + 1,
                              .content_text = text};
    struct search_scan scan;
    struct search_hit hit;
    enum result result;

    CHECK(messages_insert(tx, &message) == R_OK);
    CHECK(search_put(tx, &entry) == R_OK);
    search_open(tx, &filter, arena, &scan);
    result = search_next(&scan, &hit);
    CHECK(result == R_OK || result == R_DONE);
    search_close(&scan);
    CHECK(search_take(tx, &entry) == R_OK);
    order_num++;
    return result == R_OK;
}

static size_t count_of(struct str s, const char *what)
{
    size_t count = 0;
    size_t len = strlen(what);

    for (size_t i = 0; i + len <= s.len; i++) count += memcmp(s.at + i, what, len) == 0;
    return count;
}

static void look_at_snippet(struct str text, const struct search_match *match, struct arena *arena)
{
    struct str s = snippet_make(text, match, arena);
    size_t tags_count = count_of(s, "<mark>");

    CHECK(tags_count > 0 && tags_count == count_of(s, "</mark>"));
    CHECK(count_of(s, "<") == 2 * tags_count);
    CHECK(!str_is_utf8(text) || str_is_utf8(s));
}

static void try(struct tx *tx, struct str q, struct str text)
{
    struct search_query query;
    struct search_match match;
    struct arena arena;
    bool is_match;

    arena_init(&arena);
    search_query_parse(q, &arena, &query);
    is_match = search_match(&query, text, &match);
    CHECK(query.count > 0 || !is_match);
    if (query.count > 0) CHECK(find(tx, &query, text, &arena) || !is_match);
    if (is_match) look_at_snippet(text, &match, &arena);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct db *db;
    struct str input = str_of((const char *)data, size);
    struct str q = str_slice(input, 0, str_find(input, '\n'));
    struct str text = str_slice(input, q.len + 1, SIZE_MAX);
    struct tx tx = {.now_ms = 1};

    if (q.len > SEARCH_QUERY_BYTES_MAX || size - q.len > MESSAGE_TEXT_BYTES_MAX) return 0;
    if (db == NULL) db = open_database();
    tx.db = db;
    CHECK(db_begin(db) == R_OK);
    try(&tx, q, text.len > 0 ? text : STR(""));
    if (q.len > 0) try(&tx, q, q); /* what is looked for, itself */
    db_rollback(db);
    return 0;
}
