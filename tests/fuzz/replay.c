/*
 * Runs a fuzz target over files without libFuzzer: those given, else its corpus and the test data
 * that it can read. Names each before it is run, so that the last one named is the finding.
 */
#include "tests/fuzz/fuzz.h"

#include <glob.h>

static void run_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	fprintf(stderr, "%s\n", path);
	FUZZ_REQUIRE(file != NULL);
	FUZZ_REQUIRE(fseek(file, 0, SEEK_END) == 0);
	long size = ftell(file);
	FUZZ_REQUIRE(size >= 0);
	rewind(file);
	/* exactly as large, so that the sanitizer sees a read past the end */
	uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
	FUZZ_REQUIRE(data != NULL);
	FUZZ_REQUIRE(fread(data, 1, (size_t)size, file) == (size_t)size);
	fclose(file);
	(void)LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
}

static size_t run_pattern(const char *pattern)
{
	glob_t found;
	size_t count = 0;
	if (glob(pattern, 0, NULL, &found) == 0)
		for (; count < found.gl_pathc; count++)
			run_file(found.gl_pathv[count]);
	globfree(&found);
	return count;
}

int main(int argc, char **argv)
{
	char corpus[128];
	size_t files = 0, seeds = 0;
	for (int i = 1; i < argc; i++)
		run_file(argv[i]);
	if (argc > 1)
		return EXIT_SUCCESS;
	snprintf(corpus, sizeof(corpus), "tests/fuzz/corpus/%s/*", fuzz_name);
	files = run_pattern(corpus);
	for (size_t i = 0; fuzz_seeds[i] != NULL; i++)
		seeds += run_pattern(fuzz_seeds[i]);
	printf("%s: %zu files of the corpus, %zu of the test data\n", fuzz_name, files, seeds);
	if (files == 0)
		fprintf(stderr, "no corpus in %s (run this from the root of the repository)\n",
			corpus);
	return files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
