// SPDX-License-Identifier: BSD-3-Clause
#include "tests/ue/agent.h"
#include "tests/ue/options.h"
#include "tests/ue/signalling.h"
#include "tests/ue/user_plane.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static unsigned int n_done, n_failed;
static int ready_fd = -1; // to the process in the foreground

uint64_t
ue_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

// The first round is over: tell the foreground, or give up.
static void
attach_done(struct ue *ue)
{
	char status = n_failed > 0;

	ue->is_attached = true;
	fflush(stdout);
	if (n_failed == ue->options->n_devices || (n_failed && ue->options->background))
		agent_detach_all(ue);
	if (ready_fd >= 0) {
		(void)!write(ready_fd, &status, 1);
		close(ready_fd);
		ready_fd = -1;
	}
}

const char *
device_address_text(const struct device *d, char text[DEVICE_ADDRESS_TEXT])
{
	size_t n = 0;

	text[0] = '\0';
	if (device_has_ipv4(d)) {
		inet_ntop(AF_INET, d->address, text, INET_ADDRSTRLEN);
		n = strlen(text);
	}
	if (n && device_has_ipv6(d))
		text[n++] = ',';
	if (device_has_ipv6(d))
		inet_ntop(AF_INET6, d->address6, text + n, INET6_ADDRSTRLEN);
	return text;
}

static void
say(const struct device *d, bool ok)
{
	char address[DEVICE_ADDRESS_TEXT], sgw[GTPC_ADDR_TEXT_MAX], gateway[GTPC_ADDR_TEXT_MAX];
	char dns[INET6_ADDRSTRLEN];

	device_address_text(d, address);
	gtpc_addr_text(&d->ue->options->sgw[d->sgw], sgw);
	gtpc_addr_text(&d->gateway_u, gateway);
	if (device_has_ipv4(d))
		inet_ntop(AF_INET, d->dns[0], dns, sizeof(dns));
	else
		inet_ntop(AF_INET6, d->dns6[0], dns, sizeof(dns));
	if (!ok)
		fprintf(stderr, "%s: imsi %s: %s\n", d->netns, d->imsi, d->why);
	else if (d->state == DEVICE_UP)
		printf("%s: imsi %s, address %s, MTU %u, DNS %s, through SGW %s to %s, cause %u\n",
			d->netns, d->imsi, address, d->mtu, dns, sgw, gateway, d->cause);
	else
		printf("%s: imsi %s detached\n", d->netns, d->imsi);
	fflush(stdout);
}

void
ue_device_done(struct device *d, bool ok)
{
	struct ue *ue = d->ue;

	say(d, ok);
	if (ue->is_attached) {
		agent_device_done(d, ok);
		return;
	}
	n_failed += !ok;
	if (++n_done == ue->options->n_devices)
		attach_done(ue);
}

static void
on_signal(evutil_socket_t fd, short what, void *arg)
{
	struct ue *ue = arg;

	if (ue->quit || !ue->is_attached)
		event_base_loopbreak(ue->base); // the second time: at once
	ue->quit = true;
	agent_detach_all(ue);
}

static int
enter_netns(const char *name)
{
	char path[64];
	int fd;

	if (name[0] == '\0')
		return 0;
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET)) {
		fprintf(stderr, "torii-ue: network namespace %s: %s\n", name, strerror(errno));
		return -1;
	}
	close(fd);
	return 0;
}

static int
devices_new(struct ue *ue)
{
	const struct ue_options *o = ue->options;

	ue->device = calloc(o->n_devices, sizeof(*ue->device));
	if (ue->device == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < o->n_devices; i++) {
		struct device *d = &ue->device[i];

		d->ue = ue;
		d->index = i;
		d->tun_fd = -1;
		d->sgw = i % o->n_sgws;
		snprintf(d->imsi, sizeof(d->imsi), "%015llu", (unsigned long long)(o->imsi + i));
		snprintf(d->netns, sizeof(d->netns), "%s%u", o->name, i);
		snprintf(d->tun, sizeof(d->tun), "ue%u", i);
	}
	return 0;
}

static void
attach_all(struct ue *ue)
{
	for (unsigned int i = 0; i < ue->options->n_devices; i++) {
		struct device *d = &ue->device[i];
		int rc = device_attach(d);

		if (rc == 0)
			continue;
		snprintf(d->why, sizeof(d->why), "Create Session can't be sent: %s", strerror(-rc));
		d->state = DEVICE_FAILED;
		ue_device_done(d, false);
	}
}

static int
run(const struct ue_options *o)
{
	struct ue ue = { .options = o };
	struct event *on_int, *on_term;
	int rc = 1;

	ue.base = event_base_new();
	if (ue.base == NULL || devices_new(&ue))
		return 1;
	on_int = evsignal_new(ue.base, SIGINT, on_signal, &ue);
	on_term = evsignal_new(ue.base, SIGTERM, on_signal, &ue);
	event_add(on_int, NULL);
	event_add(on_term, NULL);
	if (signalling_open(&ue) == 0 && user_plane_open(&ue) == 0 && agent_open(&ue) == 0) {
		attach_all(&ue);
		event_base_dispatch(ue.base);
		rc = n_failed > 0;
	}
	for (unsigned int i = 0; i < o->n_devices; i++)
		device_down(&ue.device[i]);
	agent_close(&ue);
	user_plane_close(&ue);
	signalling_close(&ue);
	event_free(on_int);
	event_free(on_term);
	event_base_free(ue.base);
	free(ue.device);
	return rc;
}

// Goes on in a child; the parent waits until the devices are attached.
static int
to_background(void)
{
	char status = 1;
	int fds[2];
	pid_t pid;

	if (pipe(fds))
		return 1;
	pid = fork();
	if (pid < 0)
		return 1;
	if (pid == 0) {
		close(fds[0]);
		ready_fd = fds[1];
		setsid();
		return -1;
	}
	close(fds[1]);
	return read(fds[0], &status, 1) == 1 ? status : 1;
}

int
main(int argc, char **argv)
{
	static struct ue_options o;
	enum ue_verb verb;
	int rc = options_parse(argc, argv, &o, &verb);

	if (rc)
		return rc - 1;
	signal(SIGPIPE, SIG_IGN);
	if (verb == UE_CLIENT)
		return agent_ask(o.socket, options_request());
	if (geteuid() != 0) {
		fprintf(stderr, "torii-ue: needs root: TUN interfaces and network namespaces\n");
		return 1;
	}
	if (enter_netns(o.netns))
		return 1;
	if (o.background) {
		rc = to_background();
		if (rc >= 0)
			return rc;
	}
	return run(&o);
}
