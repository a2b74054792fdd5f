/* What http promises: two pages on loopback, served from the loop by one descriptor, and a polite no to all else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "broker/edge/http.h"

#define DEADLINE_MS 10000

static int health_status = 200;

static void metrics(void *arg, struct buffer *out)
{
    buffer_printf(out, "bihuan_accepted_total %d\n", *(int *)arg);
}

static int health(void *arg, struct buffer *out)
{
    (void)arg;
    buffer_printf(out, health_status == 200 ? "ok\n" : "stopping\n");
    return health_status;
}

static struct http *serve(int *accepted)
{
    struct http *http = NULL;
    char fault[256] = "";
    struct http_source source = {metrics, health, accepted};
    if (http_open("127.0.0.1:0", &source, &http, fault) != 0)
        fail_msg("%s", fault);
    return http;
}

static int connected(const struct http *http)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(http_port(http))};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* As the loop does it: http_serve when its descriptor says so or its time has come. */
static void turn(struct http *http, int client)
{
    struct pollfd fds[2] = {{.fd = http_fd(http), .events = POLLIN}, {.fd = client, .events = POLLIN}};
    int timeout_ms = http_timeout_ms(http);
    int ready = poll(fds, 2, timeout_ms < 0 || timeout_ms > 100 ? 100 : timeout_ms);
    if (ready == 0 || fds[0].revents)
        http_serve(http);
}

/* Sends a request and reads until the server closes. */
static void ask(struct http *http, const char *request, char *answer, size_t size)
{
    int fd = connected(http);
    size_t got = 0;
    ssize_t n = -1;
    int64_t deadline_ms = now_ms() + DEADLINE_MS;
    assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
    while (n != 0 && got + 1 < size) {
        assert_true(now_ms() < deadline_ms);
        turn(http, fd);
        n = recv(fd, answer + got, size - 1 - got, MSG_DONTWAIT);
        got += n > 0 ? (size_t)n : 0;
    }
    answer[got] = '\0';
    close(fd);
}

static void metrics_are_text(void **unused)
{
    (void)unused;
    char answer[4096];
    int accepted = 41;
    struct http *http = serve(&accepted);
    accepted++;
    ask(http, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", answer, sizeof(answer));
    assert_non_null(strstr(answer, "HTTP/1.1 200"));
    assert_non_null(strstr(answer, "text/plain; version=0.0.4"));
    assert_non_null(strstr(answer, "\r\n\r\nbihuan_accepted_total 42\n"));
    ask(http, "HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", answer, sizeof(answer));
    assert_non_null(strstr(answer, "HTTP/1.1 200"));
    assert_null(strstr(answer, "bihuan_accepted_total"));
    http_close(http);
}

static void health_says_which(void **unused)
{
    (void)unused;
    char answer[4096];
    int accepted = 0;
    struct http *http = serve(&accepted);
    health_status = 200;
    ask(http, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", answer, sizeof(answer));
    assert_non_null(strstr(answer, "HTTP/1.1 200"));
    assert_non_null(strstr(answer, "\r\n\r\nok\n"));
    health_status = 503;
    ask(http, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", answer, sizeof(answer));
    assert_non_null(strstr(answer, "HTTP/1.1 503"));
    assert_non_null(strstr(answer, "\r\n\r\nstopping\n"));
    http_close(http);
}

static void all_else_is_refused(void **unused)
{
    (void)unused;
    char answer[4096];
    int accepted = 0;
    struct http *http = serve(&accepted);
    ask(http, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", answer, sizeof(answer));
    assert_non_null(strstr(answer, "HTTP/1.1 404"));
    ask(http, "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", answer,
        sizeof(answer));
    assert_non_null(strstr(answer, "HTTP/1.1 405"));
    assert_null(strstr(answer, "bihuan_accepted_total"));
    ask(http, "nonsense\r\n\r\n", answer, sizeof(answer));
    assert_null(strstr(answer, "HTTP/1.1 200"));
    ask(http, "GET /healthz HTTP/1.0\r\n\r\n", answer, sizeof(answer)); /* unharmed */
    assert_non_null(strstr(answer, "\r\n\r\n"));
    http_close(http);
}

static void only_loopback_is_served(void **unused)
{
    (void)unused;
    static const char *const wrong[] = {
        "0.0.0.0:0",       "192.0.2.1:80",  "localhost:80",  "127.0.0.1", "127.0.0.1:",  ":6210",
        "127.0.0.1:65536", "127.0.0.1:80x", "127.0.0.1:-80", "",          "128.0.0.1:0", "127.0.0.1.1.1.1.1.1.1.1:80"};
    struct http_source source = {metrics, health, NULL};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct http *http = NULL;
        char fault[256] = "";
        assert_int_equal(http_open(wrong[i], &source, &http, fault), -EINVAL);
        assert_non_null(strstr(fault, "loopback"));
        assert_null(http);
    }
}

static void a_port_in_use_is_a_failure_with_its_reason(void **unused)
{
    (void)unused;
    int accepted = 0;
    struct http *first = serve(&accepted), *second = NULL;
    struct http_source source = {metrics, health, NULL};
    char fault[256] = "", address[32];
    snprintf(address, sizeof(address), "127.0.0.1:%u", http_port(first));
    assert_int_equal(http_open(address, &source, &second, fault), -EADDRINUSE);
    assert_non_null(strstr(fault, address));
    assert_null(second);
    http_close(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_are_text),
        cmocka_unit_test(health_says_which),
        cmocka_unit_test(all_else_is_refused),
        cmocka_unit_test(only_loopback_is_served),
        cmocka_unit_test(a_port_in_use_is_a_failure_with_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
