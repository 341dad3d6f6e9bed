// SPDX-License-Identifier: Apache-2.0
/* server_metrics.c — one line of the text. */
#include "bench/server_metrics.h"

#include "bench/fail.h"

double server_metric(struct rest_client *client, const char *name)
{
    const struct rest_request request = {.method = "GET", .path = "/metrics"};
    struct str text = rest_client_call(client, &request).body;
    struct str prefix = str_from(name);

    while (text.len > 0) {
        size_t end = str_find(text, '\n');
        uint64_t value;

        if (str_starts_with(text, prefix) && end > prefix.len && text.at[prefix.len] == ' ' &&
            str_to_u64(str_slice(text, prefix.len + 1, end - prefix.len - 1), &value)) {
            return (double)value;
        }
        text = str_slice(text, end + 1, SIZE_MAX);
    }
    fail("/metrics has no whole number %s", name);
}
