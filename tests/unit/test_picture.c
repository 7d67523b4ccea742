/* Pictures of guests' screens: what is read, what is refused, means and colours. */
#include "hosts/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define READ(text, out) picture_read(text, sizeof(text) - 1, out)

static void ppm(void **state)
{
	struct host_screen p;

	assert_true(READ("P6\n# QEMU\n2 1\n255\nabcdef", &p));
	assert_int_equal(p.w, 2);
	assert_int_equal(p.h, 1);
	assert_memory_equal(p.rgb, "abcdef", 6);
	picture_free(&p);
	assert_true(READ("P6 1 1 15 \x0f\x00\x07", &p)); /* of fifteen steps */
	assert_int_equal(p.rgb[0], 255);
	assert_int_equal(p.rgb[1], 0);
	assert_int_equal(p.rgb[2], 119);
	picture_free(&p);
}

static void broken(void **state)
{
	struct host_screen p;

	assert_false(READ("", &p));
	assert_false(READ("P6", &p));
	assert_false(READ("P6\n2 1\n255\nabcde", &p));           /* a byte too few */
	assert_false(READ("P6\n0 1\n255\nabcdef", &p));
	assert_false(READ("P6\n-1 1\n255\nabcdef", &p));
	assert_false(READ("P6\n2 1\n65535\nabcdefabcdef", &p));  /* two bytes a colour: no host sends it */
	assert_false(READ("P6\n2 1\n0\nabcdef", &p));
	assert_false(READ("P6\n99999999999999999999 1\n255\nabc", &p));
	assert_false(READ("P6\n8192 8192\n255\nabc", &p));       /* more than is ever kept */
	assert_false(READ("P6\n# never ends", &p));
	assert_false(READ("P5\n2 1\n255\nabcdef", &p));
	assert_false(READ("\x89PNG\r\n\x1a\n then nothing that is one", &p));
}

/* 1 x 1, red. */
static void png(void **state)
{
	static const char file[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde"
		"\0\0\0\x0cIDATx\x9c" "c\xf8\xcf\xc0\0\0\x03\x01\x01\0\xc9\xfe\x92\xef" "\0\0\0\0IEND\xae" "B`\x82";
	struct host_screen p;

	assert_true(READ(file, &p));
	assert_int_equal(p.w, 1);
	assert_int_equal(p.h, 1);
	assert_memory_equal(p.rgb, "\xff\0\0", 3);
	picture_free(&p);
	assert_false(picture_read(file, sizeof file / 2, &p));
}

static void shrink(void **state)
{
	unsigned char rgb[4 * 2 * 3];
	struct host_screen in = { 4, 2, rgb }, out;

	memset(rgb, 0, sizeof rgb);
	memset(rgb, 200, 3); /* one white pixel of the four at the upper left */
	picture_shrink(&in, 2, 9, &out);
	assert_int_equal(out.w, 2);
	assert_int_equal(out.h, 1);
	assert_int_equal(out.rgb[0], 50);
	assert_int_equal(out.rgb[3], 0);
	picture_free(&out);
	picture_shrink(&in, 100, 100, &out); /* never larger */
	assert_int_equal(out.w, 4);
	assert_int_equal(out.h, 2);
	assert_memory_equal(out.rgb, rgb, sizeof rgb);
	picture_free(&out);
	picture_shrink(&in, 9, 1, &out); /* in its proportions */
	assert_int_equal(out.w, 2);
	assert_int_equal(out.h, 1);
	picture_free(&out);
	struct host_screen line = { 8, 1, rgb };
	picture_shrink(&line, 2, 2, &out); /* and never nothing */
	assert_int_equal(out.h, 1);
	picture_free(&out);
}

static void colours(void **state)
{
	assert_int_equal(picture_xterm(0, 0, 0), 16);
	assert_int_equal(picture_xterm(255, 255, 255), 231);
	assert_int_equal(picture_xterm(255, 0, 0), 196);
	assert_int_equal(picture_xterm(0, 0, 170), 19);   /* a blue screen */
	assert_int_equal(picture_xterm(128, 128, 128), 244);
	assert_int_equal(picture_xterm(170, 170, 170), 248); /* VGA's text */
	for (unsigned i = 0; i < 256 * 256; i++)
		assert_true(picture_xterm(i & 255, i >> 8, (i * 7) & 255) >= 16);
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(ppm), cmocka_unit_test(broken), cmocka_unit_test(png),
		cmocka_unit_test(shrink), cmocka_unit_test(colours) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
