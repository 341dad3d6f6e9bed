// SPDX-License-Identifier: Apache-2.0
/* bus.c — one delivery per worker and commit. */
#include "hub/bus.h"

#include <stdlib.h>

#include "base/check.h"
#include "hub/event_frame.h"

struct bus_delivery {
    struct inbox_item item;
    struct commit *commit;
    bus_receive_fn receive;
};

void bus_init(struct bus *bus, bus_receive_fn receive)
{
    *bus = (struct bus){.receive = receive};
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

static void encode(struct commit *commit)
{
    for (struct effect *effect = commit->first; effect != NULL; effect = effect->next) {
        if (effect->kind == EFFECT_EVENT || effect->kind == EFFECT_PRESENCE)
            effect->frame = event_frame_new(effect);
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
    encode(commit);
    for (size_t i = 0; i < bus->count; i++)
        inbox_push(bus->inboxes[i], &delivery_new(bus, commit)->item);
    commit_unref(commit);
}

void bus_publish_live(struct bus *bus, struct commit *commit)
{
    encode(commit);
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
