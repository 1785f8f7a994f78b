/*
 * state.c: one collector for each kind of object; each thing is a line of text, and two states are compared
 * as sorted lists of lines.
 */
#include "sweep/state.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

enum { SHOWN_MAX = 6 };

static void add(struct state *state, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
add(struct state *state, const char *format, ...)
{
	va_list args;

	if (state->count == state->room) {
		state->room = state->room ? state->room * 2 : 512;
		state->lines = realloc(state->lines, state->room * sizeof(*state->lines));
		if (!state->lines)
			abort();
	}
	va_start(args, format);
	if (vasprintf(&state->lines[state->count++], format, args) < 0)
		abort();
	va_end(args);
}

/* ---- netlink: links, addresses, nft ---- */

static void
dump(int bus, struct nlmsghdr *request, mnl_cb_t each, void *context)
{
	static char buffer[64 << 10];
	struct mnl_socket *socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	unsigned sequence = 1;
	ssize_t size;
	int rc = MNL_CB_OK;

	request->nlmsg_seq = sequence;
	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_DUMP;
	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		abort();
	while (rc > MNL_CB_STOP && (size = mnl_socket_recvfrom(socket, buffer, sizeof(buffer))) > 0)
		rc = mnl_cb_run(buffer, (size_t)size, sequence, mnl_socket_get_portid(socket), each, context);
	mnl_socket_close(socket);
}

static void
hex(const void *bytes, size_t size, char *out, size_t room)
{
	for (size_t i = 0; i < size && 2 * i + 3 < room; i++)
		snprintf(out + 2 * i, 3, "%02x", ((const unsigned char *)bytes)[i]);
}

struct link_facts {
	const char *name, *alias, *kind;
	unsigned master;
	char data[512];         /* of a tap: owner, group and the rest */
	int isolated;
};

static int
on_link_info(const struct nlattr *attr, void *context)
{
	struct link_facts *facts = context;
	const struct nlattr *of_port;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_INFO_KIND:
		facts->kind = mnl_attr_get_str(attr);
		break;
	case IFLA_INFO_DATA:
		if (facts->kind && strcmp(facts->kind, "tun") == 0)
			hex(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr), facts->data,
			    sizeof(facts->data));
		break;
	case IFLA_INFO_SLAVE_DATA:
		mnl_attr_for_each_nested(of_port, attr)
			if (mnl_attr_get_type(of_port) == IFLA_BRPORT_ISOLATED)
				facts->isolated = mnl_attr_get_u8(of_port);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static int
on_link_attribute(const struct nlattr *attr, void *context)
{
	struct link_facts *facts = context;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		facts->name = mnl_attr_get_str(attr);
		break;
	case IFLA_IFALIAS:
		facts->alias = mnl_attr_get_str(attr);
		break;
	case IFLA_MASTER:
		facts->master = mnl_attr_get_u32(attr);
		break;
	case IFLA_LINKINFO:
		mnl_attr_parse_nested(attr, on_link_info, facts);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static int
on_link(const struct nlmsghdr *message, void *state)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
	struct link_facts facts = { "", "", "", 0, "", 0 };
	char master[IF_NAMESIZE] = "";

	mnl_attr_parse(message, sizeof(*link), on_link_attribute, &facts);
	if (facts.master)
		if_indextoname(facts.master, master);
	add(state, "link %s kind=%s alias=%s master=%s up=%d isolated=%d %s", facts.name, facts.kind,
	    facts.alias, master, (link->ifi_flags & IFF_UP) != 0, facts.isolated, facts.data);
	return MNL_CB_OK;
}

static int
on_address_attribute(const struct nlattr *attr, void *context)
{
	const void **address = context;

	if (mnl_attr_get_type(attr) == IFA_ADDRESS)
		*address = mnl_attr_get_payload(attr);
	return MNL_CB_OK;
}

static int
on_address(const struct nlmsghdr *message, void *state)
{
	const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
	char name[IF_NAMESIZE] = "", text[INET6_ADDRSTRLEN] = "";
	const void *address = NULL;

	mnl_attr_parse(message, sizeof(*header), on_address_attribute, &address);
	if (address)
		inet_ntop(header->ifa_family, address, text, sizeof(text));
	add(state, "address %s/%d of %s", text, header->ifa_prefixlen,
	    if_indextoname(header->ifa_index, name) ? name : "?");
	return MNL_CB_OK;
}

static void
take_links(struct state *state)
{
	char buffer[256];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

	request->nlmsg_type = RTM_GETLINK;
	mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
	dump(NETLINK_ROUTE, request, on_link, state);
	request = mnl_nlmsg_put_header(buffer);
	request->nlmsg_type = RTM_GETADDR;
	mnl_nlmsg_put_extra_header(request, sizeof(struct ifaddrmsg));
	dump(NETLINK_ROUTE, request, on_address, state);
}

struct nft_dump {
	struct state *state;
	const char *what;
	unsigned lot;           /* a bit for each attribute that the kernel draws by lot or counts */
	struct nft_set { unsigned char family; char table[64], name[64]; } sets[32];
	size_t set_count;
	const struct nft_set *of;       /* the one whose elements come */
};

/* One line each: in a hash they lie as they please. */
static void
add_elements(const struct nft_dump *nft, const struct nft_set *set, const struct nlattr *list)
{
	const struct nlattr *element;

	mnl_attr_for_each_nested(element, list) {
		char text[1024] = "";

		hex(mnl_attr_get_payload(element), mnl_attr_get_payload_len(element), text, sizeof(text));
		add(nft->state, "nft element %u %s %s %s", set->family, set->table, set->name, text);
	}
}

static int
on_elements(const struct nlmsghdr *message, void *context)
{
	const struct nft_dump *nft = context;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(attr) == NFTA_SET_ELEM_LIST_ELEMENTS)
			add_elements(nft, nft->of, attr);
	return MNL_CB_OK;
}

