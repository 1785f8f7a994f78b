/*
 * run.h: commands of tests/sweep/lines, run to their ends with nothing but what they need.
 */
#pragma once

#include "sweep/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

enum { ARGUMENTS_MAX = WORDS_MAX + 4 };
enum { HUNG = 200, KILLED = 137, PATIENCE_S = 30 };

void run_begin(void);

/* What is executed for it: @PID is the VMM that a setup has started, @VM that of the VM a. */
void words_of(const struct command *command, const char **words);

/* Its standard input, and ours for what it prints and says, empty again.  The caller closes the first. */
void open_stdio(const struct command *command, int stdio[3]);

/* A SIGALRM that ends a wait; 0 takes it back. */
void alarm_in(time_t seconds);

/* Of a wait status, as a shell has it; HUNG for -1. */
int code_of(int status);

pid_t start_words(const struct command *command, const char *const words[]);

/* @PID or @VM. */
bool is_running(const char *pid);

/* Whatever is started from now on does not have that call, as on an older kernel; -1: it has all. */
void run_without(long call);

/* Frees who cannot be killed because of what we have put in its way; or NULL. */
extern void (*run_let_go)(void);

/* To the end, for PATIENCE_S at most: then HUNG. */
int run_words(const struct command *command, const char *const words[]);
int run(const struct command *command);
void run_all(const struct command *commands, size_t count);

/* The first line on stderr of what ran last; and whether the word was on its stdout. */
void run_said(char *text, size_t size);
bool run_printed(const char *word);
