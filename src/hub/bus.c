// SPDX-License-Identifier: Apache-2.0
/* bus.c — one delivery per worker and commit. */
#include "hub/bus.h"

#include <stdlib.h>

#include "base/check.h"

struct bus_delivery {
    struct inbox_item item;
    struct commit *commit;
    bus_receive_fn receive;
};

void bus_init(struct bus *bus, bus_receive_fn receive)
{
    *bus = (struct bus){.receive = receive};
    atomic_init(&bus->v1_count, 0);
}

void bus_speak_v1(struct bus *bus, const struct event_v1 *v1)
{
    bus->v1 = v1;
}

void bus_add(struct bus *bus, struct inbox *inbox)
{
    CHECK(bus->count < BUS_WORKERS_MAX);
    bus->inboxes[bus->count++] = inbox;
}

static void on_delivery(struct inbox_item *item, void *worker)
{
    struct bus_delivery *delivery = (struct bus_delivery *)item;

    delivery->receive(worker, delivery->commit);
    free(delivery);
}

/* Whether carillon.v1 is spoken is asked after the commit, and a listener is counted before its
 * rows are read: one that this look does not see finds the commit in its rows. */
static void encode(const struct bus *bus, struct commit *commit)
{
    bool has_v1 = atomic_load(&bus->v1_count) > 0;

    CHECK(!has_v1 || bus->v1 != NULL);
    for (struct effect *effect = commit->first; effect != NULL; effect = effect->next) {
        if (effect->kind != EFFECT_EVENT && effect->kind != EFFECT_PRESENCE) continue;
        effect->frame = event_frame_new(effect);
        if (!has_v1) continue;
        effect->frame_v1 =
            effect->cursor == 0 ? frame_ref(effect->frame) : event_frame_new_v1(effect, bus->v1);
    }
}

static struct bus_delivery *delivery_new(const struct bus *bus, struct commit *commit)
{
    struct bus_delivery *delivery = malloc(sizeof *delivery);

    CHECK(delivery != NULL);
    *delivery = (struct bus_delivery){
        .item = {.receive = on_delivery},
        .commit = commit_ref(commit),
        .receive = bus->receive,
    };
    return delivery;
}

void bus_publish(struct bus *bus, struct commit *commit)
{
    encode(bus, commit);
    for (size_t i = 0; i < bus->count; i++)
        inbox_push(bus->inboxes[i], &delivery_new(bus, commit)->item);
    commit_unref(commit);
}

void bus_publish_live(struct bus *bus, struct commit *commit)
{
    encode(bus, commit);
    for (size_t i = 0; i < bus->count; i++) {
        struct bus_delivery *delivery = delivery_new(bus, commit);
        if (inbox_try_push(bus->inboxes[i], &delivery->item) == R_OK) continue;
        commit_unref(delivery->commit);
        free(delivery);
    }
    commit_unref(commit);
}

size_t bus_waiting_count(const struct bus *bus)
{
    size_t count_max = 0;

    for (size_t i = 0; i < bus->count; i++) {
        size_t count = inbox_count(bus->inboxes[i]);
        if (count > count_max) count_max = count;
    }
    return count_max;
}
