#!/bin/sh
# Makes the guests that the real tests start, once, in a cache folder: Debian's cloud kernel and a 1 MB initramfs of busybox.
# One answers the ACPI power button within seconds, the stubborn one ignores it; the one with an agent answers QEMU's guest
# agent protocol as far as freezing goes, and says so on its console; the one with a shell has it there. Prints the folder.
# Usage: guest.sh [FOLDER]      needs apt-get (Debian), busybox-static, cpio
set -eu
cache=${1:-${TANA_GUESTS:-/var/cache/tana-testbed}}
mkdir -p "$cache"
cd "$cache"
exec 8>lock # tests begin side by side: one makes them, the others find them
flock 8
# One more that gives a shell on its serial console: it needs nothing of the kernel's package.
if [ ! -s shell.img ]; then
	rm -rf work-shell && mkdir -p work-shell/bin work-shell/dev work-shell/proc work-shell/sys
	cp /bin/busybox work-shell/bin/busybox
	cat >work-shell/init <<'END'
#!/bin/busybox sh
b=/bin/busybox
$b mount -t devtmpfs none /dev; $b mount -t proc none /proc; $b mount -t sysfs none /sys
$b --install -s /bin
export PS1='guest# ' PATH=/bin
echo "guest is up" >/dev/ttyS0
while :; do $b setsid $b sh -c 'exec $0 sh -i </dev/ttyS0 >/dev/ttyS0 2>&1' $b; $b sleep 1; done
END
	chmod +x work-shell/init
	(cd work-shell && find . | cpio -o -H newc --quiet) | gzip -9 >shell.new
	mv shell.new shell.img && rm -rf work-shell && chmod 644 shell.img
fi
if [ -s vmlinuz ] && [ -s acpi.img ] && [ -s stubborn.img ] && [ -s agent.img ]; then
	echo "$cache"
	exit 0
fi
kernel() { apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1; }
package=$(kernel)
# A mirror may be busy, and so may apt.
for wait in 0 5 20; do
	[ -z "$package" ] || break
	sleep $wait
	apt-get -q update >/dev/null 2>&1 || true
	package=$(kernel)
done
[ -n "$package" ] || { echo "guest.sh: apt knows no linux-image-cloud-amd64: even after apt-get update" >&2; exit 1; }
rm -rf work && mkdir work && cd work
for wait in 5 20 0; do
	! apt-get -q -o Acquire::Retries=3 download "$package" >download.log 2>&1 || break
	[ $wait != 0 ] || { cat download.log >&2; exit 1; }
	sleep $wait
	apt-get -q update >/dev/null 2>&1 || true
done
mkdir kernel
dpkg-deb --fsys-tarfile linux-image-*.deb | tar -x -C kernel --wildcards './boot/vmlinuz-*' '*/button.ko*' '*/evdev.ko*' \
	'*/virtio.ko*' '*/virtio_ring.ko*' '*/virtio_pci*.ko*' '*/virtio_console.ko*'

cat >agent.sh <<'END'
#!/bin/busybox sh
b=/bin/busybox
for m in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_console; do $b insmod /modules/$m.ko; done
until [ -e /dev/vport0p1 ] || [ -e /dev/vport1p1 ]; do $b sleep 1; done
exec 3<>"$(echo /dev/vport?p1)"
while :; do
	# Nothing to read: nobody is at the other end yet.
	IFS= read -r line <&3 || { $b sleep 1; continue; }
	id=${line##*\"id\":}
	case $line in
	*guest-sync-delimited*) printf '\377{"return": %s}\n' "${id%%[!0-9]*}" ;;
	*guest-sync*) printf '{"return": %s}\n' "${id%%[!0-9]*}" ;;
	*guest-fsfreeze-freeze*) echo "guest is frozen" >/dev/ttyS0; echo '{"return": 1}' ;;
	*guest-fsfreeze-thaw*) echo "guest is thawed" >/dev/ttyS0; echo '{"return": 1}' ;;
	*) echo '{"error": {"class": "CommandNotFound", "desc": "not here"}}' ;;
	esac >&3
done
END

for kind in acpi stubborn agent; do
	root=$kind
	mkdir -p $root/bin $root/dev $root/proc $root/sys $root/var/log $root/var/run $root/etc/acpi/PWRF $root/modules
	cp /bin/busybox $root/bin/busybox
	find kernel -name '*.ko*' -exec cp {} $root/modules/ \;
	printf '#!/bin/busybox sh\n/bin/busybox poweroff -f\n' >$root/etc/acpi/PWRF/00000080
	{
		echo '#!/bin/busybox sh'
		echo 'b=/bin/busybox'
		echo '$b mount -t devtmpfs none /dev; $b mount -t proc none /proc; $b mount -t sysfs none /sys'
		echo '$b insmod /modules/button.ko; $b insmod /modules/evdev.ko'
		[ $kind = stubborn ] || echo '$b acpid'
		[ $kind != agent ] || { cp agent.sh $root/agent; chmod +x $root/agent; echo '/agent &'; }
		echo 'echo "guest is up" >/dev/ttyS0'
		echo 'while :; do $b sleep 3600; done'
	} >$root/init
	chmod +x $root/init $root/etc/acpi/PWRF/00000080
	(cd $root && find . | cpio -o -H newc --quiet) | gzip -9 >$kind.img
done
mv acpi.img stubborn.img agent.img ..
mv kernel/boot/vmlinuz-* ../vmlinuz
cd .. && rm -rf work
chmod 644 vmlinuz acpi.img stubborn.img agent.img
echo "$cache"
