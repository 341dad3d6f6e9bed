// SPDX-License-Identifier: Apache-2.0
/* router.c — the one table of doors.
 * Some sixty rows are compared segment by segment; with the first segments equal in most of them
 * this takes less than a microsecond, and a row is found by reading the table, not a tree. */
#include "api/router.h"

#include "api/routes.h"
#include "base/check.h"

static const struct route *table[ROUTER_ROUTES_MAX];
static enum rate_class classes[ROUTER_ROUTES_MAX];
static size_t table_count;

static void add_list(const struct route_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        CHECK(table_count < ROUTER_ROUTES_MAX);
        for (size_t j = 0; j < table_count; j++)
            CHECK(table[j]->method != list->routes[i].method ||
                  strcmp(table[j]->path, list->routes[i].path) != 0);
        classes[table_count] = rate_class_of(list->routes[i].method, list->routes[i].path);
        table[table_count++] = &list->routes[i];
    }
}

void router_init(void)
{
    table_count = 0;
    for (size_t i = 0; route_lists[i] != NULL; i++) add_list(route_lists[i]);
}

size_t router_count(void)
{
    return table_count;
}

const struct route *router_get(size_t number)
{
    CHECK(number < table_count);
    return table[number];
}

size_t router_number(const struct route *route)
{
    size_t number = 0;

    while (number < table_count && table[number] != route) number++;
    return number;
}

/* The next segment of a path that starts with '/'; moves `path` past it. */
static struct str next_segment(struct str *path)
{
    struct str rest = str_slice(*path, 1, path->len);
    size_t len = str_find(rest, '/');
    struct str segment = str_of(rest.at, len);

    *path = str_slice(rest, len, rest.len);
    return segment;
}

/* Does the path fit? `literals` counts the segments that fit literally, to prefer the closer
 * route. */
static bool fits(const char *pattern_text, struct str path, struct route_match *out,
                 unsigned *literals)
{
    struct str pattern = str_from(pattern_text);
    size_t params_count = 0;

    *literals = 0;
    while (pattern.len > 0 && path.len > 0) {
        struct str expected = next_segment(&pattern);
        struct str segment = next_segment(&path);
        if (str_equals(expected, STR(":name"))) {
            if (segment.len == 0) return false;
            out->name = segment;
        } else if (expected.len > 0 && expected.at[0] == ':') {
            CHECK(params_count < REQUEST_PARAMS_MAX);
            if (!uuid_parse(segment, &out->params[params_count++])) return false;
        } else if (str_equals(expected, segment)) {
            (*literals)++;
        } else {
            return false;
        }
    }
    return pattern.len == 0 && path.len == 0;
}

/* A route below /v1/chat answers at its path without that prefix, too. */
static bool fits_either(const char *pattern, struct str path, struct route_match *out,
                        unsigned *literals)
{
    static const struct str prefix = STR("/v1/chat/");

    if (fits(pattern, path, out, literals)) return true;
    return str_starts_with(str_from(pattern), prefix) &&
           fits(pattern + prefix.len - 1, path, out, literals);
}

void router_find(enum http_method method, struct str path, struct route_match *out)
{
    enum http_method wanted = method == HTTP_METHOD_HEAD ? HTTP_METHOD_GET : method;
    unsigned best = 0;

    *out = (struct route_match){0};
    if (!str_starts_with(path, STR("/"))) return; /* "*" */
    for (size_t i = 0; i < table_count; i++) {
        struct route_match fit = {0};
        unsigned literals;
        if (!fits_either(table[i]->path, path, &fit, &literals)) continue;
        out->path_exists = true;
        out->methods |= 1u << table[i]->method;
        if (table[i]->method != wanted || (out->route != NULL && literals <= best)) continue;
        out->route = table[i];
        out->rate_class = classes[i];
        best = literals;
        memcpy(out->params, fit.params, sizeof fit.params);
        out->name = fit.name;
    }
    if (out->methods & 1u << HTTP_METHOD_GET) out->methods |= 1u << HTTP_METHOD_HEAD;
    if (out->path_exists) out->methods |= 1u << HTTP_METHOD_OPTIONS;
}

const char *router_method_text(enum http_method method)
{
    switch (method) {
    case HTTP_METHOD_GET: return "GET";
    case HTTP_METHOD_HEAD: return "HEAD";
    case HTTP_METHOD_POST: return "POST";
    case HTTP_METHOD_PUT: return "PUT";
    case HTTP_METHOD_PATCH: return "PATCH";
    case HTTP_METHOD_DELETE: return "DELETE";
    case HTTP_METHOD_OPTIONS: return "OPTIONS";
    case HTTP_METHOD_OTHER: break;
    }
    return "?";
}

void router_write_methods(unsigned methods, struct buf *out)
{
    for (enum http_method m = HTTP_METHOD_GET; m <= HTTP_METHOD_OPTIONS; m++) {
        if ((methods & 1u << m) == 0) continue;
        if (out->len > 0) buf_append(out, STR(", "));
        buf_append(out, str_from(router_method_text(m)));
    }
}
