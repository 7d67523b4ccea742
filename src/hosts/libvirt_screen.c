/* A VM's screen as a picture, over libvirt's stream: QEMU sends PPM, the test driver a PNG. Bounded in size; its end in time is the
 * caller's, who gives the connection up. Called on fleet's workers. */
#include "hosts/libvirt.h"

#include "common/buf.h"
#include "hosts/domxml.h"
#include "hosts/picture.h"

#include <stdlib.h>

#define CHUNK (64 * 1024)

static struct err *receive(struct lv *h, virStreamPtr stream, struct buf *file)
{
	char *chunk = xmalloc(CHUNK);
	struct err *e = NULL;
	int n;

	while (!e && (n = virStreamRecv(stream, chunk, CHUNK)) != 0) {
		if (n < 0)
			e = lv_error(h);
		else if (file->len + (size_t)n > PICTURE_BYTES_MAX)
			e = err_new(ERR_UNSUPPORTED, "host.screen.large", "{s:s}", "host", h->name);
		else
			buf_append(file, chunk, (size_t)n);
	}
	free(chunk);
	if (!e && virStreamFinish(stream) != 0)
		e = lv_error(h);
	else if (e)
		virStreamAbort(stream);
	return e;
}

/* What libvirt says in words of its own, in ours where we know why. Takes e over. */
static struct err *reason(virDomainPtr dom, struct err *e)
{
	struct err *ours = NULL;
	char *xml;

	if (e->class == ERR_TIMEOUT || e->class == ERR_UNREACHABLE)
		return e;
	if (virDomainIsActive(dom) == 0) {
		ours = err_new(ERR_STATE, "host.screen.off", NULL);
	} else if ((xml = virDomainGetXMLDesc(dom, 0))) {
		if (domxml_no_screen(xml))
			ours = err_new(ERR_STATE, "host.screen.none", NULL);
		free(xml);
	}
	if (!ours)
		return e;
	err_free(e);
	return ours;
}

struct err *lv_screenshot(struct host *base, const char *uuid, struct host_screen *out)
{
	struct lv *h = (struct lv *)base;
	virDomainPtr dom = NULL;
	struct buf file = { 0 };
	struct host_screen whole;
	struct err *e = lv_domain(h, uuid, &dom);

	if (e)
		return e;
	virStreamPtr stream = virStreamNew(h->conn, 0);
	char *type = stream ? virDomainScreenshot(dom, stream, 0, 0) : NULL;
	e = type ? receive(h, stream, &file) : lv_error(h);
	free(type);
	if (stream)
		virStreamFree(stream);
	if (e)
		e = reason(dom, e);
	virDomainFree(dom);
	if (!e && !picture_read(file.data, file.len, &whole))
		e = err_new(ERR_FAILED, "host.screen.format", "{s:s}", "host", h->name);
	buf_free(&file);
	if (e)
		return e;
	picture_shrink(&whole, HOST_SCREEN_W, HOST_SCREEN_H, out);
	picture_free(&whole);
	return NULL;
}
