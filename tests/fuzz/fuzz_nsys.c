/* Nsight Systems' SQLite export to a trace; an input that is no database is SQL that makes one. */
#include "tests/fuzz/fuzz.h"

const char fuzz_name[] = "nsys";
const char *const fuzz_seeds[] = {"tests/data/*valid/nsys_*", NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	(void)fuzz_read_trace(fuzz_database(NULL, 0, data, size));
	return 0;
}
