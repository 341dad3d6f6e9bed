// SPDX-License-Identifier: Apache-2.0
/* migrate.h — bringing a database to the schema that this program was written for.
 * Each step runs in one transaction together with its row in `schema_migration`, so an interrupted
 * step leaves nothing behind and is done again at the next start. There is no way back: restore a
 * backup. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "store/db.h"
#include "store/migrations.h"

/* Before threads start. `db` is a writer outside of a transaction. R_CORRUPT: the database is newer
 * than `steps`, or was made by other steps; or what the engine said of a step. */
MUST_USE enum result migrate_run(struct db *db, const struct migration *steps, size_t count,
                                 struct fault *fault);

/* How many of the steps it has: the ones that migrate_run would not do. The same thread and
 * errors. */
MUST_USE enum result migrate_count(struct db *db, const struct migration *steps, size_t count,
                                   size_t *applied_count, struct fault *fault);

#endif
