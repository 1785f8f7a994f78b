/*
 * modern.h: calls that a kernel may be too old for, or a filter around us not know.
 */
#pragma once

extern const struct modern {
	const char *name;
	long nr;
} modern[];     /* ends with one without a name */
