/*
 * process.c: the gates of processes, signals, waits and sockets.
 */
#include "gate/gate.h"

#include <signal.h>
#include <string.h>

enum { PID_LOWEST = 2, PID_HIGHEST = 4194304 /* PID_MAX_LIMIT */, WAIT_MAX_MS = 60000 };

static enum reason
fit_pid(const char *text, const struct settings *settings, void *into)
{
	uint64_t number;

	(void)settings;
	if (!gate_number(text, PID_LOWEST, PID_HIGHEST, &number))
		return REASON_MALFORMED;
	*(pid_t *)into = (pid_t)number;
	return REASON_NONE;
}

const struct gate gate_pid = {
	.shape = "([2-9]|[1-9][0-9]{1,6})",
	.want = "a plain decimal number from 2 to 4194304",
	.sudo_wider = "numbers from 4194305 to 9999999",
	.longest = 7,
	.fit = fit_pid,
};

static const struct {
	const char *name;
	int nr;
} signals[] = {
	{ "TERM", SIGTERM }, { "KILL", SIGKILL }, { "INT", SIGINT }, { "HUP", SIGHUP },
	{ "QUIT", SIGQUIT }, { "CONT", SIGCONT }, { "STOP", SIGSTOP },
};

static enum reason
fit_signal(const char *text, const struct settings *settings, void *into)
{
	(void)settings;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (strcmp(text, signals[i].name) != 0)
			continue;
		*(int *)into = signals[i].nr;
		return REASON_NONE;
	}
	return REASON_MALFORMED;
}

const struct gate gate_signal = {
	.shape = "(TERM|KILL|INT|HUP|QUIT|CONT|STOP)",
	.want = "TERM, KILL, INT, HUP, QUIT, CONT or STOP",
	.fit = fit_signal,
};

static enum reason
fit_timeout(const char *text, const struct settings *settings, void *into)
{
	uint64_t number;

	(void)settings;
	if (!gate_number(text, 0, WAIT_MAX_MS, &number))
		return REASON_MALFORMED;
	*(struct timeout *)into = (struct timeout){ .ms = (int)number, .given = true };
	return REASON_NONE;
}

const struct gate gate_timeout = {
	.shape = "(0|[1-9][0-9]{0,4})",
	.want = "milliseconds in plain decimal, 60000 at most",
	.sudo_wider = "numbers from 60001 to 99999",
	.longest = 5,
	.fit = fit_timeout,
};

/* Where the directories of VMs lie, named after the binary by the jailer. */
#define JAILS "<jail_dir>/firecracker/"
#define IN_RUNTIME_DIR "<runtime_dir>(/" GATE_SEGMENT ")+"
#define IN_JAIL JAILS "[a-z0-9][a-z0-9-]*/(root|" SOCKET_DIR_INSIDE ")(/" GATE_SEGMENT ")+"
#define SOCKET_WANT \
	"a canonical path below <runtime_dir>, or below root or " SOCKET_DIR_INSIDE " of a VM in " \
	JAILS ", 107 bytes at most"

static enum reason
fit_socket(const char *text, const struct settings *settings, void *into)
{
	static const char below[] = "/firecracker/";
	size_t jail = strlen(settings->jail_dir.text);
	struct socket_path socket = { .text = "" };
	const char *vm = text + jail + strlen(below);
	size_t length;

	if (strncmp(text, settings->jail_dir.text, jail) == 0 &&
	    strncmp(text + jail, below, strlen(below)) == 0) {
		length = strcspn(vm, "/");
		if (length > VM_ID_MAX)
			return REASON_MALFORMED;
		memcpy(socket.vm.text, vm, length);
	}
	memcpy(socket.text, text, strlen(text));
	*(struct socket_path *)into = socket;
	return REASON_NONE;
}

const struct gate gate_socket = {
	.shape = "(" IN_RUNTIME_DIR "|" IN_JAIL ")",
	.want = SOCKET_WANT,
	.sudo_wider = "paths longer than 107 bytes; VM ids longer than 32",
	.longest = SOCKET_PATH_MAX,
	.fit = fit_socket,
};

#define VM_KEY "vm="

static enum reason
fit_listener(const char *text, const struct settings *settings, void *into)
{
	struct listener listener = { .is_vm = strncmp(text, VM_KEY, strlen(VM_KEY)) == 0 };
	enum reason reason = listener.is_vm ?
			     gate_vm_id.fit(text + strlen(VM_KEY), settings, &listener.vm) :
			     fit_socket(text, settings, &listener.socket);

	if (reason == REASON_NONE)
		*(struct listener *)into = listener;
	return reason;
}

const struct gate gate_listener = {
	.shape = "(" VM_KEY "[a-z0-9][a-z0-9-]*|" IN_RUNTIME_DIR "|" IN_JAIL ")",
	.want = SOCKET_WANT "; or " VM_KEY " and a VM's id",
	.sudo_wider = "paths longer than 107 bytes; VM ids longer than 32",
	.longest = SOCKET_PATH_MAX,
	.fit = fit_listener,
};

static enum reason
fit_binary(const char *text, const struct settings *settings, void *into)
{
	(void)settings;
	*(enum binary *)into = strcmp(text, "jailer") == 0 ? BINARY_JAILER : BINARY_FIRECRACKER;
	return REASON_NONE;
}

const struct gate gate_binary = {
	.shape = "(firecracker|jailer)",
	.want = "firecracker or jailer",
	.fit = fit_binary,
};

#define CGROUP_BYTES "(memory\\.max|memory\\.high):(max|[0-9]{1,15}[KMG]?)"
#define CGROUP_CPU "cpu\\.max:(max|[1-9][0-9]{3,11})|cpu\\.weight:([1-9][0-9]{0,3}|10000)"
/* One process more than there can be numbers is too many for pids.max (PIDS_MAX). */
enum { CGROUP_PIDS_MAX = 4194304 };

static enum reason
fit_cgroup_limit(const char *text, const struct settings *settings, void *into)
{
	struct cgroup_limit limit = { .file = "" };
	size_t length = strcspn(text, ":");
	uint64_t number;

	(void)settings;
	if (length >= sizeof(limit.file))
		return REASON_MALFORMED;
	memcpy(limit.file, text, length);
	if (gate_copy(text + length + 1, limit.value, sizeof(limit.value)) != REASON_NONE)
		return REASON_MALFORMED;
	if (strcmp(limit.file, "pids.max") == 0 && strcmp(limit.value, "max") != 0 &&
	    !gate_number(limit.value, 1, CGROUP_PIDS_MAX, &number))
		return REASON_MALFORMED;
	*(struct cgroup_limit *)into = limit;
	return REASON_NONE;
}

const struct gate gate_cgroup_limit = {
	.shape = "(" CGROUP_BYTES "|" CGROUP_CPU "|pids\\.max:(max|[1-9][0-9]{0,6}))",
	.want = "memory.max, memory.high, cpu.max, cpu.weight or pids.max, a colon, and one word that the "
		"kernel takes there, like memory.max:512M",
	.sudo_wider = "more than 4194304 for pids.max",
	.longest = 32,
	.fit = fit_cgroup_limit,
};

bool
gate_vm_side(uid_t uid, const struct settings *settings)
{
	return uid == 0 || (settings->owner.uid != 0 && uid == settings->owner.uid) ||
	       (uid >= settings->vm_uid.first && uid <= settings->vm_uid.last);
}
