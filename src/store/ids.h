// SPDX-License-Identifier: Apache-2.0
/* ids.h — reading a statement whose rows are ids, however many there are. Store threads. */
#ifndef STORE_IDS_H
#define STORE_IDS_H

#include "base/json_in.h"
#include "store/db.h"

/* Column 0 of all rows, copied into `arena`; no memory is taken when there is none. Ends the
 * statement in any case. Errors are the engine's. */
MUST_USE enum result ids_read(struct db_query *q, struct arena *arena, struct uuid_list *out);

#endif
