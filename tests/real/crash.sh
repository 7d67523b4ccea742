#!/bin/bash
# A broker that dies at every point of a snapshot's life, on a real host: at each write and sync of its ledger (what was not
# synced kept, lost, or lost in part), before each call to the host, after sending it and after its reply; while the host works;
# and again while it settles what the first death left. libvirtd killed in its place: after a call was sent, and before and
# after the work on each disk, before its own record. The host away at the restart. Each time the ledger, the host's list, the
# disks and the audit log must agree, and the limit hold. CI tries some points of each kind; TANA_LONG=1 all. TANA_SEED repeats
# a run's choices, TANA_OPS="create revert delete" chooses what is done, TANA_VERBOSE=1 names each point. Needs root, libvirtd, QEMU.
set -eu
: "${TANA_SRC:=$(cd "$(dirname "$0")/../.." && pwd)}" "${TANA_BUILD:=$TANA_SRC/build}"
. "$TANA_SRC/tests/real/bed.sh"
. "$TANA_SRC/tests/real/lib.sh"
need_real
bed_open local
trap stop_all EXIT
# The shell's own words for each broker that it finds killed stay out of the way.
exec 3>&2 2>"$BED/shell.log"
whole=
bed_extra() { [ -n "$whole" ] || tail -n 20 "$BED/shell.log" >&3; }

# ---- the host: one VM of two disks, and a qemu-img during whose work somebody may die ----

bed_host 1
cat >"$BED/qemu-img" <<END
#!/bin/sh
# Dies instead of, or after, its Nth change to the snapshots of a disk: N before|after|slow PID...
strike=$BED/strike
if [ "\$1" = snapshot ] && [ -s \$strike ]; then
	read -r n when pids <\$strike
	if [ "\$n" -gt 1 ]; then
		echo "\$((n - 1)) \$when \$pids" >\$strike
		exec $BED/qemu-img.real "\$@"
	fi
	rm \$strike
	[ \$when = after ] || kill -9 \$pids
	# Of a libvirtd that is gone the work is not begun; one that lives gets what it asked for.
	[ \$when != before ] || case " \$pids " in *" \$(cat $BED/h1/libvirtd.pid) "*) exit 1 ;; esac
	[ \$when != slow ] || sleep 1.5
	status=0
	$BED/qemu-img.real "\$@" || status=\$?
	[ \$when != after ] || kill -9 \$pids
	exit \$status
fi
exec $BED/qemu-img.real "\$@"
END
chmod 755 "$BED/qemu-img"
cp "$(command -v qemu-img)" "$BED/qemu-img.real"
bed_enter 1 mount --bind "$BED/qemu-img" "$(command -v qemu-img)"
bed_domain 1 vm1 empty qcow2 qcow2
cat >"$BED/site.conf" <<END
site "bed" { }
blade "h1" { host = "qemu+unix:///system?socket=$BED/h1/run/libvirt-sock" }
tenant "acme" { vms = { "vm*" } }
vm "vm1" { snapshots { kept = 2 taken = "100000 per 300 d" } }
role "operator" { users = { "root" } }
END
libvirtd_runs() { kill -0 "$(bed_libvirtd 1)" 2>/dev/null; }
host_names() { bed_virsh 1 snapshot-list vm1 --name | grep . | sort | tr '\n' ' '; }
disk_names() { qemu-img snapshot -U -l "$(bed_disk 1 vm1 "$1")" | awk '/tana-/ { print $2 }' | sort | tr '\n' ' '; }
current() { bed_virsh 1 snapshot-current vm1 --name 2>/dev/null || true; }
mark() { [ "$form" = on ] || qemu-io -f qcow2 -c "write -q -P $1 1M 64k" "$(bed_disk 1 vm1 1)" >/dev/null; }
marked() { [ "$form" = on ] || ! qemu-io -r -f qcow2 -c "read -P $1 1M 64k" "$(bed_disk 1 vm1 1)" | grep -q 'verification failed'; }

# ---- the broker ----

