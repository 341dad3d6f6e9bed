// SPDX-License-Identifier: Apache-2.0
/* fields.h — what several resources read from requests and write into lists in the same way. As
 * in request.h, false means that the request was answered and the handler returns at once. Worker
 * thread only. */
#ifndef API_FIELDS_H
#define API_FIELDS_H

#include "api/request.h"

/* One of `names`, which end with NULL; `index` gets which. */
bool field_enum(struct request *r, const char *field, enum json_in_flags flags,
                const char *const *names, size_t *index);

/* The query parameter `limit` of a list: LIST_ROWS_MAX when absent. */
bool field_list_limit(struct request *r, size_t *limit);
/* Reply with a list: open it, write its rows, close it. `last_id` is of the last row; with more to
 * come it is the reply's `next`, which the client passes as `after`. */
struct json_out *field_list_open(struct request *r, const char *name);
void field_list_close(struct request *r, bool has_more, const struct uuid *last_id);

#endif
