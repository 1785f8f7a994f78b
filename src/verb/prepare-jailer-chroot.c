/*
 * prepare-jailer-chroot: everything that the jailer and firecracker need, in a chroot that the jailer
 * takes over.
 *
 * Lasting effect: one directory below jail_dir/firecracker, with two tmpfs mounts and the VM's files
 * mounted into them.  No inode of the host gets another owner, mode or link.  What a kill leaves is
 * closed to everybody but root, and cleanup-jailer-chroot removes it.
 */
#include "sys/binary.h"
#include "sys/cgroup.h"
#include "sys/chroot.h"
#include "sys/dm.h"
#include "sys/idmap.h"
#include "sys/jail.h"
#include "sys/libraries.h"
#include "sys/mounts.h"
#include "sys/tree.h"
#include "sys/trusted.h"
#include "verb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	DRIVES_MAX = 16,
	/* The files, in the order of their descriptors from FD_FILES on. */
	FILE_KERNEL = 0, FILE_INITRD = 1, FILE_SCRATCH = 2, FILE_DRIVES = 3,
	FILES_MAX = FILE_DRIVES + 2 * DRIVES_MAX,
	/* Beside the jailer's copy of firecracker: nodes, the pid file, directories. */
	SPARE_BYTES = 8 << 20,
};

static struct {
	struct vm_id vm;
	struct path kernel, initrd;
	struct gated_id uid, gid;
	struct drive drives[DRIVES_MAX], read_only[DRIVES_MAX];
	bool vsock, scratch;
} ask;

static struct many drives = { .size = sizeof(ask.drives[0]), .max = DRIVES_MAX };
static struct many read_only = { .size = sizeof(ask.read_only[0]), .max = DRIVES_MAX };

static const struct operand operands[] = {
	{ .name = "VM_ID", .gate = &gate_vm_id, .into = &ask.vm },
	{ .name = "KERNEL", .gate = &gate_state_file, .into = &ask.kernel },
	{ .name = "uid=", .value = "N", .gate = &gate_vm_uid, .into = &ask.uid, .occurs = MAYBE },
	{ .name = "gid=", .value = "N", .gate = &gate_vm_gid, .into = &ask.gid, .occurs = MAYBE },
	{ .name = "initrd=", .value = "PATH", .gate = &gate_state_file, .into = &ask.initrd,
	  .occurs = MAYBE },
	{ .name = "drive=", .value = "NAME:PATH", .gate = &gate_drive, .into = ask.drives,
	  .occurs = ANY_NUMBER, .many = &drives },
	{ .name = "drive-ro=", .value = "NAME:PATH", .gate = &gate_drive, .into = ask.read_only,
	  .occurs = ANY_NUMBER, .many = &read_only },
	{ .name = "vsock=", .value = "yes", .gate = &gate_yes, .into = &ask.vsock, .occurs = MAYBE },
	{ .name = "scratch=", .value = "yes", .gate = &gate_yes, .into = &ask.scratch, .occurs = MAYBE },
	LIST_END
};

/* ---- the first stage, as the owner: what it may open, it may give to its VM ---- */

static bool
has_two_of_a_name(void)
{
	const struct drive *all[2 * DRIVES_MAX];
	unsigned count = 0;

	for (unsigned i = 0; i < drives.count; i++)
		all[count++] = &ask.drives[i];
	for (unsigned i = 0; i < read_only.count; i++)
		all[count++] = &ask.read_only[i];
	for (unsigned i = 0; i < count; i++)
		for (unsigned j = 0; j < i; j++)
			if (strcmp(all[i]->name, all[j]->name) == 0)
				return true;
	return false;
}

