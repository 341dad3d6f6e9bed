// SPDX-License-Identifier: Apache-2.0
/* email.h — e-mail addresses as names of accounts: are they well-formed, and when are two the
 * same? Addresses are compared in lower case as a whole: RFC 5321 lets a host tell `A@x` from
 * `a@x`, but no person does. Only ASCII, so that two addresses that look alike are alike. Pure,
 * any thread. */
#ifndef CHAT_EMAIL_H
#define CHAT_EMAIL_H

#include "store/job.h"

struct email {
    struct str text; /* as it was typed, without the spaces around it */
    struct str key;  /* what it is compared by */
};

/* Reads `typed`; views and copies live in the arena. R_INVALID "email_invalid", naming the field
 * `email`: it has not the form local@domain, or more than EMAIL_BYTES_MAX bytes. */
MUST_USE enum result email_parse(struct str typed, struct arena *arena, struct email *out,
                                 struct problem *problem);

#endif
