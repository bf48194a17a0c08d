// SPDX-License-Identifier: BSD-3-Clause
// torii-delay: a wire between two interfaces on which each frame takes its time. For kernels without
// netem.
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX 2048
#define FRAMES 8192 // on the way in one direction
#define BUFFER_BYTES (32 << 20)

struct frame {
	uint64_t due_us;
	uint16_t n;
	uint8_t bytes[FRAME_MAX];
};

// One direction: what was read from `from` and will be written to `to`.
struct way {
	int from, to;
	uint64_t first, end; // frames first .. end - 1 are on the way
	struct frame *frame;
};

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int
interface_open(const char *name)
{
	int s = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL)), one = 1,
	    size = BUFFER_BYTES;
	struct sockaddr_ll a = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(name),
	};
	struct packet_mreq m = { .mr_ifindex = a.sll_ifindex, .mr_type = PACKET_MR_PROMISC };

	if (s < 0 || a.sll_ifindex == 0 ||
		setsockopt(s, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) ||
		setsockopt(s, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof(m)) ||
		setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
		bind(s, (struct sockaddr *)&a, sizeof(a))) {
		fprintf(stderr, "torii-delay: %s: %s\n", name, strerror(errno));
		exit(1);
	}
	return s;
}

// Takes what has arrived as long as there is room; the socket keeps the rest.
static void
take(struct way *w, uint64_t delay_us)
{
	while (w->end - w->first < FRAMES) {
		struct frame *f = &w->frame[w->end % FRAMES];
		ssize_t n = recv(w->from, f->bytes, sizeof(f->bytes), MSG_TRUNC);

		if (n < 0)
			return;
		if (n > FRAME_MAX)
			continue;
		f->n = (uint16_t)n;
		f->due_us = now_us() + delay_us;
		w->end++;
	}
}

// Lets go what is due. Microseconds until the next frame is, -1: there is none.
static int64_t
let_go(struct way *w)
{
	while (w->first < w->end) {
		const struct frame *f = &w->frame[w->first % FRAMES];
		uint64_t now = now_us();

		if (f->due_us > now)
			return (int64_t)(f->due_us - now);
		(void)!write(w->to, f->bytes, f->n);
		w->first++;
	}
	return -1;
}

int
main(int argc, char **argv)
{
	uint64_t delay_us = argc == 4 ? (uint64_t)(atof(argv[3]) * 1000) : 0;
	struct way way[2];
	struct pollfd fds[2];

	if (argc != 4) {
		fprintf(stderr, "usage: torii-delay INTERFACE INTERFACE MILLISECONDS\n");
		return 2;
	}
	for (int i = 0; i < 2; i++)
		fds[i] = (struct pollfd){ .fd = interface_open(argv[1 + i]), .events = POLLIN };
	for (int i = 0; i < 2; i++) {
		way[i] = (struct way){ .from = fds[i].fd, .to = fds[!i].fd };
		way[i].frame = malloc(FRAMES * sizeof(struct frame));
		if (way[i].frame == NULL)
			return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		int64_t first = -1;
		struct timespec wait;

		for (int i = 0; i < 2; i++) {
			int64_t due;

			take(&way[i], delay_us);
			due = let_go(&way[i]);
			first = first < 0 || (due >= 0 && due < first) ? due : first;
		}
		wait = (struct timespec){ first / 1000000, first % 1000000 * 1000 };
		ppoll(fds, 2, first < 0 ? NULL : &wait, NULL);
	}
}
