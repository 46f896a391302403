/* MobileNetV1 (arXiv 1704.04861, table 1) on DRACO's array of 64 x 64, under every dataflow. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hwmodels/systolic.h"

struct separable {
	double channels, filters, side, times;
};

static const struct separable blocks[] = {
	{32, 64, 112, 1},  {64, 128, 56, 1},  {128, 128, 56, 1},
	{128, 256, 28, 1}, {256, 256, 28, 1}, {256, 512, 14, 1},
	{512, 512, 14, 5}, {512, 1024, 7, 1}, {1024, 1024, 7, 1},
};

struct total {
	double cycles, macs, shares, layers;
};

static struct systolic_conv layer(double side, double filter, double channels, double filters,
				  double groups)
{
	return (struct systolic_conv){.images = 1,
				      .out_height = side,
				      .out_width = side,
				      .filter_height = filter,
				      .filter_width = filter,
				      .channels = channels,
				      .filters = filters,
				      .groups = groups};
}

static void add(struct total *total, const struct systolic_array *array, struct systolic_conv conv,
		double times)
{
	double cycles = systolic_conv_cycles(array, &conv), macs = systolic_conv_macs(&conv);
	total->cycles += times * cycles;
	total->macs += times * macs;
	total->shares += times * systolic_utilization(array, macs, cycles);
	total->layers += times;
}

/* The network with its depthwise convolutions in groups of SIZE channels. */
static struct total mobilenet(enum systolic_dataflow dataflow, double size)
{
	const struct systolic_array array = {
		.rows = 64, .columns = 64, .arrays = 1, .dataflow = dataflow};
	struct total total = {0};
	add(&total, &array, layer(112, 3, 3, 32, 1), 1);
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		const struct separable *block = &blocks[i];
		add(&total, &array,
		    layer(block->side, 3, block->channels, block->channels, block->channels / size),
		    block->times);
		add(&total, &array, layer(block->side, 1, block->channels, block->filters, 1),
		    block->times);
	}
	add(&total, &array, layer(1, 1, 1024, 1000, 1), 1);
	return total;
}

static double busy(const struct total *total)
{
	return total->macs / (64 * 64 * total->cycles);
}

static void the_network_is_that_of_the_paper(void **state)
{
	(void)state;
	struct total total = mobilenet(SYSTOLIC_ROW_STATIONARY, 1);
	assert_true(total.layers == 28);
	/* its table 4: 569 million multiply-adds */
	assert_true(fabs(total.macs / 569e6 - 1) < 0.002);
}

/* The cycles that validate/cases/draco-utilization.yaml adds up. */
static void groups_raise_utilization(void **state)
{
	static const double sizes[] = {1, 2, 4, 8, 16};
	static const double cycles[] = {388302, 270030, 210894, 205518, 243150};
	static const double gains[] = {0, 0.05196, 0.25981, 0.56104, 0.65638};
	(void)state;
	struct total alone = mobilenet(SYSTOLIC_ROW_STATIONARY, 1);
	for (size_t i = 0; i < 5; i++) {
		struct total total = mobilenet(SYSTOLIC_ROW_STATIONARY, sizes[i]);
		assert_true(total.cycles == cycles[i]);
		assert_true(fabs(total.shares / alone.shares - 1 - gains[i]) < 1e-5);
	}
}

/* Of all dataflows row stationary wastes least on depthwise layers; the others see one column. */
static void row_stationary_suits_depthwise_layers_best(void **state)
{
	static const double means[] = {0.2741, 0.2407, 0.2550, 0.4860};
	static const double busies[] = {0.04313, 0.02060, 0.02882, 0.35762};
	(void)state;
	for (int flow = 0; flow < SYSTOLIC_DATAFLOW_COUNT; flow++) {
		struct total total = mobilenet((enum systolic_dataflow)flow, 1);
		assert_true(fabs(total.shares / 28 - means[flow]) < 1e-3);
		assert_true(fabs(busy(&total) - busies[flow]) < 1e-3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_network_is_that_of_the_paper),
		cmocka_unit_test(groups_raise_utilization),
		cmocka_unit_test(row_stationary_suits_depthwise_layers_best),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
