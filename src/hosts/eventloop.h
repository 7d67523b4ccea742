/* libvirt's event loop (virEventRegisterImpl) on epoll and a thread of its own: 5,000 connections with keepalive cost
 * a tenth of what they cost on the default one. Callbacks run on that thread. Only libvirt_open.c starts it. */
#ifndef TANA_EVENTLOOP_H
#define TANA_EVENTLOOP_H

#include "common/error.h"

struct err *eventloop_start(void);  /* before the first virConnectOpen */
void eventloop_stop(void);          /* after the last connection was closed; runs the free callbacks that wait */

#endif
