// SPDX-License-Identifier: Apache-2.0
/* dialect.h — the few words in which the schemas of SQLite and PostgreSQL differ.
 * A migration is written once, with words in upper case that no engine knows; the driver says what
 * each of them is in its engine. Everything else must be SQL that both understand. */
#ifndef STORE_DIALECT_H
#define STORE_DIALECT_H

#include "base/buf.h"
#include "base/result.h"

struct dialect {
    struct str id_type;    /* ID_TYPE: 16 bytes of a uuid */
    struct str bytes_type; /* BYTES_TYPE: any bytes */
    struct str serial_key; /* SERIAL_KEY: an integer column that is the primary key */
    struct str clustered; /* CLUSTERED, after CREATE TABLE (…): rows lie in the order of the key */
    struct str search_table; /* SEARCH_TABLE, after CREATE: where store/search.h keeps words */
};

/* Append `sql` to `out`, its words replaced, and a NUL. R_TOO_LARGE: the bound of `out`. */
MUST_USE enum result dialect_write(const struct dialect *dialect, struct str sql, struct buf *out);

#endif
