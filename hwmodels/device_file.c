/* Device files: keys, parameters, calibration and the chain of files they inherit from. */
#include "hwmodels/device_file.h"

#include <math.h>
#include <string.h>

#include "hwmodels/hwmodels.h"
#include "hwmodels/system.h"
#include "sim/core/kernel.h"
#include "sim/core/names.h"
#include "sim/core/yaml.h"

enum { LONGEST_CHAIN = 8 };

/* A file on the way from the one asked for to its last ancestor. */
struct chain {
	const struct chain *heir;
	const char *path;
	int length;
};

static enum sim_status read_link(const char *path, const struct hw_model *model,
				 const struct chain *heir, struct hw_device *device,
				 struct sim_diag *diag);

static enum sim_status read_model(const struct yaml_file *file, const struct hw_model **model,
				  struct sim_diag *diag)
{
	char name[64];
	const char *names[64];
	TRY(yaml_text(file, file->root, "model", name, sizeof(name), diag));
	*model = hw_model_find(name);
	if (*model != NULL)
		return SIM_OK;
	size_t count = hw_model_count < 64 ? hw_model_count : 64;
	for (size_t i = 0; i < count; i++)
		names[i] = hw_models[i]->name;
	const struct yaml_node *node = yaml_find(file->root, "model");
	const char *near = names_nearest(name, names, count);
	if (near != NULL)
		return yaml_fail(file, node, diag, SIM_E_NOT_FOUND,
				 "unknown model '%s' (did you mean '%s'?)", name, near);
	return yaml_fail(file, node, diag, SIM_E_NOT_FOUND,
			 "unknown model '%s' (`decodesim list classes` shows them)", name);
}

static enum sim_status read_name(const struct yaml_file *file, struct hw_device *device,
				 struct sim_diag *diag)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	TRY(yaml_text(file, file->root, "device", device->name, sizeof(device->name), diag));
	if (device->name[0] == '\0' || device->name[strspn(device->name, letters)] != '\0')
		return yaml_fail(file, yaml_find(file->root, "device"), diag, SIM_E_PARSE,
				 "device name must be letters, digits, '.', '_' and '-': '%s'",
				 device->name);
	return SIM_OK;
}

static enum sim_status read_bound(const struct yaml_file *file, const struct yaml_node *map,
				  const char *key, const struct hw_param *param, double *bound,
				  struct sim_diag *diag)
{
	const struct yaml_node *node = yaml_find(map, key);
	return node == NULL ? SIM_OK : yaml_quantity(file, node, param->unit, bound, diag);
}

static enum sim_status read_value_map(const struct yaml_file *file, const struct yaml_node *node,
				      const struct hw_param *param, struct arena *arena,
				      struct hw_value *value, struct sim_diag *diag)
{
	static const char *const keys[] = {"value", "source", "low", "high"};
	const struct yaml_node *text = yaml_find(node, "value");
	const struct yaml_node *source = yaml_find(node, "source");
	TRY(yaml_allow(file, node, keys, 4, diag));
	if (text == NULL)
		return yaml_fail(file, node, diag, SIM_E_NOT_FOUND, "missing key 'value' of '%s'",
				 node->key);
	TRY(yaml_expect(file, text, YAML_SCALAR, "value", diag));
	TRY(device_parse_value(param, file->name, text->line, text->text, &value->value, diag));
	TRY(read_bound(file, node, "low", param, &value->low, diag));
	TRY(read_bound(file, node, "high", param, &value->high, diag));
	if (value->low > value->value || value->high < value->value)
		return yaml_fail(file, text, diag, SIM_E_RANGE,
				 "value of '%s' is not between its low and high: '%s'", node->key,
				 text->text);
	if (source == NULL)
		return SIM_OK;
	TRY(yaml_expect(file, source, YAML_SCALAR, "source", diag));
	value->source = arena_copy_text(arena, source->text, strlen(source->text));
	return value->source == NULL ? diag_fail(diag, SIM_E_NOMEM, "out of memory") : SIM_OK;
}

