// SPDX-License-Identifier: Apache-2.0
/* config_option.h — the one table of options, and how a text becomes a value.
 * The flags, the environment, the file and the help are all driven by it: an option is added there
 * and as a member of `struct config`, nowhere else. */
#ifndef SERVER_CONFIG_OPTION_H
#define SERVER_CONFIG_OPTION_H

#include "server/config.h"

#define CONFIG_OPTIONS_MAX 64u /* room in a layer; the table is smaller, which is asserted */

enum config_type {
    CONFIG_ADDRESS,  /* struct config_address */
    CONFIG_PATH,     /* struct str; not empty */
    CONFIG_ORIGIN,   /* struct str: scheme, host and port, or empty */
    CONFIG_ORIGINS,  /* struct config_list of them; a repeated option adds to it */
    CONFIG_PATHS,    /* the same of paths, at most number.max */
    CONFIG_NETWORKS, /* struct config_networks; a repeated option adds to it */
    CONFIG_WS_URL,   /* struct str: ws:// or wss://, a host, perhaps a port and a path; or empty */
    CONFIG_WORD,     /* struct str: visible ASCII without spaces, or empty */
    CONFIG_SECRET,   /* the same, and no message shows it */
    CONFIG_NUMBER,   /* uint64_t within a range */
    CONFIG_CHOICE,   /* an enum that counts `choices` from 0 */
};

struct config_option {
    const char *name; /* of the member, and of the option in the file */
    enum config_type type;
    bool is_fixed;                    /* until a restart: a reload cannot change it */
    size_t offset;                    /* of the member */
    const char *default_text;         /* as an operator would write it; NULL: no value, or: */
    uint64_t (*default_number)(void); /* asked at start */
    const char *default_words;        /* what default_number asks for */
    struct {
        uint64_t min;
        uint64_t max;
        const char *unit; /* for people: "seconds"; "" for a bare count */
    } number;
    const char *const *choices; /* ends with NULL */
    const char *placeholder;    /* the value in the help: "URL" */
    const char *help;           /* one or more sentences */
};

extern const struct config_option config_options[];
extern const size_t config_options_count;

/* NULL when there is none. */
const struct config_option *config_option_find(struct str name);

/* One of the places that options come from. It overrides what lower layers set, and gives each
 * option once, lists excepted. */
struct config_layer {
    struct config *config;
    bool is_set[CONFIG_OPTIONS_MAX]; /* private */
};

void config_layer_init(struct config_layer *layer, struct config *config);
/* `where` begins the fault's text: "--workers", "CARILLON_WORKERS", "carillon.conf:3: workers". */
MUST_USE enum result config_layer_set(struct config_layer *layer,
                                      const struct config_option *option, struct str value,
                                      const char *where, struct fault *fault);
/* The lowest layer. */
void config_set_defaults(struct config *config);

/* What may be written, as the end of "… must be …": "a whole number of seconds from 1 to 3600". */
void config_option_expected(const struct config_option *option, char *out, size_t out_bytes);

#endif
