// SPDX-License-Identifier: Apache-2.0
/* ws_upgrade_test.c — which handshakes pass, and what is answered to the others. */
#include "proto/ws_upgrade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "limits.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct ws_upgrade good_request(void)
{
    return (struct ws_upgrade){
        .method = STR("GET"),
        .is_http_1_1 = true,
        .has_upgrade_token = true,
        .has_connection_token = true,
        .key = STR("dGhlIHNhbXBsZSBub25jZQ=="),
        .keys_count = 1,
        .version = STR("13"),
        .versions_count = 1,
    };
}

static void expect(const struct ws_upgrade *request, enum ws_upgrade_verdict verdict,
                   unsigned status)
{
    assert_int_equal(ws_upgrade_check(request), verdict);
    assert_int_equal(ws_upgrade_status(verdict), status);
    assert_true(strlen(ws_upgrade_text(verdict)) > 1);
}

static void test_good_request(void **state)
{
    struct ws_upgrade request = good_request();

    (void)state;
    expect(&request, WS_UPGRADE_OK, 101);
}

static void test_W21_not_a_handshake(void **state)
{
    struct ws_upgrade request = good_request();

    (void)state;
    request.method = STR("POST");
    expect(&request, WS_UPGRADE_BAD_METHOD, 400);
    request.method = STR("get");
    expect(&request, WS_UPGRADE_BAD_METHOD, 400);
    request = good_request();
    request.is_http_1_1 = false;
    expect(&request, WS_UPGRADE_BAD_HTTP_VERSION, 400);
    request = good_request();
    request.has_upgrade_token = false;
    expect(&request, WS_UPGRADE_NO_UPGRADE_TOKEN, 400);
    request = good_request();
    request.has_connection_token = false;
    expect(&request, WS_UPGRADE_NO_CONNECTION_TOKEN, 400);
    request = good_request();
    request.has_body = true;
    expect(&request, WS_UPGRADE_HAS_BODY, 400);
}

static void test_W20_version(void **state)
{
    static const struct {
        struct str version;
        enum ws_upgrade_verdict verdict;
        unsigned status;
    } cases[] = {
        {{"8", 1}, WS_UPGRADE_UNSUPPORTED_VERSION, 426},
        {{"14", 2}, WS_UPGRADE_UNSUPPORTED_VERSION, 426},
        {{"013", 3}, WS_UPGRADE_UNSUPPORTED_VERSION, 426},
        {{"0", 1}, WS_UPGRADE_UNSUPPORTED_VERSION, 426},
        {{"", 0}, WS_UPGRADE_BAD_VERSION, 400},
        {{"13, 8", 5}, WS_UPGRADE_BAD_VERSION, 400},
        {{"+13", 3}, WS_UPGRADE_BAD_VERSION, 400},
        {{"13\0", 3}, WS_UPGRADE_BAD_VERSION, 400},
    };
    struct ws_upgrade request = good_request();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        request.version = cases[i].version;
        expect(&request, cases[i].verdict, cases[i].status);
    }
    request = good_request();
    request.versions_count = 0;
    expect(&request, WS_UPGRADE_BAD_VERSION, 400);
    request.versions_count = 2;
    expect(&request, WS_UPGRADE_BAD_VERSION, 400);
}

static void test_W20_key(void **state)
{
    static const struct str bad_keys[] = {
        {"", 0},
        {"dGhlIHNhbXBsZSBub25jZQ=", 23},
        {"dGhlIHNhbXBsZSBub25jZQ", 22},
        {"dGhlIHNhbXBsZSBub25jZR==", 24}, /* bits behind the last byte */
        {"dGhlIHNhbXBsZSBub25jZQ==\n", 25},
        {"dGhlIHNhbXBsZSBub25j ZQ=", 24},
        {"dGhlIHNhbXBsZSBub25-ZQ==", 24},   /* the alphabet of URLs */
        {"dGhlIHNhbXBsZSBub25jZQ\0\0", 24}, /* NUL is not padding */
        {"dGhlIHNhbXBsZSBub25jZWU=", 24},   /* 17 bytes */
        {"dGhlIHNhbXBsZSBub25jZWVl", 24},   /* 18 bytes */
        {"dGhlIHNhbXBsZSBub25j====", 24},   /* 15 bytes */
        {"dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ==", 48},
    };
    struct ws_upgrade request = good_request();

    (void)state;
    for (size_t i = 0; i < COUNT(bad_keys); i++) {
        request.key = bad_keys[i];
        expect(&request, WS_UPGRADE_BAD_KEY, 400);
    }
    request = good_request();
    request.keys_count = 0;
    expect(&request, WS_UPGRADE_BAD_KEY, 400);
    request.keys_count = 2;
    expect(&request, WS_UPGRADE_BAD_KEY, 400);
}

/* The example of RFC 6455 section 1.3. */
static void test_accept_key(void **state)
{
    char out[WS_ACCEPT_KEY_BYTES];

    (void)state;
    ws_accept_key(STR("dGhlIHNhbXBsZSBub25jZQ=="), out);
    assert_memory_equal(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", sizeof out);
}

static void test_offered_protocols(void **state)
{
    static const struct {
        struct str header;
        bool is_offered;
    } cases[] = {
        {{"carillon.v1", 11}, true},
        {{"other, carillon.v1", 18}, true},
        {{"carillon.v1,other", 17}, true},
        {{" \tcarillon.v1\t ,", 16}, true},
        {{",,carillon.v1", 13}, true},
        {{"", 0}, false},
        {{",", 1}, false},
        {{"carillon.v", 10}, false},
        {{"carillon.v10", 12}, false},
        {{"Carillon.V1", 11}, false},
        {{"carillon.v1 carillon.v1", 23}, false},
        {{"\"carillon.v1\"", 13}, false},
        {{"carillon.v1;q=1", 15}, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(ws_protocol_is_offered(cases[i].header, STR("carillon.v1")),
                         cases[i].is_offered);
    }
}

/* As large as a header can get. Time is not asserted: with a quadratic scan the loop below would
 * take minutes instead of milliseconds, which nobody overlooks. */
static void test_W23_many_spaces_and_commas_in_linear_time(void **state)
{
    static const char fills[] = {' ', '\t', ',', 'a'};
    static char header[HTTP_HEAD_BYTES_MAX];

    (void)state;
    for (size_t round = 0; round < 1000; round++) {
        memset(header, fills[round % COUNT(fills)], sizeof header);
        assert_false(ws_protocol_is_offered(str_of(header, sizeof header), STR("carillon.v1")));
    }
    memset(header, ' ', sizeof header);
    memcpy(header + sizeof header - 12, ",carillon.v1", 12);
    assert_true(ws_protocol_is_offered(str_of(header, sizeof header), STR("carillon.v1")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_request),
        cmocka_unit_test(test_W21_not_a_handshake),
        cmocka_unit_test(test_W20_version),
        cmocka_unit_test(test_W20_key),
        cmocka_unit_test(test_accept_key),
        cmocka_unit_test(test_offered_protocols),
        cmocka_unit_test(test_W23_many_spaces_and_commas_in_linear_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
