// SPDX-License-Identifier: Apache-2.0
/* lock_file_test.c — one owner at a time, known by its process id, gone with its process. */
#include "store/lock_file.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store_testing.h"

struct fixture {
    struct testing_dir dir;
    char path[128];
};

static int set_up(void **state)
{
    static struct fixture f;

    testing_dir_make(&f.dir);
    assert_true(snprintf(f.path, sizeof f.path, "%s/lock", f.dir.path) > 0);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    testing_dir_remove(&((struct fixture *)*state)->dir);
    return 0;
}

static void the_second_owner_is_told_who_the_first_is(void **state)
{
    const struct fixture *f = *state;
    struct fault fault = {0};
    char pid[32];
    int fd = -1;
    int second = -1;

    assert_true(snprintf(pid, sizeof pid, "process id %ld ", (long)getpid()) > 0);
    assert_int_equal(lock_file_open(&fd, f->path, &fault), R_OK);
    assert_int_equal(lock_file_open(&second, f->path, &fault), R_CONFLICT);
    assert_int_equal(second, -1);
    assert_non_null(strstr(fault.text, pid));
    lock_file_close(fd);
    assert_int_equal(lock_file_open(&second, f->path, &fault), R_OK);
    lock_file_close(second);
    lock_file_close(-1);
}

static void a_lock_without_a_process_id_is_still_a_lock(void **state)
{
    const struct fixture *f = *state;
    struct fault fault = {0};
    int fd = -1;
    int second = -1;

    assert_int_equal(lock_file_open(&fd, f->path, &fault), R_OK);
    assert_int_equal(truncate(f->path, 0), 0);
    assert_int_equal(lock_file_open(&second, f->path, &fault), R_CONFLICT);
    assert_non_null(strstr(fault.text, "another server"));
    lock_file_close(fd);
}

static void a_killed_process_leaves_no_lock(void **state)
{
    const struct fixture *f = *state;
    struct fault fault = {0};
    int ready[2];
    char byte;
    int fd = -1;
    pid_t child;

    assert_int_equal(pipe(ready), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (lock_file_open(&fd, f->path, NULL) != R_OK) _exit(1);
        if (write(ready[1], "x", 1) != 1) _exit(2);
        for (;;) pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(lock_file_open(&fd, f->path, &fault), R_CONFLICT);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(lock_file_open(&fd, f->path, &fault), R_OK);
    lock_file_close(fd);
    close(ready[0]);
    close(ready[1]);
}

static void a_directory_that_is_not_there_is_an_error(void **state)
{
    struct fault fault = {0};
    int fd = -1;

    (void)state;
    assert_int_equal(lock_file_open(&fd, "/nonexistent/lock", &fault), R_IO);
    assert_true(fault.os_error != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_second_owner_is_told_who_the_first_is, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_lock_without_a_process_id_is_still_a_lock, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_killed_process_leaves_no_lock, set_up, tear_down),
        cmocka_unit_test(a_directory_that_is_not_there_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