export TANA_CRASH_FIFO=$BED/fifo
mkfifo "$TANA_CRASH_FIFO"
start() {
	"$TANA_BUILD/tests/real/crashd" --site "$BED/site.conf" --socket "$BED/broker.sock" --state "$BED/state" --steady-ms 400 \
		--connect-ms 3000 --short-ms 5000 >>"$BED/tanad.log" 2>&1 </dev/null &
	broker_pid=$!
	bed_wait 60 t list racks || bed_die "crashd did not start: $(tail -n 5 "$BED/tanad.log")"
}
tell() { # LINE: to crashd, and until it has heard it
	rm -f "$BED/fifo.done"
	timeout 60 sh -c 'echo "$1" >"$2"' sh "$1" "$TANA_CRASH_FIFO" || true
	bed_wait 60 test -e "$BED/fifo.done" || bed_die "crashd does not hear: $1"
}
dead() { ! kill -0 "$broker_pid" 2>/dev/null; }
over() { dead || ! libvirtd_runs || ! kill -0 "$1" 2>/dev/null; } # COMMAND
snapshots() { t snapshot list vm:vm1 --json; }
has_snapshot() { snapshots | jq -e ".snapshots[] | select(.name == \"$1\")" >/dev/null; }
settled() {
	[ "$(t list jobs --json | jq '[.[] | select(.state == "pending" or .state == "running" or .state == "unknown")] | length')" = 0 ] &&
		[ "$(t list leases --json | jq length)" = 0 ] && [ "$(vm vm1 snaps_busy)" = 0 ] && [ "$(vm vm1 live)" = true ]
}

# ---- what must hold whenever all is settled ----

# Of the job that was not there before (the list has no order): new_job KEY; nothing when there is none.
jobs='[]' parted=
new_job() { t list jobs --json | jq -r "[.[] | select(.id | IN(\$jobs[]) | not)] | last | .$1 // empty" --argjson jobs "$jobs"; }
same_state() { [ "$(vm vm1 state)" = "$(bed_state 1 vm1 | sed 's/shut off/off/')" ]; }
points=0 parts=0 paused=0 died=0 struck=0 cleared=0 late=0 taken=0 seq=0
agree() { # WHERE
	local wrong= h l k list log n part=
	bed_wait 120 settled || wrong="never settled: $(t list jobs --json | jq -c '.[-1]') $(t list vms name:vm1 --json | jq -c '.[0] | [.snaps, .snaps_busy, .live]')"
	bed_wait 60 same_state || wrong="$wrong; it is $(bed_state 1 vm1), not $(vm vm1 state)"
	list=$(snapshots)
	h=$(host_names) k=$(vm vm1 snaps)
	l=$(echo "$list" | jq -r '.snapshots[] | select(.state == "kept") | .host_name' | sort | tr '\n' ' ')
	[ "$h" = "$l" ] || wrong="$wrong; host [$h] ledger [$l]"
	for n in 1 2; do
		[ "$h" = "$(disk_names $n)" ] || part="$part; host [$h] disk $n [$(disk_names $n)]"
	done
	# libvirt lists what it had begun to delete, and nobody can ask it whether the disks still hold that: Tana says so, and
	# what is deleted again is gone.
	if [ -n "$part" ] && [ "$(new_job state)" = failed ] && new_job text | grep -q 'delete it again$'; then
		parted=1
		parts=$((parts + 1))
		t snapshot delete vm:vm1 x --confirm x >/dev/null || wrong="$wrong; cannot be deleted again"
		agree "$1, deleted again"
		return
	fi
	wrong=$wrong$part
	[ "$k" = "$(echo "$h" | wc -w)" ] || wrong="$wrong; counted $k of [$h]"
	[ "$k" -ge 0 ] && [ "$k" -le 2 ] || wrong="$wrong; $k kept, over the limit"
	[ "$(echo "$list" | jq '[.snapshots[] | select(.outside)] | length')" = 0 ] || wrong="$wrong; one is called outside"
	t audit verify >/dev/null 2>&1 || wrong="$wrong; the audit log is broken: $(t audit verify 2>&1)"
	# Since the last time: nothing was open then.
	log=$(t audit --since 1d --json | jq -c "[.[] | select(.seq > $seq)]")
	seq=$(echo "$log" | jq "[.[].seq, $seq] | max")
	n=$(echo "$log" | jq '[.[] | select(.what == "begin") | .job] as $b | [.[] | select(.what == "end") | .job] as $e | ($b - $e | length) +
		($b | length) - ($b | unique | length) + ($e | length) - ($e | unique | length) +
		([.[] | select(.what == "end" and (.job | IN($b[]) | not) and .objects[0].text != "not sent: the broker ended before")] | length)')
	[ "$n" = 0 ] || wrong="$wrong; $n records without their other half, or doubled: $(echo "$log" | jq -c '[.[] | [.what, .job]]')"
	n=$(echo "$log" | jq '[.[] | select(.what == "late")] | length')
	[ "$n" = 0 ] || wrong="$wrong; an outcome was told that was none: $(echo "$log" | jq -c '[.[] | select(.what == "late")]')"
	taken=$((taken + $(echo "$log" | jq '[.[] | select(.what == "end" and .verb == "snapshot-create" and .objects[0].state == "done")] | length')))
	n=$(t limits vm:vm1 --json | jq '.limits[] | select(.kind == "taken" and .scope == "server") | .used')
	[ "$n" = "$taken" ] || wrong="$wrong; $n count as taken, $taken were"
	cleared=$((cleared + $(echo "$log" | grep -c 'was cleared' || true)))
	late=$((late + $(echo "$log" | grep -c 'seen late' || true)))
	points=$((points + 1))
	if [ -n "$wrong" ]; then
		bad "$1" "${wrong#; }"
		seq=$(t audit --since 1d --json | jq '[.[].seq] | max')
		taken=$n
	else
		[ -z "${TANA_VERBOSE:-}" ] || ok "$1"
	fi
}

# ---- what is done ----

named() { echo "$1" | jq -r ".snapshots[] | select(.name == \"$2\") | .host_name"; } # LIST NAME
delete_all() { for name in x base; do ! has_snapshot $name || t snapshot delete vm:vm1 $name --confirm $name >/dev/null; done; }
create() { t snapshot create vm:vm1 "$1" --charge tenant --yes >/dev/null; }
run_vm() {
	case $(bed_state 1 vm1) in
	running) ;;
	paused) # libvirt stops a VM while its memory is saved, and forgot that when it died
		paused=$((paused + 1))
		bed_virsh 1 resume vm1 >/dev/null ;;
	*) bed_virsh 1 start vm1 >/dev/null ;;
	esac
	bed_wait 60 vm_is vm1 running || bed_die "vm1 does not run: $(bed_state 1 vm1)"
}
prepare() { # OP: base and, but for create, x; what is gone back to is not the current one, and the disk is not as it was
	local list
	[ "$form" = off ] || run_vm
	has_snapshot base || { mark 0x51; create base; }
	if [ "$1" = create ]; then
		! has_snapshot x || t snapshot delete vm:vm1 x --confirm x >/dev/null
	else
		has_snapshot x || { mark 0x53; create x; }
	fi
	[ "$1" = revert ] || return 0
	list=$(snapshots)
	goal=base pattern=0x51
	[ "$(current)" != "$(named "$list" base)" ] || goal=x pattern=0x53
	goal_host=$(named "$list" $goal)
	mark 0x52
}
operate() { # OP
	case $1 in
	create) t snapshot create vm:vm1 x --charge tenant --yes --json ;;
	revert) t snapshot revert vm:vm1 $goal --confirm vm1 --json ;;
	delete) t snapshot delete vm:vm1 x --confirm x --json ;;
	esac
}
# What the newest job says must be what is there; of what failed the command did not say otherwise.
true_outcome() { # OP STATUS
	local state
	state=$(new_job state)
	[ "$state" = done ] || [ "$2" != 0 ] || return 1
	case $1 in
	create) if has_snapshot x; then [ "$state" = done ]; else [ "$state" = failed ]; fi ;;
	delete) if has_snapshot x; then [ "$state" = failed ]; else [ "$state" = done ]; fi ;;
	revert) if [ "$(current)" = "$goal_host" ]; then [ "$state" = done ] && marked $pattern; else [ "$state" = failed ]; fi ;;
	esac
}

