// SPDX-License-Identifier: BSD-3-Clause
#include "hss/sctp_socket.h"

#include "config/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/sctp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// The socket calls that libfdcore uses are ours (sockets.c); this one is the kernel's.
static void
set(int fd, int option, const void *value, socklen_t len, const char *what)
{
	if (syscall(SYS_setsockopt, fd, IPPROTO_SCTP, option, value, len) < 0)
		log_limited(LOG_LEVEL_WARNING, 5, "SCTP: can't set %s: %s", what, strerror(errno));
}

static void
apply(int fd, const struct hss_sctp *s)
{
	struct sctp_rtoinfo rto = { .srto_initial = s->rto_initial_ms,
		.srto_max = s->rto_max_ms,
		.srto_min = s->rto_min_ms };
	struct sctp_assocparams association = { .sasoc_asocmaxrxt =
							s->association_retransmissions };
	struct sctp_paddrparams path;
	struct sctp_sack_info sack = { .sack_delay = s->sack_delay_ms };
	int nodelay = 1;

	memset(&path, 0, sizeof(path));
	path.spp_address.ss_family = AF_INET;
	path.spp_hbinterval = s->heartbeat_ms;
	path.spp_pathmaxrxt = s->path_retransmissions;
	path.spp_flags = SPP_HB_ENABLE | SPP_PMTUD_ENABLE;
	set(fd, SCTP_RTOINFO, &rto, sizeof(rto), "RTO");
	set(fd, SCTP_ASSOCINFO, &association, sizeof(association), "retransmissions");
	set(fd, SCTP_PEER_ADDR_PARAMS, &path, sizeof(path), "heartbeat");
	set(fd, SCTP_DELAYED_SACK, &sack, sizeof(sack), "SACK delay");
	set(fd, SCTP_NODELAY, &nodelay, sizeof(nodelay), "NODELAY");
}

void
sctp_socket_apply_general(int fd, const struct hss_config *config)
{
	struct sctp_initmsg init = { .sinit_num_ostreams = config->sctp_streams,
		.sinit_max_attempts = config->sctp.init_retransmissions };

	apply(fd, &config->sctp);
	set(fd, SCTP_INITMSG, &init, sizeof(init), "INIT");
}

void
sctp_socket_apply_peer(int fd, const struct hss_config *config, const struct hss_peer *peer)
{
	const struct hss_sctp *p = &peer->sctp, *g = &config->sctp;
	struct hss_sctp s = {
		.rto_initial_ms = p->rto_initial_ms ? p->rto_initial_ms : g->rto_initial_ms,
		.rto_min_ms = p->rto_min_ms ? p->rto_min_ms : g->rto_min_ms,
		.rto_max_ms = p->rto_max_ms ? p->rto_max_ms : g->rto_max_ms,
		.heartbeat_ms = p->heartbeat_ms ? p->heartbeat_ms : g->heartbeat_ms,
		.sack_delay_ms = p->sack_delay_ms ? p->sack_delay_ms : g->sack_delay_ms,
		.association_retransmissions = p->association_retransmissions
			? p->association_retransmissions
			: g->association_retransmissions,
		.path_retransmissions =
			p->path_retransmissions ? p->path_retransmissions : g->path_retransmissions,
	};

	apply(fd, &s);
}

uint16_t
sctp_socket_out_streams(int fd)
{
	struct sctp_status status;
	socklen_t len = sizeof(status);

	memset(&status, 0, sizeof(status));
	if (syscall(SYS_getsockopt, fd, IPPROTO_SCTP, SCTP_STATUS, &status, &len) < 0 ||
		status.sstat_outstrms == 0)
		return 1;
	return status.sstat_outstrms;
}

ssize_t
sctp_socket_send(int fd, const void *buf, size_t len, uint16_t stream, bool is_dtls)
{
	union {
		struct cmsghdr header;
		uint8_t room[CMSG_SPACE(sizeof(struct sctp_sndrcvinfo))];
	} control;
	struct iovec iov = { .iov_len = len };
	struct mmsghdr m;
	struct sctp_sndrcvinfo *how;

	memset(&m, 0, sizeof(m));
	memset(&control, 0, sizeof(control));
	memcpy(&iov.iov_base, &buf, sizeof(buf));
	m.msg_hdr.msg_iov = &iov;
	m.msg_hdr.msg_iovlen = 1;
	m.msg_hdr.msg_control = &control;
	m.msg_hdr.msg_controllen = sizeof(control);
	control.header.cmsg_level = IPPROTO_SCTP;
	control.header.cmsg_type = SCTP_SNDRCV;
	control.header.cmsg_len = CMSG_LEN(sizeof(*how));
	how = (struct sctp_sndrcvinfo *)CMSG_DATA(&control.header);
	how->sinfo_stream = stream;
	how->sinfo_ppid = htonl(is_dtls ? SCTP_PPID_DIAMETER_DTLS : SCTP_PPID_DIAMETER);
	if (sendmmsg(fd, &m, 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 1)
		return -1;
	return (ssize_t)m.msg_len;
}
