// SPDX-License-Identifier: Apache-2.0
/* body_sink.h — a body that is taken while it arrives, for routes with BODY_STREAM.
 * The handler runs when the head is there. It refuses with a reply, which ends the connection
 * because the body is still on it, or hands its sink over with body_sink_attach and gets all of it.
 * The sink ends in one of two ways, and replies afterwards, at once or later: on_end, or on_broken
 * at any time. Worker thread. */
#ifndef API_BODY_SINK_H
#define API_BODY_SINK_H

#include "api/request.h"

enum body_break {
    BODY_BREAK_GONE,      /* the connection is; a reply reaches nobody */
    BODY_BREAK_MALFORMED, /* what came is no chunked body */
    BODY_BREAK_SILENT,    /* nothing came for the option stream_silence_sec */
    BODY_BREAK_DRAINING,  /* the server stops */
};

struct body_sink {
    /* A view, gone after the call. Several may be here already: wait for on_taken with what is done
     * for all of them at once. */
    void (*on_piece)(struct body_sink *sink, struct str piece);
    void (*on_taken)(struct body_sink *sink); /* that is all for now */
    void (*on_end)(struct body_sink *sink);
    void (*on_broken)(struct body_sink *sink, enum body_break why);
};

/* From the handler, or later instead of a reply. Pieces come from within this call already. */
void body_sink_attach(struct request *r, struct body_sink *sink);
/* No more pieces for now; the peer has to wait. */
void body_sink_hold(struct request *r);
/* Go on. Not from within on_piece. */
void body_sink_resume(struct request *r);

#endif
