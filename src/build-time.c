/*
 * build-time.c: what need not be worked out in every call; the build runs it.
 *
 * Makes sure that the defaults pass their gates, and prints filters.c: filter_of for the rows of this build,
 * already compiled.  It is of the architecture of the program, so the numbers in its rows are too.
 */
#include "cage/filter.h"
#include "config/config.h"
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

int
main(void)
{
	char id[64];

	config_check_defaults();
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
	return 0;
}
