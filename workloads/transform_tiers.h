/* Memory tiers: what writing to one costs, beside the time (which the transform's kernels carry). */
#ifndef WORKLOADS_TRANSFORM_TIERS_H
#define WORKLOADS_TRANSFORM_TIERS_H

#include "workloads/workload.h"

struct tier_wear {
	double written_bytes; /* into the tier, of one iteration */
	double cost;	      /* USD of wear of one iteration */
	double lifetime_s;    /* of the tier at one iteration every PERIOD_S; infinite: no wear */
	bool endurance_binds; /* it dies before tiers.lifetime */
};

/*
 * Wear of the tier by a generation whose iterations write KV_WRITE_BYTES of new cache each and come
 * every PERIOD_S seconds (> 0).
 */
struct tier_wear tier_wear(const struct workload *workload, double kv_write_bytes, double period_s);

#endif
