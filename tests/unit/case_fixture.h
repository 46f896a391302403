/* Cases and graphs from text, and what is said of wrong ones. */
#ifndef TESTS_UNIT_CASE_FIXTURE_H
#define TESTS_UNIT_CASE_FIXTURE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/status.h"

#define CASE_HEAD                                                                                  \
	"case: c\nsystem: s\nclaim: what is claimed\nsource: where\nevidence: arithmetic\n"

static inline void assert_says(const struct sim_diag *diag, const char *part)
{
	if (strstr(diag->text, part) == NULL)
		fail_msg("'%s' does not say '%s'", diag->text, part);
}

#endif
