// SPDX-License-Identifier: BSD-3-Clause
// One telnet client of the command line, as a state machine on the server's thread: it never waits,
// neither for the socket nor for the process's loop.
#include "config/cli_edit.h"
#include "config/cli_filter.h"
#include "config/cli_server.h"
#include "config/log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define OUT_ENOUGH (64u << 10) // bytes waiting to be sent, from which on nothing is added
#define LOGIN_MS 60000
#define LOGIN_DELAY_MS 1000 // after a wrong password
#define LOGIN_TRIES 3

uint32_t cli_stall_ms = 30000;

enum client_state {
	CLIENT_LOGIN,
	CLIENT_DELAYED,  // after a wrong password
	CLIENT_READY,    // for a line
	CLIENT_WAITING,  // for the loop
	CLIENT_PRINTING, // what the command said
	CLIENT_CLOSING,  // once all is sent
	CLIENT_GONE,
};

struct cli_client {
	struct cli_server *server;
	int fd;
	char name[64];
	enum client_state state;
	uint64_t state_ms; // since when
	uint64_t input_ms; // of the last input
	uint64_t send_ms;  // when the socket took something, or there was nothing to send
	unsigned int login_failures;
	struct cli_edit edit;
	uint8_t in[1024];
	size_t in_at, in_n;
	bool is_eof;
	struct textbuf out;
	struct cli_job *job;
	size_t printed; // of its output
	struct cli_filters filters;
};

static void
set_state(struct cli_client *c, enum client_state state)
{
	c->state = state;
	c->state_ms = cli_now_ms();
}

static void
close_with(struct cli_client *c, const char *text)
{
	textbuf_puts(&c->out, text);
	set_state(c, CLIENT_CLOSING);
}

struct cli_client *
cli_client_new(struct cli_server *server, int fd, const char *name)
{
	struct cli_client *c = calloc(1, sizeof(*c));
	bool has_login = server->config.password[0] != '\0';

	if (c == NULL) {
		close(fd);
		return NULL;
	}
	c->server = server;
	c->fd = fd;
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->out.max = CLI_OUTPUT_MAX * 2;
	c->input_ms = c->send_ms = cli_now_ms();
	cli_edit_init(&c->edit, has_login ? "Password: " : server->prompt);
	c->edit.is_hidden = has_login;
	set_state(c, has_login ? CLIENT_LOGIN : CLIENT_READY);
	cli_edit_greet(&c->out);
	if (server->banner != NULL)
		textbuf_printf(&c->out, "%s\r\n", server->banner);
	cli_edit_begin(&c->edit, &c->out);
	log_debug("cli %s: connected", name);
	return c;
}

void
cli_client_free(struct cli_client *c)
{
	if (c->job != NULL)
		cli_job_leave(c->job);
	log_debug("cli %s: left", c->name);
	close(c->fd);
	cli_edit_free(&c->edit);
	textbuf_free(&c->out);
	free(c);
}

int
cli_client_fd(const struct cli_client *c)
{
	return c->fd;
}

// ---- Login

static bool
is_same_secret(const char *a, const char *b)
{
	size_t n = strlen(a), k = strlen(b);
	unsigned char differs = n != k;

	for (size_t i = 0; i < n; i++)
		differs |= (unsigned char)(a[i] ^ b[k == 0 ? 0 : i % k]);
	return !differs;
}

static void
take_password(struct cli_client *c)
{
	if (!c->edit.is_too_long && is_same_secret(c->edit.line, c->server->config.password)) {
		c->edit.prompt = c->server->prompt;
		c->edit.is_hidden = false;
		set_state(c, CLIENT_READY);
		cli_edit_begin(&c->edit, &c->out);
		return;
	}
	log_limited(LOG_LEVEL_WARNING, 5, "cli %s: wrong password", c->name);
	c->login_failures++;
	set_state(c, CLIENT_DELAYED);
}

static void
end_delay(struct cli_client *c)
{
	if (c->login_failures >= LOGIN_TRIES) {
		close_with(c, "% Wrong password\r\n");
		return;
	}
	textbuf_puts(&c->out, "% Wrong password\r\n");
	c->state = CLIENT_LOGIN; // the time for the login goes on
	cli_edit_begin(&c->edit, &c->out);
}

// ---- Commands

static void
print_text(struct cli_client *c, const struct textbuf *text)
{
	const char *at = textbuf_text(text), *end;

	for (; *at != '\0'; at = *end == '\n' ? end + 1 : end) {
		end = strchrnul(at, '\n');
		textbuf_add(&c->out, at, (size_t)(end - at));
		textbuf_puts(&c->out, "\r\n");
	}
}

static void
run_builtin(struct cli_client *c, const struct cli_args *args)
{
	if (strcmp(args->arg[0].node->text, "history") != 0) {
		close_with(c, "");
		return;
	}
	for (size_t i = 0; i < c->edit.n_history; i++)
		textbuf_printf(&c->out, "%3zu  %s\r\n", i + 1, c->edit.history[i]);
	cli_edit_begin(&c->edit, &c->out);
}

