// SPDX-License-Identifier: Apache-2.0
/* ws_command.h — what a client says on its socket: subscribe, unsubscribe, subscribe_session,
 * unsubscribe_session (docs/protocol.md). Every mistake is answered with an error frame that
 * names it; the socket stays open. Worker thread. */
#ifndef API_WS_COMMAND_H
#define API_WS_COMMAND_H

#include "api/ws_session.h"

void ws_command_run(struct ws_session *s, struct str text);

#endif
