#!/bin/bash
# tana alerts, note, events, audit and handover with a real broker: what scripts and pagers read of it, also while the broker is started
# anew: no event is lost, and none comes twice.
set -u

build=${TANA_BUILD:?}
tana=$build/tana tanad=$build/tanad
work=$(mktemp -d)
export HOME=$work XDG_STATE_HOME=$work/state XDG_CACHE_HOME=$work/cache XDG_RUNTIME_DIR=$work/run LC_ALL=C.UTF-8 TZ=UTC
unset TANA_SOCKET SSH_CONNECTION
mkdir -m 700 "$work/run"
broker='' follower='' passed=0 failed=0 status=0

end() {
	for pid in $follower $broker; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	rm -rf "$work"
}
trap end EXIT
command -v jq >/dev/null || { echo "skipped: needs jq"; exit 77; }

ok() { passed=$((passed + 1)); }
bad() {
	failed=$((failed + 1))
	printf 'NOT OK - %s (status %s)\n' "$1" "$status"
	head -n 12 "$work/out" | cut -c1-300 | sed 's/^/  out: /'
	head -n 12 "$work/err" | cut -c1-300 | sed 's/^/  err: /'
}
# t STATUS WHAT WORDS...: tana with these words ends with this status
t() {
	local want=$1 what=$2
	shift 2
	status=0
	timeout 90 "$tana" --socket "$work/b.sock" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
	if [ "$status" = "$want" ]; then ok; else bad "$what: expected status $want"; fi
}
out() { if grep -qE -- "$2" "$work/out"; then ok; else bad "$1: no $2 in out"; fi; }
err() { if grep -qE -- "$2" "$work/err"; then ok; else bad "$1: no $2 in err"; fi; }
json() { if jq -es "$2" "$work/out" >/dev/null 2>&1; then ok; else bad "$1: not $2"; fi; }
# Until a command succeeds, long enough for the slowest machine.
until_true() {
	local what=$1 i
	shift
	for ((i = 0; i < 900; i++)); do
		"$@" && { ok; return; }
		sleep 0.1
	done
	bad "$what never came"
}
start() {
	"$tanad" --site "$work/site/site.conf" --socket "$work/b.sock" --state "$work/state" >"$work/tanad.log" 2>&1 &
	broker=$!
	until_true 'the broker' test -S "$work/b.sock"
	until_true 'its answer' answers
}
answers() { "$tana" --socket "$work/b.sock" list racks >/dev/null 2>&1; }
halt() {
	kill "$broker"
	wait "$broker" 2>/dev/null
	broker=
}

"$tanad" --generate "$work/site" --racks 1 --enclosures 1 --bays 3 --vms 2 --dead 1 >/dev/null || exit 99
sed -i "s/users = { \"root\" }/users = { \"$(id -un)\", \"daemon\" }/" "$work/site/site.conf"
start

# ---- alerts ----

has_alert() { t 0 alerts alerts; grep -q 'its host does not answer' "$work/out"; }
until_true 'the alert' has_alert
out 'the table' '^ALERT +STATE +LEVEL +SINCE +BEHIND'
t 0 'as JSON' alerts --json
json 'as JSON' 'length == 1 and (.[0] | length == 1 and .[0].kind == "alert" and .[0].state == "new")'
id=$(jq -r '.[0].id' "$work/out") dead=$(jq -r '.[0].object' "$work/out")
t 0 'list alerts' list alerts state:new; out 'list alerts' "^${id#alert:} +new +alert "
t 0 'another filter' alerts state:muted; if grep -q "${id#alert:}" "$work/out"; then bad 'another filter'; else ok; fi
t 2 'mute for ever' alerts mute "$id"; err 'mute for ever' 'until when'
t 2 'ack of nothing' alerts ack
t 2 'ack until' alerts ack "$id" --until '+1 h'
t 2 'ack where none is' alerts ack blade:a1-01; err 'ack where none is' 'no alert stands at blade:a1-01'
t 0 ack alerts ack "${id#alert:}" --ref T-17 --note '=cmd()'; err ack "$id is acknowledged"
t 0 'who attends' alerts; out 'who attends' 'T-17: =cmd\(\)'
t 0 'unack by object' alerts unack "$dead" --json; json 'unack by object' '.[0].state == "new"'
t 0 mute alerts mute "$dead" --until '+2 h'; t 0 'what is muted' alerts state:muted; out 'what is muted' ' until 20'

# ---- somebody else's ----

