/*
 * landlock.h: for a program about to be executed, rights on a few paths and on nothing else
 * (landlock(7)).
 */
#pragma once

/* To read and execute what lies below each of `directories` (names in /; those that are not there
 * are passed over), to read and write `device`, and nothing else: no other file, no TCP, no signal to or
 * abstract socket of anybody else, as far as the kernel's Landlock goes.  0 also where it has none:
 * Landlock comes on top of what holds without it; or -errno. */
int landlock_enter(const char *const directories[], unsigned count, const char *device);
