/* Systems of units: files, placement, links, memory, sums; against numbers worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "hwmodels/device.h"
#include "validate/energy.h"
#include "validate/placement.h"

static char folder[64], path[128];

/* HEAD's parameters of a roofline unit: 1 TB/s, 10 GB, 1 Tflop/s vector; energies by hand. */
static const char near_text[] =
	"device: near\nmodel: roofline\nparameters:\n"
	"  sm.count: 10\n  sm.clock: 1 GHz\n  hbm.bandwidth: 1 TB/s\n"
	"  hbm.capacity: 10 GB\n  l2.capacity: 1 MB\n"
	"  vector.fp32: 1 Tflop/s\n  tensor.bf16: 10 Tflop/s\n"
	"  static.power: 10 W\n  hbm.energy: 100 pJ/B\n  flop.energy: 1 pJ\n"
	"  energy.band: 10 %\n  area: 100 mm2\n  price.hour: 1 USD/h\n";
static const char far_text[] = "device: far\nmodel: roofline\nparameters:\n"
			       "  sm.count: 10\n  sm.clock: 1 GHz\n  hbm.bandwidth: 4 TB/s\n"
			       "  hbm.capacity: 2 GB\n  l2.capacity: 1 MB\n"
			       "  vector.fp32: 1 Tflop/s\n  tensor.bf16: 10 Tflop/s\n"
			       "  static.power: 1 W\n  hbm.energy: 10 pJ/B\n  flop.energy: 1 pJ\n"
			       "  energy.band: 0\n  area: 50 mm2\n  price.hour: 0.5 USD/h\n";

static void near(double got, double wanted, double within)
{
	if (!(fabs(got - wanted) <= within))
		fail_msg("%.12g, wanted %.12g", got, wanted);
}

