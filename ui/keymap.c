/* The table of keys (keymap.h). A key that is added here works, stands in the key line (label) and in Help. */
#include "keymap.h"

#include "tr.h"

#include <string.h>

#define ALL WHERE_VIEWS

const struct binding keymap[] = {
	{{K_UP, 'k'}, "Up k", CMD_UP, NULL, N_("up; in Racks to what stands above"), ALL | WHERE_DIALOG, 0},
	{{K_DOWN, 'j'}, "Down j", CMD_DOWN, NULL, N_("down"), ALL | WHERE_DIALOG, 0},
	{{K_LEFT, 'h'}, "Left h", CMD_LEFT, NULL, N_("left"), WHERE_RACKS | WHERE_ENCLOSURE, 0},
	{{K_RIGHT, 'l'}, "Right l", CMD_RIGHT, NULL, N_("right"), WHERE_RACKS | WHERE_ENCLOSURE, 0},
	{{K_RIGHT, 'l'}, "Right l", CMD_RIGHT, N_("unfold"), N_("open the branch in place; in an open one to what is in it"), WHERE_TREE, 2},
	{{K_LEFT, 'h'}, "Left h", CMD_LEFT, N_("fold"), N_("close the branch; on what is in it to the branch itself"), WHERE_TREE, 2},
	{{K_RIGHT, 'l'}, "Right l", CMD_RIGHT, N_("wider"), N_("if what it stands in is lost: the blade, the enclosure, the rack"), WHERE_WHAT_IF, 2},
	{{K_LEFT, 'h'}, "Left h", CMD_LEFT, N_("narrower"), N_("if only what was asked about is lost"), WHERE_WHAT_IF, 3},
	{{K_PAGE_UP, CTRL_KEY('b')}, "PgUp ^B", CMD_PAGE_UP, NULL, N_("a page up"), ALL | WHERE_DIALOG, 0},
	{{K_PAGE_DOWN, CTRL_KEY('f')}, "PgDn ^F", CMD_PAGE_DOWN, NULL, N_("a page down"), ALL | WHERE_DIALOG, 0},
	{{K_HOME, '<'}, "Home <", CMD_HOME, NULL, N_("to the first"), ALL, 0},
	{{K_END, '>'}, "End >", CMD_END, NULL, N_("to the last"), ALL, 0},

	{{K_ENTER}, "Enter", CMD_OPEN, N_("open"), N_("open what is under the cursor"), WHERE_RACKS | WHERE_ROWS | WHERE_ENCLOSURE | WHERE_RECORDS | WHERE_WHAT_IF, 1},
	{{K_ENTER}, "Enter", CMD_OPEN, N_("snapshot"), N_("what can be done with the snapshot under the cursor (a and p too)"), WHERE_VM, 1},
	{{K_ENTER}, "Enter", CMD_OPEN, N_("choose"), N_("choose the line"), WHERE_DIALOG, 1},
	{{'q', K_BACKSPACE}, "q Bksp", CMD_BACK, N_("back"), N_("back to where you came from"), ALL, 9},
	{{K_ESC}, "Esc", CMD_ESCAPE, NULL, N_("leave one level"), ALL, 0},
	{{K_ESC, 'q'}, "Esc q", CMD_ESCAPE, N_("close, change nothing"), N_("close, change nothing"), WHERE_DIALOG, 3},
	{{CTRL_KEY('c'), CTRL_KEY('g')}, "^C ^G", CMD_CANCEL, NULL, N_("cancel: as Esc"), ALL | WHERE_DIALOG, 0},
	{{K_TAB}, "Tab", CMD_TAB, N_("view"), N_("next view: Racks, VMs, Blades, Jobs, Alerts and so on"), ALL, 2},
	{{K_BACKTAB}, "Shift-Tab", CMD_BACKTAB, NULL, N_("the view before"), ALL, 0},
	{{'1', '2', '3', '4', '5'}, "1 2 3 4 5", CMD_VIEW, NULL, N_("straight to Racks, VMs, Blades, Jobs, Alerts"), ALL, 0},
	{{'6', '7', '8', '9', '0'}, "6 7 8 9 0", CMD_VIEW, NULL, N_("straight to Events, Tree, Clusters, Volumes, Audit"), ALL, 0},
	{{K_TAB}, "Tab", CMD_TAB, N_("next line"), N_("next line"), WHERE_DIALOG, 2},
	{{K_BACKTAB}, "Shift-Tab", CMD_BACKTAB, NULL, N_("the line before"), WHERE_DIALOG, 0},

	{{'/', K_F3, K_F4}, "/ F3 F4", CMD_FILTER, N_("filter"), N_("narrow by name or key:value, as you type"), WHERE_RACKS | WHERE_ROWS | WHERE_RECORDS, 3},
	{{'/', K_F3}, "/ F3", CMD_FILTER, N_("find"), N_("here in Help: find a key by what it does"), WHERE_TEXT, 3},
	{{'f'}, "f", CMD_FILTERS, NULL, N_("saved filters: use one, save the filter of now"), WHERE_RACKS | WHERE_ROWS | WHERE_RECORDS, 0},
	{{':'}, ":", CMD_COMMAND, NULL, N_("the command line that shows the same"), ALL, 0},
	{{'F'}, "F", CMD_FILTER_CLEAR, N_("no filter"), N_("clear the filter"), ALL, 8},
	{{'n'}, "n", CMD_NEXT_TROUBLE, N_("next wrong"), N_("to the next one that is not well"), WHERE_RACKS | WHERE_LIST | WHERE_BLADE | WHERE_ENCLOSURE | WHERE_ALERTS, 7},
	{{'N'}, "N", CMD_PREVIOUS_TROUBLE, NULL, N_("to the one before that is not well"), WHERE_RACKS | WHERE_LIST | WHERE_BLADE | WHERE_ENCLOSURE | WHERE_ALERTS, 0},
	{{' '}, "Space", CMD_MARK, N_("mark"), N_("mark or unmark, and go down"), WHERE_LIST | WHERE_BLADE, 4},
	{{'*'}, "*", CMD_MARK_ALL, N_("mark all"), N_("mark all that are listed; again: none"), WHERE_LIST | WHERE_BLADE, 10},
	{{'i'}, "i", CMD_MARK_OTHERS, NULL, N_("of what is listed, mark what is not marked, and unmark what is"), WHERE_LIST | WHERE_BLADE, 0},
	{{'u', 'U'}, "u U", CMD_UNMARK, N_("unmark all"), N_("take all marks off, also of what is not listed"), ALL, 6},
	{{'o', K_F6}, "o F6", CMD_SORT, N_("sort"), N_("sort by the next column"), WHERE_ROWS, 8},
	{{'O'}, "O", CMD_SORT_REVERSE, NULL, N_("turn the order round"), WHERE_ROWS, 0},

	{{'a'}, "a", CMD_ACTIONS, N_("actions"), N_("what can be done with it, or with the marked ones"), WHERE_RACKS | WHERE_LIST | WHERE_BLADE | WHERE_VM | WHERE_ENCLOSURE, 5},
	{{'p'}, "p", CMD_POWER, N_("power"), N_("power on, shut down, power off, reboot, reset"), WHERE_RACKS | WHERE_LIST | WHERE_BLADE | WHERE_VM | WHERE_ENCLOSURE, 5},
	{{'P'}, "P", CMD_BLADE_POWER, N_("blade's power"), N_("power of the blade itself, and not of a VM on it"), WHERE_BLADE, 3},
	{{'P'}, "P", CMD_BLADE_POWER, NULL, N_("power of the blade itself, and not of a VM on it"), WHERE_RACKS | WHERE_LIST | WHERE_ENCLOSURE, 0},
	{{'B'}, "B", CMD_BLADE_ACTIONS, NULL, N_("what can be done with the blade itself: power, locate light, pairing"), WHERE_RACKS | WHERE_LIST | WHERE_BLADE | WHERE_ENCLOSURE, 0},
	{{'E'}, "E", CMD_ENCLOSURE, N_("enclosure"), N_("the enclosure it stands in: its front, managers, power supplies, fans"), WHERE_RACKS | WHERE_LIST | WHERE_BLADE, 6},
	{{'+', 'z'}, "+ z", CMD_ZOOM_IN, N_("closer"), N_("closer: from the whole floor to a rack, to an enclosure with its cards"), WHERE_RACKS, 12},
	{{'-', 'Z'}, "- Z", CMD_ZOOM_OUT, NULL, N_("farther: smaller signs for what stands here, or back"), WHERE_RACKS | WHERE_ENCLOSURE, 0},
	{{'+'}, "+", CMD_SNAPSHOT, N_("new snapshot"), N_("take a snapshot of it; what the limits leave is shown first"), WHERE_LIST | WHERE_BLADE | WHERE_VM, 6},
	{{'c'}, "c", CMD_CONSOLE, N_("console"), N_("its serial console: ^] leaves it"), WHERE_LIST | WHERE_BLADE | WHERE_VM, 6},
	{{'c'}, "c", CMD_CONSOLE, N_("console"), N_("its serial console: ^] leaves it"), WHERE_SCREEN, 3},
	{{'R', K_F5}, "R F5", CMD_REFRESH, N_("ask now"), N_("take the picture anew now, and not in two seconds"), WHERE_SCREEN, 4},
	{{'v'}, "v", CMD_SCREEN, N_("screen"), N_("what its screen shows, to look at: no key reaches the guest"), WHERE_LIST | WHERE_BLADE | WHERE_VM, 7},
	{{'!'}, "!", CMD_PROTECT, NULL, N_("protect against whatever loses work, or end that"), WHERE_LIST | WHERE_BLADE | WHERE_VM, 0},
	{{'e'}, "e", CMD_HISTORY, N_("history"), N_("who did what with it, and when"), WHERE_RACKS | WHERE_ENCLOSURE | WHERE_LIST | WHERE_BLADE | WHERE_VM | WHERE_ALERTS, 6},
	{{'R', K_F5}, "R F5", CMD_REFRESH, N_("ask now"), N_("ask its host or its manager now"), WHERE_RACKS | WHERE_ENCLOSURE | WHERE_LIST | WHERE_BLADE | WHERE_VM, 8},
	{{'J'}, "J", CMD_JOBS, N_("jobs"), N_("to the jobs"), ALL, 6},
	{{'A'}, "A", CMD_ALERTS, N_("alerts"), N_("to the alerts: what is wrong and who has it"), ALL, 6},
	{{'T'}, "T", CMD_TREE, NULL, N_("to the tree: rack, enclosure, blade, VM"), ALL, 0},
	{{'g'}, "g", CMD_GOTO, N_("go to"), N_("go to anything by name, address, MAC, UUID, serial, job or ticket"), ALL, 7},
	{{'w'}, "w", CMD_WHAT_IF, N_("what if"), N_("what would be lost with it: VMs, customers, pairs, clusters. It only looks"), WHERE_RACKS | WHERE_LIST | WHERE_BLADE | WHERE_VM | WHERE_ENCLOSURE | WHERE_ALERTS, 9},
	{{'C'}, "C", CMD_COLUMNS, NULL, N_("columns of this list: which, in which order, sorted by which"), WHERE_ROWS | WHERE_SERVERS, 0},
	{{'S', K_F2}, "S F2", CMD_SETUP, NULL, N_("setup: colours, signs, mouse, language, columns, saved filters"), ALL, 0},
	{{'H'}, "H", CMD_HANDOVER, NULL, N_("handover: what happened since a time"), ALL, 0},
	{{'t'}, "t", CMD_NOTE, NULL, N_("note on the blade: what is to be watched, and until when"), WHERE_RACKS | WHERE_LIST | WHERE_BLADE | WHERE_ENCLOSURE, 0},
	{{'a'}, "a", CMD_ACTIONS, N_("take, mute"), N_("acknowledge the alert, mute it, open what it is about"), WHERE_ALERTS, 4},
	{{'R', K_F5}, "R F5", CMD_REFRESH, N_("ask now"), N_("ask the broker anew"), WHERE_RECORDS, 8},
	{{'+'}, "+", CMD_ZOOM_IN, N_("further back"), N_("since an earlier time"), WHERE_HANDOVER, 4},
	{{'-'}, "-", CMD_ZOOM_OUT, N_("less"), N_("since a later time"), WHERE_HANDOVER, 5},

	{{'m'}, "m", CMD_NOTICES, N_("notices"), N_("what your provider tells you: all notices in full"), WHERE_SERVERS, 7},
	{{'L'}, "L", CMD_LANGUAGE, N_("language"), N_("in the other language: English, Japanese"), WHERE_SERVERS, 4},
	{{'L'}, "L", CMD_LANGUAGE, NULL, N_("here in Help: in the other language, English or Japanese"), WHERE_TEXT, 0},

	{{CTRL_KEY('l')}, "^L", CMD_REDRAW, NULL, N_("draw the screen anew"), ALL | WHERE_DIALOG, 0},
	{{'?', K_F1}, "? F1", CMD_HELP, N_("help"), N_("all keys"), ALL, 100},
	{{'Q', K_F10}, "Q F10", CMD_QUIT, NULL, N_("quit"), ALL, 0},
	{{'y'}, "y", CMD_YES, N_("yes"), N_("yes, where a dialog asks for it"), WHERE_DIALOG, 1},

	{{K_ENTER, ' '}, "Enter Space", CMD_OPEN, N_("change"), N_("the next value; what is behind a line"), WHERE_SETUP, 1},
	{{K_RIGHT, 'l'}, "Right l", CMD_RIGHT, NULL, N_("the next value"), WHERE_SETUP, 0},
	{{K_LEFT, 'h'}, "Left h", CMD_LEFT, NULL, N_("the value before"), WHERE_SETUP, 0},
	{{'d', K_DELETE}, "d Del", CMD_FORGET, N_("delete"), N_("delete a saved filter; it asks once"), WHERE_SETUP, 2},

	{{K_UP, 'k'}, "Up k", CMD_UP, NULL, N_("a line up"), WHERE_COLUMNS, 0},
	{{K_DOWN, 'j'}, "Down j", CMD_DOWN, NULL, N_("a line down"), WHERE_COLUMNS, 0},
	{{K_PAGE_UP}, "PgUp", CMD_PAGE_UP, NULL, N_("a page up"), WHERE_COLUMNS, 0},
	{{K_PAGE_DOWN}, "PgDn", CMD_PAGE_DOWN, NULL, N_("a page down"), WHERE_COLUMNS, 0},
	{{K_HOME}, "Home", CMD_HOME, NULL, N_("to the first"), WHERE_COLUMNS, 0},
	{{K_END}, "End", CMD_END, NULL, N_("to the last"), WHERE_COLUMNS, 0},
	{{' '}, "Space", CMD_MARK, N_("show, hide"), N_("show or hide the column"), WHERE_COLUMNS, 1},
	{{'K', '+'}, "K +", CMD_EARLIER, N_("earlier"), N_("it stands earlier in the row"), WHERE_COLUMNS, 2},
	{{'J', '-'}, "J -", CMD_LATER, N_("later"), N_("it stands later in the row"), WHERE_COLUMNS, 2},
	{{'o', K_F6}, "o F6", CMD_SORT, N_("sort by it"), N_("sort by it; again: the other way round"), WHERE_COLUMNS, 3},
	{{'O'}, "O", CMD_SORT_REVERSE, NULL, N_("turn the order round"), WHERE_COLUMNS, 0},
	{{'d'}, "d", CMD_USUAL, N_("as at first"), N_("columns and order as they were at first"), WHERE_COLUMNS, 5},
	{{K_ESC, K_ENTER, K_BACKSPACE, 'q', 'C'}, "Enter Esc q", CMD_ESCAPE, N_("done"), N_("close it"), WHERE_COLUMNS, 4},
	{{CTRL_KEY('c'), CTRL_KEY('g')}, "^C ^G", CMD_CANCEL, NULL, N_("close it"), WHERE_COLUMNS, 0},
	{{CTRL_KEY('l')}, "^L", CMD_REDRAW, NULL, N_("draw the screen anew"), WHERE_COLUMNS, 0},

	/* In a serial console, after the key that its last line names. */
	{{K_ENTER, 'q'}, "q Enter", CMD_BACK, N_("leave"), N_("leave it"), WHERE_CONSOLE, 1},
	{{K_ESC}, "Esc", CMD_ESCAPE, N_("back"), N_("back to it"), WHERE_CONSOLE, 2},
	{{'w'}, "w", CMD_PEN, N_("ask for the pen"), N_("ask for the pen: to type, where one watches"), WHERE_CONSOLE, 3},
	{{'t'}, "t", CMD_PEN_TAKE, N_("take it"), N_("take the pen from who has it: one's other console, an operator anybody's"), WHERE_CONSOLE, 4},
	{{'r'}, "r", CMD_SEND_ESCAPE, N_("send the key itself"), N_("send the guest the key that leaves"), WHERE_CONSOLE, 3},
	{{'z'}, "z", CMD_ROOM, N_("window size"), N_("80x24, which guests take for granted, or all the room there is"), WHERE_CONSOLE, 5},
	{{K_PAGE_UP}, "PgUp", CMD_PAGE_UP, N_("look back"), N_("look back a page"), WHERE_CONSOLE, 6},
	{{K_PAGE_DOWN}, "PgDn", CMD_PAGE_DOWN, NULL, N_("a page forward"), WHERE_CONSOLE, 0},
	{{K_UP}, "Up", CMD_UP, NULL, N_("a line back"), WHERE_CONSOLE, 0},
	{{K_DOWN}, "Down", CMD_DOWN, NULL, N_("a line forward"), WHERE_CONSOLE, 0},
	{{K_HOME}, "Home", CMD_HOME, NULL, N_("to the oldest line that is kept"), WHERE_CONSOLE, 0},
	{{K_END}, "End", CMD_END, NULL, N_("to the newest"), WHERE_CONSOLE, 0},
	{{CTRL_KEY('l')}, "^L", CMD_REDRAW, NULL, N_("draw the screen anew"), WHERE_CONSOLE, 0},

	/* The filter line obeys these by itself (filter_line.c); here they stand for Help and for the last line. */
	{{0}, "Enter", CMD_NONE, N_("done"), N_("keep the filter: it holds in other views too, until F clears it"), WHERE_FILTER, 1},
	{{0}, "Tab Right", CMD_NONE, N_("complete"), N_("put in what could stand there, key or value; Tab again: the next"), WHERE_FILTER, 2},
	{{0}, "Up Down", CMD_NONE, N_("earlier ones"), N_("what was typed before"), WHERE_FILTER, 5},
	{{0}, "^S", CMD_NONE, N_("save"), N_("save it under a name: f lists these, @name means it"), WHERE_FILTER, 4},
	{{0}, "Esc", CMD_NONE, N_("as it was"), N_("leave it as it was before"), WHERE_FILTER, 3},

	/* Fields obey these by themselves (input.c); here they stand for Help. */
	{{0}, "Left ^B  Right ^F", CMD_NONE, NULL, N_("a character to the left, to the right"), WHERE_FIELD, 0},
	{{0}, "Home ^A  End ^E", CMD_NONE, NULL, N_("to the beginning, to the end"), WHERE_FIELD, 0},
	{{0}, "Alt-b  Alt-f", CMD_NONE, NULL, N_("a word to the left, to the right"), WHERE_FIELD, 0},
	{{0}, "Bksp  Del ^D", CMD_NONE, NULL, N_("delete before, under the cursor"), WHERE_FIELD, 0},
	{{0}, "^W  Alt-d", CMD_NONE, NULL, N_("delete a word before, after the cursor"), WHERE_FIELD, 0},
	{{0}, "^U  ^K", CMD_NONE, NULL, N_("delete to the beginning, to the end"), WHERE_FIELD, 0},
	{{0}, "^Y  Alt-y", CMD_NONE, NULL, N_("put back what was deleted last; then, instead, what was before it"), WHERE_FIELD, 0},
	{{0}, "^T", CMD_NONE, NULL, N_("two letters change places"), WHERE_FIELD, 0},
	{{0}, "Alt-u  Alt-l  Alt-c", CMD_NONE, NULL, N_("the word in capitals, in small letters, with one capital"), WHERE_FIELD, 0},
	{{0}, "^_", CMD_NONE, NULL, N_("undo"), WHERE_FIELD, 0},
	{{0}, "Enter  Esc", CMD_NONE, NULL, N_("take it, leave it as it was"), WHERE_FIELD, 0},
};
const size_t keymap_rows = sizeof keymap / sizeof keymap[0];

