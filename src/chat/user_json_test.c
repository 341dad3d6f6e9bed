// SPDX-License-Identifier: Apache-2.0
/* user_json_test.c — the shapes, byte for byte. */
#include "chat/user_json.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ID "0193b0c0-0000-7000-8000-000000000001"
#define TENANT_ID "0193b0c0-0000-7000-8000-000000000002"

static struct buf buf;

static struct json_out *begin(struct json_out *o)
{
    buf_clear(&buf);
    json_out_init(o, &buf);
    return o;
}

static void assert_written(const char *expected)
{
    buf_append_byte(&buf, '\0');
    assert_string_equal(buf.bytes, expected);
}

static struct user ann(void)
{
    struct user user = {.email = STR("ann@example.com"),
                        .email_key = STR("ann@example.com"),
                        .external_id = STR("secret id"),
                        .display_name = STR("Ann"),
                        .password_hash = STR("$argon2id$"),
                        .role = USER_OWNER};

    assert_true(uuid_parse(STR(ID), &user.user_id));
    assert_true(uuid_parse(STR(TENANT_ID), &user.tenant_id));
    return user;
}

static void what_is_absent_is_left_out(void **state)
{
    struct user user = ann();
    struct json_out o;

    (void)state;
    user_json(begin(&o), &user, STR("online"), USER_JSON_PLAIN);
    assert_written("{\"id\":\"" ID "\",\"display_name\":\"Ann\",\"is_agent\":false,"
                   "\"status\":\"online\"}");
}

static void everything_there_is(void **state)
{
    struct user user = ann();
    struct json_out o;

    (void)state;
    user.is_agent = true;
    user.is_default_agent = true;
    user.bio = STR("Hi");
    user.avatar_url = STR("https://a/b.png");
    user.job_title = STR("Chief");
    user.job_role = STR("chief");
    user.language = STR("de");
    user.timezone = STR("UTC");
    user.last_seen_ms = 1;
    user_json(begin(&o), &user, STR("away"), USER_JSON_SELF);
    assert_written("{\"id\":\"" ID "\",\"display_name\":\"Ann\",\"is_agent\":true,"
                   "\"status\":\"away\",\"bio\":\"Hi\",\"avatar_url\":\"https://a/b.png\","
                   "\"last_seen\":\"1970-01-01T00:00:00.001Z\",\"job_title\":\"Chief\","
                   "\"job_role\":\"chief\",\"language\":\"de\",\"is_default_agent\":true,"
                   "\"email\":\"ann@example.com\",\"tenant_id\":\"" TENANT_ID "\","
                   "\"role\":\"owner\",\"timezone\":\"UTC\"}");
}

static void a_tenant(void **state)
{
    struct tenant tenant = {.name = STR("Acme")};
    struct json_out o;

    (void)state;
    assert_true(uuid_parse(STR(TENANT_ID), &tenant.tenant_id));
    tenant_json(begin(&o), &tenant);
    assert_written("{\"id\":\"" TENANT_ID "\",\"name\":\"Acme\"}");
}

static int release(void **state)
{
    (void)state;
    buf_release(&buf);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_absent_is_left_out),
        cmocka_unit_test(everything_there_is),
        cmocka_unit_test(a_tenant),
    };

    buf_init(&buf, 4096);
    return cmocka_run_group_tests(tests, NULL, release);
}
