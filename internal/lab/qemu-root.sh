#!/bin/busybox sh
# Process 1 of a guest under qemu: mounts the host's file system, and hands over
# to init in the share, which is $lab. The share is mounted once more, without
# a cache, for what is written there to be seen on the host at once.

/bin/busybox mkdir -p /proc /root
for module in $(/bin/busybox cat /modules/order); do
    /bin/busybox insmod "/modules/$module"
done
options=trans=virtio,version=9p2000.L,msize=524288
/bin/busybox mount -t 9p -o "$options,cache=loose" root /root &&
    /bin/busybox mount -t 9p -o "$options,cache=none" share "/root$lab" &&
    exec /bin/busybox chroot /root "$lab/init"
echo "the host's file system could not be mounted"
/bin/busybox poweroff -f
