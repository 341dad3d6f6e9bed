// SPDX-License-Identifier: Apache-2.0
/* http_forwarded_fuzz.c — no header may stop the process or be read beyond its end; what a peer
 * that is no proxy sends never matters; and whatever a client wrote, the hop that the proxy adds in
 * a header of its own is the client. The first byte chooses the header, the rest is its value. */
#include <stdlib.h>

#include "base/check.h"
#include "proto/http_forwarded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct network trusted = {.bits = 128};
    struct http_proxies proxies = {&trusted, 1};
    struct http_request_head head = {.headers_count = 1};
    struct address stranger;
    struct address client;
    struct address found;
    bool is_list;
    char *copy;

    if (size < 1) return 0;
    is_list = (data[0] & 1) != 0;
    copy = malloc(size); /* of exactly this size, so that a byte too far is noticed */
    CHECK(copy != NULL);
    memcpy(copy, data, size);
    CHECK(address_parse(STR("10.0.0.1"), &trusted.address));
    CHECK(address_parse(STR("198.51.100.7"), &stranger));
    CHECK(address_parse(STR("192.0.2.77"), &client));
    head.headers[0].name = is_list ? STR("X-Forwarded-For") : STR("Forwarded");
    head.headers[0].value = str_of(copy + 1, size - 1);

    (void)http_forwarded_client(&head, &proxies, &trusted.address);
    (void)http_forwarded_is_https(&head, &proxies, &trusted.address);
    found = http_forwarded_client(&head, &proxies, &stranger);
    CHECK(address_equals(&found, &stranger));

    head.headers[1].name = head.headers[0].name;
    head.headers[1].value = is_list ? STR("192.0.2.77") : STR("for=192.0.2.77");
    head.headers_count = 2;
    found = http_forwarded_client(&head, &proxies, &trusted.address);
    CHECK(address_equals(&found, &client));
    free(copy);
    return 0;
}
