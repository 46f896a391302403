#!/bin/sh
# on_full_disk.sh FOLDER COMMAND...: with a file system of 64 KiB at FOLDER, of this process alone
[ "$1" = --mounted ] || exec unshare -m "$0" --mounted "$@"
mount -t tmpfs -o size=64k none "$2" || exit 1
shift 2
exec "$@"
