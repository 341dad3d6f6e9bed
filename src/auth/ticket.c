// SPDX-License-Identifier: Apache-2.0
/* ticket.c — a ring of spent tokens, and buckets to find them by. The ring is in the order of
 * spending, which is nearly the order of expiry because all messaging tokens live equally long;
 * the oldest goes when it has expired. Each place of the ring is also in the chain of its bucket.
 * The hash is not keyed: an id is spent only after our signature on it was verified, so nobody
 * else chooses ids. */
#include "auth/ticket.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "limits.h"

#define BUCKETS 16384u
#define NO_PLACE UINT32_MAX

struct place {
    struct uuid token_id;
    uint64_t gone_at_sec; /* the first second in which the token is refused by its time */
    uint32_t next;        /* in the bucket; NO_PLACE ends it */
};

struct tickets {
    pthread_mutex_t lock;
    uint64_t made_mono_ms;
    uint32_t buckets[BUCKETS];
    uint32_t oldest; /* place in the ring */
    uint32_t count;
    uint32_t spent_max;
    struct place places[];
};

static_assert((BUCKETS & (BUCKETS - 1)) == 0, "a hash is cut to it with a mask");

/* The last bytes of a UUIDv7 are random. */
static uint32_t *bucket_of(struct tickets *t, const struct uuid *id)
{
    uint32_t hash;

    memcpy(&hash, id->bytes + sizeof id->bytes - sizeof hash, sizeof hash);
    return &t->buckets[hash & (BUCKETS - 1)];
}

enum result tickets_new(struct tickets **out, uint32_t spent_max)
{
    struct tickets *t;
    int error;

    CHECK(spent_max > 0);
    CHECK(spent_max <= TICKETS_SPENT_MAX);
    t = calloc(1, sizeof *t + spent_max * sizeof t->places[0]);
    if (t == NULL) return R_UNAVAILABLE;
    for (uint32_t i = 0; i < BUCKETS; i++) t->buckets[i] = NO_PLACE;
    t->spent_max = spent_max;
    t->made_mono_ms = clock_mono_ms();
    error = pthread_mutex_init(&t->lock, NULL);
    CHECK(error == 0);
    *out = t;
    return R_OK;
}

void tickets_free(struct tickets *t)
{
    if (t == NULL) return;
    (void)pthread_mutex_destroy(&t->lock);
    free(t);
}

static bool is_spent(struct tickets *t, const struct uuid *id)
{
    for (uint32_t i = *bucket_of(t, id); i != NO_PLACE; i = t->places[i].next) {
        if (uuid_equals(&t->places[i].token_id, id)) return true;
    }
    return false;
}

static void forget_oldest(struct tickets *t)
{
    struct place *place = &t->places[t->oldest];
    uint32_t *link = bucket_of(t, &place->token_id);

    while (*link != t->oldest) {
        CHECK(*link != NO_PLACE);
        link = &t->places[*link].next;
    }
    *link = place->next;
    t->oldest = (t->oldest + 1) % t->spent_max;
    t->count--;
}

static void remember(struct tickets *t, const struct uuid *id, uint64_t gone_at_sec)
{
    uint32_t at = (t->oldest + t->count) % t->spent_max;
    uint32_t *bucket = bucket_of(t, id);

    t->places[at] = (struct place){.token_id = *id, .gone_at_sec = gone_at_sec, .next = *bucket};
    *bucket = at;
    t->count++;
}

/* At most a few per call, so that no caller pays for a thousand others. */
static void forget_expired(struct tickets *t, uint64_t now_sec)
{
    for (int i = 0; i < 4 && t->count > 0; i++) {
        if (t->places[t->oldest].gone_at_sec > now_sec) return;
        forget_oldest(t);
    }
}

/* An id says when it was made. The beginning of this table is told by today's wall clock: when that
 * is set back, the beginning moves back too, and new tokens are not taken for old ones. */
static bool is_older_than_table(const struct tickets *t, const struct uuid *id, uint64_t now_ms)
{
    uint64_t age_ms = clock_mono_ms() - t->made_mono_ms;

    return uuid_made_at_ms(id) + age_ms < now_ms;
}

/* With the lock. */
static enum result check(struct tickets *t, const struct uuid *token_id, uint64_t now_ms)
{
    forget_expired(t, now_ms / 1000);
    if (is_spent(t, token_id)) return R_CONFLICT;
    return t->count == t->spent_max ? R_FULL : R_OK;
}

enum result ticket_spend(struct tickets *t, const struct uuid *token_id, uint64_t expires_at_sec,
                         uint64_t now_ms)
{
    enum result result;

    CHECK(!uuid_is_nil(token_id));
    if (is_older_than_table(t, token_id, now_ms)) return R_CONFLICT;
    pthread_mutex_lock(&t->lock);
    result = check(t, token_id, now_ms);
    if (result == R_OK) remember(t, token_id, expires_at_sec + 1);
    pthread_mutex_unlock(&t->lock);
    return result;
}

enum result ticket_check(struct tickets *t, const struct uuid *token_id, uint64_t now_ms)
{
    enum result result;

    CHECK(!uuid_is_nil(token_id));
    if (is_older_than_table(t, token_id, now_ms)) return R_CONFLICT;
    pthread_mutex_lock(&t->lock);
    result = check(t, token_id, now_ms);
    pthread_mutex_unlock(&t->lock);
    return result;
}
