// SPDX-License-Identifier: Apache-2.0
/* inbox_test.c — order, the bound, waking, closing, and the same with real threads. */
#include "base/inbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"

#define ITEMS_MAX 4u
#define SENDERS 4u
#define ITEMS_PER_SENDER 20000u

struct letter {
    struct inbox_item item; /* first, so that the receiver can cast back */
    size_t sender;
    size_t number;
};

static void count_receipt(struct inbox_item *item, void *receiver)
{
    (void)item;
    (*(size_t *)receiver)++;
}

static void count_wake(void *arg)
{
    (*(size_t *)arg)++;
}

static size_t length(const struct inbox_item *item)
{
    size_t count = 0;

    for (; item != NULL; item = item->next) count++;
    return count;
}

static struct letter *letters_new(size_t count, size_t sender)
{
    struct letter *letters = calloc(count, sizeof *letters);

    assert_non_null(letters);
    for (size_t i = 0; i < count; i++)
        letters[i] = (struct letter){{.receive = count_receipt}, sender, i};
    return letters;
}

static void what_is_pushed_is_taken_in_order(void **state)
{
    struct letter *letters = letters_new(ITEMS_MAX, 0);
    struct inbox inbox;
    struct inbox_item *item;
    size_t received = 0;

    (void)state;
    inbox_init(&inbox, ITEMS_MAX, NULL, NULL);
    assert_null(inbox_take_all(&inbox));
    for (size_t i = 0; i < ITEMS_MAX; i++)
        assert_int_equal(inbox_try_push(&inbox, &letters[i].item), R_OK);
    assert_int_equal(inbox_count(&inbox), ITEMS_MAX);

    item = inbox_take_all(&inbox);
    for (size_t i = 0; i < ITEMS_MAX; i++, item = item->next) {
        assert_int_equal(((struct letter *)item)->number, i);
        item->receive(item, &received);
    }
    assert_null(item);
    assert_int_equal(received, ITEMS_MAX);
    assert_int_equal(inbox_count(&inbox), 0);
    inbox_release(&inbox);
    inbox_release(&inbox);
    free(letters);
}

static void at_the_bound_nothing_is_queued(void **state)
{
    struct letter *letters = letters_new(ITEMS_MAX + 1, 0);
    struct inbox inbox;

    (void)state;
    inbox_init(&inbox, ITEMS_MAX, NULL, NULL);
    for (size_t i = 0; i < ITEMS_MAX; i++)
        assert_int_equal(inbox_try_push(&inbox, &letters[i].item), R_OK);
    assert_int_equal(inbox_try_push(&inbox, &letters[ITEMS_MAX].item), R_FULL);
    assert_int_equal(inbox_count(&inbox), ITEMS_MAX);
    assert_int_equal(length(inbox_take_all(&inbox)), ITEMS_MAX);
    assert_int_equal(inbox_try_push(&inbox, &letters[ITEMS_MAX].item), R_OK);
    assert_ptr_equal(inbox_take_all(&inbox), &letters[ITEMS_MAX].item);
    inbox_release(&inbox);
    free(letters);
}

static void only_the_first_item_wakes(void **state)
{
    struct letter *letters = letters_new(3, 0);
    struct inbox inbox;
    size_t wakes = 0;

    (void)state;
    inbox_init(&inbox, ITEMS_MAX, count_wake, &wakes);
    assert_int_equal(inbox_try_push(&inbox, &letters[0].item), R_OK);
    inbox_push(&inbox, &letters[1].item);
    assert_int_equal(wakes, 1);
    assert_int_equal(length(inbox_take_all(&inbox)), 2);
    inbox_push(&inbox, &letters[2].item);
    assert_int_equal(wakes, 2);
    assert_int_equal(length(inbox_take_all(&inbox)), 1);
    inbox_release(&inbox);
    free(letters);
}

static void waiting_takes_at_most_what_it_asks_for(void **state)
{
    struct letter *letters = letters_new(3, 0);
    struct inbox inbox;

    (void)state;
    inbox_init(&inbox, ITEMS_MAX, NULL, NULL);
    for (size_t i = 0; i < 3; i++) assert_int_equal(inbox_try_push(&inbox, &letters[i].item), R_OK);
    assert_int_equal(length(inbox_wait(&inbox, 2)), 2);
    assert_int_equal(inbox_count(&inbox), 1);
    assert_ptr_equal(inbox_wait(&inbox, 100), &letters[2].item);
    inbox_release(&inbox);
    free(letters);
}

