// SPDX-License-Identifier: Apache-2.0
/* http_forwarded.c — hops from left to right, with an answer as if they were read from right to
 * left. The client is the last hop without a trusted one's name, unless something unknown comes
 * later; so one candidate is kept, and nothing needs to be remembered or bounded:
 *   an untrusted hop is the candidate; what was before it, it only claims;
 *   a trusted hop is the candidate only when nothing is known before it;
 *   a hop that makes no sense leaves nothing known.
 * An element of Forwarded is one hop or makes no sense as a whole, so that what a client left open
 * (a quotation mark) swallows what the proxy wrote behind it, but is never read in its place. */
#include "proto/http_forwarded.h"

#include "proto/http_char.h"

struct hops {
    const struct http_proxies *proxies;
    struct address candidate;
    bool is_known;
};

bool http_proxies_have(const struct http_proxies *proxies, const struct address *address)
{
    for (size_t i = 0; i < proxies->count; i++) {
        if (network_has(&proxies->trusted[i], address)) return true;
    }
    return false;
}

/* ---- one hop ---- */

static bool is_port(struct str port)
{
    uint64_t number;

    return port.len <= 5 && str_to_u64(port, &number) && number <= UINT16_MAX;
}

/* 192.0.2.1, 192.0.2.1:80, 2001:db8::1, [2001:db8::1], [2001:db8::1]:80. */
static bool parse_node(struct str node, struct address *out)
{
    size_t end;

    if (address_parse(node, out)) return true;
    if (node.len > 0 && node.at[0] == '[') {
        end = str_find(node, ']');
        if (end == node.len) return false;
        if (end + 1 < node.len &&
            (node.at[end + 1] != ':' || !is_port(str_slice(node, end + 2, SIZE_MAX))))
            return false;
        node = str_slice(node, 1, end - 1);
        return str_find(node, ':') < node.len && address_parse(node, out);
    }
    end = str_find(node, ':');
    return end < node.len && is_port(str_slice(node, end + 1, SIZE_MAX)) &&
           address_parse(str_slice(node, 0, end), out);
}

static void take_hop(struct hops *hops, struct str node)
{
    struct address address;

    if (!parse_node(node, &address)) {
        hops->is_known = false;
        return;
    }
    if (hops->is_known && http_proxies_have(hops->proxies, &address)) return;
    hops->candidate = address;
    hops->is_known = true;
}

/* ---- X-Forwarded-For ---- */

static void take_list(struct hops *hops, struct str list)
{
    while (list.len > 0) {
        size_t comma = str_find(list, ',');
        struct str node = str_trim(str_slice(list, 0, comma));

        if (node.len > 0) take_hop(hops, node);
        list = str_slice(list, comma + 1, SIZE_MAX);
    }
}

/* ---- Forwarded ---- */

struct element {
    struct str by_for;
    struct str proto;
    bool is_bad;
};

/* token or "quoted", moves `at` past it. False: it is neither. No address needs an escape. */
static bool take_value(struct str s, size_t *at, struct str *out)
{
    size_t end;

    if (*at < s.len && s.at[*at] == '"') {
        end = *at + 1;
        while (end < s.len && s.at[end] != '"' && s.at[end] != '\\') end++;
        if (end == s.len || s.at[end] == '\\') return false;
        *out = str_slice(s, *at + 1, end - *at - 1);
        *at = end + 1;
        return true;
    }
    end = http_char_span(s, *at, HTTP_CHAR_TOKEN);
    *out = str_slice(s, *at, end - *at);
    *at = end;
    return out->len > 0;
}

/* name=value; false when it is none, or one that may be there only once and is there again. */
static bool take_pair(struct str s, size_t *at, struct element *element)
{
    size_t equals = http_char_span(s, *at, HTTP_CHAR_TOKEN);
    struct str name = str_slice(s, *at, equals - *at);
    struct str *place = NULL;
    struct str value;

    if (name.len == 0 || equals == s.len || s.at[equals] != '=') return false;
    *at = equals + 1;
    if (!take_value(s, at, &value)) return false;
    if (str_equals_ignore_case(name, STR("for"))) place = &element->by_for;
    if (str_equals_ignore_case(name, STR("proto"))) place = &element->proto;
    if (place == NULL) return true;
    if (place->at != NULL) return false;
    *place = value;
    return true;
}

static size_t skip_space(struct str s, size_t at)
{
    while (at < s.len && (s.at[at] == ' ' || s.at[at] == '\t')) at++;
    return at;
}

/* One element, up to its comma; moves `list` past it. False: the list is at its end. */
static bool take_element(struct str *list, struct element *element)
{
    size_t at = skip_space(*list, 0);

    *element = (struct element){0};
    while (at < list->len && list->at[at] == ',') at = skip_space(*list, at + 1);
    if (at == list->len) return false;
    for (; at < list->len && list->at[at] != ','; at = skip_space(*list, at)) {
        if (list->at[at] == ';') {
            at++;
            continue;
        }
        if (take_pair(*list, &at, element)) at = skip_space(*list, at);
        else element->is_bad = true;
        if (element->is_bad || (at < list->len && list->at[at] != ';' && list->at[at] != ',')) {
            /* Where the next one begins is anybody's guess: the rest is one without sense. */
            element->is_bad = true;
            at = list->len;
        }
    }
    *list = str_slice(*list, at, SIZE_MAX);
    return true;
}

static void take_elements(struct hops *hops, struct str list)
{
    struct element element;

    while (take_element(&list, &element))
        take_hop(hops, element.is_bad ? STR_NONE : element.by_for);
}

/* ---- both ---- */

/* False: there is no such header. */
static bool read_hops(const struct http_request_head *head, struct str name,
                      void (*take)(struct hops *hops, struct str list),
                      const struct http_proxies *proxies, const struct address *peer,
                      struct address *out)
{
    struct hops hops = {.proxies = proxies};
    bool is_there = false;

    for (size_t i = 0; i < head->headers_count; i++) {
        if (!str_equals_ignore_case(head->headers[i].name, name)) continue;
        is_there = true;
        take(&hops, head->headers[i].value);
    }
    *out = hops.is_known ? hops.candidate : *peer;
    return is_there;
}

struct address http_forwarded_client(const struct http_request_head *head,
                                     const struct http_proxies *proxies, const struct address *peer)
{
    struct address listed;
    struct address told;
    bool is_listed;
    bool is_told;

    if (!http_proxies_have(proxies, peer)) return *peer;
    is_listed = read_hops(head, STR("X-Forwarded-For"), take_list, proxies, peer, &listed);
    is_told = read_hops(head, STR("Forwarded"), take_elements, proxies, peer, &told);
    if (is_listed && is_told) return address_equals(&listed, &told) ? listed : *peer;
    return is_told ? told : listed;
}

bool http_forwarded_is_https(const struct http_request_head *head,
                             const struct http_proxies *proxies, const struct address *peer)
{
    struct str proto = http_header(head, STR("X-Forwarded-Proto"));
    struct str list = http_header(head, STR("Forwarded"));
    struct element element;

    if (!http_proxies_have(proxies, peer)) return false;
    proto = str_trim(str_slice(proto, 0, str_find(proto, ',')));
    if (proto.len == 0 && take_element(&list, &element) && !element.is_bad) proto = element.proto;
    return str_equals_ignore_case(proto, STR("https"));
}
