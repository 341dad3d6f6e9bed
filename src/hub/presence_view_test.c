// SPDX-License-Identifier: Apache-2.0
/* presence_view_test.c — the last thing told of a user is what a worker answers. */
#include "hub/presence_view.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct uuid ada = {{2}};
static const struct uuid grace = {{3}};

static void tell(struct presence_view *v, const struct uuid *user_id, struct str status,
                 struct str detail)
{
    struct effect effect = {
        .kind = EFFECT_PRESENCE, .id = *user_id, .status = status, .status_detail = detail};

    presence_view_apply(v, &effect);
}

static void expect(const struct presence_view *v, const struct uuid *user_id, struct str status,
                   struct str detail)
{
    struct str known = presence_view_detail(v, user_id);

    assert_true(str_equals(presence_view_status(v, user_id), status));
    assert_true(str_equals(known, detail));
    assert_int_equal(known.at == NULL, detail.at == NULL);
}

static void the_last_one_is_known(void **state)
{
    struct presence_view v;

    (void)state;
    presence_view_init(&v);
    expect(&v, &ada, STR("offline"), STR_NONE);
    tell(&v, &ada, STR("online"), STR_NONE);
    tell(&v, &grace, STR("away"), STR("lunch"));
    expect(&v, &ada, STR("online"), STR_NONE);
    expect(&v, &grace, STR("away"), STR("lunch"));
    tell(&v, &ada, STR("busy"), STR("a call"));
    expect(&v, &ada, STR("busy"), STR("a call"));
    tell(&v, &ada, STR("offline"), STR("until Monday"));
    expect(&v, &ada, STR("offline"), STR("until Monday"));
    tell(&v, &ada, STR("offline"), STR_NONE);
    expect(&v, &ada, STR("offline"), STR_NONE);
    assert_int_equal(map_count(&v.users), 1);
    presence_view_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_one_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
