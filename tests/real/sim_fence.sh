#!/bin/bash
# tana-enclosure-sim under strangers' tools: each fence agent that speaks one of its dialects over SSH finds its way, sees the
# states, switches off and on, and lists what it can. Everything is on loopback.
set -u
. "$TANA_SRC/tests/real/lib.sh"

for p in ssh fence_hpblade fence_drac5 fence_bladecenter fence_ilo_ssh fence_ilo_moonshot fence_hds_cb fence_rsb; do
	command -v $p >/dev/null || skip "needs $p (fence-agents, python3-pexpect, openssh-client)"
done
# The test runs as root or not; the agents' ssh must not read or write anybody's known hosts.
dir=$(mktemp -d)
sim=
stop_sim() { [ -z "$sim" ] || { kill "$sim"; wait "$sim"; } 2>/dev/null; sim=; }
trap 'stop_sim; rm -rf "$dir"' EXIT
( umask 077; echo 'pass word%s' >"$dir/password" )

start_sim() { # DIALECT OPTIONS...: sets $port
	stop_sim
	: >"$dir/out"
	"$TANA_BUILD/tana-enclosure-sim" --dialect "$@" --listen 127.0.0.1:0 --user admin --password-file "$dir/password" \
		--control "$dir/control" --on-ms 300 --off-ms 300 --soft-ms 300 >"$dir/out" 2>>"$dir/err" &
	sim=$!
	for _ in $(seq 600); do
		port=$(sed -n 's/^listening on .*://p' "$dir/out")
		[ -z "$port" ] || return 0
		sleep 0.1
	done
	bad "$1 started" "$(cat "$dir/err")"
	exit 1
}
fence() { # AGENT ACTION OPTIONS...
	agent=$1 action=$2
	shift 2
	timeout 90 "$agent" --ip=127.0.0.1 --ipport="$port" --ssh --username=admin --password='pass word%s' --action="$action" \
		--ssh-options='-F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o NumberOfPasswordPrompts=1' \
		--power-wait=1 --power-timeout=20 --shell-timeout=10 --login-timeout=15 "$@" 2>&1
}
is() { # STATUS TEXT WHAT COMMAND...: what the agent says and how it ends
	want=$1 text=$2 what=$3
	shift 3
	got=0
	out=$("$@") || got=$?
	if [ "$got" = "$want" ] && printf '%s\n' "$out" | grep -qiE -- "$text"; then ok "$what"; else bad "$what" "exit $got, not $want: $out"; fi
}
control() { # LINE
	printf '%s\n' "$1" | socat -t 30 - "UNIX-CONNECT:$dir/control"
}
switched() { # AGENT WHAT OPTIONS...: status, off, status, on, status
	tool=$1 label=$2
	shift 2
	is 0 'Status: ON' "$label: is on" fence "$tool" status "$@"
	is 0 'Success: Powered OFF' "$label: is switched off" fence "$tool" off "$@"
	is 2 'Status: OFF' "$label: is off" fence "$tool" status "$@"
	is 0 'Success: Powered ON' "$label: is switched on" fence "$tool" on "$@"
	is 0 'Status: ON' "$label: is on again" fence "$tool" status "$@"
	is 0 'Already ON' "$label: is on already" fence "$tool" on "$@"
}
really() { # BAY POWER WHAT: what the simulator itself says
	got=$(control state | jq -r --arg b "$1" '.bays[] | select(.bay == $b) | .power')
	if [ "$got" = "$2" ]; then ok "$3"; else bad "$3" "$got, not $2"; fi
}

start_sim hp-oa --bays 16
switched fence_hpblade "OA" --plug=1
is 2 'Status: OFF' "OA: a blade that is off, whose diagnosis of power is OK" fence fence_hpblade status --plug=4
is 0 '^2,ILO' "OA: list" fence fence_hpblade list
is 0 '^4,ILO[^,]*,OFF' "OA: list with states" fence fence_hpblade list-status
control 'fault denied' >/dev/null
is 1 '' "OA: a power command that is denied shows as not done" fence fence_hpblade off --plug=1 --power-timeout=3
really 1 on "OA: and was not"
control 'clear' >/dev/null

start_sim hp-oa --bays 16 --fault kbdint
is 0 'Status: ON' "OA: keyboard-interactive" fence fence_hpblade status --plug=1
start_sim hp-oa --bays 16 --fault denied-login
is 1 '' "OA: a wrong login" fence fence_hpblade status --plug=1

start_sim dell-cmc --bays 16
switched fence_drac5 "CMC" --plug=server-1
is 0 '^Server-4,' "CMC: list" fence fence_drac5 list
is 0 '^Server-4,,OFF' "CMC: list with states" fence fence_drac5 list-status --plug=server-1
start_sim dell-cmc --bays 16 --fault double-eol
is 0 'Success: Powered OFF' "CMC: CR LF taken for two Enters" fence fence_drac5 off --plug=server-2
really 2 off "CMC: off it is"

start_sim dell-idrac
switched fence_drac5 "iDRAC" --drac-version='DRAC 5' --command-prompt='admin1->'

start_sim ibm-amm --bays 14
switched fence_bladecenter "AMM" --plug=3
is 1 '' "AMM: a bay that is not there" fence fence_bladecenter status --plug=15
is 0 '^4,blade4' "AMM: list" fence fence_bladecenter list
start_sim ibm-cmm --bays 14
switched fence_bladecenter "CMM" --plug=3

start_sim hpe-ilo
switched fence_ilo_ssh "iLO"
is 0 'Success: Rebooted' "iLO: reset" fence fence_ilo_ssh reboot --method=cycle

start_sim hpe-moonshot --bays 45
switched fence_ilo_moonshot "Moonshot" --plug=c1n1
is 0 '^c4n1,' "Moonshot: list" fence fence_ilo_moonshot list

start_sim hitachi-svp --bays 8
switched fence_hds_cb "Hitachi" --plug=1
is 0 '^3,Off' "Hitachi: list" fence fence_hds_cb list

start_sim fujitsu-rsb
switched fence_rsb "RSB"

stop_sim
if [ -s "$dir/err" ]; then bad "nothing on stderr" "$(cat "$dir/err")"; fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
