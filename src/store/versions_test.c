// SPDX-License-Identifier: Apache-2.0
/* versions_test.c — what a message said comes back newest first, within a bound of bytes. */
#include "store/versions.h"

#include "store/store_testing.h"

struct fixture {
    struct testing_dir dir;
    struct arena arena;
    struct tx tx;
    struct message message;
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.message = {.message_id = uuid_new(),
                                     .tenant_id = uuid_new(),
                                     .created_at_ms = 1,
                                     .content_text = STR("first")}};
    testing_rows_begin(&f.dir, &f.arena, &f.tx);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    testing_rows_end(&f->dir, &f->arena, &f->tx);
    return 0;
}

static void edit(struct fixture *f, struct str text, uint64_t now_ms)
{
    assert_int_equal(versions_insert(&f->tx, &f->message), R_OK);
    f->message.content_text = text;
    f->message.content_meta = STR("m");
    f->message.edit_count++;
    f->message.edited_at_ms = now_ms;
}

static struct version_list list(struct fixture *f, size_t bytes_max)
{
    struct version_list found;

    assert_int_equal(versions_list(&f->tx, &f->message, bytes_max, &f->arena, &found), R_OK);
    return found;
}

static void the_newest_comes_first(void **state)
{
    struct fixture *f = *state;
    struct version_list found = list(f, SIZE_MAX);

    assert_int_equal(found.count, 0);
    edit(f, STR("second"), 20);
    edit(f, STR("third"), 30);
    assert_int_equal(versions_insert(&f->tx, &f->message), R_OK);
    assert_int_equal(versions_insert(&f->tx, &f->message), R_CONFLICT);
    f->message.edit_count++;
    found = list(f, SIZE_MAX);
    assert_int_equal(found.count, 3);
    assert_false(found.has_more);
    assert_int_equal(found.versions[0].number, 2);
    assert_true(str_equals(found.versions[0].content_text, STR("third")));
    assert_int_equal(found.versions[0].written_at_ms, 30);
    assert_true(str_equals(found.versions[0].content_meta, STR("m")));
    assert_int_equal(found.versions[2].number, 0);
    assert_true(str_equals(found.versions[2].content_text, STR("first")));
    assert_int_equal(found.versions[2].written_at_ms, 1);
    assert_null(found.versions[2].content_meta.at);

    assert_int_equal(versions_delete(&f->tx, &f->message), R_OK);
    assert_int_equal(list(f, SIZE_MAX).count, 0);
}

static void a_list_ends_behind_its_bound(void **state)
{
    struct fixture *f = *state;

    edit(f, STR("second"), 20);
    edit(f, STR("third"), 30);
    assert_int_equal(list(f, 0).count, 1);
    assert_true(list(f, 0).has_more);
    assert_int_equal(list(f, 7).count, 2);
    assert_false(list(f, 7).has_more);
    assert_int_equal(list(f, 6).count, 1);
}

#define STORE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(the_newest_comes_first),
        STORE_TEST(a_list_ends_behind_its_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