static int
on_nft(const struct nlmsghdr *message, void *context)
{
	struct nft_dump *nft = context;
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	struct nft_set *set = &nft->sets[nft->set_count];
	const struct nlattr *attr;
	char text[8192] = "";
	size_t at = 0;

	mnl_attr_for_each(attr, message, sizeof(*header)) {
		unsigned type = mnl_attr_get_type(attr);
		size_t size = mnl_attr_get_payload_len(attr);

		if ((type < 32 && nft->lot & 1U << type) || at + 2 * size + 8 > sizeof(text))
			continue;
		at += (size_t)snprintf(text + at, sizeof(text) - at, " %u:", type);
		hex(mnl_attr_get_payload(attr), size, text + at, sizeof(text) - at);
		at += strlen(text + at);
		/* NFTA_SET_TABLE and _NAME */
		if (strcmp(nft->what, "set") == 0 && (type == NFTA_SET_TABLE || type == NFTA_SET_NAME))
			snprintf(type == NFTA_SET_TABLE ? set->table : set->name, sizeof(set->name), "%s",
				 mnl_attr_get_str(attr));
	}
	if (strcmp(nft->what, "set") == 0 && nft->set_count + 1 < sizeof(nft->sets) / sizeof(nft->sets[0])) {
		set->family = header->nfgen_family;
		nft->set_count++;
	}
	add(nft->state, "nft %s family=%u%s", nft->what, header->nfgen_family, text);
	return MNL_CB_OK;
}

static struct nlmsghdr *
nft_request(char *buffer, unsigned type, unsigned char family)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header;

	request->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	header = mnl_nlmsg_put_extra_header(request, sizeof(*header));
	*header = (struct nfgenmsg){ .nfgen_family = family, .version = NFNETLINK_V0 };
	return request;
}

static void
take_nft(struct state *state)
{
	static const struct { const char *what; unsigned type, lot; } kinds[] = {
		{ "table", NFT_MSG_GETTABLE, 1U << NFTA_TABLE_HANDLE | 1U << NFTA_TABLE_USE },
		{ "chain", NFT_MSG_GETCHAIN,
		  1U << NFTA_CHAIN_HANDLE | 1U << NFTA_CHAIN_USE | 1U << NFTA_CHAIN_ID },
		{ "rule", NFT_MSG_GETRULE, 1U << NFTA_RULE_HANDLE | 1U << NFTA_RULE_POSITION | 1U << NFTA_RULE_ID },
		{ "set", NFT_MSG_GETSET, 1U << NFTA_SET_HANDLE | 1U << NFTA_SET_ID },
	};
	struct nft_dump nft = { .state = state };
	char buffer[1024];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		nft.what = kinds[i].what;
		nft.lot = kinds[i].lot;
		dump(NETLINK_NETFILTER, nft_request(buffer, kinds[i].type, AF_UNSPEC), on_nft, &nft);
	}
	for (size_t i = 0; i < nft.set_count; i++) {
		struct nlmsghdr *request = nft_request(buffer, NFT_MSG_GETSETELEM, nft.sets[i].family);

		mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_TABLE, nft.sets[i].table);
		mnl_attr_put_strz(request, NFTA_SET_ELEM_LIST_SET, nft.sets[i].name);
		nft.of = &nft.sets[i];
		dump(NETLINK_NETFILTER, request, on_elements, &nft);
	}
}

