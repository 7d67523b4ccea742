# Files of this room.
libtana_a_SOURCES += \
	src/broker/anchor.c \
	src/broker/anchor.h \
	src/broker/bookkeeping.c \
	src/broker/bookkeeping.h \
	src/broker/broker.c \
	src/broker/broker.h \
	src/broker/commands.c \
	src/broker/commands.h \
	src/broker/dirs.c \
	src/broker/dirs.h \
	src/broker/feed.c \
	src/broker/feed.h \
	src/broker/inside.h \
	src/broker/listen.c \
	src/broker/listen.h \
	src/broker/looks.c \
	src/broker/looks.h \
	src/broker/names.c \
	src/broker/names.h \
	src/broker/news.c \
	src/broker/news.h \
	src/broker/peer.h \
	src/broker/peer_io.c \
	src/broker/peer_who.c \
	src/broker/peers.c \
	src/broker/peers.h \
	src/broker/reload.c \
	src/broker/requests_act.c \
	src/broker/requests_limit.c \
	src/broker/requests_look.c \
	src/broker/requests_snap.c \
	src/broker/tanad.c \
	src/broker/tanad.h \
	src/broker/view.c \
	src/broker/view.h
