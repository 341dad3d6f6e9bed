// SPDX-License-Identifier: Apache-2.0
/* throttle.c — a table of counters that forgets. A counter is found by a keyed hash of what it
 * counts; a set of four places holds those whose hashes fall together, and a new one takes the
 * place of the one that matters least. So memory is bounded whatever an attacker sends, and making
 * a certain counter be forgotten needs the key of the hash. */
#include "auth/throttle.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/check.h"
#include "limits.h"

#define WAYS 4u
#define SETS (THROTTLE_SLOTS / WAYS)
#define FORGET_MS (60u * 60u * UINT64_C(1000))
#define WAIT_FIRST_MS UINT64_C(1000)
#define DOUBLINGS_MAX 20u

static_assert((SETS & (SETS - 1)) == 0, "a hash is cut to it with a mask");

enum subject { SUBJECT_PAIR, SUBJECT_ADDRESS, SUBJECT_ACCOUNT };
#define SUBJECTS 3u

/* A whole office may sit behind one address, and an account is tried by its owner from a few; so
 * those have more free tries. The cap of an account alone is low, because anybody can bring it
 * there. */
static const struct {
    uint32_t free_tries;
    uint64_t wait_ms_max;
} rules[SUBJECTS] = {
    [SUBJECT_PAIR] = {5, 15 * 60 * 1000},
    [SUBJECT_ADDRESS] = {100, 15 * 60 * 1000},
    [SUBJECT_ACCOUNT] = {50, 5 * 1000},
};

struct counter {
    uint64_t hash; /* 0: empty */
    uint64_t last_ms;
    uint32_t tries_count;
    bool is_known; /* of a pair: the password was right from there */
};

struct throttle {
    pthread_mutex_t lock;
    uint8_t key[crypto_shorthash_KEYBYTES];
    struct counter counters[SETS][WAYS];
};

struct hashes {
    uint64_t of[SUBJECTS]; /* 0: not counted */
};

enum result throttle_new(struct throttle **out)
{
    struct throttle *t = calloc(1, sizeof *t);
    int error;

    if (t == NULL) return R_UNAVAILABLE;
    error = pthread_mutex_init(&t->lock, NULL);
    CHECK(error == 0);
    randombytes_buf(t->key, sizeof t->key);
    *out = t;
    return R_OK;
}

void throttle_free(struct throttle *t)
{
    if (t == NULL) return;
    (void)pthread_mutex_destroy(&t->lock);
    free(t);
}

/* ---- what is counted ---- */

/* A subscriber has a whole /64 of IPv6, so its addresses are one. */
static struct str prefix_of(struct str address, uint8_t room[16])
{
    char text[INET6_ADDRSTRLEN] = {0};

    if (address.len >= sizeof text) return address;
    if (address.len > 0) memcpy(text, address.at, address.len);
    if (inet_pton(AF_INET6, text, room) != 1) return address;
    if (IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)room)) return str_of((char *)room, 16);
    return str_of((char *)room, 8);
}

static uint64_t hash_of(const struct throttle *t, enum subject subject, struct str account,
                        struct str prefix)
{
    unsigned char text[THROTTLE_KEY_BYTES_MAX + 32];
    uint64_t hash = 0;
    size_t len = 0;

    account = str_slice(account, 0, THROTTLE_KEY_BYTES_MAX);
    prefix = str_slice(prefix, 0, 16);
    text[len++] = (unsigned char)subject;
    text[len++] = (unsigned char)prefix.len;
    if (prefix.len > 0) memcpy(text + len, prefix.at, prefix.len);
    len += prefix.len;
    if (account.len > 0) memcpy(text + len, account.at, account.len);
    len += account.len;
    CHECK(crypto_shorthash((unsigned char *)&hash, text, len, t->key) == 0);
    return hash == 0 ? 1 : hash;
}

static struct hashes hashes_of(const struct throttle *t, const struct throttle_try *who)
{
    uint8_t room[16];
    struct str prefix = prefix_of(who->address, room);
    struct hashes hashes = {0};

    hashes.of[SUBJECT_ACCOUNT] = hash_of(t, SUBJECT_ACCOUNT, who->account, STR_NONE);
    if (prefix.len == 0) return hashes;
    hashes.of[SUBJECT_PAIR] = hash_of(t, SUBJECT_PAIR, who->account, prefix);
    hashes.of[SUBJECT_ADDRESS] = hash_of(t, SUBJECT_ADDRESS, STR_NONE, prefix);
    return hashes;
}

/* ---- counters ---- */

static struct counter *find(struct throttle *t, uint64_t hash)
{
    struct counter *set = t->counters[hash & (SETS - 1)];

