/* The list of kinds, and the words their fields share. */
#include "workloads/kind.h"

#include <string.h>

static const struct workload_kind *const kinds[] = {
#define X(name) &workload_kind_##name,
	WORKLOAD_KIND_LIST(X)
#undef X
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

const char kind_dtype_words[] =
#define X(name, text, bits) text "\0"
	SIM_DTYPE_LIST(X);
#undef X

const char kind_op_words[] =
#define X(name, text) text "\0"
	SIM_OP_LIST(X);
#undef X

const char kind_family_words[] =
#define X(name, text, what) text "\0"
	SIM_FAMILY_LIST(X);
#undef X

const struct workload_kind *kind_at(size_t i)
{
	return i < KINDS ? kinds[i] : NULL;
}

const struct workload_kind *kind_find(const char *name)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

struct lowered_kernel *kind_kernel(const struct kind_call *call, struct workload_step *step)
{
	uint32_t name;
	if (names_add(&step->names, call->name, strlen(call->name), &name) != SIM_OK)
		return NULL;
	struct lowered_kernel *kernel = step_append(step);
	if (kernel == NULL)
		return NULL;
	kernel->name = name;
	kernel->role = (uint16_t)call->role;
	kernel->group = call->group;
	return kernel;
}
