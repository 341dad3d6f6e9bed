// SPDX-License-Identifier: Apache-2.0
/* exports_test.c — every list is there, with what is the user's and without secrets. */
#include "store/exports.h"

#include <jansson.h>

#include "store/accounts_testing.h"
#include "store/conversations.h"
#include "store/messages.h"
#include "store/participants.h"

struct export
{
    size_t lists_count;
    size_t objects_count;
    char list[32];
    char text[8192]; /* all of it, one object in a line after the name of its list */
};

static void begin_list(void *arg, const char *list)
{
    struct export *e = arg;

    e->lists_count++;
    snprintf(e->list, sizeof e->list, "%s", list);
}

static void take(void *arg, size_t place, struct str object)
{
    struct export *e = arg;
    json_t *parsed = json_loadb(object.at, object.len, 0, NULL);
    size_t len = strlen(e->text);

    (void)place;
    assert_true(json_is_object(parsed));
    json_decref(parsed);
    e->objects_count++;
    snprintf(e->text + len, sizeof e->text - len, "%s %.*s\n", e->list, STR_ARGS(object));
}

static void end_list(void *arg)
{
    (void)arg;
}

static struct export run(struct testing_accounts *f, const struct uuid *tenant_id)
{
    struct export e = {0};
    struct export_sink sink = {begin_list, take, end_list, &e};

    assert_int_equal(exports_run(&f->tx, tenant_id, &f->ann.user_id, &sink), R_OK);
    assert_int_equal(e.lists_count, 11);
    return e;
}

static void expect(const struct export *e, const char *text)
{
    if (strstr(e->text, text) == NULL) fail_msg("%s is not in %s", text, e->text);
}

static void what_is_known_of_a_user_is_handed_out(void **state)
{
    struct testing_accounts *f = *state;
    struct conversation c = {.conversation_id = uuid_new(),
                             .tenant_id = f->ours.tenant_id,
                             .type = CONVERSATION_GROUP,
                             .name = STR("Team \"A\""),
                             .created_by = f->ann.user_id};
    struct message m = {.message_id = uuid_new(),
                        .conversation_id = c.conversation_id,
                        .tenant_id = c.tenant_id,
                        .seq_num = 1,
                        .sender_id = f->ann.user_id,
                        .content_text = STR("a \"word\"\n"),
                        .created_at_ms = UINT64_C(1800000000123)};
    struct message other = m;
    char id[UUID_TEXT_LEN];
    char expected[64];
    struct export e;

    assert_int_equal(conversations_insert(&f->tx, &c, NULL), R_OK);
    assert_int_equal(
        participants_insert(&f->tx, &(struct participant){.conversation_id = c.conversation_id,
                                                          .tenant_id = c.tenant_id,
                                                          .user_id = f->ann.user_id}),
        R_OK);
    assert_int_equal(messages_insert(&f->tx, &m), R_OK);
    other.message_id = uuid_new();
    other.seq_num = 2;
    other.sender_id = uuid_new();
    other.content_text = STR("of somebody else");
    assert_int_equal(messages_insert(&f->tx, &other), R_OK);

    e = run(f, &f->ours.tenant_id);
    assert_int_equal(e.objects_count, 3);
    uuid_write(&f->ann.user_id, id);
    snprintf(expected, sizeof expected, "users {\"id\":\"%.*s\"", (int)sizeof id, id);
    expect(&e, expected);
    expect(&e, "\"email\":\"Ann@Example.com\"");
    expect(&e, "conversations {");
    expect(&e, "\"name\":\"Team \\\"A\\\"\"");
    expect(&e, "\"role\":\"owner\"");
    expect(&e, "\"content_text\":\"a \\\"word\\\"\\n\"");
    expect(&e, "\"created_at\":\"2027-01-15T08:00:00.123Z\"");
    assert_null(strstr(e.text, "argon2id"));
    assert_null(strstr(e.text, "of somebody else"));
    assert_null(strstr(e.text, "null"));
    e = run(f, &f->theirs.tenant_id);
    assert_int_equal(e.objects_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACCOUNTS_TEST(what_is_known_of_a_user_is_handed_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
