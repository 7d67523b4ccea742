# Real hosts on one machine, to be sourced by tests: each host is a libvirtd with QEMU (emulated CPU), a virtlogd and an
# sshd in a mount and UTS namespace of its own; sshd listens on the host's loopback address $BED_NET.N, port 2022.
# Everything lives below $BED and is ended by process id. Needs root.
#
#   bed_open [local]           makes $BED, keys, known_hosts, guests; local: hosts without sshd, reached by their sockets in
#                              $BED/hN/run, and as many of them as there is room for; of the others three may stand at once
#   bed_host N                 starts host N (1..9): name hN
#   bed_domain N NAME KIND [FORMAT...]  defines a domain on host N; KIND: acpi, stubborn, agent (boot in 5 s), shell (on a pty), empty (no OS, but a
#                              screen); with a
#                              disk of 64 MiB (vda, vdb) for each FORMAT (qcow2, raw)
#   bed_disk N NAME K          prints the file of its disk K (1 is vda)
#   bed_virsh N ARG...         virsh on host N
#   bed_libvirtd N, bed_sshd N  print the daemon's pid; bed_qemu N NAME that of a VM
#   bed_sshd_end N             ends its sshd with every session
#   bed_uri N                  prints qemu+ssh://root@$BED_NET.N:2022/system
#   bed_guest_up N NAME        waits until the guest says that it is up
#   bed_close                  ends all of it

BED_PORT=2022
bed_say() { printf '# %s\n' "$*"; }
bed_die() { printf 'not ok: %s\n' "$*" >&2; exit 1; }

