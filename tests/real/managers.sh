#!/bin/bash
# Many managers at once, as they are: what four full enclosures cost them and the broker, a take-over of the standby in mid list,
# and the four ways in which one does not let Tana work, each told apart, each with its way back. Simulated managers on loopback;
# needs no root.
set -eu
: "${TANA_SRC:=$(cd "$(dirname "$0")/../.." && pwd)}" "${TANA_BUILD:=$TANA_SRC/build}"
. "$TANA_SRC/tests/real/bed.sh"
. "$TANA_SRC/tests/real/lib.sh"
. "$TANA_SRC/tests/real/metal.sh"
[ -x "$TANA_BUILD/tana-enclosure-sim" ] || skip "needs tana-enclosure-sim"
for p in jq socat ssh-keygen pgrep; do command -v $p >/dev/null || skip "needs $p"; done
BED=$(mktemp -d /tmp/tana-managers.XXXXXX)
bed_hosts=
mkdir "$BED/ssh"
ssh-keygen -q -t ed25519 -N '' -f "$BED/ssh/host"
ssh-keygen -q -t rsa -b 2048 -N '' -f "$BED/ssh/old"
sim_open
stopped=
bed_extra() {
	[ -z "$stopped" ] || kill -CONT $stopped 2>/dev/null || true
	for f in "$BED"/*.pid; do bed_kill "$f"; done
	sims_end
}
trap stop_all EXIT

quick="--on-ms 500 --off-ms 300 --soft-ms 500"
sim_start hp hp-oa --bays 16 $quick
sim_start dell dell-cmc --bays 16 $quick
sim_start ibm ibm-amm --bays 14 $quick
sim_start moon hpe-moonshot --bays 16 $quick
bays() { seq -f "$2" -s , 1 "$1"; } # COUNT FORMAT
site_of_four() { # MORE ENCLOSURES
	cat <<-END
	site "many" { }
	rack "R" {
		enclosure "HP" { $(manager_of 'dialect = hp-oa' hp) blade "hp-[01-16]" { spare = true } }
		enclosure "DELL" { $(manager_of 'dialect = dell-cmc' dell) blade "dell-[01-16]" { spare = true } }
		enclosure "IBM" { bays = "1-14" $(manager_of 'dialect = ibm-amm' ibm) blade "ibm-[01-14]" { spare = true } }
		enclosure "MOON" { bays = "$(bays 16 c%gn1)" $(manager_of 'dialect = hpe-moonshot' moon) blade "moon-[01-16]" { spare = true } }
	${1:-}
	}
	role "operator" { users = { "$(id -un)" } }
	END
}
site_of_four >"$BED/site.conf"
check "the site file is right" "$TANA_BUILD/tanad" --check "$BED/site.conf"
# The dialects as they are, but that the answer of a device is waited for no longer than 4 s.
mkdir "$BED/dialects"
for f in "$TANA_SRC"/data/dialects/*.conf; do sed 's/timeout = "[0-9]* s"/timeout = "4 s"/' "$f" >"$BED/dialects/${f##*/}"; done
start() { broker_start --dialects "$BED/dialects" --manager-ms 3000 --manager-status-ms 500 --steady-ms 1500; }
start

up() { for e in "$@"; do enclosure_is "$e" up || return 1; done; }
because() {
	why=$(enclosure "$1" manager_why)
	printf '%s\n' "$why" | grep -qE -- "$2" || { printf '%s\n' "$why"; return 1; }
}
live() { t list blades --json | jq "[.[] | select(.power_live == true)] | length"; }
present() { for s in hp dell ibm moon; do sim_tell $s state; done | jq -s '[.[].bays[] | select(.present)] | length'; }
commands() { sim_stat "$1" commands; }
cpu() { awk '{ print ($14 + $15) * 10 }' "/proc/$broker_pid/stat"; } # ms, at 100 ticks a second
detail() { t show "enclosure:$1" --json | jq -r ".detail.$2"; }

