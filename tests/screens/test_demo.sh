#!/bin/bash
# The demonstration as its user meets it: the real console with its own broker, on terminals of several kinds and sizes.
set -eu
build=${TANA_BUILD:?}
dir=$(mktemp -d /tmp/tana-demo.XXXXXX)
trap 'rm -rf "$dir"' EXIT
export HOME="$dir/home" XDG_RUNTIME_DIR="$dir/run"
unset XDG_STATE_HOME XDG_CACHE_HOME TANA_SOCKET SSH_CONNECTION
mkdir -m 0700 "$HOME" "$XDG_RUNTIME_DIR"
failed=0
# on WHAT [OPTIONS OF drive...] < STEPS
on() {
	what=$1
	shift
	if "$build/tests/screens/drive" --errors "$dir/errors" "$@" "$build/tana" demo >"$dir/shots" 2>"$dir/why"; then
		printf 'ok - %s\n' "$what"
	else
		printf 'NOT OK - %s\n' "$what"
		cat "$dir/shots" "$dir/why"
		failed=1
	fi
	[ ! -s "$dir/errors" ] || { printf 'NOT OK - %s: written to standard error\n' "$what"; cat "$dir/errors"; : >"$dir/errors"; failed=1; }
}

on 'from the racks to a VM, powered off by its name and on again' --size 100x30 <<'STEPS'
expect demo › racks
expect 738 VMs
expect 59/61 hosts
keys Tab
expect ^>.*acme-db01a
keys /
type globex-app01
expect 1 of 738 VMs
keys Enter Enter
expect globex-app01 +running
keys p
expect Power off
expect Power on +globex-app01 is running already
keys Down Enter
expect Power off now: type globex-app01
expect > Cancel, change nothing
# Enter on what is not typed right does nothing
keys Down Down Down
type globex-app0
keys Enter
expect That is not globex-app01. Nothing was done
type 1
keys Enter
expect state +off
gone Power off now
expect power off
# what loses nothing takes Enter
keys p
expect Power off +globex-app01 is off
keys Enter
expect Power on now
keys Down Down Enter
expect state +running
keys J
expect done +power on +globex-app01
expect done +power off +globex-app01
keys Q
expect-exit 0
STEPS

# The metal below the VMs: real managers over SSH. A blade goes off, its host goes away, its VMs are what was last known; on again, they are back.
on 'a blade is powered off by its name from the racks, and on again' --size 80x24 <<'STEPS'
expect 59/61 hosts
expect A1  ! Cooling Subsystem warning
expect A2  ! PS-2 failed
expect B1  ibm-amm live
keys Right Right Right Right Right Right Right
expect ^ a1-08 +live +4 VMs, 4 running
# from the cursor on the blade: five keys and its name
keys p
expect > Shut down
keys Down Enter
expect Power off blade a1-08
expect 4 VMs run there and end with it
expect > Cancel, change nothing
keys Up
type a1-0
keys Enter
expect That is not a1-08. Nothing was done
type 8
keys Enter
expect job [0-9a-f]+ +power off a1-08
expect 30 power off a1-08: done, seen off
expect 58/61 hosts
expect ^ a1-08 +off +4 VMs, 4 were running
expect manager: off, now; host: silent
keys Enter
expect serial +CZJ0301008, the bay's blade
expect ^>\? acme-web25 +was running
refute  acme-web25 +running
keys P
expect > Power on
keys Enter
expect > Cancel, change nothing
keys Up Enter
expect 59/61 hosts
expect manager +live; health OK
expect host +live
expect 60 power on a1-08: done
expect ^>. acme-web25 +running
keys Q
expect-exit 0
STEPS

on 'the VMs first, in their order, then the blade; another one is its owner'"'"'s' --size 80x24 <<'STEPS'
expect 59/61 hosts
expect A1  ! Cooling
keys Right Right Right Right Right Right Right Down Left
expect ^ a1-15 +live +2 VMs, 2 running
keys P
expect > Shut down
keys Enter
expect Shut down now: type a1-15
keys Down Down Enter
expect Shut down now: press y
keys Down Enter
expect 1  acme-web46  shut down
expect 2  infra-dns06  shut down
keys y
expect 30 2 VMs and then a1-15 were shut down
expect 58/61 hosts
expect ^ a1-15 +off +2 VMs, 0 were running
type nnnnn
keys /
type b1-15
keys Enter n
expect driven by hooli
keys p
expect is driven by hooli
keys Q
keys Q
STEPS

on 'three marked VMs take the count; Esc changes nothing' --size 120x36 <<'STEPS'
expect 738 VMs
expect 59/61 hosts
sleep 0.5
keys Tab
expect ^>.*acme-db01a
keys Space Space Space
expect 3 marked
keys p
expect 3 marked VMs
expect > Shut down
keys Down Enter
expect Power off now: type 3 
keys Esc
gone Power off now
keys Esc Esc
refute Power off now
expect 3 marked
keys J
refute power off
keys Q
expect-exit 0
STEPS

