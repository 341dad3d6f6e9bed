// SPDX-License-Identifier: Apache-2.0
/* accounts_testing.h — what the tests of the account tables share: an open transaction on a
 * migrated database with two tenants and a user. For tests only. */
#ifndef STORE_ACCOUNTS_TESTING_H
#define STORE_ACCOUNTS_TESTING_H

#include "store/store_testing.h"
#include "store/tenants.h"
#include "store/users.h"

#define TESTING_NOW_MS UINT64_C(1800000000000)

struct testing_accounts {
    struct testing_dir dir;
    struct db *db;
    struct tx tx;
    uint64_t next_cursor;
    struct arena arena;
    struct tenant ours;
    struct tenant theirs;
    struct user ann; /* of ours, with everything that a user can have */
};

static TESTING_UNUSED int testing_accounts_make(void **state)
{
    struct testing_accounts *f = calloc(1, sizeof *f);

    assert_non_null(f);
    testing_dir_make(&f->dir);
    f->db = testing_db_open_migrated(&f->dir);
    f->next_cursor = 1;
    f->tx = (struct tx){.db = f->db,
                        .now_ms = TESTING_NOW_MS,
                        .commit = commit_new(),
                        .next_cursor = &f->next_cursor};
    arena_init(&f->arena);
    f->ours = (struct tenant){.tenant_id = uuid_new(), .name = STR("Ours")};
    f->theirs = (struct tenant){.tenant_id = uuid_new(), .name = STR("Theirs")};
    f->ann = (struct user){.user_id = uuid_new(),
                           .tenant_id = f->ours.tenant_id,
                           .email = STR("Ann@Example.com"),
                           .email_key = STR("ann@example.com"),
                           .external_id = STR("u-1"),
                           .display_name = STR("Ann"),
                           .password_hash = STR("$argon2id$ann"),
                           .role = USER_OWNER,
                           .avatar_url = STR("https://example.com/a.png"),
                           .bio = STR("Hello"),
                           .timezone = STR("Europe/Berlin"),
                           .language = STR("de"),
                           .job_title = STR("Chief"),
                           .job_role = STR("chief")};
    assert_int_equal(db_begin(f->db), R_OK);
    assert_int_equal(tenants_insert(&f->tx, &f->ours), R_OK);
    assert_int_equal(tenants_insert(&f->tx, &f->theirs), R_OK);
    assert_int_equal(users_insert(&f->tx, &f->ann), R_OK);
    *state = f;
    return 0;
}

static TESTING_UNUSED int testing_accounts_remove(void **state)
{
    struct testing_accounts *f = *state;

    db_rollback(f->db);
    commit_unref(f->tx.commit);
    arena_release(&f->arena);
    db_close(f->db);
    testing_dir_remove(&f->dir);
    free(f);
    return 0;
}

#define ACCOUNTS_TEST(test) \
    cmocka_unit_test_setup_teardown(test, testing_accounts_make, testing_accounts_remove)

/* How many effects of the transaction revoke this id. */
static TESTING_UNUSED int testing_revocations(const struct testing_accounts *f,
                                              enum effect_kind kind, const struct uuid *id)
{
    int count = 0;

    for (const struct effect *e = f->tx.commit->first; e != NULL; e = e->next) {
        count += e->kind == kind && uuid_equals(&e->id, id);
    }
    return count;
}

static TESTING_UNUSED void testing_assert_text(struct str text, const char *expected)
{
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.at, expected, text.len);
}

#endif
