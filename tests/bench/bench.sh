#!/bin/bash
# How long a site of BLADES blades with 16 VMs each takes, stage by stage, beside what a reader can run: a bare C loop over
# the same hosts, and virsh. Prints times, memory and ratios; asserts nothing.
# Usage: bench.sh [BLADES]     (1000; a multiple of 20).  VIRSH=1 also runs virsh over all of them (slow).
set -eu
build=${TANA_BUILD:?} blades=${1:-1000}
dir=$(mktemp -d /tmp/tana-bench.XXXXXX)
pid=
trap 'kill $pid 2>/dev/null; wait; rm -rf "$dir"' EXIT
rss() { awk '/VmRSS/ {printf "%.1f MiB", $2 / 1024}' "/proc/$1/status"; }
now() { date +%s%N; }
ms() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.0f", (b - a) / 1e6}'; }

mkdir "$dir/site"
"$build/tanad" --generate "$dir/site" --racks $((blades / 20)) --enclosures 2 --bays 10 --vms 16 --dead 0
ls "$dir"/site/nodes/*.xml | sed 's#^#test://#' >"$dir/uris"
hosts=$(wc -l <"$dir/uris")
echo "site: $hosts blades, $((hosts * 16)) VMs, libvirt's test driver in the process; $(nproc) cores"

a=$(now); "$build/tanad" --check "$dir/site/site.conf" >/dev/null; b=$(now)
echo "site file read and checked: $(ms "$a" "$b") ms"

raw=$("$build/tests/bench/rawloop" "$dir/uris" 16)
echo "bare C loop, 16 threads:    $raw"
if [ -n "${VIRSH:-}" ]; then
	a=$(now); xargs -P16 -n1 sh -c 'virsh -q -c "$0" list --all' <"$dir/uris" >/dev/null; b=$(now)
	echo "xargs -P16 virsh list:      $(ms "$a" "$b") ms"
fi

start() {
	"$build/tanad" --site "$dir/site/site.conf" --socket "$dir/sock" --state "$dir/state" >"$dir/tanad.log" 2>&1 &
	pid=$!
	until [ -S "$dir/sock" ]; do sleep 0.01; kill -0 $pid || { cat "$dir/tanad.log"; exit 1; }; done
}
cpu() { awk '{print $14 + $15}' "/proc/$pid/stat"; }

a=$(now); start
cold=$("$build/tests/bench/attach" "$dir/sock" "$hosts"); b=$(now)
echo "broker from cold:           $cold"
echo "  all hosts opened and listed, with the broker's start: $(ms "$a" "$b") ms = $(awk -v t="$(ms "$a" "$b")" -v r="${raw%% s*}" 'BEGIN {printf "%.2f", t / 1000 / r}') x the bare loop; broker $(rss $pid)"
sleep 2
echo "attach to a running broker: $("$build/tests/bench/attach" "$dir/sock")"
echo "  again:                    $("$build/tests/bench/attach" "$dir/sock")"
c=$(cpu); sleep 10; d=$(cpu)
echo "broker at rest:             $(awk -v n=$((d - c)) -v hz="$(getconf CLK_TCK)" 'BEGIN {printf "%.2f", n / hz * 10}') % of a core over 10 s, $(rss $pid)"
if [ -x "$build/tests/screens/firstpicture" ]; then
	echo "console on a terminal:      $("$build/tests/screens/firstpicture" "$build/tana" --socket "$dir/sock")"
fi
kill $pid; wait $pid 2>/dev/null || true
a=$(now); start
warm=$("$build/tests/bench/attach" "$dir/sock"); b=$(now)
echo "broker started again (last known state): $warm; with its start $(ms "$a" "$b") ms"
