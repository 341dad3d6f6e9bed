// SPDX-License-Identifier: Apache-2.0
/* token_fuzz.c — token_verify with bytes of an attacker. The input is tried as a token, and, cut
 * at its first newline, as the rest of the header (after the key id, which differs in each run)
 * and the payload of one that is rightly signed, so that the fuzzer gets past the signature too. */
#include "auth/token.h"
#include "auth/token_forge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void verify(const struct forge *forge, struct str token)
{
    const char *reason = NULL;
    struct token_claims claims;

    for (unsigned purpose = TOKEN_ACCESS; purpose <= TOKEN_MESSAGING; purpose++) {
        if (token_verify(forge->keyring, (enum token_purpose)purpose, token, 1800000000000u,
                         &claims, &reason) == R_OK) {
            CHECK(!uuid_is_nil(&claims.user_id));
            CHECK(!uuid_is_nil(&claims.tenant_id));
            CHECK(!uuid_is_nil(&claims.token_id));
        } else {
            CHECK(reason != NULL);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct forge forge;
    struct str input = str_of((const char *)data, size);
    size_t cut = str_find(input, '\n');
    struct buf header;
    struct buf token;

    if (forge.keyring == NULL) forge_open(&forge);
    verify(&forge, input);
    buf_init(&token, 4 * size + 256);
    buf_init(&header, size + 64);
    buf_append_format(&header, "{\"kid\":\"%s\",", forge.key_id);
    buf_append(&header, str_slice(input, 0, cut));
    forge_token(&forge, buf_str(&header), str_slice(input, cut + 1, size), &token);
    verify(&forge, buf_str(&token));
    buf_release(&header);
    buf_release(&token);
    return 0;
}