/* Opens one file as FD_FILES + index.  A writable one must be the owner's alone, with no other name. */
static enum code
open_file(const struct settings *settings, const struct path *path, const char *what, unsigned index,
	  bool writable)
{
	struct stat status;
	bool wants_directory = index == FILE_SCRATCH;
	int fd = tree_open(settings, path, wants_directory ? O_PATH | O_DIRECTORY :
			   writable ? O_RDWR : O_RDONLY, &status);

	if (fd == -EAGAIN)
		return refused(REASON_IN_USE, "%s is leased by somebody", what);
	if (fd == -EPERM)
		return refused(REASON_HOST, "%s and all above it must be root's and writable by nobody else",
			       settings->state_dir.text);
	if (fd < 0)
		return refused(REASON_ABSENT, "%s is not there, not the owner's to open, or lies behind a "
			       "symlink or a mount", what);
	if (!(wants_directory ? S_ISDIR(status.st_mode) : S_ISREG(status.st_mode)))
		return refused(REASON_FOREIGN, "%s must be a %s", what,
			       wants_directory ? "directory" : "regular file");
	if ((writable || wants_directory) && (status.st_uid != settings->owner.uid ||
					      (!wants_directory && status.st_nlink != 1)))
		return refused(REASON_FOREIGN, "%s must be the owner's, with no other hard link", what);
	if (fd != FD_FILES + (int)index) {
		if (dup3(fd, FD_FILES + (int)index, O_CLOEXEC) < 0)
			return failed(-errno, "cannot keep %s open", what);
		close(fd);
	}
	return CODE_DONE;
}

static enum code
open_drives(const struct settings *settings, const struct drive *each, unsigned count, unsigned first,
	    bool writable)
{
	enum code code = CODE_DONE;

	for (unsigned i = 0; i < count && code == CODE_DONE; i++)
		if (!each[i].image.is_device)
			code = open_file(settings, &each[i].image.file, "a drive's file", first + i,
					 writable);
	return code;
}

static enum code
open_files(const struct settings *settings)
{
	struct path scratch = { 0 };
	enum code code;

	if (has_two_of_a_name())
		return refused(REASON_MALFORMED, "two drives have one name");
	code = open_file(settings, &ask.kernel, "KERNEL", FILE_KERNEL, false);
	if (code == CODE_DONE && ask.initrd.text[0])
		code = open_file(settings, &ask.initrd, "the initrd", FILE_INITRD, false);
	if (code == CODE_DONE && ask.scratch) {
		stpcpy(stpcpy(stpcpy(scratch.text, settings->state_dir.text), "/"), ask.vm.text);
		code = open_file(settings, &scratch, "the VM's directory below state_dir", FILE_SCRATCH,
				 true);
	}
	if (code == CODE_DONE)
		code = open_drives(settings, ask.drives, drives.count, FILE_DRIVES, true);
	if (code == CODE_DONE)
		code = open_drives(settings, ask.read_only, read_only.count, FILE_DRIVES + DRIVES_MAX,
				   false);
	return code;
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
	if (rc < 0) {
		binary_remedy(rc, &found, text, sizeof(text));
		return refused(REASON_CONFIG, "%s", text);
	}
	return CODE_DONE;
}

struct vm_side { uid_t uid; gid_t gid; int userns; };

/* A block node with the number that the kernel gives for a mapping of ours, never a path's.  A read-only one
 * is root's, so that the VM cannot give itself the right to write. */
static int
add_device(const struct chroot *chroot, const struct drive *drive, const struct vm_side *vm, bool writable)
{
	struct dm dm;
	int rc = dm_find(&drive->image.device, &dm);

	if (rc == 0 && !dm_is_ours(&dm, &drive->image.device))
		rc = -ENXIO;
	if (rc < 0)
		return rc;
	return chroot_add_node(chroot, drive->name, S_IFBLK | (writable ? 0600 : 0440), dm.device,
			       writable ? vm->uid : 0, vm->gid);
}

