// SPDX-License-Identifier: Apache-2.0
/* search_sqlite.c — the index in SQLite: an FTS5 table without contents. The texts are in the
 * messages already, so it keeps only which word stands where; taking a message out therefore needs
 * the text that it was put with. Words are cut by base/words, so that the tokenizer of the table
 * has nothing to do but split at spaces, and the same words would go into another engine's index.
 *
 * Which messages somebody may see is a list of conversations, and there are two ways to use it.
 * With the list in the query the index goes only through these conversations, which costs a
 * look-up for each of them. Without it a hit elsewhere is passed over, which is cheaper as long as
 * there are few. Up to SEARCH_LISTED_MIN conversations the first way is taken at once; else the
 * second, until SEARCH_PASSED_MAX hits were in vain. */
#include <sodium.h>
#include <stdlib.h>

#include "base/check.h"
#include "limits.h"
#include "store/db_sqlite.h"
#include "store/search.h"
#include "store/search_text.h"

static const char SQL_PUT[] = "INSERT INTO search_text (rowid, words) VALUES ($1, $2)";
static const char SQL_TAKE[] =
    "INSERT INTO search_text (search_text, rowid, words) VALUES ('delete', $1, $2)";
static const char SQL_CLEAR[] = "INSERT INTO search_text (search_text) VALUES ('delete-all')";
/* Left to itself, FTS5 now and then joins hundreds of pages inside some insert. */
static const char SQL_NO_AUTOMERGE[] =
    "INSERT INTO search_text (search_text, rank) VALUES ('automerge', 0)";
static const char SQL_MERGE[] = "INSERT INTO search_text (search_text, rank) VALUES ('merge', $1)";

/* CROSS JOIN keeps the order of the tables; the index of order_num has all that is asked for. */
static const char SQL_FIND[] =
    "SELECT s.rowid, m.conversation_id, m.seq_num FROM search_text s"
    " CROSS JOIN message m ON m.order_num = s.rowid"
    " WHERE s.search_text MATCH $1 AND s.rowid < $2 ORDER BY s.rowid DESC";

static const char SQL_WORDS[] = "SELECT term, doc, \"offset\" FROM search_word";

/* Of a query with its list of conversations, both of which are bounded. */
#define MATCH_BYTES_MAX (256u * 1024u)
static_assert(MATCH_BYTES_MAX >=
                  48 * SEARCH_LISTED_MAX + SEARCH_QUERY_WORDS_MAX * (2 * WORD_BYTES_MAX + 8),
              "any query fits");

/* A merge that changes fewer rows than this has found nothing to join. */
#define MERGE_ROWS_MIN 2u
#define DIGEST_ROWS_PER_ARENA 4096u

/* ---- what is in it ---- */

static MUST_USE enum result run_entry(struct tx *tx, const char *sql,
                                      const struct search_entry *entry)
{
    struct db_query *q;
    struct buf words;
    enum result result;

    CHECK(entry->order_num > 0);
    buf_init(&words, SEARCH_TEXT_BYTES_MAX);
    search_text_write(&entry->conversation_id, entry->text, &words);
    q = db_query(tx->db, sql);
    db_bind_u64(q, 1, entry->order_num);
    db_bind_text(q, 2, buf_str(&words));
    result = db_run(q);
    buf_release(&words);
    return result;
}

enum result search_put(struct tx *tx, const struct search_entry *entry)
{
    return run_entry(tx, SQL_PUT, entry);
}

enum result search_take(struct tx *tx, const struct search_entry *entry)
{
    return run_entry(tx, SQL_TAKE, entry);
}

enum result search_clear(struct tx *tx)
{
    enum result result = db_run(db_query(tx->db, SQL_CLEAR));

    return result == R_OK ? db_run(db_query(tx->db, SQL_NO_AUTOMERGE)) : result;
}

/* What an empty table has. FTS5 refuses to open one of which it cannot read this, also to drop it,
 * and SQLite lets nobody write to a table inside of another unless the guard is taken away. FTS5
 * remembers what it has read, hence the new connection. */
static const char SCRIPT_EMPTY[] = "DELETE FROM search_text_idx; DELETE FROM search_text_data;"
                                   " INSERT INTO search_text_data (id, block)"
                                   " VALUES (1, x''), (10, x'00000000000000')";

enum result search_mend(struct db *db)
{
    enum result result = db_begin(db);
    int code;

    if (result != R_OK) return result;
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
    code = sqlite3_exec(db->handle, SCRIPT_EMPTY, NULL, NULL, NULL);
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    result = code == SQLITE_OK ? db_commit(db) : db_sqlite_fail_logged(db, code, SCRIPT_EMPTY);
    if (result != R_OK) db_rollback(db);
    db->is_lost = true;
    return result;
}

enum result search_tidy(struct tx *tx, unsigned pages, bool *is_tidy)
{
    uint64_t changes_before = db_changes_total(tx->db);
    struct db_query *q = db_query(tx->db, SQL_MERGE);
    enum result result;

    db_bind_u64(q, 1, pages);
    if ((result = db_run(q)) != R_OK) return result;
    *is_tidy = db_changes_total(tx->db) - changes_before < MERGE_ROWS_MIN;
    return R_OK;
}

/* ---- finding ---- */

/* Words with letters that follow each other are one phrase; so are the pairs of signs that do. What
 * stands between the two kinds is for whoever looks at the message again. Returns the word that
 * comes after them. */
