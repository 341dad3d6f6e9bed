// SPDX-License-Identifier: Apache-2.0
/* check_test.c — a false CHECK ends the process and says where; a true one costs nothing. */
#include "base/check.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct death {
    int status;
    char text[512];
};

/* Run `die` in a child with its stderr in a pipe, and see how it ends. */
static struct death watch(void (*die)(void))
{
    struct death death = {0};
    size_t len = 0;
    ssize_t got;
    int ends[2];
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit no_core = {0};
        setrlimit(RLIMIT_CORE, &no_core);
        sigaction(SIGABRT, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
        dup2(ends[1], STDERR_FILENO);
        die();
        _exit(0);
    }
    close(ends[1]);
    while ((got = read(ends[0], death.text + len, sizeof death.text - 1 - len)) > 0)
        len += (size_t)got;
    close(ends[0]);
    assert_int_equal(waitpid(child, &death.status, 0), child);
    return death;
}

static void fail_as_a_worker(void)
{
    role_set(ROLE_WORKER);
    CHECK(1 + 1 == 3);
}

static void fail_a_costly_check(void)
{
    DCHECK(1 + 1 == 3);
}

static void fail_on_the_wrong_thread(void)
{
    role_set(ROLE_READER);
    CHECK_ON(ROLE_WRITER);
}

static void hold(void)
{
    role_set(ROLE_MAIN);
    CHECK_ON(ROLE_MAIN);
    CHECK(1 + 1 == 2);
}

static void assert_aborted(struct death death)
{
    assert_true(WIFSIGNALED(death.status));
    assert_int_equal(WTERMSIG(death.status), SIGABRT);
}

static void a_false_check_aborts_and_says_where(void **state)
{
    struct death death = watch(fail_as_a_worker);

    (void)state;
    assert_aborted(death);
    assert_non_null(strstr(death.text, "CHECK failed: 1 + 1 == 3 at "));
    assert_non_null(strstr(death.text, "check_test.c:"));
    assert_non_null(strstr(death.text, "on thread worker\n"));
}

static void the_wrong_thread_is_a_false_check(void **state)
{
    struct death death = watch(fail_on_the_wrong_thread);

    (void)state;
    assert_aborted(death);
    assert_non_null(strstr(death.text, "on thread reader\n"));
}

static void a_true_check_goes_on(void **state)
{
    struct death death = watch(hold);

    (void)state;
    assert_true(WIFEXITED(death.status));
    assert_int_equal(WEXITSTATUS(death.status), 0);
    assert_string_equal(death.text, "");
}

static void costly_checks_are_for_debug_builds(void **state)
{
    struct death death = watch(fail_a_costly_check);

    (void)state;
#ifdef NDEBUG
    assert_true(WIFEXITED(death.status));
#else
    assert_aborted(death);
#endif
}

static void *tell_role(void *role)
{
    *(enum role *)role = role_self();
    return NULL;
}

static void a_role_belongs_to_its_thread(void **state)
{
    enum role other = ROLE_MAIN;
    pthread_t thread;

    (void)state;
    role_set(ROLE_MAIN);
    assert_int_equal(pthread_create(&thread, NULL, tell_role, &other), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(other, ROLE_NONE);
    assert_int_equal(role_self(), ROLE_MAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_false_check_aborts_and_says_where),
        cmocka_unit_test(the_wrong_thread_is_a_false_check),
        cmocka_unit_test(a_true_check_goes_on),
        cmocka_unit_test(costly_checks_are_for_debug_builds),
        cmocka_unit_test(a_role_belongs_to_its_thread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
