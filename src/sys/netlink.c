/*
 * netlink.c: sockets, and exchanges over them.
 */
#include "sys/netlink.h"

#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_BYTES = 32 * 1024 };

int
netlink_open_socket(int protocol, int descriptor)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return -errno;
	if (fd == descriptor)
		return 0;
	if (dup3(fd, descriptor, O_CLOEXEC) < 0)
		return -errno;
	close(fd);
	return 0;
}

int
netlink_open(void)
{
	int rc = mnl_open();

	return rc < 0 ? rc : netlink_open_socket(NETLINK_ROUTE, FD_NETLINK);
}

struct nlmsghdr *
netlink_request(void *buffer, int type, int flags, size_t size, void *extra)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);

	header->nlmsg_type = (uint16_t)type;
	header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	*(void **)extra = mnl_nlmsg_put_extra_header(header, size);
	return header;
}

int
netlink_talk(struct nlmsghdr *request, mnl_cb_t callback, void *data)
{
	request->nlmsg_flags |= NLM_F_ACK;
	return netlink_exchange(FD_NETLINK, request, request->nlmsg_len, callback, data);
}

/* One number for all of them: none is answered by itself. */
static void
number(void *requests, size_t length, unsigned sequence)
{
	for (size_t at = 0; at < length;) {
		struct nlmsghdr *header = (void *)((char *)requests + at);

		header->nlmsg_seq = sequence;
		at += NLMSG_ALIGN(header->nlmsg_len);
	}
}

/* Messages, each within what came: libmnl 1.0.4 takes a length of 2^31 and more for a negative one, and it for
 * short enough. */
static bool
is_framed(const char *answer, size_t length)
{
	for (size_t at = 0; at < length;) {
		const struct nlmsghdr *header = (const void *)(answer + at);

		if (length - at < sizeof(*header) || header->nlmsg_len < sizeof(*header) ||
		    header->nlmsg_len > length - at)
			return false;
		at += NLMSG_ALIGN(header->nlmsg_len);
	}
	return length > 0;
}

/* What is wrong with the answer as a whole: 0; -EBUSY when things changed between two parts of it, where libmnl would
 * stop, but a socket takes no other question before this one's answer was read to its end; or why the kernel broke it
 * off, which libmnl does not look for in NLMSG_DONE. */
static int
take_trouble(char *answer, size_t length)
{
	int error, rc = 0;

	for (size_t at = 0; at < length;) {
		struct nlmsghdr *header = (void *)(answer + at);

		if (header->nlmsg_flags & NLM_F_DUMP_INTR)
			rc = -EBUSY;
		header->nlmsg_flags &= (uint16_t)~NLM_F_DUMP_INTR;
		if (header->nlmsg_type == NLMSG_DONE && header->nlmsg_len >= NLMSG_LENGTH(sizeof(error))) {
			memcpy(&error, NLMSG_DATA(header), sizeof(error));
			rc = rc == 0 && error < 0 ? error : rc;
		}
		at += NLMSG_ALIGN(header->nlmsg_len);
	}
	return rc;
}

int
netlink_exchange(int descriptor, void *requests, size_t length, mnl_cb_t callback, void *data)
{
	static const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	static _Alignas(struct nlmsghdr) char answer[ANSWER_BYTES];
	static unsigned sequence;
	int trouble = 0;

	number(requests, length, ++sequence);
	if (sendto(descriptor, requests, length, 0, (const struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		return -errno;
	for (;;) {
		struct sockaddr_nl sender = { 0 };
		socklen_t size = sizeof(sender);
		ssize_t got = recvfrom(descriptor, answer, sizeof(answer), MSG_TRUNC,
				       (struct sockaddr *)&sender, &size);
		int more, rc;

		if (got < 0)
			return -errno;
		if (sender.nl_pid != 0)
			continue;       /* another process may write to this socket; the kernel is 0 */
		if ((size_t)got > sizeof(answer))
			return -EMSGSIZE;
		if (!is_framed(answer, (size_t)got))
			return -EBADMSG;
		/* What is left of an exchange that ended with its first error. */
		if (((const struct nlmsghdr *)(const void *)answer)->nlmsg_seq != sequence)
			continue;
		rc = take_trouble(answer, (size_t)got);
		trouble = trouble == 0 ? rc : trouble;
		/* 0 when the acknowledgement or the end of a dump came, 1 when more is to come. */
		more = mnl_cb_run(answer, (size_t)got, sequence, 0, callback, data);
		if (more < 0)
			return -errno;
		if (more == 0)
			return trouble;
	}
}