# Waits up to SECONDS for a command to succeed: bed_wait SECONDS COMMAND...
bed_wait() {
	bed_end=$(($(date +%s%N) / 1000000 + $1 * 1000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $(($(date +%s%N) / 1000000)) -lt "$bed_end" ] || return 1
		sleep 0.1
	done
}

# Addresses of its own, as long as this shell lives: the first that nobody has, else one waits.
bed_take_net() {
	for bed_n in 11 12 13; do
		exec 9>/run/tana-bed.$bed_n.lock
		BED_NET=127.0.$bed_n
		flock -n 9 && return 0
	done
	flock 9
}

bed_open() {
	bed_local=${1:-}
	BED_NET=127.0.0 # of no use to a local one
	[ -n "$bed_local" ] || bed_take_net
	BED=$(mktemp -d /tmp/tana-bed.XXXXXX)
	guests=$("$TANA_SRC/tests/real/guest.sh") || bed_die "no guests"
	cp "$guests/vmlinuz" "$guests"/*.img "$BED"
	chmod 755 "$BED"
	mkdir -p "$BED/ssh"
	ssh-keygen -q -t ed25519 -N '' -f "$BED/ssh/login"
	ssh-keygen -q -t ed25519 -N '' -f "$BED/ssh/host"
	ssh-keygen -q -t ed25519 -N '' -f "$BED/ssh/other"
	: >"$BED/ssh/known_hosts"
	bed_hosts=
}

bed_sshd_start() { # in the host's namespace
	bed_enter "$1" setsid /usr/sbin/sshd -D -e -f "$BED/h$1/sshd_config" >>"$BED/h$1/sshd.log" 2>&1 </dev/null &
	echo $! >"$BED/h$1/sshd.pid.sh"
	bed_wait 60 test -s "$BED/h$1/sshd.pid" || bed_die "sshd of h$1 did not start: $(tail -n 3 "$BED/h$1/sshd.log")"
	bed_wait 60 sh -c "ssh-keyscan -p $BED_PORT $BED_NET.$1 2>/dev/null | grep -q ."
}

bed_libvirtd_start() {
	bed_enter "$1" setsid sh -c 'echo $$ >"$1"; exec /usr/sbin/libvirtd -p /run/libvirt/libvirtd.pid -f /etc/libvirt/libvirtd.conf' sh \
		"$BED/h$1/libvirtd.pid" >>"$BED/h$1/libvirtd.log" 2>&1 </dev/null &
	bed_wait 90 bed_virsh "$1" uri || bed_die "libvirtd of h$1 did not start: $(tail -n 5 "$BED/h$1/libvirtd.log")"
}

bed_host() {
	n=$1
	d=$BED/h$n
	mkdir -p "$d/run" "$d/lib" "$d/log" "$d/etc" "$d/ssh"
	cp -a /etc/libvirt/. "$d/etc/"
	rm -f "$d"/etc/qemu/networks/autostart/* "$d"/etc/qemu/networks/*.xml
	printf 'host_uuid = "00000000-0000-4000-8000-00000000000%s"\nauth_unix_rw = "none"\nlog_outputs = "3:stderr"\n' "$n" >"$d/etc/libvirtd.conf"
	printf 'user = "root"\ngroup = "root"\nsecurity_driver = "none"\nnamespaces = []\ncgroup_controllers = []\nremember_owner = 0\n' >"$d/etc/qemu.conf"
	cat >"$d/sshd_config" <<-END
	ListenAddress $BED_NET.$n:$BED_PORT
	HostKey $BED/ssh/host
	AuthorizedKeysFile $BED/ssh/login.pub
	StrictModes no
	PasswordAuthentication no
	KbdInteractiveAuthentication no
	UsePAM no
	PermitRootLogin yes
	AllowStreamLocalForwarding yes
	PidFile $d/sshd.pid
	END
	mkdir -p /run/sshd
	unshare --mount --uts --propagation private setsid sh -c '
		echo $$ >"$2/holder.pid"
		hostname "$1"
		mkdir -p /run/libvirt /var/lib/libvirt /var/log/libvirt
		mount --bind "$2/run" /run/libvirt
		mount --bind "$2/lib" /var/lib/libvirt
		mount --bind "$2/log" /var/log/libvirt
		mount --bind "$2/etc" /etc/libvirt
		# A kvm that QEMU may not use makes libvirtd ask every emulator anew, for seconds, at each call.
		[ ! -e /dev/kvm ] || mount --bind /dev/null /dev/kvm
		touch "$2/ready"
		exec sleep 86400' sh "h$n" "$d" >/dev/null 2>&1 </dev/null &
	bed_wait 60 test -e "$d/ready" || bed_die "no namespace for h$n (root is needed)"
	bed_hosts="$bed_hosts $n"
	bed_enter "$n" setsid sh -c 'echo $$ >"$1"; exec /usr/sbin/virtlogd -p /run/libvirt/virtlogd.pid' sh "$d/virtlogd.pid" >>"$d/virtlogd.log" 2>&1 </dev/null &
	bed_libvirtd_start "$n"
	[ -z "$bed_local" ] || return 0
	bed_sshd_start "$n"
	printf '[%s.%s]:%s %s\n' "$BED_NET" "$n" "$BED_PORT" "$(cut -d' ' -f1,2 "$BED/ssh/host.pub")" >>"$BED/ssh/known_hosts"
}

bed_enter() { bed_e=$1; shift; nsenter -t "$(cat "$BED/h$bed_e/holder.pid")" -m -u -- "$@"; }
bed_virsh() { bed_v=$1; shift; bed_enter "$bed_v" virsh -q -c qemu:///system "$@"; }
bed_libvirtd() { cat "$BED/h$1/libvirtd.pid"; }
bed_qemu() { cat "$BED/h$1/run/qemu/$2.pid"; }
bed_sshd() { cat "$BED/h$1/sshd.pid"; }
bed_uri() { printf 'qemu+ssh://root@%s.%s:%s/system?keyfile=%s&known_hosts=%s' "$BED_NET" "$1" "$BED_PORT" "$BED/ssh/login" "$BED/ssh/known_hosts"; }
bed_state() { bed_virsh "$1" domstate "$2"; }
bed_is() { [ "$(bed_state "$1" "$2")" = "$3" ]; }

bed_domain() {
	boot=
	memory=64
	if [ "$3" != empty ]; then
		memory=192
		boot="<kernel>$BED/vmlinuz</kernel><initrd>$BED/$3.img</initrd><cmdline>console=ttyS0 quiet panic=1</cmdline>"
	fi
	video=
	[ "$3" != empty ] || video="<video><model type='vga'/></video>"
	serial="<serial type='file'><source path='$BED/h$1/$2.console' append='on'/></serial>"
	[ "$3" != shell ] || serial="<serial type='pty'><log file='$BED/h$1/$2.console' append='on'/></serial>"
	agent=
	[ "$3" != agent ] || agent="<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
	disks=
	k=0
	for format in "${@:4}"; do
		k=$((k + 1))
		qemu-img create -q -f "$format" "$(bed_disk "$1" "$2" $k)" 64M
		disks="$disks<disk type='file' device='disk'><driver name='qemu' type='$format'/><source file='$(bed_disk "$1" "$2" $k)'/>
			<target dev='vd$(echo abc | cut -c$k)' bus='virtio'/></disk>"
	done
	cat >"$BED/h$1/$2.xml" <<-END
	<domain type='qemu'><name>$2</name><memory unit='MiB'>$memory</memory><vcpu>1</vcpu>
	<os><type arch='x86_64' machine='pc'>hvm</type>$boot</os><features><acpi/></features>
	<on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>
	<devices><emulator>/usr/bin/qemu-system-x86_64</emulator><controller type='usb' model='none'/><memballoon model='none'/>
	$disks$agent$serial$video</devices></domain>
	END
	bed_virsh "$1" define "$BED/h$1/$2.xml" >/dev/null
}
bed_disk() { printf '%s/h%s/%s-%s.img' "$BED" "$1" "$2" "$3"; }
bed_boots() { grep -c 'guest is up' "$BED/h$1/$2.console" 2>/dev/null || true; }
bed_booted() { [ "$(bed_boots "$1" "$2")" -ge "$3" ]; }
bed_guest_up() { bed_wait 240 bed_booted "$1" "$2" "${3:-1}" || bed_die "guest $2 on h$1 did not come up"; }

bed_kill() { # PIDFILE: ends the process and waits for it
	[ -s "$1" ] || return 0
	bed_p=$(cat "$1")
	kill -CONT "$bed_p" 2>/dev/null || return 0
	kill "$bed_p" 2>/dev/null || return 0
	bed_wait 5 sh -c "! kill -0 $bed_p" || kill -9 "$bed_p" 2>/dev/null || true
}
bed_sshd_end() { # host N: its sshd and every session of it
	bed_sessions=$(pgrep -P "$(bed_sshd "$1")" || true)
	bed_kill "$BED/h$1/sshd.pid"
	for bed_p in $bed_sessions; do kill -CONT "$bed_p" 2>/dev/null && kill "$bed_p" 2>/dev/null || true; done
	rm -f "$BED/h$1/sshd.pid"
}
bed_close() {
	for n in $bed_hosts; do
		for f in "$BED/h$n"/run/qemu/*.pid; do bed_kill "$f"; done
		[ ! -s "$BED/h$n/sshd.pid" ] || bed_sshd_end "$n"
		bed_kill "$BED/h$n/libvirtd.pid"
		bed_kill "$BED/h$n/virtlogd.pid"
		bed_kill "$BED/h$n/holder.pid"
	done
	bed_hosts=
	[ -n "${BED_KEEP:-}" ] || rm -rf "$BED"
}
