// SPDX-License-Identifier: Apache-2.0
/* http_parse.c — request line, header lines, and what the known fields mean together.
 * Three steps: cut the head into views while checking every byte once, remember the fields whose
 * meaning the server needs, then understand those. The fields of the third step are looked at only
 * when all of the head is known, since most of the rules are about two of them.
 * Every field that frames the body or says who asks may come once only, also where RFC 9110 would
 * let equal copies pass: a peer that sends two is broken or is trying something. */
#include "proto/http_parse.h"

#include "base/check.h"
#include "proto/http_char.h"

/* The fields that are understood here. All but Connection are refused when they come twice. */
enum known_field {
    FIELD_AUTHORIZATION,
    FIELD_CONNECTION,
    FIELD_CONTENT_LENGTH,
    FIELD_CONTENT_TYPE,
    FIELD_EXPECT,
    FIELD_HOST,
    FIELD_ORIGIN,
    FIELD_TRANSFER_ENCODING,
    FIELD_UPGRADE,
    FIELD_WS_KEY,
    FIELD_WS_VERSION,
    FIELD_UNKNOWN, /* also their number */
};

static const struct str field_names[FIELD_UNKNOWN] = {
    [FIELD_AUTHORIZATION] = STR("authorization"),
    [FIELD_CONNECTION] = STR("connection"),
    [FIELD_CONTENT_LENGTH] = STR("content-length"),
    [FIELD_CONTENT_TYPE] = STR("content-type"),
    [FIELD_EXPECT] = STR("expect"),
    [FIELD_HOST] = STR("host"),
    [FIELD_ORIGIN] = STR("origin"),
    [FIELD_TRANSFER_ENCODING] = STR("transfer-encoding"),
    [FIELD_UPGRADE] = STR("upgrade"),
    [FIELD_WS_KEY] = STR("sec-websocket-key"),
    [FIELD_WS_VERSION] = STR("sec-websocket-version"),
};

static const struct str method_names[] = {
    [HTTP_METHOD_GET] = STR("GET"),         [HTTP_METHOD_HEAD] = STR("HEAD"),
    [HTTP_METHOD_POST] = STR("POST"),       [HTTP_METHOD_PUT] = STR("PUT"),
    [HTTP_METHOD_PATCH] = STR("PATCH"),     [HTTP_METHOD_DELETE] = STR("DELETE"),
    [HTTP_METHOD_OPTIONS] = STR("OPTIONS"),
};
#define METHODS_COUNT (sizeof method_names / sizeof method_names[0])

/* What one call of http_parse_head knows besides its result. */
struct parse {
    struct str head;
    size_t at;
    struct str authority;             /* of an absolute-form target; STR_NONE otherwise */
    struct str fields[FIELD_UNKNOWN]; /* `at` is NULL for a field that has not come */
    bool connection_close;
    bool connection_keep_alive;
};

/* ---- Lists of tokens ---- */

/* Take the next element of a comma-separated list (RFC 9110 5.6.1), which may be empty. */
static bool take_element(struct str *list, struct str *element)
{
    size_t comma;

    if (list->at == NULL) return false;
    comma = str_find(*list, ',');
    *element = str_trim(str_slice(*list, 0, comma));
    *list = comma < list->len ? str_of(list->at + comma + 1, list->len - comma - 1) : STR_NONE;
    return true;
}

bool http_list_has(struct str list, struct str token)
{
    struct str element;

    while (take_element(&list, &element)) {
        if (str_equals_ignore_case(element, token)) return true;
    }
    return false;
}

/* ---- Host ---- */

static bool is_port(struct str port)
{
    uint64_t number;

    return port.len <= 5 && str_to_u64(port, &number) && number <= UINT16_MAX;
}

/* "[" IPv6 address "]"; zones and future versions (RFC 3986) have no place in a request. */
static bool is_bracketed_address(struct str host)
{
    if (host.len < 4 || host.at[0] != '[' || host.at[host.len - 1] != ']') return false;
    for (size_t i = 1; i < host.len - 1; i++) {
        if (host.at[i] != ':' && host.at[i] != '.' && http_char_hex(host.at[i]) < 0) return false;
    }
    return true;
}

