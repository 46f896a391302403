/* Reproduction: which cases are meant. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/builtin.h"
#include "sim/core/names.h"
#include "validate/reproduce.h"

static int by_system(const void *left, const void *right)
{
	const struct validation_case *a = left, *b = right;
	assert(a->system != NULL && b->system != NULL);
	int order = strcmp(a->system, b->system);
	return order != 0 ? order : strcmp(a->name, b->name);
}

static bool is_asked(const struct validation_case *one, const char *word)
{
	assert(one->name != NULL && one->system != NULL);
	return strcmp(one->name, word) == 0 || strcmp(one->system, word) == 0;
}

static enum sim_status make_room(struct reproduction *all, size_t count, struct sim_diag *diag)
{
	all->cases = calloc(count + 1, sizeof(*all->cases));
	return all->cases != NULL ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

/* A path, or all built-in ones: the next case of ALL. */
static enum sim_status read_one(struct reproduction *all, const char *name, struct sim_diag *diag)
{
	struct validation_case *one = &all->cases[all->case_count++];
	return case_read(name, one, diag);
}

static enum sim_status check_words(const struct reproduction *all, const char *const *words,
				   size_t word_count, bool *used, struct sim_diag *diag)
{
	const char *known[1024];
	size_t count = 0;
	for (size_t i = 0; i < all->case_count && count < 1023; i++) {
		known[count++] = all->cases[i].name;
		known[count++] = all->cases[i].system;
	}
	for (size_t w = 0; w < word_count; w++) {
		if (used[w])
			continue;
		const char *near = names_nearest(words[w], known, count);
		return diag_fail(diag, SIM_E_NOT_FOUND,
				 near != NULL ? "no such case or system: '%s' (did you mean '%s'?)"
					      : "no such case or system: '%s'%s",
				 words[w], near != NULL ? near : "");
	}
	return SIM_OK;
}

/* Leave those that a word asks for. */
static enum sim_status select_cases(struct reproduction *all, const char *const *words,
				    size_t word_count, size_t paths, struct sim_diag *diag)
{
	bool *used = calloc(word_count + 1, sizeof(*used));
	bool *wanted = calloc(all->case_count + 1, sizeof(*wanted));
	enum sim_status status = used != NULL && wanted != NULL
					 ? SIM_OK
					 : diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t w = 0; w < word_count && status == SIM_OK; w++) {
		used[w] = builtin_is_path(words[w]);
		for (size_t i = paths; i < all->case_count; i++)
			if (is_asked(&all->cases[i], words[w]))
				used[w] = wanted[i] = true;
	}
	if (status == SIM_OK)
		status = check_words(all, words, word_count, used, diag);
	size_t left = paths;
	for (size_t i = paths; i < all->case_count && status == SIM_OK; i++) {
		if (!wanted[i]) {
			case_fini(&all->cases[i]);
			continue;
		}
		struct validation_case one = all->cases[i];
		memset(&all->cases[i], 0, sizeof(one));
		all->cases[left++] = one;
	}
	if (status == SIM_OK)
		all->case_count = left;
	free(used);
	free(wanted);
	return status;
}

enum sim_status reproduction_read(struct reproduction *all, const char *const *words,
				  size_t word_count, struct sim_diag *diag)
{
	const char **names;
	size_t count, paths = 0;
	memset(all, 0, sizeof(*all));
	arena_init(&all->arena);
	for (size_t i = 0; i < word_count; i++)
		paths += builtin_is_path(words[i]);
	bool built_in = word_count == 0 || paths < word_count;
	if (built_in)
		TRY(case_list(&all->arena, &names, &count, diag));
	else
		count = 0;
	TRY(make_room(all, paths + count, diag));
	for (size_t i = 0; i < word_count; i++)
		if (builtin_is_path(words[i]))
			TRY(read_one(all, words[i], diag));
	for (size_t i = 0; i < count; i++)
		TRY(read_one(all, names[i], diag));
	if (word_count > 0)
		TRY(select_cases(all, words, word_count, paths, diag));
	qsort(all->cases, all->case_count, sizeof(*all->cases), by_system);
	return SIM_OK;
}

void reproduction_fini(struct reproduction *all)
{
	for (size_t i = 0; all->cases != NULL && i < all->case_count; i++)
		case_fini(&all->cases[i]);
	free(all->cases);
	free(all->lines);
	arena_fini(&all->arena);
	memset(all, 0, sizeof(*all));
}
