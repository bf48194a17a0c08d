// SPDX-License-Identifier: BSD-3-Clause
// s6a-load: asks an HSS as many MMEs would, and says how fast and how well it answers. Closed loop: a
// window of requests is outstanding all the time; or open: so many requests a second, for latencies.
#include "tests/mme/dia.h"
#include "tests/mme/usim.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 64
#define WINDOW_MAX 4096
#define OUT_ROOM (1 << 20)
#define HISTOGRAM 4096

struct options {
	struct dia_target target;
	const char *realm, *home_realm, *first_imsi, *sqn_log;
	unsigned n_connections, window, vectors, seconds;
	uint64_t rate, sims, count;
	uint32_t command;
	bool moves;
	struct usim usim;
};

struct slot {
	uint64_t sent_ns; // 0: free
	uint64_t sim;
};

struct connection {
	struct dia_stream in;
	struct slot slots[WINDOW_MAX];
	unsigned free[WINDOW_MAX], n_free;
	uint8_t *out;
	size_t out_len, out_sent;
	struct dia request; // a template
	size_t imsi_at, session_at;
};

static struct options o = {
	.target = { .addresses = "127.0.0.1", .port = 3868 },
	.realm = "epc.mnc001.mcc001.3gppnetwork.org",
	.home_realm = "epc.mnc070.mcc999.3gppnetwork.org",
	.first_imsi = "999700000000000",
	.n_connections = 1,
	.window = 256,
	.vectors = 1,
	.seconds = 10,
	.sims = 1000,
	.command = DIA_AIR,
};

static struct connection *connections;
static uint64_t histogram[HISTOGRAM];
static uint64_t n_sent, n_good, n_bad, max_ns, serial;
static FILE *sqn_log;

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void
die(const char *what, int error)
{
	fprintf(stderr, "s6a-load: %s: %s\n", what, strerror(-error));
	exit(1);
}

// ---- Latencies: 64 steps for each power of two.

static unsigned
bucket_of(uint64_t ns)
{
	unsigned high = ns < 64 ? 0 : 63 - (unsigned)__builtin_clzll(ns) - 6;
	unsigned bucket = high * 64 + (unsigned)(ns >> high);

	return bucket < HISTOGRAM ? bucket : HISTOGRAM - 1;
}

static double
bucket_us(unsigned bucket)
{
	unsigned high = bucket < 128 ? 0 : bucket / 64 - 1;

	return (double)((uint64_t)(bucket - high * 64) << high) / 1000;
}

static double
percentile(double part)
{
	uint64_t n = 0, want = (uint64_t)((double)(n_good + n_bad) * part);

	for (unsigned i = 0; i < HISTOGRAM; i++) {
		n += histogram[i];
		if (n > want)
			return bucket_us(i);
	}
	return 0;
}

// ---- Requests.

static void
put_origin(struct dia *d, const char *host)
{
	dia_put_text(d, 264, 0, host);
	dia_put_text(d, 296, 0, o.realm);
}

static void
put_common(struct connection *c, const char *host)
{
	struct dia *d = &c->request;
	char session[320];
	size_t group;

	snprintf(session, sizeof(session), "%s;1;0000000000", host);
	dia_put_text(d, 263, 0, session);
	c->session_at = 20 + 8 + strlen(session) - 10;
	group = dia_open(d, 260, 0);
	dia_put_u32(d, 266, 0, DIA_TGPP);
	dia_put_u32(d, 258, 0, DIA_S6A);
	dia_close(d, group);
	dia_put_u32(d, 277, 0, 1);
	put_origin(d, host);
	dia_put_text(d, 283, 0, o.home_realm);
	c->imsi_at = d->len + 8;
	dia_put_text(d, 1, 0, o.first_imsi);
}

static void
make_template(struct connection *c, const char *host)
{
	static const uint8_t plmn[3] = { 0x00, 0xf1, 0x10 };
	struct dia *d = &c->request;
	size_t group;

	dia_begin(d, DIA_R | DIA_P, o.command, DIA_S6A, 0, 0);
	put_common(c, host);
	dia_put(d, 1407, DIA_TGPP, plmn, 3);
	if (o.command == DIA_AIR) {
		group = dia_open(d, 1408, DIA_TGPP);
		dia_put_u32(d, 1410, DIA_TGPP, o.vectors);
		dia_put_u32(d, 1412, DIA_TGPP, 0);
		dia_close(d, group);
	} else {
		dia_put_u32(d, 1032, DIA_TGPP, 1004);
		dia_put_u32(d, 1405, DIA_TGPP, 34);
	}
	dia_end(d);
}

