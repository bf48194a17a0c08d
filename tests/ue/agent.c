// SPDX-License-Identifier: BSD-3-Clause
#include "tests/ue/agent.h"

#include "tests/ue/bearers.h"
#include "tests/ue/signalling.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// A move or detach, and who asked for it.
struct ue_command {
	FILE *out; // NULL: nobody waits
	unsigned int waiting;
	unsigned int failed;
	bool is_detach;
};

static struct evconnlistener *listener;

static const char *const state_names[] = {
	[DEVICE_DOWN] = "down",
	[DEVICE_ATTACHING] = "attaching",
	[DEVICE_UP] = "up",
	[DEVICE_MOVING] = "moving",
	[DEVICE_COMMANDING] = "commanding",
	[DEVICE_DETACHING] = "detaching",
	[DEVICE_FAILED] = "failed",
};

static void
device_text(const struct device *d, char *address, char *sgw)
{
	device_address_text(d, address);
	gtpc_addr_text(&d->ue->options->sgw[d->sgw], sgw);
}

static void
status_table(const struct ue *ue, FILE *out)
{
	char address[DEVICE_ADDRESS_TEXT], sgw[GTPC_ADDR_TEXT_MAX];
	int address_width = 15, sgw_width = 15;

	for (unsigned int i = 0; i < ue->options->n_devices; i++) {
		device_text(&ue->device[i], address, sgw);
		address_width = MAX(address_width, (int)strlen(address));
		sgw_width = MAX(sgw_width, (int)strlen(sgw));
	}
	fprintf(out, "%-12s %-15s %-9s %-*s %-*s %10s %10s %4s %4s\n", "device", "imsi", "state",
		address_width, "address", sgw_width, "sgw", "sent", "received", "end", "err");
	for (unsigned int i = 0; i < ue->options->n_devices; i++) {
		const struct device *d = &ue->device[i];

		device_text(d, address, sgw);
		fprintf(out, "%-12s %-15s %-9s %-*s %-*s %10lu %10lu %4lu %4lu\n", d->netns,
			d->imsi, state_names[d->state], address_width, address, sgw_width, sgw,
			d->ul_packets, d->dl_packets, d->end_markers, d->error_indications);
	}
	if (ue->stray_packets)
		fprintf(out, "%lu GTP-U packets for no device\n", ue->stray_packets);
}

static void
bearers_json(const struct device *d, FILE *out)
{
	const char *comma = "";

	fprintf(out, ", \"bearers\": [");
	for (unsigned int i = 0; i < UE_BEARERS_MAX; i++) {
		const struct ue_bearer *b = &d->bearer[i];

		if (!b->ebi)
			continue;
		fprintf(out,
			"%s{\"ebi\": %u, \"qci\": %u, \"teid\": %u, \"gateway_teid\": %u, "
			"\"filters\": %u, \"ul_packets\": %lu, \"dl_packets\": %lu}",
			comma, b->ebi, b->qci, b->teid, b->gateway_teid, b->n_filters,
			b->ul_packets, b->dl_packets);
		comma = ", ";
	}
	fprintf(out, "]");
}

// Both of a device's DNS servers of one family.
static void
dns_json(FILE *out, const char *key, int family, const void *first, const void *second)
{
	char text[2][INET6_ADDRSTRLEN];

	inet_ntop(family, first, text[0], sizeof(text[0]));
	inet_ntop(family, second, text[1], sizeof(text[1]));
	fprintf(out, "\"%s\": [\"%s\", \"%s\"], ", key, text[0], text[1]);
}

