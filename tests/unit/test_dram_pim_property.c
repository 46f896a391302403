/* What must hold for dram_pim whatever its parameters: see the names of the tests. */
#include "tests/unit/validate_fixture.h"

#include "hwmodels/dram_pim.h"

static const char *const presets[] = {"samsung-hbm-pim", "gddr6-aim",	      "cent-8",
				      "attacc-bank",	 "attacc-bank-group", "attacc-buffer",
				      "newton-hbm2",	 "lpddr5-pim"};
enum { PRESETS = sizeof(presets) / sizeof(presets[0]) };

static const double sizes[] = {1,    2,	   3,	 17,   64,   127,  128,	 129,	500,   1000,
			       1024, 1025, 2048, 4096, 4097, 5120, 8191, 11008, 32000, 128256};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

static double gemv_s(const struct dram_pim *pim, double m, double n, double k, double bits)
{
	return dram_pim_mean(pim, dram_pim_gemv_cycles(pim, m, n, k, bits)) * pim->timing.tck_s;
}

static double attention_s(const struct dram_pim *pim, double heads, double group, double length,
			  double dim)
{
	struct dram_attention shape = {heads, group, length, dim};
	return dram_pim_mean(pim, dram_pim_attention_cycles(pim, &shape)) * pim->timing.tck_s +
	       dram_pim_softmax_s(pim, &shape);
}

static bool has_attention(const struct dram_pim *pim)
{
	return pim->attention != DRAM_PIM_NO_ATTENTION;
}

static void more_work_is_never_faster(void **state)
{
	(void)state;
	for (size_t p = 0; p < PRESETS; p++) {
		struct hw_device device;
		fixture_device(&device, presets[p], NULL);
		const struct dram_pim *pim = dram_pim_of(&device.machine);
		for (size_t i = 0; i + 1 < SIZES; i++)
			for (size_t j = 0; j < SIZES; j++) {
				double a = sizes[i], b = sizes[i + 1], c = sizes[j];
				bool good = gemv_s(pim, 1, a, c, 16) <= gemv_s(pim, 1, b, c, 16) &&
					    gemv_s(pim, 1, c, a, 16) <= gemv_s(pim, 1, c, b, 16) &&
					    gemv_s(pim, a, c, 64, 16) <= gemv_s(pim, b, c, 64, 16);
				if (has_attention(pim))
					good = good &&
					       attention_s(pim, 8, 1, a, c) <=
						       attention_s(pim, 8, 1, b, c) &&
					       attention_s(pim, a, 1, c, 128) <=
						       attention_s(pim, b, 1, c, 128) &&
					       attention_s(pim, 8, a, c, 128) <=
						       attention_s(pim, 8, b, c, 128) &&
					       attention_s(pim, 8, 1, c, a) <=
						       attention_s(pim, 8, 1, c, b);
				if (!good)
					fail_msg("%s: %g, %g with %g", presets[p], a, b, c);
			}
		device_fini(&device);
	}
}

static void a_faster_part_is_never_slower(void **state)
{
	static const struct {
		const char *key;
		double factor;
	} changes[] = {{"tck", 0.5},
		       {"channels", 2},
		       {"unit.lanes", 2},
		       {"rcd", 0.5},
		       {"rp", 0.5},
		       {"rtp", 0.5},
		       {"ras", 0.5},
		       {"rfc", 0.5},
		       {"refi", 2},
		       {"mac.interval", 0.5},
		       {"input.interval", 0.5},
		       {"mode.switch", 0.5},
		       {"access.bandwidth", 2}};
	(void)state;
	for (size_t p = 0; p < PRESETS; p++)
		for (size_t c = 0; c < sizeof(changes) / sizeof(changes[0]); c++) {
			struct hw_device device, faster;
			fixture_device(&device, presets[p], NULL);
			fixture_device(&faster, presets[p], NULL);
			double *value = fixture_value(&faster, changes[c].key);
			if (isnan(*value)) {
				device_fini(&device);
				device_fini(&faster);
				continue;
			}
			*value *= changes[c].factor;
			if (*value >= 1)
				*value = floor(*value);
			if (strcmp(changes[c].key, "mac.interval") == 0)
				*fixture_value(&faster, "mac.interval.capped") = NAN;
			assert_int_equal(device_rebuild(&faster, NULL), SIM_OK);
			const struct dram_pim *a = dram_pim_of(&device.machine);
			const struct dram_pim *b = dram_pim_of(&faster.machine);
			for (size_t i = 0; i < SIZES; i++) {
				double n = sizes[i], slack = 1 + 1e-12;
				bool good = gemv_s(b, 1, n, 4096, 16) <=
						    gemv_s(a, 1, n, 4096, 16) * slack &&
					    gemv_s(b, 2, 4096, n, 16) <=
						    gemv_s(a, 2, 4096, n, 16) * slack;
				if (has_attention(a))
					good = good &&
					       attention_s(b, 32, 1, n, 128) <=
						       attention_s(a, 32, 1, n, 128) * slack;
				if (!good)
					fail_msg("%s: %s times %g is slower at %g", presets[p],
						 changes[c].key, changes[c].factor, n);
			}
			device_fini(&device);
			device_fini(&faster);
		}
}

