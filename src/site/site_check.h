/* tanad --check FILE. */
#ifndef TANA_SITE_CHECK_H
#define TANA_SITE_CHECK_H

#include <stdio.h>

/* Prints FILE:LINE: MESSAGE for every error, or one line about what the site has. Returns the exit status, 0 or 2. */
int site_check_main(const char *path, FILE *out);

#endif
