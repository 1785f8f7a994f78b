/*
 * checks.h: what `check` looks at, a function each.  They change nothing, and report what they find.
 */
#pragma once

#include "gate/settings.h"

/* The host: host.c. */
void check_kernel(const struct settings *settings);
void check_namespaces(const struct settings *settings);
void check_limits(const struct settings *settings);
void check_devices(const struct settings *settings);
void check_cgroups(const struct settings *settings);

/* What was installed: installed.c, sudoers.c, udev.c. */
void check_config(const struct settings *settings);
void check_program(const struct settings *settings);
void check_sudoers(const struct settings *settings);
void check_directories(const struct settings *settings);
void check_udev(const struct settings *settings);
void check_ids(const struct settings *settings);

/* The network: network.c. */
void check_forwarding(const struct settings *settings);
void check_resolver(const struct settings *settings);

/* Handles.  What cannot be opened, or seen, is what is to be told: they give 0. */
int check_open_namespaces(void);
int check_open_network(void);
