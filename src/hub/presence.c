// SPDX-License-Identifier: Apache-2.0
/* presence.c — counting sockets, and remembering what others were told.
 * Those who linger are in a list in the order in which they end, because all linger equally long. A
 * user's entry goes as soon as it says nothing: no socket, nothing set, and offline is what others
 * know. */
#include "hub/presence.h"

#include <stdlib.h>

#include "base/check.h"
#include "limits.h"

const char *const presence_status_names[] = {
    [PRESENCE_OFFLINE] = "offline",
    [PRESENCE_ONLINE] = "online",
    [PRESENCE_AWAY] = "away",
    [PRESENCE_BUSY] = "busy",
    NULL,
};

static const struct presence_state offline = {.status = PRESENCE_OFFLINE};
/* Not const, because a user's `told` may point to it; nobody writes through that. */
static struct presence_state online = {.status = PRESENCE_ONLINE};

void presence_init(struct presence *p)
{
    *p = (struct presence){0};
    map_init(&p->users, INT32_MAX); /* bounded by sockets, and by PRESENCE_ABSENT_MAX */
}

/* What nearly everybody is told is that somebody is online, which needs no memory per user. */
static void forget_told(struct presence_user *user)
{
    if (user->told != &online) free(user->told);
    user->told = NULL;
}

static void free_user(struct presence_user *user)
{
    free(user->by_hand);
    forget_told(user);
    free(user);
}

void presence_release(struct presence *p)
{
    struct presence_user *user;
    size_t cursor = 0;

    while ((user = map_next(&p->users, &cursor, NULL)) != NULL) free_user(user);
    map_release(&p->users);
}

/* ---- states ---- */

static const struct presence_state *current(const struct presence_user *user)
{
    if (user->by_hand != NULL) return user->by_hand;
    return user->sockets_count > 0 || user->lingers_until_ms != 0 ? &online : &offline;
}

static bool is_same(const struct presence_state *a, const struct presence_state *b)
{
    return a->status == b->status && a->detail_len == b->detail_len &&
           memcmp(a->detail, b->detail, a->detail_len) == 0;
}

static bool is_told(const struct presence_user *user)
{
    return is_same(current(user), user->told == NULL ? &offline : user->told);
}

/* Offline without a detail is kept as NULL, online without one as the constant. */
static void keep_told(struct presence_user *user, const struct presence_state *state)
{
    forget_told(user);
    if (is_same(state, &offline)) return;
    if (is_same(state, &online)) {
        user->told = &online;
        return;
    }
    user->told = malloc(sizeof *user->told);
    CHECK(user->told != NULL);
    *user->told = *state;
}

/* ---- users ---- */

static bool is_absent(const struct presence_user *user)
{
    return user->by_hand != NULL && user->sockets_count == 0 && user->lingers_until_ms == 0;
}

static struct presence_user *find_or_add(struct presence *p, const struct uuid *tenant_id,
                                         const struct uuid *user_id)
{
    struct presence_user *user = map_find(&p->users, user_id);

    if (user != NULL) return user;
    user = calloc(1, sizeof *user);
    CHECK(user != NULL);
    user->user_id = *user_id;
    user->tenant_id = *tenant_id;
    CHECK(map_put(&p->users, user_id, user) == R_OK);
    return user;
}

static void queue(struct presence *p, struct presence_user *user)
{
    CHECK(!user->is_queued);
    user->is_queued = true;
    user->next_changed = NULL;
    if (p->first_changed == NULL) p->first_changed = user;
    else p->last_changed->next_changed = user;
    p->last_changed = user;
}

/* A user who lingers is still there: when they were seen last is nothing to remember yet. */
static bool has_news(const struct presence_user *user)
{
    return !is_told(user) || (user->seen_wall_ms != 0 && user->lingers_until_ms == 0);
}

/* After every change: somebody must be told, or the entry says nothing any more. */
static void review(struct presence *p, struct presence_user *user)
{
    if (user->is_queued || user->is_taken) return;
    if (has_news(user)) {
        queue(p, user);
    } else if (user->sockets_count == 0 && user->lingers_until_ms == 0 && user->by_hand == NULL) {
        CHECK(map_remove(&p->users, &user->user_id) == user);
        free_user(user);
    }
}

