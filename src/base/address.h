// SPDX-License-Identifier: Apache-2.0
/* address.h — an IP address as a value, and networks of them. IPv4 is kept as IPv6 keeps it
 * (::ffff:192.0.2.1), so that a peer is the same peer on either kind of socket. Numbers only: no
 * name is looked up, no zone and no port is understood. Pure, any thread. */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <netinet/in.h>

#include "base/str.h"

#define ADDRESS_TEXT_BYTES_MAX 46u /* with the NUL */

struct address {
    uint8_t bytes[16];
};

/* "192.0.2.1", "2001:db8::1". False: it is neither, `out` stays. */
bool address_parse(struct str text, struct address *out);
struct address address_of_v4(const struct in_addr *in);
struct address address_of_v6(const struct in6_addr *in);
/* As it is written for people, NUL-terminated. */
void address_write(const struct address *a, char out[ADDRESS_TEXT_BYTES_MAX]);
bool address_equals(const struct address *a, const struct address *b);
/* Who it is counted as: a subscriber has a whole /64 of IPv6, whose other bits become 0; an IPv4
 * address is itself. */
struct address address_subscriber(const struct address *a);

struct network {
    struct address address;
    unsigned bits; /* of 128 that count */
};

/* An address, or "10.0.0.0/8", "2001:db8::/32". False: it is none, or has bits beyond its prefix,
 * which says that something else was meant. */
bool network_parse(struct str text, struct network *out);
bool network_has(const struct network *n, const struct address *a);

#endif
