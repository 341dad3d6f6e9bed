// SPDX-License-Identifier: Apache-2.0
/* participants.c — SQL on participants. A membership is looked up by the key of its table, a user's
 * memberships through participant_by_user. */
#include "store/participants.h"

#include "base/check.h"
#include "store/changes.h"
#include "store/ids.h"
#include "store/unread.h"

#define ROWS_OF_USER_FIRST 32u /* room for the usual user; more doubles it */

static const char SQL_INSERT[] =
    "INSERT INTO participant (conversation_id, user_id, tenant_id, role, joined_at_ms,"
    " last_read_seq, joined_cursor) VALUES ($1, $2, $3, $4, $5, $6, $7)";

#define OF_ONE " WHERE conversation_id = $1 AND user_id = $2 AND tenant_id = $3"

static const char SQL_DELETE[] = "DELETE FROM participant" OF_ONE;
static const char SQL_SET_ROLE[] = "UPDATE participant SET role = $4" OF_ONE;
static const char SQL_SET_LAST_READ[] =
    "UPDATE participant SET last_read_seq = $4, read_change_seq = $5" OF_ONE;
static const char SQL_SET_MUTED[] = "UPDATE participant SET muted_until_ms = $4" OF_ONE;
static const char SQL_SET_ARCHIVED[] = "UPDATE participant SET archived_at_ms = $4" OF_ONE;
static const char SQL_HIDE[] = "UPDATE participant SET first_seq = $4 + 1, last_read_seq = $4,"
                               " archived_at_ms = NULL" OF_ONE;
static const char SQL_DELETE_ALL[] =
    "DELETE FROM participant WHERE conversation_id = $1 AND tenant_id = $2";

static const char SQL_ADD_TO_COUNT[] =
    "UPDATE conversation SET participants_count = participants_count + $3"
    " WHERE conversation_id = $1 AND tenant_id = $2";

#define COLUMNS                                                                           \
    "p.conversation_id, p.user_id, p.tenant_id, p.role, p.joined_at_ms, p.last_read_seq," \
    " p.first_seq, p.muted_until_ms, p.archived_at_ms, p.read_change_seq"
#define COLUMNS_COUNT 10

static const char SQL_FIND[] = "SELECT " COLUMNS " FROM participant p"
                               " WHERE p.conversation_id = $1 AND p.user_id = $2"
                               " AND p.tenant_id = $3";

static_assert(PARTICIPANT_OWNER == 0 && PARTICIPANT_ADMIN == 1 && PARTICIPANT_MEMBER == 2,
              "the SQL below says so");

static const char SQL_FIND_HEIR[] =
    "SELECT " COLUMNS " FROM participant p"
    " WHERE p.conversation_id = $1 AND p.tenant_id = $3 AND p.user_id <> $2 AND p.role IN (1, 2)"
    " AND NOT EXISTS (SELECT 1 FROM participant o WHERE o.conversation_id = $1"
    " AND o.tenant_id = $3 AND o.user_id <> $2 AND o.role = 0)"
    " ORDER BY p.role, p.joined_at_ms, p.user_id LIMIT 1";

static const char SQL_FIND_OTHER_OWNER[] =
    "SELECT 1 FROM participant WHERE conversation_id = $1 AND user_id <> $2 AND tenant_id = $3"
    " AND role = 0 LIMIT 1";

static const char SQL_LIST[] =
    "SELECT " COLUMNS ", u.display_name, u.is_agent, u.avatar_url, u.job_title"
    " FROM participant p JOIN user_account u ON u.user_id = p.user_id AND u.tenant_id = $2"
    " WHERE p.conversation_id = $1 AND p.tenant_id = $2 AND p.user_id > $3"
    " ORDER BY p.user_id LIMIT $4";

static const char SQL_LIST_IDS[] = "SELECT user_id FROM participant"
                                   " WHERE conversation_id = $1 AND tenant_id = $2"
                                   " ORDER BY user_id";

static const char SQL_LIST_OF_USER[] = "SELECT " COLUMNS " FROM participant p"
                                       " WHERE p.user_id = $1 AND p.tenant_id = $2"
                                       " ORDER BY p.conversation_id";

static const char SQL_LIST_READ[] =
    "SELECT user_id, last_read_seq FROM participant WHERE conversation_id = $1 AND tenant_id = $2"
    " AND read_change_seq > $3 AND (user_id = $4 OR $4 IS NULL) ORDER BY user_id LIMIT $5";