static uint64_t
pick_sim(unsigned connection)
{
	static uint64_t x = 88172645463325252u; // xorshift
	uint64_t sim;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	sim = x % o.sims;
	if (!o.moves) // each SIM stays with one MME
		sim = sim - sim % o.n_connections + connection;
	return sim < o.sims ? sim : connection % o.sims;
}

static void
put_digits(uint8_t *at, unsigned n, uint64_t value)
{
	while (n-- > 0) {
		at[n] = (uint8_t)('0' + value % 10);
		value /= 10;
	}
}

static void
write_request(struct connection *c, unsigned connection, uint64_t now)
{
	unsigned slot = c->free[--c->n_free];
	struct slot *s = &c->slots[slot];
	uint8_t *p = c->out + c->out_len;
	uint64_t id = ++serial;

	s->sent_ns = now;
	s->sim = pick_sim(connection);
	memcpy(p, c->request.octets, c->request.len);
	p[12] = (uint8_t)(slot >> 24);
	p[13] = (uint8_t)(slot >> 16);
	p[14] = (uint8_t)(slot >> 8);
	p[15] = (uint8_t)slot;
	memcpy(p + 16, &(uint32_t){ (uint32_t)id }, 4);
	put_digits(p + c->session_at, 10, id);
	put_digits(p + c->imsi_at + 5, 10, s->sim);
	c->out_len += c->request.len;
	n_sent++;
}

static void
flush(struct connection *c)
{
	size_t step = o.target.is_sctp ? c->request.len : c->out_len;

	while (c->out_sent < c->out_len) {
		size_t len = o.target.is_sctp ? step : c->out_len - c->out_sent;
		ssize_t n = 0;

		if (o.target.is_sctp) {
			int ret = dia_send(c->in.fd, c->out + c->out_sent, len, true);

			if (ret == -EAGAIN)
				return;
			if (ret < 0)
				die("send", ret);
			n = (ssize_t)len;
		} else {
			n = send(c->in.fd, c->out + c->out_sent, len, MSG_NOSIGNAL | MSG_DONTWAIT);
			if (n < 0 && errno == EAGAIN)
				return;
			if (n < 0)
				die("send", -errno);
		}
		c->out_sent += (size_t)n;
	}
	c->out_len = c->out_sent = 0;
}

// ---- Answers.

static void
log_sqn(const struct slot *s, struct dia_part body)
{
	struct dia_part info, vector, rand, autn;
	uint64_t sqn;

	if (!dia_find(body, 1413, DIA_TGPP, 0, &info))
		return;
	for (unsigned i = 0; dia_find(info, 1414, DIA_TGPP, i, &vector); i++) {
		if (!dia_find(vector, 1447, DIA_TGPP, 0, &rand) ||
			!dia_find(vector, 1449, DIA_TGPP, 0, &autn) || rand.len != 16 ||
			autn.len != 16 || !usim_sqn_of(&o.usim, rand.value, autn.value, &sqn)) {
			n_bad++;
			continue;
		}
		fprintf(sqn_log, "%" PRIu64 " %" PRIu64 "\n", s->sim, sqn);
	}
}

static void
answer_request(struct connection *c, const struct dia *m, const struct dia_head *h)
{
	static struct dia d;
	struct dia_part session;

	dia_begin(&d, h->flags & DIA_P, h->command, h->application, h->hop_by_hop, h->end_to_end);
	if (dia_find(dia_body(m->octets, m->len), 263, 0, 0, &session))
		dia_put(&d, 263, 0, session.value, session.len);
	dia_put_u32(&d, 268, 0, 2001);
	if (h->application != 0)
		dia_put_u32(&d, 277, 0, 1);
	put_origin(&d, "mme");
	dia_end(&d);
	dia_send(c->in.fd, d.octets, d.len, o.target.is_sctp);
}

