#!/bin/bash
# A broker that dies at every point of a snapshot's life, on a real host: at each write and sync of its ledger (what was not
# synced kept, or lost), before each call to the host, after sending it and after its reply; libvirtd killed in its place; the
# host away at the restart. Each time the ledger, the host's list, the disk and the audit log must agree, and the limit hold.
# CI tries some points of each kind; TANA_LONG=1 all. Needs root, libvirtd, QEMU.
set -eu
: "${TANA_SRC:=$(cd "$(dirname "$0")/../.." && pwd)}" "${TANA_BUILD:=$TANA_SRC/build}"
. "$TANA_SRC/tests/real/bed.sh"
. "$TANA_SRC/tests/real/lib.sh"
need_real
bed_open local
trap stop_all EXIT
bed_host 1
bed_domain 1 vm1 empty qcow2
cat >"$BED/site.conf" <<END
site "bed" { }
blade "h1" { host = "qemu+unix:///system?socket=$BED/h1/run/libvirt-sock" }
tenant "acme" { vms = { "vm*" } }
vm "vm1" { snapshots { kept = 2 } }
role "operator" { users = { "root" } }
END
export TANA_CRASH_FIFO=$BED/fifo
mkfifo "$TANA_CRASH_FIFO"
points=0

start() {
	"$TANA_BUILD/tests/real/crashd" --site "$BED/site.conf" --socket "$BED/broker.sock" --state "$BED/state" --steady-ms 400 \
		--connect-ms 3000 --short-ms 5000 >>"$BED/tanad.log" 2>&1 </dev/null &
	broker_pid=$!
	bed_wait 15 t list racks || bed_die "crashd did not start: $(tail -n 5 "$BED/tanad.log")"
}
tell() { # LINE: to crashd, and until it has heard it
	rm -f "$BED/fifo.done"
	timeout 5 sh -c 'echo "$1" >"$2"' sh "$1" "$TANA_CRASH_FIFO" || true
	bed_wait 5 test -e "$BED/fifo.done" || bed_die "crashd does not hear: $1"
}
libvirtd_runs() { kill -0 "$(bed_libvirtd 1)" 2>/dev/null; }
over() { dead || ! libvirtd_runs || ! kill -0 "$1" 2>/dev/null; } # COMMAND
dead() { ! kill -0 "$broker_pid" 2>/dev/null; }
settled() {
	[ "$(t list jobs --json | jq '[.[] | select(.state == "pending" or .state == "running" or .state == "unknown")] | length')" = 0 ] &&
		[ "$(t list leases --json | jq length)" = 0 ] && [ "$(vm vm1 snaps_busy)" = 0 ] && [ "$(vm vm1 live)" = true ]
}
host_names() { bed_virsh 1 snapshot-list vm1 --name | grep . | sort | tr '\n' ' '; }
disk_names() { qemu-img snapshot -U -l "$(bed_disk 1 vm1 1)" | awk '/tana-/ { print $2 }' | sort | tr '\n' ' '; }
ledger_names() { t snapshot list vm:vm1 --json | jq -r '.snapshots[] | select(.state == "kept") | .host_name' | sort | tr '\n' ' '; }
outside() { t snapshot list vm:vm1 --json | jq '[.snapshots[] | select(.outside)] | length'; }

# agree WHERE: what must hold whenever all is settled
agree() {
	local where=$1 wrong=
	bed_wait 40 settled || wrong="never settled: $(t list jobs --json | jq -c '.[-1]') $(t list vms name:vm1 --json | jq -c '.[0] | [.snaps, .snaps_busy, .live]')"
	local h d l k
	h=$(host_names) d=$(disk_names) l=$(ledger_names) k=$(vm vm1 snaps)
	[ "$h" = "$l" ] || wrong="$wrong; host [$h] ledger [$l]"
	[ "$h" = "$d" ] || wrong="$wrong; host [$h] disk [$d]"
	[ "$k" = "$(echo "$h" | wc -w)" ] || wrong="$wrong; counted $k of [$h]"
	[ "$k" -le 2 ] || wrong="$wrong; $k kept, over the limit"
	[ "$(outside)" = 0 ] || wrong="$wrong; one is called outside"
	t audit verify >/dev/null 2>&1 || wrong="$wrong; the audit log is broken"
	local log unpaired
	log=$(t audit --since 1d --json)
	unpaired=$(echo "$log" | jq '([.[] | select(.what == "begin") | .job] | sort) as $b | ([.[] | select(.what == "end") | .job] | sort) as $e | ($b - $e) + ($e - $b) | length')
	[ "$unpaired" = 0 ] || wrong="$wrong; $unpaired records without their other half"
	[ "$(echo "$log" | jq '[.[] | select(.what == "begin") | .job] | (length - (unique | length))')" = 0 ] || wrong="$wrong; a job began twice"
	points=$((points + 1))
	if [ -n "$wrong" ]; then bad "$where" "$wrong"; else [ -z "${TANA_VERBOSE:-}" ] || ok "$where"; fi
}

