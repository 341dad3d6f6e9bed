// SPDX-License-Identifier: Apache-2.0
/* args.c — matching words with a table.
 * `--name value` and `--name=value` are the same; `--` ends the flags, for a positional word that
 * begins with dashes. */
#include "cli/args.h"

#include "base/check.h"

#define HELP_COLUMN 24 /* where the explanation of an argument begins */
#define WORD_CHARS 60  /* of a word that is quoted in a fault */

static bool is_positional(const struct arg *arg)
{
    return arg->name[0] != '-';
}

static const struct arg *find_flag(const struct arg *args, size_t args_count, struct str name)
{
    for (size_t i = 0; i < args_count; i++) {
        if (!is_positional(&args[i]) && str_equals(name, str_from(args[i].name))) return &args[i];
    }
    return NULL;
}

struct words {
    int argc;
    char **argv;
    int at;
};

/* The word at `at` is a flag; moves past it and its value. */
static enum result take_flag(struct words *w, const struct arg *args, size_t args_count,
                             struct str *values, struct fault *fault)
{
    struct str word = str_from(w->argv[w->at++]);
    size_t equals = str_find(word, '=');
    const struct arg *arg = find_flag(args, args_count, str_slice(word, 0, equals));
    struct str *value;

    if (arg == NULL)
        return fault_set(fault, R_INVALID, 0, "%.*s is no flag of this command", WORD_CHARS,
                         word.at);
    value = &values[arg - args];
    if (value->at != NULL) return fault_set(fault, R_INVALID, 0, "%s is given twice", arg->name);
    if (arg->placeholder == NULL) {
        if (equals < word.len)
            return fault_set(fault, R_INVALID, 0, "%s takes no value", arg->name);
        *value = STR("");
        return R_OK;
    }
    if (equals == word.len && w->at >= w->argc)
        return fault_set(fault, R_INVALID, 0, "%s needs a value: %s %s", arg->name, arg->name,
                         arg->placeholder);
    *value = equals < word.len ? str_from(word.at + equals + 1) : str_from(w->argv[w->at++]);
    return R_OK;
}

static enum result take_positional(const struct arg *args, size_t args_count, const char *word,
                                   struct str *values, struct fault *fault)
{
    for (size_t i = 0; i < args_count; i++) {
        if (!is_positional(&args[i]) || values[i].at != NULL) continue;
        values[i] = str_from(word);
        return R_OK;
    }
    return fault_set(fault, R_INVALID, 0, "\"%.*s\" is too much", WORD_CHARS, word);
}

enum result args_parse(const struct arg *args, size_t args_count, int argc, char **argv,
                       struct str *values, struct fault *fault)
{
    struct words words = {argc, argv, 0};
    bool has_flags_ended = false;

    CHECK(args_count <= ARGS_MAX);
    for (size_t i = 0; i < args_count; i++) values[i] = STR_NONE;
    while (words.at < argc) {
        const char *word = argv[words.at];
        enum result result;
        if (!has_flags_ended && strcmp(word, "--") == 0) {
            has_flags_ended = true;
            words.at++;
            continue;
        }
        if (!has_flags_ended && word[0] == '-' && word[1] != '\0') {
            result = take_flag(&words, args, args_count, values, fault);
        } else {
            words.at++;
            result = take_positional(args, args_count, word, values, fault);
        }
        if (result != R_OK) return result;
    }
    for (size_t i = 0; i < args_count; i++) {
        if (args[i].flags == ARG_REQUIRED && values[i].at == NULL)
            return fault_set(fault, R_INVALID, 0, "%s is missing", args[i].name);
    }
    return R_OK;
}

void args_print_usage(FILE *out, const struct arg *args, size_t args_count)
{
    bool has_optional = false;

    for (size_t i = 0; i < args_count; i++) {
        const char *value = args[i].placeholder;
        if (args[i].flags == ARG_REQUIRED)
            fprintf(out, " %s%s%s", args[i].name, value == NULL ? "" : " ",
                    value == NULL ? "" : value);
        else has_optional = true;
    }
    if (has_optional) fputs(" [flags]", out);
}

void args_print_help(FILE *out, const struct arg *args, size_t args_count)
{
    for (size_t i = 0; i < args_count; i++) {
        const char *value = args[i].placeholder;
        int printed = fprintf(out, "  %s%s%s", args[i].name, value == NULL ? "" : " ",
                              value == NULL ? "" : value);
        if (printed >= HELP_COLUMN) {
            fputc('\n', out);
            printed = 0;
        }
        fprintf(out, "%*s%s\n", HELP_COLUMN - printed, "", args[i].help);
    }
}
