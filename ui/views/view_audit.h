/* What the views of the audit log share: how a record reads in few words. Used by view_audit.c, view_record.c, deeds.c. */
#ifndef TANA_VIEW_AUDIT_H
#define TANA_VIEW_AUDIT_H

#include "term/palette.h"
#include "view.h"

#include <jansson.h>
#include <stddef.h>

void audit_does(json_t *record, char *out, size_t size);     /* "power off"; size >= 160 */
void audit_objects(json_t *record, char *out, size_t size);  /* names of what it is about, with commas */
enum ink audit_ink(json_t *record);                          /* a refusal or a failure is worth a second look */

/* One record whole; text: its JSON, copied. */
struct view *view_record_new(struct app *a, const char *text);

#endif
