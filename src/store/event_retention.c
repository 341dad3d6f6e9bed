// SPDX-License-Identifier: Apache-2.0
/* event_retention.c — everything goes by the index event_by_channel, which is looked at and cut
 * from its old ends. A channel without something old costs two looks. */
#include "store/event_retention.h"

#include "base/check.h"

static const char SQL_RANGE[] = "SELECT min(cursor), max(cursor) FROM event";
static const char SQL_TIME[] = "SELECT at_ms FROM event WHERE cursor >= $1 ORDER BY cursor LIMIT 1";
static const char SQL_NEXT_CHANNEL[] =
    "SELECT channel_id FROM event WHERE channel_id > $1 ORDER BY channel_id LIMIT 1";
static const char SQL_FIRST_CHANNEL[] = "SELECT channel_id FROM event ORDER BY channel_id LIMIT 1";
static const char SQL_OLDEST[] =
    "SELECT cursor FROM event WHERE channel_id = $1 ORDER BY cursor LIMIT 1";
static const char SQL_FIRST_KEPT[] =
    "SELECT cursor FROM event WHERE channel_id = $1 ORDER BY cursor DESC LIMIT 1 OFFSET $2";
static const char SQL_LAST_OF_SOME[] =
    "SELECT max(cursor), count(*) FROM (SELECT cursor FROM event WHERE channel_id = $1"
    " AND cursor <= $2 ORDER BY cursor LIMIT $3) some";
static const char SQL_DELETE[] = "DELETE FROM event WHERE cursor IN"
                                 " (SELECT cursor FROM event WHERE channel_id = $1"
                                 " AND cursor <= $2)";
static const char SQL_FLOOR[] = "INSERT INTO event_floor (channel_id, cursor) VALUES ($1, $2)"
                                " ON CONFLICT (channel_id) DO UPDATE SET cursor = excluded.cursor";

/* Column 0 of the only row; R_NOT_FOUND: there is no row. Ends the statement. */
static MUST_USE enum result read_number(struct db_query *q, uint64_t *out)
{
    enum result result = db_next(q);

    if (result == R_OK) *out = db_u64(q, 0);
    db_end(q);
    return result == R_DONE ? R_NOT_FOUND : result;
}

/* By halving, because the time has no index: it rises with the cursor, but for a clock that was set
 * back, and then it is the other events of that hour that go first. */
enum result events_find_time(struct tx *tx, uint64_t before_ms, uint64_t *cursor)
{
    struct db_query *q = db_query(tx->db, SQL_RANGE);
    uint64_t low = 0;  /* everything up to here is older */
    uint64_t high = 0; /* what is above is not */
    enum result result = db_next(q);

    if (result == R_OK && !db_is_null(q, 0)) {
        low = db_u64(q, 0) - 1;
        high = db_u64(q, 1);
    }
    db_end(q);
    if (result != R_OK) return result;
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;
        uint64_t at_ms = 0;

        q = db_query(tx->db, SQL_TIME);
        db_bind_u64(q, 1, middle);
        if ((result = read_number(q, &at_ms)) != R_OK) return result;
        if (at_ms < before_ms) low = middle;
        else high = middle - 1;
    }
    *cursor = low;
    return R_OK;
}

enum result events_next_channel(struct tx *tx, const struct uuid *after, struct uuid *channel_id)
{
    struct db_query *q =
        db_query(tx->db, uuid_is_nil(after) ? SQL_FIRST_CHANNEL : SQL_NEXT_CHANNEL);
    enum result result;

    if (!uuid_is_nil(after)) db_bind_uuid(q, 1, after);
    result = db_next(q);
    if (result == R_OK) *channel_id = db_uuid(q, 0);
    db_end(q);
    return result == R_DONE ? R_NOT_FOUND : result;
}

enum result events_find_limit(struct tx *tx, const struct uuid *channel_id,
                              const struct event_cut *cut, uint64_t *limit)
{
    struct db_query *q = db_query(tx->db, SQL_OLDEST);
    uint64_t oldest = 0;
    uint64_t first_kept = 0;
    enum result result;

    CHECK(cut->keep_count > 0);
    *limit = 0;
    db_bind_uuid(q, 1, channel_id);
    result = read_number(q, &oldest);
    if (result == R_NOT_FOUND) return R_OK;
    if (result != R_OK || oldest > cut->cutoff) return result;
    q = db_query(tx->db, SQL_FIRST_KEPT);
    db_bind_uuid(q, 1, channel_id);
    db_bind_u64(q, 2, cut->keep_count - 1);
    result = read_number(q, &first_kept);
    if (result == R_NOT_FOUND) return R_OK; /* it has no more than that */
    if (result != R_OK || first_kept <= oldest) return result;
    *limit = first_kept - 1 < cut->cutoff ? first_kept - 1 : cut->cutoff;
    return R_OK;
}

static MUST_USE enum result raise_floor(struct tx *tx, const struct uuid *channel_id,
                                        uint64_t cursor)
{
    struct db_query *q = db_query(tx->db, SQL_FLOOR);

    db_bind_uuid(q, 1, channel_id);
    db_bind_u64(q, 2, cursor);
    return db_run(q);
}

enum result events_cut(struct tx *tx, const struct uuid *channel_id, uint64_t limit,
                       size_t count_max, size_t *count)
{
    struct db_query *q = db_query(tx->db, SQL_LAST_OF_SOME);
    uint64_t last = 0;
    enum result result;

    CHECK(count_max > 0);
    db_bind_uuid(q, 1, channel_id);
    db_bind_u64(q, 2, limit);
    db_bind_u64(q, 3, count_max);
    result = db_next(q);
    if (result == R_OK) {
        last = db_u64(q, 0);
        *count = (size_t)db_u64(q, 1);
    }
    db_end(q);
    CHECK(result != R_DONE);
    if (result != R_OK || *count == 0) return result;
    q = db_query(tx->db, SQL_DELETE);
    db_bind_uuid(q, 1, channel_id);
    db_bind_u64(q, 2, last);
    if ((result = db_run(q)) != R_OK) return result;
    return raise_floor(tx, channel_id, last);
}
