// SPDX-License-Identifier: Apache-2.0
/* search_index.c — the bookkeeping around search.h: SQL that every engine understands.
 * A step goes through places in rising order, first those of changed messages, then the new ones:
 * the engine writes a piece of the index out whenever a place is lower than the one before. */
#include "store/search_index.h"

#include <stdio.h>

#include "base/check.h"
#include "base/clock.h"
#include "limits.h"
#include "store/search.h"
#include "store/search_text.h"

#define RULES_BYTES_MAX 64u

/* Joined in every step, and once more for so many entries: more than they are written in, because
 * what is joined is joined again with larger pieces. */
#define TIDY_PAGES 8u
#define TIDY_ENTRIES 48u

static const char SQL_OVERWRITE_DELETED[] = "PRAGMA secure_delete = ON";
static const char SQL_STATE[] = "SELECT rules, position FROM search_state WHERE state_id = 1";
static const char SQL_SET_STATE[] =
    "UPDATE search_state SET rules = $1, position = $2 WHERE state_id = 1";

#define NOTE                                                                           \
    "INSERT INTO search_stale (order_num, conversation_id, old_text, noted_at_ms)"     \
    " SELECT m.order_num, m.conversation_id, m.content_text, $3 FROM message m"        \
    " JOIN search_state s ON s.state_id = 1"                                           \
    " WHERE m.conversation_id = $1 AND m.tenant_id = $2 AND m.order_num <= s.position" \
    " AND m.deleted_at_ms IS NULL AND "
/* What was noted before is what is in the index. */
#define NOTE_END " ON CONFLICT (order_num) DO NOTHING"

static const char SQL_NOTE[] = NOTE "m.seq_num = $4" NOTE_END;
static const char SQL_NOTE_FIRST[] = NOTE
    "m.seq_num <= (SELECT max(seq_num) FROM (SELECT seq_num FROM message"
    " WHERE conversation_id = $1 AND tenant_id = $2 ORDER BY seq_num LIMIT $4) first)" NOTE_END;

static const char SQL_STALE[] =
    "SELECT s.order_num, s.conversation_id, s.noted_at_ms, s.old_text, m.content_text"
    " FROM search_stale s"
    " LEFT JOIN message m ON m.order_num = s.order_num AND m.deleted_at_ms IS NULL"
    " ORDER BY s.order_num LIMIT $1";
static const char SQL_DELETE_STALE[] = "DELETE FROM search_stale WHERE order_num <= $1";
static const char SQL_DELETE_ALL_STALE[] = "DELETE FROM search_stale";

static const char SQL_NEW[] =
    "SELECT order_num, conversation_id, created_at_ms, deleted_at_ms, content_text FROM message"
    " WHERE order_num > $1 ORDER BY order_num LIMIT $2";

static const char SQL_COUNT_WAITING[] =
    "SELECT (SELECT count(*) FROM search_stale) + (SELECT count(*) FROM message WHERE order_num > "
    "$1)";
static const char SQL_EXPECTED[] =
    "SELECT m.order_num, m.conversation_id, m.content_text FROM message m"
    " WHERE m.order_num <= $1 AND m.deleted_at_ms IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM search_stale s WHERE s.order_num = m.order_num)"
    " UNION ALL SELECT s.order_num, s.conversation_id, s.old_text FROM search_stale s";

/* ---- state ---- */

struct state {
    uint64_t position; /* order_num of the last message that was looked at; 0: of none */
    bool is_current;   /* of the rules of this program */
};

static struct str write_rules(char *out)
{
    int len = snprintf(out, RULES_BYTES_MAX, "%s/%s/%s", SEARCH_TEXT_RULES, WORDS_RULES,
                       words_unicode_version());

    CHECK(len > 0 && len < (int)RULES_BYTES_MAX);
    return str_of(out, (size_t)len);
}

static MUST_USE enum result read_state(struct tx *tx, struct state *out)
{
    struct db_query *q = db_query(tx->db, SQL_STATE);
    char rules[RULES_BYTES_MAX];
    struct arena arena;
    enum result result;

    arena_init(&arena);
    result = db_next(q);
    CHECK(result != R_DONE); /* the migration made the row */
    if (result == R_OK)
        *out = (struct state){.position = db_u64(q, 1),
                              .is_current = str_equals(db_text(q, 0, &arena), write_rules(rules))};
    db_end(q);
    arena_release(&arena);
    return result;
}

static MUST_USE enum result write_state(struct tx *tx, uint64_t position)
{
    struct db_query *q = db_query(tx->db, SQL_SET_STATE);
    char rules[RULES_BYTES_MAX];

    db_bind_text(q, 1, write_rules(rules));
    db_bind_u64(q, 2, position);
    return db_run(q);
}

