/* Files that a host sends as a guest's screen: whatever comes, a picture is bounded, and what is made of it is of the size asked for. */
#include "hosts/picture.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host_screen p, small;

	if (!picture_read(data, size, &p))
		return 0;
	if (p.w < 1 || p.h < 1 || p.w > PICTURE_SIDE_MAX || p.h > PICTURE_SIDE_MAX)
		abort();
	picture_shrink(&p, 40, 20, &small);
	if (small.w < 1 || small.h < 1 || small.w > 40 || small.h > 20)
		abort();
	for (int i = 0; i < small.w * small.h; i++)
		if (picture_xterm(small.rgb[3 * i], small.rgb[3 * i + 1], small.rgb[3 * i + 2]) < 16)
			abort();
	picture_free(&small);
	picture_free(&p);
	return 0;
}
