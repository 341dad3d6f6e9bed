// SPDX-License-Identifier: Apache-2.0
/* config_file.c — inih reads the lines; everything that it is lenient about is refused here.
 * inih cuts long lines, accepts indented continuations and goes on after an error. So the lines are
 * handed to it one by one, without their indentation, and the first fault ends the file. */
#include "server/config_file.h"

#include <errno.h>
#include <ini.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "limits.h"

struct reading {
    const char *path;
    struct str rest; /* of the file */
    int line;        /* the one that inih has now, from 1 */
    struct config_layer *layer;
    struct fault *fault;
    enum result result;
};

static enum result read_whole(const char *path, struct buf *out, struct fault *fault)
{
    FILE *file = fopen(path, "re");
    int os_error = errno;
    char *room;
    size_t len;

    if (file == NULL)
        return fault_set(fault, R_IO, os_error, "cannot open the configuration %s", path);
    room = buf_reserve(out, CONFIG_FILE_BYTES_MAX + 1);
    CHECK(room != NULL);
    errno = 0;
    len = fread(room, 1, CONFIG_FILE_BYTES_MAX + 1, file);
    os_error = ferror(file) ? errno : 0;
    fclose(file);
    if (os_error != 0)
        return fault_set(fault, R_IO, os_error, "cannot read the configuration %s", path);
    if (len > CONFIG_FILE_BYTES_MAX)
        return fault_set(fault, R_TOO_LARGE, 0, "%s is longer than %u bytes", path,
                         CONFIG_FILE_BYTES_MAX);
    buf_commit(out, len);
    return R_OK;
}

/* What the line may not be, before inih sees it; NULL when nothing is wrong. */
static const char *line_fault(struct str line, bool has_newline)
{
    if (!has_newline) return "ends without a newline: is the file cut off?";
    if (memchr(line.at, '\0', line.len) != NULL) return "contains a NUL byte";
    if (line.len > CONFIG_LINE_BYTES_MAX) return "is too long";
    if (line.len > 0 && line.at[0] == '[') return "opens a section; there are none, delete it";
    return NULL;
}

/* The reader that inih calls for each line, as fgets would be: NULL ends the file. */
static char *next_line(char *out, int out_bytes, void *stream)
{
    struct reading *r = stream;
    size_t newline = str_find(r->rest, '\n');
    struct str line = str_trim(str_slice(r->rest, 0, newline));
    const char *what;

    CHECK(out_bytes >= (int)CONFIG_LINE_BYTES_MAX + 2);
    if (r->rest.len == 0 || r->result != R_OK) return NULL;
    r->line++;
    what = line.len == 0 ? NULL : line_fault(line, newline < r->rest.len);
    if (what != NULL) {
        r->result = fault_set(r->fault, R_INVALID, 0, "%s:%d %s", r->path, r->line, what);
        return NULL;
    }
    if (line.len > 0) memcpy(out, line.at, line.len);
    out[line.len] = '\n';
    out[line.len + 1] = '\0';
    r->rest = str_slice(r->rest, newline + 1, SIZE_MAX);
    return out;
}

/* What inih calls for each `name = value`; 0 would only be counted, the fault is kept here. */
static int set_option(void *user, const char *section, const char *name, const char *value)
{
    struct reading *r = user;
    const struct config_option *option = config_option_find(str_from(name));
    char where[128];

    (void)section;
    if (r->result != R_OK) return 1;
    snprintf(where, sizeof where, "%.80s:%d: %.40s", r->path, r->line, name);
    if (option == NULL)
        r->result = fault_set(r->fault, R_INVALID, 0,
                              "%s is no option; `carillon serve --help` lists them", where);
    else if (option->offset == offsetof(struct config, config))
        r->result = fault_set(r->fault, R_INVALID, 0, "%s may not stand in a file", where);
    else r->result = config_layer_set(r->layer, option, str_from(value), where, r->fault);
    return 1;
}

enum result config_file_read(const char *path, struct config_layer *layer, struct fault *fault)
{
    struct reading r = {.path = path, .layer = layer, .fault = fault};
    struct buf bytes;
    int bad_line;

    buf_init(&bytes, CONFIG_FILE_BYTES_MAX + 1);
    r.result = read_whole(path, &bytes, fault);
    if (r.result != R_OK) goto done;
    r.rest = buf_str(&bytes);
    bad_line = ini_parse_stream(next_line, &r, set_option, &r);
    if (bad_line != 0 && (r.result == R_OK || bad_line < r.line))
        r.result = fault_set(fault, R_INVALID, 0, "%s:%d must be `name = value`", path, bad_line);
done:
    buf_release(&bytes);
    return r.result;
}
