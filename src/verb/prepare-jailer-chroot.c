/*
 * prepare-jailer-chroot: everything that the jailer and firecracker need, in a chroot that the jailer
 * takes over.
 *
 * Lasting effect: one directory below jail_dir/firecracker, with two tmpfs mounts and the VM's files
 * mounted into them; and, from the first VM on, jail_dir mounted on itself (jail.h).  No inode of the host gets
 * another owner, mode or link.  What a kill leaves is closed to everybody but root, and cleanup-jailer-chroot
 * removes it.
 */
#include "sys/binary.h"
#include "sys/cgroup.h"
#include "sys/chroot.h"
#include "sys/dm.h"
#include "sys/guest-files.h"
#include "sys/idmap.h"
#include "sys/jail.h"
#include "sys/libraries.h"
#include "verb.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Beside the jailer's copy of firecracker: nodes, the pid file, directories. */
enum { SPARE_BYTES = 8 << 20 };

static struct {
	struct vm_id vm;
	struct guest_files files;
	struct gated_id uid, gid;
	bool vsock;
} ask;

static struct many writable = { .size = sizeof(struct drive), .max = DRIVES_MAX };
static struct many read_only = { .size = sizeof(struct drive), .max = DRIVES_MAX };

static const struct operand operands[] = {
	{ .name = "VM_ID", .gate = &gate_vm_id, .into = &ask.vm },
	{ .name = "KERNEL", .gate = &gate_state_file, .into = &ask.files.kernel },
	{ .name = "uid=", .value = "N", .gate = &gate_vm_uid, .into = &ask.uid, .occurs = MAYBE },
	{ .name = "gid=", .value = "N", .gate = &gate_vm_gid, .into = &ask.gid, .occurs = MAYBE },
	{ .name = "initrd=", .value = "PATH", .gate = &gate_state_file, .into = &ask.files.initrd,
	  .occurs = MAYBE },
	{ .name = "drive=", .value = "NAME:PATH", .gate = &gate_drive, .into = ask.files.writable.each,
	  .occurs = ANY_NUMBER, .many = &writable },
	{ .name = "drive-ro=", .value = "NAME:PATH", .gate = &gate_drive, .into = ask.files.read_only.each,
	  .occurs = ANY_NUMBER, .many = &read_only },
	{ .name = "vsock=", .value = "yes", .gate = &gate_yes, .into = &ask.vsock, .occurs = MAYBE },
	{ .name = "scratch=", .value = "yes", .gate = &gate_yes, .into = &ask.files.scratch, .occurs = MAYBE },
	LIST_END
};

/* What of that are files; for every stage and handle the same. */
static const struct guest_files *
files(void)
{
	ask.files.writable.count = writable.count;
	ask.files.read_only.count = read_only.count;
	return &ask.files;
}

/* ---- the first stage, as the owner: what it may open, it may give to its VM ---- */

static enum code
open_files(const struct settings *settings)
{
	const char *which, *why;
	int rc = guest_files_open(files(), &ask.vm, settings, &which, &why);

	if (rc < 0 && why)
		return refused(guest_files_reason(rc), "%s %s", which, why);
	return rc < 0 ? failed(rc, "cannot open %s", which) : CODE_DONE;
}

/* ---- the second, as root: puts the chroot together ---- */

static enum code
tell_fault(int rc, const struct jail_fault *fault)
{
	if (rc == -EPERM || rc == -ELOOP)
		return refused(REASON_HOST, "%.*s must be %s", (int)fault->length, fault->path,
			       fault->wanted);
	if (rc == -ENOENT)
		return refused(REASON_HOST, "%s must be there: install -d -m 0711 -o root -g root %s",
			       fault->path, fault->path);
	return failed(rc, rc == -ETIMEDOUT ? "another VM is being prepared for too long" :
		      "cannot open the jail's directory");
}

static enum code
look_at_firecracker(const struct settings *settings, struct binary_content *content)
{
	struct binary_found found;
	char text[MESSAGE_BYTES / 2];
	int rc = binary_look(BINARY_FIRECRACKER, settings, &found, content);

	if (rc == -ENOEXEC)
		return refused(REASON_CONFIG, "%s is no program of this machine", found.path);
	if (rc < 0 && !binary_has_fault(rc))
		return failed(rc, "cannot read %s", found.path);
	if (rc < 0) {
		binary_remedy(rc, &found, text, sizeof(text));
		return refused(REASON_CONFIG, "%s", text);
	}
	return CODE_DONE;
}