/* A host with an optional port. User information ("user@") is refused by its '@'. */
static bool is_authority(struct str authority)
{
    size_t host_len = authority.len > 0 && authority.at[0] == '['
                          ? str_find(authority, ']') + 1
                          : http_char_span(authority, 0, HTTP_CHAR_HOST);
    struct str host = str_slice(authority, 0, host_len);
    struct str rest = str_slice(authority, host.len, authority.len);

    if (host.len == 0 || (host.at[0] == '[' && !is_bracketed_address(host))) return false;
    return rest.len == 0 || (rest.at[0] == ':' && is_port(str_slice(rest, 1, rest.len)));
}

/* ---- Request line ---- */

static enum http_method method_find(struct str text)
{
    for (size_t i = 1; i < METHODS_COUNT; i++) {
        if (str_equals(text, method_names[i])) return (enum http_method)i;
    }
    return HTTP_METHOD_OTHER;
}

/* The length of the scheme of an absolute-form target with its "://", 0 for any other target. */
static size_t scheme_len(struct str target)
{
    static const struct str schemes[] = {STR("http://"), STR("https://")};

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (str_equals_ignore_case(str_slice(target, 0, schemes[i].len), schemes[i])) {
            return schemes[i].len;
        }
    }
    return 0;
}

/* Cut "scheme://authority" off an absolute-form target, as a proxy or a test suite may send it.
 * "http://host?query" is refused: valid, but nobody sends it, and it has no view that starts
 * with a slash. */
static enum http_verdict reduce_absolute_form(struct parse *p, struct str *target)
{
    size_t start = scheme_len(*target);
    size_t end = start;

    if (start == 0) return HTTP_OK;
    while (end < target->len && target->at[end] != '/' && target->at[end] != '?') end++;
    p->authority = str_of(target->at + start, end - start);
    if (!is_authority(p->authority)) return HTTP_BAD_HOST;
    *target = end == target->len ? STR("/") : str_slice(*target, end, target->len);
    return HTTP_OK;
}

static enum http_verdict parse_target(struct parse *p, struct str target,
                                      struct http_request_head *out)
{
    enum http_verdict verdict;
    size_t i;

    if (target.len > HTTP_TARGET_BYTES_MAX) return HTTP_TARGET_TOO_LONG;
    if (out->method == HTTP_METHOD_OPTIONS && str_equals(target, STR("*"))) {
        out->target = target;
        return HTTP_OK;
    }
    verdict = reduce_absolute_form(p, &target);
    if (verdict != HTTP_OK) return verdict;
    if (target.len == 0 || target.at[0] != '/') return HTTP_BAD_TARGET;
    i = http_char_span(target, 0, HTTP_CHAR_PATH);
    if (i < target.len && target.at[i] == '?') i = http_char_span(target, i, HTTP_CHAR_QUERY);
    if (i < target.len) return HTTP_BAD_TARGET;
    out->target = target;
    return HTTP_OK;
}

/* "HTTP/1.1", and nothing around it. */
static enum http_verdict parse_version(struct str version, struct http_request_head *out)
{
    const char *at = version.at;

    if (version.len != 8 || !str_starts_with(version, STR("HTTP/")) || at[6] != '.' ||
        at[5] < '0' || at[5] > '9' || at[7] < '0' || at[7] > '9') {
        return HTTP_BAD_REQUEST_LINE;
    }
    if (at[5] != '1' || at[7] > '1') return HTTP_BAD_VERSION;
    out->version_minor = at[7] == '1' ? 1 : 0;
    return HTTP_OK;
}

/* The version comes before the target, so that a peer which speaks HTTP/2 is told just that. */
static enum http_verdict parse_request_line(struct parse *p, struct http_request_head *out)
{
    struct str rest = str_slice(p->head, p->at, p->head.len);
    struct str line = str_slice(rest, 0, str_find(rest, '\r'));
    size_t method_len = str_find(line, ' ');
    size_t target_len = str_find(str_slice(line, method_len + 1, line.len), ' ');
    struct str target = str_slice(line, method_len + 1, target_len);
    enum http_verdict verdict;

    p->at += line.len;
    out->method_text = str_slice(line, 0, method_len);
    if (method_len > HTTP_METHOD_BYTES_MAX) return HTTP_METHOD_TOO_LONG;
    if (method_len == 0 || target_len == 0) return HTTP_BAD_REQUEST_LINE;
    if (http_char_span(out->method_text, 0, HTTP_CHAR_TOKEN) < method_len) return HTTP_BAD_METHOD;
    out->method = method_find(out->method_text);
    verdict = parse_version(str_slice(line, method_len + target_len + 2, line.len), out);
    if (verdict != HTTP_OK) return verdict;
    return parse_target(p, target, out);
}

