// SPDX-License-Identifier: Apache-2.0
/* reload.c — read, judge, and only then hand over. Of the values nothing is logged: some are
 * secrets, and all are in the file. */
#include "server/reload.h"

#include "base/log.h"
#include "server/config_changes.h"
#include "server/setup.h"

static bool has_tls(const struct config *config)
{
    return config->tls_cert.count > 0;
}

/* A port that stops to speak TLS, or begins to, breaks every client that is told nothing of it. */
static enum result read_tls(struct tls **out, const struct config *config, struct tls *current,
                            struct fault *fault)
{
    if (has_tls(config) == (current != NULL)) return setup_tls(out, config, current, fault);
    *out = current == NULL ? NULL : tls_ref(current);
    return R_OK;
}

enum result reload_read(struct reload *out, const struct config_source *source,
                        const struct api_settings *current, size_t workers_count,
                        struct fault *fault)
{
    struct reload read = {.settings = NULL};
    struct tls *tls = NULL;
    enum result result = config_load(&read.config, source, fault);

    if (result != R_OK) return result;
    result = read_tls(&tls, &read.config, current->tls, fault);
    if (result == R_OK)
        result = setup_settings(&read.settings, &read.config, workers_count, tls, fault);
    if (result != R_OK) {
        tls_unref(tls);
        config_release(&read.config);
        return result;
    }
    read.settings->is_loopback = current->is_loopback;
    *out = read;
    return R_OK;
}

static bool is_fixed(const struct config_option *option, const struct config *boot,
                     const struct config *now)
{
    bool is_of_tls = option->offset == offsetof(struct config, tls_cert) ||
                     option->offset == offsetof(struct config, tls_key);

    return option->is_fixed || (is_of_tls && has_tls(boot) != has_tls(now));
}

void reload_log(const struct reload *reload, const struct config *before, const struct config *boot)
{
    const struct config *now = &reload->config;
    struct config_changes changes;

    config_changes_find(&changes, before, now);
    for (size_t i = 0; i < changes.count; i++) {
        if (!is_fixed(changes.options[i], boot, now))
            log_write(LOG_INFO, "option_changed",
                      LOG_FIELD_TEXT("option", changes.options[i]->name));
    }
    config_changes_find(&changes, boot, now);
    for (size_t i = 0; i < changes.count; i++) {
        if (is_fixed(changes.options[i], boot, now))
            log_write(LOG_WARN, "option_needs_restart",
                      LOG_FIELD_TEXT("option", changes.options[i]->name));
    }
}