static void
take_answer(struct connection *c, const struct dia *m, uint64_t now)
{
	struct dia_head h;
	struct slot *s;
	uint64_t ns;
	bool is_own;

	dia_head(m->octets, &h);
	if (h.flags & DIA_R) {
		answer_request(c, m, &h);
		return;
	}
	if (h.hop_by_hop >= o.window || c->slots[h.hop_by_hop].sent_ns == 0)
		return;
	s = &c->slots[h.hop_by_hop];
	ns = now - s->sent_ns;
	histogram[bucket_of(ns)]++;
	if (ns > max_ns)
		max_ns = ns;
	if (dia_result(dia_body(m->octets, m->len), &is_own) == 2001 && !is_own)
		n_good++;
	else
		n_bad++;
	if (sqn_log != NULL)
		log_sqn(s, dia_body(m->octets, m->len));
	s->sent_ns = 0;
	c->free[c->n_free++] = h.hop_by_hop;
}

// All whole messages that are there. False: the connection has ended.
static bool
read_answers(struct connection *c)
{
	static struct dia m;
	struct dia_stream *in = &c->in;
	uint64_t now;
	size_t at = 0;
	ssize_t n = recv(in->fd, in->octets + in->len, sizeof(in->octets) - in->len, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	in->len += (size_t)n;
	now = now_ns();
	while (in->len - at >= 20) {
		struct dia_head h;

		dia_head(in->octets + at, &h);
		if (h.length < 20 || in->len - at < h.length)
			break;
		memcpy(m.octets, in->octets + at, h.length);
		m.len = h.length;
		take_answer(c, &m, now);
		at += h.length;
	}
	memmove(in->octets, in->octets + at, in->len - at);
	in->len -= at;
	return true;
}

// ---- Run.

static void
connect_one(struct connection *c, unsigned i)
{
	static struct dia m;
	char host[256];
	bool is_own;
	int fd = dia_connect(&o.target), ret;

	if (fd < 0)
		die("connect", fd);
	c->in.fd = fd;
	c->in.is_sctp = o.target.is_sctp;
	snprintf(host, sizeof(host), "load%u.%s", i, o.realm);
	dia_begin(&m, DIA_R, DIA_CER, 0, 1, 1);
	put_origin(&m, host);
	dia_put(&m, 257, 0, "\0\1\x7f\0\0\1", 6);
	dia_put_u32(&m, 266, 0, 0);
	dia_put_text(&m, 269, 0, "s6a-load");
	dia_put_u32(&m, 258, 0, DIA_S6A);
	dia_end(&m);
	dia_send(fd, m.octets, m.len, c->in.is_sctp);
	ret = dia_receive(&c->in, &m, 10000);
	if (ret != 1 || dia_result(dia_body(m.octets, m.len), &is_own) != 2001)
		die("CEA", ret < 0 ? ret : -EACCES);
	make_template(c, host);
	c->out = malloc(OUT_ROOM);
	for (unsigned k = 0; k < o.window; k++)
		c->free[c->n_free++] = k;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static bool
may_send(uint64_t start, uint64_t now)
{
	if (o.count != 0 && n_sent >= o.count)
		return false;
	return o.rate == 0 || n_sent < (now - start) * o.rate / 1000000000;
}

static void
send_all(uint64_t start, uint64_t now)
{
	unsigned n_idle = 0;

	for (unsigned i = 0; n_idle < o.n_connections; i = (i + 1) % o.n_connections) {
		struct connection *c = &connections[i];

		if (c->n_free == 0 || c->out_len + c->request.len > OUT_ROOM ||
			!may_send(start, now)) {
			n_idle++;
			continue;
		}
		n_idle = 0;
		write_request(c, i, now);
	}
	for (unsigned i = 0; i < o.n_connections; i++)
		flush(&connections[i]);
}

static void
run(void)
{
	struct pollfd p[CONNECTIONS_MAX];
	uint64_t start = now_ns(), now = start;
	uint64_t end = start + (uint64_t)o.seconds * 1000000000;

	for (unsigned i = 0; i < o.n_connections; i++)
		p[i] = (struct pollfd){ .fd = connections[i].in.fd, .events = POLLIN };
	while (now < end && (o.count == 0 || n_good + n_bad < o.count)) {
		send_all(start, now);
		if (poll(p, o.n_connections, 1) > 0)
			for (unsigned i = 0; i < o.n_connections; i++)
				if (p[i].revents != 0 && !read_answers(&connections[i]))
					end = 0;
		now = now_ns();
	}
	printf("{\"command\": \"%s\", \"seconds\": %.3f, \"answered\": %" PRIu64
	       ", \"per_s\": %.0f, \"failed\": %" PRIu64 ", \"p50_us\": %.0f, \"p99_us\": %.0f"
	       ", \"max_us\": %.0f, \"ended\": %s}\n",
		o.command == DIA_AIR ? "AIR" : "ULR", (double)(now - start) / 1e9, n_good,
		(double)n_good * 1e9 / (double)(now - start), n_bad, percentile(0.5),
		percentile(0.99), (double)max_ns / 1000, end == 0 ? "true" : "false");
}

static const struct option long_options[] = {
	{ "hss", required_argument, NULL, 'H' },
	{ "port", required_argument, NULL, 'p' },
	{ "sctp", no_argument, NULL, 's' },
	{ "local", required_argument, NULL, 'l' },
	{ "connections", required_argument, NULL, 'c' },
	{ "window", required_argument, NULL, 'w' },
	{ "rate", required_argument, NULL, 'r' },
	{ "seconds", required_argument, NULL, 't' },
	{ "count", required_argument, NULL, 'n' },
	{ "sims", required_argument, NULL, 'S' },
	{ "first-imsi", required_argument, NULL, 'i' },
	{ "vectors", required_argument, NULL, 'v' },
	{ "ulr", no_argument, NULL, 'u' },
	{ "moves", no_argument, NULL, 'm' },
	{ "sqn-log", required_argument, NULL, 'L' },
	{ "key", required_argument, NULL, 'K' },
	{ "opc", required_argument, NULL, 'O' },
	{ NULL, 0, NULL, 0 },
};

static bool
take_option(int option)
{
	switch (option) {
	case 'H':
		o.target.addresses = optarg;
		return true;
	case 'p':
		o.target.port = (uint16_t)atoi(optarg);
		return true;
	case 's':
		o.target.is_sctp = true;
		return true;
	case 'l':
		o.target.local = optarg;
		return true;
	case 'c':
		o.n_connections = (unsigned)atoi(optarg);
		return o.n_connections >= 1 && o.n_connections <= CONNECTIONS_MAX;
	case 'w':
		o.window = (unsigned)atoi(optarg);
		return o.window >= 1 && o.window <= WINDOW_MAX;
	case 'r':
		o.rate = strtoull(optarg, NULL, 10);
		return true;
	case 't':
		o.seconds = (unsigned)atoi(optarg);
		return true;
	default:
		return false;
	}
}

static bool
take_request_option(int option)
{
	switch (option) {
	case 'n':
		o.count = strtoull(optarg, NULL, 10);
		return true;
	case 'S':
		o.sims = strtoull(optarg, NULL, 10);
		return o.sims > 0;
	case 'i':
		o.first_imsi = optarg;
		return strlen(optarg) == 15;
	case 'v':
		o.vectors = (unsigned)atoi(optarg);
		return true;
	case 'u':
		o.command = DIA_ULR;
		return true;
	case 'm':
		o.moves = true;
		return true;
	case 'L':
		o.sqn_log = optarg;
		return true;
	case 'K':
		return usim_hex(optarg, o.usim.k, 16);
	case 'O':
		return usim_hex(optarg, o.usim.opc, 16);
	default:
		return false;
	}
}

static const char usage[] =
	"usage: s6a-load [options]\n"
	"  --hss A[,A]        addresses of the HSS (127.0.0.1)    --port N (3868)\n"
	"  --sctp             instead of TCP                      --local A[,A]\n"
	"  --connections N    MMEs (1)\n"
	"  --window N         requests outstanding for each (256)\n"
	"  --rate N           requests/s in all, 0: as many as it takes (0)\n"
	"  --seconds N (10)   --count N: ends after so many answers\n"
	"  --sims N (1000)    from --first-imsi (999700000000000) on, at random\n"
	"  --vectors N (1)    per AIR\n"
	"  --ulr              Update-Location instead of AIR; --moves: SIMs change MMEs\n"
	"  --sqn-log FILE     a line \"SIM SQN\" for each vector, with --key HEX --opc HEX\n";

int
main(int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		if (!take_option(option) && !take_request_option(option)) {
			fputs(usage, stderr);
			return 2;
		}
	if (o.sqn_log != NULL) {
		sqn_log = fopen(o.sqn_log, "a");
		if (sqn_log == NULL)
			die(o.sqn_log, -errno);
	}
	connections = calloc(o.n_connections, sizeof(*connections));
	for (unsigned i = 0; i < o.n_connections; i++)
		connect_one(&connections[i], i);
	run();
	if (sqn_log != NULL)
		fclose(sqn_log);
	return n_bad > 0;
}
