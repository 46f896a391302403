/*
 * Serving against theory: queues whose waiting times are known, Little's law, what no schedule may
 * break. Service times are drawn from a distribution in place of a step's cost.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/units.h"
#include "sim/serve/serve.h"
#include "sim/serve/variate.h"

enum service { SERVICE_EXPONENTIAL, SERVICE_FIXED, SERVICE_GAMMA, SERVICE_TWO };

struct drawn {
	enum service kind;
	double mean_s;
	struct variate variate;
	uint64_t steps;
};

static double draw(struct drawn *drawn)
{
	switch (drawn->kind) {
	case SERVICE_EXPONENTIAL:
		return variate_exponential(&drawn->variate);
	case SERVICE_GAMMA: /* squared coefficient of variation 1/4 */
		return variate_gamma(&drawn->variate, 4) / 4;
	case SERVICE_TWO: /* 0.5 or 3 with a fifth: mean 1, E[S^2] = 2 */
		return variate_uniform(&drawn->variate) < 0.2 ? 3 : 0.5;
	case SERVICE_FIXED:
	default:
		return 1;
	}
}

/* E[S^2] / E[S]^2 */
static double second_moment(enum service kind)
{
	static const double moments[] = {2, 1, 1.25, 2};
	return moments[kind];
}

static enum sim_status step_drawn(void *context, const struct serve_work *work,
				  struct serve_cost *cost, struct sim_diag *diag)
{
	struct drawn *drawn = context;
	(void)diag;
	assert_int_equal(work->prompts, 1);
	assert_int_equal(work->sequences, 0);
	drawn->steps++;
	cost->step_ps = ps_from_seconds(drawn->mean_s * draw(drawn));
	cost->joules = 1;
	return SIM_OK;
}