/* ---- files ---- */

/* Holes are zeros, and zeros are left out: what was sparse may come back dense. */
static uint64_t
contents_of(int fd)
{
	static uint64_t block[512], zeros[512];
	uint64_t sum = 14695981039346656037U;
	const off_t size = sizeof(block);

	for (off_t at = 0; (at = lseek(fd, at, SEEK_DATA)) >= 0; at += size) {
		at -= at % size;
		memset(block, 0, sizeof(block));
		if (pread(fd, block, sizeof(block), at) <= 0)
			break;
		if (memcmp(block, zeros, sizeof(block)) == 0)
			continue;
		sum = (sum ^ (uint64_t)(at / size + 1)) * 1099511628211U;
		for (size_t i = 0; i < sizeof(block) / sizeof(block[0]); i++)
			sum = (sum ^ block[i]) * 1099511628211U;
	}
	return sum;
}

/* What systemd-resolved keeps of a link that somebody has set something for: in a file that the link's number names. */
static const char routing[] = "/run/systemd/resolve/netif";

static void
name_link(const char *path, char *name, size_t size)
{
	char link[IF_NAMESIZE] = "";
	unsigned index;

	if (strncmp(path, routing, sizeof(routing) - 1) == 0 && path[sizeof(routing) - 1] == '/' &&
	    (index = (unsigned)strtoul(path + sizeof(routing), NULL, 10)) > 0)
		snprintf(name, size, "%s/%s", routing, if_indextoname(index, link) ? link : "no link");
	else
		snprintf(name, size, "%s", path);
}

/* What is in it is as much by lot as the number of a mount. */
static bool
holds_a_pid(const char *path)
{
	const char *name = strrchr(path, '/');

	return name && strcmp(name, "/firecracker.pid") == 0;
}

static void
add_file(struct state *state, int directory, const char *name, const char *path, const struct stat *status)
{
	char shown[4096], target[256] = "", exactly[128] = "";
	const char *acl = "";
	bool by_lot = holds_a_pid(path);
	/* No mapping has the number of another before it. */
	dev_t device = S_ISBLK(status->st_mode) ? makedev(major(status->st_rdev), 0) : status->st_rdev;
	uint64_t contents = 0;
	int fd;

	if (S_ISREG(status->st_mode) && !by_lot && (fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) >= 0) {
		contents = contents_of(fd);
		close(fd);
	}
	if (S_ISLNK(status->st_mode) && readlinkat(directory, name, target, sizeof(target) - 1) < 0)
		target[0] = '\0';
	if (strncmp(path, "/run/canary", 11) == 0)
		snprintf(exactly, sizeof(exactly), " ino=%lu mtime=%ld.%ld", (unsigned long)status->st_ino,
			 status->st_mtim.tv_sec, status->st_mtim.tv_nsec);
	/* One that default entries of a directory's have given: the mode tells only half of it. */
	if (lgetxattr(path, "system.posix_acl_access", NULL, 0) > 0)
		acl = " acl";
	name_link(path, shown, sizeof(shown));
	add(state, "file %s %o %u:%u%s links=%lu size=%ld dev=%x contents=%lx %s%s", shown, status->st_mode,
	    status->st_uid, status->st_gid, acl, S_ISDIR(status->st_mode) ? 0 : (unsigned long)status->st_nlink,
	    S_ISREG(status->st_mode) && !by_lot ? (long)status->st_size : 0L, (unsigned)device,
	    (unsigned long)contents, target, exactly);
}


static bool
is_left_out(const char *path)
{
	/* Of the world itself, of sudo, the locks, which stay and are empty, and nodes that have names elsewhere. */
	static const char *const prefixes[] = {
		"/run/world", "/run/sudo", "/run/banger-priv/", "/run/sweep", "/run/resolved-test", "/run/udev", "/run/vm",
		"/run/systemd", "/run/dbus", "/dev/pts", "/dev/fd", "/dev/std", "/dev/shm", "/dev/dm-",
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(path, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return strcmp(path, "/run/banger-priv") == 0;
}

static void
walk(struct state *state, int parent, const char *name, const char *path, bool directories_only)
{
	struct stat status;
	struct dirent *entry;
	DIR *directory;
	int fd;

	if (is_left_out(path) && strncmp(path, routing, sizeof(routing) - 1) != 0)
		return;
	if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (directories_only)
		add(state, "cgroup %s", path);
	else
		add_file(state, parent, name, path, &status);
	if (!S_ISDIR(status.st_mode))
		return;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	directory = fd < 0 ? NULL : fdopendir(fd);
	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		char below[4096];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    (directories_only && entry->d_type != DT_DIR))
			continue;
		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		walk(state, dirfd(directory), entry->d_name, below, directories_only);
	}
	closedir(directory);
}

