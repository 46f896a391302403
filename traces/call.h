/* What a CUDA or HIP API call does, told by its name; the same for every trace format. */
#ifndef TRACES_CALL_H
#define TRACES_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call {
	bool launches; /* puts work on a stream */
	bool waits;    /* returns when the device is done */
	uint8_t flags; /* enum build_launch_flag, without BUILD_LAUNCH_DRIVER */
};

/* NAME may end in a version: cudaLaunchKernel_v7000, cuMemcpyDtoH_v2_ptsz. */
struct call call_of_name(const char *name, size_t length);

#endif
