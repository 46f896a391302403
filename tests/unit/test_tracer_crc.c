/* The tracer's CRC-32 is zlib's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <zlib.h>

#include "traces/tracer/crc.h"

static int set_up(void **state)
{
	(void)state;
	crc_init();
	return 0;
}

static void check_value_is_known(void **state)
{
	(void)state;
	assert_int_equal(crc_of("123456789", 9), 0xcbf43926); /* the CRC catalogue's check value */
	assert_int_equal(crc_of("", 0), 0);
}

static void every_length_and_alignment_is_zlibs(void **state)
{
	enum { MOST = 300 };
	unsigned char bytes[MOST + 8];
	uint32_t random = 1;
	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		random = random * UINT32_C(1664525) + UINT32_C(1013904223);
		bytes[i] = (unsigned char)(random >> 24);
	}
	for (size_t offset = 0; offset < 8; offset++)
		for (size_t length = 0; length <= MOST; length++)
			assert_int_equal(crc_of(bytes + offset, length),
					 crc32(0, bytes + offset, (uInt)length));
}

static void a_whole_block_is_zlibs(void **state)
{
	const size_t length = 1 << 20;
	unsigned char *bytes = malloc(length);
	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < length; i++)
		bytes[i] = (unsigned char)(i * i >> 7);
	assert_int_equal(crc_of(bytes, length), crc32(0, bytes, (uInt)length));
	bytes[length / 2] ^= 1;
	assert_int_equal(crc_of(bytes, length), crc32(0, bytes, (uInt)length));
	free(bytes);
}

static void a_second_init_changes_nothing(void **state)
{
	(void)state;
	crc_init();
	check_value_is_known(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_value_is_known),
		cmocka_unit_test(every_length_and_alignment_is_zlibs),
		cmocka_unit_test(a_whole_block_is_zlibs),
		cmocka_unit_test(a_second_init_changes_nothing),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
