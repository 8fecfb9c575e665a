#!/usr/bin/env bash
# Writes the Homebrew formula for the archives in dist/: dist/counterpart.rb, to be copied into a tap.
set -euo pipefail

version=${VERSION:?the tag to release}
version=${version#v}
repository=${REPOSITORY:-counterpart/counterpart}

checksum() { # checksum TARGET: of that archive, as SHA256SUMS has it
  local sum
  sum=$(awk -v file="counterpart-$version-$1.tar.gz" '$2 == file { print $1 }' dist/SHA256SUMS)
  if [ -z "$sum" ]; then
    echo "there is no checksum for $1 in dist/SHA256SUMS" >&2
    exit 1
  fi
  printf '%s' "$sum"
}

archive() { # archive TARGET: the lines that name and pin it
  local sum
  sum=$(checksum "$1") || return 1
  printf '      url "https://github.com/%s/releases/download/v%s/counterpart-%s-%s.tar.gz"\n' \
    "$repository" "$version" "$version" "$1"
  printf '      sha256 "%s"\n' "$sum"
}

macos_arm=$(archive aarch64-apple-darwin)
macos_intel=$(archive x86_64-apple-darwin)
linux_arm=$(archive aarch64-unknown-linux-musl)
linux_intel=$(archive x86_64-unknown-linux-musl)

cat >dist/counterpart.rb <<FORMULA
class Counterpart < Formula
  desc "Finds breaking changes in protobuf and OpenAPI contracts, proves them, gates merges"
  homepage "https://github.com/$repository"
  version "$version"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
$macos_arm
    end
    on_intel do
$macos_intel
    end
  end

  on_linux do
    on_arm do
$linux_arm
    end
    on_intel do
$linux_intel
    end
  end

  def install
    bin.install "counterpart"
    man1.install "man/counterpart.1"
    bash_completion.install "completions/counterpart.bash" => "counterpart"
    zsh_completion.install "completions/counterpart.zsh" => "_counterpart"
    fish_completion.install "completions/counterpart.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/counterpart --version")
  end
end
FORMULA