/* ---- notes ---- */

static struct db_query *query_note(struct tx *tx, const char *sql, const struct uuid *tenant_id,
                                   const struct uuid *conversation_id)
{
    struct db_query *q = db_query(tx->db, sql);

    tx->is_text_changed = true;
    db_bind_uuid(q, 1, conversation_id);
    db_bind_uuid(q, 2, tenant_id);
    db_bind_u64(q, 3, tx->now_ms);
    return q;
}

enum result search_index_note(struct tx *tx, const struct message *message)
{
    struct db_query *q = query_note(tx, SQL_NOTE, &message->tenant_id, &message->conversation_id);

    db_bind_u64(q, 4, message->seq_num);
    return db_run(q);
}

enum result search_index_note_first(struct tx *tx, const struct uuid *tenant_id,
                                    const struct uuid *conversation_id, size_t count_max)
{
    struct db_query *q = query_note(tx, SQL_NOTE_FIRST, tenant_id, conversation_id);

    db_bind_u64(q, 4, count_max);
    return db_run(q);
}

/* ---- a step ---- */

/* What a step may still do. */
struct budget {
    size_t entries_count;
    size_t bytes_count;
};

static bool spend(struct budget *left, size_t bytes_count)
{
    left->entries_count--;
    left->bytes_count = left->bytes_count > bytes_count ? left->bytes_count - bytes_count : 0;
    return left->entries_count > 0 && left->bytes_count > 0;
}

static void wait_since(struct search_step *step, uint64_t at_ms)
{
    if (step->waiting_since_ms == 0 || at_ms < step->waiting_since_ms)
        step->waiting_since_ms = at_ms;
}

/* Out with what the message said, in with what it says. */
static MUST_USE enum result replace_entry(struct tx *tx, struct db_query *q, struct arena *arena,
                                          size_t *bytes_count)
{
    struct search_entry entry = {
        .order_num = db_u64(q, 0), .conversation_id = db_uuid(q, 1), .text = db_text(q, 3, arena)};
    bool is_gone = db_is_null(q, 4);
    enum result result = search_take(tx, &entry);

    *bytes_count = entry.text.len;
    if (result != R_OK || is_gone) return result;
    entry.text = db_text(q, 4, arena);
    *bytes_count += entry.text.len;
    return search_put(tx, &entry);
}

static MUST_USE enum result replace_stale(struct tx *tx, struct budget *left,
                                          struct search_step *step)
{
    struct db_query *q = db_query(tx->db, SQL_STALE);
    struct arena arena;
    uint64_t last = 0;
    bool may_go_on = true;
    enum result result;

    arena_init(&arena);
    db_bind_u64(q, 1, left->entries_count + 1); /* one more tells whether there are more */
    while ((result = db_next(q)) == R_OK) {
        size_t bytes_count = 0;

        if (!may_go_on) {
            wait_since(step, db_u64(q, 2));
            result = R_DONE;
            break;
        }
        last = db_u64(q, 0);
        if ((result = replace_entry(tx, q, &arena, &bytes_count)) != R_OK) break;
        step->entries_count++;
        may_go_on = spend(left, bytes_count);
    }
    db_end(q);
    arena_release(&arena);
    if (result != R_DONE) return result;
    if (last == 0) return R_OK;
    q = db_query(tx->db, SQL_DELETE_STALE);
    db_bind_u64(q, 1, last);
    return db_run(q);
}

static MUST_USE enum result put_new(struct tx *tx, struct budget *left, uint64_t *position,
                                    struct search_step *step)
{
    struct db_query *q = db_query(tx->db, SQL_NEW);
    bool may_go_on = left->entries_count > 0 && left->bytes_count > 0;
    struct arena arena;
    enum result result;

    arena_init(&arena);
    db_bind_u64(q, 1, *position);
    db_bind_u64(q, 2, left->entries_count + 1);
    while ((result = db_next(q)) == R_OK) {
        struct search_entry entry = {.order_num = db_u64(q, 0), .conversation_id = db_uuid(q, 1)};

        if (!may_go_on) {
            wait_since(step, db_u64(q, 2));
            result = R_DONE;
            break;
        }
        if (db_is_null(q, 3)) {
            entry.text = db_text(q, 4, &arena);
            if ((result = search_put(tx, &entry)) != R_OK) break;
            step->entries_count++;
        }
        *position = entry.order_num;
        may_go_on = spend(left, entry.text.len);
    }
    db_end(q);
    arena_release(&arena);
    return result == R_DONE ? R_OK : result;
}

/* In proportion to what was put, so that the pieces do not become more and more. */
static unsigned pages_to_tidy(const struct search_step *step)
{
    return TIDY_PAGES + (unsigned)step->entries_count * TIDY_PAGES / TIDY_ENTRIES;
}

