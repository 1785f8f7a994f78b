/*
 * admit: command lines on stdin, one per line, words separated by \x1f; for each the exit code that the
 * gates alone would give (0: admitted).  With the built-in defaults and vm ids of 1900.
 */
#include "config/config.h"
#include "say/say.h"
#include "verb.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS = 64 };

static void
judge(char *line, const struct settings *settings)
{
	char *words[WORDS + 1] = { 0 };
	const struct verb *verb;
	int null;

	for (unsigned i = 0; i < WORDS && line; i++)
		words[i] = strsep(&line, "\x1f");
	verb = verb_find(words[0]);
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	dup2(null, STDERR_FILENO);
	if (!verb)
		_exit(CODE_USAGE);
	verb_admit(verb, words + 1, settings);
	_exit(CODE_DONE);
}

int
main(void)
{
	static struct settings settings;
	static char line[1 << 16];
	char why[256];

	if (!config_parse("", 0, &settings, why, sizeof(why)))
		die(REASON_CONFIG, "%s", why);
	settings.vm_uid = settings.vm_gid = (struct id_range){ "1900", 1900, 1900 };
	while (fgets(line, sizeof(line), stdin)) {
		int status;
		pid_t child;

		line[strcspn(line, "\n")] = '\0';
		child = fork();
		if (child == 0)
			judge(line, &settings);
		if (child < 0 || waitpid(child, &status, 0) != child)
			return EXIT_FAILURE;
		printf("%d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	}
	return EXIT_SUCCESS;
}
