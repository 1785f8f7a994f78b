/*
 * link.c: RTM_GETLINK, RTM_NEWLINK and RTM_NEWADDR.
 */
#include "sys/link.h"

#include "sys/netlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* A bit for each of the reserved group addresses 01:80:c2:00:00:00 to 0f.  The second, of pause frames, the kernel
 * takes in no mask, and drops what is for it. */
enum { RESERVED_GROUPS = 0xfffd };

struct finding {
	struct link *link;
	bool found;
};

static const char *
text_of(const struct nlattr *attr)
{
	return mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0 ? "" : mnl_attr_get_str(attr);
}

static int
take_tun(const struct nlattr *attr, void *data)
{
	struct link *link = data;

	if (mnl_attr_get_type(attr) == IFLA_TUN_TYPE && mnl_attr_validate(attr, MNL_TYPE_U8) == 0)
		link->is_tap = mnl_attr_get_u8(attr) == IFF_TAP;
	return MNL_CB_OK;
}

static int
take_port(const struct nlattr *attr, void *data)
{
	struct link *link = data;

	if (mnl_attr_get_type(attr) == IFLA_BRPORT_ISOLATED && mnl_attr_validate(attr, MNL_TYPE_U8) == 0)
		link->isolated = mnl_attr_get_u8(attr);
	if (mnl_attr_get_type(attr) == IFLA_BRPORT_GROUP_FWD_MASK && mnl_attr_validate(attr, MNL_TYPE_U16) == 0)
		link->bridges_all = mnl_attr_get_u16(attr) == RESERVED_GROUPS;
	return MNL_CB_OK;
}

static int
take_info(const struct nlattr *attr, void *data)
{
	struct link *link = data;

	/* The kernel puts the kind before the data that only makes sense with it. */
	if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
		snprintf(link->kind, sizeof(link->kind), "%s", text_of(attr));
	if (mnl_attr_get_type(attr) == IFLA_INFO_DATA && strcmp(link->kind, "tun") == 0)
		return mnl_attr_parse_nested(attr, take_tun, link);
	/* Ports of bonds and of other things have numbers of their own. */
	if (mnl_attr_get_type(attr) == IFLA_INFO_SLAVE_KIND)
		link->is_port = strcmp(text_of(attr), "bridge") == 0;
	if (mnl_attr_get_type(attr) == IFLA_INFO_SLAVE_DATA && link->is_port)
		return mnl_attr_parse_nested(attr, take_port, link);
	return MNL_CB_OK;
}

static int
take_attribute(const struct nlattr *attr, void *data)
{
	struct finding *finding = data;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		snprintf(finding->link->name, sizeof(finding->link->name), "%s", text_of(attr));
		break;
	case IFLA_IFALIAS:
		snprintf(finding->link->alias, sizeof(finding->link->alias), "%s", text_of(attr));
		break;
	case IFLA_MASTER:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			finding->link->master = (int)mnl_attr_get_u32(attr);
		break;
	case IFLA_ADDRESS:
		if (mnl_attr_get_payload_len(attr) == sizeof(finding->link->mac))
			memcpy(finding->link->mac, mnl_attr_get_payload(attr), sizeof(finding->link->mac));
		break;
	case IFLA_LINKINFO:
		return mnl_attr_parse_nested(attr, take_info, finding->link);
	default:
		break;
	}
	return MNL_CB_OK;
}

static int
take_link(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct finding *finding = data;

	if (message->nlmsg_type != RTM_NEWLINK || message->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
		return MNL_CB_OK;
	finding->found = true;
	finding->link->index = info->ifi_index;
	finding->link->up = info->ifi_flags & IFF_UP;
	return mnl_attr_parse(message, sizeof(*info), take_attribute, finding);
}

int
link_find(const struct link_name *name, struct link *out)
{
	char buffer[NETLINK_BYTES];
	struct finding finding = { .link = out };
	struct ifinfomsg *info;
	struct nlmsghdr *request = netlink_request(buffer, RTM_GETLINK, 0, sizeof(*info), &info);
	int rc;

	*out = (struct link){ 0 };
	mnl_attr_put_strz(request, IFLA_IFNAME, name->text);
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	rc = netlink_talk(request, take_link, &finding);
	if (rc < 0)
		return rc;
	if (!finding.found)
		return -ENODEV;
	/* Linux looks alternative names up as well (5.5). */
	return strcmp(out->name, name->text) == 0 ? 0 : -EEXIST;
}

struct each_link {
	const char *kind;
	void (*each)(const struct link *link, void *data);
	void *data;
};

static int
visit_link(const struct nlmsghdr *message, void *data)
{
	const struct each_link *visit = data;
	struct link link = { 0 };
	struct finding finding = { .link = &link };

	take_link(message, &finding);
	/* An older kernel, and one that does not have the kind, gives all. */
	if (finding.found && strcmp(link.kind, visit->kind) == 0)
		visit->each(&link, visit->data);
	return MNL_CB_OK;
}

int
link_each(const char *kind, void (*each)(const struct link *link, void *data), void *data)
{
	char buffer[NETLINK_BYTES];
	struct each_link visit = { kind, each, data };
	struct ifinfomsg *info;
	struct nlmsghdr *request = netlink_request(buffer, RTM_GETLINK, NLM_F_DUMP, sizeof(*info), &info);
	struct nlattr *nest = mnl_attr_nest_start(request, IFLA_LINKINFO);

	mnl_attr_put_strz(request, IFLA_INFO_KIND, kind);
	mnl_attr_nest_end(request, nest);
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return netlink_talk(request, visit_link, &visit);
}

int
link_create_bridge(const struct link_name *name)
{
	char buffer[NETLINK_BYTES];
	struct ifinfomsg *info;
	struct nlmsghdr *request =
		netlink_request(buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(*info), &info);
	struct nlattr *nest;

	mnl_attr_put_strz(request, IFLA_IFNAME, name->text);
	nest = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, "bridge");
	mnl_attr_nest_end(request, nest);
	return netlink_talk(request, NULL, NULL);
}

