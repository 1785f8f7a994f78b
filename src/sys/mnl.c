/*
 * mnl.c: each function passes on to the library's.
 *
 * They have the library's names, so that libnftnl, which is linked in, finds them too.
 */
#include "sys/mnl.h"

#include "build-config.h"

#include <dlfcn.h>
#include <errno.h>

/* What we call, and what libnftnl does: type, name, parameters, arguments. */
#define FUNCTIONS(F) \
	F(struct nlmsghdr *, nlmsg_put_header, (void *buffer), (buffer)) \
	F(void *, nlmsg_put_extra_header, (struct nlmsghdr *message, size_t size), (message, size)) \
	F(void *, nlmsg_get_payload, (const struct nlmsghdr *message), (message)) \
	F(int, cb_run, (const void *answer, size_t size, unsigned sequence, unsigned port, mnl_cb_t each, void *data), \
	  (answer, size, sequence, port, each, data)) \
	F(void, attr_put, (struct nlmsghdr *message, uint16_t type, size_t size, const void *bytes), \
	  (message, type, size, bytes)) \
	F(void, attr_put_u8, (struct nlmsghdr *message, uint16_t type, uint8_t value), (message, type, value)) \
	F(void, attr_put_u16, (struct nlmsghdr *message, uint16_t type, uint16_t value), (message, type, value)) \
	F(void, attr_put_u32, (struct nlmsghdr *message, uint16_t type, uint32_t value), (message, type, value)) \
	F(void, attr_put_u64, (struct nlmsghdr *message, uint16_t type, uint64_t value), (message, type, value)) \
	F(void, attr_put_str, (struct nlmsghdr *message, uint16_t type, const char *text), (message, type, text)) \
	F(void, attr_put_strz, (struct nlmsghdr *message, uint16_t type, const char *text), (message, type, text)) \
	F(struct nlattr *, attr_nest_start, (struct nlmsghdr *message, uint16_t type), (message, type)) \
	F(void, attr_nest_end, (struct nlmsghdr *message, struct nlattr *start), (message, start)) \
	F(int, attr_parse, (const struct nlmsghdr *message, unsigned offset, mnl_attr_cb_t each, void *data), \
	  (message, offset, each, data)) \
	F(int, attr_parse_nested, (const struct nlattr *attr, mnl_attr_cb_t each, void *data), (attr, each, data)) \
	F(bool, attr_ok, (const struct nlattr *attr, int size), (attr, size)) \
	F(struct nlattr *, attr_next, (const struct nlattr *attr), (attr)) \
	F(int, attr_type_valid, (const struct nlattr *attr, uint16_t most), (attr, most)) \
	F(int, attr_validate, (const struct nlattr *attr, enum mnl_attr_data_type type), (attr, type)) \
	F(uint16_t, attr_get_type, (const struct nlattr *attr), (attr)) \
	F(uint8_t, attr_get_u8, (const struct nlattr *attr), (attr)) \
	F(uint16_t, attr_get_u16, (const struct nlattr *attr), (attr)) \
	F(uint32_t, attr_get_u32, (const struct nlattr *attr), (attr)) \
	F(uint64_t, attr_get_u64, (const struct nlattr *attr), (attr)) \
	F(const char *, attr_get_str, (const struct nlattr *attr), (attr)) \
	F(void *, attr_get_payload, (const struct nlattr *attr), (attr)) \
	F(uint16_t, attr_get_payload_len, (const struct nlattr *attr), (attr))

#define MEMBER(type, name, parameters, arguments) typeof(mnl_##name) *name;
static struct { FUNCTIONS(MEMBER) } libmnl;

int
mnl_open(void)
{
	static bool is_open;
	void *library;

	if (is_open)
		return 0;
	library = dlopen(LIBMNL_FILE, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return -ELIBACC;
#define LOOK_UP(type, name, parameters, arguments) \
	if (!(libmnl.name = (typeof(libmnl.name))dlsym(library, "mnl_" #name))) \
		return -ELIBACC;
	FUNCTIONS(LOOK_UP)
	is_open = true;
	return 0;
}

#define PASS_ON(type, name, parameters, arguments) \
	type mnl_##name parameters { return libmnl.name arguments; }
FUNCTIONS(PASS_ON)
