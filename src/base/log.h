// SPDX-License-Identifier: Apache-2.0
/* log.h — one line per event on stderr: `at=… level=… event=… key=value …`.
 * A line is written with one write() so that threads do not mix. Values are quoted when they need
 * it; control characters, U+2028/2029 and invalid UTF-8 are escaped and long values are cut, so
 * that no input can forge a line. Never pass a token, a password or message text. Any thread. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/str.h"
#include "base/uuid.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Lines below `level` are dropped. Before threads start, or on a reload. */
void log_set_level(enum log_level level);

struct log_field {
    const char *key;
    enum log_field_kind { LOG_STR, LOG_U64, LOG_I64, LOG_UUID } kind;
    struct str str; /* LOG_STR */
    uint64_t number;
    struct uuid id;
};

#define LOG_FIELD_STR(k, v) ((struct log_field){.key = (k), .kind = LOG_STR, .str = (v)})
#define LOG_FIELD_TEXT(k, v) ((struct log_field){.key = (k), .kind = LOG_STR, .str = str_from(v)})
#define LOG_FIELD_U64(k, v) \
    ((struct log_field){.key = (k), .kind = LOG_U64, .number = (uint64_t)(v)})
#define LOG_FIELD_I64(k, v) \
    ((struct log_field){.key = (k), .kind = LOG_I64, .number = (uint64_t)(v)})
#define LOG_FIELD_UUID(k, v) ((struct log_field){.key = (k), .kind = LOG_UUID, .id = (v)})

/* log_write(LOG_INFO, "listening", LOG_FIELD_STR("address", a), LOG_FIELD_U64("port", p)); `event`
 * is a snake_case literal. */
#define log_write(level, ...) LOG_WRITE_(level, __VA_ARGS__, (struct log_field){0})
#define LOG_WRITE_(level, event, ...) \
    log_write_fields((level), (event), (const struct log_field[]){__VA_ARGS__})

/* The list ends with a field whose key is NULL. */
void log_write_fields(enum log_level level, const char *event, const struct log_field *fields);

#endif
