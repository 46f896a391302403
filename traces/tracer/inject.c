/*
 * Entry points: what the driver and the NVTX headers look for in the library that
 * CUDA_INJECTION64_PATH and NVTX_INJECTION64_PATH name, and the constructor that names it under
 * LD_PRELOAD. Nothing else of the library is visible.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/tracer/nvtx.h"
#include "traces/tracer/tracer.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT int InitializeInjection(void);
EXPORT int InitializeInjectionNvtx2(nvtx_export_table_fn export_table);
EXPORT int InitializeInjectionNvtx(nvtx_export_table_fn export_table);

/* The driver calls it in cuInit(). Whatever happens here is no reason for the driver to fail. */
EXPORT int InitializeInjection(void)
{
	tracer_start();
	return 1;
}

/* NVTX calls it at the program's first range; 0 switches NVTX off, which costs nothing any more. */
EXPORT int InitializeInjectionNvtx2(nvtx_export_table_fn export_table)
{
	return nvtx_attach("InitializeInjectionNvtx2", export_table);
}

/* The same of NVTX 2, a library of its own (libnvToolsExt). */
EXPORT int InitializeInjectionNvtx(nvtx_export_table_fn export_table)
{
	return nvtx_attach("InitializeInjectionNvtx", export_table);
}

/* Children, and programs that never call cuInit(), pay nothing for the preload. */
__attribute__((constructor)) static void name_for_injection(void)
{
	const char *preload = getenv("LD_PRELOAD");
	Dl_info self;
	char path[TRACER_LONGEST_PATH];
	if (preload == NULL || dladdr((const void *)(uintptr_t)&InitializeInjection, &self) == 0 ||
	    self.dli_fname == NULL || realpath(self.dli_fname, path) == NULL)
		return;
	const char *base = strrchr(path, '/');
	if (base == NULL || strstr(preload, base + 1) == NULL)
		return;
	setenv("CUDA_INJECTION64_PATH", path, 0);
	setenv("NVTX_INJECTION64_PATH", path, 0);
}
