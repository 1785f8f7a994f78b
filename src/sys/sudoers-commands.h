/*
 * sudoers-commands.h: what a command in a rule of sudoers(5) lets its user run.
 */
#pragma once

#include "sys/sudoers-words.h"

/* More, the further down. */
enum grant { GRANT_NOTHING, GRANT_OTHERS, GRANT_PROGRAM, GRANT_ANYTHING };

/* Other commands than the program, the program, or any command: a shell with whatever arguments is whatever command.
 * `programs` are the names under which the program can be called, and a NULL. */
enum grant sudoers_grant_of(const struct sudoers_word *command, const char *const programs[]);
