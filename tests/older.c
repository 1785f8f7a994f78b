/*
 * older RELEASE VERB OPERAND...: the program on a kernel that says to be of that release.
 */
#include <stdio.h>
#include <sys/utsname.h>

int banger_main(int argc, char *argv[]);

static const char *release;

/* In place of the C library's. */
int
uname(struct utsname *name)
{
	*name = (struct utsname){ .sysname = "Linux", .nodename = "host" };
	snprintf(name->release, sizeof(name->release), "%s", release);
	return 0;
}

/* The build renames main of src/main.c, and with it this one. */
#undef main
int main(int argc, char *argv[]);

int
main(int argc, char *argv[])
{
	if (argc < 3)
		return 126;
	release = argv[1];
	return banger_main(argc - 1, argv + 1);
}
