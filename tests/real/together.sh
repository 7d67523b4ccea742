#!/bin/bash
# Two operators, a viewer and two customers at work at once, each a Unix user with a real console on a terminal, and commands: on the
# demonstration fleet, and on two real hosts with QEMU. They walk about, type into serial consoles, switch, take snapshots beyond the
# limits, confirm rightly and wrongly, leave and come back, by dice; the broker is stopped and killed meanwhile. Afterwards the audit
# log, the hosts, the ledger and each screen tell one story, and no picture of a customer's ever had a name of somebody else's
# (together.py, together_story.py). Some seconds in CI; TANA_LONG=1: ten minutes each. TANA_SEED repeats a run's dice, TANA_ONLY=demo|bed
# does one. Needs root, libvirtd, QEMU.
set -eu
: "${TANA_SRC:=$(cd "$(dirname "$0")/../.." && pwd)}" "${TANA_BUILD:=$TANA_SRC/build}"
. "$TANA_SRC/tests/real/bed.sh"
. "$TANA_SRC/tests/real/lib.sh"
need_real
for p in python3 setpriv virsh; do command -v $p >/dev/null || skip "needs $p"; done
if [ -z "${TOGETHER_INSIDE:-}" ]; then
	unshare -m --propagation private true 2>/dev/null || skip "needs a mount namespace"
	TOGETHER_INSIDE=1 exec unshare -m --propagation private "$0" "$@"
fi
: "${TANA_SEED:=$$}" "${TANA_ONLY:=demo bed}"
seconds=8
[ -z "${TANA_LONG:-}" ] || seconds=${TANA_SECONDS:-600}
unset TANA_SOCKET SSH_CONNECTION SSH_CLIENT SSH_TTY XDG_STATE_HOME XDG_CACHE_HOME TANA_SANDBOX
export LC_ALL=C.UTF-8 TZ=UTC PYTHONDONTWRITEBYTECODE=1
demo=$(mktemp -d /tmp/tana-together.XXXXXX)
chmod 755 "$demo"
pids=
bed_open local
end() {
	for p in $pids; do kill "$p" 2>/dev/null && wait "$p" || true; done
	stop_all
	[ -n "${BED_KEEP:-}" ] || rm -rf "$demo"
}
trap end EXIT

# ---- the people: users of this mount namespace alone ----

cp /etc/passwd "$demo/passwd"
uid=61101
for name in tg-sato tg-suzuki tg-wall tg-anna tg-gus; do
	printf '%s:x:%s:%s::/:/bin/false\n' $name $uid $uid >>"$demo/passwd"
	uid=$((uid + 1))
done
mount --bind "$demo/passwd" /etc/passwd
roles='role operator { users = { "root", "tg-sato", "tg-suzuki" } }
role viewer { users = { "tg-wall" } }
role customer { tenant = "acme" users = { "tg-anna" } }
role customer { tenant = "globex" users = { "tg-gus" } right = view
	vm "globex-app*" { right = full } vm "globex-ad*" { right = power } vm "gx-*" { right = none } }'
for d in "$demo" "$BED"; do
	mkdir -p "$d/bin"
	cp "$TANA_BUILD/tana" "$d/bin/tana"
done

# ---- two sites ----

story() { /usr/bin/python3 "$TANA_SRC/tests/real/together.py" "$1" "$2" "$TANA_BUILD" $seconds "$TANA_SEED"; }
status=0
if [[ $TANA_ONLY == *demo* ]]; then
	"$TANA_BUILD/tanad" --generate "$demo/site" >/dev/null
	sed '/^role /d' "$demo/site/site.conf" >"$demo/site.conf"
	printf '%s\n' "$roles" >>"$demo/site.conf"
	story demo "$demo" >"$demo/out" 2>&1 &
	demo_pid=$!
	pids=$demo_pid
fi
if [[ $TANA_ONLY == *bed* ]]; then
	bed_host 1
	bed_host 2
	bed_domain 1 acme-c1 shell qcow2
	for v in acme-web1 globex-ad1 globex-app1; do bed_domain 1 $v empty qcow2; done
	for v in acme-web2 globex-app2 gx-batch1 hooli-www1; do bed_domain 2 $v empty qcow2; done
	cat >"$BED/site.conf" <<-END
	site "bed" { shutdown = "2 s" }
	rack "R" { enclosure "E" { rows = 1 columns = 2 bays = "1-2"
		blade "h1" { bay = 1 host = "qemu+unix:///system?socket=$BED/h1/run/libvirt-sock" }
		blade "h2" { bay = 2 host = "qemu+unix:///system?socket=$BED/h2/run/libvirt-sock" } } }
	plan "few" { snapshots { kept = 2 taken = "500 per day" } }
	tenant "acme" { plan = few vms = { "acme-*" } }
	tenant "globex" { plan = few vms = { "globex-*", "gx-*" } }
	tenant "hooli" { vms = { "hooli-*" } }
	$roles
	END
	for v in acme-c1 acme-web1 globex-app1; do bed_virsh 1 start $v >/dev/null; done
	story bed "$BED" || status=1
fi
if [[ $TANA_ONLY == *demo* ]]; then
	wait $demo_pid || status=1
	pids=
	cat "$demo/out"
fi
[ $status = 0 ] || echo "# TANA_SEED=$TANA_SEED repeats the dice"
exit $status
