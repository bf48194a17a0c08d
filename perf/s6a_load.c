// SPDX-License-Identifier: BSD-3-Clause
// s6a-load: asks an HSS as many MMEs would, and says how fast and how well it answers, as a line of JSON.
// Closed loop: a window of requests is outstanding all the time; or open: so many requests a second, for
// latencies. --bench measures all of it one after the other.
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
#define DRAIN_NS 5000000000ull // how long the last answers may take

struct options {
	struct dia_target target;
	const char *realm, *home_realm, *host, *first_imsi, *sqn_log;
	unsigned n_connections, window, vectors, seconds;
	uint64_t rate, sims, count, first_sim;
	uint32_t command;
	int pid; // of the HSS, for its CPU time; 0: not known
	bool moves, is_bench;
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
	char host[256];
	struct dia request; // a template
	size_t imsi_at, session_at;
};

// What was counted in one run.
struct tally {
	uint64_t sent, good, bad, max_ns;
	uint64_t histogram[HISTOGRAM];
	double seconds, cpu_s; // cpu_s < 0: not known
	bool has_ended;        // by the HSS
};

static struct options o = {
	.target = { .addresses = "127.0.0.1", .port = 3868 },
	.realm = "epc.mnc001.mcc001.3gppnetwork.org",
	.home_realm = "epc.mnc070.mcc999.3gppnetwork.org",
	.host = "load",
	.first_imsi = "999700000000000",
	.n_connections = 1,
	.window = 256,
	.vectors = 1,
	.seconds = 10,
	.sims = 1000,
	.command = DIA_AIR,
};

