# Yardsticks, run by hand (tests/bench/bench.sh): figures are printed beside what they are compared with.
EXTRA_DIST += tests/bench/bench.sh
if HAVE_TESTS
check_PROGRAMS += tests/bench/rawloop tests/bench/attach
tests_bench_rawloop_SOURCES = tests/bench/rawloop.c
tests_bench_rawloop_LDADD = $(LIBVIRT_LIBS) -lpthread
tests_bench_attach_SOURCES = tests/bench/attach.c
tests_bench_attach_LDADD = $(UI_LDADD)
endif
