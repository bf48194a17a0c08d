// SPDX-License-Identifier: BSD-3-Clause
#include "control/in_child.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

int
in_child(int (*work)(void *ctx), void *ctx)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(work(ctx));
	if (child < 0)
		return -errno;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EFAULT;
}
