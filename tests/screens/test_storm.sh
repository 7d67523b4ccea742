#!/bin/bash
# Random keys, pastes, clicks and sizes, several storms beside each other: against one shared broker, against scripted ones (metal, a customer,
# alerts), against a wall, and against private brokers, which must go with their consoles and leave nothing behind. Afterwards the audit, or
# the scripted broker's log, knows of what the storms confirmed on purpose, each once, and of nothing else.
# STORM_SEED picks other storms; TANA_LONG=1 makes them ten million events, STORM_EVENTS as many as it says. A storm that hangs ends by
# itself and says where (storm.c, --limit).
set -eu
build=${TANA_BUILD:?}
storm=$build/tests/screens/storm
seed=${STORM_SEED:-20260412}
events=${STORM_EVENTS:-20000} limit=$((60 * ${TANA_PATIENCE:-2}))
[ -z "${TANA_LONG:-}" ] || events=${STORM_EVENTS:-10000000} limit=0
every=$((events / 100 > 4000 ? 4000 : events / 100)) # between two things that are done on purpose
dir=$(mktemp -d /tmp/tana-storm.XXXXXX)
brokers=()
trap 'for p in "${brokers[@]}"; do kill "$p" 2>/dev/null || :; done; wait; rm -rf "$dir"' EXIT
die() { printf 'NOT OK - %s\n' "$1"; for f in "$dir"/*.errors "$dir"/*.out "$dir/tanad.log"; do [[ $f == *.out && $(wc -l <"$f") -lt 2 || ! -s $f ]] || { echo "== $f"; tail -n 60 "$f"; }; done; exit 1; }
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
# Its own folder elsewhere: what is in $XDG_RUNTIME_DIR is private brokers'.
XDG_RUNTIME_DIR=$dir "$build/tanad" --site "$dir/site/site.conf" --socket "$dir/sock" --state "$dir/state" >"$dir/tanad.log" 2>&1 &
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
	XDG_CONFIG_HOME=$dir/set-$name "$storm" --seed "$seed" --events $((events * share / 100)) --limit "$limit" --ready "$ready" --settings "$dir/set-$name" \
		--errors "$dir/$name.errors" "${more[@]}" "$build/tana" "$@" >"$dir/$name.out" 2>&1 &
	pids+=($!)
	names+=("$name")
}
first=. # which view is first depends on what the last console kept
deeds() { # NAME: what the storm of that name does on purpose
	more=(--every $every --deeds "$dir/$1.deeds")
}
for i in 1 2 3; do
	deeds shared$i
	blow shared$i 18 "$first" "${more[@]}" --care yes -- --socket "$dir/sock"
done
for peer in "metal 10" "snaps 6" "care 12" "map 6" "customer 6"; do
	read -r name share <<<"$peer"
	deeds "$name"
	[ "$name" != care ] || more+=(--care yes)
	blow "$name" "$share" "$first" "${more[@]}" -- --socket "$dir/$name"
done
blow wall 3 "$first" --wall yes -- --socket "$dir/sock" wall
blow quit 1 "$first" --leave quit -- demo
blow hangup 1 "$first" --leave hangup -- demo
blow kill 1 "$first" --leave kill -- demo
broken= all=0
for i in "${!pids[@]}"; do # all of them: what hangs is seldom the first
	wait "${pids[$i]}" || broken+=" ${names[$i]}"
	[ ! -s "$dir/${names[$i]}.errors" ] || broken+=" ${names[$i]} (on standard error)"
	read -r said <"$dir/${names[$i]}.out" || :
	echo "${names[$i]}: $said"
	[[ ! $said =~ ^([0-9]+)\ events ]] || all=$((all + BASH_REMATCH[1]))
done
[ -z "$broken" ] || die "storms broke:$broken"
echo "ok - they live, and answer: $all events in $SECONDS s"

kill -0 "${brokers[0]}" 2>/dev/null || die "tanad is gone"
t audit --json >"$dir/audit.json" 2>>"$dir/audit.err" || die "tanad does not answer"
jq -e 'any(.[]; .what == "start")' "$dir/audit.json" >"$dir/null" || die "the audit cannot be read"
same() { # NAME, files MEANT DONE
	diff "$2" "$3" || die "$1: what was done (>) is not what was confirmed (<)"
	echo "ok - $1: $(wc -l <"$3"), all of them meant: $(sed 's/^\(alert [a-z]*\|note [a-z]*\|[^ ]*\) .*/\1/' "$3" | sort | uniq -c | awk '{printf "%s%s%s %d", (NR > 1 ? ", " : ""), $2, ($3 == "" ? "" : " " $3), $1}')"
}
jq -r '.[] | if .what == "begin" then .verb + " " + ([.objects[].name] | join(",")) elif .what == "alert" then "alert \(.detail | if type == "string" then fromjson else . end | .state + " " + .alert)"
	elif .what == "note" then "note " + (if .outcome.msg == "note.off" then "off " else "on " end) + .objects[0].id else empty end' "$dir/audit.json" | sort >"$dir/was-done"
sort "$dir"/shared?.deeds >"$dir/was-meant"
same "the broker" "$dir/was-meant" "$dir/was-done"
jq -r '.[] | select(.what | IN("start", "stop", "begin", "end", "denied", "console", "connect", "leave", "alert", "note") | not) | .what' "$dir/audit.json" | sort | uniq -c >"$dir/others"
grep -E 'limit|lease|approve' "$dir/others" && die "more than that was changed"
for name in metal snaps care map customer; do
	# A scripted broker is told a plan's number only.
	jq -r 'if .execute == "commit" then "order" elif .execute == "alert-set" then "alert \(.arguments.state) \(.arguments.object)"
		elif .execute == "note-set" then "note " + (if .arguments.text == "" then "off " else "on " end) + .arguments.object else empty end' "$dir/$name.log" | sort >"$dir/$name.was-done"
	{
		grep -E '^(alert|note) ' "$dir/$name.deeds" || :
		yes order | head -n "$(sed -n 's/.* KiB, \([0-9]*\) orders.*/\1/p' "$dir/$name.out")"
	} | sort >"$dir/$name.was-meant"
	same "$name" "$dir/$name.was-meant" "$dir/$name.was-done"
done
# On a busy machine a console ends one that takes too long to go: its folder stays, for the next broker to take away; its lock is free.
for left in "$XDG_RUNTIME_DIR"/*; do
	[ ! -e "$left/lock" ] || flock -n "$left/lock" true || die "a private broker is left, in $left"
done
echo 'ok - private brokers went with their consoles'
