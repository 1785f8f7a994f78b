/*
 * device.h: the device nodes that verbs and VMs open, and the drivers behind them.
 */
#pragma once

#include "keep.h"

/* All of them are "misc" devices (Documentation/admin-guide/devices.txt, 10 char). */
struct device {
	const char *path;
	unsigned minor_nr;
	const char *name;               /* in /proc/misc */
	const char *module;             /* what modprobe(8) loads */
};

enum { DEVICE_MAJOR = 10 };

extern const struct device device_kvm, device_tun, device_loop_control, device_mapper_control,
	device_vhost_vsock;

/* 0 when the node is there, -ENOENT, -ENXIO when something else has its name, or -errno. */
int device_look(const struct device *device);

/* Opens it, to be read and written, as descriptor `number`: 0, -ENOENT, -ENXIO when something else has its name, or
 * -errno; -ENODEV too without a driver. */
int device_open(const struct device *device, enum descriptor number);

/* Whether the driver is in the kernel by now: 1, 0, or -errno.  Most come when the node is opened. */
int device_has_driver(const struct device *device);
