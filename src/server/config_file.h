// SPDX-License-Identifier: Apache-2.0
/* config_file.h — the options that stand in a file: lines of `name = value`, comments after # or ;.
 * There are no sections, each option stands there once (allowed_origins may be repeated and adds
 * up), and the last line ends with a newline like every other, so that a file that was cut off is
 * noticed. */
#ifndef SERVER_CONFIG_FILE_H
#define SERVER_CONFIG_FILE_H

#include "server/config_option.h"

/* Sets what the file at `path` says. An empty file is allowed and says nothing. */
MUST_USE enum result config_file_read(const char *path, struct config_layer *layer,
                                      struct fault *fault);

#endif
