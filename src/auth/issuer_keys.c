// SPDX-License-Identifier: Apache-2.0
/* issuer_keys.c — one thread, one inbox, one transfer at a time. All that is fetched is bounded
 * in size and time, no redirect is followed, and what arrives is parsed by discovery and jwks.
 * The thread alone knows when it fetched last; so the bound on fetching holds however many
 * workers ask. */
#include "auth/issuer_keys.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "auth/discovery.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "limits.h"

#define CONNECT_MS_MAX 5000L
#define TRANSFER_MS_MAX 10000L
#define REFRESH_TIMES 60u /* keys are fetched again after that many times refetch_ms */

struct issuer_keys {
    struct foreign_issuer issuer;
    struct arena arena; /* of the issuer's texts */
    struct str url;     /* of its document */
    uint64_t refetch_ms;
    void (*on_keys)(void *arg, struct jwks *set);
    void *arg;
    struct inbox inbox;
    pthread_t thread;
    bool is_started;
    _Atomic bool is_stopping;

    /* the thread's own */
    CURL *curl;
    struct buf body;      /* of the answer that is being read */
    struct buf published; /* the document of the newest set */
    uint64_t tried_ms;
    uint64_t next_ms; /* when to fetch without being asked */
    bool is_fresh;
};

/* ---- one transfer ---- */

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct buf *body = arg;

    buf_append(body, str_of(bytes, size * count));
    return buf_overflowed(body) ? 0 : size * count;
}

/* Not 0: give it up. curl asks at least once a second. */
static int on_progress(void *arg, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    const struct issuer_keys *k = arg;

    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    return atomic_load(&k->is_stopping) ? 1 : 0;
}

