/* Pictures of guests' screens (picture.h). */
#include "hosts/picture.h"

#include "common/buf.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

void picture_free(struct host_screen *p)
{
	free(p->rgb);
	memset(p, 0, sizeof *p);
}

static bool fits(uint64_t w, uint64_t h)
{
	return w > 0 && h > 0 && w <= PICTURE_SIDE_MAX && h <= PICTURE_SIDE_MAX && w * h * 3 <= PICTURE_BYTES_MAX;
}

/* ---- PPM ---- */

struct bytes { const unsigned char *at, *end; };

/* One number of the header, with the blanks and remarks before it; -1: there is none. */
static long header_number(struct bytes *b)
{
	long n = 0;
	bool any = false;

	while (b->at < b->end && (strchr(" \t\r\n", *b->at) || *b->at == '#')) {
		bool remark = *b->at == '#';
		while (remark && b->at < b->end && *b->at != '\n')
			b->at++;
		if (b->at < b->end)
			b->at++;
	}
	for (; b->at < b->end && *b->at >= '0' && *b->at <= '9'; b->at++) {
		n = n * 10 + (*b->at - '0');
		any = true;
		if (n > 1000000)
			return -1;
	}
	return any ? n : -1;
}

static bool read_ppm(struct bytes b, struct host_screen *out)
{
	b.at += 2;
	long w = header_number(&b), h = header_number(&b), most = header_number(&b);

	if (w < 0 || h < 0 || !fits((uint64_t)w, (uint64_t)h) || most < 1 || most > 255 || b.at == b.end)
		return false;
	b.at++; /* one blank, and then the pixels */
	size_t need = (size_t)w * (size_t)h * 3;
	if ((size_t)(b.end - b.at) < need)
		return false;
	*out = (struct host_screen){ .w = (int)w, .h = (int)h, .rgb = xmalloc(need) };
	memcpy(out->rgb, b.at, need);
	for (size_t i = 0; most < 255 && i < need; i++)
		out->rgb[i] = (unsigned char)(out->rgb[i] >= most ? 255 : out->rgb[i] * 255 / most);
	return true;
}

/* ---- PNG ---- */

static bool read_png(struct bytes b, struct host_screen *out)
{
	png_image image = { .version = PNG_IMAGE_VERSION };
	png_color black = { 0, 0, 0 };

	if (!png_image_begin_read_from_memory(&image, b.at, (size_t)(b.end - b.at)))
		return false;
	if (!fits(image.width, image.height)) {
		png_image_free(&image);
		return false;
	}
	image.format = PNG_FORMAT_RGB;
	*out = (struct host_screen){ .w = (int)image.width, .h = (int)image.height, .rgb = xmalloc(PNG_IMAGE_SIZE(image)) };
	if (png_image_finish_read(&image, &black, out->rgb, 0, NULL))
		return true;
	png_image_free(&image);
	picture_free(out);
	return false;
}

bool picture_read(const void *file, size_t size, struct host_screen *out)
{
	struct bytes b = { file, (const unsigned char *)file + size };

	memset(out, 0, sizeof *out);
	if (size > PICTURE_BYTES_MAX + 1024 || size < 8)
		return false;
	if (memcmp(file, "P6", 2) == 0)
		return read_ppm(b, out);
	return memcmp(file, "\x89PNG\r\n\x1a\n", 8) == 0 && read_png(b, out);
}

/* ---- smaller ---- */

static int at_least(long n)
{
	return n < 1 ? 1 : (int)n;
}

/* The mean of the pixels in [x0, x1) x [y0, y1). */
static void mean(const struct host_screen *in, int x0, int x1, int y0, int y1, unsigned char *rgb)
{
	uint64_t sum[3] = { 0, 0, 0 }, n = (uint64_t)(x1 - x0) * (uint64_t)(y1 - y0);

	for (int y = y0; y < y1; y++) {
		const unsigned char *p = in->rgb + ((size_t)y * (size_t)in->w + (size_t)x0) * 3;
		for (int x = x0; x < x1; x++, p += 3)
			for (int c = 0; c < 3; c++)
				sum[c] += p[c];
	}
	for (int c = 0; c < 3; c++)
		rgb[c] = (unsigned char)((sum[c] + n / 2) / n);
}

void picture_shrink(const struct host_screen *in, int w, int h, struct host_screen *out)
{
	long tw = in->w < w ? in->w : w, th = tw * in->h / in->w;

	if (th > h) {
		th = h;
		tw = th * in->w / in->h;
	}
	*out = (struct host_screen){ .w = at_least(tw), .h = at_least(th) };
	out->rgb = xmalloc((size_t)out->w * (size_t)out->h * 3);
	for (int y = 0; y < out->h; y++)
		for (int x = 0; x < out->w; x++)
			mean(in, (int)((long)x * in->w / out->w), (int)((long)(x + 1) * in->w / out->w),
				(int)((long)y * in->h / out->h), (int)((long)(y + 1) * in->h / out->h),
				out->rgb + ((size_t)y * (size_t)out->w + (size_t)x) * 3);
}

/* ---- colours ---- */

static unsigned square(int d)
{
	return (unsigned)(d * d);
}

unsigned char picture_xterm(unsigned r, unsigned g, unsigned b)
{
	static const int steps[6] = { 0, 95, 135, 175, 215, 255 };
	const int want[3] = { (int)r, (int)g, (int)b };
	int index[3];
	unsigned cube = 0, grey;

	for (int c = 0; c < 3; c++) {
		index[c] = want[c] < 48 ? 0 : want[c] < 115 ? 1 : (want[c] - 35) / 40;
		cube += square(want[c] - steps[index[c]]);
	}
	int light = ((int)r + (int)g + (int)b) / 3, shade = light < 3 ? 0 : light > 238 ? 23 : (light - 3) / 10;
	grey = square(want[0] - (8 + 10 * shade)) + square(want[1] - (8 + 10 * shade)) + square(want[2] - (8 + 10 * shade));
	return (unsigned char)(grey < cube ? 232 + shade : 16 + 36 * index[0] + 6 * index[1] + index[2]);
}
