# Files of this room.
libui_a_SOURCES += \
	ui/jail/idle.c \
	ui/jail/idle.h \
	ui/jail/jump.c \
	ui/jail/jump.h \
	ui/jail/jump_words.c \
	ui/jail/sandbox.c \
	ui/jail/sandbox.h \
	ui/jail/sandbox_filter.c \
	ui/jail/sandbox_inside.h \
	ui/jail/sandbox_landlock.c