static void a_closed_inbox_delivers_what_was_promised(void **state)
{
    struct letter *letters = letters_new(3, 0);
    struct inbox inbox;

    (void)state;
    inbox_init(&inbox, ITEMS_MAX, NULL, NULL);
    assert_int_equal(inbox_try_push(&inbox, &letters[0].item), R_OK);
    inbox_close(&inbox);
    assert_int_equal(inbox_try_push(&inbox, &letters[1].item), R_CLOSED);
    inbox_push(&inbox, &letters[2].item);
    assert_int_equal(length(inbox_wait(&inbox, 100)), 2);
    assert_null(inbox_wait(&inbox, 100));
    inbox_release(&inbox);
    free(letters);
}

static void a_wait_ends_at_its_time(void **state)
{
    struct letter *letters = letters_new(1, 0);
    struct inbox inbox;
    uint64_t until_ms = clock_mono_ms() + 20;

    (void)state;
    inbox_init(&inbox, ITEMS_MAX, NULL, NULL);
    assert_null(inbox_wait_until(&inbox, 100, 0)); /* long past */
    assert_null(inbox_wait_until(&inbox, 100, until_ms));
    assert_true(clock_mono_ms() >= until_ms);
    assert_false(inbox_is_finished(&inbox));

    /* What is there is taken whatever the time is. */
    assert_int_equal(inbox_try_push(&inbox, &letters[0].item), R_OK);
    inbox_close(&inbox);
    assert_false(inbox_is_finished(&inbox));
    assert_ptr_equal(inbox_wait_until(&inbox, 100, 0), &letters[0].item);
    assert_true(inbox_is_finished(&inbox));
    assert_null(inbox_wait_until(&inbox, 100, UINT64_MAX - 1));
    inbox_release(&inbox);
    free(letters);
}

/* ---- threads ---- */

struct sender {
    struct inbox *inbox;
    struct letter *letters;
};

static void *send_all(void *arg)
{
    struct sender *sender = arg;

    for (size_t i = 0; i < ITEMS_PER_SENDER; i++)
        inbox_push(sender->inbox, &sender->letters[i].item);
    return NULL;
}

/* Senders fill a tiny inbox faster than it is emptied, so they wait for room again and again. */
static void waiting_senders_keep_the_bound_and_their_order(void **state)
{
    struct sender senders[SENDERS];
    pthread_t threads[SENDERS];
    size_t next[SENDERS] = {0};
    size_t received = 0;
    struct inbox inbox;

    (void)state;
    inbox_init(&inbox, ITEMS_MAX, NULL, NULL);
    for (size_t i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){&inbox, letters_new(ITEMS_PER_SENDER, i)};
        assert_int_equal(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
    }
    while (received < SENDERS * ITEMS_PER_SENDER) {
        struct inbox_item *item = inbox_wait(&inbox, 100);
        assert_non_null(item);
        assert_true(length(item) <= ITEMS_MAX);
        while (item != NULL) {
            struct letter *letter = (struct letter *)item;
            struct inbox_item *following = item->next;
            assert_int_equal(letter->number, next[letter->sender]++);
            item->receive(item, &received);
            item = following;
        }
    }
    for (size_t i = 0; i < SENDERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        free(senders[i].letters);
    }
    inbox_release(&inbox);
}

struct pool_member {
    struct inbox *inbox;
    size_t received;
};

static void *receive_until_closed(void *arg)
{
    struct pool_member *member = arg;
    struct inbox_item *item;

    while ((item = inbox_wait(member->inbox, 1)) != NULL) item->receive(item, &member->received);
    return NULL;
}

/* Several receivers wait on one inbox: nothing is lost, nothing taken twice, and a close wakes all.
 */
static void a_pool_shares_the_work_and_ends(void **state)
{
    struct pool_member members[SENDERS] = {0};
    pthread_t threads[SENDERS];
    struct sender sender;
    size_t received = 0;
    struct inbox inbox;

    (void)state;
    inbox_init(&inbox, ITEMS_MAX, NULL, NULL);
    for (size_t i = 0; i < SENDERS; i++) {
        members[i].inbox = &inbox;
        assert_int_equal(pthread_create(&threads[i], NULL, receive_until_closed, &members[i]), 0);
    }
    sender = (struct sender){&inbox, letters_new(ITEMS_PER_SENDER, 0)};
    send_all(&sender);
    inbox_close(&inbox);
    for (size_t i = 0; i < SENDERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        received += members[i].received;
    }
    assert_int_equal(received, ITEMS_PER_SENDER);
    inbox_release(&inbox);
    free(sender.letters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_pushed_is_taken_in_order),
        cmocka_unit_test(at_the_bound_nothing_is_queued),
        cmocka_unit_test(only_the_first_item_wakes),
        cmocka_unit_test(waiting_takes_at_most_what_it_asks_for),
        cmocka_unit_test(a_closed_inbox_delivers_what_was_promised),
        cmocka_unit_test(a_wait_ends_at_its_time),
        cmocka_unit_test(waiting_senders_keep_the_bound_and_their_order),
        cmocka_unit_test(a_pool_shares_the_work_and_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
