// SPDX-License-Identifier: Apache-2.0
/* issuer_testing.h — keys of an issuer, as it has them and as it publishes them. For tests only. */
#ifndef AUTH_ISSUER_TESTING_H
#define AUTH_ISSUER_TESTING_H

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>

#include "auth/jwks.h"
#include "base/check.h"

#define TESTING_ISSUER_UNUSED __attribute__((unused))

/* Of 2,048 bits, which takes a moment. */
static TESTING_ISSUER_UNUSED cjose_jwk_t *testing_rsa(void)
{
    cjose_err error;
    cjose_jwk_t *key =
        cjose_jwk_create_RSA_random(2048, (const uint8_t *)"\x01\x00\x01", 3, &error);

    CHECK(key != NULL);
    return key;
}

static TESTING_ISSUER_UNUSED cjose_jwk_t *testing_ec(void)
{
    cjose_err error;
    cjose_jwk_t *key = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error);

    CHECK(key != NULL);
    return key;
}

/* The key as a member of a JWKS, with further members: `,"kid":"a"`. Private parts on request. */
static TESTING_ISSUER_UNUSED void testing_append_key(struct buf *out, const cjose_jwk_t *key,
                                                     bool is_private, const char *members)
{
    cjose_err error;
    char *json = cjose_jwk_to_json(key, is_private, &error);
    size_t len;

    CHECK(json != NULL);
    len = strlen(json);
    CHECK(json[len - 1] == '}');
    buf_append(out, str_of(json, len - 1));
    buf_append(out, str_from(members));
    buf_append_byte(out, '}');
    free(json);
}

#endif
