/*
 * filters.c: each row's program, run as the kernel would, against what the row says.
 *
 * Not on calls that somebody thought of.  A program compares the number of the call, the architecture and the halves
 * of an argument with constants of its own, and so cannot tell apart what lies between two of them: with each
 * constant, and those next to it, as number and as architecture, all that there are have been asked about.  Arguments
 * also take each value that a row compares them with, with each bit turned over.
 */
#include "filters.h"

#include "cage/filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_LATER = 451, LAST_LATER = 511, NUMBERS = 1024, FIRST_OF_X32 = 0x40000000 };

#if defined(__x86_64__)
#define OURS AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OURS AUDIT_ARCH_AARCH64
#endif

/* The program at hand, its row, and how often they were asked, and differed. */
static const struct keep *row;
static struct sock_fprog program;
static unsigned long asked;
static unsigned wrong;

/* The instructions that libseccomp and the build use; anything else is answered with 0, which is none of a
 * filter's answers here (SECCOMP_RET_KILL_THREAD). */
static uint32_t
answer(const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (unsigned at = 0; at < program.len; at++) {
		const struct sock_filter *op = &program.filter[at];
		bool holds = false;

		switch (op->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (op->k > sizeof(*data) - sizeof(a))
				return 0;
			memcpy(&a, (const char *)data + op->k, sizeof(a));
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= op->k;
			continue;
		case BPF_RET | BPF_K:
			return op->k;
		case BPF_JMP | BPF_JA:
			at += op->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			holds = a == op->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			holds = a >= op->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			holds = a > op->k;
			break;
		default:
			return 0;
		}
		at += holds ? op->jt : op->jf;
	}
	return 0;
}

static bool
fits(const struct call *call, const struct seccomp_data *data)
{
	return call->nr == data->nr &&
	       (call->arg == ANY_ARGUMENTS || (data->args[call->arg] & call->mask) == call->value);
}

static const struct call *
find(const struct call *call, const struct seccomp_data *data, bool let_through)
{
	for (; call && call->name[0]; call++)
		if (fits(call, data) && !call->answer == let_through)
			return call;
	return NULL;
}

static bool
is_named(const struct call *call, int nr, bool let_through)
{
	for (; call && call->name[0]; call++)
		if (call->nr == nr && (!call->answer || !let_through))
			return true;
	return false;
}

/* Number -1 is what a tracer leaves of a call that is not to be made. */
static bool
is_foreign(const struct seccomp_data *data)
{
#ifdef __x86_64__
	if ((uint32_t)data->nr >= FIRST_OF_X32 && data->nr != -1)
		return true;
#endif
	return data->arch != OURS;
}

/* As keep.h has it. */
static uint32_t
expected(const struct seccomp_data *data)
{
	bool is_later = data->nr >= FIRST_LATER && data->nr <= LAST_LATER && !is_named(row->calls, data->nr, false);
	const struct call *denied = find(row->calls, data, false);

	if (is_foreign(data))
		return SECCOMP_RET_KILL_PROCESS;
	if (data->nr == SCMP_SYS(clone3) || is_later)
		return SECCOMP_RET_ERRNO | ENOSYS;
	if (row->executes) {
		if (!denied && !is_named(row->calls, data->nr, true))
			denied = find(keep_from_programs, data, false);
		return denied ? SECCOMP_RET_ERRNO | (uint32_t)denied->answer : SECCOMP_RET_ALLOW;
	}
	if (find(row->calls, data, true) || find(keep_always, data, true))
		return SECCOMP_RET_ALLOW;
	return denied ? SECCOMP_RET_ERRNO | (uint32_t)denied->answer : SECCOMP_RET_KILL_PROCESS;
}

static void
ask(const struct seccomp_data *data)
{
	uint32_t is = answer(data), must = expected(data);

	asked++;
	if (is == must)
		return;
	wrong++;
	printf("call %d of %x (%llx, %llx, %llx) is answered with %x, not %x\n", data->nr, data->arch, data->args[0],
	       data->args[1], data->args[2], is, must);
}

static void
ask_with(struct seccomp_data data, int arg, uint64_t value)
{
	data.args[arg] = value;
	ask(&data);
	for (int bit = 0; bit < 64; bit++) {
		data.args[arg] = value ^ UINT64_C(1) << bit;
		ask(&data);
	}
}

/* The values of a list's lines, while the other arguments have those of the row's other lines about this call. */
static void
ask_of_arguments(const struct call *call)
{
	for (; call && call->name[0]; call++) {
		struct seccomp_data data = { .nr = call->nr, .arch = OURS };

		if (call->arg == ANY_ARGUMENTS)
			continue;
		ask_with(data, call->arg, call->value);
		for (const struct call *other = row->calls; other && other->name[0]; other++) {
			if (other->nr != call->nr || other->arg == ANY_ARGUMENTS || other->arg == call->arg)
				continue;
			data.args[other->arg] = other->value;
			ask_with(data, call->arg, call->value);
		}
		for (unsigned i = 0; i < program.len; i++)
			ask_with(data, call->arg, program.filter[i].k);
	}
}

unsigned
check_filter(const struct keep *keep, unsigned long *tried)
{
	row = keep;
	program = filter_of(keep);
	asked = wrong = 0;
	for (int nr = 0; nr < NUMBERS; nr++)
		ask(&(struct seccomp_data){ .nr = nr, .arch = OURS });
	for (unsigned i = 0; i < program.len; i++) {
		for (uint32_t near = program.filter[i].k - 1; near != program.filter[i].k + 2; near++) {
			ask(&(struct seccomp_data){ .nr = (int)near, .arch = OURS });
			for (int nr = 0; nr < NUMBERS; nr++)
				ask(&(struct seccomp_data){ .nr = nr, .arch = near });
		}
	}
	ask_of_arguments(keep->calls);
	ask_of_arguments(keep->executes ? keep_from_programs : keep_always);
	*tried += asked;
	return wrong;
}
