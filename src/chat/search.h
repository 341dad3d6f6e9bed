// SPDX-License-Identifier: Apache-2.0
/* search.h — the rules of finding messages: only what the caller may see, as it is now, the newest
 * first. What was written or changed a moment ago may not be found yet (store/indexer.h).
 * Fill in the first part of the command, init it, submit its job; the second part is there when the
 * job came back with R_OK. Texts belong to the job's arena. An init on any thread. */
#ifndef CHAT_SEARCH_H
#define CHAT_SEARCH_H

#include "chat/caller.h"
#include "store/job.h"
#include "store/messages.h"
#include "store/search_query.h"

struct search_result {
    struct message message;
    struct str snippet; /* HTML, see chat/snippet.h */
};

/* Reader. R_NOT_FOUND "conversation_not_found", "message_not_found" (after). */
struct message_search {
    struct job job;
    struct caller caller;
    struct str q; /* UTF-8, at most SEARCH_QUERY_BYTES_MAX; see store/search_query.h */
    struct uuid conversation_id; /* nil: in all */
    uint64_t before_seq;         /* with a conversation: older than this one; 0: any */
    struct uuid after; /* the message at which the last page ended; nil: from the newest */
    size_t limit;      /* 1 to SEARCH_RESULTS_MAX */

    struct search_query query; /* private */
    struct search_result *results;
    size_t results_count;
    bool has_more; /* older ones were found, too */
};
/* R_INVALID: before_seq without a conversation. */
MUST_USE enum result message_search_init(struct message_search *cmd, struct problem *problem);

#endif