static enum sim_status read_parameter(const struct yaml_file *file, const struct yaml_node *node,
				      struct hw_device *device, struct sim_diag *diag)
{
	int found = device_param(device, node->key);
	if (found < 0)
		return device_unknown_key(file->name, node->key_line, device, node->key, diag);
	const struct hw_param *param = &device->params[found];
	struct hw_value *value = &device->values[found];
	*value = (struct hw_value){
		.low = NAN, .high = NAN, .origin = HW_FROM_FILE, .source = "", .line = node->line};
	if (node->kind == YAML_MAP)
		return read_value_map(file, node, param, &device->arena, value, diag);
	TRY(yaml_expect(file, node, YAML_SCALAR, node->key, diag));
	return device_parse_value(param, file->name, node->line, node->text, &value->value, diag);
}

/* FROM's values into VALUES of MODEL where both classes have the key. */
static void take_values(const struct hw_model *model, const struct hw_device *from, bool inherited,
			struct hw_value *values)
{
	for (size_t i = 0; i < model->param_count; i++) {
		int j = model_param(from->model, model->params[i].key);
		if (j < 0 || from->values[j].origin == HW_FROM_FALLBACK)
			continue;
		values[i] = from->values[j];
		if (inherited)
			values[i].origin = HW_FROM_INHERITED;
	}
}

static enum sim_status read_inherited(const struct yaml_file *file, const struct chain *chain,
				      struct hw_device *device, struct sim_diag *diag)
{
	const struct yaml_node *node = yaml_find(file->root, "inherits");
	struct hw_device base = {0};
	char path[DEVICE_PATH_SIZE];
	struct sim_diag why;
	diag_init(&why);
	if (node == NULL)
		return SIM_OK;
	TRY(yaml_text(file, file->root, "inherits", device->inherits, sizeof(device->inherits),
		      diag));
	enum sim_status status =
		device_find(device->inherits, file->name, path, sizeof(path), &why);
	if (status != SIM_OK)
		return yaml_fail(file, node, diag, status, "%s", why.text);
	if (chain->length == LONGEST_CHAIN)
		return yaml_fail(file, node, diag, SIM_E_RANGE,
				 "inherits through more than 8 files");
	for (const struct chain *at = chain; at != NULL; at = at->heir)
		if (strcmp(at->path, path) == 0)
			return yaml_fail(file, node, diag, SIM_E_DUPLICATE,
					 "inherits from itself: '%s'", device->inherits);
	arena_init(&base.arena);
	base.is_unit = device->is_unit; /* or two files could be units of each other without end */
	status = read_link(path, NULL, chain, &base, diag);
	if (status == SIM_OK && (base.system != NULL) != (device->model == &hw_model_system))
		status = yaml_fail(file, node, diag, SIM_E_UNSUPPORTED,
				   "a system inherits from a system only, other devices from none: "
				   "'%s'",
				   device->inherits);
	if (status == SIM_OK && base.system != NULL) {
		status = system_take(&base, device, diag);
	} else if (status == SIM_OK) {
		take_values(device->model, &base, true, device->values);
		if (base.model == device->model)
			memcpy(device->residuals, base.residuals, sizeof(base.residuals));
		for (size_t i = 0; i < device->param_count && status == SIM_OK; i++) {
			const char *source = device->values[i].source;
			device->values[i].source =
				arena_copy_text(&device->arena, source, strlen(source));
			if (device->values[i].source == NULL)
				status = diag_fail(diag, SIM_E_NOMEM, "out of memory");
		}
	}
	system_free(base.system);
	arena_fini(&base.arena);
	return status;
}

/* Units, placement and memory: the file's own, or those of the system it inherits from. */
static enum sim_status read_system(const struct yaml_file *file, struct hw_device *device,
				   struct sim_diag *diag)
{
	static const char *const keys[] = {"units", "placement", "memory"};
	bool is_system = device->model == &hw_model_system;
	bool inherits = yaml_find(file->root, "inherits") != NULL;
	for (size_t i = 0; i < 3; i++) {
		const struct yaml_node *node = yaml_find(file->root, keys[i]);
		if (node != NULL && !is_system)
			return yaml_fail(file, node, diag, SIM_E_UNSUPPORTED,
					 "'%s' is for model: system", keys[i]);
		if (node != NULL && inherits)
			return yaml_fail(file, node, diag, SIM_E_UNSUPPORTED,
					 "'%s' comes from the system it inherits from: '%s'",
					 keys[i], device->inherits);
		if (node == NULL && i == 0 && is_system && !inherits)
			return yaml_fail(file, file->root, diag, SIM_E_NOT_FOUND,
					 "missing key 'units' of a system");
	}
	return is_system && !inherits ? system_read(file, device, diag) : SIM_OK;
}

