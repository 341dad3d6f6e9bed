// SPDX-License-Identifier: Apache-2.0
/* chat_testing.h — what the tests of the rules share: a real store in a directory of its own with
 * two tenants in it, and running a job there as a worker would. For tests only. */
#ifndef CHAT_CHAT_TESTING_H
#define CHAT_CHAT_TESTING_H

#include "chat/caller.h"
#include "chat/conversations.h"
#include "chat/messages.h"
#include "store/store.h"
#include "store/store_testing.h"
#include "store/tenants.h"
#include "store/users.h"

enum testing_person { ALICE, BOB, CAROL, DAVE, ROBOT, OTHER_ROBOT, GONE, STRANGER, PEOPLE_COUNT };

struct testing_world {
    struct testing_dir dir;
    struct store *store;
    struct inbox inbox;
    struct arena arena; /* of all jobs */
    /* Of the last job, NULL when nothing was to be heard. Atomic, because the store may have work
     * of its own that nobody waits for. */
    struct commit *_Atomic commit;
    struct uuid tenant_id;
    struct uuid other_tenant_id; /* STRANGER's */
    struct uuid people[PEOPLE_COUNT];
};

static const char *const testing_names[PEOPLE_COUNT] = {
    "Alice", "Bob", "Carol", "Dave", "Robot", "Other robot", "Gone", "Stranger",
};

static TESTING_UNUSED void testing_on_commit(void *arg, struct commit *commit)
{
    struct testing_world *w = arg;

    commit_unref(atomic_exchange(&w->commit, commit));
}

static TESTING_UNUSED void testing_done(struct job *job)
{
    (void)job;
}

static TESTING_UNUSED void testing_prepare(struct testing_world *w, struct job *job)
{
    commit_unref(atomic_exchange(&w->commit, NULL));
    job->arena = &w->arena;
    job->reply_to = &w->inbox;
    job->done = testing_done;
}

/* Runs the job to its end and returns its result. */
static TESTING_UNUSED enum result testing_write_job(struct testing_world *w, struct job *job)
{
    testing_prepare(w, job);
    assert_int_equal(store_write(w->store, job), R_OK);
    testing_receive(&w->inbox, 1);
    return job->result;
}

static TESTING_UNUSED enum result testing_read_job(struct testing_world *w, struct job *job)
{
    testing_prepare(w, job);
    assert_int_equal(store_read(w->store, job), R_OK);
    testing_receive(&w->inbox, 1);
    return job->result;
}

/* ---- the world ---- */

static TESTING_UNUSED enum result testing_populate(struct job *job, struct tx *tx)
{
    struct testing_world *w = job->owner;
    struct tenant tenants[] = {{.tenant_id = w->tenant_id, .name = STR("ours")},
                               {.tenant_id = w->other_tenant_id, .name = STR("theirs")}};
    enum result result = R_OK;

    for (size_t i = 0; i < 2 && result == R_OK; i++) result = tenants_insert(tx, &tenants[i]);
    for (size_t i = 0; i < PEOPLE_COUNT && result == R_OK; i++)
        result =
            users_insert(tx, &(struct user){
                                 .user_id = w->people[i],
                                 .tenant_id = i == STRANGER ? w->other_tenant_id : w->tenant_id,
                                 .display_name = str_from(testing_names[i]),
                                 .is_agent = i == ROBOT || i == OTHER_ROBOT,
                             });
    if (result == R_OK) result = users_disable(tx, &w->tenant_id, &w->people[GONE]);
    return result;
}

static TESTING_UNUSED int testing_world_make(void **state)
{
    struct testing_world *w = calloc(1, sizeof *w);
    struct store_options options = {
        .readers_count = 1, .on_commit = testing_on_commit, .on_commit_arg = w};
    struct job job = {.run = testing_populate, .owner = w};
    struct fault fault = {0};

    assert_non_null(w);
    role_set(ROLE_MAIN);
    testing_dir_make(&w->dir);
    options.directory = w->dir.path;
    arena_init(&w->arena);
    inbox_init(&w->inbox, 16, NULL, NULL);
    if (store_open(&w->store, &options, &fault) != R_OK) fail_msg("%s", fault.text);
    w->tenant_id = uuid_new();
    w->other_tenant_id = uuid_new();
    for (size_t i = 0; i < PEOPLE_COUNT; i++) w->people[i] = uuid_new();
    assert_int_equal(testing_write_job(w, &job), R_OK);
    *state = w;
    return 0;
}

