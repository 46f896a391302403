/*
 * Findings about a device beyond what its ranges refuse: numbers that contradict each other or
 * physics. An impossible one is an error; one that is merely odd, or has no source, a note.
 */
#ifndef HWMODELS_LINT_H
#define HWMODELS_LINT_H

#include <stdbool.h>

#include "hwmodels/device.h"

struct hw_finding {
	bool impossible;
	const char *key;  /* of the parameter, as the device's table has it */
	const char *file; /* "" when no file gives it */
	long line;
	char text[320];
};

struct hw_lint {
	void (*report)(void *context, const struct hw_finding *finding);
	void *context;
	const struct hw_device *device; /* at hand: the device, or a unit of it */
	const char *unit;		/* its name in a system, "" */
};

/*
 * All findings about DEVICE, units one by one. Checks of a class are in its `lint`; checks of keys
 * that several classes share are here.
 */
void device_lint(const struct hw_device *device,
		 void (*report)(void *context, const struct hw_finding *finding), void *context);

/* For classes: a finding about KEY of the device at hand. */
void hw_lint_find(const struct hw_lint *lint, bool impossible, const char *key, const char *fmt,
		  ...) SIM_PRINTF(4, 5);

/* Value of KEY; NaN where the device at hand has none. */
double hw_lint_value(const struct hw_lint *lint, const char *key);

#endif
