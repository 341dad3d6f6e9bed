// SPDX-License-Identifier: Apache-2.0
/* cli.c — the table of commands, and help that helps.
 * `help`, `--help`, `-h` and `--version` are known everywhere; a word that is no command is
 * answered with the ones there are. */
#include "cli/cli.h"

#include <string.h>

#include "base/core_dump.h"
#include "version.h"

#define NAME_COLUMNS 16 /* of the list of commands */

static const struct cli_command *const commands[] = {
    &serve_command,        &user_add_command,    &user_list_command,  &user_passwd_command,
    &user_disable_command, &user_export_command, &user_erase_command, &key_add_command,
    &key_list_command,     &key_revoke_command,  &tail_command,       &backup_command,
    &restore_command,      &check_command,       &chat_command,
};

/* Texts quote what others wrote: a newline, or a sequence that a terminal obeys, is not shown. */
static char shown(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7F ? '?' : c;
}

enum cli_exit cli_fail(enum cli_exit code, const struct fault *fault)
{
    char text[sizeof fault->text] = "";

    for (size_t i = 0; i < sizeof text - 1 && fault->text[i] != '\0'; i++)
        text[i] = shown(fault->text[i]);
    fprintf(stderr, "carillon: %s\n", text);
    return code;
}

void cli_print_cell(struct str text)
{
    for (size_t i = 0; i < text.len; i++) putchar(shown(text.at[i]));
    if (text.len == 0) putchar('-');
}

static void print_commands(FILE *out)
{
    fputs("usage: carillon <command> [arguments]\n\n", out);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        fprintf(out, "  %-*s%s\n", NAME_COLUMNS, commands[i]->name, commands[i]->summary);
    fprintf(out, "  %-*s%s\n", NAME_COLUMNS, "help <command>", "What a command does and takes.");
    fprintf(out, "  %-*s%s\n", NAME_COLUMNS, "--version", "Which release and commit this is.");
    fputs("\nTo try it: `carillon serve`, then open http://127.0.0.1:8080/\n", out);
}

/* The command whose name the words begin with; `words_count` gets how many words the name has. */
static const struct cli_command *find_command(int argc, char **argv, int *words_count)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        struct str name = str_from(commands[i]->name);
        size_t space = str_find(name, ' ');
        struct str second = str_slice(name, space + 1, SIZE_MAX);
        if (argc < 1 || !str_equals(str_from(argv[0]), str_slice(name, 0, space))) continue;
        if (second.len > 0 && (argc < 2 || !str_equals(str_from(argv[1]), second))) continue;
        *words_count = second.len > 0 ? 2 : 1;
        return commands[i];
    }
    return NULL;
}

static bool is_word(const char *word, const char *a, const char *b)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

/* Does a command of two words begin with this one? */
static bool is_first_word(struct str word)
{
    return str_equals(word, STR("user")) || str_equals(word, STR("key"));
}

/* "user" alone, or "user ad": what could have been meant. */
static enum cli_exit fail_unknown(int argc, char **argv)
{
    bool is_family = is_first_word(str_from(argv[0]));
    struct fault fault = {0};

    if (is_family && argc > 1)
        fault_set(&fault, R_INVALID, 0, "\"%.40s %.40s\" is no command; `carillon help` lists them",
                  argv[0], argv[1]);
    else if (is_family)
        fault_set(&fault, R_INVALID, 0, "\"%.40s\" is half a command; `carillon help` lists them",
                  argv[0]);
    else
        fault_set(&fault, R_INVALID, 0, "\"%.40s\" is no command; `carillon help` lists them",
                  argv[0]);
    return cli_fail(CLI_USAGE, &fault);
}

static void print_help_of(const struct cli_command *command)
{
    if (command->print_help != NULL) {
        command->print_help(stdout);
        return;
    }
    printf("usage: carillon %s", command->name);
    args_print_usage(stdout, command->args, command->args_count);
    printf("\n\n%s\n\n", command->about);
    args_print_help(stdout, command->args, command->args_count);
}

static enum cli_exit print_help(int argc, char **argv)
{
    const struct cli_command *command;
    int words_count;

    if (argc == 0) {
        print_commands(stdout);
        return CLI_OK;
    }
    command = find_command(argc, argv, &words_count);
    if (command == NULL) return fail_unknown(argc, argv);
    print_help_of(command);
    return CLI_OK;
}

enum cli_exit cli_main(int argc, char **argv, char **envp)
{
    const struct cli_command *command;
    int words_count;

    if (argc < 2) {
        print_commands(stderr);
        return CLI_USAGE;
    }
    argc--;
    argv++;
    if (is_word(argv[0], "--version", "version")) {
        printf("carillon %s (%s)\n", CARILLON_VERSION, CARILLON_BUILD);
        return CLI_OK;
    }
    if (is_word(argv[0], "--help", "-h")) return print_help(0, argv);
    if (strcmp(argv[0], "help") == 0) return print_help(argc - 1, argv + 1);
    command = find_command(argc, argv, &words_count);
    if (command == NULL) return fail_unknown(argc, argv);
    for (int i = words_count; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (is_word(argv[i], "--help", "-h")) return print_help(words_count, argv);
    }
    /* serve asks its configuration first. */
    if (command != &serve_command) core_dump_forbid();
    return command->run(argc - words_count, argv + words_count, envp);
}
