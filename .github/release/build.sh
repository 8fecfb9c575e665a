#!/usr/bin/env bash
# Builds one static release archive: counterpart-VERSION-TARGET.{tar.gz,zip} in dist/, with licences and completions.
set -euo pipefail

version=${VERSION:?the tag to release}
version=${version#v}
declared=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
if [ "$version" != "$declared" ]; then
  echo "::error::the tag says $version, Cargo.toml $declared"
  exit 1
fi
rustup target add "$TARGET"
if [ "${TARGET%-musl}" != "$TARGET" ]; then
  sudo apt-get update -qq && sudo apt-get install -y -qq musl-tools
fi
cargo build --release --locked --target "$TARGET"

name="counterpart-$version-$TARGET"
stage=$(mktemp -d)
binary="target/$TARGET/release/counterpart"
[ -f "$binary" ] || binary="$binary.exe"
cp "$binary" LICENSE-MIT LICENSE-APACHE README.md CHANGELOG.md "$stage/"
mkdir -p "$stage/completions" "$stage/man" dist
for shell in bash zsh fish powershell; do
  "$binary" completions "$shell" >"$stage/completions/counterpart.$shell"
done
"$binary" man >"$stage/man/counterpart.1"
case $TARGET in
  *windows*) (cd "$stage" && 7z a -bso0 "$OLDPWD/dist/$name.zip" .) ;;
  *) tar -C "$stage" -czf "dist/$name.tar.gz" . ;;
esac
