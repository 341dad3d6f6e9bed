// SPDX-License-Identifier: Apache-2.0
/* token_forge.h — a tool of the tests: a keyring whose secret the test knows, and tokens with any
 * header and payload, signed with any secret. It shares no code with token.c, so that a mistake
 * there is not repeated here. Functions are inline because only tests include them. */
#ifndef AUTH_TOKEN_FORGE_H
#define AUTH_TOKEN_FORGE_H

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/keyring.h"
#include "base/buf.h"
#include "base/check.h"

#define FORGE_PATH_BYTES 128u

struct forge {
    char directory[FORGE_PATH_BYTES];
    char key_path[FORGE_PATH_BYTES];
    char key_id[37];
    uint8_t secret[32];
    struct keyring *keyring;
};

/* A key file as an earlier run of the server left it; `id` says when. */
static inline void forge_write_key(const char *directory, const char *id, const uint8_t secret[32],
                                   char path[FORGE_PATH_BYTES])
{
    int file;

    CHECK(snprintf(path, FORGE_PATH_BYTES, "%s/keys", directory) < (int)FORGE_PATH_BYTES);
    (void)mkdir(path, 0700);
    CHECK(snprintf(path, FORGE_PATH_BYTES, "%s/keys/%s.key", directory, id) <
          (int)FORGE_PATH_BYTES);
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(file >= 0);
    CHECK(write(file, secret, 32) == 32);
    CHECK(close(file) == 0);
}

static inline void forge_open(struct forge *f)
{
    struct uuid id = uuid_new();

    *f = (struct forge){.directory = "/tmp/carillon-token-XXXXXX"};
    CHECK(sodium_init() >= 0);
    CHECK(mkdtemp(f->directory) != NULL);
    uuid_write(&id, f->key_id);
    memset(f->secret, 0x42, sizeof f->secret);
    forge_write_key(f->directory, f->key_id, f->secret, f->key_path);
    CHECK(keyring_open(&f->keyring, f->directory, NULL) == R_OK);
}

static inline void forge_close(struct forge *f)
{
    char path[FORGE_PATH_BYTES];

    keyring_close(f->keyring);
    CHECK(unlink(f->key_path) == 0);
    CHECK(snprintf(path, sizeof path, "%s/keys", f->directory) < (int)sizeof path);
    CHECK(rmdir(path) == 0);
    CHECK(rmdir(f->directory) == 0);
}

static inline void forge_append_base64(struct buf *out, const void *bytes, size_t len)
{
    const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    size_t room = sodium_base64_encoded_len(len, variant);
    char *at = buf_reserve(out, room);

    CHECK(at != NULL);
    sodium_bin2base64(at, room, bytes, len, variant);
    buf_commit(out, room - 1);
}

/* Replaces `out` by a token with this header and payload, signed by the forge's secret. */
static inline void forge_token(const struct forge *f, struct str header, struct str payload,
                               struct buf *out)
{
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;

    buf_clear(out);
    forge_append_base64(out, header.at, header.len);
    buf_append_byte(out, '.');
    forge_append_base64(out, payload.at, payload.len);
    crypto_auth_hmacsha256_init(&state, f->secret, sizeof f->secret);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)out->bytes, out->len);
    crypto_auth_hmacsha256_final(&state, mac);
    buf_append_byte(out, '.');
    forge_append_base64(out, mac, sizeof mac);
}

#endif
