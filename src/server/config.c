// SPDX-License-Identifier: Apache-2.0
/* config.c — the layers in their order: defaults, file, environment, flags.
 * Every layer is read whole and every value checked, also when a higher layer overrides it: a typo
 * that waits in a file for the day on which the flag is gone helps nobody. */
#include "server/config.h"

#include <ctype.h>

#include "base/check.h"
#include "server/config_file.h"
#include "server/config_option.h"

#define ENV_PREFIX "CARILLON_"
#define NAME_BYTES_MAX 64u /* a flag or variable in a message */
#define HELP_COLUMN 34     /* where the help of an option begins */
#define HELP_COLUMNS_MAX 96

/* ---- names ---- */

/* The flag of an option, without its dashes: public-url. */
static void flag_name(const struct config_option *option, char out[NAME_BYTES_MAX])
{
    snprintf(out, NAME_BYTES_MAX, "%s", option->name);
    for (char *c = out; *c != '\0'; c++) {
        if (*c == '_') *c = '-';
    }
}

static void variable_name(const struct config_option *option, char out[NAME_BYTES_MAX])
{
    snprintf(out, NAME_BYTES_MAX, "%s%s", ENV_PREFIX, option->name);
    for (char *c = out; *c != '\0'; c++) *c = (char)toupper((unsigned char)*c);
}

typedef void (*name_fn)(const struct config_option *option, char out[NAME_BYTES_MAX]);

static const struct config_option *find_by(name_fn name_of, struct str name)
{
    for (size_t i = 0; i < config_options_count; i++) {
        char candidate[NAME_BYTES_MAX];
        name_of(&config_options[i], candidate);
        if (str_equals(name, str_from(candidate))) return &config_options[i];
    }
    return NULL;
}

/* ---- the environment ---- */

/* Variables with our prefix that are not ours to read here: `carillon tail` has a token, and
 * Kubernetes gives every container the address of a service that is called carillon. */
static bool is_foreign_variable(struct str name)
{
    return str_equals(name, STR("CARILLON_TOKEN")) || str_equals(name, STR("CARILLON_PORT")) ||
           str_starts_with(name, STR("CARILLON_PORT_")) ||
           str_starts_with(name, STR("CARILLON_SERVICE_"));
}

static enum result load_environment(struct config_layer *layer, char *const *envp,
                                    struct fault *fault)
{
    for (; *envp != NULL; envp++) {
        struct str entry = str_from(*envp);
        size_t equals = str_find(entry, '=');
        struct str name = str_slice(entry, 0, equals);
        const struct config_option *option;
        char where[NAME_BYTES_MAX];
        enum result result;
        if (!str_starts_with(name, STR(ENV_PREFIX)) || is_foreign_variable(name)) continue;
        option = find_by(variable_name, name);
        if (option == NULL)
            return fault_set(fault, R_INVALID, 0,
                             "the environment variable %.*s is no option; `carillon serve --help` "
                             "lists them",
                             (int)(name.len < 80 ? name.len : 80), name.at);
        snprintf(where, sizeof where, "%.*s", STR_ARGS(name));
        result =
            config_layer_set(layer, option, str_slice(entry, equals + 1, SIZE_MAX), where, fault);
        if (result != R_OK) return result;
    }
    return R_OK;
}

/* ---- flags ---- */

struct flag {
    const struct config_option *option;
    struct str value;
    char where[NAME_BYTES_MAX]; /* --name */
};

/* One flag at argv[*at], as `--name value` or `--name=value`; moves past it. */
static enum result next_flag(int argc, char *const *argv, int *at, struct flag *out,
                             struct fault *fault)
{
    struct str word = str_from(argv[(*at)++]);
    size_t equals = str_find(word, '=');
    struct str name = str_slice(word, 0, equals);

    if (!str_starts_with(word, STR("--")))
        return fault_set(fault, R_INVALID, 0, "\"%.80s\" is no flag; flags begin with --", word.at);
    out->option = find_by(flag_name, str_slice(name, 2, SIZE_MAX));
    if (out->option == NULL)
        return fault_set(fault, R_INVALID, 0, "%.*s is no flag; `carillon serve --help` lists them",
                         (int)(name.len < 80 ? name.len : 80), name.at);
    snprintf(out->where, sizeof out->where, "%.*s", STR_ARGS(name));
    if (equals < word.len) {
        out->value = str_slice(word, equals + 1, SIZE_MAX);
        return R_OK;
    }
    if (*at >= argc)
        return fault_set(fault, R_INVALID, 0, "%s needs a value: %s %s", out->where, out->where,
                         out->option->placeholder);
    out->value = str_from(argv[(*at)++]);
    return R_OK;
}

