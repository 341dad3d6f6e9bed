// SPDX-License-Identifier: Apache-2.0
/* json_in_fuzz.c — any bytes as a request body: read, or refused with a place inside them.
 * What was read must mean the same after it was written and read again. */
#include <stdlib.h>

#include "base/check.h"
#include "base/json_in.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_fields(const json_t *body)
{
    static const char *const names[] = {"a", "b", NULL};
    const struct json_in_range range = {1, 1000};
    struct json_in_fault fault;
    struct uuid_list ids = {0};
    struct arena arena;
    const json_t *value = NULL;
    struct str text = STR_NONE;
    uint64_t number = 1;
    size_t index = 0;

    arena_init(&arena);
    if (json_in_str(body, "s", JSON_IN_OPTIONAL, 10, &text, &fault) == R_OK) CHECK(text.len <= 10);
    if (json_in_u64(body, "n", JSON_IN_OPTIONAL, range, &number, &fault) == R_OK)
        CHECK(number >= 1 && number <= 1000);
    if (json_in_enum(body, "s", JSON_IN_OPTIONAL, names, &index, &fault) == R_OK) CHECK(index < 2);
    if (json_in_uuid_array(body, "i", JSON_IN_OPTIONAL, 3, &arena, &ids, &fault) == R_OK)
        CHECK(ids.count <= 3);
    if (json_in_time(body, "t", JSON_IN_REQUIRED, &number, &fault) != R_OK)
        CHECK(fault.field != NULL && fault.text[0] != '\0');
    if (json_in_array(body, "i", JSON_IN_OPTIONAL, 3, &value, &fault) == R_OK)
        CHECK(value == NULL || json_array_size(value) <= 3);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_of((const char *)data, size);
    struct json_in_fault fault;
    json_t *again = NULL;
    json_t *body;
    char *written;

    if (json_in_parse(text, &body, &fault) != R_OK) {
        CHECK(fault.offset <= size);
        CHECK(fault.line >= 1 && fault.column >= 1);
        return 0;
    }
    CHECK(str_is_utf8(text));
    written = json_dumps(body, JSON_ENCODE_ANY | JSON_COMPACT);
    CHECK(written != NULL);
    CHECK(json_in_parse(str_from(written), &again, &fault) == R_OK);
    CHECK(json_equal(body, again));
    if (json_is_object(body)) use_fields(body);
    free(written);
    json_decref(again);
    json_decref(body);
    return 0;
}
