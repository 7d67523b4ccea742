# Files of this room.
libtana_a_SOURCES += \
	src/ssh/algos.c \
	src/ssh/algos.h \
	src/ssh/dial.c \
	src/ssh/farewell.c \
	src/ssh/farewell.h \
	src/ssh/known.c \
	src/ssh/known.h \
	src/ssh/link.c \
	src/ssh/link.h \
	src/ssh/login.c \
	src/ssh/login.h \
	src/ssh/password.c \
	src/ssh/preface.c \
	src/ssh/preface.h \
	src/ssh/resolve.c \
	src/ssh/resolve.h \
	src/ssh/ssh.h \
	src/ssh/talk.c \
	src/ssh/talk.h \
	src/ssh/tunnel.c \
	src/ssh/wait.c \
	src/ssh/wait.h
