/*
 * check: whether this host is ready, a line for each thing, and the command that mends it.
 *
 * Needs no privilege, and says what it could not see without.  As root it becomes nobody, and keeps the
 * capabilities to look.  Nothing is changed.  One program is executed, the configured jailer, which says its
 * version: without a capability, under a deny-list, with a deadline.
 */
#include "build-config.h"
#include "check/checks.h"
#include "check/report.h"
#include "sys/binary.h"
#include "sys/confined.h"
#include "sys/kernel.h"
#include "sys/sudoers-files.h"
#include "sys/version.h"
#include "verb.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { JAILER_PATIENCE_MS = 5000 };

static struct {
	bool json;
} ask;

static const struct operand operands[] = {
	{ .name = "format=", .value = "json", .gate = &gate_json_format, .into = &ask.json,
	  .occurs = MAYBE },
	LIST_END
};

static enum code
find_jailer(const struct settings *settings)
{
	static struct binary_found found;
	int fd = binary_open(BINARY_JAILER, settings, &found);

	if (fd >= 0 && dup3(fd, FD_JAILER, O_CLOEXEC) < 0)
		return failed(-errno, "cannot keep the jailer");
	return CODE_DONE;
}

static bool jailer_is_there;

static bool
has_jailer(void)
{
	return jailer_is_there = fcntl(FD_JAILER, F_GETFD) >= 0;
}

static enum code
ask_version(const struct settings *settings)
{
	(void)settings;
	/* As if it had said so: it is one of the things that are looked at. */
	dprintf(STDERR_FILENO, "cannot execute it: %s", strerrordesc_np(-confined_ask(FD_JAILER, "jailer", "--version")));
	return CODE_FAILED;
}

static bool
check_binary(enum binary which, const struct settings *settings, struct binary_found *found)
{
	char command[REPORT_BYTES];
	const char *fault;
	int fd = binary_open(which, settings, found);

	if (fd >= 0) {
		close(fd);
		return true;
	}
	if (fd == -EACCES) {
		report(UNSEEN, NULL, "%s: this user may not look there", found->path);
		return false;
	}
	fault = binary_fault(fd, found, command, sizeof(command));
	report(WRONG, command[0] ? command : NULL, "%.*s %s",
	       fd == -ENOENT ? (int)strlen(found->path) : (int)found->bad, found->path, fault);
	return false;
}

/* Before 1.14.1 the jailer follows symlinks that are in the chroot (CVE-2026-1386). */
static bool
is_fixed(const unsigned long version[3])
{
	static const unsigned long first[3] = { 1, 14, 1 };

	for (int i = 0; i < 3; i++)
		if (version[i] != first[i])
			return version[i] > first[i];
	return true;
}

static void
check_version(const struct binary_found *jailer)
{
	unsigned long version[3] = { 0, 0, 0 };
	struct confined_end end = { 0 };
	char command[REPORT_BYTES];
	int rc = jailer_is_there ? confined_wait(JAILER_PATIENCE_MS, "the jailer's version", &end) : -EBADF;

	snprintf(command, sizeof(command), "install -D -o root -g root -m 0755 jailer %s", jailer->path);
	if (rc == -ETIMEDOUT || rc == -EBUSY)
		report(WRONG, command, "%s does not say its version within %d seconds", jailer->path,
		       JAILER_PATIENCE_MS / 1000);
	else if (rc < 0 || !end.exited || end.status != 0 || version_read(end.said, version, 3) != 3)
		report(WRONG, command, "%s does not say its version: %.80s", jailer->path, end.said);
	else if (!is_fixed(version))
		report(WRONG, command, "%s is version %lu.%lu.%lu; 1.14.1 or later is needed", jailer->path,
		       version[0], version[1], version[2]);
	else
		report(OK, NULL, "%s, version %lu.%lu.%lu", jailer->path, version[0], version[1], version[2]);
}

static void
check_binaries(const struct settings *settings)
{
	static struct binary_found found;

	if (check_binary(BINARY_FIRECRACKER, settings, &found))
		report(OK, NULL, "%s", found.path);
	if (check_binary(BINARY_JAILER, settings, &found))
		check_version(&found);
}

static bool colourful;

static enum code
act(const struct settings *settings)
{
	static const struct { const char *name; void (*look)(const struct settings *settings); } checks[] = {
		{ "kernel", check_kernel }, { "namespaces", check_namespaces }, { "limits", check_limits },
		{ "devices", check_devices }, { "cgroups", check_cgroups }, { "config", check_config },
		{ "program", check_program }, { "sudoers", check_sudoers }, { "binaries", check_binaries },
		{ "directories", check_directories }, { "udev", check_udev }, { "ids", check_ids },
		{ "forwarding", check_forwarding }, { "resolver", check_resolver },
	};

	report_begin(ask.json, colourful);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		report_subject(checks[i].name);
		checks[i].look(settings);
	}
	return report_end();
}

