// SPDX-License-Identifier: Apache-2.0
/* indexer.c — one step after the other, each a transaction with its position: should the machine
 * stop within one, both are where they were before, and the step is done again. */
#include "store/indexer.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "limits.h"
#include "store/search.h"
#include "store/search_index.h"

#define NEVER_MS UINT64_MAX

void indexer_init(struct indexer *ix, struct db *db, struct counters *counters, uint64_t now_ms)
{
    CHECK(now_ms > 0);
    *ix = (struct indexer){
        .db = db, .counters = counters, .due_ms = now_ms, .behind_since_ms = now_ms};
    counters_set_search_behind(counters, now_ms);
}

void indexer_note(struct indexer *ix, uint64_t now_ms)
{
    if (ix->behind_since_ms != 0) return;
    ix->behind_since_ms = now_ms;
    ix->due_ms = now_ms + (ix->retry_ms > 0 ? ix->retry_ms : SEARCH_DELAY_MS);
    counters_set_search_behind(ix->counters, now_ms);
}

bool indexer_is_due(const struct indexer *ix, uint64_t now_ms, bool do_jobs_wait)
{
    if (now_ms < ix->due_ms) return false;
    if (!do_jobs_wait) return true;
    return ix->behind_since_ms != 0 && now_ms - ix->behind_since_ms >= SEARCH_LAG_MS_MAX;
}

static MUST_USE enum result run(struct indexer *ix, bool must_reset, struct search_step *step)
{
    struct tx tx = {.db = ix->db, .now_ms = clock_wall_ms()};
    enum result result = db_begin(ix->db);

    if (result != R_OK) return result;
    if (must_reset) result = search_index_reset(&tx);
    if (result == R_OK) result = search_index_step(&tx, step);
    if (result == R_OK) result = db_commit(ix->db);
    if (result != R_OK) db_rollback(ix->db);
    return result;
}

/* The driver has logged what failed. */
static void try_later(struct indexer *ix, enum result result, uint64_t now_ms)
{
    uint64_t longer_ms = 2 * ix->retry_ms;

    if (longer_ms < SEARCH_RETRY_MS_MIN) longer_ms = SEARCH_RETRY_MS_MIN;
    ix->retry_ms = longer_ms < SEARCH_RETRY_MS_MAX ? longer_ms : SEARCH_RETRY_MS_MAX;
    ix->due_ms = now_ms + ix->retry_ms;
    log_write(LOG_ERROR, "search_index_failed", LOG_FIELD_TEXT("result", result_name(result)),
              LOG_FIELD_U64("retry_ms", ix->retry_ms));
}

/* From a time on the wall to one of ours; never after `now_ms`. */
static uint64_t mono_of_wall(uint64_t wall_ms, uint64_t now_ms)
{
    uint64_t now_wall_ms = clock_wall_ms();
    uint64_t age_ms = now_wall_ms > wall_ms ? now_wall_ms - wall_ms : 0;

    return age_ms < now_ms ? now_ms - age_ms : 1;
}

static void plan_next(struct indexer *ix, const struct search_step *step, uint64_t now_ms)
{
    if (step->has_begun) log_write(LOG_INFO, "search_index_begun");
    if (step->waiting_since_ms != 0) {
        ix->behind_since_ms = mono_of_wall(step->waiting_since_ms, now_ms);
        ix->due_ms = now_ms;
    } else {
        ix->behind_since_ms = 0;
        ix->due_ms = step->is_tidy ? NEVER_MS : now_ms + SEARCH_TIDY_MS;
    }
    counters_add_search(ix->counters, step->entries_count);
    counters_set_search_behind(ix->counters, ix->behind_since_ms);
}

void indexer_step(struct indexer *ix, uint64_t now_ms)
{
    struct search_step step = {0};
    enum result result = run(ix, false, &step);

    /* Nothing in the index cannot be made again from the messages. Damage that comes back is of the
     * disk, or of more than the index, and then starting over for ever helps nobody. */
    if (result == R_CORRUPT && !ix->was_damaged) {
        ix->was_damaged = true;
        log_write(LOG_ERROR, "search_index_damaged", LOG_FIELD_TEXT("then", "it is built anew"));
        result = search_mend(ix->db);
        if (result == R_OK) result = run(ix, true, &step);
    }
    if (result != R_OK) {
        try_later(ix, result, now_ms);
        return;
    }
    ix->retry_ms = 0;
    plan_next(ix, &step, now_ms);
}
