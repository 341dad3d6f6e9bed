// SPDX-License-Identifier: Apache-2.0
/* keyring.c — loading, making and retiring key files. A key file holds 32 random bytes and nothing
 * else. It is written beside its name, synced and then renamed, so that a crash leaves a whole key
 * or none. Files with other names are left alone, except what such a crash left over. Invariant:
 * `keys` is in the order of age, the newest last. */
#include "auth/keyring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/uuid.h"
#include "limits.h"

#define KEY_BYTES 32u
#define KEY_SUFFIX ".key"
#define TMP_SUFFIX ".tmp"
#define NAME_BYTES (UUID_TEXT_LEN + sizeof KEY_SUFFIX)
#define KEYS_LOADED_MAX 64u  /* of a folder that somebody else filled */
#define PATH_BYTES_MAX 4096u /* what the kernel takes */
#define DAY_MS (24u * 60u * 60u * UINT64_C(1000))

struct key {
    struct uuid id;
    char id_text[UUID_TEXT_LEN];
    cjose_jwk_t *jwk;
};

struct keyring {
    struct key keys[KEYS_LOADED_MAX];
    size_t keys_count;
    int directory; /* open while keys are loaded, else -1 */
    char path[PATH_BYTES_MAX];
};

static void key_name(const struct uuid *id, const char *suffix, char out[NAME_BYTES])
{
    uuid_write(id, out);
    memcpy(out + UUID_TEXT_LEN, suffix, sizeof KEY_SUFFIX);
}

/* ---- in memory ---- */

static void add_key(struct keyring *k, const struct uuid *id, const uint8_t secret[KEY_BYTES])
{
    size_t at = k->keys_count++;
    struct key *key;
    cjose_err error;

    CHECK(at < KEYS_LOADED_MAX);
    while (at > 0 && uuid_compare(&k->keys[at - 1].id, id) > 0) {
        k->keys[at] = k->keys[at - 1];
        at--;
    }
    key = &k->keys[at];
    key->id = *id;
    uuid_write(id, key->id_text);
    key->jwk = cjose_jwk_create_oct_spec(secret, KEY_BYTES, &error);
    CHECK(key->jwk != NULL);
}

/* ---- on the disk ---- */

static MUST_USE enum result file_fault(const struct keyring *k, const char *name,
                                       enum result result, int os_error, const char *what,
                                       struct fault *fault)
{
    return fault_set(fault, result, os_error, "key file %.120s/%s %s", k->path, name, what);
}

