// SPDX-License-Identifier: Apache-2.0
/* fields.c — small readers and writers above request.h. */
#include "api/fields.h"

#include "api/reply.h"
#include "limits.h"

bool field_enum(struct request *r, const char *field, enum json_in_flags flags,
                const char *const *names, size_t *index)
{
    struct json_in_fault fault;

    if (json_in_enum(r->body, field, flags, names, index, &fault) == R_OK) return true;
    reply_bad_json(r, &fault);
    return false;
}

bool field_list_limit(struct request *r, size_t *limit)
{
    uint64_t rows = LIST_ROWS_MAX;

    if (!request_query_u64(r, "limit", 1, LIST_ROWS_MAX, &rows)) return false;
    *limit = (size_t)rows;
    return true;
}

struct json_out *field_list_open(struct request *r, const char *name)
{
    struct json_out *o = reply_body(r);

    json_object_open(o);
    json_key(o, name);
    json_array_open(o);
    return o;
}

void field_list_close(struct request *r, bool has_more, const struct uuid *last_id)
{
    struct json_out *o = &r->json;

    json_array_close(o);
    if (has_more) json_field_uuid(o, "next", last_id);
    json_object_close(o);
    reply_json(r, 200);
}
