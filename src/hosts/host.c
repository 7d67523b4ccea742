/* The table of drivers and the way from a URI to one of them. Called by fleet (on its workers) and site (the check). */
#include "hosts/driver.h"

#include <stdlib.h>
#include <string.h>

static const struct { const char *uri_driver; const struct host_driver *driver; } table[] = {
	{ "qemu", &libvirt_driver },
	{ "xen", &libvirt_driver },
	{ "test", &libvirt_driver },
};
static const struct host_driver *const drivers[] = { &libvirt_driver }; /* each once */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void (*host_probe)(const char *call, int phase);

struct err *host_start(void)
{
	for (size_t i = 0; i < COUNT(drivers); i++) {
		struct err *e = drivers[i]->start();
		if (e) {
			while (i-- > 0)
				drivers[i]->stop();
			return e;
		}
	}
	return NULL;
}

void host_stop(void)
{
	for (size_t i = COUNT(drivers); i-- > 0;)
		drivers[i]->stop();
}

struct err *host_new(const struct host_spec *spec, enum lane lane, const struct host_sink *sink, struct host **out)
{
	struct host_uri u;
	struct err *e = host_uri_parse(spec->uri, &u);

	*out = NULL;
	if (e)
		return e;
	for (size_t i = 0; i < COUNT(table) && !*out; i++)
		if (strcmp(table[i].uri_driver, u.driver) == 0) {
			*out = table[i].driver->new(spec, &u, lane, sink);
			(*out)->driver = table[i].driver;
		}
	if (*out)
		return NULL;
	host_uri_free(&u);
	return err_new(ERR_INTERNAL, "host.uri.broken", "{s:s, s:s}", "uri", "?", "what", "");
}

bool host_one_lane(const struct host *h)
{
	return h->driver->one_lane(h);
}

struct err *host_open(struct host *h)
{
	return h->driver->open(h);
}

struct err *host_facts(struct host *h, struct host_facts *out)
{
	memset(out, 0, sizeof *out);
	out->whole = true;
	return h->driver->facts(h, out);
}

struct err *host_identity(struct host *h, struct host_facts *out)
{
	memset(out, 0, sizeof *out);
	return h->driver->facts(h, out);
}

struct err *host_list(struct host *h, struct host_vm **out, size_t *n)
{
	*out = NULL;
	*n = 0;
	return h->driver->list(h, out, n);
}

struct err *host_list_states(struct host *h, bool snaps, struct host_vm **out, size_t *n)
{
	*out = NULL;
	*n = 0;
	return h->driver->list_states(h, snaps, out, n);
}

struct err *host_look(struct host *h, const char *uuid, struct host_vm *out)
{
	memset(out, 0, sizeof *out);
	return h->driver->look(h, uuid, out);
}

struct err *host_detail(struct host *h, const char *uuid, struct host_vm_detail *out)
{
	memset(out, 0, sizeof *out);
	return h->driver->detail(h, uuid, out);
}

struct err *host_act(struct host *h, const char *uuid, enum verb v)
{
	host_tell_probe(verb_name(v), 0);
	struct err *e = h->driver->act(h, uuid, v);
	host_tell_probe(verb_name(v), 1);
	return e;
}

struct err *host_snapshots(struct host *h, const char *uuid, const struct host_snap_order *prepare, struct host_snaps *out)
{
	memset(out, 0, sizeof *out);
	host_tell_probe("snapshots", 0);
	struct err *e = h->driver->snapshots(h, uuid, prepare, out);
	host_tell_probe("snapshots", 1);
	return e;
}

struct err *host_snap_act(struct host *h, const char *uuid, const struct host_snap_order *o)
{
	static const char *const names[] = { [SNAP_CREATE] = "snapshot-create", [SNAP_REVERT] = "snapshot-revert",
		[SNAP_DELETE] = "snapshot-delete", [SNAP_CLEAR] = "snapshot-clear" };

	host_tell_probe(names[o->op], 0);
	struct err *e = h->driver->snap_act(h, uuid, o);
	host_tell_probe(names[o->op], 1);
	return e;
}

void host_abort(struct host *h)
{
	h->driver->abort(h);
}

void host_close(struct host *h)
{
	h->driver->close(h);
}

void host_free(struct host *h)
{
	if (h)
		h->driver->free(h);
}

void host_vms_free(struct host_vm *vms, size_t n)
{
	for (size_t i = 0; vms && i < n; i++) {
		for (size_t j = 0; j < vms[i].nsnaps; j++)
			free(vms[i].snaps[j]);
		free(vms[i].snaps);
		free(vms[i].name);
	}
	free(vms);
}

void host_snaps_free(struct host_snaps *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->list[i].name);
		free(s->list[i].parent);
		free(s->list[i].note);
	}
	free(s->list);
	free(s->xml);
	memset(s, 0, sizeof *s);
}

void host_vm_detail_free(struct host_vm_detail *d)
{
	for (size_t i = 0; i < d->ndisks; i++)
		free(d->disks[i].source);
	for (size_t i = 0; i < d->nnics; i++)
		free(d->nics[i].network);
	free(d->disks);
	free(d->nics);
	free(d->vm.name);
	memset(d, 0, sizeof *d);
}