static void clear_hand(struct presence *p, struct presence_user *user)
{
    if (is_absent(user)) p->absent_count--;
    free(user->by_hand);
    user->by_hand = NULL;
}

/* ---- sockets ---- */

static void stop_lingering(struct presence *p, struct presence_user *user)
{
    CHECK(user->lingers_until_ms != 0);
    user->lingers_until_ms = 0;
    if (user->earlier == NULL) p->first_lingering = user->later;
    else user->earlier->later = user->later;
    if (user->later == NULL) p->last_lingering = user->earlier;
    else user->later->earlier = user->earlier;
}

void presence_socket_opened(struct presence *p, const struct uuid *tenant_id,
                            const struct uuid *user_id)
{
    struct presence_user *user = find_or_add(p, tenant_id, user_id);

    if (user->lingers_until_ms != 0) stop_lingering(p, user);
    else if (user->sockets_count == 0) clear_hand(p, user);
    user->sockets_count++;
    user->seen_wall_ms = 0;
    review(p, user);
}

bool presence_socket_closed(struct presence *p, const struct uuid *user_id, uint64_t now_ms,
                            uint64_t now_wall_ms)
{
    struct presence_user *user = map_find(&p->users, user_id);

    CHECK(user != NULL && user->sockets_count > 0);
    if (--user->sockets_count > 0) return false;
    CHECK(p->last_lingering == NULL ||
          p->last_lingering->lingers_until_ms <= now_ms + PRESENCE_LINGER_MS);
    user->lingers_until_ms = now_ms + PRESENCE_LINGER_MS;
    user->seen_wall_ms = now_wall_ms;
    user->earlier = p->last_lingering;
    user->later = NULL;
    if (p->last_lingering == NULL) p->first_lingering = user;
    else p->last_lingering->later = user;
    p->last_lingering = user;
    return true;
}

void presence_expire(struct presence *p, uint64_t now_ms)
{
    struct presence_user *user;

    while ((user = p->first_lingering) != NULL && user->lingers_until_ms <= now_ms) {
        clear_hand(p, user);
        stop_lingering(p, user);
        review(p, user);
    }
}

/* ---- by hand ---- */

void presence_set(struct presence *p, const struct uuid *tenant_id, const struct uuid *user_id,
                  const struct presence_state *state)
{
    struct presence_user *user = map_find(&p->users, user_id);
    bool is_present = user != NULL && (user->sockets_count > 0 || user->lingers_until_ms != 0);

    if (!is_present && (user == NULL || user->by_hand == NULL) &&
        p->absent_count >= PRESENCE_ABSENT_MAX)
        return;
    user = find_or_add(p, tenant_id, user_id);
    clear_hand(p, user);
    /* Without a socket, offline is what it is anyway. */
    if (is_present || !is_same(state, &offline)) {
        user->by_hand = malloc(sizeof *user->by_hand);
        CHECK(user->by_hand != NULL);
        *user->by_hand = *state;
        if (!is_present) p->absent_count++;
    }
    review(p, user);
}

/* ---- telling ---- */

struct presence_user *presence_take(struct presence *p)
{
    while (p->first_changed != NULL) {
        struct presence_user *user = p->first_changed;

        p->first_changed = user->next_changed;
        if (p->first_changed == NULL) p->last_changed = NULL;
        user->is_queued = false;
        if (has_news(user)) {
            user->is_taken = true;
            return user;
        }
        review(p, user);
    }
    return NULL;
}

bool presence_settle(struct presence *p, struct presence_user *user, struct presence_state *out)
{
    bool is_news = !is_told(user);

    CHECK(user->is_taken);
    user->is_taken = false;
    if (is_news) {
        *out = *current(user);
        keep_told(user, out);
    }
    review(p, user);
    return is_news;
}

void presence_put_back(struct presence *p, struct presence_user *user)
{
    CHECK(user->is_taken);
    user->is_taken = false;
    queue(p, user);
}
