// SPDX-License-Identifier: Apache-2.0
/* rate_limit.c — the name of a bucket, and its limit. A key is counted by its hash, before the
 * database is asked whose it is: a flood with one key costs no look-up beyond its limit. */
#include "api/rate_limit.h"

#include "api/reply.h"
#include "api/route.h"
#include "base/address.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"

#define LOG_INTERVAL_MS 1000u

enum subject { SUBJECT_USER = 'u', SUBJECT_AGENT = 'a', SUBJECT_KEY = 'k', SUBJECT_ADDRESS = 'i' };

struct name {
    char bytes[RATE_NAME_BYTES_MAX];
    size_t len;
};

static void put(struct name *name, const void *bytes, size_t len)
{
    CHECK(len <= sizeof name->bytes - name->len);
    memcpy(name->bytes + name->len, bytes, len);
    name->len += len;
}

static enum subject subject_of(const struct request *r)
{
    if (r->has_key) return r->key_kind == SECRET_AGENT_KEY ? SUBJECT_AGENT : SUBJECT_KEY;
    return r->caller.kind == CALLER_USER ? SUBJECT_USER : SUBJECT_ADDRESS;
}

/* False: the address is not known, because the peer is gone. */
static bool name_of(struct request *r, enum subject subject, struct name *name)
{
    struct address address;
    char head[2] = {(char)subject, (char)r->rate_class};

    if (subject == SUBJECT_KEY) head[1] = 0; /* one bucket for all that a backend does */
    put(name, head, sizeof head);
    switch (subject) {
    case SUBJECT_USER: put(name, r->caller.user_id.bytes, sizeof r->caller.user_id.bytes); break;
    case SUBJECT_AGENT:
    case SUBJECT_KEY: put(name, r->key_hash, sizeof r->key_hash); break;
    case SUBJECT_ADDRESS:
        if (!request_client(r, &address)) return false;
        address = address_subscriber(&address);
        put(name, address.bytes, sizeof address.bytes);
        break;
    }
    return true;
}

static uint64_t limit_of(const struct request *r, enum subject subject)
{
    const struct api_rates *rates = &r->settings->rates;
    uint64_t per_min = rates->per_min[r->rate_class];

    if (subject == SUBJECT_KEY) return rates->key_per_min;
    if (subject == SUBJECT_AGENT) per_min *= rates->agent_times;
    return per_min > RATE_PER_MIN_MAX ? RATE_PER_MIN_MAX : per_min;
}

/* At most one line a second from a worker: a flood must not fill the log. */
static void log_refusal(struct request *r)
{
    struct api *api = r->api;

    counter_add(&api->metrics->requests_limited, 1);
    if (api->loop->now_ms < api->limited_logged_ms + LOG_INTERVAL_MS) return;
    api->limited_logged_ms = api->loop->now_ms;
    log_write(LOG_WARN, "rate_limited", LOG_FIELD_UUID("request_id", r->id),
              LOG_FIELD_TEXT("class", rate_class_name(r->rate_class)),
              LOG_FIELD_UUID("user_id", r->caller.user_id),
              LOG_FIELD_STR("address", request_address(r)));
}

static void refuse(struct request *r)
{
    uint64_t wait_ms = r->rate.wait_ms;
    struct problem problem;

    log_refusal(r);
    problem_set(&problem, R_TOO_MANY, "too_many_requests", NULL,
                "Too many requests of this kind (%s); try again in %llu seconds.",
                rate_class_name(r->rate_class), (unsigned long long)((wait_ms + 999) / 1000));
    reply_too_many(r, &problem, wait_ms);
}

bool rate_limit_admit(struct request *r)
{
    enum subject subject = subject_of(r);
    uint64_t per_min = limit_of(r, subject);
    struct name name = {.len = 0};
    enum result result;

    if (r->rate_class == RATE_FREE || per_min == 0 || !name_of(r, subject, &name)) return true;
    result = rates_take(r->api->rates, str_of(name.bytes, name.len), per_min,
                        clock_mono_ns() / 1000, &r->rate);
    if (result == R_OK) return true;
    refuse(r);
    return false;
}
