/*
 * gate.h: text from outside becomes a type, or a reason.
 *
 * Floor 1 and pure: a gate looks at its text and at configured values that are passed in, never
 * at the host; it prints nothing and writes its out only on success.  Its *shape* is one extended
 * regular expression: sudoers carries its text, and the program a table that the build makes of the very same
 * text (shape.h).  Its *fit* is what an expression cannot say, or what depends on the configuration.
 */
#pragma once

#include "gate/settings.h"
#include "say/say.h"

enum { OPERAND_BYTES = 4096 };

struct gate {
	/* ERE without anchors; <key> stands for a configured value, quoted. */
	const char *shape;
	/* Completes "NAME must be …"; <key> stands for a configured value. */
	const char *want;
	/* What sudo lets through and the program does not, or NULL. */
	const char *sudo_wider;
	/* Longest text admitted, in bytes; 0 is OPERAND_BYTES. */
	size_t longest;
	/* Called on text of the right shape. */
	enum reason (*fit)(const char *text, const struct settings *settings, void *into);
};

/* REASON_NONE and *into written, or the reason.  Says nothing. */
enum reason gate_admit(const struct gate *gate, const char *text, const struct settings *settings,
		       void *into);

/* Replaces each <key> of a template by its configured value, quoted for an ERE when asked.
 * False when out is too small or the key is unknown (a defect, caught by tests/gate). */
bool gate_expand(const char *pattern, bool quoted, const struct settings *settings, char *out,
		 size_t size);

/* Plain decimal without sign, space or leading zero, low to high; false otherwise. */
bool gate_number(const char *text, uint64_t low, uint64_t high, uint64_t *out);

/* Four plain decimal octets: the one spelling that an IPv4 address has. */
bool gate_dotted_quad(const char *text, struct in_addr *out);

/* For a fit that keeps its text: REASON_MALFORMED where out is too small. */
enum reason gate_copy(const char *text, char *out, size_t size);

/* Who may call: uid 0 by hand, or by sudo uid 0, the owner or an admin.  sudo_uid is the value
 * of SUDO_UID, or NULL.  REASON_NONE or REASON_CALLER. */
enum reason gate_caller(uid_t effective, const char *sudo_uid, const struct settings *settings);

/* Whose the processes and sockets of VMs are: root's, the owner's, or one of vm_uid's. */
bool gate_vm_side(uid_t uid, const struct settings *settings);

/* One path component that is neither empty nor "." nor "..", and a canonical absolute path. */
#define GATE_SEGMENT "([!--0-~][!-.0-~]*|\\.[!--0-~][!-.0-~]*|\\.\\.[!-.0-~]+)"
#define GATE_PATH "(/" GATE_SEGMENT ")+"

#define GATE(id) extern const struct gate gate_##id;
#include "gate/gates.def"
#undef GATE

/* Every gate, in the order of gates.def; ends with NULL. */
extern const struct gate *const gates[];

#define DM_NAME_PREFIX "fc-rootfs-"

/* A device number has 20 bits of minor. */
enum { DM_NAME_MAX = 64, LOOP_NUMBER_MAX = (1 << 20) - 1 };

struct dm_name { char text[DM_NAME_MAX + 1]; };
struct loop_number { bool given; unsigned number; };
struct image { bool is_device; struct dm_name device; struct path file; };

enum {
	READ_LIMIT_MAX = 1 << 30,
	WRITE_TOTAL_MAX = 64 << 20,     /* of all files of a call; they are held in memory */
};

struct inside_file {
	struct path path;
	bool is_directory;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	uint64_t size;
};

enum { DRIVE_NAME_MAX = 32 };

struct drive { char name[DRIVE_NAME_MAX + 1]; struct image image; };

struct gated_id { uid_t id; bool given; };
struct vm_id { char text[VM_ID_MAX + 1]; };
struct timeout { int ms; bool given; };
/* vm: in whose jail it lies; "" for one below runtime_dir. */
struct socket_path { char text[SOCKET_PATH_MAX + 1]; struct vm_id vm; };
struct listener { bool is_vm; struct vm_id vm; struct socket_path socket; };
/* "memory.max" and "512M": a file of the cgroup, and what is written to it. */
struct cgroup_limit { char file[16], value[24]; };
enum binary { BINARY_FIRECRACKER, BINARY_JAILER };
