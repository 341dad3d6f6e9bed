// SPDX-License-Identifier: Apache-2.0
/* discovery.c — see discovery.h. */
#include "auth/discovery.h"

#include "auth/jws.h"
#include "base/json_in.h"
#include "limits.h"

static const struct str https = STR("https://");
static const struct str http = STR("http://");

static bool is_this_machine(struct str rest)
{
    static const struct str names[] = {STR("127.0.0.1"), STR("[::1]"), STR("localhost")};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct str after;
        if (!str_starts_with(rest, names[i])) continue;
        after = str_slice(rest, names[i].len, rest.len);
        if (after.len == 0 || after.at[0] == ':' || after.at[0] == '/') return true;
    }
    return false;
}

bool discovery_url_is_good(struct str url)
{
    bool is_https = str_starts_with(url, https);
    struct str rest;

    if (!is_https && !str_starts_with(url, http)) return false;
    if (url.len > FOREIGN_URL_BYTES_MAX) return false;
    for (size_t i = 0; i < url.len; i++) {
        if (url.at[i] <= ' ' || url.at[i] > '~' || strchr("#\"<>\\^`{|}@", url.at[i]) != NULL)
            return false;
    }
    rest = str_slice(url, is_https ? https.len : http.len, url.len);
    if (rest.len == 0 || rest.at[0] == '/' || rest.at[0] == ':') return false;
    return is_https || is_this_machine(rest);
}

struct str discovery_url(struct str issuer, struct arena *arena)
{
    static const struct str path = STR("/.well-known/openid-configuration");
    size_t len = issuer.len;
    char *url;

    if (len > 0 && issuer.at[len - 1] == '/') len--;
    url = arena_alloc(arena, len + path.len);
    memcpy(url, issuer.at, len);
    memcpy(url + len, path.at, path.len);
    return str_of(url, len + path.len);
}

static MUST_USE enum result refuse(const char **reason, const char *why)
{
    *reason = why;
    return R_INVALID;
}

static MUST_USE enum result read_document(const json_t *object, struct str issuer, struct str *url,
                                          const char **reason)
{
    if (!jws_text_is(object, "issuer", issuer)) return refuse(reason, "other_issuer");
    if (json_in_str(object, "jwks_uri", JSON_IN_REQUIRED, FOREIGN_URL_BYTES_MAX, url, NULL) != R_OK)
        return refuse(reason, "no_jwks_uri");
    if (!discovery_url_is_good(*url) ||
        (str_starts_with(issuer, https) && !str_starts_with(*url, https)))
        return refuse(reason, "bad_jwks_uri");
    return R_OK;
}

enum result discovery_parse(struct str document, struct str issuer, struct arena *arena,
                            struct str *jwks_url, const char **reason)
{
    struct str url = STR_NONE;
    json_t *object = NULL;
    enum result result;

    if (json_in_parse_object(document, &object, NULL) != R_OK) return refuse(reason, "no_json");
    result = read_document(object, issuer, &url, reason);
    if (result == R_OK) *jwks_url = arena_copy(arena, url);
    json_decref(object);
    return result;
}
