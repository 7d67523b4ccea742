# Files of this room.
libui_a_SOURCES += \
	ui/wall/wall.c \
	ui/wall/wall.h \
	ui/wall/wall_big.c \
	ui/wall/wall_count.c \
	ui/wall/wall_count.h \
	ui/wall/wall_draw.c \
	ui/wall/wall_inside.h \
	ui/wall/wall_ring.c \
	ui/wall/wall_ring.h \
	ui/wall/wall_words.c
