/*
 * launch-firecracker: the jailer, and by it firecracker, on a prepared chroot; done when its API answers.
 *
 * Nine cages.  As the owner: the console's file.  As root: whatever can be refused; then, where it is not there yet,
 * the directory of all VMs' cgroups; then the VM's is made and the chroot taken over.  With what the jailer needs, and
 * under a deny-list: the process that becomes it, and then firecracker.  As nobody, beside that for as long as it
 * runs: what appends its console to the file.  As the owner again, who has no more right to the socket than that:
 * waiting, connecting.  With nothing but that connection: reading what answers.  The last one, whose cage closes
 * first, tells how it went, and ends what was started when it went wrong.
 */
#include "launch/launching.h"
#include "sys/api.h"
#include "sys/console.h"
#include "sys/hierarchy.h"
#include "sys/socket-file.h"
#include "verb.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum { LIMITS_MAX = 5, PATIENCE_MS = 10000 };

static struct {
	struct vm_id vm;
	struct path console;
	struct cgroup_limit limits[LIMITS_MAX];
} ask;

static struct many limits = { .size = sizeof(ask.limits[0]), .max = LIMITS_MAX };

static const struct operand operands[] = {
	{ .name = "VM_ID", .gate = &gate_vm_id, .into = &ask.vm },
	{ .name = "console=", .value = "PATH", .gate = &gate_state_file, .into = &ask.console,
	  .occurs = MAYBE },
	{ .name = "cgroup=", .value = "KEY:VALUE", .gate = &gate_cgroup_limit, .into = ask.limits,
	  .occurs = ANY_NUMBER, .many = &limits },
	LIST_END
};

static struct launched *launched;

/* ---- as the owner: where the guest's console goes ---- */

static bool
has_console(void)
{
	return ask.console.text[0] != '\0';
}

static enum code
open_console(const struct settings *settings)
{
	return ready_console(&ask.console, settings);
}

/* ---- as root: whatever can be refused ---- */

static bool
has_two_of_a_key(void)
{
	for (unsigned i = 0; i < limits.count; i++)
		for (unsigned j = 0; j < i; j++)
			if (strcmp(ask.limits[i].file, ask.limits[j].file) == 0)
				return true;
	return false;
}

static enum code
look(const struct settings *settings)
{
	enum code code;

	if (has_two_of_a_key())
		return refused(REASON_MALFORMED, "two values of cgroup= have one key");
	code = ready_binaries(launched, settings);
	if (code == CODE_DONE)
		code = ready_chroot(launched, &ask.vm, settings);
	return code == CODE_DONE ? ready_hierarchy(launched, &ask.vm, ask.limits, limits.count) : code;
}

/* ---- as root: the cgroups, and then the chroot ---- */

static bool
lacks_parent(void)
{
	return launched->has_hierarchy && !launched->has_parent;
}

static enum code
make_parent(const struct settings *settings)
{
	int rc = hierarchy_make_parent();

	(void)settings;
	return rc < 0 ? failed(rc, "cannot make the cgroup of all VMs") : CODE_DONE;
}

static enum code
take(const struct settings *settings)
{
	enum code code = CODE_DONE;
	int rc;

	(void)settings;
	if (launched->has_hierarchy && has_console())
		code = ready_console_cgroup();
	if (launched->has_hierarchy && code == CODE_DONE)
		code = ready_cgroup(launched, &ask.vm, ask.limits, limits.count);
	if (code != CODE_DONE)
		return code;
	rc = handover_take(&launched->prepared);
	return rc < 0 ? failed(rc, "cannot take the chroot over") : CODE_DONE;
}

/* ---- the process that becomes the jailer ---- */

static enum code
become_jailer(const struct settings *settings)
{
	return failed(launch_execute(&launched->launch, &ask.vm, settings, has_console(), launched->has_cgroup),
		      "cannot execute the jailer");
}

/* ---- as nobody, for as long as the VM runs ---- */

static enum code
drain_console(const struct settings *settings)
{
	int rc = console_drain();

	(void)settings;
	return rc < 0 ? failed(rc, "cannot begin to keep the console") : CODE_DONE;
}

/* ---- as the owner: until it answers ---- */

static enum code
wait_for_socket(const struct settings *settings)
{
	int rc = launch_connect(&launched->launch, waiting_clock() + PATIENCE_MS);

	(void)settings;
	return rc < 0 ? outcome_silent(rc) : CODE_DONE;
}

