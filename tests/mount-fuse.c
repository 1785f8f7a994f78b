/*
 * mount-fuse PATH private|all|keeps|holds|hangs UID COMMAND...: runs COMMAND while a file system of that user's is mounted over
 * PATH, see fuse.h; exits as it does.
 */
#include "fuse.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BAD_USE = 126 };

int
main(int argc, char *argv[])
{
	static const char *const manners[] = {
		[FUSE_PRIVATE] = "private", [FUSE_FOR_ALL] = "all", [FUSE_KEEPS] = "keeps", [FUSE_HOLDS] = "holds",
		[FUSE_HANGS] = "hangs",
	};
	unsigned manner = 0;
	pid_t server, child;
	int status;

	while (argc > 4 && manner <= FUSE_HANGS && strcmp(argv[2], manners[manner]) != 0)
		manner++;
	if (argc < 5 || manner > FUSE_HANGS)
		return BAD_USE;
	server = fuse_begin(argv[1], manner, (uid_t)atoi(argv[3]));
	child = server < 0 ? -1 : fork();
	if (child == 0) {
		execvp(argv[4], argv + 4);
		_exit(BAD_USE);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return BAD_USE;
	fuse_end(server);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
