/* The fake program's main(): see app.h. Its exit code is 0 unless the script says otherwise. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tracer/app.h"

const char *app_path;

void app_say(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vdprintf(1, format, arguments);
	va_end(arguments);
}

static void parse(const char *text, char *name, size_t name_size, struct app_word *word)
{
	const char *at = strchr(text, ':');
	snprintf(name, name_size, "%.*s", at != NULL ? (int)(at - text) : (int)strlen(text), text);
	*word = (struct app_word){.name = name, .text = at != NULL ? at + 1 : ""};
	for (int i = 0; i < APP_MOST_ARGUMENTS && at != NULL; i++) {
		word->numbers[i] = strtol(at + 1, NULL, 10);
		at = strchr(at + 1, ':');
	}
}

static const struct app_action *find(const struct app_action *actions, const char *name)
{
	while (actions->name != NULL && strcmp(actions->name, name) != 0)
		actions++;
	return actions->name != NULL ? actions : NULL;
}

void app_play(char **words)
{
	static const struct app_action other_actions[] = {
		{"profiler", app_profile}, {"recorded", app_recorded}, {NULL, NULL}};
	const struct app_action *const lists[] = {app_device_actions, app_process_actions,
						  other_actions};
	for (; *words != NULL; words++) {
		char name[32];
		struct app_word word;
		const struct app_action *action = NULL;
		parse(*words, name, sizeof(name), &word);
		for (size_t i = 0; i < 3 && action == NULL; i++)
			action = find(lists[i], name);
		if (action == NULL) {
			fprintf(stderr, "fake program: no such word: '%s'\n", name);
			exit(99);
		}
		action->play(&word);
	}
}

int main(int argc, char **argv)
{
	(void)argc;
	app_path = "/proc/self/exe";
	app_play(argv + 1);
	app_say("done\n");
	return 0;
}
