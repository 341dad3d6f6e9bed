// SPDX-License-Identifier: Apache-2.0
/* routes.c — every resource of the server, in one list. */
#include "api/routes.h"

#include <stddef.h>

/* One in a line, so that a new one is one line of a change. */
/* clang-format off */
const struct route_list *const route_lists[] = {
    &system_routes,
    &signup_routes,
    &session_routes,
    &account_routes,
    &tenant_routes,
    &token_routes,
    &conversation_routes,
    &participant_routes,
    &message_routes,
    &read_routes,
    &user_routes,
    &typing_routes,
    &presence_routes,
    &conversation_change_routes,
    &message_change_routes,
    &block_routes,
    &agent_routes,
    &task_routes,
    &stream_routes,
    &session_event_routes,
    &document_routes,
    &call_routes,
    &search_routes,
    NULL,
};
/* clang-format on */
