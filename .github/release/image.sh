#!/usr/bin/env bash
# Builds and pushes the image around the static binary.
set -euo pipefail

version=${VERSION:?the tag to release}
version=${version#v}
image="ghcr.io/${REPOSITORY,,}"
mkdir -p image
tar -xzf "dist/counterpart-$version-x86_64-unknown-linux-musl.tar.gz" -C image
printf '%s' "$GH_TOKEN" | docker login ghcr.io --username "$ACTOR" --password-stdin
docker build --file .github/release/Dockerfile --tag "$image:$version" --tag "$image:latest" image
docker push --quiet "$image:$version"
docker push --quiet "$image:latest"
