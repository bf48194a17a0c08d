#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Hostile peers, and what is sent to them, against an HSS with Address and UndefinedBehaviour Sanitizer.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
export TORII_BUILD=$here/../../build-asan
export UBSAN_OPTIONS=print_stacktrace=1
/usr/bin/python3 "$here/hostile.py"
/usr/bin/python3 "$here/wellformed.py"