static enum code
talk(const struct settings *settings)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n";
	int status;

	(void)settings;
	api_begin();
	status = api_exchange(request);
	launched->answers = status == 200;
	return launched->answers ? CODE_DONE : outcome_silent(status < 0 ? status : -EPROTO);
}

/* ---- the end ---- */

static enum code
conclude(const struct settings *settings)
{
	if (launched->answers && outcome_let_owner_in(&ask.vm, has_console(), settings) == CODE_DONE)
		return outcome_tell(launched, &ask.vm, settings);
	return outcome_take_back(launched, &ask.vm);
}

/* ---- what it keeps ---- */

static int
share_memory(void)
{
	launched = mmap(NULL, sizeof(*launched), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return launched == MAP_FAILED ? -errno : 0;
}

static int
open_console_pipe(void)
{
	return has_console() ? console_open() : 0;
}

static const struct handle handles[] = {
	{ "a pipe for the console", open_console_pipe },
	{ "memory that the stages share", share_memory },
	{ "memory for the jailer's last words", launch_output_open },
	{ "an epoll descriptor", launch_events_open },
	{ "a unix socket", api_open },
	{ "a descriptor for the signals that end a wait", waiting_open },
	LIST_END
};

static const struct call console_calls[] = {
	CALL(openat, "/, where every path begins"),
	CALL(openat2, "the file, as the owner"),
	CALL(newfstatat, "what it is, and whose"),
	CALL_IF(dup3, 1, FD_CONSOLE, "keeps it for who appends to it"),
	LIST_END
};

static const struct call look_calls[] = {
	CALL(openat, "/, where every path begins"),
	CALL(openat2, "binaries, chroot and cgroup"),
	CALL(newfstatat, "whose they are"),
	CALL(fstatfs, "the chroot is a tmpfs; which hierarchy is cgroup v2"),
	CALL(read, "whether a process is in it, and which limits it can have"),
	CALL(dup3, "keeps the jailer and the sockets for the next stages"),
	LIST_END
};

static const struct cap parent_caps[] = {
	CAP(DAC_OVERRIDE, "the root of the cgroup hierarchy has mode 0555"),
	LIST_END
};

static const struct call parent_calls[] = {
	CALL(openat, "the cgroup hierarchy"),
	CALL(fstatfs, "which one is cgroup v2"),
	CALL(mkdirat, "a directory for the cgroups of all VMs"),
	LIST_END
};

static const struct cap take_caps[] = {
	CAP(CHOWN, "takes the chroot's top from the VM until the jailer gives it back, and notes whose it is"),
	LIST_END
};

static const struct call take_calls[] = {
	CALL(openat, "the cgroup hierarchy"),
	CALL(openat2, "what is in it"),
	CALL(fstatfs, "which one is cgroup v2"),
	CALL(mkdirat, "the VM's cgroup, and the consoles'"),
	CALL(unlinkat, "the VM's first, where a launch that was killed has left it"),
	CALL(write, "the VM's limits"),
	CALL(dup3, "keeps both for the next stages"),
	CALL(fchownat, "takes the chroot's top, and notes whose it is"),
	CALL_NR(fchmodat2, 452, "and marks its directory"),
	CALL(chmod, "the same before Linux 6.6, through /proc/self/fd"),
	LIST_END
};

static const struct cap jailer_caps[] = {
	CAP(CHOWN, "the jailer gives firecracker's copy, directories and nodes to the VM"),
	CAP(DAC_OVERRIDE, "it goes on in directories that it has given away"),
	CAP(MKNOD, "it makes /dev/kvm, /dev/net/tun and /dev/urandom"),
	CAP(SETGID, "it changes to the VM's gid"),
	CAP(SETUID, "and uid, which takes all of these"),
	CAP(SYS_ADMIN, "it makes a mount namespace and changes its root"),
	LIST_END
};

static const struct call jailer_calls[] = {
	CALL(io_uring_setup, "firecracker's asynchronous drives"),
	CALL(io_uring_enter, "the same"),
	CALL(io_uring_register, "the same"),
	LIST_END
};

static const struct call drain_calls[] = { CONSOLE_DRAIN_CALLS, LIST_END };
static const struct call waiting_calls[] = { LAUNCH_CONNECT_CALLS, LIST_END };
static const struct call talking_calls[] = { API_EXCHANGE_CALLS, LIST_END };

static const struct cap ending_caps[] = {
	CAP(KILL, "ends what it started, which has the VM's uid by then"),
	CAP(CHOWN, "the way to the socket directory becomes the owner's group's"),
	LIST_END
};

static const struct call ending_calls[] = {
	CALL_IF(pidfd_send_signal, 0, FD_CHILD, "to what this call started, and nothing else"),
	CALL_IF(pread64, 0, FD_OUTPUT, "the jailer's last words"),
	CALL(openat, "the cgroup hierarchy"),
	CALL(openat2, "the VM's cgroup"),
	CALL(fstatfs, "which hierarchy is cgroup v2"),
	CALL(unlinkat, "takes the VM's cgroup back"),
	CALL(newfstatat, "whose the VM's directory is"),
	CALL(fchownat, "lets the owner through to the sockets"),
	CALL_NR(fchmodat2, 452, "the same"),
	CALL(chmod, "the same before Linux 6.6, through /proc/self/fd"),
	LIST_END
};

static const char *const paths[] = {
	"the configured jailer and firecracker", "jail_dir/firecracker/VM_ID", "the VM's cgroup",
	"the console's file, as the owner", "/dev/null", NULL
};

const struct verb verb_launch_firecracker = {
	.name = "launch-firecracker",
	.summary = "starts the VM of a prepared chroot by the jailer, and waits until its API answers",
	.effect = "a firecracker in the cgroup banger/VM_ID, in a session of its own, which outlives whoever called",
	.on_failure = "the chroot is there but used up: cleanup-jailer-chroot and prepare-jailer-chroot make a new one; the "
		"cgroups that all VMs share stay, with their controllers",
	.note = "resource limits: no core dump, 2048 descriptors, 8 MiB of stack and of locked memory, 4096 pending signals, "
		"and no others.  cgroup= takes each KEY once, and one word: for cpu.max the quota, in microseconds of each "
		"100 ms.  The file of console= must be there; a process beside the VM appends to it until it has 16 MiB, and "
		"drops what comes while it has.  In socket_dir neither owner nor VM can remove what the other made; a socket "
		"that the VM is to connect to, such as vsock's _PORT sockets, needs mode 0666.  Drives, network and vCPUs "
		"have limits that are set over firecracker's API",
	.sudo_wider = "two cgroup= of one key",
	.operands = operands,
	.paths = paths,
	.lock = LOCK_VM,
	.lock_vm = &ask.vm,
	.handles = handles,
	.stages = STAGES(
		{ .keep = { .as = AS_OWNER, .calls = console_calls }, .opens = true,
		  .only_if = has_console, .act = open_console },
		{ .keep = { .as = AS_ROOT, .why_root = "jail and cgroup are root's; CAP_DAC_READ_SEARCH would open far more",
			    .calls = look_calls }, .opens = true, .act = look },
		{ .keep = { .as = AS_ROOT, .why_root = "the cgroup hierarchy is root's", .caps = parent_caps,
			    .calls = parent_calls },
		  .touches = true, .only_if = lacks_parent, .act = make_parent },
		{ .keep = { .as = AS_ROOT, .why_root = "jail and cgroup are root's; CAP_DAC_OVERRIDE would open "
			    "far more", .caps = take_caps, .calls = take_calls },
		  .opens = true, .touches = true, .act = take },
		{ .keep = { .as = AS_ROOT, .why_root = "the jailer is made for root", .caps = jailer_caps,
			    .calls = jailer_calls, .executes = true },
		  .touches = true, .beside = FD_CHILD, .act = become_jailer },
		{ .keep = { .as = AS_NOBODY, .calls = drain_calls }, .beside = FD_CONSOLE_CHILD,
		  .only_if = has_console, .act = drain_console },
		{ .keep = { .as = AS_OWNER, .calls = waiting_calls }, .opens = true,
		  .act = wait_for_socket },
		{ .keep = { .as = AS_NOBODY, .calls = talking_calls }, .act = talk },
		{ .keep = { .as = AS_ROOT, .why_root = "the cgroup is root's", .caps = ending_caps,
			    .calls = ending_calls }, .at_any_rate = true, .act = conclude }
	),
};
