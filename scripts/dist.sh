#!/bin/sh
# Builds what is given to others, into target/dist: the sources, the program with its pages, the Debian package, the list of
# crates (CycloneDX), and SHA256SUMS. The same commit and the same compiler give the same octets, wherever they are built.
#   scripts/dist.sh           of the files that are committed
#   scripts/dist.sh --check   as well a second time, from a copy in another folder, and compares
# SOURCE_DATE_EPOCH is the time that files get, that of the last commit if left out.
set -eu
cd "$(dirname "$0")/.."
here=$(pwd)
most=8000000 # octets of the program

fail() { echo "dist: $*" >&2; exit 2; }
[ -z "$(git status --porcelain --untracked-files=no)" ] || fail "commit what was changed, or put it aside with git stash"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
name=rawshake-$version
registry=${CARGO_HOME:-$HOME/.cargo}

# No folder of the machine that builds gets into what is built.
built() { # built SOURCES TARGET: compiles the program and its pages from SOURCES
    map="--remap-path-prefix=$1=/rawshake --remap-path-prefix=$registry=/cargo"
    (cd "$1" && export CARGO_TARGET_DIR="$2" RUSTFLAGS="$map" CFLAGS="-ffile-prefix-map=$registry=/cargo" &&
        ${CARGO:-cargo} build --profile small --locked --bin rawshake --example pages --example sbom &&
        rm -rf "$2/pages" && "$2/small/examples/pages" "$2/pages")
}

sound() { # sound BINARY: is small, and names no folder of this machine
    size=$(stat -c %s "$1")
    [ "$size" -lt "$most" ] || fail "the program has $size octets, and $most is the most"
    for folder in "$here" "$registry" "$HOME/"; do
        [ "$folder" = / ] || ! grep -qaF "$folder" "$1" || fail "the program names $folder"
    done
    echo "dist: the program has $size octets"
}

pack() { # pack FOLDER INTO: a tar of FOLDER, whose name is its first component
    tar -C "$(dirname "$1")" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" --format=gnu \
        -cf - "$(basename "$1")" | gzip -9n >"$2"
}

gather() { # gather TARGET FOLDER: everything that is given away, from what was built in TARGET
    rm -rf "$2" && mkdir -p "$2"
    program=$2/$name-$(uname -m)-linux
    install -D -m 755 -t "$program/bin" "$1/small/rawshake"
    install -D -m 644 -t "$program/share/man/man1" "$1"/pages/man/*.1
    install -D -m 644 -t "$program/share/completions" "$1"/pages/completions/*
    install -D -m 644 -t "$program" README.md CHANGELOG.md LICENSE LICENSE-MIT LICENSE-APACHE
    install -D -m 644 -t "$program/docs" docs/*.md
    install -D -m 644 -t "$program/captures" captures/*
    pack "$program" "$program.tar.gz"
    rm -rf "$program"
    git archive --format=tar --prefix="$name/" HEAD | gzip -9n >"$2/$name.tar.gz"
    scripts/deb.sh "$1/small/rawshake" "$1/pages" "$2"
    "$1/small/examples/sbom" "$2/$name.cdx.json"
    (cd "$2" && sha256sum -- *.tar.gz *.deb *.json >SHA256SUMS)
}

built "$here" "$here/target/dist-build"
sound target/dist-build/small/rawshake
gather target/dist-build target/dist
[ "${1:-}" = --check ] || exit 0

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git clone -q --no-hardlinks . "$copy/elsewhere"
built "$copy/elsewhere" "$copy/target"
gather "$copy/target" "$copy/dist"
diff target/dist/SHA256SUMS "$copy/dist/SHA256SUMS" || fail "built twice, it is not the same"
echo "dist: built twice, it is the same"
