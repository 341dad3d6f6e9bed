// SPDX-License-Identifier: Apache-2.0
/* tls.h — what a port needs to speak TLS: certificates with their keys, and the keys of session
 * tickets. Read from files once and never changed after; a reload makes another one, and
 * connections keep the one that they began with for as long as they live. Counted: whoever holds a
 * reference may use it, on any thread. TLS 1.2 and 1.3, no renegotiation, ALPN http/1.1. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <openssl/types.h>

#include "base/result.h"
#include "base/str.h"

struct tls;

/* One certificate and its key: two files in PEM, the first with the certificate and then the chain
 * that leads to what clients trust. Paths end with a NUL. */
struct tls_files {
    struct str certificate;
    struct str key;
};

/* With a certificate for each kind of key (ECDSA, RSA), every client gets the best that it knows.
 * `previous` hands over the keys of its tickets, so that sessions go on after a reload; NULL: there
 * is none. What is unwise and not wrong is logged: a certificate that is not valid now, a key that
 * others can read. R_IO: a file cannot be read; R_INVALID: what is in it is no certificate, no key,
 * not each other's, or weaker than the system allows. */
MUST_USE enum result tls_load(struct tls **out, const struct tls_files *files, size_t count,
                              const struct tls *previous, struct fault *fault);
/* The same certificates and a fresh key for tickets; tickets of the last one are still good. */
struct tls *tls_renew(const struct tls *tls);

struct tls *tls_ref(struct tls *tls);
/* Accepts NULL. */
void tls_unref(struct tls *tls);

/* When the first of its certificates expires, by clock_wall_ms. */
uint64_t tls_expires_ms(const struct tls *tls);
/* For net/tls_stream. */
SSL_CTX *tls_context(const struct tls *tls);

#endif
