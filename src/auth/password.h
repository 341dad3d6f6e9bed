// SPDX-License-Identifier: Apache-2.0
/* password.h — passwords and their argon2id hashes (libsodium's PHC strings). A password is its
 * bytes: nothing is normalised, cut or trimmed, so that what was typed once is what has to be
 * typed again. Hashing takes tens of milliseconds and megabytes of memory: never on a worker,
 * which hands it to password_pool. Any other thread. */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include <sodium.h>

#include "base/result.h"
#include "base/str.h"

#define PASSWORD_HASH_BYTES crypto_pwhash_STRBYTES /* of a hash, with the NUL that ends it */

struct password_cost {
    uint32_t memory_kib; /* 8 at least; of each hash that is being computed */
    uint32_t passes;     /* over that memory; 1 at least */
};

/* OWASP's first choice: 19 MiB, two passes. */
#define PASSWORD_COST_DEFAULT ((struct password_cost){.memory_kib = 19456, .passes = 2})

/* What is wrong with a new password, as a sentence; NULL: nothing. It has PASSWORD_BYTES_MIN to
 * PASSWORD_BYTES_MAX bytes of UTF-8 without NUL. */
const char *password_fault(struct str password);

/* `hash` gets a NUL-terminated text. R_INVALID: password_fault; R_UNAVAILABLE: no memory. */
MUST_USE enum result password_hash(struct str password, const struct password_cost *cost,
                                   char hash[PASSWORD_HASH_BYTES]);
/* R_UNAUTHENTICATED: another password, or no hash of ours; R_UNAVAILABLE: no memory. */
MUST_USE enum result password_verify(struct str password, struct str hash);
/* Was the hash made at another cost? */
bool password_needs_rehash(struct str hash, const struct password_cost *cost);

#endif
