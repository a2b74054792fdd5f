#include "broker/edge/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/base/limits.h"
#include "broker/base/panic.h"

#define IDLE_SECONDS     10
#define CONNECTION_BYTES (16 * 1024)

struct http {
    struct MHD_Daemon *daemon;
    struct http_source source;
};

struct page {
    struct buffer body;
    const char *content_type;
    unsigned status;
};

static void page_metrics(const struct http_source *source, struct page *page)
{
    page->content_type = "text/plain; version=0.0.4; charset=utf-8";
    source->metrics(source->arg, &page->body);
}

static void page_health(const struct http_source *source, struct page *page)
{
    page->status = (unsigned)source->health(source->arg, &page->body);
}

static const struct {
    const char *path;
    void (*write)(const struct http_source *, struct page *);
} PAGES[] = {{"/metrics", page_metrics}, {"/healthz", page_health}};

static void page_find(const struct http_source *source, const char *path, struct page *page)
{
    for (size_t i = 0; i < sizeof(PAGES) / sizeof(PAGES[0]); i++)
        if (strcmp(path, PAGES[i].path) == 0) {
            PAGES[i].write(source, page);
            return;
        }
    page->status = MHD_HTTP_NOT_FOUND;
    buffer_printf(&page->body, "not here; try /metrics or /healthz\n");
}

static enum MHD_Result page_send(struct MHD_Connection *connection, const struct page *page)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(page->body.size, page->body.data, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, page->content_type);
    if (page->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result sent = MHD_queue_response(connection, page->status, response);
    MHD_destroy_response(response);
    return sent;
}

/* Called once when a request's head is there, and again for its body, which nobody asked for: any method but GET and
 * HEAD is refused at the first call. */
static enum MHD_Result answer(void *arg, struct MHD_Connection *connection, const char *path, const char *method,
                              const char *version, const char *upload, size_t *upload_bytes, void **state)
{
    (void)version, (void)upload, (void)upload_bytes, (void)state;
    const struct http *http = arg;
    struct page page = {.content_type = "text/plain; charset=utf-8", .status = MHD_HTTP_OK};
    if (strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0) {
        page_find(&http->source, path, &page);
    } else {
        page.status = MHD_HTTP_METHOD_NOT_ALLOWED;
        buffer_printf(&page.body, "only GET and HEAD\n");
    }
    enum MHD_Result sent = page_send(connection, &page);
    buffer_release(&page.body);
    return sent;
}

/* "127.0.0.1:6210" */
static bool address_parse(const char *address, struct sockaddr_in *out)
{
    char host[INET_ADDRSTRLEN];
    const char *colon = strrchr(address, ':');
    char *end;
    if (!colon || (size_t)(colon - address) >= sizeof(host) || colon[1] < '0' || colon[1] > '9')
        return false;
    memcpy(host, address, (size_t)(colon - address));
    host[colon - address] = '\0';
    unsigned long port = strtoul(colon + 1, &end, 10);
    *out = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    return *end == '\0' && port <= 65535 && inet_pton(AF_INET, host, &out->sin_addr) == 1 &&
           ntohl(out->sin_addr.s_addr) >> 24 == 127;
}

/* Our own socket: what libmicrohttpd leaves in errno after a failed bind differs between versions. */
static int listen_at(const struct sockaddr_in *at)
{
    const int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
        bind(fd, (const struct sockaddr *)at, sizeof(*at)) == 0 && listen(fd, HTTP_CONNECTIONS_MAX) == 0)
        return fd;
    int error = -errno;
    close(fd);
    return error;
}

int http_open(const char *address, const struct http_source *source, struct http **out, char fault[256])
{
    struct sockaddr_in at;
    if (!address_parse(address, &at)) {
        snprintf(fault, 256, "%s: metrics are served on loopback only: 127.0.0.1:6210", address);
        return -EINVAL;
    }
    int fd = listen_at(&at);
    if (fd < 0) {
        snprintf(fault, 256, "%s: cannot serve metrics: %s", address, strerror(-fd));
        return fd;
    }
    struct http *http = malloc(sizeof(*http));
    ASSERT(http);
    http->source = *source;
    http->daemon =
        MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, answer, http, MHD_OPTION_LISTEN_SOCKET, fd,
                         MHD_OPTION_CONNECTION_LIMIT, HTTP_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_END);
    if (!http->daemon) {
        snprintf(fault, 256, "%s: cannot serve metrics: libmicrohttpd does not start", address);
        close(fd);
        free(http);
        return -EIO;
    }
    *out = http;
    return 0;
}

int http_fd(const struct http *http)
{
    return MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

uint16_t http_port(const struct http *http)
{
    struct sockaddr_in at;
    socklen_t size = sizeof(at);
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_LISTEN_FD);
    return getsockname(info->listen_fd, (struct sockaddr *)&at, &size) == 0 ? ntohs(at.sin_port) : 0;
}

int http_timeout_ms(struct http *http)
{
    unsigned long long timeout_ms;
    if (MHD_get_timeout(http->daemon, &timeout_ms) != MHD_YES)
        return -1;
    return timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
}

void http_serve(struct http *http)
{
    MHD_run(http->daemon);
}

void http_close(struct http *http)
{
    if (!http)
        return;
    MHD_stop_daemon(http->daemon);
    free(http);
}
