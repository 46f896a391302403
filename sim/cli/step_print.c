/* A step's error band and parts, as text and as JSON. */
#include "sim/cli/step_print.h"

#include <math.h>
#include <stdio.h>

#include "sim/core/machine.h"

double step_ms(int64_t ps)
{
	return (double)ps * 1e-9;
}

double step_ratio(double top, double bottom)
{
	return bottom > 0 ? top / bottom : 0;
}

void step_print_band(const struct interval *band, bool calibrated)
{
	if (isnan(band->low) || isnan(band->high))
		printf("   (device time: error band unknown)\n");
	else
		printf("   (device time %+.1f %% to %+.1f %%%s)\n", 100 * band->low,
		       100 * band->high, calibrated ? "" : ", not calibrated on this device");
}

void step_add_band(cJSON *object, const struct interval *band, bool calibrated)
{
	double size = fabs(band->low) > fabs(band->high) ? fabs(band->low) : fabs(band->high);
	cJSON_AddNumberToObject(object, "error_band_pct", 100 * size);
	cJSON_AddNumberToObject(object, "error_band_low_pct", 100 * band->low);
	cJSON_AddNumberToObject(object, "error_band_high_pct", 100 * band->high);
	cJSON_AddBoolToObject(object, "calibrated", calibrated);
}

void step_print_parts(const int64_t *part_ps, int64_t step_ps)
{
	for (unsigned part = 0; part < SIM_PART_COUNT; part++)
		if (part_ps[part] != 0)
			printf("    %-10s  %10.3f ms  %5.1f %%\n", sim_part_text(part),
			       step_ms(part_ps[part]),
			       100 * step_ratio((double)part_ps[part], (double)step_ps));
}

void step_add_parts(cJSON *object, const int64_t *part_ps)
{
	cJSON *parts = cJSON_CreateObject();
	for (unsigned part = 0; part < SIM_PART_COUNT; part++)
		cJSON_AddNumberToObject(parts, sim_part_text(part), step_ms(part_ps[part]));
	cJSON_AddItemToObject(object, "attribution", parts);
}
