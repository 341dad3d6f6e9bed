// SPDX-License-Identifier: Apache-2.0
/* router_test.c — the real table: every row is found, and nothing else is. */
#include "api/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/metrics.h"
#include "api/routes.h"

#define ID_TEXT "019ab000-0000-7000-8000-0123456789ab"
#define OTHER_ID_TEXT "019ab000-0000-7000-8000-ffffffffffff"

static int setup(void **state)
{
    (void)state;
    router_init();
    return 0;
}

static struct route_match find(enum http_method method, const char *path)
{
    struct route_match match;

    router_find(method, str_from(path), &match);
    return match;
}

/* The pattern with ids in the places of its parameters. */
static void write_path(const char *pattern, struct buf *out)
{
    static const char *const ids[] = {ID_TEXT, OTHER_ID_TEXT};
    size_t params_count = 0;

    buf_clear(out);
    while (*pattern != '\0') {
        if (*pattern != ':') {
            buf_append_byte(out, *pattern++);
            continue;
        }
        assert_true(params_count < REQUEST_PARAMS_MAX);
        buf_append(out, str_from(ids[params_count++]));
        pattern += strcspn(pattern, "/");
    }
}

static void test_every_route_is_found(void **state)
{
    struct buf path;

    (void)state;
    assert_true(router_count() > 0 && router_count() <= ROUTER_ROUTES_MAX);
    assert_true(router_count() < METRICS_ROUTES_MAX);
    buf_init(&path, 1000);
    for (size_t i = 0; i < router_count(); i++) {
        const struct route *route = router_get(i);
        struct route_match match;
        write_path(route->path, &path);
        router_find(route->method, buf_str(&path), &match);
        assert_ptr_equal(match.route, route);
        assert_true(match.path_exists);
        assert_true(match.methods & 1u << route->method);
        assert_int_equal(router_number(route), i);
        assert_non_null(route->handler);
        /* With a slash at the end it is another path. */
        buf_append_byte(&path, '/');
        if (path.len > 2) {
            router_find(route->method, buf_str(&path), &match);
            assert_null(match.route);
        }
    }
    buf_release(&path);
}

static void test_chat_routes_have_a_short_path(void **state)
{
    const struct route *route = find(HTTP_METHOD_GET, "/v1/chat/conversations").route;

    (void)state;
    assert_non_null(route);
    assert_ptr_equal(find(HTTP_METHOD_GET, "/conversations").route, route);
    assert_null(find(HTTP_METHOD_GET, "/chat/conversations").route);
    assert_null(find(HTTP_METHOD_GET, "/v1/conversations").route);
    assert_null(find(HTTP_METHOD_GET, "/v1/chat/healthz").route);
}

static void test_parameters_are_ids(void **state)
{
    static const char *const bad[] = {"/conversations//messages",
                                      "/conversations/x/messages",
                                      "/conversations/" ID_TEXT "0/messages",
                                      "/conversations//" ID_TEXT "/messages",
                                      "/conversations/%30" ID_TEXT "/messages",
                                      "/conversations/:id/messages"};
    struct route_match match = find(HTTP_METHOD_GET, "/conversations/" ID_TEXT "/messages");
    struct uuid id;

    (void)state;
    assert_true(uuid_parse(STR(ID_TEXT), &id));
    assert_non_null(match.route);
    assert_true(uuid_equals(&match.params[0], &id));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        match = find(HTTP_METHOD_GET, bad[i]);
        assert_null(match.route);
        assert_false(match.path_exists);
    }
}

static void test_a_name_is_any_text(void **state)
{
    struct route_match match = find(HTTP_METHOD_POST, "/sessions/run 7:\xc3\xa9/events");

    (void)state;
    assert_non_null(match.route);
    assert_true(str_equals(match.name, STR("run 7:\xc3\xa9")));
    assert_null(find(HTTP_METHOD_POST, "/sessions//events").route);
    assert_null(find(HTTP_METHOD_POST, "/sessions/a/b/events").route);
    assert_null(find(HTTP_METHOD_POST, "/v1/messaging/token").name.at);
}

static void test_two_parameters_in_order(void **state)
{
    struct uuid first;
    struct uuid second;
    unsigned found = 0;
    struct buf path;

    (void)state;
    assert_true(uuid_parse(STR(ID_TEXT), &first) && uuid_parse(STR(OTHER_ID_TEXT), &second));
    buf_init(&path, 1000);
    for (size_t i = 0; i < router_count(); i++) {
        struct route_match match;
        const char *colon = strchr(router_get(i)->path, ':');
        if (colon == NULL || strchr(colon + 1, ':') == NULL) continue;
        write_path(router_get(i)->path, &path);
        router_find(router_get(i)->method, buf_str(&path), &match);
        assert_true(uuid_equals(&match.params[0], &first));
        assert_true(uuid_equals(&match.params[1], &second));
        found++;
    }
    assert_true(found > 0);
    buf_release(&path);
}

static void test_methods(void **state)
{
    struct route_match match = find(HTTP_METHOD_DELETE, "/healthz");
    struct buf text;

    (void)state;
    assert_true(match.path_exists);
    assert_null(match.route);
    buf_init(&text, 100);
    router_write_methods(match.methods, &text);
    assert_true(str_equals(buf_str(&text), STR("GET, HEAD, OPTIONS")));
    buf_release(&text);
    match = find(HTTP_METHOD_HEAD, "/healthz");
    assert_ptr_equal(match.route, find(HTTP_METHOD_GET, "/healthz").route);
    assert_null(find(HTTP_METHOD_OTHER, "/healthz").route);
    match = find(HTTP_METHOD_GET, "/nothing/here");
    assert_false(match.path_exists);
    assert_int_equal(match.methods, 0);
}

static void test_odd_paths(void **state)
{
    static const char *const paths[] = {"*",          "",          "//",      "//healthz",
                                        "/healthz/",  "/HEALTHZ",  "healthz", "/healthz//",
                                        "/./healthz", "/metrics/x"};

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_false(find(HTTP_METHOD_GET, paths[i]).path_exists);
}

static void test_names_of_methods(void **state)
{
    (void)state;
    assert_string_equal(router_method_text(HTTP_METHOD_PATCH), "PATCH");
    assert_string_equal(router_method_text(HTTP_METHOD_OTHER), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_route_is_found),
        cmocka_unit_test(test_chat_routes_have_a_short_path),
        cmocka_unit_test(test_parameters_are_ids),
        cmocka_unit_test(test_a_name_is_any_text),
        cmocka_unit_test(test_two_parameters_in_order),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_odd_paths),
        cmocka_unit_test(test_names_of_methods),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
