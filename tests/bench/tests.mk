# Yardsticks, run by hand (make bench): figures are printed beside what they are compared with.
EXTRA_DIST += tests/bench/bench.sh
.PHONY: bench
if HAVE_TESTS
check_PROGRAMS += tests/bench/rawloop tests/bench/attach tests/bench/keys tests/bench/churn
tests_bench_rawloop_SOURCES = tests/bench/rawloop.c
tests_bench_rawloop_LDADD = $(LIBVIRT_LIBS) -lpthread
tests_bench_attach_SOURCES = tests/bench/attach.c
tests_bench_attach_LDADD = $(UI_LDADD)
tests_bench_keys_SOURCES = tests/bench/keys.c $(term_sources)
tests_bench_keys_LDADD = $(TERM_LDADD) $(LIBVIRT_LIBS)
tests_bench_churn_SOURCES = tests/bench/churn.c
tests_bench_churn_LDADD = $(LIBVIRT_LIBS)
bench: all tests/bench/rawloop tests/bench/attach tests/bench/keys tests/bench/churn tests/screens/firstpicture
	TANA_BUILD=$(abs_builddir) $(srcdir)/tests/bench/bench.sh
endif
