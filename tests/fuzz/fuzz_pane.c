/* The pane on any output of a guest, cut anywhere, at any size, with keys and resizes in between: it comes back, holds its bounds,
 * draws nothing but what may reach a terminal, and what it answers was not chosen by the guest. */
#include "common/text.h"
#include "guest/pane.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ESC [ with digits and a letter of the few kinds of answers, and no more than that. */
static void on_answer(void *ctx, const char *bytes, size_t len)
{
	if (len < 4 || len > 16 || bytes[0] != 0x1b || bytes[1] != '[' || !strchr("Rnc", bytes[len - 1]))
		abort();
	for (size_t i = 2; i + 1 < len; i++)
		if (!strchr("0123456789;?>", bytes[i]))
			abort();
}

static void look(const struct pane *p)
{
	int rows, cols, y, x;
	bool visible;

	pane_size(p, &rows, &cols);
	pane_cursor(p, &y, &x, &visible);
	if (y < 0 || y >= rows || x < 0 || x >= cols)
		abort();
	for (y = -pane_history(p); y < rows; y++)
		for (x = 0; x < cols; x++) {
			struct pane_cell c;
			char text[PANE_CHARS * 4 + 1], one[5];
			size_t n = 0;

			pane_cell(p, y, x, &c);
			if (c.cells > 2 || c.fg < -1 || c.fg > 255 || c.bg < -1 || c.bg > 255)
				abort();
			for (int i = 0; i < PANE_CHARS && c.chars[i]; i++) {
				size_t len = keys_utf8(c.chars[i], one);

				memcpy(text + n, one, len);
				n += len;
				if (len == 0 || c.chars[i] < 0x20 || (c.chars[i] >= 0x7f && c.chars[i] < 0xa0))
					abort();
			}
			text[n] = '\0';
		}
}

/* Each piece: a byte that says what it is, one for its length, its bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pane *p = pane_new(PANE_ROWS, PANE_COLS, on_answer, NULL);
	char out[PANE_KEY_MAX];
	size_t at = 0;

	while (at + 2 <= size) {
		size_t len = data[at + 1], left = size - at - 2;
		uint8_t what = data[at];

		at += 2;
		len = len < left ? len : left;
		if (what == 1 && len >= 2)
			pane_resize(p, data[at] * 2, data[at + 1] * 2);
		else if (what == 2 && len >= 1 && pane_key(p, &(struct key){.code = K_ESC + data[at] % 30u, .mods = data[at] / 30u}, out) > PANE_KEY_MAX)
			abort();
		else if (what == 3)
			pane_restart(p);
		else if (what == 4)
			pane_gap(p);
		else
			pane_write(p, (const char *)data + at, len);
		at += len;
	}
	look(p);
	pane_free(p);
	return 0;
}
