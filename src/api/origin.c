// SPDX-License-Identifier: Apache-2.0
/* origin.c — comparing origins byte by byte: no prefix, no suffix, no wildcard. */
#include "api/origin.h"

/* What follows the scheme of an http or https origin; at == NULL for anything else. */
static struct str authority_of(struct str origin)
{
    static const struct str schemes[] = {STR("http://"), STR("https://")};

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (str_starts_with(origin, schemes[i]))
            return str_slice(origin, schemes[i].len, origin.len);
    }
    return STR_NONE;
}

/* localhost, 127.0.0.1 or [::1], with or without a port. */
static bool is_localhost(struct str authority)
{
    static const struct str names[] = {STR("localhost"), STR("127.0.0.1"), STR("[::1]")};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct str rest;
        uint64_t port;
        if (!str_starts_with(authority, names[i])) continue;
        rest = str_slice(authority, names[i].len, authority.len);
        if (rest.len == 0) return true;
        if (rest.at[0] == ':' && str_to_u64(str_slice(rest, 1, rest.len), &port) && port <= 65535)
            return true;
    }
    return false;
}

bool origin_is_allowed(const struct api_settings *settings, struct str origin, struct str host)
{
    struct str authority = authority_of(origin);

    for (size_t i = 0; i < settings->allowed_origins_count; i++) {
        if (str_equals(origin, settings->allowed_origins[i])) return true;
    }
    if (settings->allowed_origins_count > 0 || authority.len == 0) return false;
    if (settings->public_url.at != NULL) {
        if (str_equals(origin, settings->public_url)) return true;
    } else if (str_equals(authority, host)) {
        return true;
    }
    return settings->is_loopback && is_localhost(authority);
}