static MUST_USE enum result read_key(struct keyring *k, const struct uuid *id, const char *name,
                                     struct fault *fault)
{
    uint8_t secret[KEY_BYTES + 1];
    enum result result = R_OK;
    struct stat about;
    ssize_t got;
    int file = openat(k->directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (file < 0) return file_fault(k, name, R_IO, errno, "cannot be opened", fault);
    if (fstat(file, &about) != 0) {
        result = file_fault(k, name, R_IO, errno, "cannot be examined", fault);
        goto done;
    }
    if (!S_ISREG(about.st_mode) || (about.st_mode & 077) != 0) {
        result = file_fault(k, name, R_INVALID, 0, "is open to others; chmod it to 600", fault);
        goto done;
    }
    got = read(file, secret, sizeof secret);
    if (got < 0) {
        result = file_fault(k, name, R_IO, errno, "cannot be read", fault);
    } else if (got != KEY_BYTES) {
        result = file_fault(k, name, R_CORRUPT, 0, "has not 32 bytes; restore or delete it", fault);
    } else {
        add_key(k, id, secret);
    }
done:
    sodium_memzero(secret, sizeof secret);
    (void)close(file);
    return result;
}

/* The file has its final name only once all of it is on the disk. */
static MUST_USE enum result write_key(struct keyring *k, const struct uuid *id,
                                      const uint8_t secret[KEY_BYTES], struct fault *fault)
{
    char tmp_name[NAME_BYTES];
    char name[NAME_BYTES];
    int os_error = 0;
    int file;

    key_name(id, TMP_SUFFIX, tmp_name);
    key_name(id, KEY_SUFFIX, name);
    file = openat(k->directory, tmp_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return file_fault(k, tmp_name, R_IO, errno, "cannot be made", fault);
    errno = EIO; /* for a write that is cut short without saying why */
    if (write(file, secret, KEY_BYTES) != (ssize_t)KEY_BYTES || fsync(file) != 0) os_error = errno;
    if (close(file) != 0 && os_error == 0) os_error = errno;
    if (os_error == 0 && renameat(k->directory, tmp_name, k->directory, name) != 0) {
        os_error = errno;
    }
    if (os_error == 0 && fsync(k->directory) != 0) os_error = errno;
    if (os_error == 0) return R_OK;
    (void)unlinkat(k->directory, tmp_name, 0);
    return file_fault(k, name, R_IO, os_error, "cannot be written", fault);
}

static MUST_USE enum result make_key(struct keyring *k, struct fault *fault)
{
    struct uuid id = uuid_new();
    uint8_t secret[KEY_BYTES];
    enum result result;

    randombytes_buf(secret, sizeof secret);
    if ((result = write_key(k, &id, secret, fault)) == R_OK) add_key(k, &id, secret);
    sodium_memzero(secret, sizeof secret);
    return result;
}

static MUST_USE enum result open_folder(struct keyring *k, const char *directory,
                                        struct fault *fault)
{
    int len = snprintf(k->path, sizeof k->path, "%s/keys", directory);

    if (len < 0 || (size_t)len >= sizeof k->path) {
        return fault_set(fault, R_IO, ENAMETOOLONG, "folder of keys below %.120s", directory);
    }
    if (mkdir(k->path, 0700) != 0 && errno != EEXIST) {
        return fault_set(fault, R_IO, errno, "cannot make the folder of keys %.120s", k->path);
    }
    k->directory = open(k->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (k->directory < 0) {
        return fault_set(fault, R_IO, errno, "cannot open the folder of keys %.120s", k->path);
    }
    return R_OK;
}

/* What the name of a file says: a key, the rest of a crash, or nothing of ours. */
static bool name_is(const char *name, const char *suffix, struct uuid *id)
{
    struct str text = str_from(name);

    return text.len == UUID_TEXT_LEN + strlen(suffix) &&
           str_equals(str_slice(text, UUID_TEXT_LEN, text.len), str_from(suffix)) &&
           uuid_parse(str_slice(text, 0, UUID_TEXT_LEN), id);
}

static MUST_USE enum result load_keys(struct keyring *k, struct fault *fault)
{
    enum result result = R_OK;
    struct dirent *entry;
    struct uuid id;
    DIR *folder = opendir(k->path);

    if (folder == NULL) {
        return fault_set(fault, R_IO, errno, "cannot list the folder of keys %.120s", k->path);
    }
    while (result == R_OK && (entry = readdir(folder)) != NULL) {
        if (name_is(entry->d_name, TMP_SUFFIX, &id)) {
            (void)unlinkat(k->directory, entry->d_name, 0);
        } else if (name_is(entry->d_name, KEY_SUFFIX, &id)) {
            result = k->keys_count < KEYS_LOADED_MAX
                         ? read_key(k, &id, entry->d_name, fault)
                         : file_fault(k, entry->d_name, R_INVALID, 0, "is one too many", fault);
        }
    }
    (void)closedir(folder);
    return result;
}

static bool is_rotation_due(const struct keyring *k)
{
    uint64_t now_ms = clock_wall_ms();

    if (k->keys_count == 0) return true;
    return uuid_made_at_ms(&k->keys[k->keys_count - 1].id) + KEYRING_ROTATE_DAYS * DAY_MS < now_ms;
}

static void drop_oldest(struct keyring *k)
{
    char name[NAME_BYTES];

    key_name(&k->keys[0].id, KEY_SUFFIX, name);
    if (unlinkat(k->directory, name, 0) != 0) {
        log_write(LOG_WARN, "old_key_stays", LOG_FIELD_TEXT("file", name));
    }
    cjose_jwk_release(k->keys[0].jwk);
    k->keys_count--;
    memmove(&k->keys[0], &k->keys[1], k->keys_count * sizeof k->keys[0]);
}

enum result keyring_open(struct keyring **out, const char *directory, struct fault *fault)
{
    struct keyring *k = calloc(1, sizeof *k);
    enum result result = R_OK;

    if (k == NULL) return fault_set(fault, R_UNAVAILABLE, 0, "no memory for the keyring");
    k->directory = -1;
    if ((result = open_folder(k, directory, fault)) != R_OK) goto done;
    if ((result = load_keys(k, fault)) != R_OK) goto done;
    if (is_rotation_due(k)) {
        if (k->keys_count == KEYS_LOADED_MAX) drop_oldest(k);
        if ((result = make_key(k, fault)) != R_OK) goto done;
    }
    while (k->keys_count > KEYRING_KEYS_MAX) drop_oldest(k);
    *out = k;
done:
    if (k->directory >= 0) {
        (void)close(k->directory);
        k->directory = -1;
    }
    if (result != R_OK) keyring_close(k);
    return result;
}

void keyring_close(struct keyring *k)
{
    if (k == NULL) return;
    for (size_t i = 0; i < k->keys_count; i++) cjose_jwk_release(k->keys[i].jwk);
    free(k);
}

/* ---- queries ---- */

static struct keyring_key view_of(const struct key *key)
{
    return (struct keyring_key){.id = str_of(key->id_text, UUID_TEXT_LEN), .jwk = key->jwk};
}

struct keyring_key keyring_newest(const struct keyring *k)
{
    CHECK(k->keys_count > 0);
    return view_of(&k->keys[k->keys_count - 1]);
}

bool keyring_find(const struct keyring *k, struct str id, struct keyring_key *out)
{
    for (size_t i = 0; i < k->keys_count; i++) {
        struct keyring_key key = view_of(&k->keys[i]);

        if (!str_equals(key.id, id)) continue;
        *out = key;
        return true;
    }
    return false;
}
