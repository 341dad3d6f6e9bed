// SPDX-License-Identifier: Apache-2.0
/* tls.c — reading certificates and keys, and the OpenSSL context that is made of them.
 * The context is built from what was read, not from the files, so that a renewal of the tickets'
 * key needs no file. Everything that a bad pair of files can cause is a fault with its path.
 * Invariant: `keys` and `context` belong together; the context reads the keys without a lock. */
#include "net/tls.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "limits.h"
#include "net/openssl.h"
#include "net/tls_ticket.h"

struct credential {
    X509 *certificate;
    STACK_OF(X509) * chain; /* without the certificate itself; may be empty */
    EVP_PKEY *key;
};

struct tls {
    _Atomic uint32_t refs_count;
    SSL_CTX *context;
    struct tls_ticket_keys keys;
    struct credential credentials[TLS_CERTIFICATES_MAX];
    size_t credentials_count;
    uint64_t expires_ms;
};

/* What OpenSSL says about its last failure, for the end of a fault. */
static const char *reason(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());

    return text == NULL ? "no reason given" : text;
}

/* ---- files ---- */

static void credential_release(struct credential *c)
{
    X509_free(c->certificate);
    sk_X509_pop_free(c->chain, X509_free);
    EVP_PKEY_free(c->key);
    *c = (struct credential){0};
}

static FILE *open_file(struct str path, const char *what, struct fault *fault)
{
    FILE *file = fopen(path.at, "re");

    if (file == NULL) fault_set(fault, R_IO, errno, "cannot read the %s %.150s", what, path.at);
    ERR_clear_error();
    return file;
}

/* The end of a file in PEM looks like an error: there is no further beginning. */
static bool is_at_end(void)
{
    return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

static enum result read_certificates(struct credential *c, struct str path, struct fault *fault)
{
    FILE *file = open_file(path, "certificate", fault);
    enum result result = R_OK;
    X509 *next;

    if (file == NULL) return R_IO;
    c->certificate = PEM_read_X509(file, NULL, NULL, NULL);
    if (c->certificate == NULL) {
        result = fault_set(fault, R_INVALID, 0, "%.150s holds no certificate in PEM: %s", path.at,
                           reason());
        goto done;
    }
    c->chain = sk_X509_new_null();
    CHECK(c->chain != NULL);
    while ((next = PEM_read_X509(file, NULL, NULL, NULL)) != NULL) {
        if (sk_X509_num(c->chain) == (int)TLS_CHAIN_MAX) {
            X509_free(next);
            result = fault_set(fault, R_TOO_MANY, 0,
                               "%.150s holds more than %u certificates behind the first", path.at,
                               TLS_CHAIN_MAX);
            goto done;
        }
        CHECK(sk_X509_push(c->chain, next) > 0);
    }
    if (!is_at_end())
        result = fault_set(fault, R_INVALID, 0, "%.150s: certificate %d cannot be read: %s",
                           path.at, sk_X509_num(c->chain) + 2, reason());
done:
    fclose(file);
    return result;
}

/* Asked for the passphrase of an encrypted key, of which there is none. The type is OpenSSL's.
 * NOLINTNEXTLINE(readability-non-const-parameter) */
static int no_passphrase(char *out, int out_bytes, int is_writing, void *arg)
{
    (void)out, (void)out_bytes, (void)is_writing, (void)arg;
    return -1;
}

static bool is_passphrase_wanted(void)
{
    int error = ERR_GET_REASON(ERR_peek_last_error());

    return error == PEM_R_BAD_PASSWORD_READ || error == PEM_R_PROBLEMS_GETTING_PASSWORD;
}

/* Its group may read it: that is how a key is usually handed to a service. */
static void warn_of_others(FILE *file, struct str path)
{
    struct stat status;
    char mode[8];

    if (fstat(fileno(file), &status) != 0) return;
    if ((status.st_mode & (S_IROTH | S_IWOTH | S_IWGRP)) == 0) return;
    snprintf(mode, sizeof mode, "%04o", status.st_mode & 07777);
    log_write(LOG_WARN, "tls_key_open_to_others", LOG_FIELD_STR("path", path),
              LOG_FIELD_TEXT("mode", mode));
}

static enum result read_key(struct credential *c, struct str path, struct fault *fault)
{
    FILE *file = open_file(path, "key", fault);

    if (file == NULL) return R_IO;
    c->key = PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
    if (c->key != NULL) warn_of_others(file, path);
    fclose(file);
    if (c->key != NULL) return R_OK;
    if (is_passphrase_wanted())
        return fault_set(fault, R_INVALID, 0,
                         "the key %.150s is encrypted; store it without a passphrase", path.at);
    return fault_set(fault, R_INVALID, 0, "%.150s holds no private key in PEM: %s", path.at,
                     reason());
}

static enum result read_pair(struct credential *c, const struct tls_files *files,
                             struct fault *fault)
{
    enum result result = read_certificates(c, files->certificate, fault);

    if (result == R_OK) result = read_key(c, files->key, fault);
    if (result != R_OK) return result;
    if (X509_check_private_key(c->certificate, c->key) != 1)
        return fault_set(fault, R_INVALID, 0, "the key %.100s does not fit the certificate %.100s",
                         files->key.at, files->certificate.at);
    return R_OK;
}

/* ---- validity ---- */

static uint64_t time_ms(const ASN1_TIME *time)
{
    struct tm tm = {0};
    time_t seconds;

    if (ASN1_TIME_to_tm(time, &tm) != 1) return 0;
    seconds = timegm(&tm);
    return seconds < 0 ? 0 : (uint64_t)seconds * 1000;
}

static void judge_validity(struct tls *tls, const struct credential *c, struct str path)
{
    uint64_t begins_ms = time_ms(X509_get0_notBefore(c->certificate));
    uint64_t expires_ms = time_ms(X509_get0_notAfter(c->certificate));
    uint64_t now_ms = clock_wall_ms();

    if (expires_ms <= now_ms)
        log_write(LOG_WARN, "tls_certificate_expired", LOG_FIELD_STR("path", path),
                  LOG_FIELD_U64("days_ago", (now_ms - expires_ms) / 86400000));
    else if (begins_ms > now_ms)
        log_write(LOG_WARN, "tls_certificate_not_yet_valid", LOG_FIELD_STR("path", path),
                  LOG_FIELD_U64("begins_in_sec", (begins_ms - now_ms) / 1000));
    if (expires_ms < tls->expires_ms) tls->expires_ms = expires_ms;
}

/* ---- the context ---- */

/* Browsers ask for it before a WebSocket; whoever can speak only something else is told so. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *offered, unsigned offered_len, void *arg)
{
    static const struct str ours = STR("http/1.1");

    (void)ssl, (void)arg;
    for (unsigned at = 0; at < offered_len; at += 1u + offered[at]) {
        const unsigned char *name = offered + at + 1;
        if (!str_equals(str_of((const char *)name, offered[at]), ours)) continue;
        *out = name;
        *out_len = offered[at];
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* The order is ours where a client has no reason for another: a client that lists ChaCha20 first
 * has no instructions for AES. AES-128 costs less than AES-256 and is not what breaks. */
static SSL_CTX *new_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    CHECK(context != NULL);
    CHECK(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1);
    CHECK(SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                                            "TLS_CHACHA20_POLY1305_SHA256") == 1);
    CHECK(SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1);
    CHECK(SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_COMPRESSION);
    /* An idle connection owns no buffer; a session is in its ticket, not in our memory. */
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    CHECK(SSL_CTX_set_num_tickets(context, 1) == 1);
    SSL_CTX_set_timeout(context, TLS_SESSION_SEC_MAX);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    return context;
}

