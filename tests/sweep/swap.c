/*
 * swap.c: one swap at a time; the thing itself waits beside its substitute.
 */
#include "sweep/swap.h"

#include "fuse.h"
#include "sweep/run.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

const char *const swap_names[SWAP_COUNT] = {
	[SWAP_SYMLINK] = "symlink", [SWAP_EXCHANGE] = "exchange", [SWAP_HARD_LINK] = "hard-link",
	[SWAP_UNLINK] = "unlink", [SWAP_TRUNCATE] = "truncate", [SWAP_RECREATE] = "re-create",
	[SWAP_FIFO] = "fifo", [SWAP_SOCKET] = "socket", [SWAP_DIRECTORY] = "directory", [SWAP_FILE] = "file",
	[SWAP_DEVICE] = "device", [SWAP_LEASE] = "lease", [SWAP_FUSE] = "fuse", [SWAP_FUSE_HANGS] = "fuse-hangs",
	[SWAP_FUSE_PRIVATE] = "fuse-private", [SWAP_ACL] = "default-acl",
};

enum { PATH_ROOM = 1024 };
static const char mirror[] = "/run/canary/mirror";
/* One on each file system. */
static const char *const planted[] = { "/var/lib/banger/canary", "/run/canary/file" };

static struct {
	enum swap swap;
	char at[PATH_ROOM], away[PATH_ROOM + 8];
	char *bytes;            /* of what was truncated */
	off_t size;
	int fd;                 /* of what is leased */
	pid_t server;           /* of what is mounted */
} now;

static void
as_owner(bool yes)
{
	if (!yes && seteuid(0) < 0)
		abort();
	if (setegid(yes ? SWAP_UID : 0) < 0 || (yes && seteuid(SWAP_UID) < 0))
		abort();
}

static const char default_acl[] = "system.posix_acl_default";

static bool
is_mount(enum swap swap)
{
	return swap == SWAP_FUSE || swap == SWAP_FUSE_HANGS || swap == SWAP_FUSE_PRIVATE;
}

static void
let_go(void)
{
	kill(now.server, SIGKILL);
}

static bool
truncate_it(void)
{
	struct stat status;

	now.fd = open(now.at, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (now.fd < 0 || fstat(now.fd, &status) < 0 || !S_ISREG(status.st_mode))
		return false;
	now.size = status.st_size;
	now.bytes = malloc((size_t)now.size + 1);
	return now.bytes && pread(now.fd, now.bytes, (size_t)now.size, 0) == now.size && ftruncate(now.fd, 0) == 0;
}

static bool
lease_it(void)
{
	signal(SIGIO, SIG_IGN);
	now.fd = open(now.at, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return now.fd >= 0 && fcntl(now.fd, F_SETLEASE, F_WRLCK) == 0;
}

static bool
mount_it(uid_t owner)
{
	static const enum fuse_manner manners[SWAP_COUNT] = {
		[SWAP_FUSE] = FUSE_FOR_ALL, [SWAP_FUSE_HANGS] = FUSE_HANGS, [SWAP_FUSE_PRIVATE] = FUSE_PRIVATE,
	};

	if (owner != SWAP_UID)
		return false;
	now.server = fuse_begin(now.at, manners[now.swap], SWAP_UID);
	if (now.server < 0) {
		fprintf(stderr, "sweep: cannot mount a file system over %s: %m\n", now.at);
		exit(2);
	}
	run_let_go = let_go;
	return true;
}

/* rwx for the owner and whoever is nobody else, as in acl(5). */
static bool
give_default(void)
{
	struct { struct posix_acl_xattr_header header; struct posix_acl_xattr_entry entries[5]; } acl = {
		{ POSIX_ACL_XATTR_VERSION },
		{ { ACL_USER_OBJ, 7, ACL_UNDEFINED_ID }, { ACL_USER, 7, SWAP_UID }, { ACL_GROUP_OBJ, 7, ACL_UNDEFINED_ID },
		  { ACL_MASK, 7, ACL_UNDEFINED_ID }, { ACL_OTHER, 7, ACL_UNDEFINED_ID } },
	};

	return setxattr(now.at, default_acl, &acl, sizeof(acl), 0) == 0;
}

static bool
make_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	if (strlen(path) >= sizeof(address.sun_path))
		return false;
	strcpy(address.sun_path, path);
	rc = bind(fd, (const struct sockaddr *)&address, sizeof(address));
	close(fd);
	return rc == 0;
}

static bool
make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	close(fd);
	return fd >= 0;
}