static TESTING_UNUSED int testing_world_remove(void **state)
{
    struct testing_world *w = *state;

    store_close(w->store);
    commit_unref(w->commit);
    arena_release(&w->arena);
    inbox_release(&w->inbox);
    testing_dir_remove(&w->dir);
    free(w);
    return 0;
}

#define WORLD_TEST(test) \
    cmocka_unit_test_setup_teardown(test, testing_world_make, testing_world_remove)

static TESTING_UNUSED struct caller testing_caller(const struct testing_world *w,
                                                   enum testing_person who)
{
    return (struct caller){
        .kind = who == ROBOT || who == OTHER_ROBOT ? CALLER_AGENT : CALLER_USER,
        .tenant_id = who == STRANGER ? w->other_tenant_id : w->tenant_id,
        .user_id = w->people[who],
    };
}

/* ---- shortcuts ---- */

/* A conversation of this type that `who` makes with these others, who end with PEOPLE_COUNT. */
static TESTING_UNUSED struct conversation testing_converse(struct testing_world *w,
                                                           enum conversation_type type,
                                                           enum testing_person who,
                                                           const enum testing_person *others)
{
    struct conversation_create cmd = {.caller = testing_caller(w, who), .type = type};
    struct uuid ids[PEOPLE_COUNT];
    struct problem problem;

    for (; others[cmd.participant_ids.count] != PEOPLE_COUNT; cmd.participant_ids.count++)
        ids[cmd.participant_ids.count] = w->people[others[cmd.participant_ids.count]];
    cmd.participant_ids.ids = ids;
    assert_int_equal(conversation_create_init(&cmd, &problem), R_OK);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    return cmd.conversation;
}

#define OTHERS(...) ((const enum testing_person[]){__VA_ARGS__, PEOPLE_COUNT})

static TESTING_UNUSED struct message testing_say(struct testing_world *w,
                                                 const struct uuid *conversation_id,
                                                 enum testing_person who, struct str text)
{
    struct message_send cmd = {
        .caller = testing_caller(w, who),
        .message = {.conversation_id = *conversation_id, .content_text = text},
    };
    struct problem problem;

    assert_int_equal(message_send_init(&cmd, &problem), R_OK);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    return cmd.message;
}

/* The same as an internal message. */
static TESTING_UNUSED struct message testing_note(struct testing_world *w,
                                                  const struct uuid *conversation_id,
                                                  enum testing_person who, struct str text)
{
    struct message_send cmd = {
        .caller = testing_caller(w, who),
        .message = {.conversation_id = *conversation_id, .content_text = text, .is_internal = true},
    };
    struct problem problem;

    assert_int_equal(message_send_init(&cmd, &problem), R_OK);
    assert_int_equal(testing_write_job(w, &cmd.job), R_OK);
    return cmd.message;
}

/* The i-th effect of the last job; NULL when there are fewer. */
static TESTING_UNUSED const struct effect *testing_effect(const struct testing_world *w, size_t i)
{
    const struct effect *e = w->commit == NULL ? NULL : w->commit->first;

    for (; e != NULL && i > 0; i--) e = e->next;
    return e;
}

static TESTING_UNUSED void testing_expect_event(const struct effect *e, enum channel_kind channel,
                                                const struct uuid *channel_id, const char *type)
{
    assert_non_null(e);
    assert_int_equal(e->kind, EFFECT_EVENT);
    assert_int_equal(e->channel, channel);
    assert_true(uuid_equals(&e->id, channel_id));
    assert_int_equal(e->type.len, strlen(type));
    assert_memory_equal(e->type.at, type, e->type.len);
}

/* Is the text in the payload? */
static TESTING_UNUSED bool testing_payload_has(const struct effect *e, const char *text)
{
    return memmem(e->payload.at, e->payload.len, text, strlen(text)) != NULL;
}

#endif
