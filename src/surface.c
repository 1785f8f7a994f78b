/*
 * surface.c: reads a verb's row aloud.  Nothing here knows any verb.
 */
#include "surface.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct operand no_operands[] = { LIST_END };
static const struct cap no_caps[] = { LIST_END };
static const struct call no_calls[] = { LIST_END };

static const struct operand *
operands_of(const struct verb *verb)
{
	return verb->operands ? verb->operands : no_operands;
}

static bool
is_optional(const struct operand *operand)
{
	return operand->occurs == MAYBE || operand->occurs == ALSO || operand->occurs == ANY_NUMBER;
}

/* Whether the next operand stands and falls with this one. */
static bool
goes_on(const struct operand *operand)
{
	return operand[1].name && operand[1].occurs == ALSO;
}

static bool
is_repeated(const struct operand *operand)
{
	return operand->occurs == ONE_OR_MORE || operand->occurs == ANY_NUMBER;
}

static const char *
runs_as(const struct keep *keep)
{
	static const char *const names[] = {
		[AS_NOBODY] = "nobody", [AS_OWNER] = "the owner", [AS_ROOT] = "root",
		[AS_CALLER] = "whoever calls; nobody, when that is root",
	};

	return names[keep->as];
}

/* Adds to the text in out; what does not fit is a defect that tests/surface.bats would see. */
static void add(char *out, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void
add(char *out, size_t size, const char *format, ...)
{
	size_t used = strlen(out);
	va_list args;

	va_start(args, format);
	vsnprintf(out + used, size - used, format, args);
	va_end(args);
}

void
surface_synopsis(const struct verb *verb, char *out, size_t size)
{
	out[0] = '\0';
	add(out, size, "%s", verb->name);
	for (const struct operand *operand = operands_of(verb); operand->name; operand++)
		add(out, size, " %s%s%s%s%s", is_optional(operand) && operand->occurs != ALSO ? "[" : "",
		    operand->name, operand->value ? operand->value : "",
		    is_optional(operand) && !goes_on(operand) ? "]" : "",
		    is_repeated(operand) ? "..." : "");
}

void
surface_pattern(const struct verb *verb, const struct settings *settings, char *out, size_t size)
{
	static const char *const times[] = {
		[ONCE] = "", [MAYBE] = ")?", [ALSO] = ")?", [ONE_OR_MORE] = ")+", [ANY_NUMBER] = ")*",
	};

	out[0] = '\0';
	add(out, size, "%s", verb->name);
	for (const struct operand *operand = operands_of(verb); operand->name; operand++) {
		char shape[PATH_MAX] = "";

		gate_expand(operand->gate->shape, true, settings, shape, sizeof(shape));
		add(out, size, "%s %s%s%s", operand->occurs == ONCE || operand->occurs == ALSO ? "" : "(",
		    operand->value ? operand->name : "", shape,
		    goes_on(operand) ? "" : times[operand->occurs]);
	}
}

#define RULE "%s%s ALL=(root:root) NOPASSWD: NOSETENV: " PROGRAM " "

/* Without it, sudoers(5) takes a number for a name. */
static const char *
uid_mark(const struct account *account)
{
	return account->text[0] >= '0' && account->text[0] <= '9' ? "#" : "";
}

void
surface_rules(const struct verb *verb, bool portable, const struct settings *settings, char *out,
	      size_t size)
{
	const struct operand *first = operands_of(verb);
	const char *owner = settings->owner.text, *mark = uid_mark(&settings->owner);
	char pattern[4096];

	out[0] = '\0';
	if (!portable) {
		surface_pattern(verb, settings, pattern, sizeof(pattern));
		add(out, size, RULE "^%s$\n", mark, owner, pattern);
		return;
	}
	if (!first->name || first->occurs == MAYBE || first->occurs == ANY_NUMBER)
		add(out, size, RULE "%s\n", mark, owner, verb->name);
	if (first->name)
		add(out, size, RULE "%s *\n", mark, owner, verb->name);
}

static void
print_call(const struct call *call)
{
	char text[64] = "";

	add(text, sizeof(text), "%s%s", call->answer ? "not " : "", call->name);
	if (call->arg != ANY_ARGUMENTS)
		add(text, sizeof(text), "(%d: %s)", call->arg, call->value_name);
	if (call->answer)
		add(text, sizeof(text), ": %s", strerrorname_np(call->answer));
	print("    %-34s %s\n", text, call->why);
}

static void
print_calls(const struct call *call)
{
	for (; call->name[0]; call++)
		print_call(call);
}

void
surface_operands(const struct verb *verb, const struct settings *settings)
{
	char text[PATH_MAX];

	for (const struct operand *operand = operands_of(verb); operand->name; operand++) {
		gate_expand(operand->gate->want, false, settings, text, sizeof(text));
		print("  %s%s\n    %s\n", operand->name, operand->value ? operand->value : "", text);
		gate_expand(operand->gate->shape, true, settings, text, sizeof(text));
		print("    pattern: %s\n", text);
		if (operand->many)
			print("    at most %u of them\n", operand->many->max);
		if (operand->gate->sudo_wider)
			print("    sudo lets through, and this program does not: %s\n",
			      operand->gate->sudo_wider);
	}
	if (verb->parts)
		print("  at most %d verbs\n", PARTS_MAX);
}

static void
print_stage(const struct keep *keep)
{
	const struct cap *cap = keep->caps ? keep->caps : no_caps;
	const struct call *call = keep->calls ? keep->calls : no_calls;

	print("runs as: %s%s%s\n", runs_as(keep), keep->why_root ? ": " : "",
	      keep->why_root ? keep->why_root : "");
	print("capabilities:%s\n", cap->name[0] ? "" : " none");
	for (; cap->name[0]; cap++)
		print("    %-34s %s\n", cap->name, cap->why);
	if (keep->executes)
		print("executes a program with all system calls, but\n");
	else
		print("system calls:%s\n", call->name[0] ? "" : " those of every verb");
	print_calls(call);
	if (keep->executes)
		print_calls(keep_from_programs);
	if (keep->inside)
		print("in a mount namespace of its own\n");
}

static void
print_handles(const struct verb *verb)
{
	print("opened before the cage closes:%s\n", verb->handles ? "" : " nothing");
	for (const struct handle *handle = verb->handles; handle && handle->name; handle++)
		print("    %s\n", handle->name);
}

void
surface_explain(const struct verb *verb, const struct settings *settings)
{
	char text[1024];

	surface_synopsis(verb, text, sizeof(text));
	print("banger-priv %s\n", text);
	print("  %s\n", verb->summary);
	surface_operands(verb, settings);
	print("lasting effect: %s\n", verb->effect);
	print("on failure: %s\n", verb->on_failure);
	if (verb->note)
		print("note: %s\n", verb->note);
	print_handles(verb);
	for (const struct stage *stage = verb->stages; stage->act; stage++)
		print_stage(&stage->keep);
	print("paths:%s\n", verb->paths ? "" : " none");
	for (const char *const *path = verb->paths; path && *path; path++)
		print("    %s\n", *path);
}

static void
json_operands(const struct verb *verb, const struct settings *settings)
{
	char text[PATH_MAX];

	json_open("operands", '[');
	for (const struct operand *operand = operands_of(verb); operand->name; operand++) {
		json_open(NULL, '{');
		json_text("name", operand->name);
		json_flag("optional", is_optional(operand));
		json_flag("repeated", is_repeated(operand));
		if (operand->many)
			json_number("at_most", operand->many->max);
		gate_expand(operand->gate->want, false, settings, text, sizeof(text));
		json_text("want", text);
		gate_expand(operand->gate->shape, true, settings, text, sizeof(text));
		json_text("pattern", text);
		if (operand->gate->sudo_wider)
			json_text("sudo_wider", operand->gate->sudo_wider);
		json_close('}');
	}
	json_close(']');
}

static void
json_calls(const char *key, const struct call *call)
{
	json_open(key, '[');
	for (; call->name[0]; call++) {
		json_open(NULL, '{');
		json_text("name", call->name);
		if (call->arg != ANY_ARGUMENTS) {
			json_number("argument", call->arg);
			json_number("mask", (int64_t)call->mask);
			json_number("value", (int64_t)call->value);
			json_text("value_name", call->value_name);
		}
		if (call->answer)
			json_text("answered", strerrorname_np(call->answer));
		json_text("why", call->why);
		json_close('}');
	}
	json_close(']');
}

static void
json_stages(const struct verb *verb)
{
	json_open("stages", '[');
	for (const struct stage *stage = verb->stages; stage->act; stage++) {
		const struct cap *cap = stage->keep.caps ? stage->keep.caps : no_caps;

		json_open(NULL, '{');
		json_text("runs_as", runs_as(&stage->keep));
		if (stage->keep.why_root)
			json_text("why_root", stage->keep.why_root);
		json_open("capabilities", '[');
		for (; cap->name[0]; cap++) {
			json_open(NULL, '{');
			json_text("name", cap->name);
			json_text("why", cap->why);
			json_close('}');
		}
		json_close(']');
		json_flag("executes", stage->keep.executes);
		json_flag("inside", stage->keep.inside);
		json_calls("calls", stage->keep.calls ? stage->keep.calls : no_calls);
		if (stage->keep.executes)
			json_calls("calls_of_no_program", keep_from_programs);
		json_close('}');
	}
	json_close(']');
	json_calls("calls_of_every_verb", keep_always);
}

void
surface_explain_json(const struct verb *verb, const struct settings *settings)
{
	char text[1024];

	json_open(NULL, '{');
	json_text("verb", verb->name);
	surface_synopsis(verb, text, sizeof(text));
	json_text("synopsis", text);
	json_text("summary", verb->summary);
	json_flag("for_people", verb->for_people);
	json_operands(verb, settings);
	json_text("effect", verb->effect);
	json_text("on_failure", verb->on_failure);
	if (verb->note)
		json_text("note", verb->note);
	json_open("opened_before", '[');
	for (const struct handle *handle = verb->handles; handle && handle->name; handle++)
		json_text(NULL, handle->name);
	json_close(']');
	json_stages(verb);
	json_open("paths", '[');
	for (const char *const *path = verb->paths; path && *path; path++)
		json_text(NULL, *path);
	json_close(']');
	json_close('}');
	print("\n");
}
