// SPDX-License-Identifier: Apache-2.0
/* http_write.c — status line, headers and dates of responses. */
#include "proto/http_write.h"

#include <stdio.h>
#include <time.h>

#include "base/check.h"
#include "base/clock.h"
#include "proto/http_char.h"

static const struct reason {
    int status;
    struct str text;
} reasons[] = {
    {101, STR("Switching Protocols")},
    {200, STR("OK")},
    {201, STR("Created")},
    {202, STR("Accepted")},
    {204, STR("No Content")},
    {206, STR("Partial Content")},
    {301, STR("Moved Permanently")},
    {302, STR("Found")},
    {304, STR("Not Modified")},
    {307, STR("Temporary Redirect")},
    {308, STR("Permanent Redirect")},
    {400, STR("Bad Request")},
    {401, STR("Unauthorized")},
    {403, STR("Forbidden")},
    {404, STR("Not Found")},
    {405, STR("Method Not Allowed")},
    {406, STR("Not Acceptable")},
    {408, STR("Request Timeout")},
    {409, STR("Conflict")},
    {411, STR("Length Required")},
    {412, STR("Precondition Failed")},
    {413, STR("Content Too Large")},
    {414, STR("URI Too Long")},
    {415, STR("Unsupported Media Type")},
    {416, STR("Range Not Satisfiable")},
    {417, STR("Expectation Failed")},
    {426, STR("Upgrade Required")},
    {429, STR("Too Many Requests")},
    {431, STR("Request Header Fields Too Large")},
    {500, STR("Internal Server Error")},
    {501, STR("Not Implemented")},
    {502, STR("Bad Gateway")},
    {503, STR("Service Unavailable")},
    {504, STR("Gateway Timeout")},
    {505, STR("HTTP Version Not Supported")},
};

struct str http_reason(int status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].status == status) return reasons[i].text;
    }
    return STR("");
}

static void write_header(struct buf *out, struct str name, struct str value)
{
    CHECK(name.len > 0);
    CHECK(http_char_span(name, 0, HTTP_CHAR_TOKEN) == name.len);
    CHECK(http_char_span(value, 0, HTTP_CHAR_VALUE) == value.len);
    buf_append(out, name);
    buf_append(out, STR(": "));
    buf_append(out, value);
    buf_append(out, STR("\r\n"));
}

static void write_connection(struct buf *out, enum http_write_connection connection)
{
    switch (connection) {
    case HTTP_CONNECTION_DEFAULT: break;
    case HTTP_CONNECTION_CLOSE: buf_append(out, STR("Connection: close\r\n")); break;
    case HTTP_CONNECTION_KEEP_ALIVE: buf_append(out, STR("Connection: keep-alive\r\n")); break;
    case HTTP_CONNECTION_UPGRADE: buf_append(out, STR("Connection: Upgrade\r\n")); break;
    }
}

void http_write_head(struct buf *out, int status, const struct http_response_head *head)
{
    struct str reason = http_reason(status);

    CHECK(reason.len > 0);
    CHECK(head->date.len == HTTP_DATE_LEN);
    buf_append(out, STR("HTTP/1.1 "));
    buf_append_u64(out, (uint64_t)status);
    buf_append_byte(out, ' ');
    buf_append(out, reason);
    buf_append(out, STR("\r\n"));
    write_header(out, STR("Date"), head->date);
    if (head->content_type.len > 0) write_header(out, STR("Content-Type"), head->content_type);
    if (status >= 200 && status != 204 && status != 304) {
        buf_append(out, STR("Content-Length: "));
        buf_append_u64(out, head->content_length);
        buf_append(out, STR("\r\n"));
    } else {
        CHECK(head->content_length == 0);
    }
    write_connection(out, head->connection);
    for (size_t i = 0; i < head->headers_count; i++) {
        write_header(out, head->headers[i].name, head->headers[i].value);
    }
    buf_append(out, STR("\r\n"));
}

void http_write_continue(struct buf *out)
{
    buf_append(out, STR("HTTP/1.1 100 Continue\r\n\r\n"));
}

/* Not strftime: its names of days and months follow the locale. */
void http_date_write(uint64_t wall_ms, char *out)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t)(wall_ms / 1000);
    char text[HTTP_DATE_LEN + 1];
    struct tm tm;
    int len;

    CHECK(wall_ms <= CLOCK_FOREVER_MS + 999);
    CHECK(gmtime_r(&seconds, &tm) != NULL);
    len = snprintf(text, sizeof text, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
                   days + (ptrdiff_t)3 * tm.tm_wday, tm.tm_mday, months + (ptrdiff_t)3 * tm.tm_mon,
                   tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    CHECK(len == (int)HTTP_DATE_LEN);
    memcpy(out, text, HTTP_DATE_LEN);
}
