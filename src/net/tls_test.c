// SPDX-License-Identifier: Apache-2.0
/* tls_test.c — which files make a certificate that can be served, and which fault others get. */
#include "net/tls.h"

#include "base/clock.h"
#include "limits.h"
#include "net/tls_testing.h"

#define DAY TLS_TESTING_DAY_SEC

struct fixture {
    char directory[TLS_TESTING_PATH_BYTES];
    struct tls_testing_pair ecdsa;
    struct tls_testing_pair rsa;
    struct tls_testing_pair other; /* what a test makes of it */
};

/* Keys take long to make: once for all tests. */
static int setup_all(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    tls_testing_make_directory(f->directory);
    tls_testing_make_pair(&f->ecdsa, f->directory, "ecdsa", TLS_TESTING_ECDSA, -DAY, 30 * DAY);
    tls_testing_make_pair(&f->rsa, f->directory, "rsa", TLS_TESTING_RSA, -DAY, 10 * DAY);
    snprintf(f->other.certificate, sizeof f->other.certificate, "%.100s/other.pem", f->directory);
    snprintf(f->other.key, sizeof f->other.key, "%.100s/other.key", f->directory);
    *state = f;
    return 0;
}

static int teardown_all(void **state)
{
    struct fixture *f = *state;

    tls_testing_remove_pair(&f->ecdsa);
    tls_testing_remove_pair(&f->rsa);
    assert_int_equal(rmdir(f->directory), 0);
    free(f);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    tls_testing_remove_pair(&f->other);
    return 0;
}

static void expect_fault(const struct tls_files *files, size_t count, enum result expected,
                         const char *text)
{
    struct fault fault = {0};
    struct tls *tls = NULL;

    assert_int_equal(tls_load(&tls, files, count, NULL, &fault), expected);
    assert_null(tls);
    if (strstr(fault.text, text) == NULL) fail_msg("\"%s\" lacks \"%s\"", fault.text, text);
}

static void expect_bad_pair(const struct tls_testing_pair *pair, enum result expected,
                            const char *text)
{
    struct tls_files files = tls_testing_files(pair);

    expect_fault(&files, 1, expected, text);
}

static void test_one_or_both_kinds(void **state)
{
    struct fixture *f = *state;
    struct tls_files files[] = {tls_testing_files(&f->ecdsa), tls_testing_files(&f->rsa)};
    uint64_t now_ms = clock_wall_ms();
    struct tls *tls = tls_testing_load(files, 1, NULL);

    assert_true(tls_expires_ms(tls) > now_ms + 29ull * DAY * 1000);
    assert_true(tls_expires_ms(tls) <= now_ms + 31ull * DAY * 1000);
    tls_unref(tls);
    tls = tls_testing_load(files, 2, NULL);
    assert_true(tls_expires_ms(tls) <= now_ms + 11ull * DAY * 1000); /* of the first to go */
    tls_unref(tls_ref(tls));
    assert_non_null(tls_context(tls));
    tls_unref(tls);
    tls_unref(NULL);
}

static void test_one_of_a_kind(void **state)
{
    struct fixture *f = *state;
    struct tls_files files[TLS_CERTIFICATES_MAX];

    for (size_t i = 0; i < TLS_CERTIFICATES_MAX; i++)
        files[i] = tls_testing_files(i == 1 ? &f->ecdsa : &f->rsa);
    expect_fault(files, TLS_CERTIFICATES_MAX, R_INVALID, "same kind of key");
}

static void test_files_that_are_missing(void **state)
{
    struct fixture *f = *state;
    struct tls_files files = tls_testing_files(&f->ecdsa);
    struct fault fault = {0};
    struct tls *tls = NULL;

    files.key = str_from(f->other.key);
    assert_int_equal(tls_load(&tls, &files, 1, NULL, &fault), R_IO);
    assert_int_equal(fault.os_error, ENOENT);
    assert_non_null(strstr(fault.text, "cannot read the key"));
    files.certificate = str_from(f->directory);
    expect_fault(&files, 1, R_INVALID, "holds no certificate in PEM");
    files.certificate = str_from(f->other.certificate);
    expect_fault(&files, 1, R_IO, "cannot read the certificate");
}

static void test_files_that_hold_something_else(void **state)
{
    struct fixture *f = *state;
    struct tls_testing_pair swapped;

    snprintf(swapped.certificate, sizeof swapped.certificate, "%s", f->ecdsa.key);
    snprintf(swapped.key, sizeof swapped.key, "%s", f->ecdsa.certificate);
    expect_bad_pair(&swapped, R_INVALID, "holds no certificate in PEM");
    snprintf(swapped.certificate, sizeof swapped.certificate, "%s", f->ecdsa.certificate);
    expect_bad_pair(&swapped, R_INVALID, "holds no private key in PEM");
    tls_testing_write_text(f->other.certificate, "");
    snprintf(swapped.certificate, sizeof swapped.certificate, "%s", f->other.certificate);
    expect_bad_pair(&swapped, R_INVALID, "holds no certificate in PEM");
}

