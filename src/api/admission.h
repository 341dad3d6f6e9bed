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

struct admission_tallies {
    struct tally *addresses; /* connections of each */
    struct tally *users;     /* sockets of each */
};

/* `count_max` is what the settings of the moment allow; 0: this one is not counted. R_TOO_MANY: the
 * address, or the user, has all that they may have. R_UNAVAILABLE: no memory. */
MUST_USE enum result admission_enter_address(const struct admission_tallies *tallies,
                                             const struct address *address, uint32_t count_max,
                                             struct admission *a);
MUST_USE enum result admission_enter_user(const struct admission_tallies *tallies,
                                          const struct uuid *user_id, uint32_t count_max,
                                          struct admission *a);
/* Whatever was taken; a second time does nothing. */
void admission_leave(const struct admission_tallies *tallies, struct admission *a);

#endif
