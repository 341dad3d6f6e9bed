// SPDX-License-Identifier: Apache-2.0
/* bus.h — carries commits from the writer to every worker's hub.
 * Within one process: each worker's inbox gets a reference. The database stays the truth; a bus
 * between nodes would publish cursors and let the others read. Made before the threads start. */
#ifndef HUB_BUS_H
#define HUB_BUS_H

#include "base/inbox.h"
#include "hub/event_frame.h"

#define BUS_WORKERS_MAX 64u

/* On the worker's thread; takes the reference. */
typedef void (*bus_receive_fn)(void *worker, struct commit *commit);

struct bus {
    struct inbox *inboxes[BUS_WORKERS_MAX];
    size_t count;
    bus_receive_fn receive;
    const struct event_v1 *v1;
    /* Listeners in carillon.v1: while there is none, no event is encoded in it. The hubs count. */
    _Atomic uint32_t v1_count;
};

void bus_init(struct bus *bus, bus_receive_fn receive);
/* Before the writer starts. The inbox's receiver is the worker that `receive` gets. */
void bus_add(struct bus *bus, struct inbox *inbox);
/* Before the first listener in carillon.v1; `v1` outlives the bus. */
void bus_speak_v1(struct bus *bus, const struct event_v1 *v1);

/* Writer and main thread: encode the commit's events, once, and hand it to every worker. Takes the
 * reference. Waits while an inbox is full: a worker never waits for these two, so it will drain. */
void bus_publish(struct bus *bus, struct commit *commit);

/* How much waits for the worker that is furthest behind; true at some moment in the near past. */
size_t bus_waiting_count(const struct bus *bus);

/* Any thread but a worker's: the same for a commit of live events only, which a worker with a
 * full inbox does not get. Never waits. */
void bus_publish_live(struct bus *bus, struct commit *commit);

#endif
