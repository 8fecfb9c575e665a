#!/usr/bin/env bash
# Starts the binary, which reads the inputs from IN_* and does the GitHub work itself: base, annotations, summary, comment.
set -euo pipefail

cd "${IN_WORKING_DIRECTORY:-.}"
# In a container the checkout belongs to another user, and git refuses it until it is named.
git config --global --add safe.directory "$(pwd -P)" 2>/dev/null || true
if top=$(git rev-parse --show-toplevel 2>/dev/null); then
  git config --global --add safe.directory "$top"
fi
exec counterpart action