/* ---- Header lines ---- */

static bool take_line_end(struct parse *p)
{
    if (!str_equals(str_slice(p->head, p->at, 2), STR("\r\n"))) return false;
    p->at += 2;
    return true;
}

static enum http_verdict parse_header(struct parse *p, struct http_header *out)
{
    struct str head = p->head;
    size_t start = p->at;
    size_t colon = http_char_span(head, start, HTTP_CHAR_TOKEN);
    size_t end;

    if (colon < head.len && colon == start && (head.at[start] == ' ' || head.at[start] == '\t')) {
        return HTTP_BAD_HEADER_FOLD;
    }
    if (colon == head.len || colon == start || head.at[colon] != ':') return HTTP_BAD_HEADER_NAME;
    end = http_char_span(head, colon + 1, HTTP_CHAR_VALUE);
    p->at = end;
    if (!take_line_end(p)) {
        bool is_line_byte = end == head.len || head.at[end] == '\r' || head.at[end] == '\n';

        return is_line_byte ? HTTP_BAD_LINE_END : HTTP_BAD_CONTROL_BYTE;
    }
    out->name = str_of(head.at + start, colon - start);
    out->value = str_trim(str_of(head.at + colon + 1, end - colon - 1));
    return HTTP_OK;
}

/* The lengths are compared here first, which saves most of the calls for most headers. */
static enum known_field field_find(struct str name)
{
    for (size_t i = 0; i < FIELD_UNKNOWN; i++) {
        if (name.len != field_names[i].len) continue;
        if (str_equals_ignore_case(name, field_names[i])) return (enum known_field)i;
    }
    return FIELD_UNKNOWN;
}

/* Connection may come in several lines, which count as one list (RFC 9110 5.3). */
static void note_connection(struct parse *p, struct str list, struct http_request_head *out)
{
    struct str element;

    while (take_element(&list, &element)) {
        if (str_equals_ignore_case(element, STR("close"))) p->connection_close = true;
        if (str_equals_ignore_case(element, STR("keep-alive"))) p->connection_keep_alive = true;
        if (str_equals_ignore_case(element, STR("upgrade"))) out->connection_upgrade = true;
    }
}

static enum http_verdict note_field(struct parse *p, const struct http_header *header,
                                    struct http_request_head *out)
{
    enum known_field field = field_find(header->name);

    if (field == FIELD_UNKNOWN) return HTTP_OK;
    if (field == FIELD_CONNECTION) {
        note_connection(p, header->value, out);
        return HTTP_OK;
    }
    if (p->fields[field].at != NULL) return HTTP_DUPLICATE_HEADER;
    p->fields[field] = header->value;
    return HTTP_OK;
}

static enum http_verdict parse_headers(struct parse *p, struct http_request_head *out)
{
    while (!take_line_end(p)) {
        struct http_header *header = &out->headers[out->headers_count];
        enum http_verdict verdict;

        if (out->headers_count == HTTP_HEADERS_MAX) return HTTP_TOO_MANY_HEADERS;
        verdict = parse_header(p, header);
        if (verdict == HTTP_OK) verdict = note_field(p, header, out);
        if (verdict != HTTP_OK) return verdict;
        out->headers_count++;
    }
    return HTTP_OK;
}

/* ---- What the fields mean ---- */

/* The host of an absolute-form target replaces the field, which still has to be valid
 * (RFC 9112 3.2.2). */
static enum http_verdict understand_host(const struct parse *p, struct http_request_head *out)
{
    struct str host = p->fields[FIELD_HOST];

    if (host.at == NULL && out->version_minor > 0) return HTTP_MISSING_HOST;
    if (host.at != NULL && !is_authority(host)) return HTTP_BAD_HOST;
    out->host = p->authority.at != NULL ? p->authority : host;
    return HTTP_OK;
}

/* Only "chunked" alone is undone here. Other codings before a final chunked are honest, though not
 * supported; in any other place chunked leaves the length in doubt. */
static enum http_verdict understand_transfer_encoding(struct str codings,
                                                      struct http_request_head *out)
{
    bool is_chunked = false;
    struct str coding;

