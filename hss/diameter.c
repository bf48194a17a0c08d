// SPDX-License-Identifier: BSD-3-Clause
#include "hss/diameter.h"

#include "config/log.h"
#include "hss/conn.h"
#include "hss/counters.h"
#include "hss/fd_overrides.h"
#include "hss/links.h"
#include "hss/s6a.h"
#include "hss/s6a_dict.h"
#include "hss/sockets.h"

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdcore.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const struct hss_config *config;

// ---- Its settings, in a file that exists in memory only.

static bool
has_ipv6(void)
{
	for (size_t i = 0; i < config->n_addresses; i++)
		if (config->addresses[i].family == 6)
			return true;
	for (size_t i = 0; i < config->n_peers; i++)
		for (size_t k = 0; k < config->peers[i].n_connect; k++)
			if (config->peers[i].connect[k].family == 6)
				return true;
	return false;
}

static void
write_settings(FILE *f)
{
	fprintf(f, "Identity = \"%s\";\nRealm = \"%s\";\n", config->identity, config->realm);
	fprintf(f, "Port = %u;\nSecPort = %u;\n", config->port, config->tls_port);
	fprintf(f, "TwTimer = %u;\nTcTimer = %u;\n", config->watchdog_s, config->reconnect_s);
	fprintf(f, "SCTP_streams = %u;\n", config->sctp_streams);
	// One thread dispatches: more only fight for the library's locks.
	fprintf(f, "AppServThreads = 1;\nNoRelay;\n");
	if (!config->uses_sctp)
		fprintf(f, "No_SCTP;\n");
	if (!config->uses_tcp)
		fprintf(f, "No_TCP;\n");
	if (!has_ipv6())
		fprintf(f, "No_IPv6;\n");
	if (config->tls_port != 0) {
		fprintf(f, "TLS_Cred = \"%s\", \"%s\";\n", config->tls_certificate,
			config->tls_key);
		fprintf(f, "TLS_CA = \"%s\";\n", config->tls_ca);
	}
}

static int
parse_settings(void)
{
	int fd = memfd_create("freediameter.conf", MFD_CLOEXEC), ret = -EIO;
	// The library keeps the pointer.
	static char path[40];
	FILE *f;

	if (fd < 0)
		return -errno;
	f = fdopen(fd, "w");
	if (f == NULL) {
		close(fd);
		return -ENOMEM;
	}
	write_settings(f);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fflush(f) == 0)
		ret = -fd_core_parseconf(path);
	fclose(f);
	return ret;
}

// Not as ListenOn in the file, which leaves out loopback addresses, and then listens on all.
static void
add_endpoint(struct fd_list *list, const struct cfg_addr *addr)
{
	struct sockaddr_storage ss;

	memset(&ss, 0, sizeof(ss));
	if (addr->family == 4) {
		ss.ss_family = AF_INET;
		memcpy(&((struct sockaddr_in *)&ss)->sin_addr, addr->bytes, 4);
	} else {
		ss.ss_family = AF_INET6;
		memcpy(&((struct sockaddr_in6 *)&ss)->sin6_addr, addr->bytes, 16);
	}
	fd_ep_add_merge(list, (struct sockaddr *)&ss, sizeof(ss), EP_FL_CONF | EP_ACCEPTALL);
}

static void
listen_on_addresses(void)
{
	for (size_t i = 0; i < config->n_addresses; i++)
		add_endpoint(&fd_g_config->cnf_endpoints, &config->addresses[i]);
}

// ---- Its log.

