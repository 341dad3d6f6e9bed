// SPDX-License-Identifier: Apache-2.0
/* admission.c — two tallies, and the keys under which a connection stands in them. */
#include "api/admission.h"

#include "base/check.h"

/* R_FULL cannot be: there are never more names than connections. */
static enum result enter(struct tally *tally, struct str name, uint32_t count_max, uint64_t *key)
{
    uint64_t found = tally_key(tally, name);
    enum result result = tally_enter(tally, found, count_max);

    CHECK(result != R_FULL);
    if (result == R_OK) *key = found;
    return result;
}

enum result admission_enter_address(const struct admission_tallies *tallies,
                                    const struct address *address, uint32_t count_max,
                                    struct admission *a)
{
    struct address subscriber = address_subscriber(address);

    CHECK(a->address_key == 0);
    if (count_max == 0) return R_OK;
    return enter(tallies->addresses,
                 str_of((const char *)subscriber.bytes, sizeof subscriber.bytes), count_max,
                 &a->address_key);
}

enum result admission_enter_user(const struct admission_tallies *tallies,
                                 const struct uuid *user_id, uint32_t count_max,
                                 struct admission *a)
{
    CHECK(a->user_key == 0);
    if (count_max == 0) return R_OK;
    return enter(tallies->users, str_of((const char *)user_id->bytes, sizeof user_id->bytes),
                 count_max, &a->user_key);
}

void admission_leave(const struct admission_tallies *tallies, struct admission *a)
{
    if (a->address_key != 0) tally_leave(tallies->addresses, a->address_key);
    if (a->user_key != 0) tally_leave(tallies->users, a->user_key);
    *a = (struct admission){0};
}
