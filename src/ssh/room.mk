# Files of this room.
libtana_a_SOURCES += \
	src/ssh/ssh.h