on 'a cursor key is cheap, an idle screen sends next to nothing' --size 120x36 <<'STEPS'
expect 738 VMs
expect 59/61 hosts
# the sentence of the demonstration makes room for that of the alerts after a while
gone 30 nothing here is real
# blades: what VMs use would move by itself
keys 3
expect ^>.*a1-01
sleep 0.5
keys Down
bytes 200
keys Down
bytes 200
mark
sleep 3
bytes 80
STEPS

on 'sizes' --size 80x24 <<'STEPS'
expect demo › racks
expect 738 VMs
size 1x1
sleep 0.3
size 200x60
expect 738 VMs
size 20x5
keys Tab j j Enter
size 10x3
keys Esc p
sleep 0.3
keys Esc
size 80x24
keys Tab
expect demo ›
size 300x1
size 2x100
size 80x24
expect demo ›
keys Q
expect-exit 0
STEPS

on 'help is made of the keys; ^L draws anew; the mouse and pastes do no harm' --size 80x24 <<'STEPS'
expect 738 VMs
keys ?
expect › help
keys Esc
gone › help
keys C-l
expect 738 VMs
paste pQ\nq\ny\n
sleep 0.3
expect 738 VMs
keys Q
expect-exit 0
STEPS

# Lines and blocks only where the terminal has them in one cell.
box='(─|│|┌|█|▇|▄|●)'
on 'UTF-8: lines and blocks' <<STEPS
expect 738 VMs
expect $box
STEPS
on 'no UTF-8: ASCII only' --env LANG=C <<'STEPS'
expect 738 VMs
expect 59/61 hosts
refute [^ -~]
STEPS
on 'ambiguous characters are wide: none are used' --ambiguous 2 <<STEPS
expect 738 VMs
refute $box
STEPS
on 'a VT220' --term vt220 --size 80x24 <<'STEPS'
expect 738 VMs
expect 59/61 hosts
keys Tab
expect acme-db01a
STEPS
on 'the Linux console' --term linux --size 80x25 <<'STEPS'
expect 738 VMs
expect 59/61 hosts
keys Tab
expect ^>.*acme-db01a
keys Down Enter
expect acme-db01b +running
STEPS
on 'a terminal that nobody knows falls back to its like' --term xterm-nosuch --size 80x24 <<'STEPS'
expect 738 VMs
expect 59/61 hosts
keys Tab
expect acme-db01a
STEPS
on 'NO_COLOR' --env NO_COLOR=1 <<'STEPS'
expect 738 VMs
STEPS

# Commands on a broker of their own wait for the managers as for the hosts.
# says WHAT STATUS REGEX ARGS...
tries=1
says() {
	what=$1 status=$2 regex=$3
	shift 3
	for _ in $(seq $tries); do
		got=0
		"$build/tana" demo "$@" >"$dir/said" 2>"$dir/why" || got=$?
		if [ "$got" = "$status" ] && tr '\n' ' ' <"$dir/said" | grep -Eq "$regex"; then
			printf 'ok - %s\n' "$what"
			return
		fi
	done
	printf 'NOT OK - %s: status %s\n' "$what" "$got"
	cat "$dir/said" "$dir/why"
	failed=1
}
says 'every manager is there, and what is wrong has a name' 0 'A1 .*warning +up +hp-oa +Cooling Subsystem warning A2 .*failed +up +dell-cmc +PS-2 failed B1 .*ok +up +ibm-amm +B2 .*ok +up +hp-oa' list enclosures
says 'power is known of each blade' 0 'a1-01 .* on +ok +up .* a2-14 .* off +ok +up' list blades rack:A
! grep -Eq 'unknown|on\?|off\?' "$dir/said" || { printf 'NOT OK - a power that is not known\n'; cat "$dir/said"; failed=1; }
# Where many hosts come at once, the memory of each is asked for when all VMs are there: a command may be faster.
tries=30
says 'what still fits' 0 '"free":\[.*\{"grade":"V80","fits":0\}' show blade:a1-13 --json
says 'in words' 0 'identity +agrees .* room +nothing more fits' show blade:a1-13
tries=1
says 'a part that two commands tell of is one part' 0 'power +5 of 6 OK fans +9 of 9 OK .*wrong +PS-2 failed' show enclosure:A2
says 'a host that was never heard may run anything' 0 'a2-07: its host was never heard' power-off blade:a2-07 --preview
says 'a refusal' 3 '"class":"' power-off blade:b1-15 --confirm b1-15 --json
says 'a blade is powered off, and seen off' 0 'a1-03: seen off after' power-off blade:a1-03 --confirm a1-03

left=$(ls -A "$XDG_RUNTIME_DIR")
[ -z "$left" ] || { printf 'NOT OK - folders of private brokers are left: %s\n' "$left"; failed=1; }
exit $failed