static void nothing_is_faster_than_the_banks(void **state)
{
	(void)state;
	for (size_t p = 0; p < PRESETS; p++) {
		struct hw_device device;
		fixture_device(&device, presets[p], NULL);
		const struct dram_pim *pim = dram_pim_of(&device.machine);
		double peak = dram_pim_peak(pim);
		static const double bits[] = {4, 8, 16, 32};
		for (size_t i = 0; i < SIZES; i++)
			for (size_t j = 0; j < SIZES; j++)
				for (size_t b = 0; b < 4; b++) {
					double bytes = sizes[i] * sizes[j] * bits[b] / 8;
					double s = gemv_s(pim, 1, sizes[i], sizes[j], bits[b]);
					if (s < bytes / peak)
						fail_msg("%s: %g x %g at %g bit", presets[p],
							 sizes[i], sizes[j], bits[b]);
				}
		for (size_t i = 0; has_attention(pim) && i < SIZES; i++) {
			double bytes = 4 * 32 * 128 * sizes[i];
			assert_true(attention_s(pim, 32, 1, sizes[i], 128) >= bytes / peak);
		}
		device_fini(&device);
	}
}

static void a_batch_goes_row_by_row(void **state)
{
	(void)state;
	for (size_t p = 0; p < PRESETS; p++) {
		struct hw_device device;
		fixture_device(&device, presets[p], NULL);
		const struct dram_pim *pim = dram_pim_of(&device.machine);
		double one = dram_pim_gemv_cycles(pim, 1, 4096, 4096, 16);
		assert_true(dram_pim_gemv_cycles(pim, 7, 4096, 4096, 16) == 7 * one);
		device_fini(&device);
	}
}

/* Every parameter at each end of its range, whole numbers too, which conformance leaves alone. */
static void extremes_are_finite_or_refused(void **state)
{
	static const struct sim_kernel kernels[] = {
		{.flops = UINT64_MAX,
		 .weight_bytes = 1,
		 .op = SIM_OP_GEMM,
		 .dtype = SIM_DTYPE_BF16},
		{.flops = 1, .weight_bytes = UINT64_MAX, .op = SIM_OP_GROUPED_GEMM},
		{.flops = 1 << 20, .kv_read_bytes = 1 << 20, .op = SIM_OP_ATTENTION},
		{.flops = UINT64_MAX, .kv_read_bytes = UINT64_MAX, .op = SIM_OP_ATTENTION},
		{.act_read_bytes = UINT64_MAX, .act_write_bytes = 1, .op = SIM_OP_ELEMENTWISE},
		{.act_write_bytes = UINT64_MAX, .op = SIM_OP_ROPE},
		{.op = SIM_OP_COLLECTIVE},
	};
	enum { KERNELS = sizeof(kernels) / sizeof(kernels[0]) };
	(void)state;
	for (size_t p = 0; p < PRESETS; p++) {
		struct hw_device device;
		fixture_device(&device, presets[p], NULL);
		for (size_t i = 0; i < device.param_count; i++)
			for (int end = 0; end < 2; end++) {
				double before = device.values[i].value;
				struct machine_demand demands[KERNELS];
				struct machine_energy energies[KERNELS];
				device.values[i].value =
					end ? device.params[i].high : device.params[i].low;
				enum sim_status status = device_rebuild(&device, NULL);
				if (status == SIM_OK) {
					machine_demand(&device.machine, kernels, KERNELS, demands);
					machine_energy(&device.machine, kernels, KERNELS, energies);
				}
				for (size_t k = 0; status == SIM_OK && k < KERNELS; k++) {
					bool good = demands[k].fixed_ps >= 0;
					for (int r = 0; r < 3; r++)
						good = good && isfinite(demands[k].work[r]) &&
						       demands[k].work[r] >= 0;
					good = good && energies[k].low_pj <= energies[k].high_pj &&
					       isfinite(energies[k].high_pj);
					if (!good)
						fail_msg("%s: %s = %g, kernel %zu", presets[p],
							 device.params[i].key,
							 device.values[i].value, k);
				}
				device.values[i].value = before;
			}
		assert_int_equal(device_rebuild(&device, NULL), SIM_OK);
		device_fini(&device);
	}
}