static enum code
is_free(int jail, const struct settings *settings, const struct vm_side *vm)
{
	bool own_uid = settings->vm_uid.first != settings->vm_uid.last;
	bool own_gid = settings->vm_gid.first != settings->vm_gid.last;
	int taken, is_there = chroot_is_there(jail, &ask.vm), runs = cgroup_is_running(&ask.vm);

	if (runs < 0)
		return failed(runs, "cannot look into the VM's cgroup");
	if (runs)
		return refused(REASON_IN_USE, "a process of that VM still runs; kill-process ends it");
	if (is_there < 0)
		return failed(is_there, "cannot look for a chroot of that VM");
	if (is_there)
		return refused(REASON_EXISTS, "that VM has a chroot, or what is left of one; cleanup-jailer-chroot "
			       "removes it");
	/* In a range each VM has ids of its own. */
	taken = own_uid || own_gid ? jail_has_ids(jail, own_uid ? vm->uid : 0, own_gid ? vm->gid : 0) : 0;
	if (taken < 0)
		return failed(taken, "cannot look at the other VMs");
	return taken ? refused(REASON_EXISTS, "a prepared VM has the uid or gid that this one would have; give others with "
			       "uid= and gid=") : CODE_DONE;
}

/* The VM's side of it; what of the host's it is to have is looked at. */
static enum code
look_at_host(const struct settings *settings, struct vm_side *vm)
{
	const struct account *owner = &settings->owner;
	dev_t vsock;
	int rc = ask.vsock ? chroot_find_vsock(&vsock) : 0;

	if (rc == -ENOENT || rc == -ENXIO)
		return refused(REASON_ABSENT, "/dev/vhost-vsock is not there: modprobe vhost_vsock");
	if (rc < 0)
		return failed(rc, "cannot look at /dev/vhost-vsock");
	/* Where the VM has ids of its own, the owner's files are mapped to them; no inode changes. */
	if (vm->uid != owner->uid || vm->gid != owner->gid) {
		vm->userns = idmap_open(owner->uid, vm->uid, owner->gid, vm->gid);
		if (vm->userns < 0)
			return failed(vm->userns, "cannot map the owner's ids to the VM's");
	}
	rc = guest_files_check(files(), vm);
	if (rc == -EINVAL)
		return refused(REASON_HOST, "the file system below state_dir cannot map ids; use ext4, xfs, btrfs, "
			       "or from Linux 6.3 on tmpfs, or let vm_uid be the owner's");
	if (rc == -ENXIO)
		return refused(REASON_FOREIGN, "a drive's device is not there, or not one of ours");
	return rc < 0 ? failed(rc, "cannot look at the VM's files") : CODE_DONE;
}

static enum code
fill(const struct chroot *chroot, const struct settings *settings, const struct vm_side *vm, bool wants_loader)
{
	const char *what = "put a file into the chroot";
	int rc = guest_files_add(files(), chroot, vm);

	if (rc == 0 && wants_loader) {
		what = "mount the libraries into the chroot";
		rc = libraries_add(chroot);
	}
	if (rc == 0 && ask.vsock) {
		what = "make the node of vhost-vsock";
		rc = chroot_add_vsock(chroot, vm->uid, vm->gid);
	}
	if (rc == 0) {
		what = "hand the chroot over";
		rc = chroot_add_sockets(chroot, settings->owner.gid);
	}
	if (rc == 0)
		rc = chroot_hand_over(chroot, vm->uid, vm->gid);
	return rc < 0 ? failed(rc, "cannot %s", what) : CODE_DONE;
}

static void
tell(const struct settings *settings, const struct vm_side *vm)
{
	char root[PATH_MAX + 64];

	snprintf(root, sizeof(root), "%s/firecracker/%s/root", settings->jail_dir.text, ask.vm.text);
	json_open(NULL, '{');
	json_text("root", root);
	json_number("uid", vm->uid);
	json_number("gid", vm->gid);
	json_close('}');
	print("\n");
}

static enum code
act(const struct settings *settings)
{
	struct vm_side vm = {
		.uid = ask.uid.given ? ask.uid.id : settings->vm_uid.first,
		.gid = ask.gid.given ? ask.gid.id : settings->vm_gid.first,
		.userns = -1,
	};
	struct binary_content firecracker = { 0 };
	struct jail_fault fault = { 0 };
	struct chroot chroot;
	int rc, jail = jail_open_in_turn(settings, &fault);
	enum code code;

	if (jail < 0)
		return tell_fault(jail, &fault);
	code = is_free(jail, settings, &vm);
	if (code == CODE_DONE)
		code = look_at_firecracker(settings, &firecracker);
	if (code == CODE_DONE)
		code = look_at_host(settings, &vm);
	close(jail);
	if (code != CODE_DONE)
		return code;

	/* From here on something is touched. */
	jail = jail_bind(settings, &fault);
	if (jail < 0)
		return tell_fault(jail, &fault);
	rc = chroot_begin(jail, &ask.vm, firecracker.bytes + SPARE_BYTES, &chroot);
	if (rc < 0)
		return failed(rc, "cannot begin the chroot");
	code = fill(&chroot, settings, &vm, firecracker.wants_loader);
	if (code != CODE_DONE)
		chroot_undo(&chroot);
	jail_end_turn();
	if (code == CODE_DONE)
		tell(settings, &vm);
	return code;
}

