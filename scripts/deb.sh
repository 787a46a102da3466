#!/bin/sh
# Makes a Debian package of a built binary and its pages: the same files give the same package, octet by octet.
#   scripts/deb.sh BINARY PAGES FOLDER   PAGES as `make pages` makes them; the package is written into FOLDER
# SOURCE_DATE_EPOCH is the time that its files get, that of the last commit if left out; DEB_COMPRESSION is xz if left out.
set -eu
cd "$(dirname "$0")/.."
[ $# = 3 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
binary=$1 pages=$2 folder=$3

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y Cargo.lock)}
export SOURCE_DATE_EPOCH
umask 022
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
root=$stage/root
doc=$root/usr/share/doc/rawshake

put() { # put MODE TARGET FILE...
    mode=$1 target=$root/$2
    shift 2
    install -d -m 755 "$target"
    install -m "$mode" -t "$target" "$@"
}
put 755 usr/bin "$binary"
strip --strip-all "$root/usr/bin/rawshake"
put 644 usr/share/man/man1 "$pages"/man/*.1
put 644 usr/share/zsh/vendor-completions "$pages"/completions/_rawshake
put 644 usr/share/fish/vendor_completions.d "$pages"/completions/rawshake.fish
put 644 usr/share/bash-completion/completions "$pages"/completions/rawshake.bash
mv "$root"/usr/share/bash-completion/completions/rawshake.bash "$root"/usr/share/bash-completion/completions/rawshake
put 644 usr/share/doc/rawshake README.md CHANGELOG.md docs/*.md scripts/debian/copyright
put 644 usr/share/doc/rawshake/captures captures/*
mv "$doc"/CHANGELOG.md "$doc"/changelog
gzip -9n "$root"/usr/share/man/man1/*.1 "$doc"/changelog

# The libraries that the binary names, and the packages that have them here.
needs=$(objdump -p "$root/usr/bin/rawshake" | awk '$1 == "NEEDED" { print $2 }')
depends="libcap2-bin"
for library in $needs; do
    path=$(ldd "$binary" | awk -v library="$library" '$1 == library { print $3 } $1 ~ "^/.*/" library "$" { print $1 }')
    # Where /lib is a link to /usr/lib, dpkg may know either name.
    package=$(dpkg -S "$path" "$(realpath "$path")" "/usr$path" 2>/dev/null | head -n 1 | cut -d: -f1)
    [ -n "$package" ] || { echo "deb: no package has $library" >&2; exit 2; }
    case $package in
        libc6) package="libc6 (>= $(dpkg-query -W -f '${Version}' libc6 | cut -d- -f1))" ;;
        libpcap0.8*) package="libpcap0.8t64 | libpcap0.8" ;;
    esac
    case ", $depends, " in *", $package, "*) ;; *) depends="$depends, $package" ;; esac
done

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
architecture=$(dpkg --print-architecture)
install -d -m 755 "$root/DEBIAN"
sed -e "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@DEPENDS@/$depends/" \
    -e "s/@SIZE@/$(du -k -s --apparent-size "$root/usr" | cut -f1)/" scripts/debian/control >"$root/DEBIAN/control"
install -m 755 scripts/debian/postinst "$root/DEBIAN/postinst"
(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
find "$root" -newermt "@$SOURCE_DATE_EPOCH" -print0 | xargs -0r touch --no-dereference --date="@$SOURCE_DATE_EPOCH"
install -d "$folder"
dpkg-deb --root-owner-group "-Z${DEB_COMPRESSION:-xz}" --build "$root" "$folder/rawshake_${version}_$architecture.deb"
