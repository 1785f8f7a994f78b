/*
 * network.c: whether guests get out, and whether their names are found.
 */
#include "build-config.h"
#include "check/checks.h"
#include "check/report.h"
#include "sys/bus.h"
#include "sys/lines.h"
#include "sys/nat.h"
#include "sys/netlink.h"
#include "sys/resolved.h"
#include "sys/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static int netlink_rc, nft_rc, sysctl_rc, bus_rc;

int
check_open_network(void)
{
	netlink_rc = netlink_open();
	nft_rc = netlink_rc < 0 ? 0 : nft_open();
	sysctl_rc = sysctl_open();
	bus_rc = bus_open();
	return 0;
}

static void
say_forward_chain(const struct forward_chain *chain, bool hook)
{
	char what[2 * NFT_NAME_MAXLEN + 64];

	snprintf(what, sizeof(what), "the chain %s of the nft table %s drops %s", chain->name, chain->table,
		 chain->by_policy ? "by policy" : "by a last rule");
	if (chain->is_owned && chain->by_policy)
		report(WRONG, NULL, "%s; whose table it is must accept guests there", what);
	else if (chain->is_owned)
		report(NOTE, NULL, "%s, unless whose table it is accepts guests before", what);
	else if (!hook)
		report(WRONG, "sed -i '/^ *forward_hook *=/d' " CONFIG_FILE, "%s, and forward_hook = no", what);
	else
		report(OK, NULL, "%s; ensure-nat puts its one rule into %s", what, chain->last);
}

static void
check_forward_chains(const struct settings *settings)
{
	struct nat nat;
	int rc = netlink_rc < 0 ? netlink_rc : nft_rc < 0 ? nft_rc : nat_look(settings, &nat);

	if (rc == -EPERM) {
		report(UNSEEN, NULL, "forward chains: only root may read the packet filter");
		return;
	}
	if (rc < 0) {
		report(WRONG, rc == -ELIBACC ? "apt-get install libmnl0" : "modprobe nf_tables",
		       "the packet filter cannot be read: %s",
		       rc == -ELIBACC ? "libmnl is missing" : strerrordesc_np(-rc));
		return;
	}
	for (unsigned i = 0; i < nat.forward.count; i++)
		say_forward_chain(&nat.forward.each[i], settings->forward_hook);
	if (nat.forward.too_many)
		report(WRONG, NULL, "there are more forward chains, or more jumps in them, than ensure-nat follows");
	else if (nat.forward.count == 0)
		report(OK, NULL, "no forward chain drops");
}

/* The old tables are not ours to change, and stand beside those of nf_tables. */
static void
check_legacy_tables(const struct settings *settings)
{
	static struct lines names;
	int rc = lines_read(AT_FDCWD, "/proc/net/ip_tables_names", &names);
	char command[REPORT_BYTES];
	char *name;

	if (rc == -EACCES)
		report(UNSEEN, NULL, "the tables of iptables-legacy: only root may list them");
	snprintf(command, sizeof(command), "iptables-legacy -I FORWARD -m conntrack --ctorigsrc %s -j ACCEPT",
		 settings->bridge_address.text);
	while (rc == 0 && (name = lines_next(&names)))
		if (strcmp(name, "filter") == 0) {
			report(NOTE, command,
			       "iptables-legacy has a table filter, which no verb changes; should its FORWARD "
			       "chain drop, guests get no further");
			return;
		}
}

void
check_forwarding(const struct settings *settings)
{
	int on = sysctl_rc < 0 ? sysctl_rc : sysctl_get("ipv4/ip_forward");

	if (on < 0)
		report(WRONG, NULL, "net.ipv4.ip_forward cannot be read: %s", strerrordesc_np(-on));
	else
		report(OK, NULL, on ? "net.ipv4.ip_forward is on" :
		       "net.ipv4.ip_forward is off; ensure-nat switches it on");
	check_forward_chains(settings);
	check_legacy_tables(settings);
}

void
check_resolver(const struct settings *settings)
{
	int rc = bus_rc < 0 ? bus_rc : bus_greet();

	(void)settings;
	if (rc == 0)
		rc = resolved_answers();
	if (rc == 0)
		report(OK, NULL, "systemd-resolved answers");
	else if (rc == -ELIBACC)
		report(WRONG, "apt-get install libsystemd0", "libsystemd is missing");
	else
		report(NOTE, "systemctl enable --now systemd-resolved",
		       "sync-resolver-routing will fail: systemd-resolved does not %s%s",
		       rc == -ESRCH ? "run" : "answer: ", rc == -ESRCH ? "" : strerrordesc_np(-rc));
}
