// SPDX-License-Identifier: Apache-2.0
/* cursor.c — signed first, then hidden under the signature: the same place gives the same text, two
 * places next to each other give texts that have nothing in common, and what does not verify is
 * refused with a chance of 2^-64 to be wrong. SipHash is enough of a signature for something that
 * gives no rights, and costs some 20 ns per event. */
#include "hub/cursor.h"

#include <sodium.h>

#include "base/check.h"

#define TAG_BYTES crypto_shorthash_BYTES
#define CURSOR_BYTES (TAG_BYTES + 8u)

static_assert(crypto_shorthash_KEYBYTES == 16 && TAG_BYTES == 8, "SipHash-2-4");
static_assert(sodium_base64_ENCODED_LEN(CURSOR_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING) ==
                  CURSOR_TEXT_LEN + 1,
              "base64 without padding; sodium adds a NUL");

void cursor_key_init(struct cursor_key *key, const struct uuid *epoch)
{
    static const char purpose[] = "carillon cursor";
    uint8_t both[32];

    CHECK(crypto_generichash(both, sizeof both, epoch->bytes, sizeof epoch->bytes,
                             (const unsigned char *)purpose, sizeof purpose - 1) == 0);
    memcpy(key->sign, both, sizeof key->sign);
    memcpy(key->hide, both + sizeof key->sign, sizeof key->hide);
}

static void put_u64(uint8_t *out, uint64_t value)
{
    for (int i = 7; i >= 0; i--) {
        out[i] = (uint8_t)value;
        value >>= 8;
    }
}

static void sign(const struct cursor_key *key, const struct uuid *tenant_id, const uint8_t place[8],
                 uint8_t tag[TAG_BYTES])
{
    uint8_t signed_bytes[8 + sizeof tenant_id->bytes];

    memcpy(signed_bytes, place, 8);
    memcpy(signed_bytes + 8, tenant_id->bytes, sizeof tenant_id->bytes);
    crypto_shorthash(tag, signed_bytes, sizeof signed_bytes, key->sign);
}

/* Hide the place, or show it again: the same. */
static void mask(const struct cursor_key *key, const uint8_t tag[TAG_BYTES], uint8_t place[8])
{
    uint8_t pad[crypto_shorthash_BYTES];

    crypto_shorthash(pad, tag, TAG_BYTES, key->hide);
    for (size_t i = 0; i < sizeof pad; i++) place[i] ^= pad[i];
}

void cursor_write(const struct cursor_key *key, const struct uuid *tenant_id, uint64_t cursor,
                  char *out)
{
    uint8_t bytes[CURSOR_BYTES];
    char text[CURSOR_TEXT_LEN + 1];

    put_u64(bytes + TAG_BYTES, cursor);
    sign(key, tenant_id, bytes + TAG_BYTES, bytes);
    mask(key, bytes, bytes + TAG_BYTES);
    sodium_bin2base64(text, sizeof text, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    memcpy(out, text, CURSOR_TEXT_LEN);
}

bool cursor_parse(const struct cursor_key *key, const struct uuid *tenant_id, struct str text,
                  uint64_t *out)
{
    uint8_t bytes[CURSOR_BYTES];
    char written[CURSOR_TEXT_LEN];
    uint64_t cursor = 0;
    size_t len = 0;

    if (text.len != CURSOR_TEXT_LEN) return false;
    if (sodium_base642bin(bytes, sizeof bytes, text.at, text.len, NULL, &len, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        len != sizeof bytes)
        return false;
    mask(key, bytes, bytes + TAG_BYTES);
    for (size_t i = 0; i < 8; i++) cursor = cursor << 8 | bytes[TAG_BYTES + i];
    /* Compared as text, because libsodium reads some bytes above 0x7F as if they were letters. */
    cursor_write(key, tenant_id, cursor, written);
    if (memcmp(written, text.at, sizeof written) != 0) return false;
    *out = cursor;
    return true;
}
