// SPDX-License-Identifier: Apache-2.0
/* db_care.h — a database as a whole: copying it while it is in use, and asking the engine whether
 * it is sound. For commands, which have the time. On the thread of the connection. */
#ifndef STORE_DB_CARE_H
#define STORE_DB_CARE_H

#include "store/db.h"

/* A compact copy of one moment, for its owner only, synced to the disk; others go on reading and
 * writing meanwhile. No transaction is open. R_CONFLICT: there is a file at `path`. After a failure
 * a part of the copy may be there. */
MUST_USE enum result db_copy(struct db *db, const char *path, struct fault *fault);

/* What the engine knows by itself: whether pages, trees and indexes fit together, and every row
 * that refers to another finds it. Each thing that is wrong calls `found`, up to
 * DB_VERIFY_FAULTS_MAX. Inside a transaction. R_CORRUPT: so much is wrong that it gave up. */
typedef void db_found_fn(void *arg, struct str text);
MUST_USE enum result db_verify(struct db *db, db_found_fn *found, void *arg);

#endif
