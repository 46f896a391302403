/* Kineto's JSON, plain or gz, to a trace. */
#include "tests/fuzz/fuzz.h"

const char fuzz_name[] = "kineto";
const char *const fuzz_seeds[] = {"tests/data/*valid/kineto_*.json", NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	(void)fuzz_read_trace(fuzz_file(data, size));
	return 0;
}
