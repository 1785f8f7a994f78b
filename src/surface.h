/*
 * surface.h: a verb's row as text: what people read, and what sudoers carries.
 */
#pragma once

#include "verb.h"

/* Where it is installed, whatever the prefix of the build: sudoers names it. */
#define PROGRAM "/usr/sbin/banger-priv"

/* "create-tap TAP [uid=N] [gid=N] [vm=VM_ID]" */
void surface_synopsis(const struct verb *verb, char *out, size_t size);

/* The row as an ERE over the operands joined by spaces, without anchors:
 * "create-tap banger-[a-z0-9-]+( uid=[1-9][0-9]*)?..." */
void surface_pattern(const struct verb *verb, const struct settings *settings, char *out,
		     size_t size);

/* The verb's sudoers rules, one or two lines, in either form. */
void surface_rules(const struct verb *verb, bool portable, const struct settings *settings, char *out,
		   size_t size);

/* The one line of the regex form that is no rule: a verb is no session.  sudo's own record and its
 * pseudo-terminal stay, PAM's checks of account and password too.  sudo-rs has no such settings. */
#define SURFACE_SUDO_DEFAULTS "Defaults!" PROGRAM " !pam_session, !pam_setcred"

/* Prints each operand with what is admitted, in words and as a pattern. */
void surface_operands(const struct verb *verb, const struct settings *settings);

/* Prints the row, as text for people or as one JSON object. */
void surface_explain(const struct verb *verb, const struct settings *settings);
void surface_explain_json(const struct verb *verb, const struct settings *settings);
