/* Findings about devices: what cannot be is an error, what is odd a note, the bundled are clean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hwmodels/lint.h"

struct seen {
	const char *key, *text;
	int errors, notes, hits;
};

static void take(void *context, const struct hw_finding *finding)
{
	struct seen *seen = context;
	seen->errors += finding->impossible;
	seen->notes += !finding->impossible;
	if (seen->key != NULL && strcmp(finding->key, seen->key) == 0 &&
	    strstr(finding->text, seen->text) != NULL)
		seen->hits++;
}

static struct seen lint(const char *device_name, const char *set, const char *key, const char *text)
{
	struct seen seen = {.key = key, .text = text};
	struct hw_device device;
	struct sim_diag diag;
	diag_init(&diag);
	if (device_load(device_name, &set, set == NULL ? 0 : 1, &device, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	device_lint(&device, take, &seen);
	device_fini(&device);
	return seen;
}

static void wants(const char *set, const char *key, const char *text, int errors)
{
	struct seen seen = lint("h100-sxm", set, key, text);
	if (seen.hits != 1 || seen.errors != errors)
		fail_msg("'%s': %d findings about %s with '%s', %d errors", set, seen.hits, key,
			 text, seen.errors);
}

static void what_cannot_be_is_an_error(void **state)
{
	(void)state;
	wants("static.power=800 W", "static.power", "above power.limit", 1);
	wants("l2.capacity=1 TB", "l2.capacity", "above hbm.capacity", 1);
	wants("hbm.energy=0.5 pJ/bit", "hbm.energy", "0.55 pJ/bit", 1);
}

static void what_is_odd_is_a_note(void **state)
{
	(void)state;
	wants("tensor.fp8=500 Tflop/s", "tensor.bf16", "narrower", 0);
	wants("vector.fp32=800 Tflop/s", "vector.fp32", "lanes", 0);
	wants("hbm.energy=40 pJ/bit", "power.limit", "streaming alone", 0);
}

static void bundled_devices_are_possible(void **state)
{
	struct arena arena;
	const char **names;
	size_t count;
	(void)state;
	arena_init(&arena);
	assert_int_equal(device_list(&arena, &names, &count, NULL), SIM_OK);
	for (size_t i = 0; i < count; i++) {
		struct seen seen = lint(names[i], NULL, NULL, NULL);
		if (seen.errors > 0)
			fail_msg("%s: %d errors", names[i], seen.errors);
	}
	arena_fini(&arena);
}

/* A template is the device again: every parameter is in it, and it reads back to the same bits. */
static void a_template_reads_back(void **state)
{
	static const char *const devices[] = {"h100-sxm", "l4", "roofline:a40"};
	(void)state;
	for (size_t d = 0; d < 3; d++) {
		struct hw_device device, back;
		struct sim_diag diag;
		char path[] = "/tmp/decodesim-template-XXXXXX.yaml";
		int fd = mkstemps(path, 5);
		FILE *out = fdopen(fd, "w");
		diag_init(&diag);
		assert_int_equal(device_load(devices[d], NULL, 0, &device, &diag), SIM_OK);
		assert_int_equal(device_template(&device, out, &diag), SIM_OK);
		fclose(out);
		if (device_load(path, NULL, 0, &back, &diag) != SIM_OK)
			fail_msg("%s", diag.text);
		assert_true(back.content_hash == device.content_hash);
		device_fini(&device);
		device_fini(&back);
		remove(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_is_an_error),
		cmocka_unit_test(what_is_odd_is_a_note),
		cmocka_unit_test(bundled_devices_are_possible),
		cmocka_unit_test(a_template_reads_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