static size_t write_phrase(const struct search_term *term, size_t first, struct buf *out)
{
    const struct word *words = term->words;
    size_t i = first;

    buf_append_byte(out, '"');
    if (words[first].kind == WORD_LETTERS) {
        for (; i < term->count && words[i].kind == WORD_LETTERS; i++) {
            if (i > first) buf_append_byte(out, ' ');
            buf_append(out, word_str(&words[i]));
        }
    } else if (first + 1 < term->count && words[first + 1].is_joined) {
        for (i++; i < term->count && words[i].is_joined; i++) {
            if (i > first + 1) buf_append_byte(out, ' ');
            search_text_write_pair(&words[i - 1], &words[i], out);
        }
    } else {
        search_text_write_sign(&words[i++], out);
    }
    buf_append_byte(out, '"');
    if (i == term->count && term->is_prefix) buf_append_byte(out, '*');
    return i;
}

/* No word has a quotation mark in it, so whatever was typed stays inside of ours. */
static void write_terms(const struct search_query *query, struct buf *out)
{
    for (size_t i = 0; i < query->count; i++) {
        size_t next = 0;

        while (next < query->terms[i].count) {
            if (out->len > 0) buf_append(out, STR(" AND "));
            next = write_phrase(&query->terms[i], next, out);
        }
    }
}

static void write_conversations(const struct search_filter *filter, struct buf *out)
{
    buf_append(out, STR(" AND ("));
    for (size_t i = 0; i < filter->conversations_count; i++) {
        buf_append(out, i == 0 ? STR("\"") : STR(" OR \""));
        search_text_write_conversation(&filter->conversation_ids[i], out);
        buf_append_byte(out, '"');
    }
    buf_append_byte(out, ')');
}

/* The statement from the place `filter.below` on. */
static void begin(struct search_scan *scan, bool is_listed)
{
    struct str copy;
    struct buf match;

    buf_init(&match, MATCH_BYTES_MAX);
    write_terms(scan->filter.query, &match);
    if (is_listed) write_conversations(&scan->filter, &match);
    CHECK(!buf_overflowed(&match));
    copy = arena_copy(scan->arena, buf_str(&match));
    buf_release(&match);
    scan->query = db_query(scan->db, SQL_FIND);
    db_bind_text(scan->query, 1, copy);
    db_bind_u64(scan->query, 2, scan->filter.below);
}

void search_open(struct tx *tx, const struct search_filter *filter, struct arena *arena,
                 struct search_scan *out)
{
    bool is_listed = filter->conversations_count <= SEARCH_LISTED_MIN;
    bool can_be_listed = filter->conversations_count <= SEARCH_LISTED_MAX;

    CHECK(filter->query->count > 0);
    *out = (struct search_scan){.filter = *filter, .arena = arena, .db = tx->db};
    if (filter->conversations_count == 0) return; /* nothing to look in */
    if (!is_listed && can_be_listed) out->passed_left = SEARCH_PASSED_MAX;
    begin(out, is_listed);
}

static int compare_ids(const void *a, const void *b)
{
    return uuid_compare(a, b);
}

static bool is_inside(const struct search_scan *scan, const struct uuid *conversation_id)
{
    return bsearch(conversation_id, scan->filter.conversation_ids, scan->filter.conversations_count,
                   sizeof *conversation_id, compare_ids) != NULL;
}

/* One more hit was in vain. */
static void pass_over(struct search_scan *scan)
{
    if (scan->passed_left == 0 || --scan->passed_left > 0) return;
    db_end(scan->query);
    begin(scan, true);
}

enum result search_next(struct search_scan *scan, struct search_hit *out)
{
    enum result result;

    if (scan->query == NULL) return R_DONE;
    while ((result = db_next(scan->query)) == R_OK) {
        struct search_hit hit = {.order_num = db_u64(scan->query, 0),
                                 .conversation_id = db_uuid(scan->query, 1),
                                 .seq_num = db_u64(scan->query, 2)};

        CHECK(hit.order_num < scan->filter.below);
        scan->filter.below = hit.order_num;
        if (is_inside(scan, &hit.conversation_id)) {
            *out = hit;
            return R_OK;
        }
        pass_over(scan);
    }
    return result;
}

void search_close(struct search_scan *scan)
{
    if (scan->query != NULL) db_end(scan->query);
    scan->query = NULL;
}

/* ---- checking ---- */

static uint64_t digest_word(struct str word, uint64_t order_num, uint64_t place)
{
    static const uint8_t key[crypto_shorthash_KEYBYTES] = "what is in index";
    uint64_t parts[3] = {order_num, place, 0};
    uint64_t digest;

    crypto_shorthash((uint8_t *)&parts[2], (const uint8_t *)word.at, word.len, key);
    crypto_shorthash((uint8_t *)&digest, (const uint8_t *)parts, sizeof parts, key);
    return digest;
}

enum result search_digest(struct tx *tx, uint64_t *out)
{
    struct db_query *q = db_query(tx->db, SQL_WORDS);
    uint64_t sum = 0;
    size_t rows_count = 0;
    struct arena arena;
    enum result result;

    arena_init(&arena);
    while ((result = db_next(q)) == R_OK) {
        sum += digest_word(db_text(q, 0, &arena), db_u64(q, 1), db_u64(q, 2));
        if (++rows_count % DIGEST_ROWS_PER_ARENA == 0) arena_release(&arena);
    }
    db_end(q);
    arena_release(&arena);
    if (result != R_DONE) return result;
    *out = sum;
    return R_OK;
}

uint64_t search_digest_entry(const struct search_entry *entry)
{
    uint64_t sum = 0;
    uint64_t place = 0;
    struct buf words;
    struct str left;

    buf_init(&words, SEARCH_TEXT_BYTES_MAX);
    search_text_write(&entry->conversation_id, entry->text, &words);
    left = buf_str(&words);
    while (left.len > 0) {
        size_t end = str_find(left, ' ');

        sum += digest_word(str_slice(left, 0, end), entry->order_num, place++);
        left = str_slice(left, end + 1, SIZE_MAX);
    }
    buf_release(&words);
    return sum;
}
