#!/bin/sh
# Lays a root file system over another, in a mount namespace, and runs installed.sh there: layer.sh LOWER PACKAGE
set -eu
here=$(dirname "$0")
top=$(mktemp -d)
mount -t tmpfs layer "$top"
mkdir "$top/upper" "$top/work" "$top/root"
mount -t overlay overlay -o "lowerdir=$1,upperdir=$top/upper,workdir=$top/work" "$top/root" 2>/dev/null || {
    echo "this machine has no overlay file system" >&2
    rmdir "$top" 2>/dev/null || true
    exit 77
}
root=$top/root
mount -t proc proc "$root/proc"
mount -t tmpfs run "$root/run"
mount --bind /dev "$root/dev"
cp "$2" "$root/run/rawshake.deb"
cp "$here/installed.sh" "$root/run/"
mkdir -p "$root/run/old"
cd "$root"
# Whoever is in a chroot may make no user namespace, so the root of the mount namespace itself is changed.
pivot_root . run/old
umount -l /run/old
exec sh /run/installed.sh
