// SPDX-License-Identifier: Apache-2.0
/* replay.c — feeds every file of a corpus once to a fuzzer's entry point. Linked with one
 * *_fuzz.c in the ordinary builds, so that each input that ever broke a parser is tried again on
 * every run of the tests, under every compiler and sanitizer. It searches for nothing new; that
 * is libFuzzer's work (./dev fuzz). The name of the input is printed first, so that a crash
 * names its cause. An empty corpus is a failure: it would test nothing. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_BYTES_MAX (1u << 20) /* libFuzzer itself stops at this size; past it: a failure */

/* The input is copied into a block of exactly its size, so that one byte too far is an overrun that
 * AddressSanitizer sees. */
static void feed(const uint8_t *bytes, size_t len)
{
    uint8_t *input = malloc(len > 0 ? len : 1);

    if (input == NULL) abort();
    memcpy(input, bytes, len);
    (void)LLVMFuzzerTestOneInput(input, len);
    free(input);
}

static bool replay(const char *path)
{
    static uint8_t bytes[INPUT_BYTES_MAX + 1];
    FILE *file = fopen(path, "rb");
    size_t len;

    if (file == NULL) {
        fprintf(stderr, "replay: cannot open %s: %s\n", path, strerror(errno));
        return false;
    }
    len = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    if (len > INPUT_BYTES_MAX) {
        fprintf(stderr, "replay: %s is larger than %u bytes\n", path, INPUT_BYTES_MAX);
        return false;
    }
    printf("%s\n", path);
    fflush(stdout);
    feed(bytes, len);
    return true;
}

int main(int argc, char **argv)
{
    DIR *directory = argc == 2 ? opendir(argv[1]) : NULL;
    struct dirent *entry;
    size_t replayed_count = 0;
    bool is_good = true;

    if (directory == NULL) {
        fprintf(stderr, "usage: %s <directory of inputs>\n", argv[0]);
        return 2;
    }
    while ((entry = readdir(directory)) != NULL) {
        char path[PATH_MAX];

        if (entry->d_name[0] == '.') continue;
        (void)snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
        is_good = replay(path) && is_good;
        replayed_count++;
    }
    closedir(directory);
    printf("%zu inputs\n", replayed_count);
    return is_good && replayed_count > 0 ? 0 : 1;
}
