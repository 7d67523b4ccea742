/* What whoever takes over must know (told.h). An action is told by its begin. A serial console that was opened to type is, since things may
 * have been done there; one that was only watched is not, and neither is what was refused: nothing came of it, and the audit log has it. */
#include "words/told.h"

#include "common/proto.h"

#include <string.h>

bool told_alert(const struct alert *a, int64_t since)
{
	return !a->cleared || a->cleared >= since;
}

enum told_job told_job(const struct job *j, int64_t since)
{
	bool wrong = j->state == JOB_FAILED || j->state == JOB_PARTLY || j->state == JOB_UNKNOWN;

	if (!job_state_is_open(j->state) && !(wrong && j->ended >= since))
		return TOLD_JOB_NOT;
	return wrong ? TOLD_JOB_WRONG : TOLD_JOB_OPEN;
}

bool told_blade(const struct blade *b)
{
	return *b->watch != '\0';
}

enum told_deed told_deed(json_t *r)
{
	static const char *const no_deeds[] = {"end", "late", "denied", "console-close", "start", "stop"};
	const char *what = proto_text(r, "what"), *verb = proto_text(r, "verb");

	if (strcmp(what, "reload") == 0) /* a signal has no name */
		return TOLD_DEED_CHANGED;
	for (size_t i = 0; i < sizeof no_deeds / sizeof no_deeds[0]; i++)
		if (strcmp(what, no_deeds[i]) == 0)
			return TOLD_DEED_NOT;
	if (!*proto_text(r, "by") || (strcmp(what, "console-open") == 0 && strcmp(proto_text(json_object_get(r, "detail"), "mode"), "watch") == 0))
		return TOLD_DEED_NOT;
	if (strcmp(what, "limit") == 0)
		return TOLD_DEED_CHANGED;
	if (strcmp(what, "begin") == 0 && (strcmp(verb, "protect") == 0 || strcmp(verb, "unprotect") == 0))
		return TOLD_DEED_PROTECTED;
	return TOLD_DEED_DONE;
}
