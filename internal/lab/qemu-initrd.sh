# Makes the guest's first file system, $2/initrd: busybox, the modules for the
# host's files, and the script that mounts them. $1 is where the kernel is.

release=$(basename "$1"/boot/vmlinuz-* | sed 's/^vmlinuz-//')
new=$2/initrd.d
mkdir -p "$new/bin" "$new/modules"
cp "$(command -v busybox)" "$new/bin/busybox"
cp "$2/root" "$new/init"
for module in virtio_pci 9pnet_virtio 9p overlay; do
    PATH=$PATH:/usr/sbin:/sbin modprobe -d "$1" -S "$release" --show-depends "$module"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
    cp "$file" "$new/modules/"
    basename "$file"
done > "$2/order"
cp "$2/order" "$new/modules/order"
cd "$new"
find . | cpio -o -H newc --quiet | gzip -1 > "$2/initrd"
