// SPDX-License-Identifier: Apache-2.0
/* jwks_fuzz.c — any bytes as an issuer's keys: a set of usable ones, or refused with a reason. What
 * is in a set verifies nothing that it did not sign. */
#include <stdlib.h>

#include "auth/jwks.h"
#include "base/check.h"
#include "limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A header and claims of nothing, and a signature as long as one of this algorithm. */
static void verify(enum jws_algorithm algorithm, const cjose_jwk_t *key)
{
    static const char *const heads[] = {
        [JWS_RS256] = "eyJhbGciOiJSUzI1NiJ9", [JWS_ES256] = "eyJhbGciOiJFUzI1NiJ9"};
    size_t signature_chars = algorithm == JWS_RS256 ? 342 : 86;
    json_t *payload = NULL;
    struct jws j = {0};
    const char *reason = NULL;
    struct buf token;

    buf_init(&token, 1024);
    buf_append(&token, str_from(heads[algorithm]));
    buf_append(&token, STR(".e30."));
    for (size_t i = 0; i < signature_chars; i++) buf_append_byte(&token, 'A');
    CHECK(jws_open(&j, buf_str(&token), &reason) == R_OK);
    CHECK(jws_verify(&j, algorithm, key, &payload, &reason) == R_UNAUTHENTICATED);
    jws_close(&j);
    buf_release(&token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum jws_algorithm algorithms[] = {JWS_RS256, JWS_ES256};
    const char *reason = NULL;
    struct jwks *set = NULL;

    if (jwks_parse(&set, str_of((const char *)data, size), &reason) != R_OK) {
        CHECK(reason != NULL && set == NULL);
        return 0;
    }
    CHECK(jwks_count(set) >= 1 && jwks_count(set) <= JWKS_KEYS_MAX);
    CHECK(jwks_find(set, STR("a"), JWS_HS256) == NULL);
    for (size_t i = 0; i < 2; i++) {
        const cjose_jwk_t *named = jwks_find(set, STR("a"), algorithms[i]);
        const cjose_jwk_t *only = jwks_find(set, STR_NONE, algorithms[i]);
        if (named != NULL) verify(algorithms[i], named);
        if (only != NULL) verify(algorithms[i], only);
    }
    jwks_unref(set);
    return 0;
}
