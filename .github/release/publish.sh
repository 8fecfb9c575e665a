#!/usr/bin/env bash
# Publishes the archives with their checksums. The checksums are also committed to the release's action tag, so that the
# action installs nothing but these bytes.
set -euo pipefail

version=${VERSION:?the tag to release}
version=${version#v}
(cd dist && sha256sum -- * >SHA256SUMS)
.github/release/homebrew.sh
notes=$(awk -v version="$version" '$0 ~ "^## \\[" version "\\]" { on = 1; next } /^## \[/ { on = 0 } on' CHANGELOG.md)
gh release create "$VERSION" --verify-tag --title "$VERSION" --notes "${notes:-See CHANGELOG.md.}" dist/*

printf '%s\n' "$version" >.github/action/version.txt
cp dist/SHA256SUMS .github/action/checksums.txt
git config user.name "release"
git config user.email "release@users.noreply.github.com"
git commit -q -m "Pin the checksums of $VERSION" .github/action
major="v${version%%.*}"
gh auth setup-git
# `v1.4.0-action` and `v1` are what `uses:` names; the release's own tag never moves.
git tag -f "$VERSION-action" && git tag -f "$major"
git push origin -f "$VERSION-action" "$major"