const struct keymap_place keymap_places[] = {
	{N_("Everywhere"), WHERE_VIEWS},
	{N_("My servers"), WHERE_SERVERS},
	{N_("Racks"), WHERE_RACKS},
	{N_("VMs, blades, jobs, alerts"), WHERE_ROWS},
	{N_("Tree"), WHERE_TREE},
	{N_("What if"), WHERE_WHAT_IF},
	{N_("Alerts"), WHERE_ALERTS},
	{N_("Events, audit, handover"), WHERE_RECORDS},
	{N_("Handover"), WHERE_HANDOVER},
	{N_("An enclosure"), WHERE_ENCLOSURE},
	{N_("One VM"), WHERE_VM},
	{N_("A guest's screen"), WHERE_SCREEN},
	{N_("A serial console, after ^]"), WHERE_CONSOLE},
	{N_("Columns of a list"), WHERE_COLUMNS},
	{N_("Setup"), WHERE_SETUP},
	{N_("Dialogs"), WHERE_DIALOG},
	{N_("The filter line, after /"), WHERE_FILTER},
	{N_("Typing"), WHERE_FIELD},
	{N_("Help"), WHERE_TEXT},
	{NULL, 0},
};

const struct binding *keymap_find(const struct key *k, unsigned where)
{
	uint32_t code = keys_ascii(k->code);

	if (k->mods & (K_ALT | K_PASTED))
		return NULL;
	for (size_t i = 0; i < keymap_rows; i++) {
		if (!(keymap[i].where & where))
			continue;
		for (int j = 0; j < KEYMAP_KEYS && keymap[i].key[j]; j++)
			if (keymap[i].key[j] == code)
				return &keymap[i];
	}
	return NULL;
}

bool keymap_is_staffs(enum command c)
{
	return c == CMD_PROTECT || c == CMD_ENCLOSURE || c == CMD_BLADE_ACTIONS || c == CMD_BLADE_POWER || c == CMD_ALERTS || c == CMD_HANDOVER ||
		c == CMD_NOTE || c == CMD_TREE || c == CMD_WHAT_IF;
}

size_t keymap_first(const struct binding *b, char *out, size_t size)
{
	size_t n = strcspn(b->shown, " ");

	if (n >= size)
		n = size - 1;
	memcpy(out, b->shown, n);
	out[n] = '\0';
	return n;
}