static struct connection *connections;
static struct tally tally;
static uint64_t serial;
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
	uint64_t n = 0, want = (uint64_t)((double)(tally.good + tally.bad) * part);

	for (unsigned i = 0; i < HISTOGRAM; i++) {
		n += tally.histogram[i];
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
put_common(struct connection *c)
{
	struct dia *d = &c->request;
	char session[320];
	size_t group;

	snprintf(session, sizeof(session), "%s;1;0000000000", c->host);
	dia_put_text(d, 263, 0, session);
	c->session_at = 20 + 8 + strlen(session) - 10;
	group = dia_open(d, 260, 0);
	dia_put_u32(d, 266, 0, DIA_TGPP);
	dia_put_u32(d, 258, 0, DIA_S6A);
	dia_close(d, group);
	dia_put_u32(d, 277, 0, 1);
	put_origin(d, c->host);
	dia_put_text(d, 283, 0, o.home_realm);
	c->imsi_at = d->len + 8;
	dia_put_text(d, 1, 0, o.first_imsi);
}

static void
make_template(struct connection *c)
{
	static const uint8_t plmn[3] = { 0x00, 0xf1, 0x10 };
	struct dia *d = &c->request;
	size_t group;

	dia_begin(d, DIA_R | DIA_P, o.command, DIA_S6A, 0, 0);
	put_common(c);
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
	put_digits(p + c->imsi_at + 5, 10, o.first_sim + s->sim);
	c->out_len += c->request.len;
	tally.sent++;
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
			tally.bad++;
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
	tally.histogram[bucket_of(ns)]++;
	if (ns > tally.max_ns)
		tally.max_ns = ns;
	if (dia_result(dia_body(m->octets, m->len), &is_own) == 2001 && !is_own)
		tally.good++;
	else
		tally.bad++;
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
	bool is_own;
	int fd = dia_connect(&o.target), ret;

	if (fd < 0)
		die("connect", fd);
	c->in.fd = fd;
	c->in.is_sctp = o.target.is_sctp;
	snprintf(c->host, sizeof(c->host), "%.100s%u.%.140s", o.host, i, o.realm);
	dia_begin(&m, DIA_R, DIA_CER, 0, 1, 1);
	put_origin(&m, c->host);
	dia_put(&m, 257, 0, "\0\1\x7f\0\0\1", 6);
	dia_put_u32(&m, 266, 0, 0);
	dia_put_text(&m, 269, 0, "s6a-load");
	dia_put_u32(&m, 258, 0, DIA_S6A);
	dia_end(&m);
	dia_send(fd, m.octets, m.len, c->in.is_sctp);
	ret = dia_receive(&c->in, &m, 10000);
	if (ret != 1)
		die("CEA", ret < 0 ? ret : -ETIMEDOUT);
	if (dia_result(dia_body(m.octets, m.len), &is_own) != 2001)
		die("CEA", -EACCES);
	c->out = malloc(OUT_ROOM);
	for (unsigned k = 0; k < o.window; k++)
		c->free[c->n_free++] = k;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static bool
may_send(uint64_t start, uint64_t now)
{
	if (o.count != 0 && tally.sent >= o.count)
		return false;
	return o.rate == 0 || tally.sent < (now - start) * o.rate / 1000000000;
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

// CPU time of the HSS's process until now, < 0 if it can't be told.
static double
cpu_s(void)
{
	unsigned long user, system;
	char path[40], line[1024];
	const char *at;
	FILE *f;

	if (o.pid == 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/stat", o.pid);
	f = fopen(path, "r");
	if (f == NULL)
		return -1;
	at = fgets(line, sizeof(line), f) != NULL ? strrchr(line, ')') : NULL;
	fclose(f);
	if (at == NULL ||
		sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
			&system) != 2)
		return -1;
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static bool
is_quiet(void)
{
	for (unsigned i = 0; i < o.n_connections; i++)
		if (connections[i].n_free < o.window)
			return false;
	return true;
}

// Until the time is over (or the count reached), and all that was asked by then is answered.
static void
run_until(uint64_t start, uint64_t end)
{
	struct pollfd p[CONNECTIONS_MAX];
	uint64_t now = start;

	for (unsigned i = 0; i < o.n_connections; i++)
		p[i] = (struct pollfd){ .fd = connections[i].in.fd, .events = POLLIN };
	while (!tally.has_ended && now < end + DRAIN_NS) {
		bool is_over = now >= end || (o.count != 0 && tally.good + tally.bad >= o.count);

		if (is_over && is_quiet())
			break;
		if (!is_over)
			send_all(start, now);
		if (poll(p, o.n_connections, 1) > 0)
			for (unsigned i = 0; i < o.n_connections; i++)
				if (p[i].revents != 0 && !read_answers(&connections[i]))
					tally.has_ended = true;
		now = now_ns();
	}
}

static void
run(uint32_t command, uint64_t rate)
{
	uint64_t start;
	double before;

	memset(&tally, 0, sizeof(tally));
	o.command = command;
	o.rate = rate;
	for (unsigned i = 0; i < o.n_connections; i++)
		make_template(&connections[i]);
	before = cpu_s();
	start = now_ns();
	run_until(start, start + (uint64_t)o.seconds * 1000000000);
	tally.seconds = (double)(now_ns() - start) / 1e9;
	tally.cpu_s = before < 0 ? -1 : cpu_s() - before;
}

static double
per_s(void)
{
	return (double)tally.good / tally.seconds;
}

static double
cpu_us_each(void)
{
	return tally.cpu_s < 0 || tally.good == 0 ? -1 : tally.cpu_s * 1e6 / (double)tally.good;
}

static void
report(void)
{
	printf("{\"command\": \"%s\", \"seconds\": %.3f, \"answered\": %" PRIu64
	       ", \"per_s\": %.0f, \"failed\": %" PRIu64 ", \"p50_us\": %.0f, \"p99_us\": %.0f"
	       ", \"max_us\": %.0f, ",
		o.command == DIA_AIR ? "AIR" : "ULR", tally.seconds, tally.good, per_s(), tally.bad,
		percentile(0.5), percentile(0.99), (double)tally.max_ns / 1000);
	if (cpu_us_each() >= 0)
		printf("\"cpu_us\": %.1f, ", cpu_us_each());
	printf("\"ended\": %s}\n", tally.has_ended ? "true" : "false");
}

// One command as fast as it goes, then at half of that. What failed.
static uint64_t
bench_command(uint32_t command, const char *name)
{
	uint64_t failed;
	double fastest;

	run(command, 0);
	fastest = per_s();
	failed = tally.bad + tally.has_ended;
	printf("\"%s_per_s\": %.0f, ", name, fastest);
	if (cpu_us_each() >= 0)
		printf("\"%s_cpu_us\": %.1f, ", name, cpu_us_each());
	if (fastest < 2 || tally.has_ended)
		return failed;
	run(command, (uint64_t)(fastest / 2));
	printf("\"%s_half_load_per_s\": %.0f, \"%s_half_load_p50_ms\": %.2f, "
	       "\"%s_half_load_p99_ms\": %.2f, ",
		name, per_s(), name, percentile(0.5) / 1000, name, percentile(0.99) / 1000);
	return failed + tally.bad + tally.has_ended;
}

static bool
bench(void)
{
	uint64_t failed;

	printf("{");
	failed = bench_command(DIA_AIR, "air") + bench_command(DIA_ULR, "ulr");
	printf("\"failed\": %" PRIu64 "}\n", failed);
	return failed == 0;
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
	{ "host", required_argument, NULL, 'o' },
	{ "ulr", no_argument, NULL, 'u' },
	{ "bench", no_argument, NULL, 'b' },
	{ "pid", required_argument, NULL, 'P' },
	{ "help", no_argument, NULL, 'h' },
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
	case 'o':
		o.host = optarg;
		return true;
	case 'b':
		o.is_bench = true;
		return true;
	case 'P':
		o.pid = atoi(optarg);
		return o.pid > 0;
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
		o.first_sim = strlen(optarg) == 15 ? strtoull(optarg + 5, NULL, 10) : 0;
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
	"  --connections N    MMEs (1), named by --host NAME (load): load0, load1, ...\n"
	"  --window N         requests outstanding for each (256)\n"
	"  --rate N           requests/s in all, 0: as many as it takes (0)\n"
	"  --seconds N (10)   --count N: ends after so many answers\n"
	"  --sims N (1000)    from --first-imsi (999700000000000) on, at random\n"
	"  --vectors N (1)    per AIR\n"
	"  --ulr              Update-Location instead of AIR; --moves: SIMs change MMEs\n"
	"  --bench            AIR, then ULR, each as fast as it goes and then at half of that, "
	"--seconds each\n"
	"  --pid N            the HSS's process: says its CPU time per request\n"
	"  --sqn-log FILE     a line \"SIM SQN\" for each vector, with --key HEX --opc HEX\n";

int
main(int argc, char **argv)
{
	bool is_good;
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		if (option == 'h') {
			fputs(usage, stdout);
			return 0;
		} else if (!take_option(option) && !take_request_option(option)) {
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
	if (o.is_bench) {
		is_good = bench();
	} else {
		run(o.command, o.rate);
		report();
		is_good = tally.bad == 0;
	}
	if (sqn_log != NULL)
		fclose(sqn_log);
	return !is_good;
}
