#!/bin/bash
# Random keys, pastes, clicks and sizes, several storms beside each other: against one shared broker, against scripted ones (metal, a customer,
# alerts), against a wall, and against private brokers, which must go with their consoles and leave nothing behind. Afterwards the audit, or
# the scripted broker's log, knows of what the storms confirmed on purpose, each once, and of nothing else.
# STORM_SEED picks other storms; TANA_LONG=1 makes them ten million events, STORM_EVENTS as many as it says.
set -eu
build=${TANA_BUILD:?}
storm=$build/tests/screens/storm
seed=${STORM_SEED:-20260412}
events=${STORM_EVENTS:-18000} every=400
[ -z "${TANA_LONG:-}" ] || events=10000000 every=700
dir=$(mktemp -d /tmp/tana-storm.XXXXXX)
brokers=()
trap 'for p in "${brokers[@]}"; do kill "$p" 2>/dev/null || :; done; wait; rm -rf "$dir"' EXIT
die() { printf 'NOT OK - %s\n' "$1"; for f in "$dir"/*.out "$dir"/*.errors "$dir/tanad.log"; do echo "== $f"; tail -n 50 "$f"; done 2>/dev/null; exit 1; }
there() { # SOCKET
	for _ in $(seq 600); do
		[ ! -S "$1" ] || return 0
		sleep 0.1
	done
	die "nobody listens at $1"
}

"$build/tanad" --generate "$dir/site"
export HOME="$dir/home" XDG_RUNTIME_DIR="$dir/run"
# What ASan keeps back of freed memory must not look like growth.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=4"
unset XDG_STATE_HOME XDG_CACHE_HOME TANA_SOCKET
mkdir -m 0700 "$HOME" "$XDG_RUNTIME_DIR"
"$build/tanad" --site "$dir/site/site.conf" --socket "$dir/sock" --state "$dir/state" >"$dir/tanad.log" 2>&1 &
brokers+=($!)
there "$dir/sock"
for peer in "metal operator metal" "snaps operator snaps" "care operator care" "map operator map" "customer customer one"; do
	read -r name role words <<<"$peer"
	"$build/tests/screens/peer" "$dir/$name" "$dir/$name.log" "$role" "$words" >"$dir/$name.peer" 2>&1 &
	brokers+=($!)
	there "$dir/$name"
done
t() { "$build/tana" --socket "$dir/sock" "$@"; }

pids=() names=()
blow() { # NAME SHARE READY ... -- COMMAND...: a storm of so many hundredths of the events, in the background
	local name=$1 share=$2 ready=$3 more=()
	shift 3
	while [ "$1" != -- ]; do
		more+=("$1")
		shift
	done
	shift
	seed=$((seed + 1))
	mkdir -m 0700 -p "$dir/set-$name/tana"
	XDG_CONFIG_HOME=$dir/set-$name "$storm" --seed "$seed" --events $((events * share / 100)) --ready "$ready" --settings "$dir/set-$name" \
		--errors "$dir/$name.errors" "${more[@]}" "$build/tana" "$@" >"$dir/$name.out" 2>&1 &
	pids+=($!)
	names+=("$name")
}
first='rack|Rack|ラック|My servers|利用中'
for i in 1 2 3; do
	blow shared$i 18 "$first" --every $every --deeds "$dir/shared$i.deeds" -- --socket "$dir/sock"
done
blow metal 10 "$first" --every $every -- --socket "$dir/metal"
blow snaps 8 "$first" --every $every -- --socket "$dir/snaps"
blow care 8 "$first" -- --socket "$dir/care"
blow map 8 "$first" -- --socket "$dir/map"
blow customer 6 . -- --socket "$dir/customer"
blow wall 3 '[0-9]' --wall yes -- --socket "$dir/sock" wall
blow quit 1 "$first" --leave quit -- demo
blow hangup 1 "$first" --leave hangup -- demo
blow kill 1 "$first" --leave kill -- demo
for i in "${!pids[@]}"; do
	wait "${pids[$i]}" || die "storm ${names[$i]}"
	[ ! -s "$dir/${names[$i]}.errors" ] || die "the console of ${names[$i]} wrote to its standard error"
	echo "${names[$i]}: $(cat "$dir/${names[$i]}.out")"
done
echo 'ok - they live, and answer'

kill -0 "${brokers[0]}" 2>/dev/null || die "tanad is gone"
t audit --json >"$dir/audit.json" 2>>"$dir/audit.err" || die "tanad does not answer"
jq -e 'any(.[]; .what == "start")' "$dir/audit.json" >"$dir/null" || die "the audit cannot be read"
jq -r '.[] | select(.what == "begin") | .verb + " " + ([.objects[].name] | join(","))' "$dir/audit.json" | sort >"$dir/was-done"
sort "$dir"/shared?.deeds >"$dir/was-meant"
diff "$dir/was-meant" "$dir/was-done" || die "what was done (>) is not what was confirmed (<)"
jq -r '.[] | select(.what | IN("start", "stop", "begin", "end", "denied", "console", "connect", "leave") | not) | .what' "$dir/audit.json" | sort | uniq -c >"$dir/others"
grep -E 'alert|note|limit|lease|approve' "$dir/others" && die "alerts or notes were changed"
echo "ok - done: $(wc -l <"$dir/was-done") orders, all of them meant: $(cut -d' ' -f1 "$dir/was-done" | sort | uniq -c | awk '{printf "%s%s %d", (NR > 1 ? ", " : ""), $2, $1}')"
for name in metal snaps care map customer; do
	asked=$(grep -cE '"execute":"(commit|alert-set|note-set)"' "$dir/$name.log" || :)
	meant=$(sed -n 's/.* KiB, \([0-9]*\) orders.*/\1/p' "$dir/$name.out")
	[ "$asked" = "$meant" ] || die "$name: $asked orders reached the broker, $meant were meant"
	echo "ok - $name: $asked orders, all of them meant"
done
left=$(ls -A "$XDG_RUNTIME_DIR")
[ -z "$left" ] || die "folders of private brokers are left: $left"
echo 'ok - private brokers went with their consoles'
