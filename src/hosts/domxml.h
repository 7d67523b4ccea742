/* What libvirt's XML says, in our words. Pure: text in, structs out; nothing is fetched, no entity is followed. */
#ifndef TANA_DOMXML_H
#define TANA_DOMXML_H

#include "hosts/host.h"

void domxml_start(void);  /* once, before threads read */
void domxml_quiet(void);  /* libxml2, in libvirt's hands too, prints nothing from this thread */
/* Disks, NICs, guest and machine of a domain's XML. ERR_FAILED "host.xml" when it cannot be read; d stays freeable. */
struct err *domxml_detail(const char *xml, struct host_vm_detail *d);
/* A domain's XML names no video device: there is nothing to take a picture of. False also when it cannot be read. */
bool domxml_no_screen(const char *xml);
/* <capabilities>: the host's UUID. <sysinfo>: maker, product and serial number. What is not there stays as it is. */
void domxml_capabilities(const char *xml, struct host_facts *f);
void domxml_sysinfo(const char *xml, struct host_facts *f);
/* <capabilities>: the host says that it can revert to external snapshots (libvirt from 9.9). */
bool domxml_reverts_external(const char *capabilities);
/* "http://debian.org/debian/12" -> "Debian 12"; "" for "". */
void domxml_guest(char *out, size_t size, const char *osinfo_id);

#endif
