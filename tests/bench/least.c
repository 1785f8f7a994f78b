/*
 * least.c: what limit and floor do.
 */
#include "least.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int route = -1;

int
least_route(void)
{
	route = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	return route < 0;
}

int
least_link(const char *name, unsigned bridge)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
		struct rtattr master;
		unsigned bridge;
	} request = {
		.header = { .nlmsg_len = bridge ? sizeof(request) : NLMSG_LENGTH(sizeof(request.link)),
			    .nlmsg_type = RTM_NEWLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.link = { .ifi_index = (int)if_nametoindex(name), .ifi_flags = IFF_UP, .ifi_change = IFF_UP },
		.master = { .rta_len = RTA_LENGTH(4), .rta_type = IFLA_MASTER },
		.bridge = bridge,
	};
	char answer[4096];

	return send(route, &request, request.header.nlmsg_len, 0) < 0 || recv(route, answer, sizeof(answer), 0) < 0;
}

int
least_tap(const char *name, const char *bridge, unsigned id)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR);

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	return ioctl(fd, TUNSETIFF, &request) < 0 || ioctl(fd, TUNSETOWNER, id) < 0 ||
	       ioctl(fd, TUNSETGROUP, id) < 0 || least_link(name, if_nametoindex(bridge)) || least_link(bridge, 0) ||
	       ioctl(fd, TUNSETPERSIST, 1) < 0;
}

int
least_delete(const char *name)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} request = {
		.header = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_DELLINK,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.link = { .ifi_index = (int)if_nametoindex(name) },
	};
	char answer[4096];

	return send(route, &request, sizeof(request), 0) < 0 || recv(route, answer, sizeof(answer), 0) < 0;
}

int
least_bridge(const char *name, const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = inet_addr(address) };
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, SIOCBRADDBR, name) < 0)
		return 1;
	memcpy(&request.ifr_addr, &to, sizeof(to));
	if (ioctl(fd, SIOCSIFADDR, &request) < 0)
		return 1;
	request.ifr_flags = IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &request) < 0;
}

/* nfnetlink's, at the end of what there is. */
static void
begin_message(char *bytes, size_t *used, int type, int family, int subsystem)
{
	struct nlmsghdr *header = (void *)(bytes + *used);
	struct nfgenmsg *message = NLMSG_DATA(header);

	*header = (struct nlmsghdr){ .nlmsg_len = NLMSG_LENGTH(sizeof(*message)), .nlmsg_type = (uint16_t)type,
				     .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE };
	*message = (struct nfgenmsg){ .nfgen_family = (uint8_t)family, .res_id = htons((uint16_t)subsystem) };
	*used += header->nlmsg_len;
}

static void
put(char *bytes, size_t *used, int type, const void *value, size_t length)
{
	struct rtattr *attribute = (void *)(bytes + *used);

	*attribute = (struct rtattr){ .rta_len = (uint16_t)RTA_LENGTH(length), .rta_type = (uint16_t)type };
	memcpy(RTA_DATA(attribute), value, length);
	*used += RTA_SPACE(length);
}

/* An element of a set of ours, of at most 20 bytes. */
static void
put_element(char *bytes, size_t *used, int family, const char *set, const void *key, size_t length)
{
	struct nlmsghdr *header = (void *)(bytes + *used);
	char list[128], element[128], value[64];
	size_t in_list = 0, in_element = 0, in_value = 0, from = *used;

	begin_message(bytes, used, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM, family, 0);
	put(bytes, used, NFTA_SET_ELEM_LIST_TABLE, "banger-priv", sizeof("banger-priv"));
	put(bytes, used, NFTA_SET_ELEM_LIST_SET, set, strlen(set) + 1);
	put(value, &in_value, NFTA_DATA_VALUE, key, length);
	put(element, &in_element, NLA_F_NESTED | NFTA_SET_ELEM_KEY, value, in_value);
	put(list, &in_list, NLA_F_NESTED | NFTA_LIST_ELEM, element, in_element);
	put(bytes, used, NLA_F_NESTED | NFTA_SET_ELEM_LIST_ELEMENTS, list, in_list);
	header->nlmsg_len = (uint32_t)(*used - from);
}