/* Everything but the certificates is in place. The first of them is the one that OpenSSL takes for
 * clients that say nothing. */
static enum result use_certificates(struct tls *tls, struct fault *fault)
{
    for (size_t i = 0; i < tls->credentials_count; i++) {
        const struct credential *c = &tls->credentials[i];
        ERR_clear_error();
        if (SSL_CTX_use_cert_and_key(tls->context, c->certificate, c->key, c->chain, 1) != 1)
            return fault_set(fault, R_INVALID, 0, "TLS refuses certificate %zu: %s", i + 1,
                             reason());
    }
    return R_OK;
}

static struct tls *tls_new(const struct tls *previous)
{
    struct tls *tls = calloc(1, sizeof *tls);

    CHECK(tls != NULL);
    atomic_init(&tls->refs_count, 1);
    tls->expires_ms = UINT64_MAX;
    tls_ticket_keys_init(&tls->keys, previous == NULL ? NULL : &previous->keys);
    tls->context = new_context();
    tls_ticket_keys_use(tls->context, &tls->keys);
    return tls;
}

/* A second certificate of the same kind would silently replace the first. */
static bool has_kind_twice(const struct tls *tls)
{
    for (size_t i = 1; i < tls->credentials_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (EVP_PKEY_get_base_id(tls->credentials[i].key) ==
                EVP_PKEY_get_base_id(tls->credentials[j].key))
                return true;
        }
    }
    return false;
}

enum result tls_load(struct tls **out, const struct tls_files *files, size_t count,
                     const struct tls *previous, struct fault *fault)
{
    struct tls *tls = tls_new(previous);
    enum result result = R_OK;

    CHECK(count > 0 && count <= TLS_CERTIFICATES_MAX);
    for (size_t i = 0; i < count && result == R_OK; i++) {
        tls->credentials_count++;
        result = read_pair(&tls->credentials[i], &files[i], fault);
        if (result == R_OK) judge_validity(tls, &tls->credentials[i], files[i].certificate);
    }
    if (result == R_OK && has_kind_twice(tls))
        result = fault_set(fault, R_INVALID, 0,
                           "two certificates have the same kind of key; give one of each kind");
    if (result == R_OK) result = use_certificates(tls, fault);
    ERR_clear_error();
    if (result == R_OK) *out = tls;
    else tls_unref(tls);
    return result;
}

struct tls *tls_renew(const struct tls *tls)
{
    struct tls *renewed = tls_new(tls);

    renewed->expires_ms = tls->expires_ms;
    renewed->credentials_count = tls->credentials_count;
    for (size_t i = 0; i < tls->credentials_count; i++) {
        const struct credential *c = &tls->credentials[i];
        CHECK(X509_up_ref(c->certificate) == 1);
        CHECK(EVP_PKEY_up_ref(c->key) == 1);
        renewed->credentials[i] = (struct credential){
            .certificate = c->certificate, .chain = X509_chain_up_ref(c->chain), .key = c->key};
    }
    CHECK(use_certificates(renewed, NULL) == R_OK); /* they were good once */
    return renewed;
}

struct tls *tls_ref(struct tls *tls)
{
    atomic_fetch_add_explicit(&tls->refs_count, 1, memory_order_relaxed);
    return tls;
}

void tls_unref(struct tls *tls)
{
    if (tls == NULL || atomic_fetch_sub_explicit(&tls->refs_count, 1, memory_order_acq_rel) > 1)
        return;
    SSL_CTX_free(tls->context);
    for (size_t i = 0; i < tls->credentials_count; i++) credential_release(&tls->credentials[i]);
    tls_ticket_keys_release(&tls->keys);
    free(tls);
}

uint64_t tls_expires_ms(const struct tls *tls)
{
    return tls->expires_ms;
}

SSL_CTX *tls_context(const struct tls *tls)
{
    return tls->context;
}
