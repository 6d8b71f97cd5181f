#!/bin/sh
# Process 1 of a guest. It puts a layer of memory over the host's file system,
# so that nothing the command writes reaches the host, runs the command in it,
# and switches the machine off. The directory of this file is the share: see
# share.go. What is printed here goes to the guest's console.

share=${0%/*}
. "$share/settings"

# stop switches the machine off at once.
stop() {
    sync
    echo o > /proc/sysrq-trigger
    sleep 60
}

# layer makes the command's root: memory over the host's files, fresh kernel
# file systems, the modules of this kernel, and the directories that it may
# write on the host.
layer() {
    mount -t proc proc /proc || return
    mount -t tmpfs lab /run || return
    mkdir /run/upper /run/work /run/root || return
    grep -qw overlay /proc/filesystems ||
        insmod "$modules/$(uname -r)/kernel/fs/overlayfs/overlay.ko" || return
    mount -t overlay -o lowerdir=/,upperdir=/run/upper,workdir=/run/work overlay /run/root || return
    cd /run/root || return
    mount -t proc proc proc && mount -t sysfs sysfs sys && mount -t devtmpfs devtmpfs dev &&
        mount -t tmpfs tmpfs run && mkdir -p lib/modules || return
    mkdir -p dev/pts dev/shm && mount -t devpts devpts dev/pts && mount -t tmpfs tmpfs dev/shm &&
        ln -s /proc/self/fd dev/fd || return
    mount --bind "$modules" lib/modules || return
    eval "set -- $writable"
    for directory in "$share" "$@"; do
        mount --bind "$directory" ".$directory" || return
    done
    mount --move . /
}

# work runs the command and notes its status.
work() {
    ip link set lo up && modprobe ip_vs || return
    cd "$workdir" || return
    : > "$share/started"
    sh "$share/command" < "$share/stdin" >> "$share/stdout" 2>> "$share/stderr"
    echo $? > "$share/status"
}

case ${1-} in
work) work ;;
*) layer && exec chroot . "$0" work ;;
esac
stop
