// SPDX-License-Identifier: BSD-3-Clause
#include "config/cli_server.h"

#include "config/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ACCEPT_PAUSE_MS 1000 // when there are no descriptors left

uint64_t
cli_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void
notify(int event_fd)
{
	uint64_t one = 1;
	ssize_t rc;

	do
		rc = write(event_fd, &one, sizeof(one));
	while (rc < 0 && errno == EINTR);
}

static void
drain(int event_fd)
{
	uint64_t count;
	ssize_t rc;

	do
		rc = read(event_fd, &count, sizeof(count));
	while (rc < 0 && errno == EINTR);
}

// ---- Jobs

static void
free_job(struct cli_job *job)
{
	textbuf_free(&job->out.text);
	free(job->args);
	free(job);
}

struct cli_job *
cli_job_submit(struct cli_server *server, struct cli_args *args)
{
	struct cli_job *job = calloc(1, sizeof(*job));

	if (job == NULL) {
		free(args);
		return NULL;
	}
	job->server = server;
	job->args = args;
	job->out.text.max = CLI_OUTPUT_MAX;
	job->out.job = job;
	job->refs = 2;
	pthread_mutex_lock(&server->lock);
	*server->queue_end = job;
	server->queue_end = &job->next;
	pthread_mutex_unlock(&server->lock);
	notify(server->loop_fd);
	return job;
}

bool
cli_job_is_done(struct cli_job *job)
{
	bool is_done;

	pthread_mutex_lock(&job->server->lock);
	is_done = job->state == CLI_JOB_DONE;
	pthread_mutex_unlock(&job->server->lock);
	return is_done;
}

static void
unlink_job(struct cli_job **list, const struct cli_job *job)
{
	while (*list != NULL && *list != job)
		list = &(*list)->next;
	if (*list != NULL)
		*list = job->next;
}

static void
unlink_queued(struct cli_server *server, const struct cli_job *job)
{
	unlink_job(&server->queue, job);
	server->queue_end = &server->queue;
	while (*server->queue_end != NULL)
		server->queue_end = &(*server->queue_end)->next;
}

bool
cli_job_leave(struct cli_job *job)
{
	struct cli_server *server = job->server;
	unsigned int refs;
	bool was_queued;

	pthread_mutex_lock(&server->lock);
	was_queued = job->state == CLI_JOB_QUEUED;
	if (was_queued) {
		unlink_queued(server, job);
		job->refs--;
	}
	refs = --job->refs;
	pthread_mutex_unlock(&server->lock);
	if (refs == 0)
		free_job(job);
	return was_queued;
}

struct cli_job *
cli_pending(struct cli_out *out)
{
	return out->job;
}

struct cli_out *
cli_job_out(struct cli_job *job)
{
	return &job->out;
}

void
cli_job_finish(struct cli_job *job, int result)
{
	struct cli_server *server = job->server;
	unsigned int refs;

	cli_out_result(&job->out, result);
	if (server == NULL) {
		free_job(job);
		return;
	}
	pthread_mutex_lock(&server->lock);
	unlink_job(&server->running, job);
	job->state = CLI_JOB_DONE;
	refs = --job->refs;
	pthread_mutex_unlock(&server->lock);
	if (refs == 0)
		free_job(job);
	else
		notify(server->wake_fd);
}

static struct cli_job *
take_job(struct cli_server *server)
{
	struct cli_job *job;

	pthread_mutex_lock(&server->lock);
	job = server->queue;
	if (job != NULL) {
		server->queue = job->next;
		if (server->queue == NULL)
			server->queue_end = &server->queue;
		job->state = CLI_JOB_RUNNING;
		job->next = server->running;
		server->running = job;
	}
	pthread_mutex_unlock(&server->lock);
	return job;
}

