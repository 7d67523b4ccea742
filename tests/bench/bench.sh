#!/bin/bash
# The numbers of a big site, each beside its target and what it is compared with: BLADES blades with 16 VMs each, their hosts in
# libvirt's test driver behind a libvirtd. Asserts nothing. A few minutes; needs root and libvirtd (started here, on sockets of its own).
# Usage: bench.sh [BLADES]     (1000; a multiple of 20, at least 240)     VIRSH=1 also runs virsh over all hosts (slow)
#        KEYS=N in each view (500)      IDLE=S seconds at rest (30)     CHANGES=N a second (1000)
set -eu
build=${TANA_BUILD:?} blades=${1:-1000} keys=${KEYS:-500} idle=${IDLE:-30} changes=${CHANGES:-1000} worlds=4
dir=$(mktemp -d /tmp/tana-bench.XXXXXX)
pids=
memory=$(mktemp -d /dev/shm/tana-bench.XXXXXX 2>/dev/null || mktemp -d)
export RUNTIME_DIRECTORY=$memory # in memory, as a service's /run
trap 'kill $pids 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$dir" "$memory"' EXIT
now() { date +%s%N; }
ms() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.0f", (b - a) / 1e6}'; }
rss() { awk '/VmRSS/ {printf "%.1f MiB", $2 / 1024}' "/proc/$1/status"; }
ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
percent() { awk -v n=$(($2 - $1)) -v hz="$(getconf CLK_TCK)" -v s="$3" 'BEGIN {printf "%.2f %%", n / hz / s * 100}'; }
per() { awk -v t="$1" -v r="$2" 'BEGIN {printf "%.2f", t / 1000 / r}'; }
say() { printf '%s\n' "$*"; }
head2() { printf '\n%s   (load %s)\n' "$1" "$(cut -d' ' -f1 /proc/loadavg)"; }
age() { echo $((($(now) - began) / 1000000000)); }
broker_idle() {
	local a b
	a=$(ticks "$broker"); sleep "$idle"; b=$(ticks "$broker")
	say "  broker, up for $(age) s         $(percent "$a" "$b" "$idle") of a core, $(rss "$broker")"
}
until_ready() { for _ in $(seq 600); do grep -q ready "$1" 2>/dev/null && return; sleep 0.1; done; say "$1: not ready" >&2; cat "$1" >&2; exit 1; }

# ---- a libvirtd for the node files, and one for each world that changes (all clients of one share test:///default) ----
mkdir "$dir/site" "$dir/config"
export XDG_CONFIG_HOME="$dir/config" # what is sorted here is not remembered
"$build/tanad" --generate "$dir/site" --racks $((blades / 20)) --enclosures 2 --bays 10 --vms 16 --dead 0
daemon() {
	mkdir "$dir/$1"
	printf 'unix_sock_dir = "%s"\nauth_unix_rw = "none"\nmax_clients = 20000\nmax_queued_clients = 20000\nmax_anonymous_clients = 0\nlog_outputs = "3:stderr"\n' \
		"$dir/$1" >"$dir/$1/libvirtd.conf"
	# several at once: each with the folders of a machine of its own
	unshare --mount --propagation private sh -c 'for d in /run/libvirt /var/lib/libvirt /var/cache/libvirt; do mkdir -p "$d"; mount -t tmpfs none "$d"; done
		exec libvirtd -f "$1/libvirtd.conf" -p "$1/pid"' sh "$dir/$1" >"$dir/$1/log" 2>&1 </dev/null &
	pids="$pids $!"
	for _ in $(seq 300); do [ -S "$dir/$1/libvirt-sock" ] && return; sleep 0.1; done
	say "no libvirtd:" >&2; tail -3 "$dir/$1/log" >&2; exit 1
}
daemon all
for w in $(seq $worlds); do daemon "w$w"; uris="${uris:-} test+unix:///default?socket=$dir/w$w/libvirt-sock"; done
first=${uris# } first=${first%% *}
sed "s#test://\\($dir/site/nodes/[^\"]*\\)#test+unix://\\1?socket=$dir/all/libvirt-sock#" "$dir/site/site.conf" >"$dir/site/quiet.conf"
# The last four blades are the worlds; the first 200 of the other site are hosts that take the connection and say nothing.
awk -v dir="$dir" -v blades="$blades" '
	/host = "test/ && (n += 10) == blades {
		one = two = $0
		sub(/-\[01-10\]/, "-@", one)
		sub(/\[[0-9]+-[0-9]+\]/, "[" blades - 9 "-" blades - 4 "]", one)
		sub(/-@" \{/, "-[01-06]\" { bay = \"1-6\"", one)
		sub(/-\[01-10\]" \{/, "-[07-10]\" { bay = \"7-10\"", two)
		sub(/host = "[^"]*"/, "host = \"test+unix:///default?socket=" dir "/w[1-4]/libvirt-sock\"", two)
		print one
		print two
		next
	}
	/host = "test/ && n <= 200 { sub(dir "/all/libvirt-sock", dir "/hole") }
	{ print }' "$dir/site/quiet.conf" >"$dir/site/busy.conf"
