/* Bytes of a terminal into keys. Pure: bytes and times go in, keys come out; the caller owns the clock and waits as long
 * as keys_wait says. Knows what xterm, PuTTY, Tera Term, linux, vt220, rxvt, screen and tmux send and swallows the rest. */
#ifndef TANA_KEYS_H
#define TANA_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A key is a Unicode character, a control character (^A is 1), or one of these. */
enum {
	K_SPECIAL = 0x110000,
	K_ESC, K_ENTER, K_TAB, K_BACKTAB, K_BACKSPACE, K_DELETE, K_INSERT,
	K_UP, K_DOWN, K_LEFT, K_RIGHT, K_HOME, K_END, K_PAGE_UP, K_PAGE_DOWN,
	K_F1, K_F2, K_F3, K_F4, K_F5, K_F6, K_F7, K_F8, K_F9, K_F10, K_F11, K_F12,
	K_CENTER,   /* the 5 of a keypad */
	/* The mouse (SGR 1006, else as X10 had it): row and column in key.row, key.col, from 1. Releases and moves are swallowed. */
	K_CLICK, K_CLICK_MIDDLE, K_CLICK_RIGHT, K_WHEEL_UP, K_WHEEL_DOWN,
	K_REPORT    /* the terminal's answer about its cursor: row and column in key.row, key.col, from 1 */
};
#define K_SHIFT 1u
#define K_ALT 2u
#define K_CTRL 4u     /* on special keys only: ^A is the character 1 */
#define K_PASTED 8u   /* came inside a bracketed paste: text, never a command */
#define CTRL_KEY(c) ((uint32_t)(c) & 0x1f)

struct key {
	uint32_t code;
	unsigned mods;
	int row, col;
};

struct keys;

/* esc_ms: after how long a lone ESC is the Esc key: 50 on a local line, 500 over a network. */
struct keys *keys_new(int esc_ms);
void keys_free(struct keys *k);
/* What was read at time now_ms (any monotone clock, ms). More than the decoder holds (4 KiB) is dropped, oldest kept:
 * take the keys out after each feed. */
void keys_feed(struct keys *k, const char *data, size_t len, int64_t now_ms);
/* The next key that is decided by now; false: none (yet). */
bool keys_next(struct keys *k, int64_t now_ms, struct key *out);
/* Milliseconds after which keys_next may have something to decide without new bytes; -1: nothing is held back. */
int64_t keys_wait(const struct keys *k, int64_t now_ms);

/* A full-width letter, digit or sign as its ASCII self, U+3000 as a blank; others as they are. */
uint32_t keys_ascii(uint32_t code);
/* A character as UTF-8; returns its length (1..4), 0 for what is no character. out is terminated. */
size_t keys_utf8(uint32_t code, char out[5]);

#endif
