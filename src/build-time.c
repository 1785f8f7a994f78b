/*
 * build-time filters|shapes: what need not be worked out in every call; the build runs it.
 *
 * Makes sure that the defaults pass their gates, and prints filters.c or shapes.c: filter_of for the rows of this
 * build, shape_of for its gates, already compiled.  It is of the architecture of the program, so the numbers in its
 * rows are too.
 */
#include "cage/filter.h"
#include "config/keys.h"
#include "gate/shape.h"
#include "verb.h"

#include <stdio.h>
#include <string.h>

/* The program of each stage behind that of the one before, and where it lies.  No pointers: the loader would have to
 * write them in every call. */
static void
print_filters(void)
{
	printf("/* Written by build-time. */\n#include \"cage/filter.h\"\n#include \"say/say.h\"\n"
	       "#include \"verb.h\"\n\nstatic const struct sock_filter filters[] = {\n");
	for (size_t i = 0; verbs[i]; i++) {
		for (const struct stage *stage = verbs[i]->stages; stage->act; stage++) {
			struct sock_fprog program = filter_of(&stage->keep);

			printf("\t/* %s, %td */\n", verbs[i]->name, stage - verbs[i]->stages);
			for (unsigned n = 0; n < program.len; n++)
				printf("\t{ 0x%02x, %u, %u, 0x%08x },\n", program.filter[n].code,
				       program.filter[n].jt, program.filter[n].jf, program.filter[n].k);
		}
	}
	printf("};\n\nstatic const unsigned short lengths[] = {");
	for (size_t i = 0; verbs[i]; i++) {
		printf("\n\t");
		for (const struct stage *stage = verbs[i]->stages; stage->act; stage++)
			printf("%u, ", filter_of(&stage->keep).len);
	}
	printf("\n};\n\nstruct sock_fprog\nfilter_of(const struct keep *keep)\n{\n"
	       "\tconst struct sock_filter *filter = filters;\n\tconst unsigned short *length = lengths;\n\n"
	       "\tfor (size_t i = 0; verbs[i]; i++)\n"
	       "\t\tfor (const struct stage *stage = verbs[i]->stages; stage->act; filter += *length++, stage++)\n"
	       "\t\t\tif (&stage->keep == keep)\n"
	       "\t\t\t\treturn (struct sock_fprog){ *length, (struct sock_filter *)(uintptr_t)filter };\n"
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
	keys_check_defaults();
	if (argc == 2 && strcmp(argv[1], "filters") == 0)
		print_filters();
	else if (argc == 2 && strcmp(argv[1], "shapes") == 0)
		print_shapes();
	else
		return CODE_USAGE;
	return ferror(stdout) || fflush(stdout) != 0 ? CODE_FAILED : CODE_DONE;
}
