// SPDX-License-Identifier: Apache-2.0
/* inspections_test.c — a sound database has nothing to find; each rule, broken in one way, is found
 * by its name alone, and a repair makes it hold again or says that it cannot. */
#include "store/inspections.h"

#include "store/changes.h"
#include "store/conversations.h"
#include "store/participants.h"
#include "store/reactions.h"
#include "store/store_testing.h"
#include "store/tasks.h"
#include "store/tenants.h"
#include "store/versions.h"

struct fixture {
    struct testing_dir dir;
    struct arena arena;
    struct tx tx;
    uint64_t next_cursor;
    struct uuid tenant_id;
    struct uuid users[2];
    struct uuid group_id;
    char found[256]; /* the names of what was found, each with a space after it */
    bool has_repair; /* all of them have */
};

static struct uuid converse(struct fixture *f, enum conversation_type type)
{
    struct conversation c = {.conversation_id = uuid_new(),
                             .tenant_id = f->tenant_id,
                             .type = type,
                             .created_by = f->users[0]};
    struct direct_key key = direct_key_of(&f->users[0], &f->users[1]);

    assert_int_equal(conversations_insert(&f->tx, &c, type == CONVERSATION_DIRECT ? &key : NULL),
                     R_OK);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(
            participants_insert(&f->tx, &(struct participant){.conversation_id = c.conversation_id,
                                                              .user_id = f->users[i],
                                                              .tenant_id = f->tenant_id}),
            R_OK);
    return c.conversation_id;
}

static struct message say(struct fixture *f, struct uuid conversation_id)
{
    struct message m = {.message_id = uuid_new(),
                        .conversation_id = conversation_id,
                        .tenant_id = f->tenant_id,
                        .sender_id = f->users[0],
                        .content_text = STR("text"),
                        .created_at_ms = 1};
    char payload[32];

    assert_int_equal(conversations_next_seq(&f->tx, &m.tenant_id, &conversation_id, &m.seq_num),
                     R_OK);
    assert_int_equal(messages_insert(&f->tx, &m), R_OK);
    snprintf(payload, sizeof payload, "{\"seq_num\":%d}", (int)m.seq_num);
    assert_int_equal(tx_emit(&f->tx, &(struct tx_event){.channel = CHANNEL_CONVERSATION,
                                                        .channel_id = conversation_id,
                                                        .tenant_id = f->tenant_id,
                                                        .type = STR("message.created"),
                                                        .payload = str_from(payload)}),
                     R_OK);
    return m;
}

/* Three messages, the first edited, the second with a reaction, the third an answer to it; a task
 * with a text; a mark that moved; and a conversation of two. */
static void populate(struct fixture *f)
{
    struct message messages[3];
    struct task task = {.task_id = uuid_new(), .tenant_id = f->tenant_id, .title = STR("t")};
    struct participant reader = {.user_id = f->users[1], .tenant_id = f->tenant_id};

    assert_int_equal(
        tenants_insert(&f->tx, &(struct tenant){.tenant_id = f->tenant_id, .name = STR("t")}),
        R_OK);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(users_insert(&f->tx, &(struct user){.user_id = f->users[i],
                                                             .tenant_id = f->tenant_id,
                                                             .display_name = STR("Somebody")}),
                         R_OK);
    f->group_id = converse(f, CONVERSATION_GROUP);
    (void)say(f, converse(f, CONVERSATION_DIRECT));
    for (size_t i = 0; i < 3; i++) messages[i] = say(f, f->group_id);
    assert_int_equal(versions_insert(&f->tx, &messages[0]), R_OK);
    messages[0].edit_count = 1;
    messages[0].edited_at_ms = 2;
    assert_int_equal(messages_set_texts(&f->tx, &messages[0]), R_OK);
    assert_int_equal(changes_note(&f->tx, &messages[0]), R_OK);
    assert_int_equal(reactions_insert(&f->tx, &(struct reaction){.message = &messages[1],
                                                                 .user_id = f->users[1],
                                                                 .emoji = STR("+")}),
                     R_OK);
    assert_int_equal(changes_note(&f->tx, &messages[1]), R_OK);
    reader.conversation_id = f->group_id;
    assert_int_equal(participants_set_last_read(&f->tx, &reader, 2), R_OK);
    task.conversation_id = f->group_id;
    task.created_by = f->users[0];
    assert_int_equal(tasks_insert(&f->tx, &task), R_OK);
    assert_int_equal(tasks_add_text(&f->tx, &task, STR("é")), R_OK);
    assert_int_equal(tasks_update(&f->tx, &task), R_OK);
}

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.next_cursor = 1, .tenant_id = uuid_new()};
    f.users[0] = uuid_new();
    f.users[1] = uuid_new();
    testing_rows_begin(&f.dir, &f.arena, &f.tx);
    f.tx.commit = commit_new();
    f.tx.next_cursor = &f.next_cursor;
    populate(&f);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    commit_unref(f->tx.commit);
    testing_rows_end(&f->dir, &f->arena, &f->tx);
    return 0;
}

static void note(void *arg, const struct finding *finding)
{
    struct fixture *f = arg;
    size_t len = strlen(f->found);

    assert_true(finding->count > 0);
    assert_false(uuid_is_nil(&finding->example));
    f->has_repair = f->has_repair && finding->repair != NULL;
    snprintf(f->found + len, sizeof f->found - len, "%s ", finding->name);
}

static void expect_found(struct fixture *f, const char *names)
{
    size_t rules_count = 0;

    f->found[0] = '\0';
    f->has_repair = true;
    assert_int_equal(inspections_run(&f->tx, note, f, &rules_count), R_OK);
    assert_true(rules_count >= 20);
    assert_string_equal(f->found, names);
}

