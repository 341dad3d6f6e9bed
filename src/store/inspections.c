// SPDX-License-Identifier: Apache-2.0
/* inspections.c — a table of rules. A repair never invents what somebody said and never takes away
 * what can be read: where a message is lost it leaves a tombstone, so that the loss is seen and
 * numbers have no gaps; counters are counted again; what nobody can reach goes. */
#include "store/inspections.h"

#include "base/check.h"
#include "store/changes.h"
#include "store/messages.h"

#define STATEMENTS_MAX 8 /* of a repair */

struct inspection {
    const char *name;
    const char *text;
    const char *find; /* one row: how many, and an example */
    const char *repair_text;
    enum result (*repair)(struct tx *tx); /* before the statements */
    const char *statements[STATEMENTS_MAX];
};

#define COUNTED(rows) "SELECT count(*), min(id) FROM (" rows ")"

/* ---- lost messages ---- */

#define BROKEN_SEQUENCES                                                                           \
    "SELECT c.conversation_id AS id FROM conversation c LEFT JOIN (SELECT conversation_id,"        \
    " count(*) AS messages_count, max(seq_num) AS last_seq FROM message GROUP BY conversation_id)" \
    " m ON m.conversation_id = c.conversation_id WHERE c.deleted_at_ms IS NULL"                    \
    " AND (coalesce(m.messages_count, 0) <> c.seq_counter"                                         \
    " OR coalesce(m.last_seq, 0) <> c.seq_counter)"

static const char SQL_RAISE_COUNTERS[] =
    "UPDATE conversation SET seq_counter = (SELECT max(m.seq_num) FROM message m"
    " WHERE m.conversation_id = conversation.conversation_id) WHERE deleted_at_ms IS NULL"
    " AND seq_counter < (SELECT max(m.seq_num) FROM message m"
    " WHERE m.conversation_id = conversation.conversation_id)";

/* Before each message that does not follow on the one before it, and at the end. */
static const char SQL_GAPS[] =
    "SELECT c.conversation_id, c.tenant_id, c.created_by, g.before_seq, g.seq_num FROM ("
    "SELECT conversation_id, seq_num, coalesce(lag(seq_num) OVER (PARTITION BY conversation_id"
    " ORDER BY seq_num), 0) AS before_seq FROM (SELECT conversation_id, seq_num FROM message"
    " UNION ALL SELECT conversation_id, seq_counter + 1 FROM conversation"
    " WHERE deleted_at_ms IS NULL) places) g JOIN conversation c"
    " ON c.conversation_id = g.conversation_id AND c.deleted_at_ms IS NULL"
    " WHERE g.seq_num > g.before_seq + 1";

struct gap {
    struct uuid conversation_id;
    struct uuid tenant_id;
    struct uuid created_by;
    uint64_t before_seq;
    uint64_t seq_num;
    struct gap *next;
};

static MUST_USE enum result find_gaps(struct tx *tx, struct arena *arena, struct gap **out)
{
    struct db_query *q = db_query(tx->db, SQL_GAPS);
    struct gap *gaps = NULL;
    enum result result;

    while ((result = db_next(q)) == R_OK) {
        struct gap *gap = ARENA_NEW(arena, struct gap);

        *gap = (struct gap){
            .conversation_id = db_uuid(q, 0),
            .tenant_id = db_uuid(q, 1),
            .created_by = db_uuid(q, 2),
            .before_seq = db_u64(q, 3),
            .seq_num = db_u64(q, 4),
            .next = gaps,
        };
        gaps = gap;
    }
    db_end(q);
    *out = gaps;
    return result == R_DONE ? R_OK : result;
}

/* A tombstone of whoever made the conversation: nobody knows who said it, or what. */
static MUST_USE enum result fill(struct tx *tx, const struct gap *gap)
{
    enum result result = R_OK;

    for (uint64_t seq = gap->before_seq + 1; seq < gap->seq_num && result == R_OK; seq++) {
        struct message m = {.message_id = uuid_new(),
                            .conversation_id = gap->conversation_id,
                            .tenant_id = gap->tenant_id,
                            .seq_num = seq,
                            .sender_id = gap->created_by,
                            .content_type = CONTENT_SYSTEM,
                            .content_text = STR(""),
                            .created_at_ms = tx->now_ms,
                            .deleted_at_ms = tx->now_ms};

        result = messages_insert(tx, &m);
        if (result == R_OK) result = messages_bury(tx, &m);
        if (result == R_OK) result = changes_note(tx, &m);
    }
    return result;
}

