// SPDX-License-Identifier: Apache-2.0
/* openssl.h — the headers of libssl, for the few files that call it. They want INT_MAX from a
 * <limits.h> that the compiler finds in ours, where it is not: so it is given here first. */
#ifndef NET_OPENSSL_H
#define NET_OPENSSL_H

#ifndef INT_MAX
#define INT_MAX __INT_MAX__
#endif

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#endif