void
cli_server_dispatch(struct cli_server *server)
{
	struct cli_job *job;

	drain(server->loop_fd);
	while ((job = take_job(server)) != NULL) {
		const struct cli_command *command = job->args->command;
		int rc = command->row->run(job->args, &job->out, command->ctx);

		if (rc != CLI_PENDING)
			cli_job_finish(job, rc);
	}
}

int
cli_server_fd(const struct cli_server *server)
{
	return server->loop_fd;
}

// ---- The thread

static void
name_peer(const struct sockaddr_storage *peer, char *name, size_t room)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)peer;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)peer;
	char text[INET6_ADDRSTRLEN] = "?";

	if (peer->ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
		snprintf(name, room, "[%s]:%u", text, ntohs(v6->sin6_port));
	} else {
		inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
		snprintf(name, room, "%s:%u", text, ntohs(v4->sin_port));
	}
}

static void
refuse_client(int fd, const char *name)
{
	static const char text[] = "% Too many clients, try again later\r\n";

	log_limited(LOG_LEVEL_NOTICE, 5, "cli %s: refused, too many clients", name);
	if (send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL) > 0)
		shutdown(fd, SHUT_WR);
	close(fd);
}

static void
accept_client(struct cli_server *server)
{
	struct sockaddr_storage peer = { .ss_family = AF_UNSPEC };
	socklen_t length = sizeof(peer);
	struct cli_client *client;
	char name[64];
	int fd, on = 1;

	fd = accept4(
		server->listen_fd, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
			log_limited(LOG_LEVEL_ERROR, 1, "cli: accept: %s", strerror(errno));
			server->accept_again_ms = cli_now_ms() + ACCEPT_PAUSE_MS;
		}
		return;
	}
	name_peer(&peer, name, sizeof(name));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	if (server->n_clients == server->config.max_clients) {
		refuse_client(fd, name);
		return;
	}
	client = cli_client_new(server, fd, name);
	if (client != NULL)
		server->clients[server->n_clients++] = client;
}

static bool
is_ending(struct cli_server *server)
{
	bool ending;

	pthread_mutex_lock(&server->lock);
	ending = server->is_ending;
	pthread_mutex_unlock(&server->lock);
	return ending;
}

// Milliseconds until something is due, for poll().
static int
time_to_wait(const struct cli_server *server)
{
	uint64_t now = cli_now_ms(), first = UINT64_MAX;

	if (server->accept_again_ms > now)
		first = server->accept_again_ms;
	for (size_t i = 0; i < server->n_clients; i++) {
		uint64_t deadline = cli_client_deadline(server->clients[i]);

		first = deadline < first ? deadline : first;
	}
	if (first == UINT64_MAX)
		return -1;
	return first <= now ? 0 : first - now > 60000 ? 60000 : (int)(first - now);
}

// Every client gets a turn: a job may be done, a deadline may have passed.
static void
run_clients(struct cli_server *server, const struct pollfd *fds)
{
	size_t kept = 0;

	for (size_t i = 0; i < server->n_clients; i++) {
		struct cli_client *client = server->clients[i];

		if (cli_client_run(client, fds[i].revents))
			server->clients[kept++] = client;
		else
			cli_client_free(client);
	}
	server->n_clients = kept;
}

static void
serve(struct cli_server *server, struct pollfd *fds)
{
	while (!is_ending(server)) {
		bool accepts = cli_now_ms() >= server->accept_again_ms;
		size_t n = server->n_clients;

		fds[0] = (struct pollfd){ .fd = server->wake_fd, .events = POLLIN };
		fds[1] =
			(struct pollfd){ .fd = accepts ? server->listen_fd : -1, .events = POLLIN };
		for (size_t i = 0; i < n; i++)
			fds[2 + i] = (struct pollfd){ .fd = cli_client_fd(server->clients[i]),
				.events = cli_client_events(server->clients[i]) };
		if (poll(fds, 2 + n, time_to_wait(server)) < 0)
			continue;
		if (fds[0].revents & POLLIN)
			drain(server->wake_fd);
		run_clients(server, fds + 2);
		if (fds[1].revents & POLLIN)
			accept_client(server);
	}
}

