/*
 * Collectives: bytes, messages and routes by hand for each algorithm; what a topology lacks is refused;
 * on a device the time follows the equation of hwmodels/gpu_peer.h, falls with bandwidth, and a device
 * without the link or the route says which key is missing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hwmodels/device.h"
#include "workloads/collective.h"

static struct sim_kernel fill(struct collective of)
{
	struct sim_kernel kernel = {0};
	struct sim_diag diag = {0};
	if (collective_fill(&of, &kernel, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	return kernel;
}

static void assert_moves(struct collective of, uint64_t sent, uint64_t received, unsigned hops,
			 unsigned route)
{
	struct sim_kernel kernel = fill(of);
	assert_int_equal(kernel.op, SIM_OP_COLLECTIVE);
	assert_true(kernel.flags & SIM_KERNEL_PEER);
	assert_int_equal(kernel.act_read_bytes, sent);
	assert_int_equal(kernel.act_write_bytes, received);
	assert_int_equal(kernel.hops, hops);
	assert_int_equal(kernel.route, route);
}

/* 8000 bytes over 8 devices: a part is 1000. */
static void bytes_by_hand(void **state)
{
	(void)state;
	struct collective of = {.bytes = 8000, .devices = 8, .algorithm = COLLECTIVE_RING};
	of.kind = COLLECTIVE_ALL_REDUCE;
	assert_moves(of, 14000, 14000, 14, SIM_ROUTE_RING);
	of.kind = COLLECTIVE_ALL_GATHER;
	assert_moves(of, 7000, 7000, 7, SIM_ROUTE_RING);
	of.kind = COLLECTIVE_REDUCE_SCATTER;
	assert_moves(of, 7000, 7000, 7, SIM_ROUTE_RING);
	of.kind = COLLECTIVE_ALL_TO_ALL;
	assert_moves(of, 32000, 32000, 7, SIM_ROUTE_RING);
	of.algorithm = COLLECTIVE_DIRECT;
	of.received = 9000;
	assert_moves(of, 8000, 9000, 1, SIM_ROUTE_DIRECT);
	of.received = 0;
	of.kind = COLLECTIVE_SEND;
	assert_moves(of, 8000, 8000, 1, SIM_ROUTE_DIRECT);
	of.kind = COLLECTIVE_ALL_REDUCE;
	assert_moves(of, 14000, 14000, 2, SIM_ROUTE_DIRECT);
	of.algorithm = COLLECTIVE_ONE_SHOT;
	assert_moves(of, 56000, 56000, 1, SIM_ROUTE_DIRECT);
	of.algorithm = COLLECTIVE_MULTIMEM;
	assert_moves(of, 9000, 9000, 2, SIM_ROUTE_MULTIMEM);
	of.kind = COLLECTIVE_ALL_GATHER;
	assert_moves(of, 1000, 8000, 1, SIM_ROUTE_MULTIMEM);
	of.kind = COLLECTIVE_REDUCE_SCATTER;
	assert_moves(of, 8000, 1000, 1, SIM_ROUTE_MULTIMEM);
}

/* A mesh of 8: a send has one of 7 links, an exchange all of them. */
static void mesh_shares_its_links(void **state)
{
	(void)state;
	struct collective of = {.bytes = 8000, .devices = 8, .topology = COLLECTIVE_MESH};
	of.kind = COLLECTIVE_SEND;
	assert_moves(of, 56000, 56000, 1, SIM_ROUTE_DIRECT);
	of.kind = COLLECTIVE_ALL_REDUCE;
	assert_moves(of, 14000, 14000, 2, SIM_ROUTE_DIRECT);
}

static void auto_chooses_by_size(void **state)
{
	(void)state;
	struct collective of = {.kind = COLLECTIVE_ALL_REDUCE, .devices = 2, .bytes = 1 << 20};
	assert_int_equal(fill(of).hops, 1); /* two: one shot */
	of.devices = 4;
	assert_int_equal(fill(of).hops, 2); /* above 512 KiB */
	of.bytes = (512 << 10) - 1;
	assert_int_equal(fill(of).hops, 1);
	of.devices = 8;
	assert_int_equal(fill(of).hops, 2); /* above 256 KiB */
	of.bytes = (256 << 10) - 1;
	assert_int_equal(fill(of).hops, 1);
	of.bytes = (8 << 20) + 1;
	assert_int_equal(fill(of).hops, 14);
	assert_int_equal(fill(of).route, SIM_ROUTE_RING);
	of.topology = COLLECTIVE_RING_OF;
	of.bytes = 1000;
	assert_int_equal(fill(of).route, SIM_ROUTE_RING);
	of.topology = COLLECTIVE_MESH;
	assert_int_equal(fill(of).route, SIM_ROUTE_DIRECT);
}

