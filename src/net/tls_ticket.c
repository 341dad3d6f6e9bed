// SPDX-License-Identifier: Apache-2.0
/* tls_ticket.c — AES-256-CBC and HMAC-SHA256, as RFC 5077 recommends and OpenSSL does by itself.
 * OpenSSL's own key would live for as long as the process, and be another one after each reload. */
#include "net/tls_ticket.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/check.h"
#include "net/openssl.h"

#define TICKET_IV_BYTES 16 /* a block of AES */

/* What OpenSSL wants to hear from the callback. */
enum ticket_answer { TICKET_FAILED = -1, TICKET_UNKNOWN = 0, TICKET_GOOD = 1, TICKET_OLD = 2 };

void tls_ticket_keys_init(struct tls_ticket_keys *keys, const struct tls_ticket_keys *previous)
{
    struct tls_ticket_key *key = &keys->newest;

    *keys = (struct tls_ticket_keys){0};
    if (previous != NULL) keys->before = previous->newest;
    CHECK(RAND_bytes(key->name, sizeof key->name) == 1);
    CHECK(RAND_priv_bytes(key->cipher_key, sizeof key->cipher_key) == 1);
    CHECK(RAND_priv_bytes(key->mac_key, sizeof key->mac_key) == 1);
    key->is_set = true;
}

void tls_ticket_keys_release(struct tls_ticket_keys *keys)
{
    OPENSSL_cleanse(keys, sizeof *keys);
}

static bool set_mac(EVP_MAC_CTX *mac, const struct tls_ticket_key *key)
{
    static char digest[] = "SHA256"; /* only read; OSSL_PARAM cannot say so */
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)(uintptr_t)key->mac_key,
                                          sizeof key->mac_key),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };

    return EVP_MAC_CTX_set_params(mac, params) == 1;
}

static enum ticket_answer seal(const struct tls_ticket_key *key, unsigned char *name,
                               unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
    if (RAND_bytes(iv, TICKET_IV_BYTES) != 1) return TICKET_FAILED;
    memcpy(name, key->name, sizeof key->name);
    if (EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher_key, iv) != 1 ||
        !set_mac(mac, key))
        return TICKET_FAILED;
    return TICKET_GOOD;
}

/* Names are no secrets: they stand in the ticket. */
static bool has_name(const struct tls_ticket_key *key, const unsigned char *name)
{
    return key->is_set && memcmp(key->name, name, sizeof key->name) == 0;
}

static enum ticket_answer open_with(const struct tls_ticket_key *key, const unsigned char *iv,
                                    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                                    enum ticket_answer answer)
{
    if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher_key, iv) != 1 ||
        !set_mac(mac, key))
        return TICKET_FAILED;
    return answer;
}

static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int is_sealing)
{
    const struct tls_ticket_keys *keys = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    if (is_sealing) return seal(&keys->newest, name, iv, cipher, mac);
    if (has_name(&keys->newest, name))
        return open_with(&keys->newest, iv, cipher, mac, TICKET_GOOD);
    if (has_name(&keys->before, name)) return open_with(&keys->before, iv, cipher, mac, TICKET_OLD);
    return TICKET_UNKNOWN;
}

void tls_ticket_keys_use(SSL_CTX *context, const struct tls_ticket_keys *keys)
{
    SSL_CTX_set_app_data(context, (void *)(uintptr_t)keys);
    CHECK(SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket) == 1);
}
