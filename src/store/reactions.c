// SPDX-License-Identifier: Apache-2.0
/* reactions.c — SQL on reactions. Those of a page of messages are one range of the table, read by
 * one statement that also counts them: a message may have more of them than an answer can name. */
#include "store/reactions.h"

#include "base/check.h"
#include "limits.h"

#define OF_ONE " WHERE conversation_id = $1 AND seq_num = $2 AND tenant_id = $3 AND emoji = $4"

static const char SQL_INSERT[] =
    "INSERT INTO reaction (conversation_id, seq_num, tenant_id, emoji, user_id, reacted_at_ms)"
    " VALUES ($1, $2, $3, $4, $5, $6)";
static const char SQL_DELETE[] = "DELETE FROM reaction" OF_ONE " AND user_id = $5";
static const char SQL_DELETE_ALL[] =
    "DELETE FROM reaction WHERE conversation_id = $1 AND seq_num = $2 AND tenant_id = $3";
static const char SQL_COUNT_OTHERS[] =
    "SELECT count(DISTINCT emoji) FROM reaction"
    " WHERE conversation_id = $1 AND seq_num = $2 AND tenant_id = $3 AND emoji <> $4";

static_assert(REACTION_USER_IDS_MAX == 100, "the SQL below says so");

static const char SQL_LOAD[] =
    "SELECT k.seq_num, k.emoji, k.users_count, k.user_id FROM ("
    "SELECT r.seq_num, r.emoji, r.user_id,"
    " count(*) OVER (PARTITION BY r.seq_num, r.emoji) AS users_count,"
    " min(r.reacted_at_ms) OVER (PARTITION BY r.seq_num, r.emoji) AS began_at_ms,"
    " row_number() OVER (PARTITION BY r.seq_num, r.emoji ORDER BY"
    " CASE WHEN r.user_id = $5 THEN 0 ELSE 1 END, r.reacted_at_ms, r.user_id) AS place"
    " FROM reaction r WHERE r.conversation_id = $1 AND r.seq_num BETWEEN $2 AND $3"
    " AND r.tenant_id = $4 AND NOT EXISTS (SELECT 1 FROM user_block b"
    " WHERE b.blocker_id = $5 AND b.blocked_id = r.user_id)) k"
    " WHERE k.place <= 100 ORDER BY k.seq_num, k.began_at_ms, k.emoji, k.place";

static struct db_query *query_of_message(struct tx *tx, const char *sql,
                                         const struct message *message)
{
    struct db_query *q = db_query(tx->db, sql);

    db_bind_uuid(q, 1, &message->conversation_id);
    db_bind_u64(q, 2, message->seq_num);
    db_bind_uuid(q, 3, &message->tenant_id);
    return q;
}

enum result reactions_insert(struct tx *tx, const struct reaction *reaction)
{
    struct db_query *q = query_of_message(tx, SQL_INSERT, reaction->message);

    CHECK(reaction->emoji.len > 0);
    db_bind_text(q, 4, reaction->emoji);
    db_bind_uuid(q, 5, &reaction->user_id);
    db_bind_u64(q, 6, tx->now_ms);
    return db_run(q);
}

enum result reactions_delete(struct tx *tx, const struct reaction *reaction)
{
    struct db_query *q = query_of_message(tx, SQL_DELETE, reaction->message);
    enum result result;

    db_bind_text(q, 4, reaction->emoji);
    db_bind_uuid(q, 5, &reaction->user_id);
    if ((result = db_run(q)) != R_OK) return result;
    return db_changes(tx->db) == 1 ? R_OK : R_NOT_FOUND;
}

enum result reactions_delete_all(struct tx *tx, const struct message *message)
{
    return db_run(query_of_message(tx, SQL_DELETE_ALL, message));
}

enum result reactions_count_others(struct tx *tx, const struct reaction *reaction, size_t *out)
{
    struct db_query *q = query_of_message(tx, SQL_COUNT_OTHERS, reaction->message);
    enum result result;

    db_bind_text(q, 4, reaction->emoji);
    result = db_next(q);
    if (result == R_OK) *out = (size_t)db_u64(q, 0);
    db_end(q);
    CHECK(result != R_DONE);
    return result;
}

/* ---- the reactions of a page ---- */

/* Where the rows go, one after the other. */
struct filling {
    struct message *message;    /* the one whose rows are read, or will be */
    struct message *end;        /* of the list */
    struct reaction_kind *kind; /* the one whose rows are read */
    struct uuid *user_ids;      /* its, with room for `room_count` */
    size_t room_count;
    size_t rows_left; /* of the kind; when they are read, the next row begins another */
    size_t *ids_left;
    struct arena *arena;
};

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void begin_kind(struct filling *f, struct db_query *q)
{
    struct message *m = f->message;
    struct reaction_kind *kinds = (struct reaction_kind *)m->reactions;
    uint64_t users_count = db_u64(q, 2);

    if (kinds == NULL) kinds = ARENA_ARRAY(f->arena, struct reaction_kind, REACTION_KINDS_MAX);
    CHECK(m->reactions_count < REACTION_KINDS_MAX);
    f->rows_left = min_size((size_t)users_count, REACTION_USER_IDS_MAX);
    f->room_count = min_size(f->rows_left, *f->ids_left);
    f->user_ids = ARENA_ARRAY(f->arena, struct uuid, f->room_count);
    f->kind = &kinds[m->reactions_count++];
    *f->kind = (struct reaction_kind){
        .emoji = db_text(q, 1, f->arena), .users_count = users_count, .user_ids = f->user_ids};
    m->reactions = kinds;
    *f->ids_left -= f->room_count;
}

static void read_row(struct filling *f, struct db_query *q)
{
    uint64_t seq_num = db_u64(q, 0);

    while (f->message < f->end && f->message->seq_num < seq_num) f->message++;
    /* In the range, but to a message that the list does not have. */
    if (f->message == f->end || f->message->seq_num != seq_num) return;
    if (f->rows_left == 0) begin_kind(f, q);
    f->rows_left--;
    if (f->kind->user_ids_count < f->room_count)
        f->user_ids[f->kind->user_ids_count++] = db_uuid(q, 3);
}

/* `ids_left` is counted down through the struct below, which the linter does not see. */
// NOLINTBEGIN(readability-non-const-parameter)
enum result reactions_load(struct tx *tx, const struct uuid *viewer_id, struct message_list *list,
                           size_t *ids_left, struct arena *arena)
// NOLINTEND(readability-non-const-parameter)
{
    struct filling f = {.message = list->messages,
                        .end = list->messages + list->count,
                        .ids_left = ids_left,
                        .arena = arena};
    struct db_query *q;
    enum result result;

    if (list->count == 0) return R_OK;
    q = db_query(tx->db, SQL_LOAD);
    db_bind_uuid(q, 1, &list->messages[0].conversation_id);
    db_bind_u64(q, 2, list->messages[0].seq_num);
    db_bind_u64(q, 3, list->messages[list->count - 1].seq_num);
    db_bind_uuid(q, 4, &list->messages[0].tenant_id);
    db_bind_uuid(q, 5, viewer_id);
    while ((result = db_next(q)) == R_OK) read_row(&f, q);
    db_end(q);
    return result == R_DONE ? R_OK : result;
}
