#!/bin/sh
# Process 1 of a guest. It makes a root directory that has the host's files and
# from which nothing reaches the host, runs the command in it, and switches the
# machine off. The directory of this file is the share: see share.go. What is
# printed here goes to the guest's console.

share=${0%/*}
. "$share/settings"

# stop switches the machine off at once.
stop() {
    sync
    echo o > /proc/sysrq-trigger
    sleep 60
}

# overlay_root makes a root of memory over the host's files.
overlay_root() {
    mkdir /run/upper /run/work || return
    grep -qw overlay /proc/filesystems ||
        insmod "$modules/$(uname -r)/kernel/fs/overlayfs/overlay.ko" || return
    mount -t overlay -o lowerdir=/,upperdir=/run/upper,workdir=/run/work overlay /run/root &&
        mount -t tmpfs tmpfs /run/root/run && cd /run/root
}

# writable_overlay makes a directory of the host writable in a root of overlay_root.
writable_overlay() { mount --bind "$1" ".$1"; }

# can_read reports whether files of the host can be read in the new root. On Linux
# 5.10 they cannot in an overlay over hostfs, which opens files by their path and
# takes the one in the overlay.
can_read() { cat ".$share/settings" > /dev/null; }

# linked_root makes a root of symbolic links to the host's files, which are made
# read-only, and of memory in the directories that are written to: /etc, /tmp, those
# of the modules and of modprobe.
linked_root() {
    mount -o remount,ro / && mount -t tmpfs -o mode=755 root /run/root && cd /run/root &&
        mkdir -p proc sys dev run etc tmp usr/lib usr/sbin || return
    chmod 1777 tmp
    mount -t tmpfs tmpfs run && mkdir .host && mount --bind / .host || return
    find / -maxdepth 1 -type l -exec cp -P -t . {} +
    for directory in / /tmp/ /usr/ /usr/lib/ /usr/sbin/; do
        link "$directory" || return
    done
    cp -a /etc .
}

# link makes links to what there is in a directory of the host, unless the new root
# has it already.
link() {
    for file in "$1"*; do
        [ -e ".$file" ] || [ -L ".$file" ] || echo "/.host$file"
    done | xargs -r -d '\n' ln -s -t ".$1"
}

# writable_link makes a directory of the host writable in a root of linked_root.
writable_link() { chroot . mount -t hostfs -o "$1" none "$1"; }

# kernel_files mounts the kernel's file systems and its modules in the new root.
kernel_files() {
    mount -t proc proc proc && mount -t sysfs sysfs sys && mount -t devtmpfs devtmpfs dev || return
    mkdir -p dev/pts dev/shm && mount -t devpts devpts dev/pts && mount -t tmpfs tmpfs dev/shm &&
        ln -s /proc/self/fd dev/fd || return
    mkdir -p lib/modules && mount -o bind,ro "$modules" lib/modules
}

# new_root makes the command's root, in which it may write what it likes: only in
# the share and the directories that were named that reaches the host.
new_root() {
    mount -t proc proc /proc && mount -t tmpfs lab /run && mkdir /run/root || return
    overlay_root || return
    kind=overlay
    if ! can_read; then
        cd / && umount -R /run/root && linked_root || return
        kind=link
    fi
    kernel_files || return
    eval "set -- $writable"
    for directory in "$share" "$@"; do
        "writable_$kind" "$directory" || return
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
*) new_root && exec chroot . "$0" work ;;
esac
stop