static bool
put_substitute(mode_t was)
{
	char target[2 * PATH_ROOM];

	switch (now.swap) {
	case SWAP_SYMLINK:
		snprintf(target, sizeof(target), "%s%s", mirror, now.at);
		return symlink(target, now.at) == 0;
	case SWAP_EXCHANGE:
		snprintf(target, sizeof(target), "%s.new", now.at);
		return (S_ISDIR(was) ? mkdir(target, 0700) == 0 : make_file(target)) &&
		       rename(target, now.at) == 0;
	case SWAP_RECREATE:
		return S_ISDIR(was) ? mkdir(now.at, 0700) == 0 : S_ISSOCK(was) ? make_socket(now.at) :
		       make_file(now.at);
	case SWAP_FIFO:
		return mkfifo(now.at, 0600) == 0;
	case SWAP_SOCKET:
		return make_socket(now.at);
	case SWAP_DIRECTORY:
		return mkdir(now.at, 0700) == 0;
	case SWAP_FILE:
		return make_file(now.at);
	case SWAP_HARD_LINK:
		as_owner(false);
		return link(planted[0], now.at) == 0 || link(planted[1], now.at) == 0;
	case SWAP_DEVICE:
		as_owner(false);
		return mknod(now.at, S_IFBLK | 0666, makedev(7, 0)) == 0;
	default:
		return true;
	}
}

static bool
is_same_kind(mode_t was)
{
	switch (now.swap) {
	case SWAP_SOCKET:
		return S_ISSOCK(was);
	case SWAP_DIRECTORY:
		return S_ISDIR(was);
	case SWAP_FILE:
		return S_ISREG(was);
	case SWAP_HARD_LINK:
	case SWAP_DEVICE:
		return S_ISDIR(was);
	default:
		return false;
	}
}

const char *
swap_path_in(const char *word)
{
	const char *path = strchr(word, '/');

	return path && (strncmp(path, "/var/lib/banger/", 16) == 0 || strncmp(path, "/run/banger/", 12) == 0) ?
	       path : NULL;
}

bool
swap_begin(enum swap swap, const char *path, int up)
{
	struct stat status;
	bool done;

	now.swap = swap;
	now.fd = -1;
	now.bytes = NULL;
	snprintf(now.at, sizeof(now.at), "%s", path);
	while (up-- > 0)
		*strrchr(now.at, '/') = '\0';
	if (!now.at[0] || lstat(now.at, &status) < 0 || is_same_kind(status.st_mode))
		return false;
	snprintf(now.away, sizeof(now.away), "%s.away", now.at);
	if (is_mount(swap))
		return mount_it(status.st_uid);
	as_owner(true);
	if (swap == SWAP_ACL) {
		done = S_ISDIR(status.st_mode) && give_default();
	} else if (swap == SWAP_TRUNCATE || swap == SWAP_LEASE) {
		done = swap == SWAP_LEASE ? lease_it() : truncate_it();
		if (!done && now.fd >= 0)
			close(now.fd);
	} else {
		done = rename(now.at, now.away) == 0;
		if (done && !put_substitute(status.st_mode)) {
			as_owner(false);
			fprintf(stderr, "sweep: cannot put a %s at %s: %m\n", swap_names[swap], now.at);
			exit(2);
		}
	}
	as_owner(false);
	return done;
}

void
swap_end(void)
{
	run_let_go = NULL;
	if (is_mount(now.swap)) {
		fuse_end(now.server);
		return;
	}
	if (now.swap == SWAP_ACL) {
		removexattr(now.at, default_acl);
		return;
	}
	if (now.swap == SWAP_LEASE) {
		close(now.fd);
		return;
	}
	if (now.swap == SWAP_TRUNCATE) {
		if (ftruncate(now.fd, 0) < 0 || pwrite(now.fd, now.bytes, (size_t)now.size, 0) != now.size)
			abort();
		free(now.bytes);
		close(now.fd);
		return;
	}
	if (unlink(now.at) < 0)
		rmdir(now.at);
	if (rename(now.away, now.at) < 0)
		abort();
}
