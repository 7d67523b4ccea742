/* Keys, pastes and clicks of the screen tests' terminal (term.h). */
#include "term_inside.h"

#include <stdlib.h>
#include <string.h>

void term_send(struct term *t, const void *bytes, size_t len)
{
	term_queue(t, bytes, len);
	term_flush(t);
}

void term_type(struct term *t, const char *text)
{
	term_send(t, text, strlen(text));
}

static const struct { const char *name; VTermKey key; } keys[] = {
	{"Up", VTERM_KEY_UP}, {"Down", VTERM_KEY_DOWN}, {"Left", VTERM_KEY_LEFT}, {"Right", VTERM_KEY_RIGHT},
	{"Enter", VTERM_KEY_ENTER}, {"Esc", VTERM_KEY_ESCAPE}, {"Tab", VTERM_KEY_TAB}, {"Backspace", VTERM_KEY_BACKSPACE},
	{"PgUp", VTERM_KEY_PAGEUP}, {"PgDn", VTERM_KEY_PAGEDOWN}, {"Home", VTERM_KEY_HOME}, {"End", VTERM_KEY_END},
	{"Ins", VTERM_KEY_INS}, {"Del", VTERM_KEY_DEL},
};

static bool named_key(struct term *t, const char *name, VTermModifier mod)
{
	char *rest;

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (strcmp(name, keys[i].name) == 0) {
			vterm_keyboard_key(t->vt, keys[i].key, mod);
			return true;
		}
	if (strcmp(name, "BackTab") == 0) {
		vterm_keyboard_key(t->vt, VTERM_KEY_TAB, VTERM_MOD_SHIFT);
		return true;
	}
	if (strcmp(name, "Space") == 0) {
		term_queue(t, (mod & VTERM_MOD_CTRL) ? "\0" : " ", 1);
		return true;
	}
	if (name[0] == 'F' && name[1] >= '1' && name[1] <= '9') {
		long n = strtol(name + 1, &rest, 10);

		if (*rest == '\0' && n <= 12) {
			vterm_keyboard_key(t->vt, (VTermKey)VTERM_KEY_FUNCTION(n), mod);
			return true;
		}
	}
	return false;
}

/* How many characters, for UTF-8 that is well formed. */
static size_t characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

bool term_key(struct term *t, const char *name)
{
	VTermModifier mod = VTERM_MOD_NONE;
	bool ok = true;

	while (name[0] && name[1] == '-' && name[2]) {
		if (name[0] == 'C')
			mod |= VTERM_MOD_CTRL;
		else if (name[0] == 'M')
			mod |= VTERM_MOD_ALT;
		else if (name[0] == 'S')
			mod |= VTERM_MOD_SHIFT;
		else
			break;
		name += 2;
	}
	if (!named_key(t, name, mod)) {
		char byte = name[0];

		if (characters(name) != 1)
			return false;
		if (mod & VTERM_MOD_ALT)
			term_queue(t, "\033", 1);
		if (!(mod & VTERM_MOD_CTRL)) {
			term_queue(t, name, strlen(name));
		} else { /* libvterm would send some of them as CSI u, which few terminals do */
			ok = (byte >= '@' && byte <= 'z') || byte == '?';
			byte = byte == '?' ? 0x7f : (char)(byte & 0x1f);
			if (ok)
				term_queue(t, &byte, 1);
		}
	}
	term_flush(t);
	return ok;
}

bool term_pastes(const struct term *t)
{
	struct term *probe = (struct term *)t;

	probe->probing = true;
	probe->probed = 0;
	vterm_keyboard_start_paste(probe->vt);
	probe->probing = false;
	return probe->probed > 0;
}

void term_paste(struct term *t, const char *text)
{
	vterm_keyboard_start_paste(t->vt);
	term_queue(t, text, strlen(text));
	vterm_keyboard_end_paste(t->vt);
	term_flush(t);
}

void term_click(struct term *t, int row, int col, int button)
{
	vterm_mouse_move(t->vt, row, col, VTERM_MOD_NONE);
	vterm_mouse_button(t->vt, button, true, VTERM_MOD_NONE);
	vterm_mouse_button(t->vt, button, false, VTERM_MOD_NONE);
	term_flush(t);
}
