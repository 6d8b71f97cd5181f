# Makes the disk of a Debian system with systemd. It has Debian's ipvsadm in /srv, not
# installed, and what that depends on. The script runs as root, in a directory for its files.
# usage: sh -eu -c SCRIPT lab SUITE SOURCE DISK
suite=$1
source=$2
disk=$3

mmdebstrap --quiet --mode=root --variant=minbase \
    --include=systemd-sysv,dbus,kmod,iproute2,lsb-base,sysvinit-utils,libpopt0,libnl-3-200,libnl-genl-3-200 \
    --customize-hook='chroot "$1" sh -c "cd /srv && apt-get -q -o APT::Sandbox::User=root download ipvsadm"' \
    "$suite" root "$source"

# Process 1 mounts the directory that the host and the guest share, and the kernel's
# modules. The kernel passes on parameters that it does not know as variables. A path as
# the only option of hostfs needs mount(2): fsconfig(2) takes names and values.
mkdir -p root/lib/modules
cat > root/lab-init <<'INIT'
#!/bin/sh
export LIBMOUNT_FORCE_MOUNT2=always
mount -t hostfs -o "$lab_share" lab /mnt && mount -t hostfs -o "$lab_modules" modules /lib/modules || exit
exec env -u LIBMOUNT_FORCE_MOUNT2 /sbin/init
INIT
chmod 755 root/lab-init

# The agent starts when the boot is over, and ends with the system.
cat > root/etc/systemd/system/lab.service <<'UNIT'
[Unit]
After=multi-user.target

[Service]
ExecStart=/bin/sh /mnt/agent
WorkingDirectory=/root
UNIT
mkdir -p root/etc/systemd/system/multi-user.target.wants
ln -s ../lab.service root/etc/systemd/system/multi-user.target.wants/

mke2fs -q -F -t ext4 -d root "$disk"
rm -rf root