static void to_log(int level, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static void
to_log(int level, const char *format, va_list args)
{
	static struct log_limit limit = { .file = "lib/freediameter", .level = LOG_LEVEL_INFO };

	if (level >= FD_LOG_FATAL)
		log_vwrite(LOG_LEVEL_WARNING, "lib/freediameter", format, args);
	else if (level >= FD_LOG_ERROR && log_is_on(LOG_LEVEL_INFO) && log_limit_take(&limit, 5))
		log_vwrite(LOG_LEVEL_INFO, "lib/freediameter", format, args);
	else if (level == FD_LOG_NOTICE && log_is_on(LOG_LEVEL_DEBUG))
		log_vwrite(LOG_LEVEL_DEBUG, "lib/freediameter", format, args);
}

// ---- Its hooks. Without one for each type the library formats every message under a global lock.

static void
hook(enum fd_hook_type type, struct msg *msg, struct peer_hdr *peer, void *other,
	struct fd_hook_permsgdata *pmd, void *regdata)
{
	const char *host = peer != NULL ? peer->info.pi_diamid : "(unnamed)";

	if (type == HOOK_PEER_CONNECT_SUCCESS)
		log_notice("peer %s: connected", host);
	else if (type == HOOK_PEER_CONNECT_FAILED)
		log_limited(LOG_LEVEL_NOTICE, 5, "peer %s: %s", host,
			other != NULL ? (const char *)other : "lost");
}

static int
register_hooks(void)
{
	static struct fd_hook_hdl *handle;
	uint32_t all = 0;

	for (int type = 0; type <= HOOK_LAST; type++)
		all |= 1u << type;
	return -fd_hook_register(all, hook, NULL, NULL, &handle);
}

// ---- Requests of S6a.

static void
reply_on_connection(void *arg, const uint8_t *answer, size_t len)
{
	struct conn *c = arg;

	if (len > 0)
		conn_answer(c, answer, len);
	conn_give(c);
}

static void
request_on_connection(struct conn *c, const uint8_t *message, size_t len)
{
	struct s6a_source from = {
		.link = c->link, .reply = reply_on_connection, .arg = conn_take(c)
	};

	s6a_receive(&from, message, len);
}

// Over TLS the library alone has the plain octets: requests come through all of it, and their answers go
// back through it.
static void
reply_through_library(void *arg, const uint8_t *answer, size_t len)
{
	struct msg *request = arg, *msg = NULL;
	uint8_t *copy = len > 0 ? malloc(len) : NULL;

	if (copy == NULL) {
		fd_msg_free(request);
		return;
	}
	memcpy(copy, answer, len);
	if (fd_msg_parse_buffer(&copy, len, &msg) != 0 ||
		fd_msg_answ_associate(msg, request) != 0) {
		free(copy);
		if (msg != NULL)
			fd_msg_free(msg);
		fd_msg_free(request);
		return;
	}
	if (fd_msg_send(&msg, NULL, NULL) != 0 && msg != NULL)
		fd_msg_free(msg);
}

static void
screen_and_receive(struct link *link, struct msg *request, const uint8_t *message, size_t len)
{
	struct s6a_source from = { .link = link, .reply = reply_through_library, .arg = request };
	static _Thread_local uint8_t room[CONN_MESSAGE_ROOM];
	static _Thread_local struct screen_reply reply;

	memcpy(room, message, len);
	if (screen_message(config, link->peer, room, sizeof(room), &len, &reply) == SCREEN_PASS) {
		s6a_receive(&from, room, len);
		return;
	}
	counters_screened(room, reply.result);
	from.reply(from.arg, reply.buf, reply.len);
}

static int
dispatch(struct msg **msg, struct avp *avp, struct session *session, void *opaque,
	enum disp_action *action)
{
	struct msg *request = *msg;
	uint8_t *octets = NULL;
	struct link *link = NULL;
	DiamId_t source = NULL;
	struct msg_hdr *h;
	size_t len = 0;

	if (fd_msg_hdr(request, &h) != 0 || !(h->msg_flags & CMD_FLAG_REQUEST) ||
		h->msg_appl != S6A_APPLICATION)
		return 0;
	*msg = NULL;
	if (fd_msg_source_get(request, &source, &len) == 0 && source != NULL)
		link = links_find(source, len);
	if (link != NULL && fd_msg_bufferize(request, &octets, &len) == 0 &&
		len <= WIRE_MESSAGE_MAX)
		screen_and_receive(link, request, octets, len);
	else
		fd_msg_free(request);
	free(octets);
	return 0;
}

static int
register_dispatch(void)
{
	struct disp_when when = { .app = s6a_dict_application() };

	return -fd_disp_register(dispatch, DISP_HOW_ANY, &when, NULL, NULL);
}

// ---- Who may connect. The gate has looked already; over TLS only this sees the CER.

static int
validate(struct peer_info *info, int *is_allowed, int (**after_tls)(struct peer_info *))
{
	const struct hss_peer *peer;
	struct link *link = NULL;

	*is_allowed = -1;
	peer = peers_match(config, info->pi_diamid, info->pi_diamidlen,
		info->runtime.pir_realm != NULL ? info->runtime.pir_realm : "",
		info->runtime.pir_realmlen, NULL);
	if (peer != NULL)
		link = links_get(info->pi_diamid, info->pi_diamidlen, peer);
	if (link == NULL) {
		log_limited(
			LOG_LEVEL_WARNING, 5, "peer %s: not configured, refused", info->pi_diamid);
		return 0;
	}
	info->config.pic_flags.sec = PI_SEC_NONE;
	info->config.pic_flags.exp = PI_EXP_NONE; // idle peers stay
	info->config.pic_flags.persist = PI_PRST_NONE;
	info->config.pic_twtimer = (int)peer->watchdog_s;
	*is_allowed = 1;
	return 0;
}

// ---- Peers that we connect to.

static int
connect_to(const struct hss_peer *peer)
{
	struct peer_info info;
	int ret;

	if (links_get(peer->host, strlen(peer->host), peer) == NULL)
		return -ENOMEM;
	memset(&info, 0, sizeof(info));
	memcpy(&info.pi_diamid, &(const char *){ peer->host }, sizeof(info.pi_diamid));
	info.config.pic_flags.sec = PI_SEC_NONE;
	info.config.pic_flags.exp = PI_EXP_NONE;
	info.config.pic_flags.persist = PI_PRST_ALWAYS;
	info.config.pic_flags.pro4 = peer->connect_transport == HSS_TCP ? PI_P4_TCP : PI_P4_SCTP;
	info.config.pic_port = peer->connect_port;
	info.config.pic_twtimer = (int)peer->watchdog_s;
	fd_list_init(&info.pi_endpoints, NULL);
	for (size_t i = 0; i < peer->n_connect; i++)
		add_endpoint(&info.pi_endpoints, &peer->connect[i]);
	ret = fd_peer_add(&info, "configuration", NULL, NULL);
	if (ret != 0)
		log_error("peer %s: %s", peer->host, strerror(ret));
	return -ret;
}

// ---- Start and stop.

static int
failed(const char *what, int ret)
{
	log_error("freeDiameter: %s: %s", what, strerror(-ret));
	return ret;
}

static int
open_library(uint32_t origin_state_id)
{
	int ret;

	if (fd_log_handler_register(to_log) != 0)
		return -EINVAL;
	ret = -fd_core_initialize();
	if (ret < 0)
		return failed("can't be initialised", ret);
	if (origin_state_id != 0)
		fd_g_config->cnf_orstateid = origin_state_id;
	ret = parse_settings();
	if (ret < 0)
		return failed("doesn't take its settings", ret);
	listen_on_addresses();
	ret = s6a_dict_open();
	if (ret < 0)
		return failed("doesn't take the S6a dictionary", ret);
	return 0;
}

// The library's own words for it are a line of its source.
static bool
has_transports(void)
{
	int fd;

	if (!config->uses_sctp)
		return true;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP);
	if (fd >= 0) {
		close(fd);
		return true;
	}
	log_error("diameter.sctp: SCTP: %s (modprobe sctp, or set it to false)", strerror(errno));
	return false;
}

