/*
 * gates: tables of text and what each gate says to it; and of rows, that their texts end and their filters hold.
 */
#include "config/config.h"
#include "gate/gate.h"
#include "filters.h"
#include "shapes.h"
#include "verb.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct settings settings;
static unsigned passed, wrong;

static void
check(bool holds, const char *what, const char *text)
{
	char shown[256];

	escape(shown, sizeof(shown), text, strlen(text));
	if (holds)
		passed++;
	else {
		wrong++;
		printf("wrong: %s: %s\n", what, shown);
	}
}

static void
check_gate(const char *name, const struct gate *gate, const char *const good[],
	   const char *const bad[])
{
	static char into[sizeof(struct settings)];
	static char untouched[sizeof(into)];

	for (; *good; good++)
		check(gate_admit(gate, *good, &settings, into) == REASON_NONE, name, *good);
	memset(untouched, 0x5a, sizeof(untouched));
	for (; *bad; bad++) {
		memset(into, 0x5a, sizeof(into));
		check(gate_admit(gate, *bad, &settings, into) != REASON_NONE, name, *bad);
		check(memcmp(into, untouched, sizeof(into)) == 0, "wrote on refusal", *bad);
	}
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define FORTY "0123456789012345678901234567890123456789"

static void
check_operands(void)
{
	check_gate("tap", &gate_tap_name, LIST("banger-a", "banger-0", "banger--", "banger-a-b-c-d"),
		   LIST("", "banger-", "banger", "banger-A", "banger-a.b", "banger-%d", "banger-*",
			"banger-+", "banger-a b", "banger-a\n", "banger-\033", "banger-\xff", " banger-a",
			"banger-a ", "-banger-a", "Banger-a", "banger-123456789", "xbanger-a", "eth0",
			"banger-a/b", "banger-a:1", "banger-\xc3\xa9", "lo"));
	check_gate("guest ip", &gate_guest_ip, LIST("172.30.0.2", "172.30.0.254"),
		   LIST("", "0.0.0.0", "127.1", "127.0.0.1", "010.0.0.1", "10.0.0.1/24", "172.30.0.2/24", "224.0.0.1",
			"172.30.0.0", "172.30.0.1", "172.30.0.255", "172.30.1.2", "172.30.0.02", "172.30.0.0x2",
			"172.30.2", "172.30.0.2.", ".172.30.0.2", "172.30.0.256", "172.30.0.2 ", "172.30.0.2\n",
			"2887647234", "0xac1e0002", "::ffff:172.30.0.2", "172.30.0.1234", "172.30.0.-2"));
	check_gate("uid", &gate_vm_uid, LIST("1900"),
		   LIST("", "0", "-1", "+1900", " 1900", "1900 ", "01900", "0x76c", "1899", "1901", "1e3",
			"4294969196", "18446744073709553516", "99999999999999999999999", "1900a",
			"\xd9\xa1", "1900\n", "2147483648"));
	check_gate("gid", &gate_vm_gid, LIST("1900"), LIST("0", "1901", "-1", ""));
	check_gate("bridge", &gate_bridge, LIST("banger0"),
		   LIST("", "lo", "*", "banger", "banger00", "Banger0", "banger0 ", "banger0/", "eth0", FORTY));
	check_gate("resolver", &gate_resolver,
		   LIST("172.30.0.1", "172.30.0.1:53", "172.30.0.1:1024", "172.30.0.1:65535", "127.0.0.1",
			"127.9.9.9:5353", "::1", "[::1]:53", "[::1]:5353"),
		   LIST("", "127.1", "127.0.0.01", "0x7f.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:053",
			"127.0.0.1:1023", "127.0.0.1:65536", "127.0.0.1:18446744073709551669", "127.0.0.1/8",
			"127.0.0.53", "127.0.0.54:5353", "172.30.0.2", "8.8.8.8", "0.0.0.0", "::", "[::1]",
			"::01", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1", "[127.0.0.1]:53", "::1%lo",
			"[::1]:05353", "::1:5353", "fe80::1", ":", "1", "localhost", "127.0.0.1\n", FORTY FORTY));
	check_gate("vm id", &gate_vm_id, LIST("a", "0", "a-b", "vm1", "12345678901234567890123456789012"),
		   LIST("", "-a", "A", "a_b", "a.b", "..", ".", "a/b", "123456789012345678901234567890123",
			FORTY, "a\n", "a b"));
	check_gate("verb", &gate_verb_name, LIST("help", "create-tap"),
		   LIST("", "Help", "-h", "--help", "a b", FORTY));
	check_gate("json", &gate_json_format, LIST("json"), LIST("", "JSON", "jsonx", "xml"));
	check_gate("form", &gate_sudoers_form, LIST("regex", "portable"), LIST("", "regexportable"));
	check_gate("state file", &gate_state_file,
		   LIST("/var/lib/banger/a", "/var/lib/banger/a/b.c", "/var/lib/banger/.a", "/var/lib/banger/..a",
			"/var/lib/banger/...", "/var/lib/banger/jail2/x", "/var/lib/banger/a/jail"),
		   LIST("", "/", "/var/lib/banger", "/var/lib/banger/", "/var/lib/banger//a",
			"/var/lib/banger/a/", "/var/lib/banger/./a", "/var/lib/banger/../a",
			"/var/lib/banger/a/..", "/var/lib/banger/a/.", "var/lib/banger/a", "/var/lib/bangera/b",
			"/var/lib/banger/jail", "/var/lib/banger/jail/x", "/etc/shadow", "/var/lib/banger/a b",
			"/var/lib/banger/\xff", "/var/lib/banger/a\n", "/proc/self/root/var/lib/banger/a"));
	check_gate("dm name", &gate_dm_name, LIST("fc-rootfs-a", "fc-rootfs-vm-1"),
		   LIST("", "fc-rootfs-", "fc-rootfs-A", "xfc-rootfs-a", "fc-rootfs-a/b", "fc-rootfs-..",
			"fc-rootfs-" FORTY FORTY));
	check_gate("dm device", &gate_dm_device, LIST("/dev/mapper/fc-rootfs-a"),
		   LIST("fc-rootfs-a", "/dev/mapper/control", "/dev/sda", "/dev/mapper/../sda",
			"/dev/mapper/fc-rootfs-a/../b", "/dev/mapper//fc-rootfs-a"));
	check_gate("dm target", &gate_dm_target, LIST("fc-rootfs-a", "/dev/mapper/fc-rootfs-a"),
		   LIST("", "-", "/dev/mapper/", "mapper/fc-rootfs-a", "/dev/mapper//dev/mapper/fc-rootfs-a",
			"/dev/mapper/fc-rootfs-" FORTY FORTY, "fc-rootfs-" FORTY FORTY));
	check_gate("dm device or -", &gate_dm_device_if_any, LIST("-", "/dev/mapper/fc-rootfs-a"),
		   LIST("", "--", "fc-rootfs-a", "/dev/mapper/-", "/dev/mapper/fc-rootfs-" FORTY FORTY));
	check_gate("loop or -", &gate_loop_if_any, LIST("-", "/dev/loop0", "/dev/loop7", "/dev/loop1048575"),
		   LIST("", "--", "/dev/loop", "/dev/loop-", "/dev/loop00", "/dev/loop01", "/dev/loop-control",
			"/dev/loop1048576", "/dev/loop4294967296", "/dev/loop18446744073709551616",
			"/dev/loop0p1", "/dev/sda", "loop0", "0", "/dev/loop/0"));
	check_gate("image", &gate_image, LIST("/dev/mapper/fc-rootfs-a", "/var/lib/banger/x.ext4"),
		   LIST("/dev/sda1", "/var/lib/banger/jail/x", "/dev/mapper/root", "/etc/passwd"));
	check_gate("inside path", &gate_inside_path, LIST("/a", "/a/b=c", "/..a", "/a:b"),
		   LIST("", "/", "a", "/a/", "/a/../b", "/./a", "//a", "/a b", "/a\n", "/a\033",
			"/" FORTY FORTY FORTY FORTY FORTY FORTY FORTY));
	check_gate("inside file", &gate_inside_file,
		   LIST("/a=644:0:0:0", "/a/=1777:0:4294967294", "/a=0:1:2:67108864", "/a=b=0644:0:0:1",
			"/a=1:2:3:4/=755:0:0"),
		   LIST("", "/a", "/a=", "/a=644", "/a=644:0:0", "/a/=755:0:0:0", "/=755:0:0", "/a=2777:0:0:0",
			"/a=888:0:0:0", "/a=644:-1:0:0", "/a=644:4294967295:0:0", "/a=644:00:0:0",
			"/a=644:0:0:67108865", "/a=644:0:0:99999999999999999999", "/a=644:0:0:0:", "a=644:0:0:0",
			"/a/../b=644:0:0:0", "/a//=755:0:0", "/a=644:0:0: 1", "/a=00644:0:0:0"));
	check_gate("read limit", &gate_read_limit, LIST("1", "1073741824"),
		   LIST("", "0", "01", "-1", "1073741825", "99999999999", "1k"));
}

static void
check_processes(void)
{
	check_gate("pid", &gate_pid, LIST("2", "9", "10", "4194303", "4194304"),
		   LIST("", "0", "1", "-1", "+2", " 2", "2 ", "02", "0x2", "2a", "2\n", "2.0", "4194305",
			"9999999", "4294967297", "4294967298", "18446744073709551618", "\xd9\xa1"));
	check_gate("signal", &gate_signal, LIST("TERM", "KILL", "INT", "HUP", "QUIT", "CONT", "STOP"),
		   LIST("", "term", "SIGTERM", "9", "0", "USR1", "TERM ", "TERMX", "-9"));
	check_gate("timeout", &gate_timeout, LIST("0", "1", "60000"),
		   LIST("", "-1", "60001", "99999", "00", "01", "1.5", "1e3", "100000", " 1"));
	check_gate("socket", &gate_socket,
		   LIST("/run/banger/a", "/run/banger/a/b.sock", "/run/banger/..a",
			"/var/lib/banger/jail/firecracker/vm1/root/run/api.sock",
			"/var/lib/banger/jail/firecracker/vm1/" SOCKET_DIR_INSIDE "/v.sock_1",
			"/run/banger/" FORTY FORTY "012345678901234"),
		   LIST("", "/", "/run/banger", "/run/banger/", "/run/banger//a", "/run/banger/a/",
			"/run/banger/./a", "/run/banger/../docker.sock", "/run/bangera/b", "run/banger/a",
			"/run/banger/a b", "/run/banger/a\n", "/run/banger/\xff", "/run/docker.sock",
			"/run/banger/" FORTY FORTY "0123456789012345",
			"/var/lib/banger/jail/firecracker/vm1", "/var/lib/banger/jail/firecracker/vm1/root",
			"/var/lib/banger/jail/firecracker/vm1/other/x",
			"/var/lib/banger/jail/firecracker/VM/root/x",
			"/var/lib/banger/jail/firecracker/-a/root/x",
			"/var/lib/banger/jail/firecracker/../root/x",
			"/var/lib/banger/jail/firecracker/vm1/root/../x",
			"/var/lib/banger/jail/firecracker/012345678901234567890123456789012/root/x",
			"/var/lib/banger/jail/other/vm1/root/x"));
	check_gate("listener", &gate_listener, LIST("vm=a", "vm=vm-1", "/run/banger/a"),
		   LIST("", "vm=", "vm=A", "vm=-a", "vm=../a", "vm=a/b", "vm=" FORTY, "vm= a", "id=a",
			"/run/banger", "/run/docker.sock"));
	check_gate("cgroup limit", &gate_cgroup_limit,
		   LIST("memory.max:512M", "memory.high:max", "memory.max:0", "cpu.max:50000", "cpu.max:max",
			"cpu.max:1000", "cpu.weight:10000", "pids.max:64", "pids.max:4194304"),
		   LIST("memory.max", "memory.max:", "memory.swap.max:1", "memory.max:-1", "memory.max:1T",
			"cgroup.kill:1", "cgroup.procs:0", "../x:1", "cpu.weight:0", "cpu.weight:10001", "cpu.max:999",
			"cpu.max:1 2", "pids.max:00", "pids.max:4194305",
			"pids.max:1/", ":1"));
	check_gate("binary", &gate_binary, LIST("firecracker", "jailer"),
		   LIST("", "sh", "Firecracker", "firecracker2", "/usr/local/bin/firecracker",
			"../firecracker"));
}

static void
check_values(void)
{
	check_gate("account", &gate_account, LIST("banger", "1900", "_x", "a-b"),
		   LIST("", "root", "0", "-1", "65534", "4294967295", "1 2", "a:b", "A", FORTY));
	check_gate("directory", &gate_directory, LIST("/a", "/a/b", "/.a", "/.a.", "/-a/A_9@+"),
		   LIST("", "/", "a", "/a/", "//a", "/a/../b", "/a/.", "/a/...", "/a b", "/a#", "/a:b", "/a\\b", "/a$", "/\xff"));
	check_gate("firecracker", &gate_firecracker, LIST("firecracker", "/usr/bin/firecracker", "/firecracker"),
		   LIST("", "fire", "/bin/sh", "/a/firecracker/", "../firecracker", "/a/../firecracker",
			"firecracker2"));
	check_gate("jailer", &gate_jailer, LIST("jailer", "/usr/bin/jailer"), LIST("", "../jailer", "/"));
	check_gate("link", &gate_link_name, LIST("br0", "banger0", "eth0.1"),
		   LIST("", "all", "default", "-a", ".", "..", "a/b", "1234567890123456", "a:b", "a%d"));
	check_gate("tap prefix", &gate_tap_prefix, LIST("banger-", "t"),
		   LIST("", "-", "A", "123", "abcdefghijklmno"));
	check_gate("network", &gate_network, LIST("172.30.0.1/24", "10.0.0.1/8", "192.168.1.1/30"),
		   LIST("", "172.30.0.1", "172.30.0.0/24", "172.30.0.255/24", "127.1/8", "10.0.0.010/24",
			"010.0.0.1/24", "10.0.0.1/7", "10.0.0.1/31", "10.0.0.1/024", "256.0.0.1/24",
			"10.0.0.1/24 ", "::1/64", "1.2.3.4.5/24", "10.0.0.1/-1", "10.0.0.1/"));
	check_gate("domain", &gate_domain, LIST("vm", "a.b", "x-y.z1"),
		   LIST("", ".", "~.", "~vm", "a..b", ".a", "a.", "-a", "a-", "A", "a_b", FORTY FORTY));
	check_gate("range", &gate_id_range, LIST("1", "1900000000-1900065535", "5-5", "1-65533", "65535-70000"),
		   LIST("", "0", "0-5", "5-4", "1-", "-1", "1-2-3", "1-4294967296", "01-2", "2147483648",
			"65534", "65534-65534", "1-65534", "65534-65535", "60000-70000"));
	check_gate("yes or no", &gate_yes_no, LIST("yes", "no"), LIST("", "Yes", "true", "1"));
}

/* A text that fills its place in a row to the last byte would run on into the next. */
#define ENDS(text) (memchr(text, '\0', sizeof(text)) != NULL)

static void
check_calls(const struct call *call, const char *whose)
{
	for (; call && call->name[0]; call++)
		check(ENDS(call->name) && ENDS(call->value_name) && ENDS(call->why), "row", whose);
}

static void
check_rows(void)
{
	unsigned long tried = 0;

	check_calls(keep_always, "every verb");
	check_calls(keep_from_programs, "no program");
	for (size_t i = 0; verbs[i]; i++) {
		const struct stage *stage = verbs[i]->stages;

		for (; stage->act; stage++) {
			check_calls(stage->keep.calls, verbs[i]->name);
			check(check_filter(&stage->keep, &tried) == 0, "filter", verbs[i]->name);
			for (const struct cap *cap = stage->keep.caps; cap && cap->name[0]; cap++)
				check(ENDS(cap->name) && ENDS(cap->why), "row", verbs[i]->name);
		}
		check(stage - verbs[i]->stages <= STAGES_MAX, "number of stages", verbs[i]->name);
	}
	printf("gates: %lu calls against the filters\n", tried);
}

/* What is an address is one to libc too, the same, and printed the same; and the other way about. */
static void
check_addresses(void)
{
	for (unsigned i = 0; i < 4 * 1000; i++) {
		char text[32], again[INET_ADDRSTRLEN];
		struct in_addr ours, theirs;
		bool admitted;

		snprintf(text, sizeof(text), "%u.%u.%u.%u", i / 1000 == 0 ? i % 1000 : 1, i / 1000 == 1 ? i % 1000 : 22,
			 i / 1000 == 2 ? i % 1000 : 255, i / 1000 == 3 ? i % 1000 : 0);
		admitted = gate_dotted_quad(text, &ours);
		check(admitted == (inet_pton(AF_INET, text, &theirs) == 1), "address", text);
		check(!admitted || (ours.s_addr == theirs.s_addr &&
				    strcmp(inet_ntop(AF_INET, &ours, again, sizeof(again)), text) == 0), "address", text);
	}
}

static void
check_callers(void)
{
	static const struct { uid_t effective; const char *sudo_uid; bool may; } rows[] = {
		{ 0, NULL, true }, { 0, "0", true }, { 0, "1900", true }, { 0, "1901", true },
		{ 0, "1902", false }, { 0, "", false }, { 0, " 1900", false }, { 0, "1900 ", false },
		{ 0, "+1900", false }, { 0, "01900", false }, { 0, "4294969196", false }, { 0, "-1", false },
		{ 0, "4294967295", false }, { 0, "18446744073709551616", false }, { 1900, "1900", false },
		{ 1900, NULL, false }, { 1900, "0", false },
	};

	settings.owner.uid = 1900;
	settings.admins.count = 1;
	settings.admins.each[0].uid = 1901;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check((gate_caller(rows[i].effective, rows[i].sudo_uid, &settings) == REASON_NONE) ==
		      rows[i].may, "caller", rows[i].sudo_uid ? rows[i].sudo_uid : "(none)");
	/* An admin that could not be looked up has uid 0 and lets nobody in. */
	settings.admins.each[0].uid = 0;
	check(gate_caller(0, "1901", &settings) == REASON_CALLER, "caller", "unknown admin");
}

static void
check_config(void)
{
	static const struct { const char *text, *why; } rows[] = {
		{ "", NULL }, { "# only this\n", NULL }, { "owner = alice\n", NULL },
		{ "admins = a b  c\n", NULL }, { "vm_uid = 5-9\nvm_gid=7\n", NULL },
		{ "uplink =\n", NULL }, { "batch = create-tap delete-tap\n", NULL },
		{ "nosuch = 1\n", "line 1: no such key" }, { "\nOwner = a\n", "line 2: no such key" },
		{ "owner = a\nowner = b\n", "line 2: owner is there twice" },
		{ "owner = root\n", "line 1: owner must be" }, { "owner =\n", "line 1: owner must be" },
		{ "admins = a root\n", "line 1: admins must be a user's name in /etc/passwd or a uid, not root or nobody (65534); "
		  "several are separated by spaces, 32 at most" },
		{ "batch = Create\n", "line 1: batch must be a verb, as `banger-priv verbs` lists them; "
		  "several are separated by spaces, 32 at most" },
		{ "admins = a, b\n", "line 1: admins must be" },
		{ "admins = a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a\n", NULL },
		{ "admins = a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a\n", "line 1: admins must be" },
		{ "vm_uid = 1 2\n", "line 1: vm_uid must be a number" },
		{ "[x]\nowner = a\n", "line 1: there are no" }, { "owner = a\n [x]", "line 2: there are no" },
		{ "bridge_address = 10.0.0.0/24\n", "line 1: bridge_address must be" },
		{ "just words\n", "line 1: neither" }, { "tap_prefix : bang\n", "line 1: neither" },
		{ "\ntap_prefix = bang ;er\n", "line 2: neither" }, { "tap_prefix = bang;er\n", "line 1: neither" },
		{ " ; owner = a\n", "line 1: neither" }, { "tap_prefix: bang = x\n", "line 1: neither" },
		{ " # a : b ; c\nowner=a\n", NULL }, { "owner = a\n  b\n", "line 2: owner is there twice" },
		{ "bridge = eth0\nuplink = eth0\n", "bridge and uplink" },
		{ "state_dir = /a/b\njail_dir = /a\n", "state_dir lies in jail_dir" },
		{ "state_dir = /a\njail_dir = /a\n", "state_dir lies in jail_dir" },
		{ "jail_dir = /" FORTY FORTY "\n", "jail_dir is" },
		{ "state_dir = /" FORTY "12345678901234567890123\n", NULL },
		{ "state_dir = /" FORTY "123456789012345678901234\n", "state_dir is longer than 64 bytes" },
		{ "runtime_dir = /var/lib/banger\n", "runtime_dir is state_dir, or above it" },
		{ "runtime_dir = /var/lib\n", "runtime_dir is state_dir, or above it" },
		{ "jail_dir = /j\nruntime_dir = /j\n", "runtime_dir is jail_dir, or above or below it" },
		{ "jail_dir = /j/a\nruntime_dir = /j\n", "runtime_dir is jail_dir, or above or below it" },
		{ "runtime_dir = /var/lib/banger/jail/firecracker/vm1\n", "runtime_dir is jail_dir, or above or below it" },
		{ "runtime_dir = /var/lib/banger/run\n", NULL }, { "runtime_dir = /var/lib/bange\n", NULL },
		{ "runtime_dir = /var/lib/banger/jail2\n", NULL }, { "state_dir = /run/bangers\n", NULL },
		{ "owner = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", "line 1: too long" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char why[512] = "";
		bool good = config_parse(rows[i].text, strlen(rows[i].text), &settings, why, sizeof(why));

		check(good == (rows[i].why == NULL), "config", rows[i].text);
		if (rows[i].why)
			check(strncmp(why, rows[i].why, strlen(rows[i].why)) == 0, "config's reason", why);
	}
	check(!config_parse("a\0b", 3, &settings, (char[64]){ "" }, 64), "config", "a NUL byte");
}

static void
check_templates(void)
{
	char out[64];

	check(gate_expand("x<bridge>y", false, &settings, out, sizeof(out)) &&
	      strcmp(out, "xbanger0y") == 0, "template", out);
	check(!gate_expand("<nosuch>", false, &settings, out, sizeof(out)), "template", "unknown key");
	check(!gate_expand("<state_dir><state_dir>", false, &settings, out, 20), "template", "too small");
	memcpy(settings.tap_prefix.text, "a.b", 4);
	check(gate_expand("<tap_prefix>", true, &settings, out, sizeof(out)) &&
	      strcmp(out, "a\\.b") == 0, "template", out);
	check(escape(out, 6, "\033\033", 2) == 4 && strcmp(out, "\\x1b") == 0, "escape", out);
}

/* Configured values of which one begins with the other, or that an expression would read as more than text. */
static void
check_shapes(void)
{
	static const struct { const char *state_dir, *jail_dir, *runtime_dir, *tap_prefix; } rows[] = {
		{ "/var/lib/banger", "/var/lib/banger/jail", "/run/banger", "banger-" },
		{ "/a", "/a/firecracker/a", "/a/firecracker/a/firecracker", "a" },
		{ "/dev/mapper", "/r/a", "/r", "a-0" }, { "/.*[a](b|c)", "/+", "/+{2}", "a.b" },
	};
	unsigned long tried = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		stpcpy(settings.state_dir.text, rows[i].state_dir);
		stpcpy(settings.jail_dir.text, rows[i].jail_dir);
		stpcpy(settings.runtime_dir.text, rows[i].runtime_dir);
		stpcpy(settings.tap_prefix.text, rows[i].tap_prefix);
		for (size_t gate = 0; gates[gate]; gate++)
			if (i == 0 || strchr(gates[gate]->shape, '<'))
				check(check_shape(gates[gate], &settings, &tried) == 0, "shape", gates[gate]->shape);
	}
	printf("gates: %lu texts against regcomp(3)\n", tried);
}

int
main(void)
{
	char why[512] = "";

	if (!config_parse("", 0, &settings, why, sizeof(why))) {
		printf("defaults: %s\n", why);
		return EXIT_FAILURE;
	}
	settings.vm_uid = settings.vm_gid = (struct id_range){ "1900", 1900, 1900 };
	check_operands();
	check_processes();
	check_values();
	check_rows();
	check_addresses();
	check_callers();
	check_config();
	config_parse("", 0, &settings, why, sizeof(why));
	check_templates();
	config_parse("", 0, &settings, why, sizeof(why));
	check_shapes();
	printf("gates: %u passed, %u failed\n", passed, wrong);
	return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
