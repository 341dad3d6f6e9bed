// SPDX-License-Identifier: Apache-2.0
/* http_forwarded.h — whom a request is from, when proxies stand between: X-Forwarded-For, and
 * Forwarded of RFC 7239. Anybody can write these headers, so a hop is believed only when the one
 * that tells of it is a proxy that we trust, beginning with the peer itself. Pure, any thread. */
#ifndef PROTO_HTTP_FORWARDED_H
#define PROTO_HTTP_FORWARDED_H

#include "base/address.h"
#include "proto/http_parse.h"

struct http_proxies {
    const struct network *trusted;
    size_t count;
};

bool http_proxies_have(const struct http_proxies *proxies, const struct address *address);

/* The client: the last hop that is no trusted proxy, read from the peer backwards. Where a hop is
 * unknown or makes no sense it is the one after it, at worst the peer. When both headers are there
 * and do not say the same, one of them was not written by the proxy: then it is the peer. */
struct address http_forwarded_client(const struct http_request_head *head,
                                     const struct http_proxies *proxies,
                                     const struct address *peer);

/* Did the client come by https, as far as a trusted peer says (X-Forwarded-Proto, Forwarded)? */
bool http_forwarded_is_https(const struct http_request_head *head,
                             const struct http_proxies *proxies, const struct address *peer);

#endif
