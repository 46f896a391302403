/* Input: plain and gz give the same bytes and hash; what is wrong with a gz file is said. */
#include "tests/unit/trace_files.h"

#include "traces/input.h"

/* FNV-1a 64 of "foobar", from the authors' test vectors. */
static const uint64_t foobar_hash = UINT64_C(0x85944171f73967e8);

struct outcome {
	enum sim_status status;
	uint64_t hash, bytes;
	struct sim_diag diag;
};

static struct outcome read_all(const char *path, size_t room)
{
	struct outcome outcome = {.status = SIM_OK};
	struct budget budget = {0};
	struct input input;
	char *out = malloc(room);
	size_t got = 1;
	diag_init(&outcome.diag);
	outcome.status = input_open(&input, path, &budget, &outcome.diag);
	if (outcome.status == SIM_OK) {
		while (outcome.status == SIM_OK && got > 0)
			outcome.status = input_read(&input, out, room, &got, &outcome.diag);
		outcome.hash = input.hash;
		outcome.bytes = input.bytes;
		input_close(&input, &budget);
	}
	assert_int_equal(budget.now_bytes, 0);
	free(out);
	return outcome;
}

static void plain_and_gz_are_equal(void **state)
{
	const char *path = file_temporary("equal");
	(void)state;
	for (size_t room = 1; room <= 64; room *= 8) {
		file_store(path, "foobar", 6);
		struct outcome plain = read_all(path, room);
		assert_int_equal(plain.status, SIM_OK);
		assert_true(plain.hash == foobar_hash);
		assert_int_equal(plain.bytes, 6);
		file_store_gz(path, "foobar", 6);
		struct outcome packed = read_all(path, room);
		assert_int_equal(packed.status, SIM_OK);
		assert_true(packed.hash == foobar_hash);
		assert_int_equal(packed.bytes, 6);
	}
	unlink(path);
}

static void members_follow_each_other(void **state)
{
	const char *path = file_temporary("members");
	(void)state;
	file_store_gz(path, "foo", 3);
	struct bytes first = file_load_raw(path);
	file_store_gz(path, "bar", 3);
	struct bytes second = file_load_raw(path);
	first.data = realloc(first.data, first.length + second.length);
	memcpy(first.data + first.length, second.data, second.length);
	file_store(path, first.data, first.length + second.length);
	struct outcome outcome = read_all(path, 64);
	assert_int_equal(outcome.status, SIM_OK);
	assert_true(outcome.hash == foobar_hash);
	unlink(path);
	free(first.data);
	free(second.data);
}

static void every_cut_of_a_gz_is_an_error(void **state)
{
	const char *path = file_temporary("cut");
	char text[4000];
	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i * i % 23);
	file_store_gz(path, text, sizeof(text));
	struct bytes whole = file_load_raw(path);
	for (size_t length = 2; length < whole.length; length++) {
		file_store(path, whole.data, length);
		struct outcome outcome = read_all(path, 512);
		assert_int_equal(outcome.status, SIM_E_PARSE);
		assert_non_null(strstr(outcome.diag.text, "cut short"));
	}
	unlink(path);
	free(whole.data);
}

static void every_flipped_byte_of_gz_data_is_an_error(void **state)
{
	const char *path = file_temporary("flip");
	(void)state;
	file_store_gz(path, "foobarfoobarfoobar-foobar", 25);
	struct bytes whole = file_load_raw(path);
	for (size_t at = 10; at < whole.length; at++) {
		whole.data[at] ^= 0x10;
		file_store(path, whole.data, whole.length);
		struct outcome outcome = read_all(path, 512);
		assert_int_equal(outcome.status, SIM_E_PARSE);
		whole.data[at] ^= 0x10;
	}
	unlink(path);
	free(whole.data);
}

static void garbage_behind_gz_is_an_error(void **state)
{
	const char *path = file_temporary("garbage");
	(void)state;
	file_store_gz(path, "foobar", 6);
	struct bytes whole = file_load_raw(path);
	for (size_t extra = 1; extra <= 3; extra++) {
		whole.data = realloc(whole.data, whole.length + extra);
		memset(whole.data + whole.length, 'x', extra);
		file_store(path, whole.data, whole.length + extra);
		struct outcome outcome = read_all(path, 64);
		assert_int_equal(outcome.status, SIM_E_PARSE);
		assert_non_null(strstr(outcome.diag.text, "bytes follow"));
	}
	unlink(path);
	free(whole.data);
}

static void what_is_no_file_is_said(void **state)
{
	(void)state;
	assert_int_equal(read_all("/no/such/file", 8).status, SIM_E_NOT_FOUND);
	struct outcome outcome = read_all("/tmp", 8);
	assert_int_equal(outcome.status, SIM_E_IO);
	assert_non_null(strstr(outcome.diag.text, "directory"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_and_gz_are_equal),
		cmocka_unit_test(members_follow_each_other),
		cmocka_unit_test(every_cut_of_a_gz_is_an_error),
		cmocka_unit_test(every_flipped_byte_of_gz_data_is_an_error),
		cmocka_unit_test(garbage_behind_gz_is_an_error),
		cmocka_unit_test(what_is_no_file_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
