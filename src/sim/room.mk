# Files of this room.
sbin_PROGRAMS += tana-enclosure-sim
tana_enclosure_sim_SOURCES = \
	src/sim/control.c \
	src/sim/fault.c \
	src/sim/main.c \
	src/sim/place.c \
	src/sim/server.c \
	src/sim/session.c \
	src/sim/sim.h \
	src/sim/sim_dell.c \
	src/sim/sim_fujitsu.c \
	src/sim/sim_hitachi.c \
	src/sim/sim_hp.c \
	src/sim/sim_ibm.c \
	src/sim/sim_ilo.c \
	src/sim/sim_moonshot.c \
	src/sim/state.c \
	src/sim/term.c
tana_enclosure_sim_LDADD = $(COMMON_LDADD) $(LIBSSH_LIBS) -lpthread
