/*
 * build-time filters|shapes: what need not be worked out in every call; the build runs it.
 *
 * Makes sure that the defaults pass their gates, and prints filters.c or shapes.c: filter_of for the rows of this
 * build, shape_of for its gates, already compiled.  It is of the architecture of the program, so the numbers in its
 * rows are too.
 */
#include "cage/filter.h"
#include "config/config.h"
#include "gate/shape.h"
#include "verb.h"

#include <stdio.h>
#include <string.h>

static void
print_program(const char *id, unsigned stage, const struct sock_fprog *program)
{
	printf("static const struct sock_filter %s_%u[] = {\n", id, stage);
	for (unsigned i = 0; i < program->len; i++)
		printf("\t{ 0x%02x, %u, %u, 0x%08x },\n", program->filter[i].code, program->filter[i].jt,
		       program->filter[i].jf, program->filter[i].k);
	printf("};\n\n");
}

/* A verb's name as verbs.def spells it. */
static void
spell(const struct verb *verb, char *id, size_t size)
{
	snprintf(id, size, "%s", verb->name);
	for (char *dash = id; (dash = strchr(dash, '-'));)
		*dash = '_';
}

static void
print_filters(void)
{
	char id[64];

	printf("/* Written by build-time. */\n#include \"cage/filter.h\"\n#include \"say/say.h\"\n"
	       "#include \"verb.h\"\n\n");
	for (size_t i = 0; verbs[i]; i++) {
		spell(verbs[i], id, sizeof(id));
		printf("extern const struct verb verb_%s;\n", id);
		for (unsigned stage = 0; verbs[i]->stages[stage].act; stage++) {
			struct sock_fprog program = filter_of(&verbs[i]->stages[stage].keep);

			print_program(id, stage, &program);
		}
	}
	printf("static const struct {\n\tconst struct keep *keep;\n\tconst struct sock_filter *filter;\n"
	       "\tunsigned short length;\n} filters[] = {\n");
	for (size_t i = 0; verbs[i]; i++) {
		spell(verbs[i], id, sizeof(id));
		for (unsigned stage = 0; verbs[i]->stages[stage].act; stage++)
			printf("\t{ &verb_%s.stages[%u].keep, %s_%u, sizeof(%s_%u) / sizeof(%s_%u[0]) },\n", id,
			       stage, id, stage, id, stage, id, stage);
	}
	printf("};\n\nstruct sock_fprog\nfilter_of(const struct keep *keep)\n{\n"
	       "\tfor (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)\n"
	       "\t\tif (filters[i].keep == keep)\n"
	       "\t\t\treturn (struct sock_fprog){ filters[i].length, (struct sock_filter *)(uintptr_t)filters[i].filter };\n"
	       "\tdie(REASON_CONFINEMENT, \"there is no filter for this row\");\n}\n");
}

static void
print_bytes(const char *name, const uint8_t *bytes, size_t count)
{
	printf("\t.%s = {", name);
	for (size_t i = 0; i < count; i++)
		printf("%s%u,", i % 32 == 0 ? "\n\t\t" : " ", bytes[i]);
	printf("\n\t},\n");
}

static void
print_shape(size_t number, const struct shape *shape)
{
	printf("static const struct shape shape_%zu = {\n", number);
	print_bytes("class_of", shape->class_of, sizeof(shape->class_of));
	printf("\t.classes = %u,\n\t.last = %u,\n\t.key_count = %u,\n\t.keys = {", shape->classes, shape->last,
	       shape->key_count);
	for (unsigned i = 0; i < shape->key_count; i++)
		printf(" { %u, %u, %u },", shape->keys[i].from, shape->keys[i].key, shape->keys[i].to);
	printf(" },\n");
	print_bytes("next", shape->next, (shape->last + (size_t)1) * shape->classes);
	printf("};\n\n");
}

static void
print_shapes(void)
{
	printf("/* Written by build-time. */\n#include \"gate/shape.h\"\n\n");
	for (size_t i = 0; gates[i]; i++)
		print_shape(i, shape_of(gates[i]));
	printf("static const struct shape *const shapes[] = {\n");
	for (size_t i = 0; gates[i]; i++)
		printf("\t&shape_%zu,\n", i);
	printf("};\n\nconst struct shape *\nshape_of(const struct gate *gate)\n{\n"
	       "\tfor (size_t i = 0; gates[i]; i++)\n\t\tif (gates[i] == gate)\n\t\t\treturn shapes[i];\n"
	       "\treturn NULL;\n}\n");
}

int
main(int argc, char *argv[])
{
	config_check_defaults();
	if (argc == 2 && strcmp(argv[1], "filters") == 0)
		print_filters();
	else if (argc == 2 && strcmp(argv[1], "shapes") == 0)
		print_shapes();
	else
		return CODE_USAGE;
	return ferror(stdout) || fflush(stdout) != 0 ? CODE_FAILED : CODE_DONE;
}
