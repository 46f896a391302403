/*
 * Rate of the tracer's writer thread: kernel records (and their launches) go from the fake CUPTI
 * through the writer thread to a file. Per record it takes the thread's own CPU time, since the
 * program that makes the records runs beside it, and the wall time from the first record until the
 * last is read; beside them this machine's limits: copying the records' bytes, and writing the
 * log's.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/tracer/fakedriver.h"
#include "traces/tracer/cupti_abi.h"
#include "traces/tracer/options.h"

enum { KERNELS = 1 << 20, BATCH = 1 << 15, SITES = 300, NAME_BYTES = 128 };

static double seconds(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

/* CPU time of a thread of this process */
static double thread_seconds(const char *id)
{
	char path[64];
	unsigned long long ns = 0;
	snprintf(path, sizeof(path), "/proc/self/task/%.20s/schedstat", id);
	FILE *file = fopen(path, "r");
	if (file == NULL || fscanf(file, "%llu", &ns) != 1)
		ns = 0;
	if (file != NULL)
		fclose(file);
	return (double)ns * 1e-9;
}

/* of the busiest thread that is neither this one nor the fake CUPTI's */
static double writer_seconds(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;
	double most = 0;
	while (tasks != NULL && (task = readdir(tasks)) != NULL) {
		char path[64], name[32] = "";
		if (task->d_name[0] == '.' || atoi(task->d_name) == (int)getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%.20s/comm", task->d_name);
		FILE *file = fopen(path, "r");
		if (file == NULL || fgets(name, sizeof(name), file) == NULL)
			name[0] = '\0';
		if (file != NULL)
			fclose(file);
		double took = thread_seconds(task->d_name);
		if (strncmp(name, "fake-cupti", 10) != 0 && took > most)
			most = took;
	}
	if (tasks != NULL)
		closedir(tasks);
	return most;
}

static void *symbol_of(void *library, const char *name)
{
	void *symbol = library != NULL ? dlsym(library, name) : NULL;
	if (symbol != NULL)
		return symbol;
	fprintf(stderr, "bench_tracer: %s\n", dlerror());
	exit(EXIT_FAILURE);
}

static void fill(struct fake_kernel *kernels)
{
	static char names[SITES][NAME_BYTES];
	for (int i = 0; i < SITES; i++) {
		snprintf(names[i], NAME_BYTES, "_ZN4fake%d%s%dE", 60, "kernel", i);
		memset(names[i] + strlen(names[i]), 'x', 90);
		kernels[i] = (struct fake_kernel){
			.name = names[i],
			.duration_ns = 1500,
			.stream = 7,
			.grid = {i + 1, 1, 1},
			.block = {128, 1, 1},
			.registers = 40,
		};
	}
}

/* wait until the tracer has read all that was delivered */
static void settle(const struct fake_hooks *hooks)
{
	static const struct timespec pause = {0, 100000};
	while (hooks->backlog() > 0)
		nanosleep(&pause, NULL);
}

static void make(const struct fake_hooks *hooks, bool in_graph, bool calls)
{
	static struct fake_kernel kernels[SITES];
	uint64_t at = (uint64_t)time(NULL) * 1000000000u;
	fill(kernels);
	for (unsigned i = 0; i < KERNELS; i++) {
		struct fake_kernel kernel = kernels[i % SITES];
		struct fake_call call = {FAKE_LAUNCH, i + 1, 0, at, 1000};
		kernel.start_ns = at += 2000;
		kernel.correlation = i + 1;
		if (in_graph) {
			kernel.graph = 3;
			kernel.node = UINT64_C(3) << 32 | (i % 5000 + 1);
			kernel.correlation = i / 5000 + 1;
		}
		hooks->kernel(&kernel);
		if (calls)
			hooks->call(&call);
		/* no faster than the tracer, which would otherwise have to drop */
		if (i % BATCH == BATCH - 1)
			settle(hooks);
	}
}

static double copy_seconds(size_t bytes)
{
	enum { PIECE = 8 << 20 };
	char *from = malloc(PIECE), *to = malloc(PIECE);
	double took = 0;
	if (from == NULL || to == NULL)
		abort();
	memset(from, 1, PIECE);
	memset(to, 2, PIECE);
	for (size_t done = 0; done < bytes; done += PIECE) {
		double start = seconds();
		memcpy(to, from, PIECE);
		took += seconds() - start;
		from[done / PIECE % PIECE] = to[done % PIECE];
	}
	free(from);
	free(to);
	return took;
}

static double write_seconds(const char *path, size_t bytes)
{
	static char block[1 << 20];
	char other[4096];
	snprintf(other, sizeof(other), "%s.limit", path);
	FILE *file = fopen(other, "wb");
	double start = seconds();
	if (file == NULL)
		abort();
	setvbuf(file, NULL, _IONBF, 0);
	for (size_t left = bytes; left > 0;) {
		size_t piece = left < sizeof(block) ? left : sizeof(block);
		if (fwrite(block, 1, piece, file) != piece)
			abort();
		left -= piece;
	}
	double took = seconds() - start;
	fclose(file);
	unlink(other);
	return took;
}

static size_t file_bytes(const char *path)
{
	struct stat info;
	return stat(path, &info) == 0 ? (size_t)info.st_size : 0;
}

/* in a process of its own: a process is traced once */
static void measure(const char *folder, const char *what, bool in_graph, bool calls)
{
	char path[4200], log[] = "/tmp/decodesim-bench-XXXXXX";
	int made = mkstemp(log);
	if (made < 0)
		exit(EXIT_FAILURE);
	close(made);
	setenv(TRACER_ENV_LOG, log, 1);
	setenv(TRACER_ENV_OPTIONS, calls ? "calls" : "", 1);
	snprintf(path, sizeof(path), "%s/../libdecodesim-tracer.so", folder);
	setenv("CUDA_INJECTION64_PATH", path, 1);
	snprintf(path, sizeof(path), "%s/tracer/libcupti.so.13", folder);
	setenv(TRACER_ENV_CUPTI, path, 1);
	snprintf(path, sizeof(path), "%s/tracer/libcuda.so.1", folder);
	void *driver = dlopen(path, RTLD_NOW);
	int (*init)(unsigned flags);
	fake_get_hooks_fn get_hooks;
	void *symbol = symbol_of(driver, "cuInit");
	memcpy(&init, &symbol, sizeof(init));
	symbol = symbol_of(driver, FAKE_GET_HOOKS);
	memcpy(&get_hooks, &symbol, sizeof(get_hooks));
	if (init(0) != 0 || get_hooks() == NULL) {
		fprintf(stderr, "bench_tracer: the tracer did not load the fake libcupti\n");
		exit(EXIT_FAILURE);
	}
	const struct fake_hooks *hooks = get_hooks();
	double start = seconds();
	make(hooks, in_graph, calls);
	hooks->unload(); /* delivers the rest and waits until it is read */
	double wall = seconds() - start, cpu = writer_seconds();
	size_t bytes = file_bytes(log), records = (size_t)KERNELS * (calls ? 2 : 1);
	size_t cupti_bytes =
		KERNELS * (sizeof(struct cupti_kernel) + (calls ? sizeof(struct cupti_api) : 0));
	double copy = copy_seconds(cupti_bytes), plain = write_seconds(log, bytes);
	printf("tracer %-22s %5.2f M records/s of the writer's CPU time, %5.2f M/s of wall time; "
	       "%5.1f bytes a kernel in the log, %llu dropped; limit: copying what CUPTI delivers "
	       "%.1f M/s, writing the log %.1f M/s\n",
	       what, (double)records / cpu * 1e-6, (double)records / wall * 1e-6,
	       (double)bytes / KERNELS, (unsigned long long)hooks->dropped(),
	       (double)records / copy * 1e-6, (double)records / plain * 1e-6);
	fflush(stdout);
	unlink(log);
	_exit(EXIT_SUCCESS);
}

int main(int argc, char **argv)
{
	static const char *const runs[] = {"kernels", "graph-kernels", "kernels+calls"};
	char folder[4096], command[8192], *slash;
	ssize_t length = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
	if (length < 0)
		return EXIT_FAILURE;
	folder[length] = '\0';
	if (argc < 2) {
		for (int i = 0; i < 3; i++) {
			snprintf(command, sizeof(command), "'%s' %s", folder, runs[i]);
			if (system(command) != 0)
				return EXIT_FAILURE;
		}
		return EXIT_SUCCESS;
	}
	for (int i = 0; i < 2; i++) { /* BUILD/tests/bench/bench_tracer */
		slash = strrchr(folder, '/');
		if (slash == NULL)
			return EXIT_FAILURE;
		*slash = '\0';
	}
	measure(folder, argv[1], strcmp(argv[1], runs[1]) == 0, strcmp(argv[1], runs[2]) == 0);
}
