#!/usr/bin/env bash
# Puts the released binary on the PATH. Its checksum is pinned in checksums.txt, which the release writes into the tag.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)

if [ -n "${COUNTERPART_BINARY:-}" ]; then # a binary that the job built or cached itself
  dirname "$COUNTERPART_BINARY" >>"$GITHUB_PATH"
  exit 0
fi

case "${RUNNER_OS:-$(uname -s)}-${RUNNER_ARCH:-$(uname -m)}" in
  Linux-X64 | Linux-x86_64) target=x86_64-unknown-linux-musl archive=tar.gz ;;
  Linux-ARM64 | Linux-aarch64) target=aarch64-unknown-linux-musl archive=tar.gz ;;
  macOS-X64 | Darwin-x86_64) target=x86_64-apple-darwin archive=tar.gz ;;
  macOS-ARM64 | Darwin-arm64) target=aarch64-apple-darwin archive=tar.gz ;;
  Windows-X64) target=x86_64-pc-windows-msvc archive=zip ;;
  *)
    echo "::error title=counterpart::there is no release for ${RUNNER_OS:-$(uname -s)} on ${RUNNER_ARCH:-$(uname -m)}; build one and set COUNTERPART_BINARY"
    exit 2
    ;;
esac

version=${IN_VERSION:-$(cat "$here/version.txt")}
name="counterpart-$version-$target"
folder="${RUNNER_TOOL_CACHE:-$RUNNER_TEMP}/counterpart/$version/$target"
if [ ! -x "$folder/counterpart" ] && [ ! -x "$folder/counterpart.exe" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  url="${COUNTERPART_DOWNLOADS:-https://github.com/counterpart/counterpart/releases/download}/v$version/$name.$archive"
  curl --fail --silent --show-error --location --retry 3 --output "$work/$name.$archive" "$url"
  expected=$(awk -v file="$name.$archive" '$2 == file { print $1 }' "$here/checksums.txt")
  if [ -z "$expected" ]; then
    echo "::error title=counterpart::this action pins no checksum for $name; use the action's tag of that version"
    exit 2
  fi
  if command -v sha256sum >/dev/null; then
    actual=$(sha256sum "$work/$name.$archive" | cut -d' ' -f1)
  else
    actual=$(shasum -a 256 "$work/$name.$archive" | cut -d' ' -f1)
  fi
  if [ "$expected" != "$actual" ]; then
    echo "::error title=counterpart::the checksum of $name.$archive is $actual, not the pinned $expected"
    exit 2
  fi
  mkdir -p "$folder"
  case $archive in
    zip) unzip -q -o "$work/$name.$archive" -d "$folder" ;;
    *) tar -xzf "$work/$name.$archive" -C "$folder" ;;
  esac
fi
echo "$folder" >>"$GITHUB_PATH"
