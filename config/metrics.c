// SPDX-License-Identifier: BSD-3-Clause
#include "config/metrics.h"

#include "config/log.h"
#include "config/textbuf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAGE_MAX (64u << 20)  // bytes
#define HEADERS_MAX (8 << 10) // bytes of a request's headers, each line included
#define BODY_MAX (4 << 10)
#define TIMEOUT_S 10

struct metrics_out {
	struct textbuf text;
	const char *name; // of the family
};

// ---- Text exposition format 0.0.4

static void
add_escaped(struct textbuf *text, const char *value, bool has_quotes)
{
	const char *special = has_quotes ? "\\\n\"" : "\\\n";

	for (;;) {
		size_t n = strcspn(value, special);

		textbuf_add(text, value, n);
		if (value[n] == '\0')
			return;
		textbuf_printf(text, "\\%c", value[n] == '\n' ? 'n' : value[n]);
		value += n + 1;
	}
}

void
metrics_family(struct metrics_out *out, const char *name, enum metrics_kind kind, const char *help)
{
	out->name = name;
	textbuf_printf(&out->text, "# HELP %s ", name);
	add_escaped(&out->text, help, false);
	textbuf_printf(&out->text, "\n# TYPE %s %s\n", name,
		kind == METRICS_COUNTER ? "counter" : "gauge");
}

static void
add_labels(struct metrics_out *out, va_list labels)
{
	const char *name, *value, *before = "{";

	textbuf_puts(&out->text, out->name);
	while ((name = va_arg(labels, const char *)) != NULL) {
		value = va_arg(labels, const char *);
		if (value == NULL)
			break;
		textbuf_printf(&out->text, "%s%s=\"", before, name);
		add_escaped(&out->text, value, true);
		textbuf_puts(&out->text, "\"");
		before = ",";
	}
	textbuf_puts(&out->text, before[0] == ',' ? "} " : " ");
}

void
metrics_u64(struct metrics_out *out, uint64_t value, ...)
{
	va_list labels;

	va_start(labels, value);
	add_labels(out, labels);
	va_end(labels);
	textbuf_printf(&out->text, "%" PRIu64 "\n", value);
}

void
metrics_double(struct metrics_out *out, double value, ...)
{
	va_list labels;

	va_start(labels, value);
	add_labels(out, labels);
	va_end(labels);
	if (isfinite(value))
		textbuf_printf(&out->text, "%.15g\n", value);
	else
		textbuf_puts(&out->text, isnan(value) ? "NaN\n" : value > 0 ? "+Inf\n" : "-Inf\n");
}

void
metrics_counter(struct metrics_out *out, const char *name, const char *help, uint64_t value)
{
	metrics_family(out, name, METRICS_COUNTER, help);
	metrics_u64(out, value, NULL);
}

void
metrics_gauge(struct metrics_out *out, const char *name, const char *help, uint64_t value)
{
	metrics_family(out, name, METRICS_GAUGE, help);
	metrics_u64(out, value, NULL);
}

char *
metrics_page(metrics_collect collect, void *ctx)
{
	struct metrics_out out = { .text = TEXTBUF(PAGE_MAX) };

	collect(&out, ctx);
	if (out.text.is_cut) {
		textbuf_free(&out.text);
		return NULL;
	}
	return out.text.bytes != NULL ? out.text.bytes : strdup("");
}

// ---- HTTP

struct metrics_server {
	metrics_collect collect;
	metrics_healthy healthy;
	void *ctx;
	struct evhttp *http;
	int listen_fd;
	struct evconnlistener *listener; // part of http
	struct event *again_event;
	// with a thread of its own
	struct event_base *own_base;
	struct event *end_event;
	int end_fd;
	bool is_thread_started;
	pthread_t thread;
};

static void
reply(struct evhttp_request *request, int code, const char *type, const char *text)
{
	struct evbuffer *body = evbuffer_new();

	if (body == NULL || evbuffer_add(body, text, strlen(text)) < 0) {
		evhttp_send_error(request, HTTP_INTERNAL, NULL);
	} else {
		evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", type);
		evhttp_send_reply(request, code, NULL, body);
	}
	if (body != NULL)
		evbuffer_free(body);
}

static void
serve_metrics(struct evhttp_request *request, void *arg)
{
	struct metrics_server *server = arg;
	char *page = metrics_page(server->collect, server->ctx);

	if (page != NULL)
		reply(request, HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", page);
	else
		reply(request, HTTP_INTERNAL, "text/plain", "no memory for the page\n");
	free(page);
}

static void
serve_health(struct evhttp_request *request, void *arg)
{
	struct metrics_server *server = arg;
	char why[256] = "";

	if (server->healthy == NULL || server->healthy(why, sizeof(why) - 1, server->ctx)) {
		reply(request, HTTP_OK, "text/plain", "ok\n");
		return;
	}
	why[strnlen(why, sizeof(why) - 2)] = '\n';
	reply(request, HTTP_SERVUNAVAIL, "text/plain", why);
}

static void
serve_other(struct evhttp_request *request, void *arg)
{
	reply(request, HTTP_NOTFOUND, "text/plain", "there are /metrics and /healthz\n");
}

// ---- Connections: as many as leave a quarter of the process's descriptors free

static void
accept_again(evutil_socket_t fd, short what, void *arg)
{
	struct metrics_server *server = arg;

	evconnlistener_enable(server->listener);
}

static bool
has_descriptors(void)
{
	int lowest_free = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	struct rlimit limit;

	if (lowest_free >= 0)
		close(lowest_free);
	return lowest_free >= 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
		(rlim_t)lowest_free < limit.rlim_cur - limit.rlim_cur / 4;
}

// Called for each connection, before it is read from.
static struct bufferevent *
admit(struct event_base *base, void *arg)
{
	static const struct timeval pause = { .tv_sec = 1 };
	struct metrics_server *server = arg;

	if (!has_descriptors()) {
		log_limited(LOG_LEVEL_WARNING, 1, "metrics: too many connections, waiting");
		evconnlistener_disable(server->listener);
		event_add(server->again_event, &pause);
	}
	return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
}

static int
listen_on(const struct metrics_config *config)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(config->port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(config->port) };
	bool is_v6 = config->addr.family == 6;
	char text[CFG_ADDR_TEXT];
	int fd, on = 1, reason;

	memcpy(&v4.sin_addr, config->addr.bytes, 4);
	memcpy(&v6.sin6_addr, config->addr.bytes, 16);
	fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
		bind(fd, is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4,
			is_v6 ? sizeof(v6) : sizeof(v4)) == 0 &&
		listen(fd, 16) == 0)
		return fd;
	reason = errno;
	log_error("metrics: can't listen on %s port %u: %s", cfg_addr_text(&config->addr, text),
		config->port, strerror(reason));
	if (fd >= 0)
		close(fd);
	errno = reason;
	return -1;
}

