/* A whole tanad whose hosts do what they are told and do not say so for as long as the file `held` is there, in the folder TEST_HELD. Of
 * screens only the first one that is asked for is held: then there is a file `holding` beside it.
 * Started by the tests that call daemon_holds(). */
#include "broker/tanad.h"
#include "hosts/driver.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* On a worker's thread. */
static void hold(const char *call, int phase)
{
	static atomic_flag first = ATOMIC_FLAG_INIT;
	char path[512];

	if (phase == 0)
		return;
	if (strcmp(call, "screenshot") == 0) {
		if (atomic_flag_test_and_set(&first))
			return;
		snprintf(path, sizeof path, "%s/holding", getenv("TEST_HELD"));
		close(creat(path, 0644));
	}
	snprintf(path, sizeof path, "%s/held", getenv("TEST_HELD"));
	while (access(path, F_OK) == 0)
		usleep(10000);
}

int main(int argc, char **argv)
{
	host_probe = hold;
	return tanad_main(argc, argv);
}
