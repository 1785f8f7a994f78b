/*
 * ensure-socket-dir: the directory of the daemon's sockets, the owner's, 0711.
 *
 * Lasting effect: one directory, whose parents are root's.  Theirs is never changed.
 */
#include "sys/directory.h"
#include "sys/trusted.h"
#include "verb.h"

#include <errno.h>
#include <unistd.h>

enum { SOCKET_DIR_MODE = 0711 };

static enum code
act(const struct settings *settings)
{
	const char *path = settings->runtime_dir.text;
	const struct account *owner = &settings->owner;
	const char *name;
	struct stat status;
	bool made;
	size_t bad = 0;
	int directory, rc, parent = trusted_open_parent(path, &name, &bad);

	if (parent == -EPERM || parent == -ELOOP)
		return refused(REASON_HOST, "%.*s must be root's, writable by nobody else and no symlink",
			       (int)bad, path);
	if (parent < 0)
		return failed(parent, "cannot open the directory above %s", path);
	rc = directory_make(parent, name);
	made = rc == 0;
	if (rc < 0 && rc != -EEXIST)
		return failed(rc, "cannot make %s", path);
	directory = directory_pin(parent, name, false, &status);
	if (directory == -ELOOP || directory == -ENOTDIR)
		return refused(REASON_FOREIGN, "%s is there and is not a directory", path);
	if (directory == -EXDEV)
		return refused(REASON_FOREIGN, "%s is a mount; umount %s", path, path);
	if (directory < 0) {
		if (made)
			directory_remove(parent, name);
		return failed(directory, "cannot open %s", path);
	}
	rc = made || status.st_uid == owner->uid ? 1 : directory_is_left_over(directory, &status, SOCKET_DIR_MODE);
	if (rc < 0)
		return failed(rc, "cannot look into %s", path);
	if (rc == 0)
		return refused(REASON_FOREIGN, "%s is there and is neither the owner's nor root's, empty, and of mode %04o",
			       path, SOCKET_DIR_MODE);
	rc = directory_give(directory, owner->uid, owner->gid, SOCKET_DIR_MODE);
	if (rc < 0 && made)
		directory_remove(parent, name);
	close(directory);
	close(parent);
	return rc < 0 ? failed(rc, "cannot give %s to the owner", path) : CODE_DONE;
}

static const struct cap caps[] = {
	CAP(CHOWN, "gives the directory to the owner"),
	CAP(FOWNER, "sets the mode of one that is the owner's already"),
	LIST_END
};

static const struct call calls[] = {
	CALL(openat, "/, where every path begins"),
	CALL(openat2, "each component below it"),
	CALL(newfstatat, "whose it is"),
	CALL(getdents64, "whether one of root's is empty, as an interrupted call leaves it"),
	CALL(mkdirat, "makes it"),
	CALL_NR(fchmodat2, 452, "its mode"),
	CALL(chmod, "the same before Linux 6.6, through /proc/self/fd"),
	CALL(fchownat, "its owner"),
	CALL(unlinkat, "takes it back when a step failed"),
	LIST_END
};

static const char *const paths[] = { "runtime_dir, and the directories above it", NULL };

const struct verb verb_ensure_socket_dir = {
	.name = "ensure-socket-dir",
	.summary = "the directory runtime_dir exists, belongs to the owner and has mode 0711",
	.effect = "one directory",
	.on_failure = "no directory, or the one that was there",
	.note = "refused where runtime_dir is a mount point: it could be a FUSE of the owner's, which keeps whoever looks waiting",
	.paths = paths,
	.lock = LOCK_DIRECTORIES,
	.stages = STAGES({
		.keep = {
			.as = AS_ROOT,
			.why_root = "the directory above is uid 0's; CAP_DAC_OVERRIDE would open far more",
			.caps = caps,
			.calls = calls,
		},
		.act = act,
	}),
};
