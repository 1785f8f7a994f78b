/*
 * plan.c: "VERB OPERAND... | OBJECT ... | HABIT ... | BEFORE; ... | UNDO; ..." into words.
 */
#include "sweep/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct line lines[LINES_MAX];
size_t line_count;

static char *
trimmed(char *text)
{
	text += strspn(text, " \t\n");
	for (size_t end = strlen(text); end > 0 && strchr(" \t\n", text[end - 1]); end--)
		text[end - 1] = '\0';
	return text;
}

static void
read_command(char *text, struct command *command)
{
	size_t count = 0;

	if (text[0] == '!') {
		command->shell = text + 1;
		return;
	}
	command->words[count++] = strdup("/usr/sbin/banger-priv");
	for (char *word = strtok(text, " \t"); word; word = strtok(NULL, " \t")) {
		if (strcmp(word, "<") == 0) {
			command->input = strtok(NULL, " \t");
			break;
		}
		if (count == WORDS_MAX - 1)
			exit(2);
		command->words[count++] = word;
	}
}

static size_t
read_commands(char *text, struct command *commands)
{
	size_t count = 0;
	char *rest = text, *one;

	while ((one = strsep(&rest, ";"))) {
		one = trimmed(one);
		if (*one && count < COMMANDS_MAX)
			read_command(one, &commands[count++]);
	}
	return count;
}

static void
read_objects(char *text, struct line *line)
{
	size_t count = 0;

	for (char *word = strtok(text, " \t"); word && count < OBJECTS_MAX; word = strtok(NULL, " \t"))
		line->objects[count++] = word;
}

static void
read_habits(char *text, struct line *line)
{
	size_t marks = 0;

	for (char *word = strtok(text, " \t"); word; word = strtok(NULL, " \t")) {
		if (strcmp(word, "goes-on") == 0)
			line->goes_on = true;
		else if (strncmp(word, "ends=", 5) == 0)
			line->ends = word + 5;
		else if (strncmp(word, "marks=", 6) == 0 && marks < OBJECTS_MAX)
			line->marks[marks++] = word + 6;
		else
			exit(2);
	}
}

bool
plan_share(const struct line *one, const struct line *other)
{
	for (const char *const *mine = one->objects; *mine; mine++)
		for (const char *const *its = other->objects; *its; its++)
			if (strcmp(*mine, *its) == 0)
				return true;
	return false;
}

void
plan_read(const char *file)
{
	static char text[64 << 10];
	FILE *stream = fopen(file, "re");
	size_t size = stream ? fread(text, 1, sizeof(text) - 1, stream) : 0;
	char *rest = text, *one;

	if (size == 0) {
		fprintf(stderr, "sweep: cannot read %s\n", file);
		exit(2);
	}
	fclose(stream);
	while ((one = strsep(&rest, "\n"))) {
		struct line *line = &lines[line_count];
		char *fields[5];

		one = trimmed(one);
		if (!*one || *one == '#')
			continue;
		for (size_t i = 0; i < 5; i++) {
			fields[i] = strsep(&one, "|");
			if (!fields[i]) {
				fprintf(stderr, "sweep: a line of %s has no five fields\n", file);
				exit(2);
			}
			fields[i] = trimmed(fields[i]);
		}
		read_command(fields[0], &line->verb);
		line->name = line->verb.words[1];
		read_objects(fields[1], line);
		read_habits(fields[2], line);
		line->before_count = read_commands(fields[3], line->before);
		line->undo_count = read_commands(fields[4], line->undo);
		line_count++;
	}
}
