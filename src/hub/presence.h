// SPDX-License-Identifier: Apache-2.0
/* presence.h — who is there: the open sockets of each user in the whole process, what they set by
 * hand, and which of it others do not know yet. A table with rules and no clock, thread or store of
 * its own. A change is taken with presence_take, prepared by the owner for as long as that takes,
 * and settled; what changes meanwhile only makes the value that is told in the end another one, so
 * that many changes cost one telling. One thread at a time; times are clock_mono_ms and never go
 * back. */
#ifndef HUB_PRESENCE_H
#define HUB_PRESENCE_H

#include "base/map.h"
#include "limits.h"

enum presence_status { PRESENCE_OFFLINE, PRESENCE_ONLINE, PRESENCE_AWAY, PRESENCE_BUSY };

/* In the order of the enum, with a NULL at the end, as json_in_enum takes them. */
extern const char *const presence_status_names[];

struct presence_state {
    enum presence_status status;
    uint8_t detail_len; /* 0: none */
    char detail[PRESENCE_DETAIL_BYTES_MAX];
};
static_assert(PRESENCE_DETAIL_BYTES_MAX <= UINT8_MAX, "detail_len has one byte");

struct presence_user {
    struct uuid user_id;
    struct uuid tenant_id;
    uint64_t seen_wall_ms; /* when the last socket went; the owner remembers it and sets it to 0 */
    /* private */
    struct presence_state *by_hand; /* NULL: the sockets decide */
    struct presence_state *told;    /* what others know; NULL: offline, as everybody is at first */
    struct presence_user *next_changed;
    struct presence_user *earlier; /* of those who linger */
    struct presence_user *later;
    uint64_t lingers_until_ms; /* 0: does not */
    uint32_t sockets_count;
    bool is_queued;
    bool is_taken;
};

struct presence {
    struct map users; /* all that is private here */
    struct presence_user *first_changed;
    struct presence_user *last_changed;
    struct presence_user *first_lingering;
    struct presence_user *last_lingering;
    size_t absent_count; /* set by hand, without a socket */
};

void presence_init(struct presence *p);
void presence_release(struct presence *p);

void presence_socket_opened(struct presence *p, const struct uuid *tenant_id,
                            const struct uuid *user_id);
/* True when it was the user's last; they are still there for PRESENCE_LINGER_MS. */
bool presence_socket_closed(struct presence *p, const struct uuid *user_id, uint64_t now_ms,
                            uint64_t now_wall_ms);
/* Until the user's first socket opens or the last one is gone for good. Past PRESENCE_ABSENT_MAX
 * users without a socket: nothing. */
void presence_set(struct presence *p, const struct uuid *tenant_id, const struct uuid *user_id,
                  const struct presence_state *state);
/* Those who lingered for long enough are gone. Call it about once a second. */
void presence_expire(struct presence *p, uint64_t now_ms);

/* Somebody whose state others do not know yet; NULL when there is nobody. Give it back with
 * presence_settle; until then it stays where it is. */
struct presence_user *presence_take(struct presence *p);
/* True: tell others `out`, which counts as told from here on. False: it is again what they know.
 * The user may be gone afterwards. */
bool presence_settle(struct presence *p, struct presence_user *user, struct presence_state *out);
/* Not now: it is among the changed again. */
void presence_put_back(struct presence *p, struct presence_user *user);

#endif
