#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs tests of this folder over real SCTP, in user-mode Linux: the machine's kernel may have none.
set -u
here=$(cd "$(dirname "$0")" && pwd)
export TORII_BUILD=${TORII_BUILD:-$here/../../build}

if [ "${1:-}" = inside ]; then
	ip link set lo up
	# two paths between an MME (.2) and the HSS (.1), each of a subnet and a device of its own
	ip netns add mme
	for path in 1 2; do
		ip link add "h$path" type veth peer name "m$path"
		ip link set "m$path" netns mme
		ip addr add "10.9.$path.1/24" dev "h$path"
		ip link set "h$path" up
		ip -n mme addr add "10.9.$path.2/24" dev "m$path"
		ip -n mme link set "m$path" up
	done
	ip -n mme link set lo up
	mkdir -p /run/tmp
	export TMPDIR=/run/tmp TORII_SCTP=1
	failed=0
	for test in "${@:2}"; do
		echo "--- $test"
		/usr/bin/python3 "$here/$test" || failed=1
	done
	exit $failed
fi

exec "$here/../uml/run" --modules "sctp hmac md5 sha1_generic veth" \
	/usr/bin/env TORII_BUILD="$TORII_BUILD" "$here/_uml.sh" inside "$@"
