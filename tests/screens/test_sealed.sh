#!/bin/bash
# A sealed console in ordinary use, traced: every view, the other language, a broker that comes back, commands. From the moment in which
# its filter is in force no call of console or connector is refused, so nothing that ncurses, libev, jansson or the C library do is hurt.
set -u
build=${TANA_BUILD:?}
command -v strace >/dev/null || { echo "skipped: needs strace"; exit 77; }
dir=$(mktemp -d /tmp/tana-sealed.XXXXXX)
export HOME=$dir LC_ALL=C.UTF-8 TZ=UTC TERM=xterm-256color XDG_RUNTIME_DIR=$dir/run XDG_STATE_HOME=$dir/state
unset TANA_SOCKET TANA_SANDBOX XDG_CACHE_HOME LANGUAGE
mkdir -m 700 "$XDG_RUNTIME_DIR"
sock=$dir/sock failed=0
end() {
	[ ! -e "$dir/pid" ] || kill "$(cat "$dir/pid")" 2>/dev/null
	wait
	rm -rf "$dir"
}
trap end EXIT
bad() {
	printf 'NOT OK - %s\n' "$1"
	failed=1
}
broker() {
	rm -f "$sock"
	"$build/tanad" --site "$dir/site/site.conf" --socket "$sock" --state "$dir/ledger" >>"$dir/log" 2>&1 </dev/null &
	echo $! >"$dir/pid"
	for _ in $(seq 1200); do
		[ ! -S "$sock" ] || return 0
		sleep 0.05
	done
	bad "no broker"
	cat "$dir/log"
	exit 1
}
gone() { # PID: a broker that may be another shell's child
	kill "$1"
	while kill -0 "$1" 2>/dev/null; do sleep 0.05; done
}
# What was refused after a process had its filter. The one thing that may be: the C library looks for a file that is called like the
# rule of a zone before it takes the rule itself.
refused() {
	awk '/seccomp\(SECCOMP_SET_MODE_FILTER, 0, / && !/ = -1/ { sealed[$1] = 1; n++; next }
		sealed[$1] && (/ EPERM / || /SIGSYS/ || /killed by/) && !/(openat|newfstatat)\(AT_FDCWD, "\/usr\/share\/zoneinfo\/[A-Z]+-?[0-9]+"/
		END { if (n != 2) print n + 0, "processes were sealed, not 2" }' "$1"
}
trace() { # NAME COMMAND...: traced; status of the command
	local name=$1 status=0
	shift
	strace -f -o "$dir/$name.trace" "$@" || status=$?
	refused "$dir/$name.trace" >"$dir/refused"
	[ ! -s "$dir/refused" ] || { bad "$name: refused"; head -n 5 "$dir/refused"; }
	return $status
}

"$build/tanad" --generate "$dir/site" --racks 2 --enclosures 1 --bays 4 --vms 3 >/dev/null || exit 1
printf '%s\n' 'cluster K1 { nodes = { "a1-[01-03]" } }' 'volume vol-1 { size = "300 GiB" cluster = K1 path = "/srv/vol-1" }' >>"$dir/site/site.conf"
broker
steps() {
	cat <<-'END'
		expect Rack
		expect JST
		keys Down Right Right Left
		keys ?
		expect Everywhere
		keys L
		sleep 0.2
		keys L
		expect Everywhere
		keys Esc
		keys E
		sleep 0.3
		keys q
		keys Tab
		expect NAME
		keys o O Down Space a Esc F
		type /acme
		keys Enter
		keys Enter
		sleep 0.3
		keys e
		sleep 0.3
		keys q
		keys p
		sleep 0.3
		keys Esc
		keys +
		sleep 0.3
		keys Esc
		keys c
		sleep 0.5
		keys C-]
		keys q
		keys Esc
		keys Esc
		keys R
		keys J A
		sleep 0.3
		keys a
		sleep 0.2
		keys Esc 6
		sleep 0.3
		keys PgUp Enter
		sleep 0.2
		keys Esc 7 Right Down Right Down w
		expect if
		keys Right Right q 8
		sleep 0.3
		keys Enter
		sleep 0.3
		keys q 9
		sleep 0.3
		keys 0
		sleep 0.3
		keys Enter
		sleep 0.3
		keys q H
		sleep 0.3
		keys + q 2 Home
		expect NAME
		keys v
		sleep 1
		keys R q
		keys g
		type a1
		sleep 0.5
		keys Down Enter
		sleep 0.3
		keys 2
		expect NAME
		keys C Down Space K d Esc f
		sleep 0.2
		keys Esc : Esc /
		type state:running
		keys Enter f Enter
		sleep 0.2
		type night
		keys Enter Enter
		sleep 0.3
		keys F 3
		sleep 0.3
		keys Home t
		type NIC
		keys Tab Tab Enter
		sleep 0.3
		keys Esc Space * a
		sleep 0.3
		keys Esc
		keys S
		expect [Tt]heme
		keys Enter Right Left Down Enter Down Enter Enter Down Enter Enter Down Enter Enter Down Enter Enter Down Enter Enter Down Down Enter q
		keys 1 + + - - z Z
		size 120x36
		size 30x5
		size 80x24
		keys C-l
		shot
	END
	for _ in $(seq 6000); do # until it has come so far
		[ ! -s "$dir/shot" ] || break
		sleep 0.1
	done
	gone "$(cat "$dir/pid")"
	broker
	echo 'expect 15 broker is back'
	echo 'keys Q'
	echo 'expect-exit 0'
}
steps | "$build/tests/screens/drive" --errors "$dir/errors" strace -f -o "$dir/screen.trace" "$build/tana" --socket "$sock" >"$dir/shot" || bad "the screen"
[ ! -s "$dir/errors" ] || { bad "the screen wrote to standard error"; head "$dir/errors"; }
refused "$dir/screen.trace" >"$dir/refused"
[ ! -s "$dir/refused" ] || { bad "the screen: refused"; head -n 5 "$dir/refused"; }
# What was chosen in the sandbox is in the file, and the file is all that is there.
grep -q '^theme = ' "$HOME/.config/tana/settings" && grep -q '^filter.night = state:running' "$HOME/.config/tana/settings" || { bad "settings were not kept"; cat "$HOME/.config/tana/settings"; }
[ "$(ls -A "$HOME/.config/tana")" = settings ] || bad "other files were made: $(ls -A "$HOME/.config/tana")"

