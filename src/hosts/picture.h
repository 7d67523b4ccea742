/* Pictures of guests' screens: reading what a host sends (PPM, PNG), making them smaller, colours as a terminal has them. Pure.
 * Called by the libvirt driver and by the broker. */
#ifndef TANA_PICTURE_H
#define TANA_PICTURE_H

#include "hosts/host.h"

#define PICTURE_BYTES_MAX (48u * 1024 * 1024) /* of a file: 4096 x 4096 pixels */
#define PICTURE_SIDE_MAX 8192

/* A PPM (P6, up to 255) or PNG file of foreign bytes. False: it is neither, or broken, or too large. */
bool picture_read(const void *file, size_t size, struct host_screen *out);
/* Not larger than w x h, in its proportions, each pixel the mean of those that it stands for; never larger than it is. */
void picture_shrink(const struct host_screen *in, int w, int h, struct host_screen *out);
/* The nearest of the 240 colours of xterm that no user changes (16 to 255). */
unsigned char picture_xterm(unsigned r, unsigned g, unsigned b);
void picture_free(struct host_screen *p); /* what is inside */

#endif