static enum result mend_sequences(struct tx *tx)
{
    struct gap *gaps = NULL;
    struct arena arena;
    enum result result = db_run(db_query(tx->db, SQL_RAISE_COUNTERS));

    arena_init(&arena);
    if (result == R_OK) result = find_gaps(tx, &arena, &gaps);
    for (; gaps != NULL && result == R_OK; gaps = gaps->next) result = fill(tx, gaps);
    arena_release(&arena);
    return result;
}

/* ---- the table ---- */

#define OF_DELETED                                                        \
    " WHERE conversation_id IN (SELECT conversation_id FROM conversation" \
    " WHERE deleted_at_ms IS NOT NULL)"

#define OF_NO_MESSAGE(table)                                                \
    " NOT EXISTS (SELECT 1 FROM message m WHERE m.conversation_id = " table \
    ".conversation_id AND m.seq_num = " table ".seq_num AND m.deleted_at_ms IS NULL)"

#define STALE_VERSIONS                                                             \
    " FROM message_version WHERE NOT EXISTS (SELECT 1 FROM message m"              \
    " WHERE m.message_id = message_version.message_id AND m.deleted_at_ms IS NULL" \
    " AND m.edit_count > message_version.version)"

#define EVENTS_OF_MESSAGES                                                                \
    "SELECT channel_id, cursor, json_extract(payload, '$.seq_num') AS seq_num FROM event" \
    " WHERE type = 'message.created' AND json_valid(payload)"

