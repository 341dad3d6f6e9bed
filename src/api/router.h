// SPDX-License-Identifier: Apache-2.0
/* router.h — from method and path to a route.
 * The table is built once from the lists of the resource files; literal segments are preferred to
 * parameters. Immutable afterwards, any thread. */
#ifndef API_ROUTER_H
#define API_ROUTER_H

#include "api/route.h"

#define ROUTER_ROUTES_MAX 120u

struct route_match {
    const struct route *route;  /* NULL: no such path, or not this method */
    bool path_exists;           /* some method is allowed */
    unsigned methods;           /* bit 1 << enum http_method of those */
    enum rate_class rate_class; /* of the route */
    struct uuid params[REQUEST_PARAMS_MAX];
    struct str name; /* the `:name` part of the path, which it views; at == NULL: none */
};

/* Main thread, before the workers. CHECKs that no two routes are the same. */
void router_init(void);
/* HEAD finds the route of GET. A parameter that is no UUID, or an empty name, is an unknown
 * path. */
void router_find(enum http_method method, struct str path, struct route_match *out);

/* Routes by number, for metrics and tests: 0 <= number < router_count(). */
size_t router_count(void);
const struct route *router_get(size_t number);
size_t router_number(const struct route *route);

/* "GET", …; and "GET, POST" for an Allow header. */
const char *router_method_text(enum http_method method);
void router_write_methods(unsigned methods, struct buf *out);

#endif