/* ---- what it keeps ---- */

static int
open_mapper(void)
{
	return guest_files_have_device(files()) ? dm_control_open() : 0;
}

static const struct handle handles[] = {
	{ "/dev/mapper/control, where drives are device-mapper's", open_mapper },
	LIST_END
};

static const struct call calls_as_owner[] = { GUEST_FILES_OPEN_CALLS, LIST_END };

static const struct cap caps[] = {
	CAP(SYS_ADMIN, "the mounts"),
	CAP(CHOWN, "gives the chroot and its nodes to the VM, the sockets' directory to the owner's group"),
	CAP(MKNOD, "the node of a drive or of vhost-vsock"),
	CAP(SETUID, "maps the owner's uid to the VM's, in a range of them"),
	CAP(SETGID, "and the gid"),
	LIST_END
};

static const struct call calls[] = {
	CALL(openat, "/, where every path begins; placeholders of mounts; /proc/self/fd"),
	CALL(openat2, "each directory on the way"),
	CALL(newfstatat, "whose they are"),
	JAIL_OPEN_TMPFS_CALLS,
	CALL(statx, "whether jail_dir is a mount"),
	CALL(flock, "one at a time binds it"),
	CALL(getdents64, "the other VMs' directories, in a range of uids"),
	CALL(read, "whether the VM's cgroup is in use"),
	CALL(fstatfs, "which hierarchy is cgroup v2"),
	CALL(pread64, "whether firecracker wants a loader"),
	CALL(readlink, "the links to the host's libraries"),
	CALL(fsopen, "the two tmpfs mounts"),
	CALL(fsconfig, "their source and limits"),
	CALL(fsmount, "detached"),
	CALL(open_tree, "each file that was opened, as a mount"),
	CALL(mount_setattr, "all its attributes at once"),
	CALL(move_mount, "into its place"),
	CALL(mkdirat, "directories"),
	CALL(mknodat, "device nodes"),
	CALL(symlinkat, "the links to the libraries"),
	CALL(fchownat, "the VM's own"),
	CALL_NR(fchmodat2, 452, "modes"),
	CALL(fchmodat, "modes of directories of ours"),
	CALL(chmod, "modes before Linux 6.6, through /proc/self/fd"),
	CALL(umount2, "takes back what was made"),
	CALL(fchdir, "where it was made"),
	CALL(unlinkat, "and its directories"),
	CALL_IF(ioctl, 1, DM_DEV_STATUS, "the number of a drive's device"),
	CALL(pipe2, "word from the child below"),
	CALL(write, "the map of ids"),
	IDMAP_CALLS,
	LIST_END
};

static const char *const paths[] = {
	"the operands, as the owner", "jail_dir/firecracker/VM_ID", "the configured firecracker",
	"/usr/lib, /usr/lib64, /lib, /lib64, where it is dynamically linked", "/dev/vhost-vsock",
	"the VM's cgroup", NULL
};

const struct verb verb_prepare_jailer_chroot = {
	.name = "prepare-jailer-chroot",
	.summary = "a chroot for the jailer, with kernel, initrd and drives; closed to all until the VM runs",
	.effect = "a directory below jail_dir/firecracker with mounts of ours; files keep owner, mode and links",
	.on_failure = "nothing, but that jail_dir may be mounted on itself, as it is from the first VM on; after a kill, also a "
		"directory closed to all, which cleanup-jailer-chroot removes",
	.note = "firecracker speaks vsock over a unix socket and never opens /dev/vhost-vsock: vsock=yes is for others; "
		"scratch=yes mounts state_dir/VM_ID, a directory of the owner's",
	.operands = operands,
	.paths = paths,
	.lock = LOCK_VM,
	.lock_vm = &ask.vm,
	.handles = handles,
	.stages = STAGES(
		{ .keep = { .as = AS_OWNER, .calls = calls_as_owner }, .opens = true,
		  .act = open_files },
		{ .keep = { .as = AS_ROOT, .why_root = "the directories are root's; CAP_DAC_OVERRIDE would open "
			    "far more", .caps = caps, .calls = calls }, .act = act }
	),
};
