#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
exec "$(dirname "$0")/_uml.sh" s6a.py
