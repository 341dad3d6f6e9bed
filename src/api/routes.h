// SPDX-License-Identifier: Apache-2.0
/* routes.h — the lists of the resource files, for the one table in router.c. Constant. */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include "api/route.h"

extern const struct route_list system_routes;  /* system_routes.c: /healthz, /metrics … */
extern const struct route_list account_routes; /* account_routes.c: /auth/me … */
extern const struct route_list session_routes; /* session_routes.c: login, refresh, logout */
extern const struct route_list signup_routes;  /* signup_routes.c */
extern const struct route_list tenant_routes;  /* tenant_routes.c: invites, keys */
extern const struct route_list token_routes;   /* token_routes.c: messaging and chat tokens */
extern const struct route_list conversation_routes;
extern const struct route_list message_routes;
extern const struct route_list participant_routes;
extern const struct route_list conversation_change_routes; /* names, mute, archive, delete */
extern const struct route_list message_change_routes; /* edits, reactions, forwards, deleting */
extern const struct route_list search_routes;
extern const struct route_list block_routes;
extern const struct route_list read_routes; /* read_routes.c: read marks, unread counts */
extern const struct route_list user_routes; /* user_routes.c: users and agents of a tenant */
extern const struct route_list agent_routes;
extern const struct route_list task_routes;
extern const struct route_list session_event_routes; /* what agents tell of their sessions */
extern const struct route_list stream_routes;        /* what agents stream to their tasks */
extern const struct route_list call_routes;          /* calls, and what LiveKit reports of them */
extern const struct route_list typing_routes;
extern const struct route_list presence_routes;
extern const struct route_list document_routes;

/* All of them; ends with NULL. */
extern const struct route_list *const route_lists[];

#endif
