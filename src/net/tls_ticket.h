// SPDX-License-Identifier: Apache-2.0
/* tls_ticket.h — the keys that session tickets are sealed with (RFC 5077, RFC 8446 4.6.1).
 * A ticket holds the secret of its session, so whoever has the key can read what was said in
 * TLS 1.2: keys live in memory only, for two periods, and are wiped then. The
 * newest one seals, the one before still opens. */
#ifndef NET_TLS_TICKET_H
#define NET_TLS_TICKET_H

#include <openssl/types.h>
#include <stdbool.h>

#define TLS_TICKET_NAME_BYTES 16u
#define TLS_TICKET_SECRET_BYTES 32u

struct tls_ticket_key {
    unsigned char name[TLS_TICKET_NAME_BYTES]; /* in the ticket, in clear */
    unsigned char cipher_key[TLS_TICKET_SECRET_BYTES];
    unsigned char mac_key[TLS_TICKET_SECRET_BYTES];
    bool is_set;
};

struct tls_ticket_keys {
    struct tls_ticket_key newest;
    struct tls_ticket_key before;
};

/* A fresh key; `previous` becomes the one before. NULL: there was none. */
void tls_ticket_keys_init(struct tls_ticket_keys *keys, const struct tls_ticket_keys *previous);
/* Wipes them. */
void tls_ticket_keys_release(struct tls_ticket_keys *keys);

/* Sessions of the context are resumed with tickets of these keys, which outlive it. */
void tls_ticket_keys_use(SSL_CTX *context, const struct tls_ticket_keys *keys);

#endif
