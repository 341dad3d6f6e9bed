// SPDX-License-Identifier: Apache-2.0
/* certificate.c — a key, a name, a day of validity, a signature. */
#include "bench/certificate.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "bench/fail.h"

#define RSA_BITS 2048u
#define VALID_SEC 86400

static EVP_PKEY *make_key(const char *kind)
{
    if (strcmp(kind, "ecdsa") == 0) return EVP_EC_gen("P-256");
    if (strcmp(kind, "rsa") == 0) return EVP_RSA_gen(RSA_BITS);
    fail("--tls is ecdsa or rsa, not %s", kind);
}

static X509 *make_certificate(EVP_PKEY *key)
{
    static const unsigned char name[] = "carillon-bench";
    X509 *certificate = X509_new();
    X509_NAME *subject;

    CHECK(certificate != NULL);
    subject = X509_get_subject_name(certificate);
    CHECK(X509_set_version(certificate, X509_VERSION_3) == 1);
    CHECK(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1);
    CHECK(X509_gmtime_adj(X509_getm_notBefore(certificate), 0) != NULL);
    CHECK(X509_gmtime_adj(X509_getm_notAfter(certificate), VALID_SEC) != NULL);
    CHECK(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0) == 1);
    CHECK(X509_set_issuer_name(certificate, subject) == 1);
    CHECK(X509_set_pubkey(certificate, key) == 1);
    CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static FILE *create(const char *path)
{
    FILE *file = fopen(path, "we");

    if (file == NULL) fail("%s cannot be written: %m", path);
    return file;
}

void certificate_make(const char *kind, const char *certificate_path, const char *key_path)
{
    EVP_PKEY *key = make_key(kind);
    X509 *certificate;
    FILE *file;

    if (key == NULL) fail("no key can be made");
    certificate = make_certificate(key);
    file = create(certificate_path);
    if (PEM_write_X509(file, certificate) != 1 || fclose(file) != 0) fail("no certificate: %m");
    file = create(key_path);
    if (PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) != 1 || fclose(file) != 0)
        fail("no key: %m");
    X509_free(certificate);
    EVP_PKEY_free(key);
}
