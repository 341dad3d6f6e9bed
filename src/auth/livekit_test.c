// SPDX-License-Identifier: Apache-2.0
/* livekit_test.c — join tokens as LiveKit reads them, and webhooks that it did not send. The forge
 * signs with the same secret and shares no code with livekit.c. */
#include "auth/livekit.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "auth/jws.h"
#include "auth/token_forge.h"
#include "limits.h"

#define NOW_SEC 1800000000u
#define BODY "{\"event\":\"room_finished\",\"room\":{\"name\":\"r\"}}"
#define HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"

static struct forge forge;
static struct livekit *lk;
static struct buf token;

static int set_up(void **state)
{
    struct fault fault = {0};
    struct livekit_options options = {.url = STR("wss://lk.example.com"), .api_key = STR("APIkey")};

    (void)state;
    CHECK(sodium_init() >= 0);
    memset(forge.secret, 'B', sizeof forge.secret);
    options.api_secret = str_of((const char *)forge.secret, sizeof forge.secret);
    assert_int_equal(livekit_new(&lk, &options, &fault), R_OK);
    buf_init(&token, 65536);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    livekit_free(lk);
    buf_release(&token);
    return 0;
}

static const char *hash_of(struct str body)
{
    static char text[64];
    unsigned char hash[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(hash, (const unsigned char *)body.at, body.len);
    sodium_bin2base64(text, sizeof text, hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
    return text;
}

/* The token of a webhook with these claims beside the hash of BODY. */
static struct str webhook_token(const char *header, const char *claims)
{
    char payload[1024];
    int len =
        snprintf(payload, sizeof payload, "{%s,\"sha256\":\"%s\"}", claims, hash_of(STR(BODY)));

    assert_in_range(len, 1, sizeof payload - 1);
    forge_token(&forge, str_from(header), str_of(payload, (size_t)len), &token);
    return buf_str(&token);
}

/* NULL when it was accepted. */
static const char *verdict(struct str authorization, struct str body)
{
    const char *reason = NULL;
    enum result result =
        livekit_verify_webhook(lk, authorization, body, NOW_SEC * UINT64_C(1000), &reason);

    assert_true((result == R_OK) == (reason == NULL));
    return reason;
}

#define GOOD "\"iss\":\"APIkey\",\"nbf\":1800000000,\"exp\":1800000300"

static void a_join_token_is_for_one_room_and_a_short_time(void **state)
{
    struct livekit_grant grant = {.room_name = STR("room one"),
                                  .user_id = uuid_new(),
                                  .display_name = STR("Ada \"the first\""),
                                  .now_sec = NOW_SEC,
                                  .ttl_sec = 600};
    char identity[UUID_TEXT_LEN];
    const char *reason = NULL;
    json_t *claims = NULL;
    struct jws j = {0};
    cjose_err error;
    cjose_jwk_t *key = cjose_jwk_create_oct_spec(forge.secret, sizeof forge.secret, &error);
    const json_t *video;

    (void)state;
    buf_clear(&token);
    livekit_sign(lk, &grant, &token);
    assert_int_equal(jws_open(&j, buf_str(&token), &reason), R_OK);
    assert_int_equal(jws_check_header(&j, JWS_HS256, &reason), R_OK);
    assert_int_equal(jws_verify(&j, JWS_HS256, key, &claims, &reason), R_OK);
    uuid_write(&grant.user_id, identity);
    assert_true(jws_text_is(claims, "iss", STR("APIkey")));
    assert_true(jws_text_is(claims, "sub", str_of(identity, sizeof identity)));
    assert_true(jws_text_is(claims, "name", grant.display_name));
    assert_int_equal(json_integer_value(json_object_get(claims, "nbf")), NOW_SEC);
    assert_int_equal(json_integer_value(json_object_get(claims, "exp")), NOW_SEC + 600);
    video = json_object_get(claims, "video");
    assert_true(jws_text_is(video, "room", grant.room_name));
    assert_true(json_is_true(json_object_get(video, "roomJoin")));
    assert_null(json_object_get(video, "roomAdmin"));
    assert_null(json_object_get(claims, "sha256"));
    json_decref(claims);
    jws_close(&j);
    cjose_jwk_release(key);
}

static void a_webhook_is_taken_with_and_without_bearer(void **state)
{
    struct str text = webhook_token(HEADER, GOOD);
    struct buf bearer;

    (void)state;
    assert_null(verdict(text, STR(BODY)));
    buf_init(&bearer, 65536);
    buf_append(&bearer, STR("bearer "));
    buf_append(&bearer, text);
    assert_null(verdict(buf_str(&bearer), STR(BODY)));
    buf_release(&bearer);
    assert_null(verdict(webhook_token("{\"alg\":\"HS256\"}", GOOD), STR(BODY)));
}

static void a16_every_byte_of_the_body_counts(void **state)
{
    struct str text = webhook_token(HEADER, GOOD);
    char body[] = BODY;

    (void)state;
    for (size_t i = 0; i < sizeof body - 1; i++) {
        body[i] ^= 1;
        assert_string_equal(verdict(text, str_of(body, sizeof body - 1)), "body_hash");
        body[i] ^= 1;
    }
    assert_string_equal(verdict(text, str_of(body, sizeof body - 2)), "body_hash");
    assert_string_equal(verdict(text, STR("")), "body_hash");
    /* The same JSON in another order. */
    assert_string_equal(
        verdict(text, STR("{\"room\":{\"name\":\"r\"},\"event\":\"room_finished\"}")), "body_hash");
}

static void a16_what_the_server_did_not_sign(void **state)
{
    (void)state;
    assert_string_equal(verdict(STR(""), STR(BODY)), "parts");
    assert_string_equal(verdict(STR("Bearer "), STR(BODY)), "parts");
    assert_string_equal(verdict(webhook_token("{\"alg\":\"none\"}", GOOD), STR(BODY)), "algorithm");
    assert_string_equal(verdict(webhook_token("{\"alg\":\"HS384\"}", GOOD), STR(BODY)),
                        "algorithm");
    forge.secret[0] ^= 1;
    webhook_token(HEADER, GOOD);
    forge.secret[0] ^= 1;
    assert_string_equal(verdict(buf_str(&token), STR(BODY)), "signature");
}

static void a16_times_and_issuer(void **state)
{
    static const struct {
        const char *claims;
        const char *reason;
    } cases[] = {
        {"\"iss\":\"APIkey\"", "expiry"},
        {"\"iss\":\"APIkey\",\"exp\":\"1800000300\"", "expiry"},
        {"\"iss\":\"APIkey\",\"exp\":1800000300.5", "expiry"},
        {"\"iss\":\"APIkey\",\"exp\":1799999939", "expired"},
        {"\"iss\":\"APIkey\",\"exp\":1799999940", NULL},
        {"\"iss\":\"APIkey\",\"exp\":1800086400", NULL}, /* LIVEKIT_WEBHOOK_TTL_SEC_MAX */
        {"\"iss\":\"APIkey\",\"exp\":1800086401", "expiry"},
        {"\"iss\":\"APIkey\",\"exp\":1800000300,\"nbf\":1800000060", NULL},
        {"\"iss\":\"APIkey\",\"exp\":1800000300,\"nbf\":1800000061", "not_before"},
        {"\"iss\":\"APIkey\",\"exp\":1800000300,\"nbf\":\"now\"", "not_before"},
        {"\"iss\":\"APIother\",\"exp\":1800000300", "issuer"},
        {"\"iss\":null,\"exp\":1800000300", "issuer"},
    };

    (void)state;
    assert_int_equal(LIVEKIT_WEBHOOK_TTL_SEC_MAX, 86400);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *reason = verdict(webhook_token(HEADER, cases[i].claims), STR(BODY));

        if (cases[i].reason == NULL) assert_null(reason);
        else assert_string_equal(reason, cases[i].reason);
    }
}

/* A6: users hold these. */
static void a6_a_join_token_is_no_webhook(void **state)
{
    struct livekit_grant grant = {.room_name = STR("r"),
                                  .user_id = uuid_new(),
                                  .display_name = STR("Ada"),
                                  .now_sec = NOW_SEC,
                                  .ttl_sec = 600};

    (void)state;
    buf_clear(&token);
    livekit_sign(lk, &grant, &token);
    assert_string_equal(verdict(buf_str(&token), STR(BODY)), "body_hash");
    assert_string_equal(verdict(buf_str(&token), STR("")), "body_hash");
}

static void a_part_of_the_options_is_none(void **state)
{
    static const struct {
        struct livekit_options options;
        const char *missing;
    } cases[] = {
        {{.api_key = {"k", 1}, .api_secret = {"s", 1}}, "livekit_url is not set"},
        {{.url = {"ws://x", 6}, .api_secret = {"s", 1}}, "livekit_api_key is not set"},
        {{.url = {"ws://x", 6}, .api_key = {"k", 1}}, "livekit_api_secret is not set"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct livekit *none = NULL;
        struct fault fault = {0};

        assert_int_equal(livekit_new(&none, &cases[i].options, &fault), R_INVALID);
        assert_non_null(strstr(fault.text, cases[i].missing));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_join_token_is_for_one_room_and_a_short_time),
        cmocka_unit_test(a_webhook_is_taken_with_and_without_bearer),
        cmocka_unit_test(a16_every_byte_of_the_body_counts),
        cmocka_unit_test(a16_what_the_server_did_not_sign),
        cmocka_unit_test(a16_times_and_issuer),
        cmocka_unit_test(a6_a_join_token_is_no_webhook),
        cmocka_unit_test(a_part_of_the_options_is_none),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