static enum result load_flags(struct config_layer *layer, int argc, char *const *argv,
                              struct fault *fault)
{
    for (int at = 0; at < argc;) {
        struct flag flag = {0};
        enum result result = next_flag(argc, argv, &at, &flag, fault);
        if (result == R_OK)
            result = config_layer_set(layer, flag.option, flag.value, flag.where, fault);
        if (result != R_OK) return result;
    }
    return R_OK;
}

/* ---- all of it ---- */

/* Which file, which is asked before anything is read from it. A draft of the two higher layers
 * tells, and finds their faults at the same time. */
static enum result find_file(struct config *draft, const struct config_source *source,
                             struct fault *fault)
{
    struct config_layer layer;
    enum result result;

    config_layer_init(&layer, draft);
    result = load_environment(&layer, source->envp, fault);
    if (result != R_OK) return result;
    config_layer_init(&layer, draft);
    return load_flags(&layer, source->argc, source->argv, fault);
}

/* What no single option can tell. */
static enum result check_whole(const struct config *config, struct fault *fault)
{
    if (config->tls_cert.count != config->tls_key.count)
        return fault_set(
            fault, R_INVALID, 0,
            "tls_cert and tls_key go together: there are %zu certificates and %zu keys",
            config->tls_cert.count, config->tls_key.count);
    return R_OK;
}

enum result config_load(struct config *config, const struct config_source *source,
                        struct fault *fault)
{
    struct config loaded = {0};
    struct config draft = {0};
    struct config_layer layer;
    enum result result = find_file(&draft, source, fault);

    if (result != R_OK) goto done;
    config_set_defaults(&loaded);
    config_layer_init(&layer, &loaded);
    if (draft.config.at != NULL) result = config_file_read(draft.config.at, &layer, fault);
    if (result != R_OK) goto done;
    config_layer_init(&layer, &loaded);
    if ((result = load_environment(&layer, source->envp, fault)) != R_OK) goto done;
    config_layer_init(&layer, &loaded);
    if ((result = load_flags(&layer, source->argc, source->argv, fault)) != R_OK) goto done;
    if ((result = check_whole(&loaded, fault)) != R_OK) goto done;
    *config = loaded;
done:
    config_release(&draft);
    if (result != R_OK) config_release(&loaded);
    return result;
}

void config_release(struct config *config)
{
    arena_release(&config->arena);
    *config = (struct config){0};
}

/* ---- help ---- */

/* The text in the right column, broken between words. */
static void print_wrapped(FILE *out, const char *text)
{
    struct str rest = str_from(text);
    int column = HELP_COLUMN;

    while (rest.len > 0) {
        size_t len = str_find(rest, ' ');
        if (column > HELP_COLUMN && column + (int)len > HELP_COLUMNS_MAX) {
            fprintf(out, "\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        }
        fprintf(out, "%s%.*s", column > HELP_COLUMN ? " " : "", (int)len, rest.at);
        column += (int)len + 1;
        rest = str_slice(rest, len + 1, SIZE_MAX);
    }
    fputc('\n', out);
}

static void print_option(FILE *out, const struct config_option *option)
{
    char flag[NAME_BYTES_MAX];
    char left[NAME_BYTES_MAX + 32];
    char expected[160];
    char right[512];
    const char *fallback = option->default_number != NULL ? option->default_words
                           : option->default_text != NULL ? option->default_text
                                                          : "none";

    flag_name(option, flag);
    snprintf(left, sizeof left, "  --%s %s", flag, option->placeholder);
    fprintf(out, "%-*s", HELP_COLUMN, left);
    if (strlen(left) >= HELP_COLUMN) fprintf(out, "\n%*s", HELP_COLUMN, "");
    config_option_expected(option, expected, sizeof expected);
    if (option->type == CONFIG_NUMBER || option->type == CONFIG_CHOICE)
        snprintf(right, sizeof right, "%s (%s; default: %s)", option->help, expected, fallback);
    else snprintf(right, sizeof right, "%s (default: %s)", option->help, fallback);
    print_wrapped(out, right);
}

void config_help(FILE *out)
{
    fputs("Options:\n", out);
    for (size_t i = 0; i < config_options_count; i++) print_option(out, &config_options[i]);
    fputs(
        "\nEvery option is also an environment variable and a line of the file given by --config:\n"
        "--public-url URL is CARILLON_PUBLIC_URL=URL and `public_url = URL`. A flag goes before "
        "the\n"
        "environment, the environment before the file. A name that is none of these, or a value\n"
        "that is not allowed, keeps the server from starting.\n",
        out);
}