# A wall: sealed too, all its pages, a broker that comes back; it holds no file, and its user's settings are as they were.
cksum <"$HOME/.config/tana/settings" >"$dir/before"
wall() {
	cat <<-'END'
		expect alerts?|all is well|hosts
		sleep 2.5
		size 160x45
		size 40x10
		size 80x24
		sleep 2.5
		shot
	END
	for _ in $(seq 6000); do
		[ ! -s "$dir/wallshot" ] || break
		sleep 0.1
	done
	gone "$(cat "$dir/pid")"
	broker
	printf '%s\n' 'sleep 2' 'keys q' 'expect-exit 0'
}
wall | "$build/tests/screens/drive" strace -f -o "$dir/wall.trace" "$build/tana" --socket "$sock" wall --page 2 --bell >"$dir/wallshot" || bad "the wall"
refused "$dir/wall.trace" >"$dir/refused"
[ ! -s "$dir/refused" ] || { bad "the wall: refused"; head -n 5 "$dir/refused"; }
cksum <"$HOME/.config/tana/settings" | cmp -s - "$dir/before" || bad "a wall wrote its user's settings"
grep -q 'openat.*tana/settings.*O_RDWR' "$dir/wall.trace" && bad "a wall holds the settings"

t() { "$build/tana" --socket "$sock" "$@"; }
for _ in $(seq 600); do # its broker has just come
	vm=$(t list vms --json 2>/dev/null | jq -r '[.[] | select(.live) | .name][0] // empty')
	[ -z "$vm" ] || break
	sleep 0.1
done
trace list "$build/tana" --socket "$sock" list vms >"$dir/out" 2>/dev/null || bad "list"
grep -q NAME "$dir/out" || bad "list: nothing printed"
trace show "$build/tana" --socket "$sock" show "vm:$vm" >/dev/null || bad "show"
trace limits "$build/tana" --socket "$sock" limits "vm:$vm" >/dev/null || bad "limits"
trace protect "$build/tana" --socket "$sock" protect "vm:$vm" --yes >/dev/null || bad "protect"
trace report "$build/tana" --socket "$sock" report snapshots --month 2026-04 >/dev/null || bad "report"
seq=$(t audit verify --json | jq .head_seq)
hash=$(t audit verify --json | jq -r .head_hash)
site=$(t list --json 2>/dev/null | jq -r '.[0].site // empty' 2>/dev/null)
printf 'x tana-audit anchor seq=%s hash=%s site=%s\n' "$seq" "$hash" "${site:-none}" >"$dir/anchors"
trace verify "$build/tana" --socket "$sock" audit verify --anchors "$dir/anchors" >"$dir/out" 2>"$dir/err"
grep -q "$dir/anchors" "$dir/out" "$dir/err" || bad "verify: the file was not read"
[ $failed = 0 ] && echo "ok - nothing was refused in $(cat "$dir"/*.trace | wc -l) traced calls"
exit $failed
