/* tanad. */
#include "broker/tanad.h"

int main(int argc, char **argv)
{
	return tanad_main(argc, argv);
}