/* The index participant_archived has the few that are archived, so this costs next to nothing. */
static const char SQL_LIST_WOKEN[] =
    "SELECT p.user_id FROM participant p WHERE p.conversation_id = $1 AND p.tenant_id = $2"
    " AND p.archived_at_ms > 0 AND (p.muted_until_ms IS NULL OR p.muted_until_ms <= $5)"
    " AND ($4 = 0 OR p.role <> 2) AND NOT EXISTS (SELECT 1 FROM user_block b"
    " WHERE b.blocker_id = p.user_id AND b.blocked_id = $3)";

/* Most conversations are read to their end: seq_counter says so without a look at messages. */
static const char SQL_LIST_UNREAD[] =
    "SELECT u.conversation_id, u.last_read_seq, u.unread_count FROM ("
    "SELECT p.conversation_id, p.last_read_seq, " SQL_UNREAD_COUNT " AS unread_count"
    " FROM participant p JOIN conversation c ON c.conversation_id = p.conversation_id"
    " WHERE p.user_id = $2 AND p.tenant_id = $1 AND c.tenant_id = $1"
    " AND c.seq_counter > p.last_read_seq) u WHERE u.unread_count > 0 ORDER BY u.conversation_id";

static MUST_USE enum result add_to_count(struct tx *tx, const struct uuid *tenant_id,
                                         const struct uuid *conversation_id, int64_t difference)
{
    struct db_query *q = db_query(tx->db, SQL_ADD_TO_COUNT);

    db_bind_uuid(q, 1, conversation_id);
    db_bind_uuid(q, 2, tenant_id);
    db_bind_i64(q, 3, difference);
    return db_run(q);
}

enum result participants_insert(struct tx *tx, const struct participant *participant)
{
    struct db_query *q = db_query(tx->db, SQL_INSERT);
    enum result result;

    db_bind_uuid(q, 1, &participant->conversation_id);
    db_bind_uuid(q, 2, &participant->user_id);
    db_bind_uuid(q, 3, &participant->tenant_id);
    db_bind_i64(q, 4, participant->role);
    db_bind_u64(q, 5, tx->now_ms);
    db_bind_u64(q, 6, participant->last_read_seq);
    db_bind_u64(q, 7, tx_cursor(tx));
    if ((result = db_run(q)) != R_OK) return result;
    return add_to_count(tx, &participant->tenant_id, &participant->conversation_id, 1);
}

/* A statement of OF_ONE on the row of `participant`; other parameters are the caller's to bind. */
static struct db_query *query_one(struct tx *tx, const char *sql,
                                  const struct participant *participant)
{
    struct db_query *q = db_query(tx->db, sql);

    db_bind_uuid(q, 1, &participant->conversation_id);
    db_bind_uuid(q, 2, &participant->user_id);
    db_bind_uuid(q, 3, &participant->tenant_id);
    return q;
}

static MUST_USE enum result change_one(struct tx *tx, struct db_query *q)
{
    enum result result = db_run(q);

    if (result != R_OK) return result;
    return db_changes(tx->db) == 1 ? R_OK : R_NOT_FOUND;
}

enum result participants_delete(struct tx *tx, const struct participant *participant)
{
    enum result result = change_one(tx, query_one(tx, SQL_DELETE, participant));

    if (result != R_OK) return result;
    return add_to_count(tx, &participant->tenant_id, &participant->conversation_id, -1);
}

enum result participants_set_role(struct tx *tx, const struct participant *participant,
                                  enum participant_role role)
{
    struct db_query *q = query_one(tx, SQL_SET_ROLE, participant);

    db_bind_i64(q, 4, role);
    return change_one(tx, q);
}

enum result participants_set_last_read(struct tx *tx, const struct participant *participant,
                                       uint64_t last_read_seq)
{
    uint64_t change_seq = 0;
    struct db_query *q;
    enum result result =
        changes_next(tx, &participant->tenant_id, &participant->conversation_id, &change_seq);

    CHECK(last_read_seq > participant->last_read_seq);
    if (result != R_OK) return result;
    q = query_one(tx, SQL_SET_LAST_READ, participant);
    db_bind_u64(q, 4, last_read_seq);
    db_bind_u64(q, 5, change_seq);
    return change_one(tx, q);
}

/* 0 stands for none, which is NULL. */
static void bind_time(struct db_query *q, int parameter, uint64_t wall_ms)
{
    if (wall_ms == 0) db_bind_null(q, parameter);
    else db_bind_u64(q, parameter, wall_ms);
}

