/* Inputs as files in memory, findings, and the check of messages. */
#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

void fuzz_found(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

const char *fuzz_file(const void *data, size_t size)
{
	static int file = -1;
	static char path[64];
	if (file < 0) {
		file = memfd_create("fuzz", MFD_CLOEXEC);
		FUZZ_REQUIRE(file >= 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	}
	FUZZ_REQUIRE(ftruncate(file, 0) == 0);
	for (size_t at = 0; at < size;) {
		ssize_t wrote = pwrite(file, (const char *)data + at, size - at, (off_t)at);
		FUZZ_REQUIRE(wrote > 0);
		at += (size_t)wrote;
	}
	return path;
}

void fuzz_check_diag(enum sim_status status, const struct sim_diag *diag)
{
	FUZZ_REQUIRE(status == diag->status);
	FUZZ_REQUIRE((status == SIM_OK) == (diag->text[0] == '\0'));
	FUZZ_REQUIRE(memchr(diag->text, '\0', sizeof(diag->text)) != NULL);
	FUZZ_REQUIRE(status != SIM_E_INTERNAL && status != SIM_E_NOMEM);
	for (const char *at = diag->text; *at != '\0'; at++)
		FUZZ_REQUIRE((unsigned char)*at >= ' ' && *at != 0x7f);
}
