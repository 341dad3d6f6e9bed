// SPDX-License-Identifier: Apache-2.0
/* keyring.h — the secrets that sign our tokens. One file per key in `<directory>/keys`, named by
 * the key's id, which is a UUIDv7 and so says when the key was made. The newest key signs; the
 * ones before it go on verifying what they signed, until there are more than KEYRING_KEYS_MAX. A
 * keyring is immutable once it is open, so every worker uses the same one without a lock. */
#ifndef AUTH_KEYRING_H
#define AUTH_KEYRING_H

#include <cjose/cjose.h>

#include "base/result.h"
#include "base/str.h"

#define KEYRING_ROTATE_DAYS 30u

struct keyring;

/* Main thread. Makes the folder (0700) and a first key (0600) when they are missing, and a new key
 * when the newest is older than KEYRING_ROTATE_DAYS. R_IO: not readable or writable; R_INVALID: a
 * key file that others may read; R_CORRUPT: a key file that is none. */
MUST_USE enum result keyring_open(struct keyring **out, const char *directory, struct fault *fault);
/* After everything that uses a key of it has stopped. Accepts NULL. */
void keyring_close(struct keyring *k);

/* ---- for token.c ---- */

struct keyring_key {
    struct str id;          /* lives as long as the keyring */
    const cjose_jwk_t *jwk; /* an oct key of 256 bits for HS256 */
};

struct keyring_key keyring_newest(const struct keyring *k);
/* False: no such key. Any bytes may be asked for. */
bool keyring_find(const struct keyring *k, struct str id, struct keyring_key *out);

#endif
