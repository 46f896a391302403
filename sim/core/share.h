/*
 * Max-min fair sharing of a machine's resources among the kernels that stream at one time.
 *
 * Kernel i advances at rate f_i in (0, 1]: a service of S ps alone takes S / f_i. With u_ir the
 * part of resource r it uses at rate 1, progressive filling raises all rates together until a
 * resource is full (sum of f_i * u_ir = 1); the kernels that use it stay there, the others go on.
 * So a kernel below rate 1 uses a full resource on which nobody is faster.
 *
 * A member whose rate never leaves 1 ends exactly service_ps after it joined. One that was slowed
 * down is rounded up to a whole ps once, at its end.
 */
#ifndef SIM_CORE_SHARE_H
#define SIM_CORE_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/machine.h"
#include "sim/core/status.h"

struct share_member {
	int64_t end_ps;	     /* at the present rate */
	int64_t since_ps;    /* when the present rate began */
	double remaining_ps; /* of the service, at since_ps */
	double rate;
	double use[MACHINE_MAX_RESOURCES]; /* of each resource at rate 1: 0 .. 1 */
	uint32_t owner;			   /* the caller's name for it */
	bool has_use;			   /* false until share_set_use(): it was alone so far */
};

struct share {
	struct share_member *members; /* in order of joining */
	size_t count;
	size_t capacity;
	uint32_t resource_count;
	int64_t next_end_ps; /* INT64_MAX when nobody is there */
	size_t next;	     /* who ends then; the one that joined first among equals */
};

void share_init(struct share *share, uint32_t resource_count);
void share_fini(struct share *share);

/*
 * OWNER streams from NOW_PS on. A member that shares needs its use: USE may be NULL only for the
 * first of an empty set, and share_set_use() must follow before a second one joins. SIM_E_NOMEM.
 */
SIM_MUST_CHECK enum sim_status share_join(struct share *share, uint32_t owner, int64_t now_ps,
					  int64_t service_ps, const double *use);
void share_set_use(struct share *share, size_t member, const double *use);

/* Take out member NEXT at NEXT_END_PS; returns its owner. The others speed up. */
uint32_t share_leave(struct share *share);

/* Progressive filling over USES (count rows): RATES as above. Exposed for its tests. */
void share_rates(const struct share_member *members, size_t count, uint32_t resource_count,
		 double *rates);

#endif
