// SPDX-License-Identifier: Apache-2.0
/* config_changes.c — options are compared by what they mean, so that a list written in another way
 * is the same list. */
#include "server/config_changes.h"

#include <string.h>

static bool addresses_are_equal(const struct config_address *a, const struct config_address *b)
{
    return a->is_ipv6 == b->is_ipv6 && a->port == b->port && strcmp(a->host, b->host) == 0;
}

static bool lists_are_equal(const struct config_list *a, const struct config_list *b)
{
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++) {
        if (!str_equals(a->items[i], b->items[i])) return false;
    }
    return true;
}

static bool networks_are_equal(const struct config_networks *a, const struct config_networks *b)
{
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++) {
        if (a->items[i].bits != b->items[i].bits ||
            !address_equals(&a->items[i].address, &b->items[i].address))
            return false;
    }
    return true;
}

static bool is_equal(const struct config_option *option, const struct config *a,
                     const struct config *b)
{
    const void *left = (const char *)a + option->offset;
    const void *right = (const char *)b + option->offset;

    switch (option->type) {
    case CONFIG_ADDRESS: return addresses_are_equal(left, right);
    case CONFIG_ORIGINS:
    case CONFIG_PATHS: return lists_are_equal(left, right);
    case CONFIG_NETWORKS: return networks_are_equal(left, right);
    case CONFIG_NUMBER: return memcmp(left, right, sizeof(uint64_t)) == 0;
    case CONFIG_CHOICE: return memcmp(left, right, sizeof(unsigned)) == 0;
    case CONFIG_PATH:
    case CONFIG_ORIGIN:
    case CONFIG_WS_URL:
    case CONFIG_WORD:
    case CONFIG_SECRET: break;
    }
    return str_equals(*(const struct str *)left, *(const struct str *)right);
}

void config_changes_find(struct config_changes *out, const struct config *a, const struct config *b)
{
    *out = (struct config_changes){.count = 0};
    for (size_t i = 0; i < config_options_count; i++) {
        const struct config_option *option = &config_options[i];
        if (!is_equal(option, a, b)) out->options[out->count++] = option;
    }
}