other=
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	cp "$tana" "$work/theirs" && chmod 711 "$work" && mkdir "$work/home" && other=yes
fi
# o STATUS WHAT WORDS...: as t, as another operator
o() {
	local want=$1 what=$2
	shift 2
	status=0
	HOME=$work/home XDG_STATE_HOME=$work/home XDG_CACHE_HOME=$work/home XDG_RUNTIME_DIR=$work/home timeout 90 setpriv --reuid=daemon --regid=daemon --clear-groups \
		"$work/theirs" --socket "$work/b.sock" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
	if [ "$status" = "$want" ]; then ok; else bad "$what: expected status $want"; fi
}
if [ "$other" ]; then
	me=$(id -un)
	o 3 'of mine' alerts ack "$dead" --ref OPS-9; err 'of mine' "$me muted it at 20.* until 20.*"; err 'of mine' '--anyway'
	o 0 'of mine, anyway' alerts ack "$dead" --ref OPS-9 --anyway
	t 3 'of theirs' alerts ack "$dead" --ref MINE; err 'of theirs' 'daemon attends to it since 20.*OPS-9'
	t 3 'back, of theirs' alerts unack "$dead" --json; json 'back, of theirs' '.[0].error.msg == "alert.held.acknowledged"'
	o 0 'their own' alerts ack "$dead" --ref OPS-10
	o 0 'their note' note blade:a1-02 'fan 3'
	t 3 'over their note' note blade:a1-02 mine; err 'over their note' 'daemon put a1-02 under observation at 20.*: fan 3'
	t 3 'their note off' note blade:a1-02 ''
	t 0 'their note off, anyway' note blade:a1-02 '' --anyway
	t 0 'of theirs, anyway' alerts mute "$dead" --until '+2 h' --anyway
fi
t 2 'anyway what' alerts --anyway

# ---- notes ----

t 0 note note blade:a1-01 'NIC; until Friday' --until '+3 d'
t 2 'note on a rack' note rack:A x; err 'note on a rack' 'only a blade'
t 0 handover handover; out handover '^Under observation$'; out handover 'a1-01  NIC; until Friday'; out handover 'muted it until'
t 0 'handover, JSON' handover --since 1h --json
json 'handover, JSON' '.[0] | (.alerts | length) == 1 and (.watches | length) == 1 and (.jobs | length) == 0 and (.records | map(.what) | contains(["alert", "note"]))'
t 0 'note off' note blade:a1-01 ''; err 'note off' 'no longer'

# ---- audit ----

t 0 'audit as CSV' audit --csv --by "$(id -un)" --since 1h
if head -n 1 "$work/out" | grep -q $'^seq,at,what,verb,request,objects,by,role,tenant,origin,reason,job,ref,outcome\r$'; then ok; else bad 'header of the CSV'; fi
if grep -q "\"'=cmd()\"" "$work/out" && ! grep -q '"=cmd' "$work/out"; then ok; else bad 'a formula in the CSV'; fi
if [ "$(tr -d '\n' <"$work/out" | tr -cd '\r' | wc -c)" = "$(wc -l <"$work/out")" ]; then ok; else bad 'ends of lines in the CSV'; fi
t 0 'by nobody' audit --by nobody; if [ -s "$work/out" ]; then bad 'by nobody'; else ok; fi
t 0 'a verb' audit --verb power-off --json; json 'a verb' '.[0] == []'
t 0 'until an hour ago' audit --until 1h --json; json 'until an hour ago' '.[0] == []'
t 2 'narrowed verify' audit verify --by root

# ---- events, over a restart ----

t 0 events events --json
json events 'length > 4 and all(.seq > 0 and (.what.text | length) > 0) and (map(.seq) | . == (unique))'
before=$(wc -l <"$work/out")
: >"$work/follow"
"$tana" --socket "$work/b.sock" events --follow --json --since 1h >"$work/follow" 2>"$work/follow.err" &
follower=$!
lines() { [ "$(wc -l <"$work/follow")" -ge "$1" ]; }
until_true 'what was' lines "$before"
t 0 'while it follows' note blade:a1-01 one
until_true 'what is' lines $((before + 1))
halt
start
t 0 'after a restart' note blade:a1-01 two
t 0 'and once more' note blade:a1-01 three
until_true 'what came after the restart' grep -q ': three' "$work/follow"
same() { "$tana" --socket "$work/b.sock" events --json --since 1h >"$work/out" 2>"$work/err" && cmp -s "$work/out" "$work/follow"; }
until_true 'what was followed is what there was' same
kill -INT "$follower"
status=0
wait "$follower" || status=$?
follower=
if [ "$status" = 0 ] && [ ! -s "$work/follow.err" ]; then ok; else bad 'ended by ^C'; cat "$work/follow.err"; fi
# Nobody reads any more: it ends, though nothing happens.
status=0
timeout 90 "$tana" --socket "$work/b.sock" events --follow --since 1h | head -n 1 >"$work/out"
status=${PIPESTATUS[0]}
if [ "$status" = 0 ]; then ok; else bad 'nobody reads'; fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