    if (out->version_minor == 0) return HTTP_BAD_TRANSFER_ENCODING;
    if (str_equals_ignore_case(codings, STR("chunked"))) {
        out->chunked = true;
        return HTTP_OK;
    }
    while (take_element(&codings, &coding)) {
        bool is_token = http_char_span(coding, 0, HTTP_CHAR_TOKEN) == coding.len;

        if (coding.len == 0 || !is_token || is_chunked) return HTTP_BAD_TRANSFER_ENCODING;
        is_chunked = str_equals_ignore_case(coding, STR("chunked"));
    }
    return is_chunked ? HTTP_UNKNOWN_CODING : HTTP_BAD_TRANSFER_ENCODING;
}

/* No list, no sign, and no leading zero, which some readers take for octal. */
static enum http_verdict understand_content_length(struct str length, struct http_request_head *out)
{
    if (length.len > 1 && length.at[0] == '0') return HTTP_BAD_CONTENT_LENGTH;
    if (!str_to_u64(length, &out->content_length)) return HTTP_BAD_CONTENT_LENGTH;
    out->has_content_length = true;
    return HTTP_OK;
}

static enum http_verdict understand_framing(const struct parse *p, struct http_request_head *out)
{
    struct str length = p->fields[FIELD_CONTENT_LENGTH];
    struct str codings = p->fields[FIELD_TRANSFER_ENCODING];

    if (length.at != NULL && codings.at != NULL) return HTTP_TWO_LENGTHS;
    if (codings.at != NULL) return understand_transfer_encoding(codings, out);
    if (length.at != NULL) return understand_content_length(length, out);
    return HTTP_OK;
}

/* RFC 9110 10.1.1: an expectation of HTTP/1.0 is ignored, one without a body needs no answer. */
static enum http_verdict understand_expect(const struct parse *p, struct http_request_head *out)
{
    struct str expect = p->fields[FIELD_EXPECT];

    if (expect.at == NULL || out->version_minor == 0) return HTTP_OK;
    if (!str_equals_ignore_case(expect, STR("100-continue"))) return HTTP_BAD_EXPECT;
    out->expect_100 = http_has_body(out);
    return HTTP_OK;
}

/* A body in front of the frames would have to be read as neither; so there may be none. */
static enum http_verdict understand_upgrade(const struct parse *p, struct http_request_head *out)
{
    if (out->version_minor == 0 || !out->connection_upgrade) return HTTP_OK;
    if (!http_list_has(p->fields[FIELD_UPGRADE], STR("websocket"))) return HTTP_OK;
    if (http_has_body(out)) return HTTP_BODY_ON_UPGRADE;
    out->upgrade_websocket = true;
    return HTTP_OK;
}

static enum http_verdict understand_fields(const struct parse *p, struct http_request_head *out)
{
    enum http_verdict verdict = understand_host(p, out);

    if (verdict == HTTP_OK) verdict = understand_framing(p, out);
    if (verdict == HTTP_OK) verdict = understand_expect(p, out);
    if (verdict == HTTP_OK) verdict = understand_upgrade(p, out);
    if (verdict != HTTP_OK) return verdict;
    out->keep_alive = !p->connection_close && (out->version_minor > 0 || p->connection_keep_alive);
    out->content_type = p->fields[FIELD_CONTENT_TYPE];
    out->authorization = p->fields[FIELD_AUTHORIZATION];
    out->origin = p->fields[FIELD_ORIGIN];
    return HTTP_OK;
}

/* Everything but the array of headers, which is written as far as it is used. */
static void clear_head(struct http_request_head *out)
{
    memset(out, 0, offsetof(struct http_request_head, headers));
}

enum http_verdict http_parse_head(struct str head, struct http_request_head *out)
{
    struct parse p = {.head = head};
    enum http_verdict verdict;

    clear_head(out);
    for (unsigned i = 0; take_line_end(&p); i++) {
        if (i == HTTP_BLANK_LINES_MAX) return HTTP_BAD_BLANK_LINES;
    }
    verdict = parse_request_line(&p, out);
    if (verdict != HTTP_OK) return verdict;
    if (!take_line_end(&p)) return HTTP_BAD_LINE_END;
    verdict = parse_headers(&p, out);
    if (verdict != HTTP_OK) return verdict;
    if (p.at != head.len) return HTTP_BAD_LINE_END;
    verdict = understand_fields(&p, out);
    CHECK(verdict != HTTP_OK || !(out->chunked && out->has_content_length));
    return verdict;
}

struct str http_header(const struct http_request_head *head, struct str name)
{
    for (size_t i = 0; i < head->headers_count; i++) {
        if (str_equals_ignore_case(head->headers[i].name, name)) return head->headers[i].value;
    }
    return STR_NONE;
}
