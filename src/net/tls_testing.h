// SPDX-License-Identifier: Apache-2.0
/* tls_testing.h — what tests of TLS share: certificates that are made on the spot, in files of a
 * directory of the test, and a client that is fed by hand. For tests only. */
#ifndef NET_TLS_TESTING_H
#define NET_TLS_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "net/openssl.h"
#include "net/tls.h"

#define TLS_TESTING_UNUSED __attribute__((unused))
#define TLS_TESTING_PATH_BYTES 128u
#define TLS_TESTING_DAY_SEC 86400L

/* ---- certificates ---- */

enum tls_testing_kind { TLS_TESTING_ECDSA, TLS_TESTING_RSA, TLS_TESTING_RSA_SMALL };

struct tls_testing_pair {
    char certificate[TLS_TESTING_PATH_BYTES];
    char key[TLS_TESTING_PATH_BYTES];
};

static TLS_TESTING_UNUSED EVP_PKEY *tls_testing_new_key(enum tls_testing_kind kind)
{
    EVP_PKEY *key = kind == TLS_TESTING_ECDSA ? EVP_EC_gen("P-256")
                                              : EVP_RSA_gen(kind == TLS_TESTING_RSA ? 2048u : 512u);

    assert_non_null(key);
    return key;
}

/* Signed by itself, for "localhost", valid from and to so many seconds from now. */
static TLS_TESTING_UNUSED X509 *tls_testing_new_certificate(EVP_PKEY *key, long from_sec,
                                                            long to_sec)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);

    assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1 + from_sec % 1000), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), from_sec));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), to_sec));
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                                (const unsigned char *)"localhost", -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(certificate, name), 1);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static TLS_TESTING_UNUSED FILE *tls_testing_create(const char *path)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(chmod(path, 0600), 0);
    return file;
}

static TLS_TESTING_UNUSED void tls_testing_write_text(const char *path, const char *text)
{
    FILE *file = tls_testing_create(path);

    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static TLS_TESTING_UNUSED void tls_testing_write_key(const char *path, EVP_PKEY *key)
{
    FILE *file = tls_testing_create(path);

    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(fclose(file), 0);
}

static TLS_TESTING_UNUSED void tls_testing_write_certificate(const char *path, X509 *certificate)
{
    FILE *file = tls_testing_create(path);

    assert_int_equal(PEM_write_X509(file, certificate), 1);
    assert_int_equal(fclose(file), 0);
}

/* directory/name.pem and directory/name.key. */
static TLS_TESTING_UNUSED void tls_testing_make_pair(struct tls_testing_pair *pair,
                                                     const char *directory, const char *name,
                                                     enum tls_testing_kind kind, long from_sec,
                                                     long to_sec)
{
    EVP_PKEY *key = tls_testing_new_key(kind);
    X509 *certificate = tls_testing_new_certificate(key, from_sec, to_sec);

    snprintf(pair->certificate, sizeof pair->certificate, "%.80s/%.20s.pem", directory, name);
    snprintf(pair->key, sizeof pair->key, "%.80s/%.20s.key", directory, name);
    tls_testing_write_certificate(pair->certificate, certificate);
    tls_testing_write_key(pair->key, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static TLS_TESTING_UNUSED struct tls_files tls_testing_files(const struct tls_testing_pair *pair)
{
    return (struct tls_files){str_from(pair->certificate), str_from(pair->key)};
}

static TLS_TESTING_UNUSED struct tls *tls_testing_load(const struct tls_files *files, size_t count,
                                                       const struct tls *previous)
{
    struct fault fault = {0};
    struct tls *tls = NULL;

    if (tls_load(&tls, files, count, previous, &fault) != R_OK) fail_msg("%s", fault.text);
    return tls;
}

static TLS_TESTING_UNUSED void tls_testing_make_directory(char out[TLS_TESTING_PATH_BYTES])
{
    snprintf(out, TLS_TESTING_PATH_BYTES, "/tmp/carillon-tls-XXXXXX");
    assert_non_null(mkdtemp(out));
}

static TLS_TESTING_UNUSED void tls_testing_remove_pair(const struct tls_testing_pair *pair)
{
    unlink(pair->certificate);
    unlink(pair->key);
}

/* ---- a client ---- */

/* Trusts everybody: what it is for is bytes. */
static TLS_TESTING_UNUSED SSL_CTX *tls_testing_client_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    assert_non_null(context);
    return context;
}

/* Reads what is put into its in, and writes into its out. */
struct tls_testing_client {
    SSL *ssl;
    BIO *in;
    BIO *out;
};

static TLS_TESTING_UNUSED void tls_testing_client_open(struct tls_testing_client *c,
                                                       SSL_CTX *context)
{
    c->ssl = SSL_new(context);
    c->in = BIO_new(BIO_s_mem());
    c->out = BIO_new(BIO_s_mem());
    assert_non_null(c->ssl);
    BIO_set_mem_eof_return(c->in, -1);
    SSL_set_bio(c->ssl, c->in, c->out);
    SSL_set_connect_state(c->ssl);
}

/* As after an orderly end: its session may be resumed. */
static TLS_TESTING_UNUSED void tls_testing_client_close(struct tls_testing_client *c)
{
    SSL_set_shutdown(c->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(c->ssl);
}

/* What it wants to send, which it then forgets. The view is the client's until its next call. */
static TLS_TESTING_UNUSED struct str tls_testing_client_out(struct tls_testing_client *c)
{
    char *bytes;
    long len = BIO_get_mem_data(c->out, &bytes);

    return str_of(bytes, (size_t)len);
}

static TLS_TESTING_UNUSED void tls_testing_client_sent(struct tls_testing_client *c)
{
    (void)BIO_reset(c->out);
}

#endif
