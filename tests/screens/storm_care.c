/* Alerts and notes that a storm changes on purpose (storm.h): taken, muted, put back; a blade watched, and watched no more. */
#include "storm.h"

#include <string.h>

#define ACT "> ?(Acknowledge: I have it|対応中にする: 自分が担当|Mute it until then|その時刻まで通知抑止)"
#define NOTE_ACT "> ?(Note it|記入する|Take the note off|経過観察を終了する)"

static void note(struct storm *s, const char *command)
{
	static const struct { const char *word, *state; } states[] = {{"ack", "acknowledged"}, {"mute", "muted"}, {"unack", "new"}};
	char verb[32] = "", word[64] = "", third[64] = "";

	s->cared++;
	sscanf(command, "%31s %63s %63s", verb, word, third);
	if (!s->deeds)
		return;
	if (strcmp(verb, "note") == 0)
		fprintf(s->deeds, "note %s %s\n", strcmp(third, "''") == 0 ? "off" : "on", word);
	for (size_t i = 0; i < sizeof states / sizeof *states; i++)
		if (strcmp(word, states[i].word) == 0)
			fprintf(s->deeds, "alert %s %s\n", states[i].state, third);
}

/* In the list of alerts: to where Enter acts. */
static bool to_alert(struct storm *s)
{
	char down[16] = "";
	uint32_t what = storm_roll(s, 3);

	memset(down, 'j', storm_roll(s, sizeof down - 1));
	if (!deed_step(s, "\007\007\007FA", ".") || !deed_step(s, down, ".") || !deed_step(s, "a", DEED_CANCEL))
		return false;
	if (what == 2)
		return deed_step(s, "\033[B\033[B", "tana .*alerts unack ");
	return deed_step(s, what == 0 ? "\r" : "\033[B\r", "tana .*alerts (ack|mute) ") && deed_step(s, "\033[Z\033[Z", ACT);
}

static bool to_note(struct storm *s)
{
	char down[24] = "", text[48];

	memset(down, 'j', storm_roll(s, sizeof down - 1));
	if (!deed_step(s, "\007\007\007F3", ".") || !deed_step(s, down, ".") || !deed_step(s, "t", "tana .*note "))
		return false;
	if (storm_roll(s, 3) == 0)
		return deed_step(s, "\033[Z\033[Z", NOTE_ACT);
	snprintf(text, sizeof text, "\025storm %ld", s->event);
	return deed_step(s, text, ".") && deed_step(s, "\033[Z\033[Z\033[Z", NOTE_ACT);
}

bool care_do(struct storm *s)
{
	char command[256];
	bool gone = false;

	if (storm_steady(s))
		return true;
	storm_resize(s, 120, 36);
	if ((storm_roll(s, 3) ? to_alert(s) : to_note(s)) && deed_command(s, command, sizeof command)) {
		/* Somebody was faster: once more. */
		for (int i = 0; i < 2 && !gone; i++) {
			term_type(s->t, "\r");
			s->event++;
			if (!deed_answered(s, &gone))
				return false;
		}
		if (gone)
			note(s, command);
	}
	deed_step(s, "\007\007\007", ".");
	return true;
}
