# Makes the file system of a guest with another processor, $1/initrd, of the Debian
# system in $2, with the modules for the host's files. $1 is the kernel's image.

release=$(basename "$1"/lib/modules/*)
cd "$2"
mkdir -p modules proc sys dev run tmp host root etc

for module in virtio_pci 9pnet_virtio 9p overlay; do
    modprobe -d "$1" -S "$release" --show-depends "$module"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
    cp "$file" modules
    basename "$file"
done > modules/order

# What the scripts of the packages would make.
ln -sf dash bin/sh
ln -s mawk usr/bin/awk
echo root:x:0:0:root:/root:/bin/sh > etc/passwd
echo nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin >> etc/passwd
echo root:x:0: > etc/group
echo nogroup:x:65534: >> etc/group
echo 127.0.0.1 localhost > etc/hosts
echo nameserver 127.0.0.1 > etc/resolv.conf
echo hosts: files dns > etc/nsswitch.conf

rm -rf usr/share/doc usr/share/man usr/share/locale usr/share/perl* boot
find . | cpio -o -H newc -R 0:0 --quiet | gzip -1 > "$1/initrd"
