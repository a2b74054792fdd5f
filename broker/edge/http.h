/* http.h: /metrics (text exposition) and /healthz on loopback, by libmicrohttpd on the same loop. */
#ifndef EDGE_HTTP_H
#define EDGE_HTTP_H

#include "broker/base/buffer.h"

struct http;

struct http_source {
    void (*metrics)(void *arg, struct buffer *out); /* writes the exposition */
    int (*health)(void *arg, struct buffer *out);   /* status code: 200 or 503, and one line */
    void *arg;
};

/* address "127.0.0.1:6210"; loopback only, anything else is -EINVAL with a sentence. */
int http_open(const char *address, const struct http_source *, struct http **out, char fault[256]);
uint16_t http_port(const struct http *); /* the one bound, when the address asked for port 0 */
int http_fd(const struct http *);        /* epoll descriptor: readable means http_serve */
/* Milliseconds until http_serve must be called again, or -1. */
int http_timeout_ms(struct http *);
void http_serve(struct http *);
void http_close(struct http *);

#endif
