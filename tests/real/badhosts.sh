#!/bin/bash
# Hosts that drop SYNs, accept and say nothing, or stop in mid call, beside one that is well: it stays live and quick, the
# others are marked stale, and after 100 rounds no thread and no descriptor is left. Needs root, libvirtd, QEMU, sshd.
set -eu
: "${TANA_SRC:=$(cd "$(dirname "$0")/../.." && pwd)}" "${TANA_BUILD:=$TANA_SRC/build}"
. "$TANA_SRC/tests/real/bed.sh"
. "$TANA_SRC/tests/real/lib.sh"
need_real
bed_open
bad_pids=
bed_extra() { for p in $bad_pids; do kill "$p" 2>/dev/null || true; done; }
trap stop_all EXIT
bed_host 1
bed_host 2
bed_domain 1 well empty
bed_domain 2 far empty
bed_virsh 1 start well >/dev/null
bed_virsh 2 start far >/dev/null

bad_host() { # MODE ADDRESS [TARGET PORT]
	"$TANA_BUILD/tests/real/badhost" "$1" "$2" 2022 ${3:+"$3" "$4"} >"$BED/bad.$1" 2>&1 &
	bad_last=$!
	bad_pids="$bad_pids $bad_last"
	bed_wait 60 grep -q ready "$BED/bad.$1" || bed_die "badhost $1: $(cat "$BED/bad.$1")"
}
bad_host drop $BED_NET.101
bad_host silent $BED_NET.102
bad_host stall $BED_NET.103 $BED_NET.2 "$BED_PORT"
stall=$bad_last
printf '[%s.103]:2022 %s\n' "$BED_NET" "$(cut -d' ' -f1,2 "$BED/ssh/host.pub")" >>"$BED/ssh/known_hosts"
login="keyfile=$BED/ssh/login&known_hosts=$BED/ssh/known_hosts"
cat >"$BED/site.conf" <<END
site "bed" { }
rack "R" { enclosure "E" { rows = 1 columns = 4 bays = "1-4"
	blade "h1" { bay = 1 host = "$(bed_uri 1)" }
	blade "drops" { bay = 2 host = "qemu+ssh://root@$BED_NET.101:2022/system?$login" }
	blade "silent" { bay = 3 host = "qemu+ssh://root@$BED_NET.102:2022/system?$login" }
	blade "stalls" { bay = 4 host = "qemu+ssh://root@$BED_NET.103:2022/system?$login" } } }
role "operator" { users = { "root" } }
END
broker_start --short-ms 5000 --connect-ms 1000 --steady-ms 2000
soon 20 "the good host is up" blade_is h1 up
soon 20 "the one that will stall is up" blade_is stalls up
soon 10 "the one that drops SYNs is not" blade_is drops backoff
soon 10 "the silent one is not" blade_is silent backoff
check "each says why" sh -c "'$TANA_BUILD/tana' --socket '$BED/broker.sock' list blades --json | jq -e '[.[] | select(.host != \"up\") | .why | length > 10] | all'"

kill -USR1 "$stall"
check "an action is sent to the host that stops in mid call" t power-off vm:far --confirm far --no-wait
soon 12 "the host is marked" blade_is_not stalls up
soon 5 "the action's outcome is unknown" job_is far unknown
check "the console answers every key, the good host is live, the others are marked" "$TANA_BUILD/tests/screens/drive" --size 80x24 \
	"$TANA_BUILD/tana" --socket "$BED/broker.sock" <<-'END'
	expect 5 1/4 hosts
	keys Right
	expect 2 drops +silent
	keys Right
	expect 2 silent +silent
	keys Right
	expect 2 stalls +silent
	keys Tab
	expect 2 well
	expect 2 far
	type /
	type far
	keys Enter Enter
	expect 2 unknown
	keys Backspace Backspace F
	expect 2 well
	keys ?
	expect 2 help
	keys Q
	expect-exit 3 0
	END
check "its VM is not live, last known state kept" [ "$(vm far live)" = false -a "$(vm far state)" = running ]
check "the good host's VM is live" vm_is well running
a=$(date +%s%N)
obeys() { for _ in 1 2 3 4 5; do t power-off vm:well --confirm well && t power-on vm:well --yes || return 1; done; }
check "the good host obeys ten times" obeys
echo "# in $((($(date +%s%N) - a) / 1000000)) ms"
kill -USR2 "$stall"
soon 30 "the stalled host comes back when it goes on" blade_is stalls up
soon 30 "its job is settled" job_is far 'done|failed'

echo "# 100 rounds of each bad host"
refresh() { printf '{"execute":"hello","arguments":{"protocol":1},"id":0}\n{"execute":"refresh","arguments":{"object":"blade:%s"},"id":1}\n' "$1" |
	socat -t 0.1 - "UNIX-CONNECT:$BED/broker.sock" >/dev/null; }
broker_kill TERM
broker_start --short-ms 300 --connect-ms 60 --steady-ms 2000
soon 20 "the good host is up" blade_is h1 up
# Now and then one more or less is there: the most of some looks.
sleep 2
before_t=0 before_d=0
for _ in $(seq 20); do
	now_t=$(threads) now_d=$(descriptors)
	[ "$now_t" -le "$before_t" ] || before_t=$now_t
	[ "$now_d" -le "$before_d" ] || before_d=$now_d
	sleep 0.1
done
for i in $(seq 100); do
	rounds=
	for h in drops silent stalls; do
		refresh $h &
		rounds="$rounds $!"
	done
	[ $((i % 5)) != 0 ] || kill -USR1 "$stall"
	[ $((i % 5)) != 2 ] || kill -USR2 "$stall"
	sleep 0.05
	wait $rounds
done
kill -USR1 "$stall"
check "the good host is still up" blade_is h1 up
settled() { [ "$(threads)" -le "$before_t" ] && [ "$(descriptors)" -le $((before_d + 4)) ]; }
soon 40 "no thread and no descriptor is left (before: $before_t threads, $before_d descriptors)" settled
echo "# after: $(threads) threads, $(descriptors) descriptors"
finish
