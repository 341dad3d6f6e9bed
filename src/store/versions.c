// SPDX-License-Identifier: Apache-2.0
/* versions.c — SQL on earlier versions of messages. A message that was never edited has none. */
#include "store/versions.h"

#include "base/check.h"

static const char SQL_INSERT[] =
    "INSERT INTO message_version (message_id, version, tenant_id, written_at_ms, content_text,"
    " content_meta) VALUES ($1, $2, $3, $4, $5, $6)";

static const char SQL_DELETE[] =
    "DELETE FROM message_version WHERE message_id = $1 AND tenant_id = $2";

static const char SQL_LIST[] =
    "SELECT version, written_at_ms, content_text, content_meta FROM message_version"
    " WHERE message_id = $1 AND tenant_id = $2 ORDER BY version DESC";

enum result versions_insert(struct tx *tx, const struct message *message)
{
    struct db_query *q = db_query(tx->db, SQL_INSERT);
    bool is_first = message->edit_count == 0;

    db_bind_uuid(q, 1, &message->message_id);
    db_bind_u64(q, 2, message->edit_count);
    db_bind_uuid(q, 3, &message->tenant_id);
    db_bind_u64(q, 4, is_first ? message->created_at_ms : message->edited_at_ms);
    db_bind_text(q, 5, message->content_text);
    db_bind_text(q, 6, message->content_meta);
    return db_run(q);
}

static struct db_query *query_of_message(struct tx *tx, const char *sql,
                                         const struct message *message)
{
    struct db_query *q = db_query(tx->db, sql);

    db_bind_uuid(q, 1, &message->message_id);
    db_bind_uuid(q, 2, &message->tenant_id);
    return q;
}

enum result versions_delete(struct tx *tx, const struct message *message)
{
    return db_run(query_of_message(tx, SQL_DELETE, message));
}

enum result versions_list(struct tx *tx, const struct message *message, size_t bytes_max,
                          struct arena *arena, struct version_list *out)
{
    struct version_list list = {
        .versions = ARENA_ARRAY(arena, struct version, (size_t)message->edit_count),
    };
    struct db_query *q = query_of_message(tx, SQL_LIST, message);
    size_t bytes_count = 0;
    enum result result;

    while ((result = db_next(q)) == R_OK && !list.has_more) {
        struct version *v = &list.versions[list.count];

        CHECK(list.count < message->edit_count);
        *v = (struct version){
            .number = db_u64(q, 0),
            .written_at_ms = db_u64(q, 1),
            .content_text = db_text(q, 2, arena),
            .content_meta = db_text(q, 3, arena),
        };
        bytes_count += v->content_text.len + v->content_meta.len;
        list.count++;
        list.has_more = bytes_count > bytes_max && v->number > 0;
    }
    db_end(q);
    if (result != R_OK && result != R_DONE) return result;
    *out = list;
    return R_OK;
}
