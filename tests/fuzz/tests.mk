# Programs and scripts of these tests.

# site
EXTRA_DIST += tests/fuzz/site.dict
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_site
tests_fuzz_fuzz_site_SOURCES = tests/fuzz/fuzz_site.c
tests_fuzz_fuzz_site_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_site_LDADD = $(BROKER_LDADD)
endif