static int
add_drives(const struct chroot *chroot, const struct drive *each, unsigned count, unsigned first,
	   uint64_t attributes, const struct vm_side *vm)
{
	int rc = 0;

	for (unsigned i = 0; i < count && rc == 0; i++)
		rc = each[i].image.is_device ? add_device(chroot, &each[i], vm, !(attributes & MOUNT_ATTR_RDONLY)) :
		     chroot_add_mount(chroot, each[i].name, FD_FILES + (int)(first + i), attributes,
				      vm->userns, false);
	return rc;
}

static int
add_files(const struct chroot *chroot, const struct vm_side *vm)
{
	int rc = chroot_add_mount(chroot, "vmlinux", FD_FILES + FILE_KERNEL, MOUNT_ATTR_RDONLY, vm->userns,
				  false);

	if (rc == 0 && ask.initrd.text[0])
		rc = chroot_add_mount(chroot, "initrd", FD_FILES + FILE_INITRD, MOUNT_ATTR_RDONLY, vm->userns,
				      false);
	if (rc == 0 && ask.scratch)
		rc = chroot_add_mount(chroot, "scratch", FD_FILES + FILE_SCRATCH, MOUNT_ATTR_NOEXEC,
				      vm->userns, true);
	if (rc == 0)
		rc = add_drives(chroot, ask.drives, drives.count, FILE_DRIVES, MOUNT_ATTR_NOEXEC, vm);
	if (rc == 0)
		rc = add_drives(chroot, ask.read_only, read_only.count, FILE_DRIVES + DRIVES_MAX,
				MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC, vm);
	return rc;
}

static enum code
fill(const struct chroot *chroot, const struct settings *settings, uid_t uid, gid_t gid, bool wants_loader)
{
	const struct account *owner = &settings->owner;
	struct vm_side vm = { .uid = uid, .gid = gid, .userns = -1 };
	int rc = 0;

	/* Where the VM has ids of its own, the owner's files are mapped to them; no inode changes. */
	if (uid != owner->uid || gid != owner->gid) {
		vm.userns = idmap_open(owner->uid, uid, owner->gid, gid);
		if (vm.userns < 0)
			return failed(vm.userns, "cannot map the owner's ids to the VM's");
	}
	rc = add_files(chroot, &vm);
	if (vm.userns >= 0)
		close(vm.userns);
	if (rc == -EINVAL && vm.userns >= 0)
		return refused(REASON_HOST, "the file system below state_dir cannot map ids; use ext4, xfs, btrfs "
			       "or tmpfs, or let vm_uid be the owner's");
	if (rc == -ENXIO)
		return refused(REASON_FOREIGN, "a drive's device is not there, or not one of ours");
	if (rc < 0)
		return failed(rc, "cannot put a file into the chroot");
	if (wants_loader) {
		rc = libraries_add(chroot);
		if (rc < 0)
			return failed(rc, "cannot mount the libraries into the chroot");
	}
	if (ask.vsock) {
		rc = chroot_add_vsock(chroot, uid, gid);
		if (rc == -ENOENT || rc == -ENXIO)
			return refused(REASON_ABSENT, "/dev/vhost-vsock is not there: modprobe vhost_vsock");
		if (rc < 0)
			return failed(rc, "cannot make the node of vhost-vsock");
	}
	rc = chroot_add_sockets(chroot, owner->gid);
	if (rc == 0)
		rc = chroot_hand_over(chroot, uid, gid);
	return rc < 0 ? failed(rc, "cannot hand the chroot over") : CODE_DONE;
}

