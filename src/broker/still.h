/* May whoever began a job still do what comes next in it? His role and rights are looked up anew, by the site file as it is then.
 * Called by jobs, through the callbacks that rooms.c gives them (safety/jobs.h: recheck, still). */
#ifndef TANA_STILL_H
#define TANA_STILL_H

#include "broker/inside.h"

/* ctx: struct broker. */
struct err *still_recheck(void *ctx, const struct actor *a, const struct plan *shown, const char *job, const char *row);
/* A refusal is in the audit log then. */
struct err *still_may(void *ctx, const struct actor *a, enum verb v, enum kind k, const char *id);

#endif
