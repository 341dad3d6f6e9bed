// SPDX-License-Identifier: Apache-2.0
/* memberships_test.c — which conversations a user hears, and which of them are small. */
#include "store/memberships.h"

#include "limits.h"
#include "store/accounts_testing.h"
#include "store/conversations.h"
#include "store/participants.h"

/* A conversation of Ann's tenant with her and `others_count` more in it. */
static struct uuid converse(struct testing_accounts *f, size_t others_count)
{
    struct conversation c = {.conversation_id = uuid_new(),
                             .tenant_id = f->ours.tenant_id,
                             .type = CONVERSATION_GROUP,
                             .created_by = f->ann.user_id};
    struct participant p = {
        .conversation_id = c.conversation_id, .tenant_id = c.tenant_id, .user_id = f->ann.user_id};

    assert_int_equal(conversations_insert(&f->tx, &c, NULL), R_OK);
    assert_int_equal(participants_insert(&f->tx, &p), R_OK);
    for (size_t i = 0; i < others_count; i++) {
        struct user user = {
            .user_id = uuid_new(), .tenant_id = f->ours.tenant_id, .display_name = STR("Other")};

        p.user_id = user.user_id;
        assert_int_equal(users_insert(&f->tx, &user), R_OK);
        assert_int_equal(participants_insert(&f->tx, &p), R_OK);
    }
    return c.conversation_id;
}

static struct memberships list_bounded(struct testing_accounts *f, const struct uuid *tenant_id,
                                       size_t participants_max, size_t count_max)
{
    struct memberships_bounds bounds = {.participants_max = participants_max,
                                        .count_max = count_max};
    struct memberships out = {0};

    assert_int_equal(
        memberships_list_bounded(&f->tx, tenant_id, &f->ann.user_id, &bounds, &f->arena, &out),
        R_OK);
    return out;
}

static void all_of_them_are_heard(void **state)
{
    struct testing_accounts *f = *state;
    struct uuid unknown = uuid_new();
    struct memberships out;

    converse(f, 0);
    converse(f, 5);
    assert_int_equal(memberships_list(&f->tx, &f->ours.tenant_id, &f->ann.user_id, &f->arena, &out),
                     R_OK);
    assert_int_equal(out.count, 2);
    assert_int_equal(
        memberships_list(&f->tx, &f->theirs.tenant_id, &f->ann.user_id, &f->arena, &out),
        R_NOT_FOUND);
    assert_int_equal(memberships_list(&f->tx, &f->ours.tenant_id, &unknown, &f->arena, &out),
                     R_NOT_FOUND);
    assert_int_equal(users_disable(&f->tx, &f->ours.tenant_id, &f->ann.user_id), R_OK);
    assert_int_equal(memberships_list(&f->tx, &f->ours.tenant_id, &f->ann.user_id, &f->arena, &out),
                     R_NOT_FOUND);
}

static void places_say_since_when_and_as_what(void **state)
{
    struct testing_accounts *f = *state;
    struct place_list list;
    struct participant p = {.tenant_id = f->ours.tenant_id, .user_id = f->ann.user_id};
    struct memberships heard;

    for (uint64_t i = 0; i < 100; i++) {
        f->next_cursor = i + 1;
        p.conversation_id = converse(f, 0);
    }
    assert_int_equal(participants_set_role(&f->tx, &p, PARTICIPANT_ADMIN), R_OK);
    assert_int_equal(participants_hide(&f->tx, &p, 7), R_OK);
    assert_int_equal(
        memberships_list_places(&f->tx, &f->ours.tenant_id, &f->ann.user_id, &f->arena, &list),
        R_OK);
    assert_int_equal(
        memberships_list(&f->tx, &f->ours.tenant_id, &f->ann.user_id, &f->arena, &heard), R_OK);
    assert_int_equal(list.count, 100);
    assert_int_equal(heard.count, 100);
    for (size_t i = 0; i < 100; i++) {
        const struct place *place = &list.places[i];
        bool is_last = uuid_equals(&place->conversation_id, &p.conversation_id);
        /* In the order of ids, which rise. */
        assert_int_equal(place->joined_cursor, i);
        assert_true(uuid_equals(&place->conversation_id, &heard.conversation_ids[i]));
        assert_int_equal(place->role, is_last ? PARTICIPANT_ADMIN : PARTICIPANT_OWNER);
        assert_int_equal(place->first_seq, is_last ? 8 : 0);
    }
    assert_int_equal(
        memberships_list_places(&f->tx, &f->theirs.tenant_id, &f->ann.user_id, &f->arena, &list),
        R_OK);
    assert_int_equal(list.count, 0);
}

static void large_ones_are_left_out(void **state)
{
    struct testing_accounts *f = *state;
    struct uuid small = converse(f, 2);
    struct memberships out;

    converse(f, 3);
    out = list_bounded(f, &f->ours.tenant_id, 3, 10);
    assert_int_equal(out.count, 1);
    assert_true(uuid_equals(&out.conversation_ids[0], &small));
    assert_int_equal(list_bounded(f, &f->ours.tenant_id, 4, 10).count, 2);
    assert_int_equal(list_bounded(f, &f->ours.tenant_id, 2, 10).count, 0);
    assert_int_equal(list_bounded(f, &f->theirs.tenant_id, 4, 10).count, 0);
}

static void no_more_than_so_many(void **state)
{
    struct testing_accounts *f = *state;
    size_t bound = PRESENCE_CONVERSATIONS_MAX;

    for (size_t i = 0; i < bound; i++) converse(f, 0);
    assert_int_equal(list_bounded(f, &f->ours.tenant_id, 1, bound).count, bound);
    converse(f, 0);
    assert_int_equal(list_bounded(f, &f->ours.tenant_id, 1, bound).count, bound);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ACCOUNTS_TEST(all_of_them_are_heard),
        ACCOUNTS_TEST(places_say_since_when_and_as_what),
        ACCOUNTS_TEST(large_ones_are_left_out),
        ACCOUNTS_TEST(no_more_than_so_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