/* Not isatty alone: asked of a socket, that request means something else (CVE-2023-2002). */
static int
look_at_stdout(void)
{
	struct stat status;

	colourful = fstat(STDOUT_FILENO, &status) == 0 && S_ISCHR(status.st_mode) && isatty(STDOUT_FILENO);
	return 0;
}

static const struct handle handles[] = {
	{ "no descriptor: whether stdout is a terminal", look_at_stdout },
	{ "no descriptor: how the kernel answers calls that must fail", kernel_try },
	{ "no descriptor: whether its namespaces are those of process 1", check_open_namespaces },
	{ "libmnl, a socket to nf_tables, /proc/sys/net, and the system's D-Bus", check_open_network },
	{ "a pipe for what the jailer says", confined_open_output },
	LIST_END
};

static const struct cap look_caps[] = {
	CAP(DAC_READ_SEARCH, "a directory of root's on the way may be closed to others"),
	LIST_END
};

static const struct call find_calls[] = {
	CALL(openat, "/, where every path begins"),
	CALL(openat2, "each directory on the way, and the jailer"),
	CALL(newfstatat, "whose it is"),
	CALL_IF(dup3, 1, FD_JAILER, "under its number"),
	LIST_END
};

/* Besides what no program gets: it has to say a line, and nothing else. */
static const struct call ask_calls[] = {
	DENY(socket, EPERM, "nobody to talk to"),
	DENY(fork, EPERM, "a process of its own"),
	DENY(vfork, EPERM, "a process of its own"),
	DENY_WITHOUT(clone, 0, CLONE_THREAD, EPERM, "a process of its own"),
	LIST_END
};

static const struct cap caps[] = {
	CAP(DAC_READ_SEARCH, "sudoers, and directories that are closed to others"),
	CAP(NET_ADMIN, "to read the packet filter, which takes what changing it takes"),
	LIST_END
};

static const struct call calls[] = {
	CALL(openat, "files of /etc and /proc; /, where every path begins"),
	CALL(openat2, "what lies below it"),
	CALL(newfstatat, "whose it is"),
	CALL(read, "what is in it"),
	CALL(getdents64, "the files of " SUDOERS_DIR),
	CALL(fstatfs, "that a cgroup is one"),
	CALL(uname, "the kernel's release"),
	CALL(prlimit64, "the limit on open files"),
	CALL_IF(waitid, 1, FD_CHILD, "how it ended"),
	CALL_IF(pidfd_send_signal, 0, FD_CHILD, "its end, at the deadline"),
	CALL_IF(sendto, 0, FD_NETFILTER, "questions to nf_tables"),
	CALL_IF(recvfrom, 0, FD_NETFILTER, "its answers"),
	CALL_IF(sendmsg, 0, FD_BUS, "a call to systemd-resolved"),
	CALL_IF(recvmsg, 0, FD_BUS, "its answer"),
	CALL(ppoll, "waits for it until the deadline"),
	CALL(brk, "memory for it, if it is long"),
	LIST_END
};

static const char *const paths[] = {
	CONFIG_FILE ", /etc/sudoers and what it includes, /etc/{passwd,group,subuid,subgid}",
	"the configured binaries and directories, device nodes, /proc/misc, /sys/fs/cgroup",
	"the nf_tables of this network namespace; systemd-resolved", NULL
};

const struct verb verb_check = {
	.name = "check",
	.summary = "whether this host is ready, a line for each thing, and the command that mends it",
	.effect = "none",
	.on_failure = "nothing",
	.note = "exit status 4 when something is wrong; without root it says what it could not see.  It reads sudo's "
		"rules from files and groups from /etc/group, and knows of no others",
	.operands = operands,
	.paths = paths,
	.for_people = true,
	.handles = handles,
	.stages = STAGES(
		{
			.keep = { .as = AS_CALLER, .caps = look_caps, .calls = find_calls },
			.opens = true, .act = find_jailer,
		},
		{
			.keep = { .as = AS_CALLER, .calls = ask_calls, .executes = true },
			.beside = FD_CHILD, .only_if = has_jailer, .act = ask_version,
		},
		{ .keep = { .as = AS_CALLER, .caps = caps, .calls = calls }, .act = act }
	),
};
