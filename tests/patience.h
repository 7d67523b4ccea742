/* How long this machine may take: a sanitized program is slower, and so is a machine that does other things ($TANA_PATIENCE says how
 * many times, as CI does). What a test asserts of time is a bound times patience(), so that it is tight at home and never fails by itself. */
#ifndef TEST_PATIENCE_H
#define TEST_PATIENCE_H

#include "common/sanitized.h"

#include <stdlib.h>

static inline int patience(void)
{
	const char *times = getenv("TANA_PATIENCE");

	return (times ? atoi(times) : 1) * (SANITIZED ? 4 : 1);
}

#endif
