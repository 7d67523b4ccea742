/* The site model as a table of fields: written to the pipe, read from it, compared and freed by the same rows.
 * Inside the site room only. */
#ifndef TANA_SITE_MODEL_H
#define TANA_SITE_MODEL_H

#include "site/site.h"

json_t *site_model_write(const struct site_model *m); /* new reference */
struct site_model *site_model_read(json_t *j);        /* NULL when it is no model, or its indexes lead nowhere */
void site_paths(struct site_model *m);               /* once the volumes are there: sorts their paths (volumes.c) */
void site_halves(struct site_model *m);              /* once the pairs are there: sorts their halves (site_query.c) */

#endif
