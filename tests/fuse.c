/*
 * fuse.c: the kernel's protocol (linux/fuse.h, fuse(4)) as far as looking, opening and reading go.
 *
 * What is found is what lies beneath the mount, by descriptors from before it; what would change it is answered as
 * done, and is not.
 */
#include "fuse.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NODES_MAX = 1024, ROOM = 1 << 17 };

static int nodes[NODES_MAX + 1] = { -1 };       /* O_PATH; FUSE_ROOT_ID is 1 */
static uint64_t node_count;
static int device;
static int mounted = -1;                        /* what is to be taken off at the end, and nothing else */

static void
answer(const struct fuse_in_header *in, int error, const void *body, size_t size)
{
	const struct fuse_out_header out = {
		.len = (uint32_t)(sizeof(out) + size), .error = -error, .unique = in->unique,
	};
	const struct iovec parts[] = { { (void *)&out, sizeof(out) }, { (void *)body, size } };

	/* Who asked may be gone. */
	(void)!writev(device, parts, size ? 2 : 1);
}

static int
fill(uint64_t node, struct fuse_attr *attr)
{
	struct stat status;

	if (node == 0 || node > node_count || fstatat(nodes[node], "", &status, AT_EMPTY_PATH) < 0)
		return EIO;
	*attr = (struct fuse_attr){
		.ino = status.st_ino, .size = (uint64_t)status.st_size, .blocks = (uint64_t)status.st_blocks,
		.mode = status.st_mode, .nlink = (uint32_t)status.st_nlink, .uid = status.st_uid, .gid = status.st_gid,
		.rdev = (uint32_t)status.st_rdev, .blksize = 4096,
	};
	return 0;
}

static void
look_up(const struct fuse_in_header *in, const char *name)
{
	struct fuse_entry_out out = { .nodeid = node_count + 1 };
	int error = 0;

	if (node_count == NODES_MAX || in->nodeid > node_count) {
		answer(in, EIO, NULL, 0);
		return;
	}
	nodes[node_count + 1] = openat(nodes[in->nodeid], name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (nodes[node_count + 1] < 0)
		error = errno;
	else
		error = fill(++node_count, &out.attr);
	answer(in, error, &out, error ? 0 : sizeof(out));
}

static void
read_some(const struct fuse_in_header *in, const struct fuse_read_in *wanted)
{
	static char bytes[ROOM];
	char path[64];
	ssize_t got = -1;
	int fd = -1;

	if (in->nodeid <= node_count) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", nodes[in->nodeid]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd >= 0)
		got = pread(fd, bytes, wanted->size < ROOM ? wanted->size : ROOM, (off_t)wanted->offset);
	close(fd);
	answer(in, got < 0 ? EIO : 0, bytes, got < 0 ? 0 : (size_t)got);
}

static void
serve_one(const struct fuse_in_header *in)
{
	const void *body = in + 1;
	struct fuse_attr_out attributes = { 0 };
	struct fuse_open_out opened = { 0 };
	struct fuse_statfs_out numbers = { .st = { .bsize = 4096, .namelen = 255 } };
	int error;

	switch (in->opcode) {
	case FUSE_LOOKUP:
		look_up(in, body);
		break;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		error = fill(in->nodeid, &attributes.attr);
		answer(in, error, &attributes, error ? 0 : sizeof(attributes));
		break;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		answer(in, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		read_some(in, body);
		break;
	case FUSE_STATFS:
		answer(in, 0, &numbers, sizeof(numbers));
		break;
	case FUSE_READDIR:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_FLUSH:
	case FUSE_FSYNC:
		answer(in, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(in, ENOSYS, NULL, 0);
		break;
	}
}

/* Whether this is a banger-priv that closes a file. */
static bool
is_kept(const struct fuse_in_header *in)
{
	char path[32], name[16] = "";
	int fd;

	if (in->opcode != FUSE_FLUSH)
		return false;
	snprintf(path, sizeof(path), "/proc/%u/comm", in->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	(void)!read(fd, name, sizeof(name) - 1);
	close(fd);
	if (strcmp(name, "banger-priv\n") != 0)
		return false;
	(void)mkdirat(nodes[FUSE_ROOT_ID], "kept", 0700);
	return true;
}

static bool
is_left(const struct fuse_in_header *in, enum fuse_manner manner)
{
	static unsigned reads;

	switch (manner) {
	case FUSE_KEEPS:
		return is_kept(in);
	case FUSE_HOLDS:
		if (in->opcode == FUSE_READ && ++reads == 1)
			answer(in, EIO, NULL, 0);
		return in->opcode == FUSE_READ;
	default:
		return manner == FUSE_HANGS;
	}
}

static void
serve(enum fuse_manner manner)
{
	static _Alignas(struct fuse_in_header) char request[ROOM + 4096];
	const struct fuse_in_header *in = (const void *)request;
	const struct fuse_init_out welcome = {
		.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION, .max_write = 4096,
	};
	ssize_t got;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while ((got = read(device, request, sizeof(request))) > 0 || errno == EINTR || errno == ENOENT) {
		if (got <= 0)
			continue;
		request[got] = '\0';
		if (in->opcode == FUSE_INIT)
			answer(in, 0, &welcome, sizeof(welcome));
		else if (!is_left(in, manner))
			serve_one(in);
	}
	_exit(0);
}

pid_t
fuse_begin(const char *path, enum fuse_manner manner, uid_t owner)
{
	char options[128];
	struct stat status;
	pid_t server;

	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	/* A mount of its own, so that the one that is mounted over is not in use. */
	nodes[FUSE_ROOT_ID] = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	node_count = FUSE_ROOT_ID;
	if (device < 0 || fstatat(nodes[FUSE_ROOT_ID], "", &status, AT_EMPTY_PATH) < 0)
		return -1;
	snprintf(options, sizeof(options), "fd=%d,rootmode=%o,user_id=%u,group_id=%u%s", device, status.st_mode & S_IFMT,
		 owner, owner, manner == FUSE_PRIVATE || manner == FUSE_HOLDS ? "" : ",allow_other");
	if (mount("of-the-owner", path, "fuse", MS_NOSUID | MS_NODEV, options) < 0)
		return -1;
	mounted = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	server = fork();
	if (server == 0)
		serve(manner);
	close(device);
	close(nodes[FUSE_ROOT_ID]);
	return server;
}

void
fuse_end(pid_t server)
{
	char link[32];

	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", mounted);
	umount2(link, MNT_DETACH);
	close(mounted);
}
