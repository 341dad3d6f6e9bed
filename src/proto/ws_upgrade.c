// SPDX-License-Identifier: Apache-2.0
/* ws_upgrade.c — the rules of the opening handshake and the one hash it needs.
 * Extensions are not negotiated: whatever the client offers is declined by silence, which is why
 * nothing here reads Sec-WebSocket-Extensions. */
#include "proto/ws_upgrade.h"

#include <openssl/sha.h>
#include <sodium.h>

#include "base/check.h"

#define KEY_TEXT_BYTES 24u /* 16 bytes in base64, with padding */
#define KEY_BYTES 16u

/* Section 1.3: a constant that no server sends by accident. */
#define ACCEPT_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

static_assert(sodium_base64_ENCODED_LEN(SHA_DIGEST_LENGTH, sodium_base64_VARIANT_ORIGINAL) ==
                  WS_ACCEPT_KEY_BYTES + 1,
              "an accept key is a SHA-1 in base64; sodium adds a NUL");

/* libsodium refuses characters outside the alphabet, missing padding and, which makes the form
 * canonical, bits that are set behind the last byte. */
static bool is_key(struct str text)
{
    unsigned char key[KEY_BYTES];
    size_t len;

    if (text.len != KEY_TEXT_BYTES) return false;
    return sodium_base642bin(key, sizeof key, text.at, text.len, NULL, &len, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           len == sizeof key;
}

enum ws_upgrade_verdict ws_upgrade_check(const struct ws_upgrade *request)
{
    uint64_t version;

    if (!str_equals(request->method, STR("GET"))) return WS_UPGRADE_BAD_METHOD;
    if (!request->is_http_1_1) return WS_UPGRADE_BAD_HTTP_VERSION;
    if (!request->has_upgrade_token) return WS_UPGRADE_NO_UPGRADE_TOKEN;
    if (!request->has_connection_token) return WS_UPGRADE_NO_CONNECTION_TOKEN;
    if (request->has_body) return WS_UPGRADE_HAS_BODY;
    /* The version goes before the key: another version might define another key. */
    if (request->versions_count != 1) return WS_UPGRADE_BAD_VERSION;
    if (!str_to_u64(request->version, &version)) return WS_UPGRADE_BAD_VERSION;
    if (!str_equals(request->version, STR(WS_VERSION_TEXT))) return WS_UPGRADE_UNSUPPORTED_VERSION;
    if (request->keys_count != 1 || !is_key(request->key)) return WS_UPGRADE_BAD_KEY;
    return WS_UPGRADE_OK;
}

unsigned ws_upgrade_status(enum ws_upgrade_verdict verdict)
{
    if (verdict == WS_UPGRADE_OK) return 101;
    return verdict == WS_UPGRADE_UNSUPPORTED_VERSION ? 426 : 400;
}

const char *ws_upgrade_text(enum ws_upgrade_verdict verdict)
{
    switch (verdict) {
    case WS_UPGRADE_OK: return "The request is a WebSocket handshake.";
    case WS_UPGRADE_BAD_METHOD: return "A WebSocket is opened with GET.";
    case WS_UPGRADE_BAD_HTTP_VERSION: return "A WebSocket is opened with HTTP/1.1.";
    case WS_UPGRADE_NO_UPGRADE_TOKEN: return "The header Upgrade: websocket is missing.";
    case WS_UPGRADE_NO_CONNECTION_TOKEN: return "The header Connection: Upgrade is missing.";
    case WS_UPGRADE_HAS_BODY: return "A WebSocket handshake has no body.";
    case WS_UPGRADE_BAD_VERSION: return "Sec-WebSocket-Version must be one number.";
    case WS_UPGRADE_UNSUPPORTED_VERSION: return "Sec-WebSocket-Version must be 13.";
    case WS_UPGRADE_BAD_KEY: return "Sec-WebSocket-Key must be 16 bytes in base64, once.";
    }
    return "?";
}

void ws_accept_key(struct str key, char out[WS_ACCEPT_KEY_BYTES])
{
    unsigned char text[KEY_TEXT_BYTES + sizeof ACCEPT_GUID - 1];
    unsigned char hash[SHA_DIGEST_LENGTH];
    char encoded[WS_ACCEPT_KEY_BYTES + 1];

    CHECK(key.len == KEY_TEXT_BYTES);
    memcpy(text, key.at, key.len);
    memcpy(text + key.len, ACCEPT_GUID, sizeof ACCEPT_GUID - 1);
    CHECK(SHA1(text, sizeof text, hash) != NULL);
    sodium_bin2base64(encoded, sizeof encoded, hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
    memcpy(out, encoded, WS_ACCEPT_KEY_BYTES);
}

bool ws_protocol_is_offered(struct str header, struct str protocol)
{
    CHECK(protocol.len > 0);
    while (header.len > 0) {
        size_t comma = str_find(header, ',');

        if (str_equals(str_trim(str_of(header.at, comma)), protocol)) return true;
        header = str_slice(header, comma + 1, header.len);
    }
    return false;
}
