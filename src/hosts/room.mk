# Files of this room.
libtana_a_SOURCES += \
	src/hosts/host.h \
	src/hosts/relay.h
