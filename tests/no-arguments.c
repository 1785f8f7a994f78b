/*
 * no-arguments PROGRAM: starts PROGRAM with an empty argument vector (CVE-2021-4034).
 */
#include <unistd.h>

int
main(int argc, char *argv[])
{
	char *const none[] = { NULL };

	return argc < 2 || execve(argv[1], none, none) < 0;
}
