# Files of this room.
libtana_a_SOURCES += \
	src/ssh/dial.c \
	src/ssh/known.c \
	src/ssh/known.h \
	src/ssh/link.c \
	src/ssh/link.h \
	src/ssh/login.c \
	src/ssh/resolve.c \
	src/ssh/resolve.h \
	src/ssh/ssh.h \
	src/ssh/wait.c \
	src/ssh/wait.h
