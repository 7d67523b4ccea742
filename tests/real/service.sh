#!/bin/bash
# The service as it is installed, under a service manager of its own: a container whose root is this machine's under an overlay, with
# systemd as pid 1, libvirtd, QEMU and sshd in it, tanad as the user tana behind its unit's walls. service_story.sh is what happens there.
# Two minutes, for `make check-long`. Needs root, systemd-nspawn, and a kernel that lets overlays be mounted.
set -eu
: "${TANA_SRC:=$(cd "$(dirname "$0")/../.." && pwd)}" "${TANA_BUILD:=$TANA_SRC/build}"
. "$TANA_SRC/tests/real/bed.sh"
. "$TANA_SRC/tests/real/lib.sh"
need_real
command -v systemd-nspawn >/dev/null || skip "needs systemd-nspawn (Debian: systemd-container)"
grep -qw overlay /proc/filesystems || skip "needs overlays"
if [ -z "${SERVICE_INSIDE:-}" ]; then
	unshare -m --propagation private true 2>/dev/null || skip "needs a mount namespace"
	SERVICE_INSIDE=1 exec unshare -m --propagation private "$0" "$@"
fi
"$TANA_SRC/tests/real/guest.sh" >/dev/null
dir=$(mktemp -d /tmp/tana-service.XXXXXX)
trap 'umount "$dir/root" "$dir/up" 2>/dev/null || true; rm -rf "$dir"' EXIT
mkdir "$dir/up" "$dir/root" "$dir/said"
mount -t tmpfs -o size=1g,mode=755 tmpfs "$dir/up"
mkdir "$dir/up/upper" "$dir/up/work"
mount -t overlay -o "lowerdir=/,upperdir=$dir/up/upper,workdir=$dir/up/work" overlay "$dir/root" || skip "no overlay of / can be mounted here"
make -s -C "$TANA_BUILD" install DESTDIR="$dir/root" >"$dir/said/install" 2>&1 || { cat "$dir/said/install"; exit 1; }
rm -rf "$dir"/root/etc/systemd/system/*.wants "$dir/root/etc/machine-id"
echo uninitialized >"$dir/root/etc/machine-id"
cat >"$dir/root/etc/systemd/system/story.target" <<-END
	[Unit]
	Requires=basic.target
	Wants=story.service
	After=basic.target
	AllowIsolate=yes
END
cat >"$dir/root/etc/systemd/system/story.service" <<-END
	[Unit]
	After=basic.target dbus.socket
	Wants=dbus.socket
	[Service]
	Type=oneshot
	TimeoutStartSec=600s
	Environment=TANA_SRC=$TANA_SRC TANA_BUILD=$TANA_BUILD LC_ALL=C.UTF-8 TZ=UTC HOME=/root STORY_SAID=$dir/said
	StandardOutput=append:$dir/said/story
	StandardError=append:$dir/said/story
	ExecStart=/bin/bash $TANA_SRC/tests/real/service_story.sh
	ExecStopPost=/bin/systemctl --no-block poweroff
END
: >"$dir/said/story"
SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=$([ -e /sys/fs/cgroup/cgroup.controllers ] && echo 1 || echo 0) timeout 600 systemd-nspawn --quiet --register=no \
	--keep-unit --private-network --link-journal=no --console=pipe --machine=tana-service --directory="$dir/root" --bind="$dir/said" \
	--bind="$TANA_SRC" --bind="$TANA_BUILD" --boot -- systemd.unit=story.target systemd.show_status=0 >"$dir/said/boot" 2>&1 </dev/null || true
[ -s "$dir/said/story" ] || skip "systemd does not boot in a container here: $(tail -n 2 "$dir/said/boot")"
cat "$dir/said/story"
[ -e "$dir/said/well" ]
