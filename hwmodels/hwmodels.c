/* The list of model classes as an array, in the order of hwmodels.h. */
#include "hwmodels/hwmodels.h"

#include <string.h>

#include "hwmodels/device.h"

const struct hw_model *const hw_models[] = {
#define X(name) &hw_model_##name,
	HW_MODEL_LIST(X)
#undef X
};

const size_t hw_model_count = sizeof(hw_models) / sizeof(hw_models[0]);

const struct hw_model *hw_model_find(const char *name)
{
	for (size_t i = 0; i < hw_model_count; i++)
		if (strcmp(hw_models[i]->name, name) == 0)
			return hw_models[i];
	return NULL;
}
