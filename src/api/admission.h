// SPDX-License-Identifier: Apache-2.0
/* admission.h — the places that a connection has taken among those of its address and of its user,
 * which are counted over all workers. It gives them back when it is gone. Any thread. */
#ifndef API_ADMISSION_H
#define API_ADMISSION_H

#include "base/address.h"
#include "base/tally.h"
#include "base/uuid.h"

struct admission {
    uint64_t address_key; /* 0: no place is taken */
    uint64_t user_key;
};

struct admission_limits {
    struct tally *addresses;  /* connections of each */
    struct tally *users;      /* sockets of each */
    uint32_t per_address_max; /* 0: not counted */
    uint32_t per_user_max;    /* 0: not counted */
};

/* R_TOO_MANY: the address, or the user, has all that they may have. R_UNAVAILABLE: no memory. */
MUST_USE enum result admission_enter_address(const struct admission_limits *limits,
                                             const struct address *address, struct admission *a);
MUST_USE enum result admission_enter_user(const struct admission_limits *limits,
                                          const struct uuid *user_id, struct admission *a);
/* Whatever was taken; a second time does nothing. */
void admission_leave(const struct admission_limits *limits, struct admission *a);

#endif