int
link_fix_mac(const struct link *bridge)
{
	char buffer[NETLINK_BYTES];
	struct ifinfomsg *info;
	struct nlmsghdr *request = netlink_request(buffer, RTM_NEWLINK, 0, sizeof(*info), &info);

	info->ifi_index = bridge->index;
	mnl_attr_put(request, IFLA_ADDRESS, sizeof(bridge->mac), bridge->mac);
	return netlink_talk(request, NULL, NULL);
}

int
link_delete(int index)
{
	char buffer[NETLINK_BYTES];
	struct ifinfomsg *info;
	struct nlmsghdr *request = netlink_request(buffer, RTM_DELLINK, 0, sizeof(*info), &info);
	int rc;

	info->ifi_index = index;
	rc = netlink_talk(request, NULL, NULL);
	return rc == -ENODEV ? 0 : rc;
}

int
link_add_address(int index, const struct network *network)
{
	char buffer[NETLINK_BYTES];
	uint32_t broadcast = network->address.s_addr | htonl(UINT32_MAX >> network->prefix);
	struct ifaddrmsg *address;
	struct nlmsghdr *request = netlink_request(buffer, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
						   sizeof(*address), &address);
	int rc;

	address->ifa_family = AF_INET;
	address->ifa_prefixlen = (uint8_t)network->prefix;
	address->ifa_index = (unsigned)index;
	mnl_attr_put_u32(request, IFA_LOCAL, network->address.s_addr);
	mnl_attr_put_u32(request, IFA_ADDRESS, network->address.s_addr);
	mnl_attr_put_u32(request, IFA_BROADCAST, broadcast);
	rc = netlink_talk(request, NULL, NULL);
	return rc == -EEXIST ? 0 : rc;
}

/* A request that brings the link up; the caller adds what else it wants in the same breath. */
static struct nlmsghdr *
request_up(void *buffer, int index)
{
	struct ifinfomsg *info;
	struct nlmsghdr *request = netlink_request(buffer, RTM_NEWLINK, 0, sizeof(*info), &info);

	info->ifi_index = index;
	info->ifi_flags = IFF_UP;
	info->ifi_change = IFF_UP;
	return request;
}

int
link_set_up(int index)
{
	char buffer[NETLINK_BYTES];

	return netlink_talk(request_up(buffer, index), NULL, NULL);
}

int
link_join(int index, int master, const char *alias)
{
	char buffer[NETLINK_BYTES];
	struct nlmsghdr *request = request_up(buffer, index);

	mnl_attr_put_u32(request, IFLA_MASTER, (uint32_t)master);
	/* Without its NUL, which the kernel would count as a byte of the alias. */
	mnl_attr_put(request, IFLA_IFALIAS, strlen(alias), alias);
	return netlink_talk(request, NULL, NULL);
}

int
link_set_port(int index, bool isolated)
{
	char buffer[NETLINK_BYTES];
	struct ifinfomsg *link;
	struct nlmsghdr *request = netlink_request(buffer, RTM_NEWLINK, 0, sizeof(*link), &link);
	struct nlattr *info, *port;

	link->ifi_index = index;
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_SLAVE_KIND, "bridge");
	port = mnl_attr_nest_start(request, IFLA_INFO_SLAVE_DATA);
	mnl_attr_put_u16(request, IFLA_BRPORT_GROUP_FWD_MASK, RESERVED_GROUPS);
	mnl_attr_put_u8(request, IFLA_BRPORT_ISOLATED, isolated);
	mnl_attr_nest_end(request, port);
	mnl_attr_nest_end(request, info);
	return netlink_talk(request, NULL, NULL);
}

/* Ports that are still to be isolated: as many as one round takes. */
struct round {
	bool (*is_one)(const struct link *link);
	int index[64];
	unsigned count;
};

static int
take_one_of_them(const struct nlmsghdr *message, void *data)
{
	struct link link = { 0 };
	struct finding finding = { .link = &link };
	struct round *round = data;

	take_link(message, &finding);
	if (round->count < sizeof(round->index) / sizeof(round->index[0]) && link.is_port &&
	    !link.isolated && round->is_one(&link))
		round->index[round->count++] = link.index;
	return MNL_CB_OK;
}

int
link_isolate_ports(int bridge, bool (*is_one)(const struct link *link))
{
	char buffer[NETLINK_BYTES];
	int rc, stubborn = 0;

	for (;;) {
		struct round round = { .is_one = is_one };
		struct ifinfomsg *info;
		struct nlmsghdr *request =
			netlink_request(buffer, RTM_GETLINK, NLM_F_DUMP, sizeof(*info), &info);

		mnl_attr_put_u32(request, IFLA_MASTER, (uint32_t)bridge);
		mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
		rc = netlink_talk(request, take_one_of_them, &round);
		if (rc < 0 || round.count == 0)
			return rc;
		/* An older kernel takes the flag without a word, and without effect. */
		if (round.index[0] == stubborn)
			return -EOPNOTSUPP;
		stubborn = round.index[0];
		for (unsigned i = 0; i < round.count && rc == 0; i++)
			rc = link_set_port(round.index[i], true);
		if (rc < 0 && rc != -ENODEV)
			return rc;
	}
}