    if (hash == 0) return NULL;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].hash == hash) return &set[i];
    }
    return NULL;
}

/* The counter, or a fresh one in place of an empty, a quiet or the least important one. */
static struct counter *take(struct throttle *t, uint64_t hash, uint64_t mono_ms)
{
    struct counter *counter = find(t, hash);
    struct counter *set = t->counters[hash & (SETS - 1)];

    if (counter != NULL) return counter;
    counter = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].hash == 0 || set[i].last_ms + FORGET_MS <= mono_ms) {
            counter = &set[i];
            break;
        }
        if (set[i].tries_count < counter->tries_count) counter = &set[i];
    }
    *counter = (struct counter){.hash = hash, .last_ms = mono_ms};
    return counter;
}

/* How long this counter holds a try back, 0: not at all. */
static uint64_t wait_of(const struct counter *counter, enum subject subject, uint64_t mono_ms)
{
    uint32_t over;
    uint64_t wait_ms;

    if (counter == NULL || counter->tries_count < rules[subject].free_tries) return 0;
    if (counter->last_ms + FORGET_MS <= mono_ms) return 0;
    over = counter->tries_count - rules[subject].free_tries;
    wait_ms = WAIT_FIRST_MS << (over < DOUBLINGS_MAX ? over : DOUBLINGS_MAX);
    if (wait_ms > rules[subject].wait_ms_max) wait_ms = rules[subject].wait_ms_max;
    return counter->last_ms + wait_ms > mono_ms ? counter->last_ms + wait_ms - mono_ms : 0;
}

static uint64_t wait_of_all(struct throttle *t, const struct hashes *hashes, uint64_t mono_ms)
{
    const struct counter *pair = find(t, hashes->of[SUBJECT_PAIR]);
    bool is_known = pair != NULL && pair->is_known;
    uint64_t longest_ms = 0;

    for (unsigned i = 0; i < SUBJECTS; i++) {
        enum subject subject = (enum subject)i;
        uint64_t wait_ms = wait_of(find(t, hashes->of[i]), subject, mono_ms);

        if (subject == SUBJECT_ACCOUNT && is_known) continue;
        if (wait_ms > longest_ms) longest_ms = wait_ms;
    }
    return longest_ms;
}

static void count_try(struct throttle *t, uint64_t hash, uint64_t mono_ms)
{
    struct counter *counter = take(t, hash, mono_ms);

    if (counter->last_ms + FORGET_MS <= mono_ms) counter->tries_count = 0;
    counter->tries_count++;
    counter->last_ms = mono_ms;
}

/* ---- operations ---- */

enum result throttle_enter(struct throttle *t, const struct throttle_try *who, uint64_t mono_ms,
                           uint64_t *wait_ms)
{
    struct hashes hashes = hashes_of(t, who);
    uint64_t longest_ms;

    pthread_mutex_lock(&t->lock);
    longest_ms = wait_of_all(t, &hashes, mono_ms);
    for (unsigned i = 0; longest_ms == 0 && i < SUBJECTS; i++) {
        if (hashes.of[i] != 0) count_try(t, hashes.of[i], mono_ms);
    }
    pthread_mutex_unlock(&t->lock);
    if (longest_ms == 0) return R_OK;
    *wait_ms = longest_ms;
    return R_TOO_MANY;
}

/* Only this try is taken back: an attacker with an account of their own must not clear the count
 * of an address, nor the owner of an account that of everybody who tries it. */
static void take_back(struct throttle *t, const struct hashes *hashes)
{
    for (unsigned i = 0; i < SUBJECTS; i++) {
        struct counter *counter = find(t, hashes->of[i]);

        if (counter != NULL && counter->tries_count > 0) counter->tries_count--;
    }
}

void throttle_cancel(struct throttle *t, const struct throttle_try *who)
{
    struct hashes hashes = hashes_of(t, who);

    pthread_mutex_lock(&t->lock);
    take_back(t, &hashes);
    pthread_mutex_unlock(&t->lock);
}

void throttle_succeed(struct throttle *t, const struct throttle_try *who, uint64_t mono_ms)
{
    struct hashes hashes = hashes_of(t, who);

    pthread_mutex_lock(&t->lock);
    take_back(t, &hashes);
    if (hashes.of[SUBJECT_PAIR] != 0) {
        struct counter *pair = take(t, hashes.of[SUBJECT_PAIR], mono_ms);

        pair->tries_count = 0;
        pair->is_known = true;
        pair->last_ms = mono_ms;
    }
    pthread_mutex_unlock(&t->lock);
}
