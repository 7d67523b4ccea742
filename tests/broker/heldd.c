/* A whole tanad whose hosts do what they are told and do not say so for as long as the file `held` is there, in the folder TEST_HELD.
 * Started by test_service.c. */
#include "broker/tanad.h"
#include "hosts/driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* On a worker's thread. */
static void hold(const char *call, int phase)
{
	char path[512];

	snprintf(path, sizeof path, "%s/held", getenv("TEST_HELD"));
	while (phase == 1 && access(path, F_OK) == 0)
		usleep(10000);
}

int main(int argc, char **argv)
{
	host_probe = hold;
	return tanad_main(argc, argv);
}