/* ---- the rest ---- */

static void
take_lines(struct state *state, const char *what, const char *file, int fields_off)
{
	char line[4096];
	FILE *stream = fopen(file, "re");

	while (stream && fgets(line, sizeof(line), stream)) {
		char *rest = line;

		for (int i = 0; i < fields_off && strchr(rest, ' '); i++)
			rest = strchr(rest, ' ') + 1;
		rest[strcspn(rest, "\n")] = '\0';
		add(state, "%s %s", what, rest);
	}
	if (stream)
		fclose(stream);
}

/* By name and uid: numbers come and go. */
static void
take_processes(struct state *state)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		char path[300], line[512] = "", *end;
		struct stat status;
		int fd;

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (fstat(fd, &status) == 0 && read(fd, line, sizeof(line) - 1) > 0 && (end = strrchr(line, ')')) &&
		    end[2] != 'Z' && end[2] != 'X') {
			end[1] = '\0';
			add(state, "process %s uid=%u %s", strchr(line, '('), status.st_uid,
			    end[2] == 'T' ? "stopped" : "");
		}
		close(fd);
	}
	if (proc)
		closedir(proc);
}

static void
take_block_devices(struct state *state)
{
	DIR *block = opendir("/sys/block");
	struct dirent *entry;

	while (block && (entry = readdir(block))) {
		char path[300];

		snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file", entry->d_name);
		take_lines(state, "loop", path, 0);
		snprintf(path, sizeof(path), "/sys/block/%s/dm/uuid", entry->d_name);
		take_lines(state, "mapping", path, 0);
	}
	if (block)
		closedir(block);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
state_take(struct state *state)
{
	*state = (struct state){ 0 };
	take_links(state);
	take_nft(state);
	/* Without the mount's and its parent's number, and that of a file system of no device. */
	take_lines(state, "mount", "/proc/self/mountinfo", 3);
	take_lines(state, "forwarding", "/proc/sys/net/ipv4/ip_forward", 0);
	walk(state, AT_FDCWD, "/run", "/run", false);
	walk(state, AT_FDCWD, routing, routing, false);
	walk(state, AT_FDCWD, "/var/lib/banger", "/var/lib/banger", false);
	walk(state, AT_FDCWD, "/etc/banger", "/etc/banger", false);
	walk(state, AT_FDCWD, "/dev", "/dev", false);
	walk(state, AT_FDCWD, "/sys/fs/cgroup", "/sys/fs/cgroup", true);
	take_processes(state);
	/* Another world on this host has the same loops. */
	if (access("/run/vm/job", F_OK) == 0)
		take_block_devices(state);
	qsort(state->lines, state->count, sizeof(*state->lines), by_text);
}

void
state_free(struct state *state)
{
	for (size_t i = 0; i < state->count; i++)
		free(state->lines[i]);
	free(state->lines);
	*state = (struct state){ 0 };
}

/* As strcmp, but for what follows " links=": of contents the size as well.  Not of canaries. */
static int
order_of(const char *was, const char *is, enum likeness likeness)
{
	const char *was_end = strstr(was, " links="), *is_end = strstr(is, " links=");

	if (likeness == SAME_BUT_CONTENTS && was_end && is_end && !strstr(was, " ino=") && was_end - was == is_end - is &&
	    strncmp(was, is, (size_t)(was_end - was)) == 0)
		return 0;
	return strcmp(was, is);
}

static bool
is_excused(const char *line, const char *const *but)
{
	for (; but && *but; but++)
		if (strstr(line, *but))
			return true;
	return false;
}

bool
state_same(const struct state *was, const struct state *is, enum likeness likeness, const char *const *but,
	   const char *title)
{
	size_t before = 0, after = 0, shown = 0;
	bool same = true;

	while (before < was->count || after < is->count) {
		int order = before == was->count ? 1 : after == is->count ? -1 :
			    order_of(was->lines[before], is->lines[after], likeness);
		const char *odd = order < 0 ? was->lines[before] : is->lines[after];

		if (order != 0 && !(order < 0 && likeness == NOTHING_MORE) && !is_excused(odd, but)) {
			if (title && same)
				printf("%s\n", title);
			if (title && shown++ < SHOWN_MAX)
				printf("\t%c %.200s\n", order < 0 ? '-' : '+', odd);
			same = false;
		}
		before += order <= 0;
		after += order >= 0;
	}
	return same;
}
