/* What is worth handing over: one decision for `tana handover` (cli_handover.c), its view (handover_lines.c) and what people did
 * (deeds.c). Pure. */
#ifndef TANA_TOLD_H
#define TANA_TOLD_H

#include "common/model.h"

#include <jansson.h>

enum told_job { TOLD_JOB_NOT, TOLD_JOB_OPEN, TOLD_JOB_WRONG /* failed in part or whole, or nobody knows */ };
enum told_deed {
	TOLD_DEED_NOT,
	TOLD_DEED_DONE,          /* counted by person, listed by the command */
	TOLD_DEED_CHANGED,       /* besides told one by one: a limit, the site file */
	TOLD_DEED_PROTECTED      /* likewise: a protection set or taken off */
};

bool told_alert(const struct alert *a, int64_t since);      /* it stands, or cleared since then (Unix time) */
enum told_job told_job(const struct job *j, int64_t since); /* open ones always */
bool told_blade(const struct blade *b);                     /* under observation */
enum told_deed told_deed(json_t *record);                   /* of the audit log */

#endif
