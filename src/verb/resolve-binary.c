/*
 * resolve-binary: where the configured firecracker or jailer is, if it may be run as root.
 */
#include "sys/binary.h"
#include "verb.h"

#include <unistd.h>

static struct {
	enum binary binary;
} ask;

static const struct operand operands[] = {
	{ .name = "NAME", .gate = &gate_binary, .into = &ask.binary },
	LIST_END
};

static enum code
act(const struct settings *settings)
{
	char remedy[MESSAGE_BYTES];
	struct binary_found found;
	int fd = binary_open(ask.binary, settings, &found);

	if (fd < 0 && !binary_has_fault(fd))
		return failed(fd, "cannot look at %s", found.path);
	if (fd < 0) {
		binary_remedy(fd, &found, remedy, sizeof(remedy));
		return refused(REASON_HOST, "%s", remedy);
	}
	close(fd);
	json_open(NULL, '{');
	json_text("path", found.path);
	json_close('}');
	print("\n");
	return CODE_DONE;
}

static const struct cap caps[] = {
	CAP(DAC_READ_SEARCH, "a directory of root's on the way may be closed to others"),
	LIST_END
};

static const struct call calls[] = {
	CALL(openat, "/, where every path begins"),
	CALL(openat2, "each directory on the way, and the binary"),
	CALL(newfstatat, "whose it is"),
	LIST_END
};

static const char *const paths[] = {
	"the configured path; for a bare name /usr/local/bin, /usr/bin and /opt/banger/bin", NULL
};

const struct verb verb_resolve_binary = {
	.name = "resolve-binary",
	.summary = "the path of the configured firecracker or jailer, if nobody but root may change it",
	.effect = "none",
	.on_failure = "nothing",
	.note = "a regular, executable file of root's that nobody else may write, on a path without "
		"symlinks that nobody else may change",
	.operands = operands,
	.paths = paths,
	.stages = STAGES({ .keep = { .as = AS_NOBODY, .caps = caps, .calls = calls }, .act = act }),
};