static void
device_json(const struct device *d, FILE *out)
{
	char address[INET_ADDRSTRLEN] = "", address6[INET6_ADDRSTRLEN] = "",
	     sgw[GTPC_ADDR_TEXT_MAX];

	if (device_has_ipv4(d))
		inet_ntop(AF_INET, d->address, address, sizeof(address));
	if (device_has_ipv6(d))
		inet_ntop(AF_INET6, d->address6, address6, sizeof(address6));
	gtpc_addr_text(&d->ue->options->sgw[d->sgw], sgw);
	fprintf(out,
		"{\"name\": \"%s\", \"imsi\": \"%s\", \"state\": \"%s\", \"address\": \"%s\", "
		"\"address6\": \"%s\", \"sgw\": \"%s\", \"mtu\": %u, ",
		d->netns, d->imsi, state_names[d->state], address, address6, sgw, d->mtu);
	dns_json(out, "dns", AF_INET, d->dns[0], d->dns[1]);
	dns_json(out, "dns6", AF_INET6, d->dns6[0], d->dns6[1]);
	fprintf(out,
		"\"cause\": %u, \"teid\": %u, \"gateway_teid_c\": %u, \"gateway_teid_u\": %u, "
		"\"ul_packets\": %lu, \"ul_bytes\": %lu, \"dl_packets\": %lu, "
		"\"dl_bytes\": %lu, \"end_markers\": %lu, \"error_indications\": %lu",
		d->cause, d->teid, d->gateway_c_teid, d->gateway_u_teid, d->ul_packets, d->ul_bytes,
		d->dl_packets, d->dl_bytes, d->end_markers, d->error_indications);
	bearers_json(d, out);
	fprintf(out, "}");
}

static void
status_json(const struct ue *ue, FILE *out)
{
	fprintf(out, "{\"stray_packets\": %lu, \"echo_requests\": %lu, \"devices\": [",
		ue->stray_packets, ue->echo_requests);
	for (unsigned int i = 0; i < ue->options->n_devices; i++) {
		fprintf(out, "%s\n ", i ? "," : "");
		device_json(&ue->device[i], out);
	}
	fprintf(out, "]}\n");
}

static void
command_end(struct ue *ue)
{
	struct ue_command *c = ue->command;
	bool any = false;

	ue->command = NULL;
	if (c->out) {
		fprintf(c->out, c->failed ? "failed: %u\n" : "ok\n", c->failed);
		fclose(c->out);
	}
	for (unsigned int i = 0; i < ue->options->n_devices; i++)
		any |= ue->device[i].state == DEVICE_UP;
	if (c->is_detach && !any) {
		ue->quit = true;
		event_base_loopbreak(ue->base);
	}
	free(c);
}

void
agent_device_done(struct device *d, bool ok)
{
	struct ue_command *c = d->ue->command;

	if (c == NULL)
		return;
	if (!ok && c->out)
		fprintf(c->out, "%s: %s\n", d->netns, d->why);
	c->failed += !ok;
	if (--c->waiting == 0)
		command_end(d->ue);
}

// "all", a device's number or its IMSI.
static bool
is_meant(const struct device *d, unsigned int number, const char *which)
{
	char *end = NULL;
	unsigned long one = strtoul(which, &end, 10);

	return strcmp(which, "all") == 0 || strcmp(which, d->imsi) == 0 ||
		(*which && !*end && one == number);
}

// What is begun for a device; words: of a Command, NULL: it detaches or moves.
static int
begin(struct device *d, bool is_detach, const char *words, unsigned int sgw)
{
	if (words)
		return device_command(d, words);
	return is_detach ? device_detach(d) : device_move(d, sgw);
}

// Starts the procedure for the devices that are meant.
static void
command_start(struct ue *ue, FILE *out, const char *which, bool is_detach, const char *words,
	unsigned int sgw)
{
	struct ue_command *c = calloc(1, sizeof(*c));
	bool all = strcmp(which, "all") == 0;

	if (c == NULL)
		return;
	c->out = out;
	c->is_detach = is_detach;
	c->waiting = 1; // ourselves, until all have begun
	ue->command = c;
	for (unsigned int i = 0; i < ue->options->n_devices; i++) {
		struct device *d = &ue->device[i];
		int rc;

		if (d->state != DEVICE_UP || !is_meant(d, i, which))
			continue;
		c->waiting++;
		rc = begin(d, is_detach, words, sgw);
		if (rc) {
			snprintf(d->why, sizeof(d->why), "%s", strerror(-rc));
			d->state = DEVICE_UP;
			agent_device_done(d, false);
		}
	}
	if (c->waiting == 1 && !all) {
		c->failed = 1;
		if (out)
			fprintf(out, "device %s isn't attached\n", which);
	}
	if (--c->waiting == 0)
		command_end(ue);
}

