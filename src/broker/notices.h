/* The provider's notices as objects: there while their time is, in the site's zone. Called by broker.c, reload.c, and by view.c
 * for who reads one. */
#ifndef TANA_NOTICES_H
#define TANA_NOTICES_H

#include "common/loop.h"
#include "common/registry.h"
#include "safety/policy.h"
#include "site/site.h"

struct notices;

/* loop and objects are borrowed. changed: objects came or went, after a time of the site file was reached. */
struct notices *notices_new(struct loop *l, struct registry *objects, void (*changed)(void *ctx), void *ctx);
void notices_free(struct notices *n); /* NULL is nothing */
/* At start and after a reload: what holds from now on. The model is borrowed until the next call. */
void notices_site(struct notices *n, const struct site_model *m);

/* Is this notice for him? Staff read all; a customer those for everybody and those for his tenant. */
bool notice_is_for(const struct notice *n, const struct actor *a);

#endif