int
diameter_open(const struct hss_config *settings, uint32_t origin_state_id)
{
	int ret;

	config = settings;
	if (!has_transports())
		return -EPROTONOSUPPORT;
	if (!sockets_are_ours() || fd_overrides_open() < 0)
		return failed("its calls can't be guarded", -ENOSYS);
	ret = conn_open(config, request_on_connection);
	if (ret < 0)
		return failed("can't watch sockets", ret);
	ret = open_library(origin_state_id);
	if (ret < 0)
		return ret;
	ret = -fd_peer_validate_register(validate);
	if (ret == 0)
		ret = register_hooks();
	if (ret == 0)
		ret = register_dispatch();
	return ret < 0 ? failed("can't be hooked", ret) : 0;
}

int
diameter_start(void)
{
	int ret;

	for (size_t i = 0; i < config->n_peers; i++)
		if (config->peers[i].n_connect > 0 && (ret = connect_to(&config->peers[i])) < 0)
			return ret;
	ret = -fd_core_start();
	return ret < 0 ? failed("can't start", ret) : 0;
}

static void *
shut_down(void *arg)
{
	fd_core_shutdown();
	fd_core_wait_shutdown_complete();
	return NULL;
}

void
diameter_stop(unsigned timeout_ms)
{
	struct timespec until;
	pthread_t thread;

	fd_overrides_stop();
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	if (pthread_create(&thread, NULL, shut_down, NULL) == 0)
		pthread_timedjoin_np(thread, NULL, &until);
}
