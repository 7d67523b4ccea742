# Files of this room.
libui_a_SOURCES += \
	ui/term/bigtext.c \
	ui/term/bigtext.h \
	ui/term/glyphs.c \
	ui/term/glyphs.h \
	ui/term/input.c \
	ui/term/input.h \
	ui/term/keys.c \
	ui/term/keys.h \
	ui/term/keys_inside.h \
	ui/term/keys_sequence.c \
	ui/term/palette.c \
	ui/term/palette.h \
	ui/term/screen.c \
	ui/term/screen.h \
	ui/term/screen_cells.c \
	ui/term/screen_inks.c \
	ui/term/screen_inside.h \
	ui/term/screen_pen.c \
	ui/term/terminal.c \
	ui/term/terminal.h \
	ui/term/terminfo.c \
	ui/term/terminfo.h