echo "# four at once"
soon 20 "all four are up" up HP DELL IBM MOON
all_live() { [ "$(live)" = "$(present)" ]; }
soon 30 "each blade's power is known ($(present))" all_live
quiet() { was=$now; now=$(for s in hp dell ibm moon; do commands $s; done | tr '\n' ' '); [ "$was" = "$now" ]; }
now=
quiet_soon() { for _ in $(seq 30); do sleep 1; ! quiet || return 0; done; return 1; }
check "what is asked of one that comes up has been asked" quiet_soon
for s in hp dell ibm moon; do eval "from_$s=$(commands $s)"; done
cpu_from=$(cpu) began=$(date +%s%N)
sleep 60
ms=$((($(date +%s%N) - began) / 1000000)) used=$(($(cpu) - cpu_from))
# What tanad(8) says: where one list tells the power of all at most 10 commands a minute, where each bay is asked 24.
for s in hp:10 dell:10 ibm:24 moon:10; do
	most=${s#*:} s=${s%:*}
	from=from_$s
	n=$(($(commands $s) - ${!from}))
	check "$s: $n commands in ${ms} ms, at most $most a minute" [ "$n" -ge 2 -a "$n" -le $(((most * ms + 59999) / 60000)) ]
	check "$s: never more than one session" [ "$(sim_stat $s connections_most)/$(sim_stat $s connections_all)/$(sim_stat $s refused)" = 1/1/0 ]
done
bed_say "tanad used $used ms of processor in $ms ms: $((used * 1000 / ms)) thousandths of a core"
check "and what it counts itself is true" [ "$(detail HP sessions)" = 1 -a "$(detail HP commands)" -ge 10 ]

echo "# no password anywhere"
check "in no argument list" sh -c "! grep -alq -f '$BED/sim/pw' /proc/[0-9]*/cmdline 2>/dev/null"
check "in no diary" sh -c "! grep -q -- '$sim_password' '$BED/tanad.log'"
check "in no record and no cache" sh -c "! grep -raq -- '$sim_password' '$BED/state'"
for e in HP DELL IBM MOON; do t show enclosure:$e --json; t list enclosures --json; t audit --json; done >"$BED/shown"
check "in nothing that is shown" sh -c "! grep -q -- '$sim_password' '$BED/shown'"
none_left() { for s in "$@"; do [ "$(sim_stat $s connections)" = 0 ] || return 1; done; }
broker_kill TERM
soon 3 "no session is left when the broker has ended" none_left hp dell ibm moon

echo "# a standby that takes over in mid list"
sim_start one hp-oa --bays 16 --peer "$BED/sim/pair" --name oa-one $quick
sim_start two hp-oa --bays 16 --peer "$BED/sim/pair" --role standby --name oa-two $quick
sim_start busy dell-cmc --bays 16 --fault sessions=0 $quick
sim_start deny hp-oa --bays 16 $quick
sim_start silent ibm-amm --bays 14 $quick
# One old device: its key is RSA, and its algorithms those of its time.
cp "$BED/ssh/host" "$BED/ssh/host.new"; cp "$BED/ssh/host.pub" "$BED/ssh/host.pub.new"
cp "$BED/ssh/old" "$BED/ssh/host"; cp "$BED/ssh/old.pub" "$BED/ssh/host.pub"
sim_start old hp-oa --bays 16 --fault legacy $quick
mv "$BED/ssh/host.new" "$BED/ssh/host"; mv "$BED/ssh/host.pub.new" "$BED/ssh/host.pub"
(umask 077; echo wrong >"$BED/sim/wrong")
others() { # LEGACY
	cat <<-END
		enclosure "PAIR" { $(manager_of 'dialect = hp-oa poll = "10 s"' one two) blade "pair-[01-16]" { spare = true } }
		enclosure "BUSY" { $(manager_of 'dialect = dell-cmc' busy) blade "busy-[01-16]" { spare = true } }
		enclosure "DENY" { $(manager_of 'dialect = hp-oa' deny | sed "s|$BED/sim/pw|$BED/sim/wrong|") blade "deny-[01-16]" { spare = true } }
		enclosure "SILENT" { bays = "1-14" $(manager_of 'dialect = ibm-amm' silent) blade "silent-[01-14]" { spare = true } }
		enclosure "OLD" { $(manager_of "dialect = hp-oa $1" old) blade "old-[01-16]" { spare = true } }
	END
}
site_of_four "$(others "")" >"$BED/site.conf"
chmod 644 "$BED/sim/wrong"
refuse 2 "a password that others may read is refused" "$TANA_BUILD/tanad" --check "$BED/site.conf"
has "site.conf:[0-9]+:.*$BED/sim/wrong.*others may read it" && ok "with its place, and what to do" || bad "with its place, and what to do" "$out"
chmod 600 "$BED/sim/wrong"
check "so it is not" "$TANA_BUILD/tanad" --check "$BED/site.conf"
start
(
	printf '%s\n' '{"execute":"hello","arguments":{"protocol":1}}' '{"execute":"subscribe"}'
	sleep 600
) | socat - "UNIX-CONNECT:$BED/broker.sock" >"$BED/stream" 2>/dev/null &
echo $! >"$BED/stream.pid"
told() { grep -q "$1" "$BED/stream"; }
soon 20 "the pair is up" up PAIR
role() { detail PAIR managers | jq -r ".[] | select(.address == \"$(sim_address "$1")\") | .role"; }
roles_are() { [ "$(role one)/$(role two)" = "$1" ]; }
one_active() { [ "$(role one)" = active ]; }
soon 10 "one is the active one, two stands by or was not asked" one_active
soon 15 "its blades are known" blade_has pair-01 power_live true
sim_do one "fault slow=300"
t refresh enclosure:PAIR
listing() { sim_heard one "SHOW SERVER NAMES" $((lists + 1)); }
lists=$(sim_tell one stats | jq '.texts["SHOW SERVER NAMES"] // 0')
soon 12 "it lists" listing
sim_do one takeover
began=$(date +%s%N)
soon 20 "two is the active one" roles_are standby/active
bed_say "seen after $((($(date +%s%N) - began) / 1000000)) ms"
soon 5 "up" up PAIR
soon 2 "the news say so" told 'event.manager.takeover'
sim_do one "clear"
soon 10 "its blades are known" blade_has pair-01 power_live true
check "an order" t power-off blade:pair-01 --confirm pair-01
check "goes to the active one" sim_heard two "POWEROFF SERVER 1 FORCE"
check "and not to the other" sh -c "[ '$(sim_tell one stats | jq '.texts["POWEROFF SERVER 1 FORCE"] // 0')' = 0 ]"
check "never more than one session with each" [ "$(sim_stat one connections_most)/$(sim_stat two connections_most)" = 1/1 ]

echo "# busy, denied, silent, old: each told apart"
soon 15 "all sessions taken: busy" enclosure_is BUSY busy
soon 15 "a wrong password: denied" enclosure_is DENY denied
check "with its reason" because DENY 'does not let Tana in'
check "the manager's words or ours tell of sessions" because BUSY '[Ss]ession'
soon 15 "a device of old algorithms: not up" enclosure_is OLD silent
# libssh's server half may hang up before its own offer is out, which no device was seen to do: then once more.
old_says() { because OLD "$1" || { t refresh enclosure:OLD >/dev/null; sleep 1; because OLD "$1"; }; }
soon 30 "both offers are named, and what to write" old_says 'it only offers .*; Tana offers .*legacy = yes'
alerts_are() { [ "$(enclosure BUSY alert_id)/$(enclosure DENY alert_id)/$(enclosure OLD alert_id)" = "$1" ]; }
soon 10 "an alert for each" alerts_are manager.alert.busy/manager.alert.denied/manager.alert.silent
refuse 4 "an order to a blade of the busy one is refused as that" t power-on blade:busy-01 --yes
has 'busy' && ok "it says busy" || bad "it says busy" "$out"
refuse 4 "of the one that denies" t power-on blade:deny-01 --yes
has 'denies the login' && ok "it says denied" || bad "it says denied" "$out"
check "a wrong password is not tried again and again ($(sim_stat deny connections_all))" [ "$(sim_stat deny connections_all)" -le 2 ]
soon 15 "the one that will fall silent is up" up SILENT
stopped="$(cat "$BED/sim/silent.pid") $(pgrep -P "$(cat "$BED/sim/silent.pid")" | tr '\n' ' ')"
kill -STOP $stopped
t refresh enclosure:SILENT
soon 20 "it is silent" enclosure_is SILENT silent
check "with a reason" because SILENT 'no answer|says nothing|within'
check "what was known stays, with its age" [ "$(blade silent-01 power_live)/$(blade silent-01 power)" != true/unknown ]

echo "# and back"
kill -CONT $stopped
stopped=
soon 30 "the silent one comes back by itself" up SILENT
sim_do busy clear
t refresh enclosure:BUSY
soon 10 "the busy one, when it is asked for" up BUSY
cp "$BED/sim/pw" "$BED/sim/wrong"
t refresh enclosure:DENY
soon 10 "the one that denied, with the right password in its file" up DENY
site_of_four "$(others "legacy = yes")" >"$BED/site.conf"
kill -HUP "$broker_pid"
soon 15 "the old one, with legacy = yes" up OLD
no_alerts() { [ "$(t list enclosures --json | jq '[.[] | select(.alert != "")] | length')" = 0 ]; }
soon 10 "no alert is left" no_alerts
check "and the others kept their sessions" [ "$(sim_stat hp connections_most)" = 1 ]
chmod 644 "$BED/sim/wrong"
sim_do deny "reboot 500"
soon 20 "a password file that others may read is not used at run time either" because DENY 'others may read it'
chmod 600 "$BED/sim/wrong"
t refresh enclosure:DENY
soon 10 "well again" up DENY
check "still no password in the diary" sh -c "! grep -q -- '$sim_password' '$BED/tanad.log'"
bed_kill "$BED/stream.pid"; rm -f "$BED/stream.pid"
broker_kill TERM
soon 3 "no session is left" none_left $sims
check "the simulated managers had nothing to say" [ -z "$(cat "$BED"/sim/*.err)" ]
finish
