# Files of this room.
libui_a_SOURCES += \
	ui/app.c \
	ui/app.h \
	ui/app_broker.c \
	ui/app_draw.c \
	ui/app_inside.h \
	ui/app_keys.c \
	ui/app_mouse.c \
	ui/app_views.c \
	ui/frame.c \
	ui/frame.h \
	ui/keymap.c \
	ui/keymap.h \
	ui/tr.h \
	ui/view.h
