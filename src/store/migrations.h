// SPDX-License-Identifier: Apache-2.0
/* migrations.h — the steps of the database schema, compiled into the program. The array is made
 * by the build from src/store/migrations/NNNN_name.sql; it is constant, ordered by number, and
 * starts at 1 without gaps. What is applied when is the caller's business. */
#ifndef STORE_MIGRATIONS_H
#define STORE_MIGRATIONS_H

#include <stddef.h>

struct migration {
    int number;       /* the schema version of a database that has it */
    const char *name; /* the file's name without its number, for the log */
    const char *sql;  /* one or more statements, to be run in one transaction */
};

extern const struct migration migrations[];
extern const size_t migrations_count;

#endif