/* L11: a file that was cut off, or continues with rubbish, is refused whole. */
static void test_a_chain_that_is_cut_off(void **state)
{
    struct fixture *f = *state;
    struct tls_testing_pair pair = f->ecdsa;
    EVP_PKEY *key = tls_testing_new_key(TLS_TESTING_ECDSA);
    X509 *certificate = tls_testing_new_certificate(key, -DAY, DAY);
    char bytes[4096];
    size_t len;
    FILE *file = fopen(f->ecdsa.certificate, "re");

    assert_non_null(file);
    len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    snprintf(pair.certificate, sizeof pair.certificate, "%s", f->other.certificate);
    file = tls_testing_create(f->other.certificate);
    fwrite(bytes, 1, len, file);
    assert_int_equal(PEM_write_X509(file, certificate), 1);
    fclose(file);
    assert_int_equal(truncate(f->other.certificate, (off_t)len + 300), 0);
    expect_bad_pair(&pair, R_INVALID, "certificate 2 cannot be read");
    assert_int_equal(truncate(f->other.certificate, (off_t)len - 100), 0);
    expect_bad_pair(&pair, R_INVALID, "holds no certificate in PEM");
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void test_chain_max(void **state)
{
    struct fixture *f = *state;
    struct tls_testing_pair pair = f->ecdsa;
    EVP_PKEY *key = tls_testing_new_key(TLS_TESTING_ECDSA);
    X509 *certificate = tls_testing_new_certificate(key, -DAY, DAY);

    snprintf(pair.certificate, sizeof pair.certificate, "%s", f->other.certificate);
    snprintf(pair.key, sizeof pair.key, "%s", f->other.key);
    tls_testing_write_key(pair.key, key);
    for (unsigned behind = TLS_CHAIN_MAX; behind <= TLS_CHAIN_MAX + 1; behind++) {
        struct tls_files files = tls_testing_files(&pair);
        FILE *file = tls_testing_create(pair.certificate);
        for (unsigned i = 0; i <= behind; i++)
            assert_int_equal(PEM_write_X509(file, certificate), 1);
        fclose(file);
        if (behind == TLS_CHAIN_MAX) tls_unref(tls_testing_load(&files, 1, NULL));
        else expect_fault(&files, 1, R_TOO_MANY, "more than 16 certificates");
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void test_a_key_of_another_certificate(void **state)
{
    struct fixture *f = *state;
    struct tls_testing_pair pair = f->ecdsa;
    EVP_PKEY *key = tls_testing_new_key(TLS_TESTING_ECDSA);

    snprintf(pair.key, sizeof pair.key, "%s", f->other.key);
    tls_testing_write_key(f->other.key, key);
    expect_bad_pair(&pair, R_INVALID, "does not fit the certificate");
    snprintf(pair.key, sizeof pair.key, "%s", f->rsa.key); /* not even of its kind */
    expect_bad_pair(&pair, R_INVALID, "does not fit the certificate");
    EVP_PKEY_free(key);
}

/* Nobody is at a terminal to be asked. */
static void test_a_key_with_a_passphrase(void **state)
{
    struct fixture *f = *state;
    struct tls_testing_pair pair = f->ecdsa;
    EVP_PKEY *key = tls_testing_new_key(TLS_TESTING_ECDSA);
    FILE *file = tls_testing_create(f->other.key);

    assert_int_equal(PEM_write_PrivateKey(file, key, EVP_aes_128_cbc(),
                                          (const unsigned char *)"secret", 6, NULL, NULL),
                     1);
    fclose(file);
    snprintf(pair.key, sizeof pair.key, "%s", f->other.key);
    expect_bad_pair(&pair, R_INVALID, "is encrypted");
    EVP_PKEY_free(key);
}

static void test_a_key_that_is_too_weak(void **state)
{
    struct fixture *f = *state;

    tls_testing_make_pair(&f->other, f->directory, "other", TLS_TESTING_RSA_SMALL, -DAY, DAY);
    expect_bad_pair(&f->other, R_INVALID, "key too small");
}

/* Only a warning: a client may still know the certificate, and no server at all helps nobody. */
static void test_a_certificate_that_is_not_valid_now(void **state)
{
    struct fixture *f = *state;
    struct tls_files files = tls_testing_files(&f->other);
    struct tls *tls;

    tls_testing_make_pair(&f->other, f->directory, "other", TLS_TESTING_ECDSA, -3 * DAY, -2 * DAY);
    tls = tls_testing_load(&files, 1, NULL);
    assert_true(tls_expires_ms(tls) < clock_wall_ms());
    tls_unref(tls);
    tls_testing_make_pair(&f->other, f->directory, "other", TLS_TESTING_ECDSA, DAY, 2 * DAY);
    tls_unref(tls_testing_load(&files, 1, NULL));
}

static void test_a_renewed_one_is_as_good(void **state)
{
    struct fixture *f = *state;
    struct tls_files files[] = {tls_testing_files(&f->ecdsa), tls_testing_files(&f->rsa)};
    struct tls *tls = tls_testing_load(files, 2, NULL);
    struct tls *renewed = tls_renew(tls);

    assert_int_equal(tls_expires_ms(renewed), tls_expires_ms(tls));
    tls_unref(tls);
    assert_non_null(SSL_CTX_get0_certificate(tls_context(renewed)));
    tls_unref(renewed);
}

#define FILE_TEST(test) cmocka_unit_test_teardown(test, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILE_TEST(test_one_or_both_kinds),
        FILE_TEST(test_one_of_a_kind),
        FILE_TEST(test_files_that_are_missing),
        FILE_TEST(test_files_that_hold_something_else),
        FILE_TEST(test_a_chain_that_is_cut_off),
        FILE_TEST(test_chain_max),
        FILE_TEST(test_a_key_of_another_certificate),
        FILE_TEST(test_a_key_with_a_passphrase),
        FILE_TEST(test_a_key_that_is_too_weak),
        FILE_TEST(test_a_certificate_that_is_not_valid_now),
        FILE_TEST(test_a_renewed_one_is_as_good),
    };

    return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