enum result search_index_step(struct tx *tx, struct search_step *out)
{
    struct budget left = {SEARCH_STEP_ENTRIES_MAX, SEARCH_STEP_BYTES_MAX};
    struct search_step step = {0};
    struct state state;
    uint64_t position;
    enum result result = read_state(tx, &state);

    if (result != R_OK) return result;
    if (!state.is_current) {
        if ((result = search_index_reset(tx)) != R_OK) return result;
        step.has_begun = true;
        state.position = 0;
    }
    position = state.position;
    if ((result = replace_stale(tx, &left, &step)) != R_OK) return result;
    if ((result = put_new(tx, &left, &position, &step)) != R_OK) return result;
    if (position != state.position && (result = write_state(tx, position)) != R_OK) return result;
    result = search_tidy(tx, pages_to_tidy(&step), &step.is_tidy);
    if (result != R_OK) return result;
    *out = step;
    return R_OK;
}

enum result search_index_reset(struct tx *tx)
{
    enum result result = search_clear(tx);

    if (result == R_OK) result = db_run(db_query(tx->db, SQL_DELETE_ALL_STALE));
    return result == R_OK ? write_state(tx, 0) : result;
}

/* ---- checking and repairing ---- */

static MUST_USE enum result count_waiting(struct tx *tx, uint64_t position, uint64_t *out)
{
    struct db_query *q = db_query(tx->db, SQL_COUNT_WAITING);
    enum result result;

    db_bind_u64(q, 1, position);
    result = db_next(q);
    if (result == R_OK) *out = db_u64(q, 0);
    db_end(q);
    CHECK(result != R_DONE);
    return result;
}

static MUST_USE enum result digest_expected(struct tx *tx, uint64_t position, uint64_t *count,
                                            uint64_t *digest)
{
    struct db_query *q = db_query(tx->db, SQL_EXPECTED);
    struct arena arena;
    enum result result;

    *count = 0;
    *digest = 0;
    arena_init(&arena);
    db_bind_u64(q, 1, position);
    while ((result = db_next(q)) == R_OK) {
        struct search_entry entry = {.order_num = db_u64(q, 0),
                                     .conversation_id = db_uuid(q, 1),
                                     .text = db_text(q, 2, &arena)};

        *digest += search_digest_entry(&entry);
        (*count)++;
        arena_release(&arena);
    }
    db_end(q);
    arena_release(&arena);
    return result == R_DONE ? R_OK : result;
}

enum result search_index_verify(struct tx *tx, struct search_report *out)
{
    struct search_report report = {0};
    uint64_t expected = 0;
    uint64_t found = 0;
    struct state state;
    enum result result = read_state(tx, &state);

    if (result != R_OK) return result;
    report.is_current = state.is_current;
    if ((result = count_waiting(tx, state.position, &report.waiting_count)) != R_OK) return result;
    result = digest_expected(tx, state.position, &report.entries_count, &expected);
    if (result != R_OK) return result;
    /* The messages could be read; what fails now is the index, which was to be found out. */
    result = search_digest(tx, &found);
    if (result != R_OK && result != R_CORRUPT) return result;
    report.is_sound = result == R_OK;
    report.is_right = report.is_sound && found == expected;
    *out = report;
    return R_OK;
}

static MUST_USE enum result rebuild(struct db *db, bool must_reset, struct search_step *step)
{
    struct tx tx = {.db = db, .now_ms = clock_wall_ms()};
    enum result result = db_begin(db);

    if (result != R_OK) return result;
    if (must_reset) result = search_index_reset(&tx);
    if (result == R_OK) result = search_index_step(&tx, step);
    if (result == R_OK) result = db_commit(db);
    if (result != R_OK) db_rollback(db);
    return result;
}

enum result search_index_leave_out(struct db *db)
{
    struct tx tx = {.db = db, .now_ms = clock_wall_ms()};
    struct db_query *q;
    enum result result = db_begin(db);

    if (result != R_OK) return result;
    q = db_query(db, SQL_OVERWRITE_DELETED);
    result = db_next(q);
    db_end(q);
    if (result == R_OK) result = search_index_reset(&tx);
    if (result == R_OK) result = db_commit(db);
    if (result != R_OK) db_rollback(db);
    return result;
}

enum result search_index_rebuild(struct db *db, struct fault *fault)
{
    struct search_step step = {0};
    enum result result = search_mend(db);

    if (result == R_OK) result = rebuild(db, true, &step);
    while (result == R_OK && (step.waiting_since_ms != 0 || !step.is_tidy)) {
        result = rebuild(db, false, &step);
        db_checkpoint(db);
    }
    if (result != R_OK) return fault_set(fault, result, 0, "cannot build the search index anew");
    return R_OK;
}