static void prepare(struct issuer_keys *k)
{
    k->curl = curl_easy_init();
    CHECK(k->curl != NULL);
    CHECK(curl_easy_setopt(k->curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK);
    CHECK(curl_easy_setopt(k->curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK);
    CHECK(curl_easy_setopt(k->curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK);
    CHECK(curl_easy_setopt(k->curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS_MAX) == CURLE_OK);
    CHECK(curl_easy_setopt(k->curl, CURLOPT_TIMEOUT_MS, TRANSFER_MS_MAX) == CURLE_OK);
    CHECK(curl_easy_setopt(k->curl, CURLOPT_USERAGENT, "carillon") == CURLE_OK);
    CHECK(curl_easy_setopt(k->curl, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1") == CURLE_OK);
    CHECK(curl_easy_setopt(k->curl, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK);
    CHECK(curl_easy_setopt(k->curl, CURLOPT_WRITEDATA, &k->body) == CURLE_OK);
    CHECK(curl_easy_setopt(k->curl, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK);
    CHECK(curl_easy_setopt(k->curl, CURLOPT_XFERINFODATA, k) == CURLE_OK);
    CHECK(curl_easy_setopt(k->curl, CURLOPT_NOPROGRESS, 0L) == CURLE_OK);
}

static MUST_USE enum result get(struct issuer_keys *k, struct str url, const char **reason)
{
    char text[FOREIGN_URL_BYTES_MAX + 64];
    long status = 0;
    CURLcode code;

    CHECK(url.len < sizeof text);
    memcpy(text, url.at, url.len);
    text[url.len] = '\0';
    buf_clear(&k->body);
    CHECK(curl_easy_setopt(k->curl, CURLOPT_URL, text) == CURLE_OK);
    code = curl_easy_perform(k->curl);
    *reason = "not_reached";
    if (code == CURLE_WRITE_ERROR) *reason = "too_large";
    if (code != CURLE_OK) return R_IO;
    CHECK(curl_easy_getinfo(k->curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK);
    *reason = "status";
    return status == 200 ? R_OK : R_IO;
}

/* ---- the keys ---- */

static MUST_USE enum result fetch_document(struct issuer_keys *k, struct arena *arena,
                                           const char **reason)
{
    struct str jwks_url;
    enum result result = get(k, k->url, reason);

    if (result == R_OK)
        result = discovery_parse(buf_str(&k->body), k->issuer.url, arena, &jwks_url, reason);
    return result == R_OK ? get(k, jwks_url, reason) : result;
}

/* A document that has not changed is no news, for which workers would forget their tokens. */
static MUST_USE enum result publish(struct issuer_keys *k, const char **reason)
{
    struct jwks *set = NULL;
    enum result result;

    if (k->published.len > 0 && str_equals(buf_str(&k->published), buf_str(&k->body))) return R_OK;
    result = jwks_parse(&set, buf_str(&k->body), reason);
    if (result != R_OK) return result;
    buf_clear(&k->published);
    buf_append(&k->published, buf_str(&k->body));
    log_write(LOG_INFO, "issuer_keys", LOG_FIELD_STR("issuer", k->issuer.url),
              LOG_FIELD_U64("keys", jwks_count(set)));
    k->on_keys(k->arg, set);
    return R_OK;
}

static void fetch(struct issuer_keys *k)
{
    const char *reason = NULL;
    struct arena arena;
    enum result result;

    arena_init(&arena);
    k->tried_ms = clock_mono_ms();
    result = fetch_document(k, &arena, &reason);
    if (result == R_OK) result = publish(k, &reason);
    arena_release(&arena);
    k->is_fresh = result == R_OK;
    k->next_ms = k->tried_ms + k->refetch_ms * (k->is_fresh ? REFRESH_TIMES : 1);
    if (!k->is_fresh && !atomic_load(&k->is_stopping))
        log_write(LOG_WARN, "issuer_keys_not_fetched", LOG_FIELD_STR("issuer", k->issuer.url),
                  LOG_FIELD_TEXT("reason", reason));
}

/* ---- the thread ---- */

static void give_back(struct inbox_item *item, void *receiver)
{
    struct issuer_wait *wait = (struct issuer_wait *)item;

    (void)receiver;
    wait->done(wait);
}

static void answer_all(const struct issuer_keys *k, struct inbox_item *item)
{
    while (item != NULL) {
        struct issuer_wait *wait = (struct issuer_wait *)item;
        item = item->next;
        wait->is_fresh = k->is_fresh;
        inbox_push(wait->reply_to, &wait->item);
    }
}

static void *run(void *arg)
{
    struct issuer_keys *k = arg;

    role_set(ROLE_FETCHER);
    prepare(k);
    fetch(k);
    while (!inbox_is_finished(&k->inbox)) {
        struct inbox_item *waiting = inbox_wait_until(&k->inbox, FOREIGN_WAITS_MAX, k->next_ms);
        bool is_asked = waiting != NULL && clock_mono_ms() >= k->tried_ms + k->refetch_ms;
        bool is_due = clock_mono_ms() >= k->next_ms;

        if ((is_asked || is_due) && !atomic_load(&k->is_stopping)) fetch(k);
        answer_all(k, waiting);
    }
    curl_easy_cleanup(k->curl);
    return NULL;
}

/* ---- life ---- */

enum result issuer_keys_new(struct issuer_keys **out, const struct issuer_keys_options *options,
                            struct fault *fault)
{
    const struct foreign_issuer *issuer = &options->issuer;
    struct issuer_keys *k;

    CHECK(options->refetch_ms > 0);
    CHECK(!uuid_is_nil(&issuer->tenant_id));
    if (!discovery_url_is_good(issuer->url))
        return fault_set(fault, R_INVALID, 0,
                         "oidc_issuer must be an https:// address, or http:// on this machine");
    k = calloc(1, sizeof *k);
    CHECK(k != NULL);
    CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    arena_init(&k->arena);
    k->issuer = (struct foreign_issuer){.url = arena_copy(&k->arena, issuer->url),
                                        .audience = arena_copy(&k->arena, issuer->audience),
                                        .tenant_id = issuer->tenant_id};
    k->url = discovery_url(k->issuer.url, &k->arena);
    k->refetch_ms = options->refetch_ms;
    k->on_keys = options->on_keys;
    k->arg = options->arg;
    inbox_init(&k->inbox, FOREIGN_WAITS_MAX, NULL, NULL);
    buf_init(&k->body, JWKS_BYTES_MAX);
    buf_init(&k->published, JWKS_BYTES_MAX);
    *out = k;
    return R_OK;
}

void issuer_keys_start(struct issuer_keys *k)
{
    CHECK(pthread_create(&k->thread, NULL, run, k) == 0);
    k->is_started = true;
}

void issuer_keys_give_up(struct issuer_keys *k)
{
    if (k == NULL) return;
    atomic_store(&k->is_stopping, true);
    inbox_close(&k->inbox);
}

void issuer_keys_stop(struct issuer_keys *k)
{
    if (k == NULL) return;
    issuer_keys_give_up(k);
    if (k->is_started) CHECK(pthread_join(k->thread, NULL) == 0);
    k->is_started = false;
}

void issuer_keys_free(struct issuer_keys *k)
{
    if (k == NULL) return;
    CHECK(!k->is_started);
    inbox_release(&k->inbox);
    buf_release(&k->body);
    buf_release(&k->published);
    arena_release(&k->arena);
    curl_global_cleanup();
    free(k);
}

const struct foreign_issuer *issuer_keys_issuer(const struct issuer_keys *k)
{
    return &k->issuer;
}

enum result issuer_keys_wait(struct issuer_keys *k, struct issuer_wait *wait)
{
    CHECK(wait->done != NULL && wait->reply_to != NULL);
    wait->item.receive = give_back;
    return inbox_try_push(&k->inbox, &wait->item);
}
