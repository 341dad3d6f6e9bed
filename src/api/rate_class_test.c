// SPDX-License-Identifier: Apache-2.0
/* rate_class_test.c — every row of the table is a route, and the routes have the classes that
 * docs/protocol.md names. */
#include "api/rate_class.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/router.h"

static bool is_route(enum http_method method, const char *path)
{
    for (size_t i = 0; i < router_count(); i++) {
        if (router_get(i)->method == method && strcmp(router_get(i)->path, path) == 0) return true;
    }
    return false;
}

static void every_row_is_a_route(void **state)
{
    enum http_method method = HTTP_METHOD_OTHER;
    const char *path = NULL;
    size_t count = 0;

    (void)state;
    router_init();
    while (rate_class_row(count, &method, &path)) {
        if (!is_route(method, path)) fail_msg("%s is no route (any more)", path);
        count++;
    }
    assert_true(count > 10);
}

static void classes_of_routes(void **state)
{
    static const struct {
        enum http_method method;
        const char *path;
        const char *class;
    } rows[] = {
        {HTTP_METHOD_GET, "/healthz", "free"},
        {HTTP_METHOD_POST, "/v1/chat/messages/send", "send"},
        {HTTP_METHOD_POST, "/v1/chat/messages/sync", "read"},
        {HTTP_METHOD_GET, "/v1/chat/conversations", "read"},
        {HTTP_METHOD_POST, "/v1/chat/conversations", "write"},
        {HTTP_METHOD_PATCH, "/v1/chat/messages/:id", "write"},
        {HTTP_METHOD_PUT, "/v1/chat/presence", "free"},
        {HTTP_METHOD_GET, "/v1/chat/presence", "read"},
        {HTTP_METHOD_POST, "/auth/login", "auth"},
        {HTTP_METHOD_GET, "/v1/messaging/token", "auth"},
        {HTTP_METHOD_GET, "/auth/me", "read"},
        {HTTP_METHOD_GET, "/v1/chat/messages/search", "search"},
        {HTTP_METHOD_DELETE, "/anything/that/comes", "write"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(rate_class_name(rate_class_of(rows[i].method, rows[i].path)),
                            rows[i].class);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_a_route),
        cmocka_unit_test(classes_of_routes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
