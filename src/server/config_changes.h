// SPDX-License-Identifier: Apache-2.0
/* config_changes.h — what differs between two readings of the configuration, for a reload. */
#ifndef SERVER_CONFIG_CHANGES_H
#define SERVER_CONFIG_CHANGES_H

#include "server/config.h"
#include "server/config_option.h"

struct config_changes {
    const struct config_option *options[CONFIG_OPTIONS_MAX];
    size_t count;
};

/* In the order of the table. */
void config_changes_find(struct config_changes *out, const struct config *a,
                         const struct config *b);
#endif