void
agent_detach_all(struct ue *ue)
{
	if (ue->command == NULL)
		command_start(ue, NULL, "all", true, NULL, 0);
}

static void
take_move(struct ue *ue, FILE *out, const char *which, const char *sgw)
{
	struct gtpc_addr addr;

	for (unsigned int i = 0; gtpc_addr_parse(sgw, &addr) == 0 && i < ue->options->n_sgws; i++) {
		if (!gtpc_addr_equal(&addr, &ue->options->sgw[i]))
			continue;
		command_start(ue, out, which, false, NULL, i);
		return;
	}
	fprintf(out, "%s isn't one of our SGW addresses (--sgw)\nfailed: 1\n", sgw);
	fclose(out);
}

static void
take_request(struct ue *ue, int fd, char *line)
{
	FILE *out = fdopen(fd, "w");
	char *rest = line, *word[3] = { NULL };

	if (out == NULL) {
		close(fd);
		return;
	}
	for (int i = 0; i < 2 && rest; i++)
		word[i] = strsep(&rest, " \n");
	word[2] = rest ? strsep(&rest, "\n") : NULL;
	if (strcmp(word[0], "status") == 0) {
		if (word[1] && strcmp(word[1], "json") == 0)
			status_json(ue, out);
		else
			status_table(ue, out);
	} else if (!ue->is_attached || ue->command) {
		fprintf(out, "busy with another command\nfailed: 1\n");
	} else if (word[1] && strcmp(word[0], "detach") == 0) {
		command_start(ue, out, word[1], true, NULL, 0);
		return;
	} else if (word[2] && strcmp(word[0], "move") == 0) {
		take_move(ue, out, word[1], word[2]);
		return;
	} else if (word[2] && strcmp(word[0], "command") == 0) {
		command_start(ue, out, word[1], false, word[2], 0);
		return;
	} else {
		fprintf(out, "no such request\nfailed: 1\n");
	}
	fclose(out);
}

static void
on_client(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	struct timeval patience = { .tv_sec = 1 };
	char line[256];
	ssize_t n;

	evutil_make_socket_closeonexec(fd);
	fcntl(fd, F_SETFL, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	n = read(fd, line, sizeof(line) - 1);
	if (n <= 0) {
		close(fd);
		return;
	}
	line[n] = '\0';
	take_request(arg, fd, line);
}

int
agent_open(struct ue *ue)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", ue->options->socket);
	unlink(sa.sun_path);
	listener = evconnlistener_new_bind(ue->base, on_client, ue,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 8, (struct sockaddr *)&sa,
		sizeof(sa));
	if (listener)
		return 0;
	fprintf(stderr, "torii-ue: %s: %s\n", sa.sun_path, strerror(errno));
	return -errno;
}

void
agent_close(struct ue *ue)
{
	if (listener == NULL)
		return;
	evconnlistener_free(listener);
	unlink(ue->options->socket);
}

int
agent_ask(const char *path, const char *request)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bool failed = false;
	char line[4096];
	FILE *in;

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		fprintf(stderr, "torii-ue: nobody listens at %s: %s\n", path, strerror(errno));
		return 1;
	}
	if (write(fd, request, strlen(request)) < 0 || (in = fdopen(fd, "r")) == NULL)
		return 1;
	while (fgets(line, sizeof(line), in)) {
		failed |= strncmp(line, "failed:", 7) == 0;
		fputs(line, stdout);
	}
	fclose(in);
	return failed;
}