# prepare OP: one or two snapshots and a marker behind the first, so that the operation has something to do
mark() { qemu-io -f qcow2 -c "write -q -P $1 1M 64k" "$(bed_disk 1 vm1 1)" >/dev/null; }
marked() { ! qemu-io -r -f qcow2 -c "read -P $1 1M 64k" "$(bed_disk 1 vm1 1)" | grep -q 'verification failed'; }
has_snapshot() { t snapshot list vm:vm1 --json | jq -e ".snapshots[] | select(.name == \"$1\")" >/dev/null; }
prepare() {
	has_snapshot base || { mark 0x51; t snapshot create vm:vm1 base --charge tenant --yes >/dev/null; }
	case $1 in
	create) ! has_snapshot x || t snapshot delete vm:vm1 x --confirm x >/dev/null ;;
	*) has_snapshot x || t snapshot create vm:vm1 x --charge tenant --yes >/dev/null ;;
	esac
	[ "$1" != revert ] || mark 0x52
}
operate() {
	case $1 in
	create) t snapshot create vm:vm1 x --charge tenant --yes --json ;;
	revert) t snapshot revert vm:vm1 base --confirm vm1 --json ;;
	delete) t snapshot delete vm:vm1 x --confirm x --json ;;
	esac
}
# What the newest job says must be what is there.
true_outcome() { # OP STATUS
	local state
	state=$(job vm1 state)
	case $1 in
	create) if has_snapshot x; then [ "$state" = done ]; else [ "$state" != done ] && [ "$2" != 0 ]; fi ;;
	delete) if has_snapshot x; then [ "$state" != done ] && [ "$2" != 0 ]; else [ "$state" = done ]; fi ;;
	revert) [ "$state" != done ] || { bed_virsh 1 snapshot-current vm1 --name | grep -qx "$(t snapshot list vm:vm1 --json | jq -r '.snapshots[] | select(.name == "base") | .host_name')" && marked 0x51; } ;;
	esac
}

# point OP LINE [AWAY]: the broker dies as LINE says while OP goes on; with AWAY libvirtd is away at the restart. False: it did not
# die, there is no such point.
point() {
	local op=$1 line=$2 away=${3:-} status=0 jobs died=true
	prepare "$op"
	jobs=$(t list jobs --json | jq length)
	tell "$line"
	operate "$op" >"$BED/op.out" 2>&1 &
	local command=$!
	bed_wait 20 over $command || true
	sleep 0.1
	libvirtd_runs || bed_libvirtd_start 1
	if dead; then
		wait "$broker_pid" 2>/dev/null || true
		if [ -n "$away" ]; then kill -9 "$(bed_libvirtd 1)"; fi
		start
		if [ -n "$away" ]; then
			[ "$(vm vm1 live)" = false ] || bad "$op, $line: what cannot be seen is not live"
			t snapshot create vm:vm1 y --charge tenant --yes >/dev/null 2>&1 && bad "$op, $line: no snapshot of a host that is away"
			bed_libvirtd_start 1
		fi
	else
		died=false
	fi
	wait $command || status=$?
	agree "$op, $line${away:+, host away at the restart}"
	if [ "$(t list jobs --json | jq length)" != "$jobs" ]; then
		true_outcome "$op" $status || bad "$op, $line: the job's word is true" "$(job vm1 state): $(job vm1 text); $(host_names)"
	else
		[ $status != 0 ] || bad "$op, $line: what was said to be done is written"
	fi
	tell count
	$died
}

start
soon 20 "the host is up" blade_is h1 up
for op in create revert delete; do
	prepare $op
	tell count
	operate $op >/dev/null 2>&1 || bad "$op, undisturbed" "$(cat "$BED/op.out" 2>/dev/null)"
	tell report
	read -r ops calls <"$BED/fifo.out"
	agree "$op, undisturbed"
	echo "# $op: $ops operations on the ledger, $calls calls to the host"
	[ "$ops" -ge 6 ] && [ "$calls" -ge 1 ] || bad "$op: there is something to die at" "$ops $calls"
	if [ -n "${TANA_LONG:-}" ]; then list=$(seq 1 $((ops + 1))); else list="$((RANDOM % ops + 1)) $((RANDOM % ops + 1))"; fi
	for n in $list; do
		point $op "db $n keep" || true
		[ -z "${TANA_LONG:-}" ] && [ $((RANDOM % 2)) = 0 ] || point $op "db $n drop" || true
		[ -z "${TANA_LONG:-}" ] || point $op "db $n some" || true
	done
	if [ -n "${TANA_LONG:-}" ]; then list=$(seq 1 "$calls"); else list="$((RANDOM % calls + 1))"; fi
	for n in $list; do
		point $op "call $n before" || true
		point $op "call $n after" || true
		for ms in ${TANA_LONG:+0 2 5 10 50} 20; do
			point $op "call $n sent 0 $ms" || true
			point $op "call $n sent $(bed_libvirtd 1) $ms" || true
		done
	done
	point $op "call $calls sent 0 10" away || true
done
echo "# $points points tried"
[ "$points" -ge 12 ] && ok "ledger, host, disk and audit log agreed at each of $points points" || bad "enough points"
finish
