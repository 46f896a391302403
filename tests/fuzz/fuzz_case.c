/* Cases of reproduction: what is read, and its expressions over every row. */
#include "tests/fuzz/fuzz.h"

#include <math.h>

#include "validate/case.h"

const char fuzz_name[] = "case";
const char *const fuzz_seeds[] = {"validate/cases/*.yaml", NULL};

static void check_expectation(const struct validation_case *one,
			      const struct case_expectation *expect, double *values)
{
	double value;
	struct sim_diag diag;
	FUZZ_REQUIRE(expect->what != NULL);
	FUZZ_REQUIRE(expect->tolerance >= 0 && expect->tolerance <= 10 && expect->within >= 0);
	for (size_t i = 0; i < one->result_count; i++) {
		FUZZ_REQUIRE(one->results[i].run < one->run_count);
		FUZZ_REQUIRE(one->results[i].slot < one->scope.count);
		values[one->results[i].slot] = 1;
	}
	(void)case_is_blank(one, &expect->got, values);
	diag_init(&diag);
	enum sim_status status = expr_value(&expect->got, values, &value, &diag);
	FUZZ_REQUIRE(status != SIM_OK || isfinite(value));
}

static void check_case(const struct validation_case *one)
{
	double values[EXPR_MOST_SLOTS] = {0};
	struct sim_diag diag;
	FUZZ_REQUIRE(one->name[0] != '\0' && one->system[0] != '\0' && one->claim[0] != '\0');
	FUZZ_REQUIRE((one->missing[0] != '\0') == (one->expectation_count == 0));
	FUZZ_REQUIRE(one->row_count >= 1 && one->row_count <= CASE_MOST_ROWS);
	FUZZ_REQUIRE(one->scope.count <= EXPR_MOST_SLOTS);
	for (size_t row = 0; row < one->row_count; row++) {
		diag_init(&diag);
		enum sim_status status = case_fill(one, row, SIZE_MAX, 0, values, &diag);
		fuzz_check_diag(status, &diag);
		for (size_t i = 0; status == SIM_OK && i < one->expectation_count; i++)
			check_expectation(one, &one->expectations[i], values);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct validation_case one;
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status = case_parse("case.yaml", (const char *)data, size, &one, &diag);
	fuzz_check_diag(status, &diag);
	if (status == SIM_OK)
		check_case(&one);
	case_fini(&one);
	return 0;
}
