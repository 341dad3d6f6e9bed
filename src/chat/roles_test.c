// SPDX-License-Identifier: Apache-2.0
/* roles_test.c — the whole table of rights. */
#include "chat/roles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    enum participant_role role;
    const char *name;
    bool internal, add, remove, remove_admins, promote, rename, delete, moderate, end_calls;
} rows[] = {
    {PARTICIPANT_OWNER, "owner", true, true, true, true, true, true, true, true, true},
    {PARTICIPANT_ADMIN, "admin", true, true, true, false, false, true, true, true, true},
    {PARTICIPANT_MEMBER, "member", false, false, false, false, false, false, false, false, false},
    {PARTICIPANT_AGENT, "agent", true, false, false, false, false, false, false, false, false},
};

static void every_role_has_its_rights(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(role_has(rows[i].role, RIGHT_INTERNAL), rows[i].internal);
        assert_int_equal(role_has(rows[i].role, RIGHT_ADD), rows[i].add);
        assert_int_equal(role_has(rows[i].role, RIGHT_REMOVE), rows[i].remove);
        assert_int_equal(role_has(rows[i].role, RIGHT_REMOVE_ADMINS), rows[i].remove_admins);
        assert_int_equal(role_has(rows[i].role, RIGHT_PROMOTE), rows[i].promote);
        assert_int_equal(role_has(rows[i].role, RIGHT_RENAME), rows[i].rename);
        assert_int_equal(role_has(rows[i].role, RIGHT_DELETE), rows[i].delete);
        assert_int_equal(role_has(rows[i].role, RIGHT_MODERATE), rows[i].moderate);
        assert_int_equal(role_has(rows[i].role, RIGHT_END_CALLS), rows[i].end_calls);
        assert_true(str_equals(role_name(rows[i].role), str_from(rows[i].name)));
    }
}

static void a_refusal_says_who_may(void **state)
{
    struct problem problem = {0};

    (void)state;
    assert_int_equal(role_require(PARTICIPANT_ADMIN, RIGHT_ADD, NULL, &problem), R_OK);
    assert_int_equal(problem.result, R_OK);
    assert_int_equal(role_require(PARTICIPANT_MEMBER, RIGHT_INTERNAL, "is_internal", &problem),
                     R_FORBIDDEN);
    assert_string_equal(problem.code, "not_allowed");
    assert_string_equal(problem.field, "is_internal");
    assert_non_null(strstr(problem.text, "agents, owners and admins"));
}

static void removing_leaders_takes_more(void **state)
{
    (void)state;
    assert_int_equal(role_right_to_remove(PARTICIPANT_OWNER), RIGHT_REMOVE_ADMINS);
    assert_int_equal(role_right_to_remove(PARTICIPANT_ADMIN), RIGHT_REMOVE_ADMINS);
    assert_int_equal(role_right_to_remove(PARTICIPANT_MEMBER), RIGHT_REMOVE);
    assert_int_equal(role_right_to_remove(PARTICIPANT_AGENT), RIGHT_REMOVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_role_has_its_rights),
        cmocka_unit_test(a_refusal_says_who_may),
        cmocka_unit_test(removing_leaders_takes_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