enum result participants_set_muted(struct tx *tx, const struct participant *participant,
                                   uint64_t muted_until_ms)
{
    struct db_query *q = query_one(tx, SQL_SET_MUTED, participant);

    bind_time(q, 4, muted_until_ms);
    return change_one(tx, q);
}

enum result participants_set_archived(struct tx *tx, const struct participant *participant,
                                      uint64_t archived_at_ms)
{
    struct db_query *q = query_one(tx, SQL_SET_ARCHIVED, participant);

    bind_time(q, 4, archived_at_ms);
    return change_one(tx, q);
}

enum result participants_hide(struct tx *tx, const struct participant *participant, uint64_t seq)
{
    struct db_query *q = query_one(tx, SQL_HIDE, participant);

    CHECK(seq >= participant->last_read_seq);
    db_bind_u64(q, 4, seq);
    return change_one(tx, q);
}

static struct db_query *query_all(struct tx *tx, const char *sql, const struct uuid *tenant_id,
                                  const struct uuid *conversation_id)
{
    struct db_query *q = db_query(tx->db, sql);

    db_bind_uuid(q, 1, conversation_id);
    db_bind_uuid(q, 2, tenant_id);
    return q;
}

enum result participants_delete_all(struct tx *tx, const struct uuid *tenant_id,
                                    const struct uuid *conversation_id)
{
    enum result result = db_run(query_all(tx, SQL_DELETE_ALL, tenant_id, conversation_id));

    if (result != R_OK) return result;
    return add_to_count(tx, tenant_id, conversation_id, -(int64_t)db_changes(tx->db));
}

static void read_row(struct db_query *q, struct participant *out)
{
    *out = (struct participant){
        .conversation_id = db_uuid(q, 0),
        .user_id = db_uuid(q, 1),
        .tenant_id = db_uuid(q, 2),
        .role = (enum participant_role)db_i64(q, 3),
        .joined_at_ms = db_u64(q, 4),
        .last_read_seq = db_u64(q, 5),
        .first_seq = db_u64(q, 6),
        .muted_until_ms = db_u64(q, 7),
        .archived_at_ms = db_u64(q, 8),
        .read_change_seq = db_u64(q, 9),
    };
}

static MUST_USE enum result find_one(struct db_query *q, struct participant *out)
{
    enum result result = db_next(q);

    if (result == R_OK) read_row(q, out);
    db_end(q);
    return result == R_DONE ? R_NOT_FOUND : result;
}

enum result participants_find(struct tx *tx, const struct uuid *tenant_id,
                              const struct uuid *conversation_id, const struct uuid *user_id,
                              struct participant *out)
{
    struct db_query *q = db_query(tx->db, SQL_FIND);

    db_bind_uuid(q, 1, conversation_id);
    db_bind_uuid(q, 2, user_id);
    db_bind_uuid(q, 3, tenant_id);
    return find_one(q, out);
}

enum result participants_find_heir(struct tx *tx, const struct participant *leaver,
                                   struct participant *out)
{
    return find_one(query_one(tx, SQL_FIND_HEIR, leaver), out);
}

enum result participants_has_other_owner(struct tx *tx, const struct participant *participant,
                                         bool *out)
{
    struct db_query *q = query_one(tx, SQL_FIND_OTHER_OWNER, participant);
    enum result result = db_next(q);

    db_end(q);
    if (result != R_OK && result != R_DONE) return result;
    *out = result == R_OK;
    return R_OK;
}

enum result participants_list_ids(struct tx *tx, const struct uuid *tenant_id,
                                  const struct uuid *conversation_id, struct arena *arena,
                                  struct uuid_list *out)
{
    return ids_read(query_all(tx, SQL_LIST_IDS, tenant_id, conversation_id), arena, out);
}

enum result participants_list_of_user(struct tx *tx, const struct uuid *tenant_id,
                                      const struct uuid *user_id, struct arena *arena,
                                      struct participant_rows *out)
{
    struct db_query *q = db_query(tx->db, SQL_LIST_OF_USER);
    struct participant_rows list = {0};
    size_t capacity = ROWS_OF_USER_FIRST;
    enum result result;

    db_bind_uuid(q, 1, user_id);
    db_bind_uuid(q, 2, tenant_id);
    list.participants = ARENA_ARRAY(arena, struct participant, capacity);
    while ((result = db_next(q)) == R_OK) {
        if (list.count == capacity) {
            struct participant *larger = ARENA_ARRAY(arena, struct participant, 2 * capacity);
            memcpy(larger, list.participants, capacity * sizeof larger[0]);
            list.participants = larger;
            capacity *= 2;
        }
        read_row(q, &list.participants[list.count++]);
    }
    db_end(q);
    if (result != R_DONE) return result;
    *out = list;
    return R_OK;
}

