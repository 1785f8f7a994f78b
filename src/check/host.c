/*
 * host.c: the kernel, and what it lets this process have.
 */
#include "check/checks.h"
#include "check/report.h"
#include "surface.h"
#include "sys/device.h"
#include "sys/hierarchy.h"
#include "sys/kernel.h"
#include "sys/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Without leases cleanup cannot tell whether somebody executes a chroot's firecracker, and removes none. */
static void
check_leases(void)
{
	char word = '1';
	int fd = open("/proc/sys/fs/leases-enable", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, &word, 1) == 1 && word == '0')
		report(WRONG, "sysctl -w fs.leases-enable=1", "fs.leases-enable is 0: no chroot can be cleaned up");
	if (fd >= 0)
		close(fd);
}

void
check_kernel(const struct settings *settings)
{
	const char *release, *lacks = kernel_lacks();

	(void)settings;
	if (!kernel_is_new_enough(&release))
		report(WRONG, NULL, "Linux %s is older than %d.%d", release, KERNEL_MAJOR, KERNEL_MINOR);
	else if (lacks)
		report(WRONG, NULL, "Linux %s does not let this process call %s", release, lacks);
	else
		report(OK, NULL, "Linux %s, with the calls that every check rests on", release);
	check_leases();
}

static int own_mounts, own_network;

int
check_open_namespaces(void)
{
	own_mounts = namespace_is_first("mnt");
	own_network = namespace_is_first("net");
	return 0;
}

void
check_namespaces(const struct settings *settings)
{
	(void)settings;
	if (own_mounts < 0 || own_network < 0)
		report(UNSEEN, NULL, "whether mounts and network are those of process 1: only root may compare");
	else if (own_mounts && own_network)
		report(OK, NULL, "mounts and network are those of process 1");
	else
		report(NOTE, "nsenter --target 1 --mount --net " PROGRAM " check",
		       "%s not those of process 1; verbs that are called from here act here",
		       own_network ? "the mounts are" : own_mounts ? "the network is" :
		       "mounts and network are");
}

/* Every verb raises the limits that it began with as far as it may, and ends at once where one is beyond
 * use; root may raise all of them, unless a container withholds CAP_SYS_RESOURCE. */
void
check_limits(const struct settings *settings)
{
	enum { ENOUGH_FILES = 4096 };
	struct rlimit files = { 0 };

	(void)settings;
	getrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur < ENOUGH_FILES)
		report(NOTE, NULL, "no more than %llu open files, unless called by root that may raise it: "
		       "a VM with very many drives wants %d", (unsigned long long)files.rlim_cur,
		       ENOUGH_FILES);
	else
		report(OK, NULL, "open files and the other limits are enough");
}

static void
check_device(const struct device *device, bool needed)
{
	char command[REPORT_BYTES];
	int rc = device_look(device), driver = device_has_driver(device);
	int directory = (int)(strrchr(device->path, '/') - device->path);

	if (rc == 0 && driver == 1) {
		report(OK, NULL, "%s", device->path);
		return;
	}
	if (driver == 1)
		snprintf(command, sizeof(command), "rm -f %s && mkdir -p %.*s && mknod -m 0600 %s c %d %u",
			 device->path, directory, device->path, device->path, DEVICE_MAJOR,
			 device->minor_nr);
	else
		snprintf(command, sizeof(command), "modprobe %s", device->module);
	if (rc == 0)
		report(NOTE, command, "%s is there; its driver is not loaded yet", device->path);
	else if (rc == -EACCES)
		report(UNSEEN, NULL, "%s: this user may not look there", device->path);
	else
		report(needed ? WRONG : NOTE, command, "%s is %s", device->path,
		       rc == -ENOENT ? "not there" : "not the device that it should be");
}

void
check_devices(const struct settings *settings)
{
	static const struct device *const needed[] = {
		&device_kvm, &device_tun, &device_loop_control, &device_mapper_control,
	};

	(void)settings;
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		check_device(needed[i], true);
	check_device(&device_vhost_vsock, false);        /* only vsock=yes wants it */
}

void
check_cgroups(const struct settings *settings)
{
	static const char *const controllers[] = { "cpu", "memory", "pids" };
	const char *place = hierarchy_place();
	char missing[32] = "", command[128];
	int root = hierarchy_root();
	size_t used = 0;

	(void)settings;
	if (root < 0) {
		snprintf(command, sizeof(command), "mkdir -p %s && mount -t cgroup2 cgroup2 %s", place, place);
		report(WRONG, command, "no cgroup v2 at %s, by which a VM's processes are known", place);
		return;
	}
	close(root);
	for (size_t i = 0; i < sizeof(controllers) / sizeof(controllers[0]); i++)
		if (hierarchy_has(controllers[i]) != 1)
			used += (size_t)snprintf(missing + used, sizeof(missing) - used, " %s", controllers[i]);
	if (used > 0)
		report(NOTE, NULL, "cgroup v2, but without%s: limits of that kind are refused", missing);
	else
		report(OK, NULL, "cgroup v2, with cpu, memory and pids");
}
