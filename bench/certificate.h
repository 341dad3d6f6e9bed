// SPDX-License-Identifier: Apache-2.0
/* certificate.h — what a server of ours speaks TLS with: made new for every run. */
#ifndef BENCH_CERTIFICATE_H
#define BENCH_CERTIFICATE_H

/* A self-signed certificate and its key as two files in PEM. `kind` is "ecdsa" (P-256) or "rsa"
 * (2048 bits); any other ends the program. */
void certificate_make(const char *kind, const char *certificate_path, const char *key_path);

#endif
