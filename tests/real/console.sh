#!/bin/bash
# Serial consoles of real guests: a shell, a flood, one that is held by virsh, one that dies, one whose host does; with TANA_LONG=1 one
# that moves to another host, too. Needs root, libvirtd, QEMU.
set -eu
: "${TANA_SRC:=$(cd "$(dirname "$0")/../.." && pwd)}" "${TANA_BUILD:=$TANA_SRC/build}"
. "$TANA_SRC/tests/real/bed.sh"
. "$TANA_SRC/tests/real/lib.sh"
need_real
seconds=3
[ -z "${TANA_LONG:-}" ] || seconds=10
bed_open local
trap stop_all EXIT
bed_host 1
second=
if [ -n "${TANA_LONG:-}" ]; then
	bed_host 2
	second="blade \"h2\" { bay = 2 host = \"qemu+unix:///system?socket=$BED/h2/run/libvirt-sock\" }"
fi
bed_domain 1 acme-c1 shell
bed_domain 1 acme-c2 shell
bed_domain 1 acme-file acpi
bed_domain 1 acme-off empty
cat >"$BED/site.conf" <<-END
	site "bed" { }
	rack "R" { enclosure "E" { rows = 1 columns = 2 bays = "1-2"
		blade "h1" { bay = 1 host = "qemu+unix:///system?socket=$BED/h1/run/libvirt-sock" } $second } }
	tenant "acme" { vms = { "acme-*" } }
	role "operator" { users = { "root" } }
END
broker_start
soon 20 "host h1 is up" blade_is h1 up
for v in acme-c1 acme-c2 acme-file; do bed_virsh 1 start $v >/dev/null; done
for v in acme-c1 acme-c2; do bed_guest_up 1 $v; done
con() { "$TANA_BUILD/tests/real/console" "$BED/broker.sock" "$@" 2>"$BED/console.err"; }
says() { con "$@" | grep -v '^\[' >"$BED/said"; }
# tried ID VM [take]: what opening comes to
tried() { want=$1; shift; got=$(con try "$@" | grep -v '^\[') || true; [ "$got" = "$want" ] || { echo "$got"; cat "$BED/console.err"; return 1; }; }

check "a command is typed and answered, one watches, one is refused" con shell vm:acme-c1
check "no console that leads to a file" tried host.console.type vm:acme-file
check "none of a VM that is off" tried console.off vm:acme-off
if con flood vm:acme-c1 "$broker_pid" "$seconds" >"$BED/said"; then ok "a guest that never stops talking"; else bad "a guest that never stops talking" "$(cat "$BED/said" "$BED/console.err")"; fi
grep -E 'pings|the guest said|without credit' "$BED/said" | sed 's/^/# /'

# virsh has it: libvirt lets one in at a time
virsh_takes() {
	bed_enter 1 script -qfc "virsh -q -c qemu:///system console --safe acme-c2" "$BED/virsh.out" >/dev/null 2>&1 < <(exec sleep 60) &
	virsh_pid=$!
}
# Who looks whether it has it may be the one in its way: then it tries once more.
virsh_has() { kill -0 $virsh_pid 2>/dev/null || virsh_takes; tried host.console.held vm:acme-c2; }
virsh_takes
soon 10 "virsh console has it" virsh_has
check "an operator takes it all the same" tried open vm:acme-c2 take
kill $virsh_pid 2>/dev/null || true
wait $virsh_pid 2>/dev/null || true
soon 10 "and then it is free" tried open vm:acme-c2

looks() { # VM: somebody looks, in the background
	con watch "$1" >"$BED/watch.out" &
	watch_pid=$!
	bed_wait 60 grep -q looking "$BED/watch.out" || bad "nobody looks at $1" "$(cat "$BED/console.err")"
}
ended() { wait $watch_pid || true; out=$(grep -v '^\[' "$BED/watch.out"); if has "$2"; then ok "$1 ($(tail -n 1 <<<"$out"))"; else bad "$1" "$out"; fi; }
looks vm:acme-c2
bed_virsh 1 destroy acme-c2 >/dev/null
ended "a VM that is destroyed ends its console" '^console.off$'
bed_virsh 1 start acme-c2 >/dev/null
bed_guest_up 1 acme-c2 2
soon 10 "it has one again when it runs" tried open vm:acme-c2
looks vm:acme-c1
kill -9 "$(bed_libvirtd 1)"
ended "libvirtd killed: told" '^(fleet.lost|host.down|state.silent|host.console.broke|console.ended|host.silent|vm.silent)'
bed_wait 5 sh -c "! kill -0 $(bed_libvirtd 1) 2>/dev/null" || true
bed_libvirtd_start 1
soon 30 "the host is back" vm_is acme-c1 running
soon 20 "and the console" tried open vm:acme-c1
check "and its shell" con shell vm:acme-c1
if [ -n "$second" ]; then
	soon 20 "the other host is up" blade_is h2 up
	looks vm:acme-c1
	check "it moves, outside Tana" bed_virsh 1 migrate acme-c1 "qemu+unix:///system?socket=$BED/h2/run/libvirt-sock" --live --persistent \
		--undefinesource --migrateuri tcp://127.0.0.1:49317
	ended "a VM that moves ends its console" '^console.moved$'
	soon 20 "which can be opened where it is now" tried open vm:acme-c1
	check "with its shell" con shell vm:acme-c1
	looks vm:acme-c2
	bed_virsh 1 destroy acme-c2 >/dev/null
	bed_virsh 1 undefine acme-c2 >/dev/null
	ended "one that is no more ends its console" '^(console.off|console.refused)$'
fi
all_ended() {
	t audit vm:acme-c1 --json >"$BED/audit.json" && jq -e '[.[] | select(.what == "console-open")] | length > 4' "$BED/audit.json" &&
		jq -e '([.[] | select(.what == "console-open")] | length) == ([.[] | select(.what == "console-close")] | length)' "$BED/audit.json"
}
soon 10 "every opening has its end in the log" all_ended
refuse 1 "what was typed and said is not in the log" grep -q 'tana-42\|echo' "$BED/audit.json"
check "no descriptor is left behind" [ "$(descriptors)" -lt 60 ]
finish
