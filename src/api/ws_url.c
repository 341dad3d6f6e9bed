// SPDX-License-Identifier: Apache-2.0
/* ws_url.c — http becomes ws, https becomes wss, and the path is /ws below whatever there is. */
#include "api/ws_url.h"

static struct str join(struct arena *arena, struct str scheme, struct str rest)
{
    struct str path = STR("/ws");
    char *at = arena_alloc(arena, scheme.len + rest.len + path.len);

    memcpy(at, scheme.at, scheme.len);
    if (rest.len > 0) memcpy(at + scheme.len, rest.at, rest.len);
    memcpy(at + scheme.len + rest.len, path.at, path.len);
    return str_of(at, scheme.len + rest.len + path.len);
}

struct str ws_url(struct str public_url, struct str host, enum ws_scheme scheme,
                  struct arena *arena)
{
    static const struct str http = {"http://", 7};
    static const struct str https = {"https://", 8};

    while (public_url.len > 0 && public_url.at[public_url.len - 1] == '/') public_url.len--;
    if (str_starts_with(public_url, https)) {
        return join(arena, STR("wss://"), str_slice(public_url, https.len, public_url.len));
    }
    if (str_starts_with(public_url, http)) {
        return join(arena, STR("ws://"), str_slice(public_url, http.len, public_url.len));
    }
    return join(arena, scheme == WS_SCHEME_SECURE ? STR("wss://") : STR("ws://"), host);
}
