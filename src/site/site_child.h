/* What of the reading child tests and the fuzz target reach. Inside the site room only. */
#ifndef TANA_SITE_CHILD_H
#define TANA_SITE_CHILD_H

#include "conf/conf.h"
#include "site/site.h"

#define SITE_READ_S 30 /* what a reading may take */

/* Reading and meaning in this process: either *out or r->n is set. Nothing is forked. */
struct conf *site_parse(const char *path, struct report *r, struct site_model **out);

/* Tests alone: called in the child before it reads; and another deadline in milliseconds. */
extern void (*site_child_hook)(void);
extern int site_child_ms;

#endif