find "$dir/site/nodes" -name '*.xml' | sort -V | sed "s#.*#test+unix://&?socket=$dir/all/libvirt-sock#" >"$dir/uris"
hosts=$(wc -l <"$dir/uris")
say "site: $hosts blades, $((hosts * 16)) VMs; libvirt's test driver behind a libvirtd; $(nproc) cores; terminal 120x36, xterm-256color"

tana=$build/tana sock=$dir/sock
start() { # FILE
	rm -f "$sock"
	"$build/tanad" --site "$1" --socket "$sock" --state "$dir/state.$(basename "$1")" >"$dir/tanad.log" 2>&1 &
	broker=$!
	pids="$pids $broker"
	until [ -S "$sock" ]; do sleep 0.01; kill -0 $broker || { cat "$dir/tanad.log"; exit 1; }; done
}
stop() { kill "$broker"; wait "$broker" 2>/dev/null || true; }
cursor=(--keys "Racks, cursor|1|Right Right Down Left Left Up" --keys "VMs, cursor|2|Down Down Up" --keys "VMs, page|2|PgDn PgDn PgUp"
	--keys "VMs, sort|2|o o O" --keys "VMs, filter|2 /|a c m e - d Backspace Backspace Backspace Backspace Backspace Backspace")
more=(--keys "Blades, cursor|Esc 3|Down Down Up" --keys "Tree, cursor and page|T Right Down Right|Down Down Up PgDn PgUp" --keys "Tree, open and close|Home|Right Left")

# ---- knowing the site ----
head2 "Cold: every host opened and listed"
say "  site file read and checked  $(a=$(now); "$build/tanad" --check "$dir/site/quiet.conf" >/dev/null; b=$(now); ms "$a" "$b") ms"
raw=$("$build/tests/bench/rawloop" "$dir/uris" 16)
say "  bare C loop, 16 threads     $raw"
if [ -n "${VIRSH:-}" ]; then
	a=$(now); xargs -P16 -n1 sh -c 'virsh -q -c "$0" list --all' <"$dir/uris" >/dev/null; b=$(now)
	say "  xargs -P16 virsh list       $(ms "$a" "$b") ms"
fi
a=$(now); start "$dir/site/quiet.conf"; began=$a
cold=$("$build/tests/bench/attach" "$sock" "$hosts"); b=$(now)
say "  broker                      $(ms "$a" "$b") ms = $(per "$(ms "$a" "$b")" "${raw%% s*}") x the loop   [target 1.15; it also asks who each host is and registers for events]"
say "    $cold"
"$build/tests/bench/attach" "$sock" "$hosts" sizes >/dev/null; b=$(now)
say "  with sizes and snapshots    $(ms "$a" "$b") ms"
sed 's#^test+unix#test#; s#?.*##' "$dir/uris" >"$dir/near"
near=$("$build/tests/bench/rawloop" "$dir/near" 16)
say "  the same in the process     loop $near"
sed "s#test+unix://\\([^?]*\\)?[^\"]*#test://\\1#" "$dir/site/quiet.conf" >"$dir/site/near.conf"
quiet=$broker sock=$dir/near.sock
a=$(now); start "$dir/site/near.conf"; "$build/tests/bench/attach" "$sock" "$hosts" >"$dir/near.txt"; b=$(now)
say "                              broker $(ms "$a" "$b") ms = $(per "$(ms "$a" "$b")" "${near%% s*}") x the loop, $(rss "$broker"), of which the loop's own are ${near##*, }"
stop
broker=$quiet sock=$dir/sock
sleep 2

