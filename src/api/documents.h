// SPDX-License-Identifier: Apache-2.0
/* documents.h — docs/openapi.yaml and docs/asyncapi.yaml, compiled into the program by the build,
 * so that a server tells what it itself speaks. Constant; any thread. */
#ifndef API_DOCUMENTS_H
#define API_DOCUMENTS_H

#include "base/str.h"

struct document {
    struct str text;
    struct str etag; /* with its quotes; another one for other bytes */
};

extern const struct document openapi_document;
extern const struct document asyncapi_document;

#endif
