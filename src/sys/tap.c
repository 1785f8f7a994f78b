/*
 * tap.c: TUNSETIFF and its family, on one descriptor.
 */
#include "sys/tap.h"

#include "keep.h"
#include "sys/device.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TAP_TAG "banger:"

/* What firecracker opens its taps with; the kernel wants the same from everybody. */
enum { TAP_FLAGS = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };

int
tap_open(void)
{
	return device_open(&device_tun, FD_TUN);
}

static int
set_interface(const struct link_name *name, int flags)
{
	struct ifreq request = { .ifr_flags = (short)flags };

	memcpy(request.ifr_name, name->text, sizeof(request.ifr_name));
	return ioctl(FD_TUN, TUNSETIFF, &request) < 0 ? -errno : 0;
}

int
tap_create(const struct link_name *name)
{
	return set_interface(name, TAP_FLAGS | IFF_TUN_EXCL);
}

int
tap_attach(const struct link_name *name)
{
	return set_interface(name, TAP_FLAGS);
}

int
tap_set_owner(uid_t uid, gid_t gid)
{
	if (ioctl(FD_TUN, TUNSETOWNER, (unsigned long)uid) < 0 ||
	    ioctl(FD_TUN, TUNSETGROUP, (unsigned long)gid) < 0)
		return -errno;
	return 0;
}

int
tap_set_persistent(bool persistent)
{
	return ioctl(FD_TUN, TUNSETPERSIST, (unsigned long)persistent) < 0 ? -errno : 0;
}

void
tap_close(void)
{
	close(FD_TUN);
}

int
tap_delete(const struct link_name *name)
{
	int rc = tap_attach(name);

	if (rc == 0)
		rc = tap_set_persistent(false);
	tap_close();
	return rc;
}

void
tap_alias(const char *vm, char *out, size_t size)
{
	snprintf(out, size, TAP_TAG "%s", vm);
}

bool
tap_is_ours(const struct link *link)
{
	return link->is_tap && strncmp(link->alias, TAP_TAG, strlen(TAP_TAG)) == 0;
}

const char *
tap_vm(const struct link *link)
{
	return link->alias + strlen(TAP_TAG);
}
