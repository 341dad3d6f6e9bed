// SPDX-License-Identifier: Apache-2.0
/* address.c — inet_pton with views, and comparing bits. */
#include "base/address.h"

#include <arpa/inet.h>

#include "base/check.h"

static const uint8_t v4_prefix[12] = {[10] = 0xff, [11] = 0xff};

static bool is_v4(const struct address *a)
{
    return memcmp(a->bytes, v4_prefix, sizeof v4_prefix) == 0;
}

struct address address_of_v4(const struct in_addr *in)
{
    struct address a;

    memcpy(a.bytes, v4_prefix, sizeof v4_prefix);
    memcpy(a.bytes + sizeof v4_prefix, in, sizeof *in);
    return a;
}

struct address address_of_v6(const struct in6_addr *in)
{
    struct address a;

    memcpy(a.bytes, in, sizeof a.bytes);
    return a;
}

bool address_parse(struct str text, struct address *out)
{
    char terminated[ADDRESS_TEXT_BYTES_MAX] = {0};
    struct address parsed;

    if (text.len == 0 || text.len >= sizeof terminated) return false;
    memcpy(terminated, text.at, text.len);
    if (strlen(terminated) != text.len) return false;
    memcpy(parsed.bytes, v4_prefix, sizeof v4_prefix);
    if (inet_pton(AF_INET, terminated, parsed.bytes + sizeof v4_prefix) != 1 &&
        inet_pton(AF_INET6, terminated, parsed.bytes) != 1)
        return false;
    *out = parsed;
    return true;
}

void address_write(const struct address *a, char out[ADDRESS_TEXT_BYTES_MAX])
{
    const char *written =
        is_v4(a) ? inet_ntop(AF_INET, a->bytes + sizeof v4_prefix, out, ADDRESS_TEXT_BYTES_MAX)
                 : inet_ntop(AF_INET6, a->bytes, out, ADDRESS_TEXT_BYTES_MAX);

    CHECK(written != NULL);
}

bool address_equals(const struct address *a, const struct address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

struct address address_subscriber(const struct address *a)
{
    struct address subscriber = *a;

    if (!is_v4(a)) memset(subscriber.bytes + 8, 0, 8);
    return subscriber;
}

/* Is the bit set? The first one is the highest of the first byte. */
static bool bit_of(const struct address *a, unsigned i)
{
    return (a->bytes[i / 8] >> (7 - i % 8) & 1) != 0;
}

bool network_parse(struct str text, struct network *out)
{
    size_t slash = str_find(text, '/');
    struct network parsed = {.bits = 128};
    uint64_t bits;

    if (!address_parse(str_slice(text, 0, slash), &parsed.address)) return false;
    if (slash < text.len) {
        bool is_short = str_find(text, ':') == text.len; /* counts from the 32 of IPv4 */
        if (!str_to_u64(str_slice(text, slash + 1, SIZE_MAX), &bits)) return false;
        if (bits > (is_short ? 32u : 128u)) return false;
        parsed.bits = (unsigned)bits + (is_short ? 96u : 0u);
    }
    for (unsigned i = parsed.bits; i < 128; i++) {
        if (bit_of(&parsed.address, i)) return false;
    }
    *out = parsed;
    return true;
}

bool network_has(const struct network *n, const struct address *a)
{
    unsigned whole = n->bits / 8;
    unsigned rest = n->bits % 8;

    if (memcmp(n->address.bytes, a->bytes, whole) != 0) return false;
    return rest == 0 || (n->address.bytes[whole] ^ a->bytes[whole]) >> (8 - rest) == 0;
}
