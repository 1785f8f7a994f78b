/*
 * installed.c: the configuration, the program, the directories, the ids of VMs.
 */
#include "build-config.h"
#include "check/checks.h"
#include "check/report.h"
#include "config/config.h"
#include "surface.h"
#include "sys/directory.h"
#include "sys/id-range.h"
#include "sys/trusted.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
check_config(const struct settings *settings)
{
	struct stat status;
	size_t bad = 0;
	unsigned line;
	int error, fd = trusted_open(CONFIG_FILE, &status, &bad);
	const char *complaint = config_complaint(&line, &error), *name = verb_not_for_batch(&settings->batch);
	char command[REPORT_BYTES] = "";

	if (fd >= 0)
		close(fd);
	if (!complaint && name) {
		report(WRONG, "sed -i '/^ *batch *=/s/^/# /' " CONFIG_FILE, CONFIG_FILE ": batch must name verbs that may be in "
		       "one, and %s may not", name);
	} else if (!complaint) {
		report(OK, NULL, fd < 0 ? "no " CONFIG_FILE ": the defaults" : CONFIG_FILE);
	} else if (fd == -EPERM || fd == -ELOOP) {
		report_untrusted(fd, CONFIG_FILE, bad);
	} else if (error == EACCES) {
		report(UNSEEN, NULL, CONFIG_FILE ": this user may not read it; what follows goes by "
		       "the defaults");
	} else {
		if (line > 0)
			snprintf(command, sizeof(command), "sed -i '%us/^/# /' " CONFIG_FILE, line);
		else if (settings->owner.uid == 0 && !settings->owner.listed && error == 0)
			snprintf(command, sizeof(command), "useradd --system --user-group --no-create-home "
				 "--home-dir %s %s", settings->state_dir.text, settings->owner.text);
		report(WRONG, *command ? command : NULL, CONFIG_FILE ": %s", complaint);
	}
}

void
check_program(const struct settings *settings)
{
	struct stat status;
	size_t bad = 0;
	int fd = trusted_open(PROGRAM, &status, &bad);

	(void)settings;
	if (fd == -ENOENT)
		report(WRONG, NULL, PROGRAM ", which sudoers names, is not there");
	else if (fd < 0)
		report_untrusted(fd, PROGRAM, bad);
	else if (!S_ISREG(status.st_mode) || (status.st_mode & 07777) != 0755)
		report(WRONG, "chmod 0755 " PROGRAM, PROGRAM " has mode %04o", status.st_mode & 07777);
	else
		report(OK, NULL, PROGRAM);
	if (fd >= 0)
		close(fd);
}

struct place {
	const char *path;
	const char *user;
	uid_t uid;
	gid_t gid;
	mode_t mode;
	bool is_owners;                 /* no mount, and made by a verb where it is not there */
};

static void
write_command(const struct place *place, char *out, size_t size)
{
	snprintf(out, size, "install -d -o %s -g %u -m %04o %s", place->user, place->gid, place->mode, place->path);
}

static void
check_child(int parent, const char *name, const struct place *place)
{
	char command[REPORT_BYTES + 64];
	struct stat status;
	size_t used = 0;
	int fd = directory_pin(parent, name, !place->is_owners, &status);

	if (fd == -ELOOP || fd == -ENOTDIR)
		used = (size_t)snprintf(command, sizeof(command), "mv %s %s.away && ", place->path, place->path);
	if (fd == -EXDEV)
		used = (size_t)snprintf(command, sizeof(command), "umount %s && ", place->path);
	write_command(place, command + used, sizeof(command) - used);
	if (fd == -EACCES)
		report(UNSEEN, NULL, "%s: this user may not look there", place->path);
	else if (fd == -ENOENT && place->is_owners)
		report(NOTE, command, "%s is not there yet; ensure-socket-dir makes it", place->path);
	else if (fd < 0)
		report(WRONG, command, "%s is %s", place->path,
		       fd == -ENOENT ? "not there" : fd == -EXDEV ? "a mount" : "not a directory");
	else if (status.st_uid != place->uid || status.st_gid != place->gid ||
		 (status.st_mode & 07777) != place->mode)
		report(WRONG, command, "%s is %u:%u with mode %04o, and not %s:%u with %04o", place->path,
		       status.st_uid, status.st_gid, status.st_mode & 07777, place->user, place->gid,
		       place->mode);
	else
		report(OK, NULL, "%s", place->path);
	if (fd >= 0)
		close(fd);
}

static void
check_place(const struct place *place)
{
	char command[REPORT_BYTES];
	const char *name;
	size_t bad = 0;
	int parent = trusted_open_parent(place->path, &name, &bad);

	write_command(place, command, sizeof(command));
	if (parent == -ENOENT) {
		report(WRONG, command, "%s is not there", place->path);
	} else if (parent < 0) {
		report_untrusted(parent, place->path, bad);
	} else {
		check_child(parent, name, place);
		close(parent);
	}
}

void
check_directories(const struct settings *settings)
{
	char jails[sizeof(settings->jail_dir.text) + sizeof("/firecracker")];
	const struct account *owner = &settings->owner;
	const struct place roots[] = {
		{ settings->state_dir.text, "root", 0, 0, 0711, false },
		{ settings->jail_dir.text, "root", 0, 0, 0711, false },
		{ jails, "root", 0, 0, 0711, false },
	};
	const struct place owners = {
		settings->runtime_dir.text, owner->text, owner->uid, owner->gid, 0711, true
	};

	snprintf(jails, sizeof(jails), "%s/firecracker", settings->jail_dir.text);
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		check_place(&roots[i]);
	if (owner->uid != 0)
		check_place(&owners);
}

/* Whether that range of VMs' ids is nobody else's. */
static bool
check_ids_of(const struct id_range *range, bool gids, const char *command)
{
	const char *key = gids ? "vm_gid" : "vm_uid";
	char who[64];
	int rc = id_range_taken(range, gids, who, sizeof(who));

	if (rc > 0)
		report(WRONG, command, "%s overlaps with %s", key, who);
	else if (rc < 0)
		report(WRONG, NULL, "%s cannot be compared with /etc/sub%s and /etc/passwd: %s", key,
		       gids ? "gid" : "uid", strerrordesc_np(-rc));
	return rc == 0;
}

void
check_ids(const struct settings *settings)
{
	const struct id_range *uids = &settings->vm_uid, *gids = &settings->vm_gid;
	struct id_range unused;
	char command[REPORT_BYTES];
	int rc = id_range_free(&unused);

	if (settings->owner.uid == 0) {
		report(UNSEEN, NULL, "the ids of VMs, without an owner");
		return;
	}
	snprintf(command, sizeof(command), "touch " CONFIG_FILE " && sed -i '/^ *vm_[ug]id *=/d' " CONFIG_FILE
		 " && echo 'vm_uid = %u-%u' >> " CONFIG_FILE " && echo 'vm_gid = %u-%u' >> " CONFIG_FILE,
		 unused.first, unused.last, unused.first, unused.last);
	if (uids->first == uids->last || gids->first == gids->last)
		report(NOTE, rc == 0 ? command : NULL,
		       "all VMs share uid %u or gid %u; ranges give each its own", uids->first, gids->first);
	else if (check_ids_of(uids, false, rc == 0 ? command : NULL) &&
		 check_ids_of(gids, true, rc == 0 ? command : NULL))
		report(OK, NULL, "uids %u-%u and gids %u-%u are nobody else's", uids->first, uids->last,
		       gids->first, gids->last);
}
