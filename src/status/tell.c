/*
 * tell.c: the list, for people and as JSON.
 */
#include "status/status.h"

#include <string.h>

static const char *const kinds[OBJECT_KINDS] = {
	[OBJECT_PROCESS] = "process", [OBJECT_CHROOT] = "chroot", [OBJECT_CGROUP] = "cgroup",
	[OBJECT_SOCKET] = "socket", [OBJECT_SNAPSHOT] = "snapshot", [OBJECT_LOOP] = "loop",
	[OBJECT_TAP] = "tap", [OBJECT_NAT] = "nat",
};

static void
print_object(const struct object *object)
{
	char name[4 * OBJECT_NAME_MAX + 1], of[4 * DM_NAME_MAX + 1];
	bool has_of = object->of[0];

	escape(name, sizeof(name), object->name, strlen(object->name));
	escape(of, sizeof(of), object->of, strlen(object->of));
	print("    %-9s %-16s %s", kinds[object->kind], name, object->state);
	if (object->pid)
		print(", pid %d", (int)object->pid);
	print("%s%s%s%s\n", has_of ? ", of " : "", of, object->orphan ? "   ORPHAN: " : "",
	      object->orphan ? object->orphan : "");
}

void
tell_people(const struct judged *judged)
{
	for (unsigned at = 0; at < judged->count;) {
		struct vm vm = vm_at(judged, at);

		if (vm.id[0])
			print("VM %s: %s\n", vm.id, vm_state(&vm));
		else
			print("of no VM:\n");
		for (unsigned i = 0; i < vm.count; i++)
			print_object(vm.objects[i]);
		at += vm.count;
	}
	if (judged->count == 0)
		print("nothing that verbs made for VMs is on this host\n");
	if (judged->orphans > 0)
		print("%u orphan%s; banger-priv cleanup-vm VM_ID removes all that is a VM's\n", judged->orphans,
		      judged->orphans == 1 ? "" : "s");
}

static void
json_text_or_null(const char *key, const char *text)
{
	if (text && *text)
		json_text(key, text);
	else
		json_null(key);
}

static void
json_object(const struct object *object)
{
	json_open(NULL, '{');
	json_text("kind", kinds[object->kind]);
	json_text("name", object->name);
	json_text_or_null("vm", object->vm.text);
	json_text_or_null("of", object->of);
	json_text("state", object->state);
	json_text_or_null("orphan", object->orphan);
	json_close('}');
}

static void
json_vms(const struct judged *judged)
{
	for (unsigned at = 0; at < judged->count && judged->sorted[at]->vm.text[0];) {
		struct vm vm = vm_at(judged, at);
		const struct object *process = vm.of_kind[OBJECT_PROCESS];

		json_open(NULL, '{');
		json_text("vm", vm.id);
		json_text("state", vm_state(&vm));
		if (process)
			json_number("pid", process->pid);
		else
			json_null("pid");
		json_close('}');
		at += vm.count;
	}
}

void
tell_json(const struct judged *judged)
{
	json_open(NULL, '{');
	json_open("vms", '[');
	json_vms(judged);
	json_close(']');
	json_open("objects", '[');
	for (unsigned i = 0; i < judged->count; i++)
		json_object(judged->sorted[i]);
	json_close(']');
	json_number("orphans", judged->orphans);
	json_close('}');
	print("\n");
}