static void
log_command(const struct cli_client *c, const struct cli_args *args)
{
	struct textbuf text = TEXTBUF(CLI_LINE_MAX);

	if (!log_is_on(LOG_LEVEL_INFO))
		return;
	cli_args_print(args, &text);
	log_info("cli %s: %s", c->name, textbuf_text(&text));
	textbuf_free(&text);
}

static void
run_command(struct cli_client *c, struct cli_args *args)
{
	snprintf(args->client, sizeof(args->client), "%s", c->name);
	if (args->command->row->run == NULL) {
		run_builtin(c, args);
		free(args);
		return;
	}
	log_command(c, args);
	c->job = cli_job_submit(c->server, args);
	if (c->job == NULL) {
		textbuf_puts(&c->out, "% No memory\r\n");
		cli_edit_begin(&c->edit, &c->out);
		return;
	}
	c->printed = 0;
	set_state(c, CLIENT_WAITING);
}

static void
take_line(struct cli_client *c)
{
	size_t filters = cli_filters_at(c->edit.line);
	struct textbuf fault = TEXTBUF(4096);
	struct cli_args *args = NULL;
	char command[CLI_LINE_MAX + 1];

	cli_edit_remember(&c->edit);
	snprintf(command, sizeof(command), "%.*s", (int)filters, c->edit.line);
	if (c->edit.is_too_long)
		textbuf_printf(&fault, "%% The line is longer than %d bytes\n", CLI_LINE_MAX);
	else if (cli_filters_parse(&c->filters, c->edit.line + filters, &fault) == 0)
		args = cli_match(c->server->set, command, &fault);
	if (args == NULL) {
		print_text(c, &fault);
		cli_edit_begin(&c->edit, &c->out);
	} else {
		run_command(c, args);
	}
	explicit_bzero(command, sizeof(command));
	textbuf_free(&fault);
}

static void
give_help(struct cli_client *c, const char *key)
{
	size_t filters = cli_filters_at(c->edit.line);
	struct textbuf text = TEXTBUF(256u << 10);

	if (c->edit.line[filters] == '|')
		cli_filters_help(c->edit.line + filters, &text);
	else
		cli_match_help(c->server->set, c->edit.line, &text);
	textbuf_printf(&c->out, "%s\r\n", c->edit.does_echo ? key : "");
	print_text(c, &text);
	cli_edit_redraw(&c->edit, &c->out);
	textbuf_free(&text);
}

static void
complete_word(struct cli_client *c)
{
	size_t filters = cli_filters_at(c->edit.line), n;
	char more[64];

	if (c->edit.line[filters] == '|')
		n = cli_filters_complete(c->edit.line + filters, more, sizeof(more));
	else
		n = cli_match_complete(c->server->set, c->edit.line, more, sizeof(more));
	if (more[0] != '\0')
		cli_edit_insert(&c->edit, more, &c->out);
	else if (n != 1)
		give_help(c, "");
}

static void
take_event(struct cli_client *c, enum cli_edit_event event)
{
	switch (event) {
	case CLI_EDIT_LINE:
		if (c->state == CLIENT_LOGIN)
			take_password(c);
		else
			take_line(c);
		break;
	case CLI_EDIT_HELP:
		give_help(c, "?");
		break;
	case CLI_EDIT_TAB:
		complete_word(c);
		break;
	case CLI_EDIT_CLOSE:
		close_with(c, c->edit.does_echo ? "\r\n" : "");
		break;
	case CLI_EDIT_NOTHING:
		break;
	}
}

// ---- Printing: as much as the peer takes

static void
print_some(struct cli_client *c)
{
	const struct textbuf *text = &c->job->out.text;

	while (c->printed < text->used && c->out.used < OUT_ENOUGH) {
		const char *line = text->bytes + c->printed;
		const char *end = memchr(line, '\n', text->used - c->printed);
		size_t n = end != NULL ? (size_t)(end - line) : text->used - c->printed;

		if (cli_filters_pass(&c->filters, line, n)) {
			textbuf_add(&c->out, line, n);
			textbuf_puts(&c->out, "\r\n");
		}
		c->printed += n + (end != NULL);
	}
	if (c->printed < text->used)
		return;
	cli_filters_end(&c->filters, &c->out);
	cli_job_leave(c->job);
	c->job = NULL;
	set_state(c, CLIENT_READY);
	c->input_ms = cli_now_ms();
	cli_edit_begin(&c->edit, &c->out);
}

static void
give_up_waiting(struct cli_client *c)
{
	bool was_queued = cli_job_leave(c->job);

	c->job = NULL;
	textbuf_printf(&c->out, "%% No answer within %" PRIu32 " ms, %s\r\n",
		c->server->config.answer_timeout_ms,
		was_queued ? "the command was not run" : "the command may still take effect");
	set_state(c, CLIENT_READY);
	cli_edit_begin(&c->edit, &c->out);
}