static void put(const char *name, const char *text)
{
	char at[160];
	snprintf(at, sizeof(at), "%s/%s", folder, name);
	FILE *file = fopen(at, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/decodesim-system-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	put("near.yaml", near_text);
	put("far.yaml", far_text);
	snprintf(path, sizeof(path), "%s/both.yaml", folder);
	return 0;
}

static int drop_folder(void **state)
{
	char command[128];
	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

#define UNITS                                                                                      \
	"device: both\nmodel: system\nunits:\n  near: {device: ./near.yaml}\n"                     \
	"  far: {device: ./far.yaml, count: 2}\n"
#define LINK                                                                                       \
	"parameters:\n  link.far.bandwidth: 100 GB/s\n  link.far.latency: 1 us\n"                  \
	"  link.far.energy: 5 pJ/B\n"

static void load(const char *text, const char *const *sets, size_t count, struct hw_device *device)
{
	struct sim_diag diag;
	diag_init(&diag);
	put("both.yaml", text);
	if (device_load(path, sets, count, device, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static void refuse(const char *text, const char *why)
{
	struct hw_device device;
	struct sim_diag diag;
	diag_init(&diag);
	put("both.yaml", text);
	if (device_load(path, NULL, 0, &device, &diag) == SIM_OK)
		fail_msg("accepted, though: %s", why);
	if (strstr(diag.text, why) == NULL || strstr(diag.text, "both.yaml:") == NULL)
		fail_msg("'%s' does not say file:line and '%s'", diag.text, why);
}

static const struct sim_kernel gemm = {.op = SIM_OP_GEMM,
				       .family = SIM_FAMILY_GEMM,
				       .dtype = SIM_DTYPE_BF16,
				       .weight_bytes = 8000000,
				       .flops = 8000000,
				       .act_read_bytes = 4000,
				       .act_write_bytes = 4000};
static const struct sim_kernel attention = {.op = SIM_OP_ATTENTION,
					    .family = SIM_FAMILY_ATTN,
					    .dtype = SIM_DTYPE_BF16,
					    .kv_read_bytes = 8000000,
					    .flops = 8000000,
					    .act_read_bytes = 60000,
					    .act_write_bytes = 40000};

static void kernels_go_where_the_rules_say(void **state)
{
	struct hw_device device;
	struct sim_kernel draft = gemm, wide = gemm;
	(void)state;
	draft.flags = SIM_KERNEL_DRAFT;
	wide.flops *= 8;
	load(UNITS "placement:\n  - {op: attention, unit: far}\n"
		   "  - {op: [gemm, grouped_gemm], draft: true, unit: far}\n"
		   "  - {op: any, rows: {from: 4}, unit: far}\n"
		   "  - {family: gemm, bytes: {from: 1 GB}, unit: far}\n" LINK,
	     NULL, 0, &device);
	const struct machine *machine = &device.machine;
	assert_int_equal(machine->unit_count, 2);
	assert_int_equal(machine->unit_of(machine, &gemm), 0);
	assert_int_equal(machine->unit_of(machine, &attention), 1);
	assert_int_equal(machine->unit_of(machine, &draft), 1);
	assert_int_equal(machine->unit_of(machine, &wide), 1);
	wide = gemm;
	wide.weight_bytes = 2000000000;
	assert_int_equal(machine->unit_of(machine, &wide), 1);
	device_fini(&device);
}

/* 4 MB of each copy at 4 TB/s is 1 us; 100 kB over 100 GB/s is 1 us; latency both ways 2 us. */
static void a_copy_does_its_part_and_the_link_carries_activations(void **state)
{
	struct hw_device device;
	struct machine_demand demand;
	(void)state;
	load(UNITS "placement: [{op: attention, unit: far}]\n" LINK, NULL, 0, &device);
	const struct machine *machine = &device.machine;
	machine_demand(machine, &attention, 1, &demand);
	assert_int_equal(demand.fixed_ps, 2000000);
	/* memory: 8 MB / 2 and the activations' half, 50 kB */
	assert_int_equal(demand_service_ps(machine, &demand), 1012500);
	double link = 0;
	for (uint32_t r = 0; r < machine->resource_count; r++)
		if (strcmp(machine->resources[r].name, "far.to_home") == 0)
			link = demand.work[r];
	assert_true(link == 100000);
	machine_demand(machine, &gemm, 1, &demand);
	assert_int_equal(demand.fixed_ps, 0);
	assert_int_equal(demand_service_ps(machine, &demand), 8008000);
	assert_true(machine->memory_bytes_per_s == 9e12);
	device_fini(&device);
}

static void a_system_holds_what_its_units_hold(void **state)
{
	struct hw_device device;
	(void)state;
	load(UNITS "memory: {weights: near, kv: [far]}\n" LINK, NULL, 0, &device);
	assert_true(device.machine.memory_bytes == 10e9);
	assert_true(device.machine.kv_memory_bytes == 4e9);
	device_fini(&device);
	load(UNITS "memory: {weights: [near, far], kv: [near, far]}\n" LINK, NULL, 0, &device);
	assert_true(device.machine.memory_bytes == 14e9);
	assert_true(device.machine.kv_memory_bytes == 0);
	device_fini(&device);
}

/* gemm: 8.008 MB * 100 pJ/B + 8 Mflop * 1 pJ; attention: 8.1 MB * 10 + 8 Mflop + link 100 kB * 5. */
static void energies_and_prices_add_up(void **state)
{
	struct hw_device device;
	struct machine_energy energy[2];
	struct step_energy step;
	const struct sim_kernel kernels[] = {gemm, attention};
	const struct sim_step steps[] = {{0, 2, SIM_LAUNCH_GRAPH, 0}};
	const struct sim_program program = {
		.kernels = kernels, .kernel_count = 2, .steps = steps, .step_count = 1};
	(void)state;
	load(UNITS "placement: [{op: attention, unit: far}]\n" LINK, NULL, 0, &device);
	machine_energy(&device.machine, kernels, 2, energy);
	near(energy[0].pj[ENERGY_MEMORY], 800.8e6, 1);
	near(energy[0].pj[ENERGY_COMPUTE], 8e6, 1);
	near(energy[0].low_pj, 0.9 * 808.8e6, 1);
	near(energy[1].pj[ENERGY_MEMORY], 81e6, 1);
	near(energy[1].pj[ENERGY_LINK], 0.5e6, 1);
	near(energy[1].high_pj, 89.5e6, 1);
	near(device.machine.cost.static_w, 12, 1e-9);
	near(device.machine.cost.area_mm2, 200, 1e-9);
	/* 10 us: 12 W * 10 us = 120 uJ beside 898.3 uJ; 2 USD an hour, 1 token */
	step_energy(&program, &device.machine, 1, 10000000, 1, &step);
	near(step.energy_j, 120e-6 + 898.3e-6, 1e-9);
	near(step.average_w, 101.83, 1e-3);
	assert_false(step.limited);
	/* 50 W hold: 500 uJ, of which 120 static */
	device.machine.cost.limit_w = 50;
	step_energy(&program, &device.machine, 1, 10000000, 1, &step);
	assert_true(step.limited);
	near(step.energy_j, 500e-6, 1e-12);
	near(step.part_j[ENERGY_MEMORY] + step.part_j[ENERGY_COMPUTE] + step.part_j[ENERGY_LINK],
	     380e-6, 1e-12);
	near(step.usd_per_mtoken, 2.0 / 3600 * 10e-6 * 1e6, 1e-9);
	device_fini(&device);
}

static void parameters_of_units_are_set_by_their_names(void **state)
{
	static const char *const sets[] = {"far.hbm.bandwidth=8 TB/s", "link.far.latency=0"};
	struct hw_device device, changed;
	struct sim_diag diag;
	(void)state;
	load(UNITS LINK, NULL, 0, &device);
	load(UNITS LINK, sets, 2, &changed);
	assert_true(changed.machine.memory_bytes_per_s == 17e12);
	assert_true(device.content_hash != changed.content_hash);
	int at = device_param(&changed, "near.sm.count");
	assert_true(at >= 0 && changed.values[at].origin == HW_FROM_INHERITED);
	assert_true(device_sm_count(&changed) == 10);
	device_fini(&device);
	device_fini(&changed);
	diag_init(&diag);
	static const char *const wrong[] = {"far.hbm.bandwith=8 TB/s"};
	assert_int_equal(device_load(path, wrong, 1, &device, &diag), SIM_E_NOT_FOUND);
	assert_non_null(strstr(diag.text, "far.hbm.bandwidth"));
}

static void a_system_is_written_and_read_back(void **state)
{
	static const char *const sets[] = {"far.hbm.bandwidth=8 TB/s"};
	struct hw_device device, back;
	struct sim_diag diag;
	char copy[160];
	(void)state;
	diag_init(&diag);
	load(UNITS "placement: [{op: gemm, rows: {from: 2, below: 9}, unit: far}]\n"
		   "memory: {kv: far}\n" LINK,
	     sets, 1, &device);
	snprintf(copy, sizeof(copy), "%s/copy.yaml", folder);
	FILE *out = fopen(copy, "w");
	assert_non_null(out);
	assert_int_equal(device_write(&device, out, &diag), SIM_OK);
	fclose(out);
	if (device_load(copy, NULL, 0, &back, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	assert_true(back.content_hash == device.content_hash);
	device_fini(&back);
	device_fini(&device);
	put("heir.yaml", "device: heir\nmodel: system\ninherits: ./both.yaml\nparameters:\n"
			 "  far.hbm.bandwidth: 8 TB/s\n");
	snprintf(copy, sizeof(copy), "%s/heir.yaml", folder);
	load(UNITS LINK, sets, 1, &device);
	if (device_load(copy, NULL, 0, &back, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	assert_true(back.content_hash == device.content_hash);
	device_fini(&back);
	device_fini(&device);
}

static void ops_that_nobody_can_do_are_refused(void **state)
{
	struct hw_device device;
	struct sim_diag diag;
	(void)state;
	diag_init(&diag);
	load(UNITS LINK, NULL, 0, &device);
	struct machine machine = device.machine;
	machine.ops_unsupported = UINT64_C(1) << SIM_OP_ATTENTION;
	assert_int_equal(machine_can_run(&machine, &gemm, 1, &diag), SIM_OK);
	assert_int_equal(machine_can_run(&machine, &attention, 1, &diag), SIM_E_UNSUPPORTED);
	assert_non_null(strstr(diag.text, "attention"));
	device_fini(&device);
}

static void files_that_make_no_system_are_refused(void **state)
{
	(void)state;
	refuse("device: both\nmodel: system\n", "missing key 'units'");
	refuse("device: both\nmodel: system\nunits: {}\n", "needs a unit");
	refuse("device: both\nmodel: system\nunits: {a: {device: no-such}}\n", "no-such");
	refuse("device: both\nmodel: system\nunits: {a: {device: ./both.yaml}}\n",
	       "may not be a system");
	put("heir.yaml", "device: heir\nmodel: roofline\ninherits: ./both.yaml\n");
	refuse("device: both\nmodel: system\nunits: {a: {device: ./heir.yaml}}\n",
	       "may not be a system");
	refuse("device: both\nmodel: system\nunits: {a.b: {device: ./near.yaml}}\n",
	       "a unit's name");
	refuse("device: both\nmodel: system\nunits: {a: {device: ./near.yaml, count: 0}}\n",
	       "count");
	refuse(UNITS "placement: [{op: gemm, unit: fra}]\n", "did you mean 'far'");
	refuse(UNITS "placement: [{op: gem, unit: far}]\n", "no such op");
	refuse(UNITS "placement: [{unit: far}]\n", "op: any");
	refuse(UNITS "placement: [{op: any, rows: {from: 3, below: 3}, unit: far}]\n", "empty");
	refuse(UNITS "memory: {kv: nowhere}\n", "nowhere");
	refuse(UNITS "parameters: {link.near.latency: 1 us}\n", "unknown parameter");
	refuse("device: both\nmodel: system\ninherits: h100-sxm\n", "inherits from a system");
	refuse("device: both\nmodel: roofline\ninherits: h100-sxm\nunits: {}\n",
	       "is for model: system");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernels_go_where_the_rules_say),
		cmocka_unit_test(a_copy_does_its_part_and_the_link_carries_activations),
		cmocka_unit_test(a_system_holds_what_its_units_hold),
		cmocka_unit_test(energies_and_prices_add_up),
		cmocka_unit_test(parameters_of_units_are_set_by_their_names),
		cmocka_unit_test(a_system_is_written_and_read_back),
		cmocka_unit_test(ops_that_nobody_can_do_are_refused),
		cmocka_unit_test(files_that_make_no_system_are_refused),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
