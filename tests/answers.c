/*
 * answers: asks over a socket whose other end is not the kernel's, and checks what becomes of the answer: of a list
 * that is whole; of one that the kernel says it has broken off; of one that it says changed between two parts, of
 * which the rest must have been read.  Prints what is not so.
 */
#include "keep.h"
#include "sys/netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PARTS = 3, CANNOT = 126 };

struct part {
	struct nlmsghdr header;
	int error;
};

static int kernel;              /* its end of the socket */
static unsigned sequence;       /* as netlink_exchange counts */

static void
say(int type, int flags, int error)
{
	struct part part = {
		{ sizeof(part), (uint16_t)type, (uint16_t)(NLM_F_MULTI | flags), sequence, 0 }, error,
	};

	(void)send(kernel, &part, sizeof(part), 0);
}

/* PARTS links and the end, which says `error`; the second of them carries `flags`, as the kernel's do. */
static int
list(int flags, int error)
{
	char buffer[NETLINK_BYTES];
	struct rtgenmsg *extra;
	struct nlmsghdr *request = netlink_request(buffer, RTM_GETLINK, NLM_F_DUMP, sizeof(*extra), &extra);

	sequence++;
	for (int nr = 0; nr < PARTS; nr++)
		say(RTM_NEWLINK, nr == 1 ? flags : 0, 0);
	say(NLMSG_DONE, 0, error);
	return netlink_talk(request, NULL, NULL);
}

static int
check(const char *what, int rc, int wanted)
{
	char left;

	if (rc == wanted && recv(FD_NETLINK, &left, sizeof(left), MSG_DONTWAIT) < 0)
		return 0;
	printf("%s: %d instead of %d, or some of the answer was not read\n", what, rc, wanted);
	return 1;
}

int
main(void)
{
	int ends[2], wrong = 0;

	if (netlink_open() < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0 ||
	    dup2(ends[0], FD_NETLINK) < 0)
		return CANNOT;
	kernel = ends[1];
	wrong += check("whole", list(0, 0), 0);
	wrong += check("broken off", list(0, -ENOENT), -ENOENT);
	wrong += check("torn", list(NLM_F_DUMP_INTR, 0), -EBUSY);
	wrong += check("whole again", list(0, 0), 0);
	return wrong > 0;
}
