#!/usr/bin/env bash
# Verifies the same 500 small interactions with counterpart and with the official verifier from npm, one after the other.
#
#     benches/verify/run.sh [COUNTERPART]      default: target/release/counterpart
#
# Needs node and bc. The official one is installed from npm where it is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."
counterpart=$(realpath "${1:-target/release/counterpart}")
official=target/clients/node_modules/@pact-foundation/pact-cli-linux-x64/standalone/pact
[ -x "$official" ] ||
  npm install --silent --no-audit --no-fund --prefix target/clients @pact-foundation/pact-cli@18.1.2 >/dev/null
count=${COUNT:-500}
port=${PORT:-18123}
work=$(mktemp -d)
trap 'kill "${provider:-}" 2>/dev/null || true; rm -rf "$work"' EXIT

node -e '
  const interactions = [...Array(Number(process.argv[1])).keys()].map((id) => ({
    description: `order ${id}`, request: { method: "GET", path: `/orders/${id}` },
    response: { status: 200, headers: { "Content-Type": "application/json" }, body: { id, state: "open", lines: [{ sku: "x", count: 1 }] },
      matchingRules: { body: { "$.state": { matchers: [{ match: "regex", regex: "open|paid" }] }, "$.lines": { matchers: [{ match: "type", min: 1 }] } } } },
  }));
  console.log(JSON.stringify({ consumer: { name: "web" }, provider: { name: "orders" }, interactions, metadata: { pactSpecification: { version: "3.0.0" } } }));
' "$count" >"$work/pact.json"

node benches/verify/provider.js "$port" >"$work/log" &
provider=$!
until grep -q ready "$work/log"; do sleep 0.05; done

seconds() { # seconds COMMAND...: wall clock, and the exit code checked
  local start end
  start=$(date +%s.%N)
  "$@" >"$work/out" 2>&1 || { tail -20 "$work/out"; return 1; }
  end=$(date +%s.%N)
  echo "$end - $start" | bc
}

# The first run of each warms the provider and the disk.
run_ours() { seconds "$counterpart" verify "$work/pact.json" --provider "http://127.0.0.1:$port"; }
run_theirs() { PACT_DO_NOT_TRACK=true seconds "$official" verifier -f "$work/pact.json" -h 127.0.0.1 -p "$port"; }
run_ours >/dev/null
ours=$(run_ours)
run_theirs >/dev/null
theirs=$(run_theirs)
echo "counterpart: $count interactions in $ours s"
echo "official:    $count interactions in $theirs s, $(echo "scale=1; $theirs / $ours" | bc) times as long"