/* Under another class the calibration does not hold: it was another model's error. */
static enum sim_status take_over(const struct hw_model *model, struct hw_device *device,
				 struct sim_diag *diag)
{
	struct hw_value *values;
	TRY(device_values_create(model->params, model->param_count, &device->arena, &values, diag));
	take_values(model, device, false, values);
	device->model = model;
	device->params = model->params;
	device->param_count = model->param_count;
	device->values = values;
	device->fit_count = 0;
	memset(device->residuals, 0, sizeof(device->residuals));
	return SIM_OK;
}

static enum sim_status check_complete(const struct yaml_file *file,
				      const struct yaml_node *parameters,
				      const struct hw_device *device, struct sim_diag *diag)
{
	for (size_t i = 0; i < device->param_count; i++)
		if (device->params[i].need == HW_REQUIRED &&
		    device->values[i].origin == HW_FROM_FALLBACK)
			return diag_fail_at(diag, SIM_E_NOT_FOUND, file->name,
					    parameters == NULL ? file->root->line
							       : parameters->key_line,
					    "missing parameter '%s' of model %s",
					    device->params[i].key, device->model->name);
	return SIM_OK;
}

static enum sim_status read_root(const struct yaml_file *file, const struct hw_model *model,
				 const struct chain *chain, struct hw_device *device,
				 struct sim_diag *diag)
{
	static const char *const keys[] = {"device",   "model",	     "summary",
					   "inherits", "parameters", "calibration",
					   "units",    "placement",  "memory"};
	const struct yaml_node *root = file->root;
	TRY(yaml_expect(file, root, YAML_MAP, "device file", diag));
	TRY(yaml_allow(file, root, keys, 9, diag));
	TRY(read_name(file, device, diag));
	TRY(read_model(file, &device->model, diag));
	if (yaml_find(root, "summary") != NULL)
		TRY(yaml_text(file, root, "summary", device->summary, sizeof(device->summary),
			      diag));
	device->params = device->model->params;
	device->param_count = device->model->param_count;
	TRY(device_values_create(device->params, device->param_count, &device->arena,
				 &device->values, diag));
	TRY(read_inherited(file, chain, device, diag));
	TRY(read_system(file, device, diag));
	const struct yaml_node *parameters = yaml_find(root, "parameters");
	double peaks[SYSTEM_MOST_UNITS];
	device_peaks(device, peaks);
	if (parameters != NULL) {
		TRY(yaml_expect(file, parameters, YAML_MAP, "parameters", diag));
		for (const struct yaml_node *at = parameters->first; at != NULL; at = at->next)
			TRY(read_parameter(file, at, device, diag));
	}
	TRY(device_scale_peaks(device, peaks, HW_FROM_FILE, diag));
	TRY(device_calibration_read(file, device, diag));
	if (model != NULL && device->system != NULL)
		return diag_fail_at(diag, SIM_E_UNSUPPORTED, file->name, root->line,
				    "a system has no '%s': its units have models of their own",
				    model->name);
	if (model != NULL && model != device->model)
		TRY(take_over(model, device, diag));
	return chain->heir == NULL ? check_complete(file, parameters, device, diag) : SIM_OK;
}

static enum sim_status read_link(const char *path, const struct hw_model *model,
				 const struct chain *heir, struct hw_device *device,
				 struct sim_diag *diag)
{
	struct chain chain = {heir, path, heir == NULL ? 1 : heir->length + 1};
	struct yaml_file file;
	enum sim_status status = yaml_file_read(path, &file, diag);
	if (status == SIM_OK)
		status = read_root(&file, model, &chain, device, diag);
	yaml_file_fini(&file);
	return status;
}

enum sim_status device_file_read(const char *path, const struct hw_model *model,
				 struct hw_device *device, struct sim_diag *diag)
{
	return read_link(path, model, NULL, device, diag);
}