static void refuse(const char *spec, const char *set)
{
	struct hw_device device;
	struct sim_diag diag;
	diag_init(&diag);
	assert_int_equal(device_load(spec, &set, 1, &device, &diag), SIM_E_RANGE);
}

static void parameters_at_odds_are_refused(void **state)
{
	(void)state;
	refuse("samsung-hbm-pim", "rfc=3890"); /* with rp nothing is left of refi */
	refuse("samsung-hbm-pim", "unit.banks=32");
	refuse("cent-8", "op.devices=9");
	refuse("cent-8", "softmax.rate=1 Hz");
	refuse("attacc-bank", "mac.interval.capped=3");
	refuse("gddr6-aim", "burst=4096 B");
	refuse("gddr6-aim", "attention=2");
}

static void what_units_cannot_do_is_said(void **state)
{
	static const struct {
		const char *spec;
		unsigned op;
		bool can;
	} rows[] = {{"samsung-hbm-pim", SIM_OP_GEMM, true},
		    {"samsung-hbm-pim", SIM_OP_ELEMENTWISE, true},
		    {"samsung-hbm-pim", SIM_OP_SOFTMAX, false},
		    {"samsung-hbm-pim", SIM_OP_ATTENTION, false},
		    {"samsung-hbm-pim", SIM_OP_NORM, false},
		    {"gddr6-aim", SIM_OP_ELEMENTWISE, false},
		    {"attacc-bank", SIM_OP_ATTENTION, true},
		    {"attacc-bank", SIM_OP_NORM, false},
		    {"cent-8", SIM_OP_NORM, true},
		    {"cent-8", SIM_OP_SAMPLING, true},
		    {"cent-8", SIM_OP_COLLECTIVE, true},
		    {"newton-hbm2", SIM_OP_COLLECTIVE, false}};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hw_device device;
		fixture_device(&device, rows[i].spec, NULL);
		bool cannot = device.machine.ops_unsupported >> rows[i].op & 1;
		if (cannot == rows[i].can)
			fail_msg("%s: %s", rows[i].spec, sim_op_text(rows[i].op));
		device_fini(&device);
	}
}

/* A product of 4096 x 4096 at bank level: cells, moves and multiply-adds by hand. */
static void energy_is_bytes_and_multiply_adds(void **state)
{
	struct hw_device device;
	struct machine_energy energy;
	const double n = 4096, k = 4096;
	struct sim_kernel kernel = {.flops = 2 * 4096 * 4096,
				    .weight_bytes = 2 * 4096 * 4096,
				    .act_read_bytes = 2 * 4096,
				    .act_write_bytes = 2 * 4096,
				    .op = SIM_OP_GEMM,
				    .dtype = SIM_DTYPE_BF16};
	(void)state;
	fixture_device(&device, "samsung-hbm-pim", NULL);
	machine_energy(&device.machine, &kernel, 1, &energy);
	double moved = 2 * (k * 64 + n * 2); /* the input goes to 64 channels */
	double memory = n * k * 16 * 0.55 + moved * 8 * 3.59, compute = n * k * 0.32;
	assert_true(fabs(energy.pj[ENERGY_MEMORY] / memory - 1) < 1e-9);
	assert_true(fabs(energy.pj[ENERGY_COMPUTE] / compute - 1) < 1e-9);
	assert_true(energy.pj[ENERGY_LINK] == 0);
	assert_true(energy.low_pj < memory + compute && energy.high_pj > memory + compute);
	device_fini(&device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(more_work_is_never_faster),
		cmocka_unit_test(a_faster_part_is_never_slower),
		cmocka_unit_test(nothing_is_faster_than_the_banks),
		cmocka_unit_test(a_batch_goes_row_by_row),
		cmocka_unit_test(extremes_are_finite_or_refused),
		cmocka_unit_test(parameters_at_odds_are_refused),
		cmocka_unit_test(what_units_cannot_do_is_said),
		cmocka_unit_test(energy_is_bytes_and_multiply_adds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
