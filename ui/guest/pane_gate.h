/* The gate before libvterm: bytes of a guest, cut anywhere, become text and those few sequences that a serial console needs, each
 * whole, known and with small numbers. All else ends here: titles, clipboards, palettes, mouse, reports of states and strings of every
 * kind, 8-bit controls, characters that cannot be seen or that change the order of others, and what libvterm 0.1.4 does not survive
 * (CSI b with nothing before it never ends). Pure. Called by pane.c alone. */
#ifndef TANA_PANE_GATE_H
#define TANA_PANE_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATE_PARAMS 16        /* of a CSI sequence; a longer one is dropped */
#define GATE_NUMBER_MAX 9999  /* what a larger number becomes */
#define GATE_STRING_MAX 8192  /* bytes of an OSC or DCS without end that are swallowed; behind them text begins again */
#define GATE_OUT_MAX (16 * 1024) /* bytes that one byte of the guest can become, at most (CSI b repeats a character) */

enum gate_state {
	GATE_GROUND, GATE_ESCAPE, GATE_ESCAPE_MORE /* ESC and an intermediate */, GATE_CSI, GATE_CSI_BAD, GATE_STRING, GATE_STRING_ESC,
	GATE_PALETTE /* OSC P of the linux console: seven digits and no end */
};

struct gate {
	enum gate_state state;
	/* a character that is not whole yet */
	uint32_t code, least;
	int more;
	/* a sequence that is not whole yet */
	char leader, between;
	uint32_t param[GATE_PARAMS];
	bool given[GATE_PARAMS], sub[GATE_PARAMS]; /* sub: a colon followed it */
	int params;
	size_t swallowed;
	/* the last character, for CSI b and for marks that follow it */
	char last[5];
	int marks;               /* on it; -1: nothing to stand on */
	unsigned bells;          /* so far */
};

/* All zero is a gate that has seen nothing. */
void gate_reset(struct gate *g);
/* One byte of the guest. Writes what libvterm is to be given for it to out (GATE_OUT_MAX bytes); returns how many bytes, often 0. */
size_t gate_byte(struct gate *g, unsigned char byte, char *out);

#endif