static void break_it(struct fixture *f, const char *sql)
{
    struct fault fault = {0};

    if (db_script(f->tx.db, sql, &fault) != R_OK) fail_msg("%s", fault.text);
}

static void what_is_sound_stays_as_it_is(void **state)
{
    struct fixture *f = *state;
    uint64_t changes;

    expect_found(f, "");
    changes = db_changes_total(f->tx.db);
    assert_int_equal(inspections_repair(&f->tx), R_OK);
    assert_int_equal(db_changes_total(f->tx.db), changes);
}

#define GROUP "(SELECT conversation_id FROM conversation WHERE type = 1)"

static const struct break_case {
    const char *sql;
    const char *names;
    bool has_repair;
} breaks[] = {
    {"DELETE FROM message WHERE seq_num = 3 AND conversation_id = " GROUP, "sequences ", true},
    {"UPDATE conversation SET seq_counter = 5 WHERE type = 1", "sequences ", true},
    {"UPDATE message SET seq_num = 9 WHERE seq_num = 3 AND conversation_id = " GROUP
     "; DELETE FROM event",
     "sequences ", true},
    {"UPDATE conversation SET deleted_at_ms = 1 WHERE type = 1", "remains ", true},
    {"UPDATE message SET tenant_id = x'01' WHERE seq_num = 3", "strays ", false},
    {"UPDATE participant SET tenant_id = randomblob(16) WHERE last_read_seq = 2", "tenants ",
     false},
    {"UPDATE reaction SET seq_num = 4", "reactions ", true},
    {"UPDATE message SET deleted_at_ms = 1 WHERE seq_num = 2", "reactions ", true},
    {"INSERT INTO message_version SELECT message_id, 1, tenant_id, 0, '', NULL FROM message"
     " WHERE edit_count = 1",
     "versions ", true},
    {"UPDATE message_version SET message_id = randomblob(16)", "versions edits ", false},
    {"UPDATE message SET reply_to_id = randomblob(16) WHERE seq_num = 3", "replies ", false},
    {"UPDATE message_change SET seq_num = 4 WHERE seq_num = 2", "changes ", true},
    {"UPDATE conversation SET change_counter = 1 WHERE type = 1", "change_counter ", true},
    {"UPDATE conversation SET participants_count = 1 WHERE type = 1", "participants_count ", true},
    {"DELETE FROM participant WHERE conversation_id <> " GROUP " AND user_id = (SELECT"
     " max(user_id) FROM participant); UPDATE conversation SET participants_count = 1"
     " WHERE type = 0",
     "pairs ", false},
    {"UPDATE participant SET last_read_seq = 4 WHERE last_read_seq = 2", "marks ", true},
    {"UPDATE participant SET first_seq = 5 WHERE last_read_seq = 2", "marks ", true},
    {"INSERT INTO task_text VALUES (randomblob(16), 0, 'x')", "task_texts ", true},
    {"UPDATE task_text SET text = 'e'", "task_bytes ", false},
    {"UPDATE task SET result_message_id = randomblob(16)", "results ", false},
    {"UPDATE event SET payload = '{' WHERE cursor = 4", "event_payloads ", false},
    {"UPDATE event SET payload = '{\"seq_num\":2}' WHERE cursor = 4", "event_order ", false},
    {"UPDATE event SET payload = '{\"seq_num\":4}' WHERE cursor = 4", "event_messages ", false},
    {"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)"
     " INSERT INTO reaction SELECT conversation_id, seq_num, 'e' || i, user_id, tenant_id, 0"
     " FROM reaction, n",
     "reaction_kinds ", false},
};

static void what_is_broken_is_found_and_repaired(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
        const struct break_case *c = &breaks[i];

        assert_int_equal(db_savepoint(f->tx.db), R_OK);
        break_it(f, c->sql);
        expect_found(f, c->names);
        assert_int_equal(f->has_repair, c->has_repair);
        assert_int_equal(inspections_repair(&f->tx), R_OK);
        if (c->has_repair) expect_found(f, "");
        db_savepoint_rollback(f->tx.db);
    }
}

static void a_lost_message_becomes_a_tombstone(void **state)
{
    struct fixture *f = *state;
    struct change_filter all = {
        .conversation_id = f->group_id, .after = 3, .seq_max = 99, .limit = 9};
    struct message_filter filter = {
        .conversation_id = f->group_id, .seq_max = 99, .limit = 9, .bytes_max = 99};
    struct change_list changes;
    struct message_list list;

    break_it(f, "DELETE FROM message WHERE seq_num IN (1, 2) AND conversation_id = " GROUP);
    break_it(f, "UPDATE conversation SET seq_counter = 4 WHERE type = 1");
    assert_int_equal(inspections_repair(&f->tx), R_OK);
    expect_found(f, "");
    assert_int_equal(messages_list(&f->tx, &f->tenant_id, &filter, &f->arena, &list), R_OK);
    assert_int_equal(list.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(list.messages[i].seq_num, i + 1);
        assert_int_equal(list.messages[i].deleted_at_ms != 0, i != 2);
    }
    /* Clients that have the messages learn of it. */
    assert_int_equal(changes_list(&f->tx, &f->tenant_id, &all, &f->arena, &changes), R_OK);
    assert_int_equal(changes.count, 3);
}

#define STORE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(what_is_sound_stays_as_it_is),
        STORE_TEST(what_is_broken_is_found_and_repaired),
        STORE_TEST(a_lost_message_becomes_a_tombstone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
