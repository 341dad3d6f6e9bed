// SPDX-License-Identifier: Apache-2.0
/* keyring_test.c — keys on a real disk: made, found again, rotated, retired; case A8. */
#include "auth/keyring.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "auth/token.h"
#include "auth/token_forge.h"
#include "base/clock.h"
#include "base/uuid.h"
#include "limits.h"

#define DAY_MS (24u * 60u * 60u * UINT64_C(1000))

static char directory[] = "/tmp/carillon-keyring-XXXXXX";

static void clear(void)
{
    char path[512];
    struct dirent *entry;
    DIR *folder;

    CHECK(snprintf(path, sizeof path, "%s/keys", directory) > 0);
    folder = opendir(path);
    if (folder == NULL) return;
    while ((entry = readdir(folder)) != NULL) {
        CHECK(snprintf(path, sizeof path, "%s/keys/%s", directory, entry->d_name) > 0);
        (void)unlink(path);
    }
    closedir(folder);
    CHECK(snprintf(path, sizeof path, "%s/keys", directory) > 0);
    CHECK(rmdir(path) == 0);
}

static int make_directory(void **state)
{
    (void)state;
    return sodium_init() >= 0 && mkdtemp(directory) != NULL ? 0 : -1;
}

static int drop_directory(void **state)
{
    (void)state;
    clear();
    return rmdir(directory);
}

static int clear_before(void **state)
{
    (void)state;
    clear();
    return 0;
}

