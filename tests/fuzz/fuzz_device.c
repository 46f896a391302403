/* Device files: parameters, inheritance, calibration; what was read is written, read again, and
 * replays. */
#include "tests/fuzz/fuzz.h"

#include <math.h>

const char fuzz_name[] = "device";
const char *const fuzz_seeds[] = {"tests/data/*valid/*.yaml", "hwmodels/devices/*.yaml", NULL};

static bool is_same(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0 || (isnan(a) && isnan(b));
}

static void check_values(const struct hw_device *device)
{
	for (size_t i = 0; i < device->param_count; i++) {
		const struct hw_param *param = &device->params[i];
		const struct hw_value *value = &device->values[i];
		FUZZ_REQUIRE(is_same(value->value, device->numbers[i]));
		FUZZ_REQUIRE(value->source != NULL);
		FUZZ_REQUIRE(!(value->low > value->value) && !(value->high < value->value));
		if (isnan(value->value))
			FUZZ_REQUIRE(param->need == HW_OPTIONAL);
		else
			FUZZ_REQUIRE(value->value >= param->low && value->value <= param->high);
	}
	for (size_t i = 0; i < SIM_FAMILY_COUNT; i++)
		FUZZ_REQUIRE(!(device->machine.band_low[i] > device->machine.band_high[i]));
}

static void check_same(const struct hw_device *device, const struct hw_device *again)
{
	FUZZ_REQUIRE(strcmp(device->name, again->name) == 0);
	FUZZ_REQUIRE(device->model == again->model);
	FUZZ_REQUIRE(device->content_hash == again->content_hash);
	FUZZ_REQUIRE(device->fit_count == again->fit_count);
	for (size_t i = 0; i < device->param_count; i++) {
		FUZZ_REQUIRE(is_same(device->values[i].value, again->values[i].value));
		FUZZ_REQUIRE(is_same(device->values[i].low, again->values[i].low));
		FUZZ_REQUIRE(is_same(device->values[i].high, again->values[i].high));
	}
	for (size_t i = 0; i < SIM_FAMILY_COUNT; i++) {
		FUZZ_REQUIRE(device->residuals[i].kernels == again->residuals[i].kernels);
		FUZZ_REQUIRE(is_same(device->residuals[i].p50, again->residuals[i].p50));
	}
}

static void check_written(const struct hw_device *device)
{
	struct hw_device again;
	struct sim_diag diag;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	diag_init(&diag);
	FUZZ_REQUIRE(out != NULL);
	FUZZ_REQUIRE(device_write(device, out, &diag) == SIM_OK);
	FUZZ_REQUIRE(fclose(out) == 0);
	enum sim_status status = device_load(fuzz_file(text, size), NULL, 0, &again, &diag);
	if (status != SIM_OK)
		fprintf(stderr, "%s\n%s", diag.text, text);
	FUZZ_REQUIRE(status == SIM_OK);
	check_same(device, &again);
	device_fini(&again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct trace *trace = fuzz_sample_trace();
	struct sim_program program = trace_program(trace);
	struct hw_device device;
	struct sim_diag diag;
	char as_roofline[128];
	const char *path = fuzz_file(data, size);
	diag_init(&diag);
	snprintf(as_roofline, sizeof(as_roofline), "roofline:%s", path);
	enum sim_status status = device_load(as_roofline, NULL, 0, &device, &diag);
	fuzz_check_diag(status, &diag);
	if (status == SIM_OK)
		device_fini(&device);
	diag_init(&diag);
	status = device_load(path, NULL, 0, &device, &diag);
	fuzz_check_diag(status, &diag);
	if (status != SIM_OK)
		return 0;
	check_values(&device);
	if (!device.machine.plays_recording)
		fuzz_check_replay(&program, &device.machine, true);
	check_written(&device);
	device_fini(&device);
	return 0;
}
