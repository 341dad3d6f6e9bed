// SPDX-License-Identifier: Apache-2.0
/* changes.h — what a sync says of changes, told as the events that were missed. */
#ifndef CLIENT_CHANGES_H
#define CLIENT_CHANGES_H

#include <carillon.h>

/* Tells `changes` and `reads` of a batch, where it has them, to on_event. False: no memory, and not
 * all of it was told. */
CARILLON_MUST_USE bool changes_tell(struct carillon_client *c, const json_t *batch);

#endif
