# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034
# Sourced by the scripts here: names of a lab, waiting, ending. TORII_LAB=<name> sets the name of the
# lab (default: torii), from which every namespace, folder and socket gets its name, so that several
# labs can exist at once.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
lab=${TORII_LAB:-torii}
build=${TORII_BUILD:-$root/build}
ns_sgw=$lab-sgw
ns_gw=$lab-gw
ns_net=$lab-net
run_dir=/run/$lab
lab_mark=$run_dir/lab # only a run directory that holds it belongs to a lab
export TORII_LAB=$lab TORII_BUILD=$build
# Not the first python3 on PATH: Debian's own one has scapy.
python=/usr/bin/python3

[[ $lab =~ ^[a-z][a-z0-9]{0,7}$ ]] || {
	echo "TORII_LAB is \"$lab\": write 1 to 8 lower-case letters and digits" >&2
	exit 2
}

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

need_root() {
	[ "$(id -u)" = 0 ] || die "needs root: it makes network namespaces (run it with sudo)"
}

now_ms() {
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# wait_for <seconds> <command...>: until the command succeeds. 1 when the time is over.
wait_for() {
	local end=$(($(now_ms) + $1 * 1000))
	shift
	until "$@" >/dev/null 2>&1; do
		(($(now_ms) < end)) || return 1
		sleep 0.05
	done
}

# netns_list <pattern>: existing network namespaces whose name matches an extended pattern.
netns_list() {
	ip netns list | awk '{ print $1 }' | grep -E "^($1)$" || true
}

# is_running <pid> <program>: the process is that program and not somebody who got its number later.
is_running() {
	local exe
	[ -n "$1" ] && exe=$(readlink "/proc/$1/exe" 2>/dev/null) && [[ ${exe% (deleted)} == */"$2" ]]
}

is_gone() {
	[ ! -e "/proc/$1" ] || [ "$(awk '{ print $3 }' "/proc/$1/stat" 2>/dev/null)" = Z ]
}

# end_process <pid>: asks it to end, insists after five seconds.
end_process() {
	kill -TERM "$1" 2>/dev/null || return 0
	kill -CONT "$1" 2>/dev/null || true
	wait_for 5 is_gone "$1" || kill -KILL "$1" 2>/dev/null || true
	wait_for 2 is_gone "$1" || true
}
