// SPDX-License-Identifier: Apache-2.0
/* http_get.c — libcurl for one request. Redirects are not followed: they would take the token
 * along. */
#include "cli/http_get.h"

#include <curl/curl.h>

#include "base/check.h"

static size_t take_body(char *bytes, size_t size, size_t count, void *user)
{
    struct buf *body = user;

    buf_append(body, str_of(bytes, size * count));
    return buf_overflowed(body) ? 0 : size * count;
}

static int look_for_stop(void *user, curl_off_t down_max, curl_off_t down, curl_off_t up_max,
                         curl_off_t up)
{
    const volatile sig_atomic_t *is_stopped = user;

    (void)down_max, (void)down, (void)up_max, (void)up;
    return *is_stopped != 0;
}

static enum result of_status(const struct http_get *get, long status, struct fault *fault)
{
    switch (status) {
    case 200: return R_OK;
    case 401:
        return fault_set(fault, R_UNAUTHENTICATED, 0,
                         "the server refuses the access token: it is wrong, revoked or expired");
    case 403: return fault_set(fault, R_FORBIDDEN, 0, "the token may not do this");
    case 404:
        return fault_set(fault, R_NOT_FOUND, 0, "there is nothing at %.100s: is the URL right?",
                         get->url);
    default:
        return fault_set(fault, R_UNAVAILABLE, 0, "the server answers with status %ld", status);
    }
}

static enum result perform(CURL *curl, const struct http_get *get, struct fault *fault)
{
    CURLcode code = curl_easy_perform(curl);
    long status = 0;

    if (code == CURLE_ABORTED_BY_CALLBACK) return fault_set(fault, R_CLOSED, 0, "stopped");
    if (code != CURLE_OK)
        return fault_set(fault, R_UNAVAILABLE, 0, "cannot reach %.100s: %s", get->url,
                         curl_easy_strerror(code));
    CHECK(curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK);
    return of_status(get, status, fault);
}

enum result http_get(const struct http_get *get, struct buf *body, struct fault *fault)
{
    struct curl_slist *headers = NULL;
    struct buf line;
    CURL *curl = curl_easy_init();
    enum result result;

    CHECK(curl != NULL);
    buf_init(&line, get->bearer.len + 64);
    buf_append_format(&line, "Authorization: Bearer %.*s", STR_ARGS(get->bearer));
    buf_append_byte(&line, '\0');
    CHECK(!buf_overflowed(&line));
    headers = curl_slist_append(NULL, line.bytes);
    CHECK(headers != NULL);
    curl_easy_setopt(curl, CURLOPT_URL, get->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, get->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* the WebSocket does not go through one either */
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_for_stop);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, (void *)(uintptr_t)get->is_stopped);
    result = perform(curl, get, fault);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    buf_release(&line);
    return result;
}