// ---- The socket

static bool
takes_input(const struct cli_client *c)
{
	return (c->state == CLIENT_LOGIN || c->state == CLIENT_READY) && c->out.used < OUT_ENOUGH;
}

static void
receive(struct cli_client *c)
{
	ssize_t n = recv(c->fd, c->in, sizeof(c->in), 0);

	if (n > 0) {
		c->in_at = 0;
		c->in_n = (size_t)n;
		c->input_ms = cli_now_ms();
	} else if (n == 0) {
		c->is_eof = true;
	} else if (errno != EAGAIN && errno != EINTR) {
		c->state = CLIENT_GONE;
	}
}

static void
transmit(struct cli_client *c)
{
	ssize_t n;

	if (c->out.used == 0)
		return;
	n = send(c->fd, c->out.bytes, c->out.used, MSG_NOSIGNAL);
	if (n > 0)
		textbuf_drop(&c->out, (size_t)n);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		c->state = CLIENT_GONE;
}

// After the peer's end of file: a line without an end is a line.
static void
take_end(struct cli_client *c)
{
	if (c->edit.length > 0 && c->state == CLIENT_READY)
		take_event(c, cli_edit_byte(&c->edit, '\n', &c->out));
	else
		close_with(c, "");
}

static void
advance(struct cli_client *c)
{
	if (c->state == CLIENT_DELAYED && cli_now_ms() >= c->state_ms + LOGIN_DELAY_MS)
		end_delay(c);
	if (c->state == CLIENT_WAITING && cli_job_is_done(c->job))
		set_state(c, CLIENT_PRINTING);
	while (c->state == CLIENT_PRINTING && c->out.used < OUT_ENOUGH)
		print_some(c);
	while (takes_input(c) && c->in_at < c->in_n)
		take_event(c, cli_edit_byte(&c->edit, c->in[c->in_at++], &c->out));
	if (takes_input(c) && c->is_eof && c->in_at == c->in_n)
		take_end(c);
}

// There is something to send, or more to do once the socket takes more.
static bool
waits_to_send(const struct cli_client *c)
{
	return c->out.used > 0 || c->state == CLIENT_PRINTING ||
		(takes_input(c) && c->in_at < c->in_n);
}

short
cli_client_events(const struct cli_client *c)
{
	short events = 0;

	if (takes_input(c) && !c->is_eof && c->in_at == c->in_n)
		events |= POLLIN;
	if (waits_to_send(c))
		events |= POLLOUT;
	return events;
}

static uint64_t
idle_deadline(const struct cli_client *c)
{
	uint64_t idle = (uint64_t)c->server->config.idle_timeout_s * 1000;

	if (c->state == CLIENT_LOGIN)
		return c->state_ms + LOGIN_MS;
	return c->state == CLIENT_READY && idle > 0 ? c->input_ms + idle : UINT64_MAX;
}

uint64_t
cli_client_deadline(const struct cli_client *c)
{
	uint64_t deadline = idle_deadline(c), other = UINT64_MAX;

	if (c->state == CLIENT_DELAYED)
		deadline = c->state_ms + LOGIN_DELAY_MS;
	if (c->state == CLIENT_WAITING)
		deadline = c->state_ms + c->server->config.answer_timeout_ms;
	if (waits_to_send(c))
		other = c->send_ms + cli_stall_ms;
	return deadline < other ? deadline : other;
}

// The kernel is not to keep what nobody reads either.
static void
give_up_sending(struct cli_client *c)
{
	static const struct linger at_once = { .l_onoff = 1 };

	log_limited(LOG_LEVEL_NOTICE, 5, "cli %s: takes no output, closed", c->name);
	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	c->state = CLIENT_GONE;
}

static void
check_deadlines(struct cli_client *c, uint64_t now)
{
	if (waits_to_send(c) && now >= c->send_ms + cli_stall_ms) {
		give_up_sending(c);
	} else if (c->state == CLIENT_WAITING &&
		now >= c->state_ms + c->server->config.answer_timeout_ms) {
		give_up_waiting(c);
	} else if (now >= idle_deadline(c)) {
		close_with(c, "\r\n% Idle for too long\r\n");
	}
}

bool
cli_client_run(struct cli_client *c, short revents)
{
	if (revents & POLLOUT || !waits_to_send(c))
		c->send_ms = cli_now_ms();
	if (revents & (POLLERR | POLLNVAL) ||
		(revents & POLLHUP && !(revents & POLLIN) && c->state != CLIENT_READY))
		return false;
	if (revents & (POLLIN | POLLHUP) && takes_input(c) && c->in_at == c->in_n && !c->is_eof)
		receive(c);
	advance(c);
	transmit(c);
	check_deadlines(c, cli_now_ms());
	if (c->state == CLIENT_CLOSING && c->out.used == 0)
		return false;
	return c->state != CLIENT_GONE;
}