head2 "Attach to a running broker"
say "  client and mirror alone     $("$build/tests/bench/attach" "$sock")   [every row: under 100 ms]"
for _ in 1 2 3; do
	say "  console on a terminal       $("$build/tests/screens/firstpicture" "$tana" --socket "$sock" | awk '/first-byte|^frame|quiet-ms|start-bytes/ {printf "%s %s  ", $1, $2}')  [frame: under 20 ms; nemu 20 ms]"
done

head2 "Keys, nothing else going on   [cursor, page: p99 under 2 ms, cursor under 200 bytes; sort, filter: under 5 ms; nemu 4 to 5 ms, 1,100 bytes; htop 0.7 ms, 390 bytes]"
say "  (CPU, waits for a core: /proc/PID/schedstat of the console; an echo answers at once and does nothing: what that takes is the machine's)"
"$build/tests/bench/keys" --count "$keys" "${cursor[@]}" "${more[@]}" "$tana" --socket "$sock"

# After a start it asks each host for sizes, snapshots, addresses and disks of its VMs: rest comes after that.
waited=0 rests=0 last=
while [ "$rests" -lt 2 ] && [ "$waited" -lt 120 ]; do
	a=$(ticks "$broker"); sleep 5; b=$(ticks "$broker"); waited=$((waited + 5)) last="$last $(percent "$a" "$b" 5 | tr -d ' ')"
	[ $(((b - a) * 100)) -lt $((5 * $(getconf CLK_TCK))) ] && rests=$((rests + 1)) || rests=0
done
say "  (until the broker rests, two times 5 s under 1 %: ${waited} s more, $(age) s since its start; it used$last)"
head2 "At rest, $idle s   [broker and console: under 1 % of a core; no bytes but the clock, nemu 320 a second; console under 12 MB, nemu 11.5; broker under 100 MB]"
broker_idle
say "      each host is heard every 5 s (its libvirtd asks, the relay answers), dead after 20 s of silence"
"$build/tests/bench/keys" --idle "$idle" "$tana" --socket "$sock"
"$build/tests/bench/keys" --idle "$idle" "$tana" --socket "$sock" wall | sed 's/^/  wall:/'

head2 "50 consoles, 49 others with a cursor key a second each"
"$build/tests/bench/keys" --count "$keys" --others 49 "${cursor[@]}" "$tana" --socket "$sock"
say "  broker                      $(rss "$broker")"
# Each host is listed again 225 to 450 s after its last list: that belongs to rest, too.
while [ "$(age)" -lt 265 ]; do sleep 1; done
broker_idle
say "      each host is listed again every 225 to 450 s: names, states and snapshots, each eighth time sizes"
stop

# ---- a site that never rests ----
"$build/tests/bench/churn" --hole "$dir/hole" >"$dir/hole.log" & pids="$pids $!"
until_ready "$dir/hole.log"
"$build/tests/bench/churn" "$changes" 100 $uris >"$dir/churn.log" 2>"$dir/churn.err" & pids="$pids $!"
until_ready "$dir/churn.log"
start "$dir/site/busy.conf"
"$build/tests/bench/attach" "$sock" $((hosts - 200)) >/dev/null || true
sleep 5
head2 "Keys while $changes states change a second and 200 hosts are black holes"
c=$(ticks "$broker"); a=$(now)
"$build/tests/bench/keys" --count "$keys" --change "$first" aaa-quiet "${cursor[@]}" "$tana" --socket "$sock" || true
d=$(ticks "$broker"); b=$(now)
say "  [change at the host to the last byte on the screen: p99 under 20 ms]   broker $(percent "$c" "$d" "$(($(ms "$a" "$b") / 1000 + 1))") of a core, $(rss "$broker")"
tail -n 1 "$dir/churn.err"
stop
