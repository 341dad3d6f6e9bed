// SPDX-License-Identifier: Apache-2.0
/* scenario.h — what can be measured; each has its own options, and ends the program on an error. */
#ifndef BENCH_SCENARIO_H
#define BENCH_SCENARIO_H

/* One author, thousands of listeners in one conversation. */
void scenario_fanout(char **arguments);
/* Pages, lists and searches in a database that has grown. */
void scenario_history(char **arguments);
/* Sockets that hear nothing: what they cost to open, to have and to keep alive. */
void scenario_idle(char **arguments);
/* Users who count what they hear while their sockets, and the server, are cut. */
void scenario_resume(char **arguments);
/* Messages that must be on disk before they are acknowledged. */
void scenario_send(char **arguments);
/* One reader of thousands who does not read. */
void scenario_slow(char **arguments);
/* Thousands of sockets at once, because the server was restarted under them. */
void scenario_storm(char **arguments);

/* Agents that answer token by token, and those who listen. */
void scenario_tokens(char **arguments);

/* The generator must have time to spare, or it measures itself: say so when a run is void because
 * it used more than GENERATOR_CPU_PERCENT_MAX of its core. */
#define GENERATOR_CPU_PERCENT_MAX 80.0
void scenario_judge_generator(double cpu_percent);

#endif
