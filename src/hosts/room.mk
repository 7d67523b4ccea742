# Files of this room.
libtana_a_SOURCES += \
	src/hosts/domxml.c \
	src/hosts/domxml.h \
	src/hosts/driver.h \
	src/hosts/eventloop.c \
	src/hosts/eventloop.h \
	src/hosts/host.c \
	src/hosts/host.h \
	src/hosts/libvirt.h \
	src/hosts/libvirt_act.c \
	src/hosts/libvirt_events.c \
	src/hosts/libvirt_facts.c \
	src/hosts/libvirt_list.c \
	src/hosts/libvirt_open.c \
	src/hosts/relay.c \
	src/hosts/relay.h \
	src/hosts/relay_pump.c \
	src/hosts/relay_pump.h \
	src/hosts/session.c \
	src/hosts/session.h