/* In the order in which they are repaired: what is missing first, then what counts it. */
static const struct inspection inspections[] = {
    {
        .name = "sequences",
        .text = "conversations whose messages are not numbered from 1 to the newest one",
        .find = COUNTED(BROKEN_SEQUENCES),
        .repair_text = "leaves a tombstone where a message is lost",
        .repair = mend_sequences,
    },
    {
        .name = "remains",
        .text = "deleted conversations of which something is left",
        .find = COUNTED("SELECT c.conversation_id AS id FROM conversation c"
                        " WHERE c.deleted_at_ms IS NOT NULL AND (EXISTS (SELECT 1 FROM message m"
                        " WHERE m.conversation_id = c.conversation_id) OR EXISTS (SELECT 1"
                        " FROM participant p WHERE p.conversation_id = c.conversation_id)"
                        " OR EXISTS (SELECT 1 FROM task t"
                        " WHERE t.conversation_id = c.conversation_id))"),
        .repair_text = "deletes it",
        .statements =
            {
                "DELETE FROM message_version WHERE message_id IN (SELECT message_id"
                " FROM message" OF_DELETED ")",
                "DELETE FROM reaction" OF_DELETED,
                "DELETE FROM message_change" OF_DELETED,
                "DELETE FROM message" OF_DELETED,
                "DELETE FROM task_text WHERE task_id IN (SELECT task_id FROM task" OF_DELETED ")",
                "DELETE FROM task" OF_DELETED,
                "DELETE FROM participant" OF_DELETED,
            },
    },
    {
        .name = "strays",
        .text = "messages of no conversation of their tenant",
        .find = COUNTED("SELECT m.message_id AS id FROM message m WHERE NOT EXISTS (SELECT 1"
                        " FROM conversation c WHERE c.conversation_id = m.conversation_id"
                        " AND c.tenant_id = m.tenant_id)"),
    },
    {
        .name = "tenants",
        .text = "participants of another tenant than their user or their conversation",
        .find = COUNTED("SELECT p.user_id AS id FROM participant p"
                        " JOIN conversation c ON c.conversation_id = p.conversation_id"
                        " JOIN user_account u ON u.user_id = p.user_id"
                        " WHERE p.tenant_id <> c.tenant_id OR p.tenant_id <> u.tenant_id"),
    },
    {
        .name = "reactions",
        .text = "reactions to messages that are not there",
        .find = COUNTED("SELECT conversation_id AS id FROM reaction"
                        " WHERE" OF_NO_MESSAGE("reaction")),
        .repair_text = "deletes them",
        .statements = {"DELETE FROM reaction WHERE" OF_NO_MESSAGE("reaction")},
    },
    {
        .name = "reaction_kinds",
        .text = "messages with more than 20 different reactions",
        .find = COUNTED("SELECT conversation_id AS id FROM reaction"
                        " GROUP BY conversation_id, seq_num HAVING count(DISTINCT emoji) > 20"),
    },
    {
        .name = "versions",
        .text = "earlier versions of messages that have none",
        .find = COUNTED("SELECT message_id AS id" STALE_VERSIONS),
        .repair_text = "deletes them",
        .statements = {"DELETE" STALE_VERSIONS},
    },
    {
        .name = "edits",
        .text = "messages of which an earlier version is missing",
        .find = COUNTED("SELECT m.message_id AS id FROM message m WHERE m.edit_count > 0"
                        " AND m.deleted_at_ms IS NULL AND m.edit_count > (SELECT count(*)"
                        " FROM message_version v WHERE v.message_id = m.message_id)"),
    },
    {
        .name = "replies",
        .text = "messages that answer one that is not in their conversation",
        .find = COUNTED("SELECT m.message_id AS id FROM message m WHERE m.reply_to_id IS NOT NULL"
                        " AND NOT EXISTS (SELECT 1 FROM message o WHERE o.message_id ="
                        " m.reply_to_id AND o.conversation_id = m.conversation_id)"),
    },
    {
        .name = "changes",
        .text = "numbers of changes of messages that are not there",
        .find = COUNTED("SELECT conversation_id AS id FROM message_change k WHERE NOT EXISTS"
                        " (SELECT 1 FROM message m WHERE m.conversation_id = k.conversation_id"
                        " AND m.seq_num = k.seq_num)"),
        .repair_text = "deletes them",
        .statements = {"DELETE FROM message_change WHERE NOT EXISTS (SELECT 1 FROM message m"
                       " WHERE m.conversation_id = message_change.conversation_id"
                       " AND m.seq_num = message_change.seq_num)"},
    },
    {
        .name = "change_counter",
        .text = "conversations whose counter is below the number of a change",
        .find =
            COUNTED("SELECT c.conversation_id AS id FROM conversation c WHERE c.change_counter <"
                    " max(coalesce((SELECT max(k.change_seq) FROM message_change k"
                    " WHERE k.conversation_id = c.conversation_id), 0),"
                    " coalesce((SELECT max(p.read_change_seq) FROM participant p"
                    " WHERE p.conversation_id = c.conversation_id), 0))"),
        .repair_text = "raises it",
        .statements = {"UPDATE conversation SET change_counter = max(change_counter,"
                       " coalesce((SELECT max(k.change_seq) FROM message_change k"
                       " WHERE k.conversation_id = conversation.conversation_id), 0),"
                       " coalesce((SELECT max(p.read_change_seq) FROM participant p"
                       " WHERE p.conversation_id = conversation.conversation_id), 0))"},
    },
    {
        .name = "participants_count",
        .text = "conversations whose participants are counted wrong",
        .find = COUNTED("SELECT c.conversation_id AS id FROM conversation c"
                        " WHERE c.participants_count <> (SELECT count(*) FROM participant p"
                        " WHERE p.conversation_id = c.conversation_id)"),
        .repair_text = "counts them again",
        .statements = {"UPDATE conversation SET participants_count = (SELECT count(*)"
                       " FROM participant p"
                       " WHERE p.conversation_id = conversation.conversation_id)"},
    },
    {
        .name = "pairs",
        .text = "conversations of two without two participants",
        .find = COUNTED("SELECT c.conversation_id AS id FROM conversation c WHERE c.type IN (0, 2)"
                        " AND c.deleted_at_ms IS NULL AND 2 <> (SELECT count(*) FROM participant p"
                        " WHERE p.conversation_id = c.conversation_id)"),
    },
    {
        .name = "marks",
        .text = "participants who have read, or see only, more than there is",
        .find = COUNTED("SELECT p.conversation_id AS id FROM participant p JOIN conversation c"
                        " ON c.conversation_id = p.conversation_id"
                        " WHERE p.last_read_seq > c.seq_counter"
                        " OR p.first_seq > c.seq_counter + 1"),
        .repair_text = "sets them back to the newest message",
        .statements = {"UPDATE participant SET last_read_seq = min(last_read_seq, (SELECT"
                       " c.seq_counter FROM conversation c"
                       " WHERE c.conversation_id = participant.conversation_id)),"
                       " first_seq = min(first_seq, 1 + (SELECT c.seq_counter FROM conversation c"
                       " WHERE c.conversation_id = participant.conversation_id))"},
    },
    {
        .name = "task_texts",
        .text = "pieces of text of tasks that are not there",
        .find = COUNTED("SELECT x.task_id AS id FROM task_text x WHERE NOT EXISTS (SELECT 1"
                        " FROM task t WHERE t.task_id = x.task_id)"),
        .repair_text = "deletes them",
        .statements = {"DELETE FROM task_text WHERE NOT EXISTS (SELECT 1 FROM task t"
                       " WHERE t.task_id = task_text.task_id)"},
    },
    {
        .name = "task_bytes",
        .text = "tasks that lost a piece of their text",
        .find = COUNTED("SELECT t.task_id AS id FROM task t WHERE t.result_message_id IS NULL"
                        " AND t.saved_bytes <> (SELECT coalesce(sum(length(CAST(x.text AS BLOB))),"
                        " 0) FROM task_text x WHERE x.task_id = t.task_id)"),
    },
    {
        .name = "results",
        .text = "completed tasks whose message is not there",
        .find = COUNTED("SELECT t.task_id AS id FROM task t WHERE t.result_message_id IS NOT NULL"
                        " AND NOT EXISTS (SELECT 1 FROM message m"
                        " WHERE m.message_id = t.result_message_id)"),
    },
    {
        .name = "event_payloads",
        .text = "events whose payload is not JSON",
        .find = COUNTED("SELECT channel_id AS id FROM event WHERE NOT json_valid(payload)"),
    },
    {
        .name = "event_order",
        .text = "events of messages that are not in the order of their numbers",
        .find = COUNTED("SELECT channel_id AS id FROM (SELECT channel_id, seq_num, lag(seq_num)"
                        " OVER (PARTITION BY channel_id ORDER BY cursor) AS before_seq"
                        " FROM (" EVENTS_OF_MESSAGES ")) WHERE seq_num <= before_seq"),
    },
    {
        .name = "event_messages",
        .text = "conversations of which an event tells of a newer message than there is",
        .find = COUNTED("SELECT c.conversation_id AS id FROM conversation c JOIN (SELECT"
                        " channel_id, max(seq_num) AS last_seq FROM (" EVENTS_OF_MESSAGES
                        ") GROUP BY channel_id) e ON e.channel_id = c.conversation_id"
                        " WHERE c.deleted_at_ms IS NULL AND e.last_seq > c.seq_counter"),
    },
};