static void what_is_not_there_is_refused(void **state)
{
	(void)state;
	static const struct collective wrong[] = {
		{.kind = COLLECTIVE_ALL_REDUCE, .bytes = 1, .devices = 1},
		{.bytes = 1,
		 .devices = 2,
		 .topology = COLLECTIVE_RING_OF,
		 .algorithm = COLLECTIVE_DIRECT},
		{.bytes = 1,
		 .devices = 2,
		 .topology = COLLECTIVE_MESH,
		 .algorithm = COLLECTIVE_MULTIMEM},
		{.bytes = 1,
		 .devices = 2,
		 .topology = COLLECTIVE_MESH,
		 .algorithm = COLLECTIVE_RING},
		{.kind = COLLECTIVE_ALL_TO_ALL,
		 .bytes = 1,
		 .devices = 2,
		 .algorithm = COLLECTIVE_MULTIMEM},
		{.kind = COLLECTIVE_ALL_GATHER,
		 .bytes = 1,
		 .devices = 2,
		 .algorithm = COLLECTIVE_ONE_SHOT},
		{.kind = COLLECTIVE_SEND, .bytes = 1, .devices = 2, .algorithm = COLLECTIVE_RING},
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct sim_kernel kernel = {0};
		struct sim_diag diag = {0};
		if (collective_fill(&wrong[i], &kernel, &diag) != SIM_E_RANGE)
			fail_msg("%zu is not refused", i);
		assert_string_not_equal(diag.text, "");
	}
}