# point OP LINE [away | THEN]: OP goes on while somebody dies as LINE says: what crashd knows, or "work N before|after|slow WHO...".
# away: libvirtd is away when the broker comes back. THEN: a LINE for the settling of what that left.
point() {
	local op=$1 line=$2 then=${3:-} status=0 command who where
	where="$op ($form), $line${then:+, then $then}"
	prepare "$op"
	jobs=$(t list jobs --json | jq -c '[.[].id]') parted=
	case $line in
	work*)
		who=${line#work * * }
		who=${who//libvirtd/$(bed_libvirtd 1)}
		tell count
		set -- $line
		echo "$2 $3 ${who//broker/$broker_pid}" >"$BED/strike"
		;;
	*) tell "${line//libvirtd/$(bed_libvirtd 1)}" ;;
	esac
	operate "$op" >"$BED/op.out" 2>&1 &
	command=$!
	bed_wait 20 over $command || true
	case $line in
	*sent*) sleep $(printf '0.%03d' $((${line##* } + 50))) ;; # it may die when the command has its answer
	*) sleep 0.1 ;;
	esac
	rm -f "$BED/strike"
	libvirtd_runs || { struck=$((struck + 1)); bed_libvirtd_start 1; }
	if dead; then
		died=$((died + 1))
		wait "$broker_pid" || true
		if [ "$then" = away ]; then kill -9 "$(bed_libvirtd 1)"; fi
		start
		if [ "$then" = away ]; then
			[ "$(vm vm1 live)" = false ] || bad "$where" "what cannot be seen is called live"
			! t snapshot create vm:vm1 y --charge tenant --yes >/dev/null 2>&1 || bad "$where" "a snapshot of a host that is away"
			bed_libvirtd_start 1
		elif [ -n "$then" ]; then
			tell "${then//libvirtd/$(bed_libvirtd 1)}"
			bed_wait 4 over $$ || true
			sleep 0.1
			libvirtd_runs || { struck=$((struck + 1)); bed_libvirtd_start 1; }
			! dead || { died=$((died + 1)); wait "$broker_pid" || true; start; }
		fi
	fi
	wait $command || status=$?
	tell count
	agree "$where"
	if [ -n "$(new_job id)" ]; then
		[ -n "$parted" ] || true_outcome "$op" $status || bad "$where" "not true: $(new_job state): $(new_job text); $(host_names) current $(current)"
	else
		[ $status != 0 ] || bad "$where" "what was said to be done is not written"
	fi
}

# ---- the sweep ----

long=${TANA_LONG:+1}
short=1
[ -z "$long" ] || short=
RANDOM=${TANA_SEED:=$$}
some() { # HOW MANY, OF: all numbers up to OF, or so many of them
	if [ -n "$long" ]; then seq 1 "$2"; else for _ in $(seq 1 "$1"); do echo $((RANDOM % $2 + 1)); done; fi
}
one() { shift $((RANDOM % $#)); echo "$1"; }
one_of() { if [ -n "$long" ]; then echo "$@"; else one "$@"; fi; }

undisturbed() { # OP: how many operations and calls there are to die at
	prepare "$1"
	tell count
	operate "$1" >"$BED/op.out" 2>&1 || bad "$1 ($form), undisturbed" "$(cat "$BED/op.out")"
	tell report
	read -r ops calls <"$BED/fifo.out"
	agree "$1 ($form), undisturbed"
	echo "# $1 ($form): $ops operations on the ledger, $calls calls to the host"
	[ "$ops" -ge 6 ] && [ "$calls" -ge 1 ] || bad "$1: there is something to die at" "$ops $calls"
}

sweep_ledger() { # OP
	for n in $(some 1 $((ops + 1))); do
		for disk in $(one_of keep drop some); do point "$1" "db $n $disk"; done
		if [ -z "$long" ] || [ $((n % 3)) = 0 ]; then point "$1" "db $n $(one keep drop)" away; fi
	done
}
sweep_calls() { # OP: the last but one is the one that does it
	for n in $(if [ -n "$short" ]; then one $((calls - 1)) $((calls - 1)) $((calls - 1)) 1 2 "$calls"; else seq 1 "$calls"; fi); do
		point "$1" "call $n before"
		point "$1" "call $n after"
		point "$1" "call $n sent 0 5" away
		for ms in $(if [ "$n" = $((calls - 1)) ]; then one_of $times; else one $times; fi); do
			point "$1" "call $n sent 0 $ms"
			point "$1" "call $n sent libvirtd $ms"
		done
	done
}
sweep_work() { # OP: at each of two disks
	for k in $(some 1 2); do
		for when in before after; do
			point "$1" "work $k $when libvirtd"
			for who in $(one_of "broker" "broker_libvirtd"); do point "$1" "work $k $when ${who/_/ }"; done
		done
	done
	[ -n "$short" ] && [ "$1" != create ] || point "$1" "work 1 slow broker"
	# What that left is being settled: asked, cleared, asked again.
	for then in $(one_of call_{1,2,3}_{before,after} call_{1,2,3}_sent_libvirtd_5 $(seq -f 'db_%g_drop' 1 24)); do
		point "$1" "work 2 before broker libvirtd" "${then//_/ }"
	done
}

started=$(date +%s)
form=off
start
soon 20 "the host is up" blade_is h1 up
for op in ${TANA_OPS:=create revert delete}; do
	times="0 2 5 10 20 50"
	undisturbed $op
	sweep_ledger $op
	sweep_calls $op
	sweep_work $op
done

# Running: QEMU itself writes into the disks, and the memory with them.
delete_all
form=on
for op in ${TANA_OPS:=create revert delete}; do
	times="0 5 10 20 30 40 60 80 100 130 160 200 300"
	undisturbed $op
	[ -n "$short" ] || long= sweep_ledger $op
	sweep_calls $op
done
delete_all

echo "# $points points tried in $(($(date +%s) - started)) s (seed $TANA_SEED): the broker died $died times, libvirtd $struck; $late were seen late, $cleared cleared, $parts deleted in part, $paused left paused"
whole=1
[ "$points" -ge 20 ] && [ "$died" -ge 10 ] && [ "$struck" -ge 5 ] || bad "enough points"
[ "$failed" != 0 ] || ok "ledger, host, disks and audit log agreed at each of $points points"
finish
