# Files of this room.
libtana_a_SOURCES += \
	src/enclosures/check.c \
	src/enclosures/detect.c \
	src/enclosures/dialect.c \
	src/enclosures/dialect.h \
	src/enclosures/dialect_ask.c \
	src/enclosures/dialect_read.c \
	src/enclosures/dialect_session.c \
	src/enclosures/exchange.c \
	src/enclosures/exchange.h \
	src/enclosures/inside.h \
	src/enclosures/lines.c \
	src/enclosures/manager.c \
	src/enclosures/manager.h \
	src/enclosures/manager_open.c \
	src/enclosures/manager_inside.h \
	src/enclosures/metal.c \
	src/enclosures/pattern.c \
	src/enclosures/pattern.h \
	src/enclosures/reply.c \
	src/enclosures/understand.c