static enum code
is_free(int jail, const struct settings *settings, uid_t uid, gid_t gid)
{
	bool own_uid = settings->vm_uid.first != settings->vm_uid.last;
	bool own_gid = settings->vm_gid.first != settings->vm_gid.last;
	int cgroup = cgroup_open(&ask.vm), populated, taken;

	populated = cgroup < 0 ? 0 : cgroup_populated(cgroup);
	if (cgroup >= 0)
		close(cgroup);
	if (populated != 0)
		return refused(REASON_IN_USE, "a process of that VM still runs; kill-process ends it");
	/* In a range each VM has ids of its own. */
	taken = own_uid || own_gid ? jail_has_ids(jail, own_uid ? uid : 0, own_gid ? gid : 0) : 0;
	if (taken < 0)
		return failed(taken, "cannot look at the other VMs");
	return taken ? refused(REASON_EXISTS, "a prepared VM has uid %u or gid %u; give others with uid= and gid=",
			       uid, gid) : CODE_DONE;
}

static void
tell(const struct settings *settings, uid_t uid, gid_t gid)
{
	char root[PATH_MAX + 64];

	snprintf(root, sizeof(root), "%s/firecracker/%s/root", settings->jail_dir.text, ask.vm.text);
	json_open(NULL, '{');
	json_text("root", root);
	json_number("uid", uid);
	json_number("gid", gid);
	json_close('}');
	print("\n");
}

static enum code
act(const struct settings *settings)
{
	uid_t uid = ask.uid.given ? ask.uid.id : settings->vm_uid.first;
	gid_t gid = ask.gid.given ? ask.gid.id : settings->vm_gid.first;
	struct jail_fault fault = { 0 };
	struct chroot chroot;
	struct binary_content firecracker = { 0 };
	int rc, jail = jail_open(settings, true, &fault);
	enum code code;

	if (jail < 0)
		return tell_fault(jail, &fault);
	code = is_free(jail, settings, uid, gid);
	if (code == CODE_DONE)
		code = look_at_firecracker(settings, &firecracker);
	if (code != CODE_DONE)
		return code;
	rc = chroot_begin(jail, &ask.vm, firecracker.bytes + SPARE_BYTES, &chroot);
	if (rc == -EEXIST)
		return refused(REASON_EXISTS, "that VM has a chroot, or what is left of one; "
			       "cleanup-jailer-chroot removes it");
	if (rc < 0)
		return failed(rc, "cannot begin the chroot");
	code = fill(&chroot, settings, uid, gid, firecracker.wants_loader);
	if (code != CODE_DONE)
		chroot_undo(&chroot);
	jail_end_turn();
	if (code == CODE_DONE)
		tell(settings, uid, gid);
	return code;
}

/* ---- what it keeps ---- */

static bool
has_device(void)
{
	for (unsigned i = 0; i < drives.count; i++)
		if (ask.drives[i].image.is_device)
			return true;
	for (unsigned i = 0; i < read_only.count; i++)
		if (ask.read_only[i].image.is_device)
			return true;
	return false;
}

static int
open_mapper(void)
{
	return has_device() ? dm_control_open() : 0;
}

static const struct handle handles[] = {
	{ "/dev/mapper/control, where drives are device-mapper's", open_mapper },
	LIST_END
};

static const struct call calls_as_owner[] = {
	CALL(openat, "/, where every path begins"),
	CALL(openat2, "each of the files"),
	CALL(newfstatat, "what they are, and whose"),
	CALL(dup3, "keeps them for the next stage"),
	LIST_END
};

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
	.on_failure = "nothing; after a kill, a directory closed to all, which cleanup-jailer-chroot removes",
	.note = "firecracker speaks vsock over a unix socket and never opens /dev/vhost-vsock: vsock=yes is for others; "
		"scratch=yes mounts state_dir/VM_ID, a directory of the owner's",
	.operands = operands,
	.paths = paths,
	.lock = LOCK_VM,
	.lock_vm = &ask.vm,
	.handles = handles,
	.stages = {
		{ .keep = { .as = AS_OWNER, .calls = calls_as_owner }, .apart = true, .opens = true,
		  .act = open_files },
		{ .keep = { .as = AS_ROOT, .why_root = "the directories are root's; CAP_DAC_OVERRIDE would open "
			    "far more", .caps = caps, .calls = calls }, .act = act },
	},
};
