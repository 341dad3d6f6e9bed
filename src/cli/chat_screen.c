// SPDX-License-Identifier: Apache-2.0
/* chat_screen.c — printing above a line that is being edited (libedit).
 * Before anything is printed the edited line is erased, afterwards it is drawn again. Text that
 * grows keeps its last row open above the prompt: more of it goes up one row and writes the row
 * anew. Invariant: `row` is what that open row shows, without its line break. */
#include "cli/chat_screen.h"

#include <editline/readline.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"

#define ROW_BYTES_MAX 4096u
#define COLUMNS_DEFAULT 80u
#define FORMAT_BYTES_MAX 4096u

static struct {
    screen_line_fn on_line;
    void *arg;
    bool is_open;
    bool is_terminal;
    bool is_growing;
    bool has_row; /* the row that grows is on the screen */
    char prompt[SCREEN_PROMPT_BYTES_MAX];
    struct buf row;
    struct buf typed; /* without a terminal: the beginning of a line */
} screen;

/* ---- drawing ---- */

static void erase_prompt(void)
{
    if (screen.is_terminal) fputs("\r\033[K", stdout);
}

static void draw_prompt(void)
{
    if (screen.is_terminal && screen.is_open) {
        rl_on_new_line();
        rl_forced_update_display();
    }
    fflush(stdout);
}

/* A byte that a terminal would obey; those of UTF-8 are above. */
static char shown(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7F ? '?' : c;
}

static void write_shown(struct str text)
{
    for (size_t i = 0; i < text.len; i++) putchar(shown(text.at[i]));
}

static size_t columns(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return COLUMNS_DEFAULT;
}

static void write_lines(struct str text)
{
    while (text.len > 0) {
        struct str line = str_slice(text, 0, str_find(text, '\n'));
        write_shown(line);
        putchar('\n');
        text = str_slice(text, line.len + 1, SIZE_MAX);
    }
}

void screen_print(struct str text)
{
    screen_grow_end();
    erase_prompt();
    write_lines(text);
    draw_prompt();
}

void screen_format(const char *format, ...)
{
    char text[FORMAT_BYTES_MAX];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    CHECK(len >= 0);
    screen_print(str_of(text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1));
}

/* ---- text that grows ---- */

/* Characters, which is near enough to columns to know when a row is nearly full. */
static size_t characters(struct str text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++) count += ((unsigned char)text.at[i] & 0xC0) != 0x80;
    return count;
}

/* Write the open row anew and leave the cursor below it. */
static void draw_row(void)
{
    if (screen.has_row) fputs("\033[1A\r\033[K", stdout);
    write_shown(buf_str(&screen.row));
    putchar('\n');
    screen.has_row = true;
}

static void end_row(void)
{
    draw_row();
    screen.has_row = false;
    buf_clear(&screen.row);
}

static void grow(struct str text)
{
    size_t columns_count = columns();

    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\n') {
            end_row();
            continue;
        }
        /* Characters of two columns still fit in half a row. */
        if (((unsigned char)text.at[i] & 0xC0) != 0x80 &&
            characters(buf_str(&screen.row)) >= columns_count / 2 + columns_count / 4 &&
            (text.at[i] == ' ' || characters(buf_str(&screen.row)) + 1 >= columns_count)) {
            end_row();
            if (text.at[i] == ' ') continue;
        }
        buf_append_byte(&screen.row, text.at[i]);
    }
    if (buf_overflowed(&screen.row)) end_row();
    draw_row();
}

void screen_grow(struct str head, struct str text)
{
    if (!screen.is_terminal) { /* a line of its own for each piece would tear it apart */
        if (!screen.is_growing) write_shown(head);
        for (size_t i = 0; i < text.len; i++)
            putchar(text.at[i] == '\n' ? '\n' : shown(text.at[i]));
        screen.is_growing = true;
        fflush(stdout);
        return;
    }
    erase_prompt();
    if (!screen.is_growing) buf_append(&screen.row, head);
    screen.is_growing = true;
    grow(text);
    draw_prompt();
}

void screen_grow_end(void)
{
    if (!screen.is_growing) return;
    screen.is_growing = false;
    if (!screen.is_terminal) putchar('\n');
    screen.has_row = false;
    buf_clear(&screen.row);
    fflush(stdout);
}

/* ---- typing ---- */

static void take_line(struct str line)
{
    screen.on_line(screen.arg, line);
}

static void on_edited(char *line)
{
    if (line == NULL) { /* Ctrl-D */
        take_line(STR_NONE);
        return;
    }
    if (line[0] != '\0') add_history(line);
    /* Begins an empty line at once; libedit would show the old one until this has returned. */
    rl_callback_handler_install(screen.prompt, on_edited);
    take_line(str_from(line));
    free(line);
}

bool screen_has_line(void)
{
    struct str typed = buf_str(&screen.typed);

    return buf_overflowed(&screen.typed) || str_find(typed, '\n') < typed.len;
}

static void take_first_line(void)
{
    struct str typed = buf_str(&screen.typed);
    size_t len = str_find(typed, '\n');
    struct buf line;

    /* A copy: whoever is told may close the screen. */
    buf_init(&line, SCREEN_LINE_BYTES_MAX);
    buf_append(&line, str_slice(typed, 0, len));
    buf_consume(&screen.typed, len < typed.len ? len + 1 : len);
    screen.typed.overflowed = false;
    take_line(str_of(line.bytes == NULL ? "" : line.bytes, line.len));
    buf_release(&line);
}

static void read_line(void)
{
    char bytes[4096];
    ssize_t got;

    if (!screen_has_line()) {
        got = read(STDIN_FILENO, bytes, sizeof bytes);
        if (got > 0) buf_append(&screen.typed, str_of(bytes, (size_t)got));
        if (got <= 0 && screen.typed.len > 0) buf_append_byte(&screen.typed, '\n');
        else if (got <= 0) take_line(STR_NONE);
    }
    if (screen_has_line()) take_first_line();
}

void screen_read(void)
{
    if (screen.is_terminal) rl_callback_read_char();
    else read_line();
}

bool screen_is_typing(void)
{
    return screen.is_terminal && rl_end > 0 && rl_line_buffer[0] != '/';
}

void screen_set_prompt(const char *prompt)
{
    size_t len = 0;

    while (len < sizeof screen.prompt - 1 && prompt[len] != '\0') {
        screen.prompt[len] = shown(prompt[len]);
        len++;
    }
    screen.prompt[len] = '\0';
    if (!screen.is_terminal || !screen.is_open) return;
    rl_set_prompt(screen.prompt);
    erase_prompt();
    draw_prompt();
}

void screen_open(screen_line_fn on_line, void *arg)
{
    screen.on_line = on_line;
    screen.arg = arg;
    screen.is_terminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
    buf_init(&screen.row, ROW_BYTES_MAX);
    buf_init(&screen.typed, SCREEN_LINE_BYTES_MAX);
    memcpy(screen.prompt, "> ", 3);
    if (screen.is_terminal) rl_callback_handler_install(screen.prompt, on_edited);
    screen.is_open = true;
}

void screen_close(void)
{
    if (!screen.is_open) return;
    screen.is_open = false;
    screen_grow_end();
    erase_prompt();
    if (screen.is_terminal) rl_callback_handler_remove();
    fflush(stdout);
    buf_release(&screen.row);
    buf_release(&screen.typed);
}
