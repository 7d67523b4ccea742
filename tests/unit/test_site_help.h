/* What the tests of the site room share: a folder of files, and errors as text. */
#ifndef TANA_TEST_SITE_HELP_H
#define TANA_TEST_SITE_HELP_H

#include "site/site.h"

#include <stdio.h>

/* setjmp and friends before cmocka */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

char *test_dir(void); /* made at the first call */
void test_dir_remove(void);
char *test_path(const char *name); /* in that folder; the caller frees */
void test_write(const char *name, const char *text);
void test_write_bytes(const char *name, const void *data, size_t n);

/* Reads a file of that folder; "" or "name:line id" lines, in the order of the errors. The caller frees. */
char *test_errors(const char *name);
/* Reads it and fails the test when it has errors. */
struct site_model *test_read(const char *name);
/* Writes text as site.conf and compares its errors. */
void test_expect(const char *text, const char *errors);
/* The same; returns the model. */
struct site_model *test_model(const char *text);
/* Every sentence of the errors of site.conf, a line each; the caller frees. */
char *test_sentences(const char *text);

#endif
