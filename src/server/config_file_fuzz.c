// SPDX-License-Identifier: Apache-2.0
/* config_file_fuzz.c — any bytes as a configuration file: read, or refused with words; what was
 * read is within its ranges. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "limits.h"
#include "server/config_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_ranges(const struct config *config)
{
    for (size_t i = 0; i < config_options_count; i++) {
        const struct config_option *option = &config_options[i];
        uint64_t number;
        if (option->type != CONFIG_NUMBER) continue;
        memcpy(&number, (const char *)config + option->offset, sizeof number);
        CHECK(number >= option->number.min && number <= option->number.max);
    }
    CHECK(config->allowed_origins.count <= CONFIG_LIST_ITEMS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config config = {0};
    struct config_layer layer;
    struct fault fault = {0};
    char path[64];
    int file = memfd_create("config", MFD_CLOEXEC);

    CHECK(file >= 0);
    CHECK(write(file, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    config_set_defaults(&config);
    config_layer_init(&layer, &config);
    if (config_file_read(path, &layer, &fault) != R_OK) CHECK(fault.text[0] != '\0');
    check_ranges(&config);
    config_release(&config);
    close(file);
    return 0;
}