/* A queue with one server and no batching: a request is one step, of a prompt and one token. */
static void run_queue(enum service kind, double busy, uint32_t servers, uint64_t seed,
		      uint64_t requests, struct serve_result *result)
{
	struct drawn drawn = {kind, 0.010, variate_at(seed, VARIATE_SERVICE, 0), 0};
	struct serve_costs costs = {step_drawn, &drawn};
	struct serve_config config;
	struct load load;
	struct sim_diag diag = {0};
	serve_config_init(&config);
	load_init(&load);
	config.batch_limit = 1;
	config.instances = servers;
	config.route = SERVE_ROUTE_SHARED;
	config.warmup = requests / 20;
	load.rate = busy * servers / drawn.mean_s;
	load.seed = seed;
	load.requests = requests;
	load.prompt.fixed = load.output.fixed = 1;
	if (serve_run(&config, &load, &costs, result, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	assert_int_equal(result->completed, requests);
	assert_int_equal(drawn.steps, requests);
}

/* Pollaczek and Khinchine: W = rho / (1 - rho) x E[S] / 2 x E[S^2] / E[S]^2 */
static double theory_wait(enum service kind, double busy)
{
	return busy / (1 - busy) * 0.010 / 2 * second_moment(kind);
}

/* An interval at 95 % misses one run in twenty: of 20 seeds at most 4 do (more: p < 0.3 %). */
static void check_queue(enum service kind, double busy)
{
	int missed = 0;
	double sum = 0, wanted = theory_wait(kind, busy);
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct serve_result result;
		run_queue(kind, busy, 1, seed, 15000, &result);
		missed += fabs(result.wait.mean - wanted) > result.wait.mean_half;
		sum += result.wait.mean;
		assert_true(fabs(result.utilization - busy) < 0.03);
	}
	if (missed > 4)
		fail_msg("service %d at %.2f: %d of 20 intervals miss %g s", (int)kind, busy,
			 missed, wanted);
	if (fabs(sum / 20 - wanted) > 0.03 * wanted)
		fail_msg("service %d at %.2f: %g s, theory %g", (int)kind, busy, sum / 20, wanted);
}

static void test_m_m_1(void **state)
{
	(void)state;
	check_queue(SERVICE_EXPONENTIAL, 0.3);
	check_queue(SERVICE_EXPONENTIAL, 0.7);
}

static void test_m_d_1(void **state)
{
	(void)state;
	check_queue(SERVICE_FIXED, 0.5);
	check_queue(SERVICE_FIXED, 0.8);
}

static void test_m_g_1(void **state)
{
	(void)state;
	check_queue(SERVICE_GAMMA, 0.7);
	check_queue(SERVICE_TWO, 0.6);
}

/* Erlang's C for 4 servers at 0.7: P(wait) = 0.428662..., W = C / (c mu - lambda) */
static void test_m_m_c(void **state)
{
	struct serve_result result;
	double offered = 2.8, sum = 0, term = 1, wanted;
	(void)state;
	for (int k = 0; k < 4; k++) {
		sum += term;
		term *= offered / (k + 1);
	}
	term /= 1 - 0.7;
	wanted = term / (sum + term) * 0.010 / (4 - offered);
	run_queue(SERVICE_EXPONENTIAL, 0.7, 4, 5, 200000, &result);
	if (fabs(result.wait.mean - wanted) > 1.5 * result.wait.mean_half)
		fail_msg("%g +- %g, theory %g", result.wait.mean, result.wait.mean_half, wanted);
}

/* The sojourn of M/M/1 is exponential: its quantiles are known, too. */
static void test_quantiles(void **state)
{
	struct serve_result result;
	double mean = 0.010 / (1 - 0.5);
	(void)state;
	run_queue(SERVICE_EXPONENTIAL, 0.5, 1, 3, 200000, &result);
	assert_true(fabs(result.e2e.p50 / (mean * log(2)) - 1) < 0.03);
	assert_true(fabs(result.e2e.p90 / (mean * log(10)) - 1) < 0.03);
	assert_true(fabs(result.e2e.p99 / (mean * log(100)) - 1) < 0.05);
	assert_true(result.e2e.p50_half > 0 && result.e2e.p99_half > result.e2e.p50_half);
	/* Little, as a reader would check it */
	assert_true(fabs(result.mean_system / (result.completed_per_s * mean) - 1) < 0.03);
}

static void test_rate_monotone(void **state)
{
	struct serve_result low, high;
	(void)state;
	for (double busy = 0.1; busy < 0.85; busy += 0.2) {
		run_queue(SERVICE_EXPONENTIAL, busy, 1, 9, 5000, &low);
		run_queue(SERVICE_EXPONENTIAL, busy + 0.1, 1, 9, 5000, &high);
		assert_true(low.wait.mean < high.wait.mean);
		assert_true(low.e2e.p99 < high.e2e.p99);
	}
}

/* ---- variates -------------------------------------------------------------------------------- */

static void test_log_exp(void **state)
{
	(void)state;
	for (int i = 1; i < 20000; i++) {
		double value = i * 0.000731, tiny = value * 1e-13;
		assert_true(fabs(variate_log(value) - log(value)) <=
			    4e-16 * (1 + fabs(log(value))));
		assert_true(fabs(variate_log(tiny) - log(tiny)) <= 4e-16 * (1 + fabs(log(tiny))));
		double power = (i - 10000) * 0.01;
		assert_true(fabs(variate_exp(power) / exp(power) - 1) < 1e-14);
	}
}

static void moments(double (*one)(struct variate *), double mean, double variance)
{
	struct variate variate = variate_at(7, VARIATE_SERVICE, 0);
	enum { COUNT = 200000 };
	double sum = 0, square = 0;
	for (int i = 0; i < COUNT; i++) {
		double value = one(&variate);
		sum += value;
		square += value * value;
	}
	assert_true(fabs(sum / COUNT - mean) < 0.01 * (1 + mean));
	assert_true(fabs(square / COUNT - sum / COUNT * sum / COUNT - variance) <
		    0.03 * (1 + variance));
}

static double gamma_half(struct variate *variate)
{
	return variate_gamma(variate, 0.5);
}

static double gamma_three(struct variate *variate)
{
	return variate_gamma(variate, 3);
}

static void test_moments(void **state)
{
	(void)state;
	moments(variate_uniform, 0.5, 1.0 / 12);
	moments(variate_exponential, 1, 1);
	moments(variate_normal, 0, 1);
	moments(gamma_half, 0.5, 0.5);
	moments(gamma_three, 3, 3);
}

/* The same bits wherever this is built: gcc, clang, -O0, -O3 (`make repeat` compares runs, too). */
static void test_bits(void **state)
{
	(void)state;
	struct variate variate = variate_at(1, VARIATE_ARRIVAL, 0);
	uint64_t hash = 0;
	for (int i = 0; i < 10000; i++) {
		double values[3] = {variate_exponential(&variate), variate_gamma(&variate, 0.3),
				    variate_exp(variate_normal(&variate))};
		for (int k = 0; k < 3; k++) {
			uint64_t bits;
			memcpy(&bits, &values[k], sizeof(bits));
			hash = (hash ^ bits) * UINT64_C(0x9fb21c651e98df25);
		}
	}
	assert_int_equal(hash, UINT64_C(0x1dc295ad044c774d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_m_m_1),	  cmocka_unit_test(test_m_d_1),
		cmocka_unit_test(test_m_g_1),	  cmocka_unit_test(test_m_m_c),
		cmocka_unit_test(test_quantiles), cmocka_unit_test(test_rate_monotone),
		cmocka_unit_test(test_log_exp),	  cmocka_unit_test(test_moments),
		cmocka_unit_test(test_bits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