static unsigned files_count(void)
{
    char path[512];
    unsigned count = 0;
    struct dirent *entry;
    DIR *folder;

    snprintf(path, sizeof path, "%s/keys", directory);
    folder = opendir(path);
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

/* The id of a key that was made so many days ago; `n` tells those of one day apart. */
static void id_of_age(unsigned days, unsigned n, char out[UUID_TEXT_LEN + 1])
{
    uint64_t ms = clock_wall_ms() - days * DAY_MS;
    struct uuid id = {.bytes = {[6] = 0x70, [8] = 0x80, [15] = (uint8_t)n}};

    for (size_t i = 0; i < 6; i++) id.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    uuid_write(&id, out);
    out[UUID_TEXT_LEN] = '\0';
}

static void put_key(unsigned days, unsigned n, char path[FORGE_PATH_BYTES])
{
    char id[UUID_TEXT_LEN + 1];
    uint8_t secret[32];

    memset(secret, (int)n, sizeof secret);
    id_of_age(days, n, id);
    forge_write_key(directory, id, secret, path);
}

static struct keyring *open_ring(void)
{
    struct keyring *k = NULL;
    struct fault fault = {0};

    if (keyring_open(&k, directory, &fault) != R_OK) fail_msg("%s", fault.text);
    return k;
}

static void test_a_first_key_is_made_and_found_again(void **state)
{
    char newest[UUID_TEXT_LEN];
    struct stat about;
    struct keyring *k = open_ring();
    char path[512];

    (void)state;
    memcpy(newest, keyring_newest(k).id.at, sizeof newest);
    keyring_close(k);
    assert_int_equal(files_count(), 1);
    snprintf(path, sizeof path, "%s/keys", directory);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
    snprintf(path, sizeof path, "%s/keys/%.*s.key", directory, (int)sizeof newest, newest);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(about.st_size, 32);

    k = open_ring();
    assert_memory_equal(newest, keyring_newest(k).id.at, sizeof newest);
    assert_int_equal(files_count(), 1);
    keyring_close(k);
}

static void test_a8_an_old_key_still_verifies_after_rotation(void **state)
{
    struct token_claims claims = {.user_id = uuid_new(),
                                  .tenant_id = uuid_new(),
                                  .token_id = uuid_new(),
                                  .issued_at_sec = 1800000000,
                                  .expires_at_sec = 1800000900};
    char path[FORGE_PATH_BYTES];
    const char *reason = NULL;
    struct token_claims got;
    struct keyring *k;
    struct buf token;

    (void)state;
    put_key(29, 1, path);
    buf_init(&token, TOKEN_BYTES_MAX);
    k = open_ring();
    assert_int_equal(files_count(), 1);
    assert_int_equal(token_sign(k, TOKEN_ACCESS, &claims, &token), R_OK);
    keyring_close(k);

    /* A newer key takes over the signing; the token is as good as before. */
    put_key(1, 2, path);
    k = open_ring();
    assert_int_equal(
        token_verify(k, TOKEN_ACCESS, buf_str(&token), UINT64_C(1800000000000), &got, &reason),
        R_OK);
    keyring_close(k);

    /* Its key is the fourth, and goes. */
    put_key(0, 3, path);
    put_key(0, 4, path);
    k = open_ring();
    assert_int_equal(
        token_verify(k, TOKEN_ACCESS, buf_str(&token), UINT64_C(1800000000000), &got, &reason),
        R_UNAUTHENTICATED);
    assert_string_equal(reason, "unknown_key");
    assert_int_equal(files_count(), KEYRING_KEYS_MAX);
    keyring_close(k);
    buf_release(&token);
}

static void test_a_key_older_than_a_month_is_replaced(void **state)
{
    char path[FORGE_PATH_BYTES];
    char id[UUID_TEXT_LEN + 1];
    struct keyring_key key;
    struct keyring *k;

    (void)state;
    put_key(KEYRING_ROTATE_DAYS + 1, 1, path);
    id_of_age(KEYRING_ROTATE_DAYS + 1, 1, id);
    k = open_ring();
    assert_int_equal(files_count(), 2);
    assert_memory_not_equal(keyring_newest(k).id.at, id, 8);
    keyring_close(k);

    /* At the bound: two old ones stay beside the new one. */
    clear();
    for (unsigned i = 1; i <= KEYRING_KEYS_MAX; i++) put_key(100 - i, i, path);
    k = open_ring();
    assert_int_equal(files_count(), KEYRING_KEYS_MAX);
    id_of_age(99, 1, id);
    assert_false(keyring_find(k, str_from(id), &key));
    keyring_close(k);
}

static void test_a_key_that_others_may_read_is_refused(void **state)
{
    char path[FORGE_PATH_BYTES];
    struct keyring *k = NULL;
    struct fault fault = {0};

    (void)state;
    put_key(1, 1, path);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(keyring_open(&k, directory, &fault), R_INVALID);
    assert_non_null(strstr(fault.text, "600"));
    assert_null(k);
}

static void test_a_key_file_that_is_none_is_refused(void **state)
{
    char path[FORGE_PATH_BYTES];
    struct keyring *k = NULL;
    struct fault fault = {0};

    (void)state;
    put_key(1, 1, path);
    assert_int_equal(truncate(path, 31), 0);
    assert_int_equal(keyring_open(&k, directory, &fault), R_CORRUPT);
    assert_int_equal(truncate(path, 33), 0);
    assert_int_equal(keyring_open(&k, directory, &fault), R_CORRUPT);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/zero", path), 0);
    assert_int_equal(keyring_open(&k, directory, &fault), R_IO);
}

static void test_a_crash_leaves_a_whole_key_or_none(void **state)
{
    char path[FORGE_PATH_BYTES];
    char tmp_path[FORGE_PATH_BYTES + 8];

    (void)state;
    put_key(1, 1, path);
    memcpy(tmp_path, path, strlen(path) - 3);
    memcpy(tmp_path + strlen(path) - 3, "tmp", 4);
    assert_int_equal(rename(path, tmp_path), 0);
    keyring_close(open_ring());
    assert_int_equal(files_count(), 1);
    assert_int_equal(access(tmp_path, F_OK), -1);
}

static void test_other_files_are_left_alone(void **state)
{
    char path[FORGE_PATH_BYTES];
    char other[FORGE_PATH_BYTES + 8];

    (void)state;
    put_key(1, 1, path);
    snprintf(other, sizeof other, "%s/keys/README", directory);
    assert_int_equal(symlink("nowhere", other), 0);
    keyring_close(open_ring());
    assert_int_equal(files_count(), 2);
}

static void test_a_missing_directory_is_named(void **state)
{
    struct keyring *k = NULL;
    struct fault fault = {0};

    (void)state;
    assert_int_equal(keyring_open(&k, "/nonexistent/carillon", &fault), R_IO);
    assert_non_null(strstr(fault.text, "/nonexistent/carillon"));
    keyring_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_first_key_is_made_and_found_again, clear_before),
        cmocka_unit_test_setup(test_a8_an_old_key_still_verifies_after_rotation, clear_before),
        cmocka_unit_test_setup(test_a_key_older_than_a_month_is_replaced, clear_before),
        cmocka_unit_test_setup(test_a_key_that_others_may_read_is_refused, clear_before),
        cmocka_unit_test_setup(test_a_key_file_that_is_none_is_refused, clear_before),
        cmocka_unit_test_setup(test_a_crash_leaves_a_whole_key_or_none, clear_before),
        cmocka_unit_test_setup(test_other_files_are_left_alone, clear_before),
        cmocka_unit_test_setup(test_a_missing_directory_is_named, clear_before),
    };

    return cmocka_run_group_tests(tests, make_directory, drop_directory);
}
