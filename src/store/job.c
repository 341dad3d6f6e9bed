// SPDX-License-Identifier: Apache-2.0
/* job.c — the way of a job: into a queue of the store and back into the inbox of its worker. */
#include "store/job.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"

enum result problem_set(struct problem *p, enum result result, const char *code, const char *field,
                        const char *format, ...)
{
    va_list args;

    CHECK(result != R_OK);
    CHECK(code != NULL);
    p->result = result;
    p->code = code;
    p->field = field;
    va_start(args, format);
    /* A sentence that does not fit is cut; vsnprintf fails only for a bad format. */
    if (vsnprintf(p->text, sizeof p->text, format, args) < 0) p->text[0] = '\0';
    va_end(args);
    return result;
}

/* Runs on the thread of reply_to: an answered job is an inbox item like any other. */
static void receive_answer(struct inbox_item *item, void *receiver)
{
    struct job *job = job_of_item(item);

    (void)receiver;
    job->done(job);
}

enum result job_submit(struct job *job, struct inbox *inbox)
{
    CHECK(job->run != NULL);
    CHECK(job->done != NULL);
    CHECK(job->reply_to != NULL);
    job->result = R_OK;
    job->problem = (struct problem){0};
    job->item.receive = receive_answer;
    return inbox_try_push(inbox, &job->item);
}

void job_answer(struct job *job)
{
    inbox_push(job->reply_to, &job->item);
}

void job_fail(struct job *job)
{
    job->result = problem_set(&job->problem, R_UNAVAILABLE, "store_unavailable", NULL,
                              "The server cannot reach its storage right now; try again later.");
}
