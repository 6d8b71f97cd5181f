# Makes the guest's first file system, $2/initrd: busybox, the modules for the
# host's files, and the script that mounts them. $1 is the kernel's image.

release=$(basename "$1"/lib/modules/*)
new=$2/initrd.d
mkdir -p "$new/bin" "$new/modules"
cp "$(command -v busybox)" "$new/bin/busybox"
cp "$2/root" "$new/init"

for module in virtio_pci 9pnet_virtio 9p overlay; do
    modprobe -d "$1" -S "$release" --show-depends "$module"
done > "$2/dependencies"
awk '$1 == "insmod" && !seen[$2]++ { print $2 }' "$2/dependencies" > "$2/files"

# Busybox cannot unpack modules itself.
while read -r file; do
    name=$(basename "$file" .xz)
    case $file in
    *.xz) xz -dc "$file" ;;
    *) cat "$file" ;;
    esac > "$new/modules/$name"
    echo "$name"
done < "$2/files" > "$new/modules/order"

cd "$new"
find . | cpio -o -H newc --quiet | gzip -1 > "$2/initrd"