static void load(struct hw_device *device, const char *name, const char *set)
{
	struct sim_diag diag = {0};
	if (device_load(name, &set, set != NULL, device, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static struct machine_demand demand(const struct hw_device *device, struct sim_kernel kernel)
{
	struct machine_demand one;
	machine_demand(&device->machine, &kernel, 1, &one);
	return one;
}

static double seconds(const struct hw_device *device, struct sim_kernel kernel)
{
	struct machine_demand one = demand(device, kernel);
	return (double)(one.fixed_ps + demand_service_ps(&device->machine, &one)) * 1e-12;
}

static void assert_close(double got, double wanted)
{
	double off = got - wanted;
	if (off < -3e-12 || off > 3e-12) /* times are whole ps, rounded up */
		fail_msg("%.12g is not %.12g", got, wanted);
}

static double param(const struct hw_device *device, const char *key)
{
	int i = device_param(device, key);
	assert_true(i >= 0);
	return device->numbers[i];
}

/* fixed + hops hop + bytes / (stream bandwidth), and the cheaper of a ring's two protocols. */
static void time_is_the_equation(void **state)
{
	(void)state;
	struct hw_device device;
	load(&device, "h100-sxm", NULL);
	double bandwidth = param(&device, "peer.bandwidth");
	struct collective of = {.bytes = 1 << 30, .devices = 8, .algorithm = COLLECTIVE_MULTIMEM};
	double bytes = of.bytes * 9 / 8;
	assert_close(seconds(&device, fill(of)),
		     param(&device, "peer.multimem.fixed") +
			     2 * param(&device, "peer.multimem.hop") +
			     bytes / bandwidth / param(&device, "peer.multimem.stream"));
	of.algorithm = COLLECTIVE_RING;
	bytes = of.bytes * 14 / 8;
	assert_close(seconds(&device, fill(of)),
		     param(&device, "peer.ring.fixed") + 14 * param(&device, "peer.ring.hop") +
			     bytes / bandwidth / param(&device, "peer.ring.stream"));
	of.bytes = 1 << 16;
	bytes = of.bytes * 14 / 8;
	assert_close(seconds(&device, fill(of)),
		     param(&device, "peer.ll.fixed") + 14 * param(&device, "peer.ll.hop") +
			     bytes / bandwidth / param(&device, "peer.ll.stream"));
	device_fini(&device);
}

/* Its blocks hold a share of the arithmetic units for as long as it streams. */
static void multiprocessors_are_held(void **state)
{
	(void)state;
	struct hw_device device;
	load(&device, "h100-sxm", NULL);
	struct collective of = {.bytes = 1 << 28, .devices = 8, .sms = 33};
	struct machine_demand quarter = demand(&device, fill(of));
	double streaming = (double)demand_service_ps(&device.machine, &quarter);
	int tensor = -1, link = -1;
	for (uint32_t r = 0; r < device.machine.resource_count; r++) {
		if (strcmp(device.machine.resources[r].name, "tensor") == 0)
			tensor = (int)r;
		if (strcmp(device.machine.resources[r].name, "peer") == 0)
			link = (int)r;
	}
	assert_true(tensor >= 0 && link >= 0);
	double held = quarter.work[tensor] * device.machine.resources[tensor].ps_per_unit;
	if (held < 0.2499 * streaming || held > 0.2501 * streaming)
		fail_msg("33 of 132 multiprocessors: %g of %g ps", held, streaming);
	assert_true(quarter.work[link] > 0);
	device_fini(&device);
}

static void more_bandwidth_is_never_slower(void **state)
{
	(void)state;
	static const char *const sets[] = {
		"peer.bandwidth=50 GB/s",  "peer.bandwidth=300 GB/s", "peer.bandwidth=450 GB/s",
		"peer.bandwidth=900 GB/s", "peer.bandwidth=90 TB/s",
	};
	static const double sizes[] = {1, 1 << 12, 1 << 20, 1 << 28};
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
		for (unsigned a = COLLECTIVE_RING; a <= COLLECTIVE_MULTIMEM; a++) {
			double before = 1e9;
			for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
				struct hw_device device;
				struct collective of = {
					.bytes = sizes[s], .devices = 8, .algorithm = a};
				load(&device, "h100-sxm", sets[i]);
				double now = seconds(&device, fill(of));
				if (now > before)
					fail_msg("%s: %g s after %g s", sets[i], now, before);
				before = now;
				device_fini(&device);
			}
		}
}

static enum sim_status can_run(const char *device_name, const char *set, unsigned algorithm,
			       struct sim_diag *diag)
{
	struct hw_device device;
	struct collective of = {.bytes = 1000, .devices = 2, .algorithm = algorithm};
	struct sim_kernel kernel = fill(of);
	load(&device, device_name, set);
	enum sim_status status = machine_can_run(&device.machine, &kernel, 1, diag);
	device_fini(&device);
	return status;
}

static void a_device_without_the_link_says_so(void **state)
{
	(void)state;
	struct sim_diag none = {0}, switchless = {0}, diag = {0};
	assert_int_equal(can_run("l4", NULL, COLLECTIVE_DIRECT, &none), SIM_E_UNSUPPORTED);
	assert_non_null(strstr(none.text, "peer.bandwidth"));
	assert_int_equal(can_run("l4", "peer.bandwidth=32 GB/s", COLLECTIVE_DIRECT, &diag), SIM_OK);
	assert_int_equal(can_run("a100-80gb-sxm", NULL, COLLECTIVE_RING, &diag), SIM_OK);
	assert_int_equal(can_run("a100-80gb-sxm", NULL, COLLECTIVE_MULTIMEM, &switchless),
			 SIM_E_UNSUPPORTED);
	assert_non_null(strstr(switchless.text, "peer.multimem.stream"));
	assert_int_equal(can_run("roofline:h100-sxm", NULL, COLLECTIVE_RING, &diag), SIM_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_by_hand),
		cmocka_unit_test(mesh_shares_its_links),
		cmocka_unit_test(auto_chooses_by_size),
		cmocka_unit_test(what_is_not_there_is_refused),
		cmocka_unit_test(time_is_the_equation),
		cmocka_unit_test(multiprocessors_are_held),
		cmocka_unit_test(more_bandwidth_is_never_slower),
		cmocka_unit_test(a_device_without_the_link_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
