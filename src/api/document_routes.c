// SPDX-License-Identifier: Apache-2.0
/* document_routes.c — the contract in writing, from the server that keeps it. Public: who may not
 * use a server may still know what it speaks. */
#include "api/documents.h"
#include "api/reply.h"
#include "api/routes.h"

/* The media type of RFC 9512. */
static const char yaml_type[] = "application/yaml";

static void get_openapi(struct request *r)
{
    reply_document(r, yaml_type, openapi_document.etag, openapi_document.text);
}

static void get_asyncapi(struct request *r)
{
    reply_document(r, yaml_type, asyncapi_document.etag, asyncapi_document.text);
}

static const struct route routes[] = {
    {HTTP_METHOD_GET, "/openapi.yaml", ACCESS_PUBLIC, BODY_NONE, get_openapi},
    {HTTP_METHOD_GET, "/asyncapi.yaml", ACCESS_PUBLIC, BODY_NONE, get_asyncapi},
};

const struct route_list document_routes = {routes, sizeof routes / sizeof routes[0]};