static int
start_http(
	struct metrics_server *server, struct event_base *base, const struct metrics_config *config)
{
	struct evhttp_bound_socket *bound;

	server->http = evhttp_new(base);
	if (server->http == NULL)
		return -ENOMEM;
	evhttp_set_max_headers_size(server->http, HEADERS_MAX);
	evhttp_set_max_body_size(server->http, BODY_MAX);
	evhttp_set_timeout(server->http, TIMEOUT_S);
	evhttp_set_allowed_methods(server->http, EVHTTP_REQ_GET);
	evhttp_set_bevcb(server->http, admit, server);
	evhttp_set_gencb(server->http, serve_other, server);
	if (evhttp_set_cb(server->http, "/metrics", serve_metrics, server) < 0 ||
		evhttp_set_cb(server->http, "/healthz", serve_health, server) < 0)
		return -ENOMEM;
	server->again_event = evtimer_new(base, accept_again, server);
	if (server->again_event == NULL)
		return -ENOMEM;
	server->listen_fd = listen_on(config);
	if (server->listen_fd < 0)
		return -errno;
	bound = evhttp_accept_socket_with_handle(server->http, server->listen_fd);
	if (bound == NULL) {
		close(server->listen_fd);
		return -ENOMEM;
	}
	server->listener = evhttp_bound_socket_get_listener(bound);
	return 0; // http closes listen_fd
}

// ---- A thread of its own

static void
end_loop(evutil_socket_t fd, short what, void *arg)
{
	event_base_loopbreak(arg);
}

static void *
thread_main(void *arg)
{
	struct metrics_server *server = arg;

	event_base_dispatch(server->own_base);
	return NULL;
}

static int
make_own_base(struct metrics_server *server)
{
	server->end_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	server->own_base = event_base_new();
	if (server->end_fd < 0 || server->own_base == NULL)
		return -ENOMEM;
	server->end_event =
		event_new(server->own_base, server->end_fd, EV_READ, end_loop, server->own_base);
	return server->end_event != NULL && event_add(server->end_event, NULL) == 0 ? 0 : -ENOMEM;
}

static int
start_thread(struct metrics_server *server)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&server->thread, NULL, thread_main, server);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	server->is_thread_started = rc == 0;
	return -rc;
}

static void
log_of_libevent(int severity, const char *text)
{
	if (severity >= EVENT_LOG_ERR)
		log_limited(LOG_LEVEL_ERROR, 5, "libevent: %s", text);
	else
		log_debug("libevent: %s", text);
}

// libevent writes to sockets whose peer may have gone.
static void
ignore_sigpipe(void)
{
	struct sigaction now;

	if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
		signal(SIGPIPE, SIG_IGN);
}

struct metrics_server *
metrics_server_new(struct event_base *base, const struct metrics_config *config,
	metrics_collect collect, metrics_healthy healthy, void *ctx)
{
	struct metrics_server *server = calloc(1, sizeof(*server));
	bool has_thread = base == NULL;
	int rc = 0;

	if (server == NULL)
		return NULL;
	server->collect = collect;
	server->healthy = healthy;
	server->ctx = ctx;
	server->end_fd = -1;
	ignore_sigpipe();
	event_set_log_callback(log_of_libevent);
	if (has_thread)
		rc = make_own_base(server);
	if (rc == 0)
		rc = start_http(server, has_thread ? server->own_base : base, config);
	if (rc == 0 && has_thread)
		rc = start_thread(server);
	if (rc < 0) {
		metrics_server_free(server);
		errno = -rc;
		return NULL;
	}
	return server;
}

uint16_t
metrics_server_port(const struct metrics_server *server)
{
	struct sockaddr_in6 address; // the port is at the same place in IPv4
	socklen_t length = sizeof(address);

	if (getsockname(server->listen_fd, (struct sockaddr *)&address, &length) < 0)
		return 0;
	return ntohs(address.sin6_port);
}

void
metrics_server_free(struct metrics_server *server)
{
	uint64_t one = 1;
	ssize_t rc;

	if (server == NULL)
		return;
	if (server->is_thread_started) {
		do
			rc = write(server->end_fd, &one, sizeof(one));
		while (rc < 0 && errno == EINTR);
		pthread_join(server->thread, NULL);
	}
	if (server->http != NULL)
		evhttp_free(server->http);
	if (server->again_event != NULL)
		event_free(server->again_event);
	if (server->end_event != NULL)
		event_free(server->end_event);
	if (server->own_base != NULL)
		event_base_free(server->own_base);
	if (server->end_fd >= 0)
		close(server->end_fd);
	free(server);
}