static void *
thread_main(void *arg)
{
	struct cli_server *server = arg;
	struct pollfd *fds = calloc(2 + (size_t)server->config.max_clients, sizeof(*fds));

	if (fds != NULL)
		serve(server, fds);
	else
		log_error("no memory");
	for (size_t i = 0; i < server->n_clients; i++)
		cli_client_free(server->clients[i]);
	server->n_clients = 0;
	free(fds);
	return NULL;
}

// ---- Begin and end

static socklen_t
make_address(const struct cli_config *config, struct sockaddr_storage *address)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

	*address = (struct sockaddr_storage){ .ss_family = AF_INET };
	if (config->addr.family == 6) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(config->port);
		memcpy(&v6->sin6_addr, config->addr.bytes, 16);
		return sizeof(*v6);
	}
	v4->sin_port = htons(config->port);
	memcpy(&v4->sin_addr, config->addr.bytes, 4);
	return sizeof(*v4);
}

static int
listen_on(const struct cli_config *config)
{
	struct sockaddr_storage address;
	socklen_t length = make_address(config, &address);
	char text[CFG_ADDR_TEXT];
	int fd, on = 1, reason;

	fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
		bind(fd, (struct sockaddr *)&address, length) == 0 && listen(fd, 16) == 0)
		return fd;
	reason = errno;
	log_error("cli: can't listen on %s port %u: %s", cfg_addr_text(&config->addr, text),
		config->port, strerror(reason));
	if (fd >= 0)
		close(fd);
	errno = reason;
	return -1;
}

static int
start_thread(struct cli_server *server)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all); // signals are for the process's own threads
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&server->thread, NULL, thread_main, server);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	server->is_thread_started = rc == 0;
	return rc;
}

struct cli_server *
cli_server_new(struct cli_set *set, const struct cli_config *config, const char *prompt,
	const char *banner)
{
	struct cli_server *server = calloc(1, sizeof(*server));
	int reason;

	if (server == NULL)
		return NULL;
	server->set = set;
	server->config = *config;
	server->queue_end = &server->queue;
	pthread_mutex_init(&server->lock, NULL);
	server->loop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	server->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	server->prompt = strdup(prompt);
	server->banner = banner != NULL ? strdup(banner) : NULL;
	server->clients = calloc(config->max_clients, sizeof(struct cli_client *));
	server->listen_fd = -1;
	errno = ENOMEM;
	if (server->loop_fd >= 0 && server->wake_fd >= 0 && server->prompt != NULL &&
		server->clients != NULL && (banner == NULL || server->banner != NULL)) {
		server->listen_fd = listen_on(config);
		if (server->listen_fd >= 0 && (errno = start_thread(server)) == 0)
			return server;
	}
	reason = errno;
	cli_server_free(server);
	errno = reason;
	return NULL;
}

uint16_t
cli_server_port(const struct cli_server *server)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address;

	if (getsockname(server->listen_fd, (struct sockaddr *)&address, &length) < 0)
		return 0;
	return ntohs(v4->sin_port); // at the same place in IPv6
}

static void
close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
cli_server_free(struct cli_server *server)
{
	if (server == NULL)
		return;
	if (server->is_thread_started) {
		pthread_mutex_lock(&server->lock);
		server->is_ending = true;
		pthread_mutex_unlock(&server->lock);
		notify(server->wake_fd);
		pthread_join(server->thread, NULL);
	}
	// the clients have left: nothing is queued any more, what is pending belongs to the loop
	for (struct cli_job *job = server->running; job != NULL; job = job->next)
		job->server = NULL;
	close_if_open(server->listen_fd);
	close_if_open(server->loop_fd);
	close_if_open(server->wake_fd);
	pthread_mutex_destroy(&server->lock);
	free(server->clients);
	free(server->prompt);
	free(server->banner);
	free(server);
}
