#!/usr/bin/env bash
# How much memory 10,000 interactions with bodies of a megabyte take, in the pacts and in the answers.
#
#     benches/verify/large.sh [COUNTERPART]      default: target/release/counterpart
#
# Needs node, GNU time and 10 GB of disk; COUNT=1000 for less.
set -euo pipefail
cd "$(dirname "$0")/../.."
counterpart=$(realpath "${1:-target/release/counterpart}")
count=${COUNT:-10000}
port=${PORT:-18124}
work=$(mktemp -d)
trap 'kill "${provider:-}" 2>/dev/null || true; rm -rf "$work"' EXIT

mkdir "$work/pacts"
node benches/verify/large.js "$count" "$work/pacts"
node benches/verify/provider.js "$port" >"$work/log" &
provider=$!
until grep -q ready "$work/log"; do sleep 0.05; done

/usr/bin/time -o "$work/time" -f '%M KiB at most, %e s' \
  "$counterpart" verify "$work/pacts" --provider "http://127.0.0.1:$port" --timeout 30
echo "$count interactions, $(du -sm "$work/pacts" | cut -f1) MB of pacts: $(cat "$work/time")"
