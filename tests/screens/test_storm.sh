#!/bin/bash
# Random keys against a console: on a shared broker, where the audit shows afterwards that nothing which loses work was
# ever done, and on private ones, which must go with it and leave nothing behind.
# STORM_SEED picks another storm; TANA_LONG=1 makes it a million events.
set -eu
build=${TANA_BUILD:?}
storm=$build/tests/screens/storm
seed=${STORM_SEED:-20260412}
events=20000 private=500 metal=5000
[ -z "${TANA_LONG:-}" ] || events=1000000 private=10000 metal=200000
dir=$(mktemp -d /tmp/tana-storm.XXXXXX)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || :; wait; rm -rf "$dir"' EXIT
die() { printf 'NOT OK - %s\n' "$1"; tail -n 40 "$dir/errors" "$dir/tanad.log" 2>/dev/null; exit 1; }
quiet_log() { [ ! -s "$dir/errors" ] || die "the console wrote to its standard error"; }

"$build/tanad" --generate "$dir/site"
export HOME="$dir/home" XDG_RUNTIME_DIR="$dir/run"
# What ASan keeps back of freed memory must not look like growth.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=4"
unset XDG_STATE_HOME XDG_CACHE_HOME TANA_SOCKET
mkdir -m 0700 "$HOME" "$XDG_RUNTIME_DIR"
"$build/tanad" --site "$dir/site/site.conf" --socket "$dir/sock" --state "$dir/state" >"$dir/tanad.log" 2>&1 &
pid=$!
for _ in $(seq 200); do
	[ ! -S "$dir/sock" ] || break
	kill -0 "$pid" 2>/dev/null || die "tanad did not start"
	sleep 0.1
done
t() { "$build/tana" --socket "$dir/sock" "$@"; }

"$storm" --seed "$seed" --events "$events" --errors "$dir/errors" "$build/tana" --socket "$dir/sock" || die "storm on a shared broker"
quiet_log
kill -0 "$pid" 2>/dev/null || die "tanad is gone"
t audit --json >"$dir/audit.json" || die "tanad does not answer"
[ "$(jq '[.[] | select(.what == "start")] | length' "$dir/audit.json")" -ge 1 ] || die "the audit cannot be read"
printf 'ok - it lives; done meanwhile: %s\n' "$(jq -c '[.[] | select(.what == "begin") | .verb] | group_by(.) | map({(.[0]): length}) | add' "$dir/audit.json")"
lost=$(jq -c '.[] | select(.what == "begin" and (.verb == "power-off" or .verb == "reset"))' "$dir/audit.json")
[ -z "$lost" ] || die "work was lost by random keys: $lost"
echo 'ok - nothing that loses work was done'

kill "$pid"
wait "$pid" || die "tanad ended with status $?"
pid=
# Racks in which every state of a blade stands, enclosures, plans on blades: on a scripted broker.
"$build/tests/screens/peer" "$dir/peer" "$dir/peer.log" operator metal >"$dir/tanad.log" 2>&1 &
pid=$!
for _ in $(seq 100); do
	[ ! -S "$dir/peer" ] || break
	sleep 0.1
done
"$storm" --seed "$seed" --events "$metal" --ready "Rack A" --errors "$dir/errors" "$build/tana" --socket "$dir/peer" || die "storm on the metal"
quiet_log
kill "$pid"
wait "$pid" || :
pid=
for leave in quit hangup kill; do
	"$storm" --seed "$seed" --events "$private" --leave $leave --errors "$dir/errors" "$build/tana" demo || die "storm on private brokers"
	quiet_log
done
left=$(ls -A "$XDG_RUNTIME_DIR")
[ -z "$left" ] || die "folders of private brokers are left: $left"
echo 'ok - private brokers went with their consoles'