#define INSPECTIONS_COUNT (sizeof inspections / sizeof inspections[0])

static MUST_USE enum result look(struct tx *tx, const struct inspection *inspection,
                                 struct finding *out)
{
    struct db_query *q = db_query(tx->db, inspection->find);
    enum result result = db_next(q);

    *out = (struct finding){
        .name = inspection->name, .text = inspection->text, .repair = inspection->repair_text};
    if (result == R_OK) {
        out->count = db_u64(q, 0);
        if (out->count > 0) out->example = db_uuid(q, 1);
    }
    db_end(q);
    CHECK(result != R_DONE);
    return result;
}

enum result inspections_run(struct tx *tx, inspection_fn *found, void *arg, size_t *rules_count)
{
    for (size_t i = 0; i < INSPECTIONS_COUNT; i++) {
        struct finding finding;
        enum result result = look(tx, &inspections[i], &finding);

        if (result != R_OK) return result;
        if (finding.count > 0) found(arg, &finding);
    }
    *rules_count = INSPECTIONS_COUNT;
    return R_OK;
}

static MUST_USE enum result repair(struct tx *tx, const struct inspection *inspection)
{
    enum result result = inspection->repair == NULL ? R_OK : inspection->repair(tx);

    for (size_t i = 0; i < STATEMENTS_MAX && result == R_OK; i++) {
        if (inspection->statements[i] != NULL)
            result = db_run(db_query(tx->db, inspection->statements[i]));
    }
    return result;
}

enum result inspections_repair(struct tx *tx)
{
    for (size_t i = 0; i < INSPECTIONS_COUNT; i++) {
        struct finding finding;
        enum result result = look(tx, &inspections[i], &finding);

        if (result == R_OK && finding.count > 0) result = repair(tx, &inspections[i]);
        if (result != R_OK) return result;
    }
    return R_OK;
}