enum result participants_list_woken(struct tx *tx, const struct message *message,
                                    struct arena *arena, struct uuid_list *out)
{
    struct db_query *q =
        query_all(tx, SQL_LIST_WOKEN, &message->tenant_id, &message->conversation_id);

    db_bind_uuid(q, 3, &message->sender_id);
    db_bind_i64(q, 4, message->is_internal);
    db_bind_u64(q, 5, tx->now_ms);
    return ids_read(q, arena, out);
}

enum result participants_list_read(struct tx *tx, const struct uuid *tenant_id,
                                   const struct read_filter *filter, struct arena *arena,
                                   struct read_list *out)
{
    struct db_query *q = query_all(tx, SQL_LIST_READ, tenant_id, &filter->conversation_id);
    struct read_list list = {.reads = ARENA_ARRAY(arena, struct read, filter->limit)};
    enum result result;

    CHECK(filter->limit > 0);
    db_bind_u64(q, 3, filter->after);
    db_bind_uuid(q, 4, &filter->user_id);
    db_bind_u64(q, 5, filter->limit);
    while ((result = db_next(q)) == R_OK)
        list.reads[list.count++] =
            (struct read){.user_id = db_uuid(q, 0), .last_read_seq = db_u64(q, 1)};
    db_end(q);
    if (result != R_DONE) return result;
    *out = list;
    return R_OK;
}

static void read_attendee(struct db_query *q, struct arena *arena, struct attendee *out)
{
    read_row(q, &out->participant);
    out->user = (struct user){
        .user_id = out->participant.user_id,
        .tenant_id = out->participant.tenant_id,
        .display_name = db_text(q, COLUMNS_COUNT, arena),
        .is_agent = db_i64(q, COLUMNS_COUNT + 1) != 0,
        .avatar_url = db_text(q, COLUMNS_COUNT + 2, arena),
        .job_title = db_text(q, COLUMNS_COUNT + 3, arena),
    };
}

enum result participants_list(struct tx *tx, const struct uuid *tenant_id,
                              const struct participant_filter *filter, struct arena *arena,
                              struct participant_list *out)
{
    struct db_query *q = db_query(tx->db, SQL_LIST);
    struct participant_list list = {0};
    enum result result;

    CHECK(filter->limit > 0);
    list.attendees = ARENA_ARRAY(arena, struct attendee, filter->limit);
    db_bind_uuid(q, 1, &filter->conversation_id);
    db_bind_uuid(q, 2, tenant_id);
    /* Nil as it is, not as NULL: it is below every id. */
    db_bind_blob(q, 3, str_of((const char *)filter->after.bytes, sizeof filter->after.bytes));
    db_bind_u64(q, 4, filter->limit);
    while ((result = db_next(q)) == R_OK) {
        CHECK(list.count < filter->limit);
        read_attendee(q, arena, &list.attendees[list.count++]);
    }
    db_end(q);
    if (result != R_DONE) return result;
    *out = list;
    return R_OK;
}

/* Room for one more: an array that doubles, because nobody knows how many conversations there
 * are. */
static void grow(struct arena *arena, struct unread_list *list)
{
    bool is_full =
        list->count == 0 || (list->count >= 16 && (list->count & (list->count - 1)) == 0);
    struct unread *bigger;

    if (!is_full) return;
    bigger = ARENA_ARRAY(arena, struct unread, list->count == 0 ? 16 : list->count * 2);
    if (list->count > 0) memcpy(bigger, list->unread, list->count * sizeof *bigger);
    list->unread = bigger;
}

enum result participants_list_unread(struct tx *tx, const struct uuid *tenant_id,
                                     const struct uuid *user_id, struct arena *arena,
                                     struct unread_list *out)
{
    struct db_query *q = db_query(tx->db, SQL_LIST_UNREAD);
    struct unread_list list = {0};
    enum result result;

    db_bind_uuid(q, 1, tenant_id);
    db_bind_uuid(q, 2, user_id);
    while ((result = db_next(q)) == R_OK) {
        grow(arena, &list);
        list.unread[list.count++] = (struct unread){
            .conversation_id = db_uuid(q, 0),
            .last_read_seq = db_u64(q, 1),
            .unread_count = db_u64(q, 2),
        };
    }
    db_end(q);
    if (result != R_DONE) return result;
    *out = list;
    return R_OK;
}