int
least_nat(const char *tap, const char *address)
{
	static _Alignas(struct nlmsghdr) char bytes[1024];
	struct { char tap[IFNAMSIZ]; in_addr_t address; } key = { .address = inet_addr(address) };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
	struct nlmsghdr *answer = (void *)bytes;
	struct nlmsgerr *error = NLMSG_DATA(answer);
	size_t used = 0, last;

	strncpy(key.tap, tap, IFNAMSIZ - 1);
	begin_message(bytes, &used, NFNL_MSG_BATCH_BEGIN, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	put_element(bytes, &used, AF_BRIDGE, "guests", &key, sizeof(key));
	put_element(bytes, &used, AF_BRIDGE, "addresses", &key.address, sizeof(key.address));
	last = used;
	put_element(bytes, &used, AF_INET, "guests", &key.address, sizeof(key.address));
	((struct nlmsghdr *)(void *)(bytes + last))->nlmsg_flags |= NLM_F_ACK;
	begin_message(bytes, &used, NFNL_MSG_BATCH_END, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	return send(fd, bytes, used, 0) < 0 || recv(fd, bytes, sizeof(bytes), 0) < 0 ||
	       answer->nlmsg_type != NLMSG_ERROR || error->error != 0;
}

/* A tmpfs on directory/name, open. */
static int
new_tmpfs(int directory, const char *name)
{
	int mount = -1, fs = fsopen("tmpfs", 0);

	if (mkdirat(directory, name, 0700) == 0 && fsconfig(fs, FSCONFIG_SET_STRING, "size", "12M", 0) == 0 &&
	    fsconfig(fs, FSCONFIG_SET_STRING, "huge", "within_size", 0) == 0 &&
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount = fsmount(fs, 0, 0);
	return mount < 0 || move_mount(mount, "", directory, name, MOVE_MOUNT_F_EMPTY_PATH) < 0 ? -1 : mount;
}

static int
bind_to(const char *path, int directory, const char *name)
{
	int tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE);

	return tree < 0 || move_mount(tree, "", directory, name, MOVE_MOUNT_F_EMPTY_PATH) < 0;
}

int
least_chroot(const char *jail, const char *vm, const char *kernel, const char *drive, unsigned id)
{
	char sockets[512];
	int directory, root;

	snprintf(sockets, sizeof(sockets), "%s/%s", jail, vm);
	if (mkdir(sockets, 0700) < 0)
		return 1;
	directory = open(sockets, O_PATH | O_DIRECTORY);
	snprintf(sockets, sizeof(sockets), "%s/%s/sockets", jail, vm);
	root = new_tmpfs(directory, "root");
	return root < 0 || mknodat(root, "vmlinux", S_IFREG | 0400, 0) < 0 || bind_to(kernel, root, "vmlinux") ||
	       mknodat(root, "rootfs", S_IFREG | 0400, 0) < 0 || bind_to(drive, root, "rootfs") ||
	       new_tmpfs(directory, "sockets") < 0 || mkdirat(root, "sockets", 0700) < 0 ||
	       bind_to(sockets, root, "sockets") || fchownat(root, "", id, id, AT_EMPTY_PATH) < 0 ||
	       chown(sockets, id, id) < 0;
}

int
least_cleanup(const char *jail, const char *vm)
{
	static const char *const names[] = { "root", "sockets" };
	char path[512];

	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", jail, vm, names[i]);
		if (umount2(path, MNT_DETACH) < 0 || rmdir(path) < 0)
			return 1;
	}
	snprintf(path, sizeof(path), "%s/%s", jail, vm);
	return rmdir(path);
}
