// SPDX-License-Identifier: Apache-2.0
/* chat_screen.h — what `carillon chat` shows and what is typed into it.
 * On a terminal there is a line to edit at the bottom, and everything is printed above it. On
 * anything else it reads lines and prints lines, so that a script can chat. Texts of others are
 * shown, never obeyed: what a terminal would take for a command becomes `?`. Main thread; one
 * screen in the process. */
#ifndef CLI_CHAT_SCREEN_H
#define CLI_CHAT_SCREEN_H

#include <stdbool.h>

#include "base/str.h"

#define SCREEN_LINE_BYTES_MAX 65536u /* of what is typed without a terminal; past it: cut */
#define SCREEN_PROMPT_BYTES_MAX 256u

/* A line was typed; valid until it returns. `line.at` NULL: there will be no more. */
typedef void (*screen_line_fn)(void *arg, struct str line);

void screen_open(screen_line_fn on_line, void *arg);
/* The terminal is as it was. */
void screen_close(void);

/* A whole line above the prompt; line breaks in it begin new ones. */
void screen_print(struct str text);
void screen_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Text that grows on a line of its own, word by word; `head` is before the first of it. */
void screen_grow(struct str head, struct str text);
/* It grows no more. */
void screen_grow_end(void);

/* What stands before the line that is edited. */
void screen_set_prompt(const char *prompt);
/* Stdin is readable, or screen_has_line: at most one line is told, so that a script waits for what
 * its last line has begun. */
void screen_read(void);
/* Is there a line that was read already? Never on a terminal. */
bool screen_has_line(void);
/* Is something typed and not yet sent? Always false without a terminal. */
bool screen_is_typing(void);

#endif
