#!/bin/bash
# The metal below real VMs: a libvirtd with QEMU is a blade of a simulated enclosure, which loses its host when the manager
# switches it off and gets it back when it comes on. What a preview tells, VMs first and then the blade, what contradicts, a
# blade that was swapped, each fault of a manager, a killed broker, two operators at once. Needs root, libvirtd, QEMU.
set -eu
: "${TANA_SRC:=$(cd "$(dirname "$0")/../.." && pwd)}" "${TANA_BUILD:=$TANA_SRC/build}"
. "$TANA_SRC/tests/real/bed.sh"
. "$TANA_SRC/tests/real/lib.sh"
. "$TANA_SRC/tests/real/metal.sh"
need_real
[ -x "$TANA_BUILD/tana-enclosure-sim" ] || skip "needs tana-enclosure-sim"
bed_open local
trap stop_all EXIT

# ---- the metal: host 1 follows the file that the manager keeps for bay 1 ----

power=$BED/bay1 # there: on; bay1.off: off
metal_off() { # at once, without asking: libvirtd, its VMs, and what a reboot takes
	for f in "$BED/h1"/run/qemu/*.pid "$BED/h1/libvirtd.pid" "$BED/h1/virtlogd.pid"; do
		[ ! -s "$f" ] || kill -9 "$(cat "$f")" 2>/dev/null || true
	done
	rm -rf "${BED:?}/h1/run/"*
	rm -f "$BED/h1/libvirtd.pid" "$BED/h1/virtlogd.pid"
}
metal_on() {
	bed_enter 1 setsid sh -c 'echo $$ >"$1"; exec /usr/sbin/virtlogd -p /run/libvirt/virtlogd.pid' sh "$BED/h1/virtlogd.pid" \
		>>"$BED/h1/virtlogd.log" 2>&1 </dev/null &
	bed_libvirtd_start 1
}
metal_follows() {
	was=on
	while sleep 0.1; do
		[ ! -e "$BED/hold" ] || continue
		if [ -e "$power.off" ]; then is=off; else is=on; fi
		[ "$is" != "$was" ] || continue
		was=$is
		"metal_$is"
	done
}
metal_pid=
bed_extra() {
	[ -z "$metal_pid" ] || { kill "$metal_pid"; wait "$metal_pid"; } 2>/dev/null || true
	for f in "$BED"/*.pid; do bed_kill "$f"; done
	sims_end
}

# Its firmware tells a serial number, whatever this machine has.
cat >"$BED/dmidecode" <<'END'
#!/bin/sh
printf 'BIOS Information\n\tVendor: HP\n\tVersion: I36\n\tRelease Date: 05/21/2018\n\n'
printf 'System Information\n\tManufacturer: HP\n\tProduct Name: ProLiant BL460c Gen9\n\tVersion: Not Specified\n'
printf '\tSerial Number: CZJ0310B7K\n\tUUID: 30373237-3132-4a5a-4330-333130423701\n\tSKU Number: 727021-B21\n\tFamily: ProLiant\n\n'
END
chmod 755 "$BED/dmidecode"
bed_host 1
dmidecode=$(command -v dmidecode || echo /usr/sbin/dmidecode)
bed_enter 1 mount --bind "$BED/dmidecode" "$dmidecode" || skip "needs dmidecode"
bed_domain 1 db01 acpi
bed_domain 1 web01 acpi
bed_domain 1 pxa empty
bed_domain 1 pxb empty
bed_domain 1 stub stubborn
bed_virsh 1 autostart db01 >/dev/null
metal_off
metal_on # as at a boot: what is marked so starts by itself
for vm in web01 pxa pxb; do bed_virsh 1 start $vm >/dev/null; done

# ---- the other blades: libvirt's test driver, a file each that goes with the power ----

mkdir "$BED/nodes" "$BED/dialects"
for n in 02 03 06 07 08 09 10 11; do
	cat >"$BED/nodes/a1-$n.xml" <<-END
	<node><domain type="test"><name>vm$n</name><uuid>7a6e6100-0000-4000-8000-0000000000$n</uuid><memory>65536</memory>
	<os><type>hvm</type></os></domain></node>
	END
done
{
	printf '1\ta1-01\tCZJ0310B7K\tProLiant BL460c Gen9\ton\t%s\n' "$power"
	for n in 2 3; do printf '%s\ta1-0%s\tCZJ000%s\t-\ton\t%s/nodes/a1-0%s.xml\n' $n $n $n "$BED" $n; done
	printf '4\ta1-04\tCZJ0004\t-\ton\n5\ta1-05\tCZJ0005\t-\toff\n'
	for n in 06 07 08 09 10 11; do printf '%s\ta1-%s\tCZJ00%s\t-\toff\t%s/nodes/a1-%s.xml\n' "${n#0}" $n $n "$BED" $n; done
	for n in 12 13 14 15 16; do printf '%s\t-\t-\t-\tabsent\n' $n; done
} >"$BED/bays"
: >"$power"
# The dialect as it is, but that a blade's power follows within 8 s, an answer comes within 3 s, and its list is read every 3 s.
sed -e 's/within = "[23] min"/within = "8 s"/' -e 's/timeout = "30 s"/timeout = "3 s"/' -e '/ask "list"/,/}/s/every = "30 s"/every = "3 s"/' \
	"$TANA_SRC/data/dialects/hp-oa.conf" >"$BED/dialects/hp-oa.conf"
sim_open
oa() { sim_tell oa "$1"; }
oa_start() { sim_start oa hp-oa --blades "$BED/bays" --on-ms 1000 --off-ms 600 --soft-ms 1500; }
oa_start
metal_follows >>"$BED/metal.log" 2>&1 </dev/null &
metal_pid=$!

# The test driver tells no serial, so the site file does.
tested() { printf 'blade "a1-%s" { bay = %s host = "test://%s/nodes/a1-%s.xml" serial = CZJ00%s }\n' "$1" "${1#0}" "$BED" "$1" "$1"; }
cat >"$BED/site.conf" <<END
site "bed" { start-order = { "db*", "a1-09", "a1-07" } stagger = "1 s" zone = "Asia/Tokyo" }
tenant "acme" { contact = "noc@acme.example, 03-1234-5678" procedure = "call first, then mail" vms = { "db*", "web*" } }
tenant "umbra" { contact = "ops@umbra.example" procedure = "ticket" vms = { "px*", "stub" } }
tenant "xcorp" { contact = "desk@xcorp.example" }
pair "px" { halves = { "pxa", "pxb" } }
vm "stub" { shutdown = "4 s" }
cluster "c3" { nodes = "a1-[01-03]" }
rack "R" { enclosure "A1" { $(manager_of 'dialect = hp-oa' oa)
	blade "a1-01" { bay = 1 host = "qemu+unix:///system?socket=$BED/h1/run/libvirt-sock" }
	$(tested 02) $(tested 03)
	blade "a1-04" { bay = 4 owner = xcorp }
	blade "a1-05" { bay = 5 spare = true }
	$(for n in 06 07 08 09 10 11; do tested $n; done) } }
role "operator" { users = { "root" } }
END
check "the site file is right" "$TANA_BUILD/tanad" --check "$BED/site.conf" --dialects "$BED/dialects"
start() { broker_start --dialects "$BED/dialects" --steady-ms 2000 --manager-ms 3000 --manager-status-ms 300 --short-ms 5000; }
start
is() { soon "$1" "$2" blade_has "$3" "$4" "$5"; } # SECONDS WHAT BLADE KEY VALUE
no_alert() { [ -z "$(blade "$1" alert)" ]; }
alert_says() { blade "$1" alert | grep -q "$2"; }
preview() { out=$(t "$@" --preview 2>&1) || true; }
says() { if has "$2"; then ok "$1"; else bad "$1" "$out"; fi; } # WHAT PATTERN: of the last preview
free() { [ "$(t list leases --json | jq length)" = 0 ]; }
record() { t audit --json | jq -r "[.[] | select(.what == \"$1\")] | last | $2"; }

echo "# what stands there"
is 20 "the host of a1-01 is up" a1-01 host up
soon 20 "the manager is up" enclosure_is A1 up
is 10 "its manager says on" a1-01 power on
is 10 "its serial, by its manager" a1-01 bay_serial CZJ0310B7K
is 5 "its serial, by its firmware" a1-01 serial CZJ0310B7K
is 5 "they agree" a1-01 identity agrees
out=$(t show blade:a1-01)
says "show tells serial" CZJ0310B7K
says "and place" 'bay 1|A1'
is 10 "a1-06 is off" a1-06 power off
is 5 "and its host is down for that reason" a1-06 why_id fleet.blade.off
four_run() { [ "$(t list vms blade:a1-01 state:running --json | jq length)" = 4 ]; }
soon 10 "four VMs run there" four_run

echo "# what a preview of power-off tells"
t protect vm:pxa --yes >/dev/null
refuse 3 "refused while a protected VM runs there" t power-off blade:a1-01 --confirm a1-01
has 'pxa.*protected' && ok "it is named" || bad "it is named" "$out"
t unprotect vm:pxa --yes >/dev/null
preview power-off blade:a1-01
says "place and serial" 'rack R, A1, bay 1, serial CZJ0310B7K'
says "how many run there, and whose" '4 VMs run there and end with it .of acme 2, umbra 2'
says "whom to call" 'contact of acme: noc@acme.example'
says "and how" 'procedure of acme: call first'
says "the other one's too" 'contact of umbra: ops@umbra.example'
says "both halves of a pair" 'pxa and pxb'
says "the cluster's quorum" 'cluster c3 keeps its quorum: 2 sure, 0 unknown, 2 needed \(3 sure now\)'
says "what hurts less" 'vms-first'
says "the confirmation is its name" 'confirm a1-01'
refuse 3 "another text is refused" t power-off blade:a1-01 --confirm a1-02
refuse 3 "a yes is refused" t power-off blade:a1-01 --yes
check "it is on, says the manager itself" sim_is oa 1 on
check "nothing was ordered" [ "$(oa stats | jq '[.texts | keys[] | select(test("POWER|REBOOT"))] | length')" = 0 ]

echo "# VMs first: a guest that does not answer"
bed_virsh 1 destroy pxa >/dev/null
bed_virsh 1 destroy pxb >/dev/null
check "power on stub" t power-on vm:stub --yes
bed_guest_up 1 stub; bed_guest_up 1 db01; bed_guest_up 1 web01
preview shutdown blade:a1-01 --vms-first
says "three VMs before the blade" '3 VMs are shut down'
check "begun" t shutdown blade:a1-01 --vms-first --yes --no-wait
soon 15 "it waits, overdue" blade_job_is a1-01 overdue
out=$(blade_job a1-01 .text)
says "its words name the guest" 'stub does not go off; a1-01 waits'
soon 10 "the other one of its rank went down" bed_is 1 web01 "shut off"
check "the one after it in the order was not asked" bed_is 1 db01 running
check "the blade is on" sim_is oa 1 on
check "and was not asked" [ "$(oa stats | jq '[.texts | keys[] | select(test("POWEROFF"))] | length')" = 0 ]
check "its lease stays" [ "$(t list leases --json | jq length)" -ge 1 ]
refuse 3 "nobody else gets the blade" t power-off blade:a1-01 --confirm a1-01
has 'in use by root' && ok "and is told who has it" || bad "and is told who has it" "$out"
check "the lease is broken" t lease break blade:a1-01 --reason "stub hangs"
soon 5 "nothing is in use" free
soon 5 "the job is over" blade_job_is a1-01 "failed|partly"
check "the blade is on" sim_is oa 1 on
check "stub is forced" t power-off vm:stub --confirm stub

echo "# VMs first, in their order, then the blade"
check "power on web01" t power-on vm:web01 --yes
bed_guest_up 1 web01 2
bed_enter 1 virsh -q -c qemu:///system event --loop --timestamp --event lifecycle >"$BED/events" 2>/dev/null </dev/null &
echo $! >"$BED/events.pid"
# It listens when it tells of what changes nothing: a definition as it is.
bed_virsh 1 dumpxml --inactive stub >"$BED/stub.xml"
listens() { bed_virsh 1 define "$BED/stub.xml" >/dev/null && grep -q stub "$BED/events"; }
bed_wait 60 listens || bad "virsh listens" "$(cat "$BED/events")"
check "shut down, VMs first" t shutdown blade:a1-01 --vms-first --yes
check "the manager itself says off" sim_is oa 1 off
check "by its gentle command" sim_heard oa "POWEROFF SERVER 1"
check "the job says so" sh -c "printf '%s' '$(blade_job a1-01 .text)' | grep -q '2 VMs and then a1-01 were shut down'"
out=$(tr '\n' ' ' <"$BED/events")
says "web01 first, seen off before db01 was asked" "web01.*Stopped Shutdown.*db01.*Stopped Shutdown|web01.*Shutdown.*Stopped.*db01"
check "nothing is in use" free
check "a record before it" [ "$(record begin '.verb + .detail.blades[0].serial + (.detail.vms_first|tostring)')" = shutdownCZJ0310B7Ktrue ]
check "and one after it, with each step" [ "$(record end '[.objects[].name] | sort | join(",")')" = a1-01,db01,web01 ]
check "each with its outcome" [ "$(record end '[.objects[].state] | unique | join(",")')" = done ]
bed_kill "$BED/events.pid"; rm -f "$BED/events.pid"

echo "# off: nobody knocks"
is 5 "its host is down" a1-01 host down
is 2 "for that reason" a1-01 why_id fleet.blade.off
bed_wait 60 test ! -e "$BED/h1/run/libvirt-sock" || bad "the host is gone"
: >"$BED/knocks"
socat "UNIX-LISTEN:$BED/h1/run/libvirt-sock,fork" "SYSTEM:echo x >>$BED/knocks" >/dev/null 2>&1 </dev/null &
echo $! >"$BED/knocks.pid"
bed_wait 60 test -S "$BED/h1/run/libvirt-sock"
sleep 5
check "nobody tried it in 5 s" [ ! -s "$BED/knocks" ]
t refresh blade:a1-01 >/dev/null 2>&1 || true
sleep 1
check "not when it is asked for either" [ ! -s "$BED/knocks" ]
socat -u OPEN:/dev/null "UNIX-CONNECT:$BED/h1/run/libvirt-sock"
soon 3 "who does knock is counted" test -s "$BED/knocks"
bed_kill "$BED/knocks.pid"; rm -f "$BED/knocks.pid" "$BED/h1/run/libvirt-sock"
check "no alarm about it" no_alert a1-01
refuse 3 "it is off already" t power-off blade:a1-01 --confirm a1-01
preview power-on blade:a1-01
says "power on takes no name" '\-\-yes|Enter'
check "power on" t power-on blade:a1-01 --yes
soon 10 "its host is tried at once, and up" blade_is a1-01 up
soon 10 "what starts by itself runs" vm_is db01 running
soon 5 "the rest is there, and off" vm_is web01 off
on_since=$(date +%s)

echo "# contradictions"
touch "$BED/hold" # the metal does not follow: somebody at the manager is wrong
oa "power 1 off" >/dev/null
soon 8 "off, but its host answers: an alert" alert_says a1-01 'manager says off, but its host answers'
out=$(t show blade:a1-01)
says "show has both facts" 'off.*host answers'
check "its host is not given up" blade_is a1-01 up
check "its VM is live" vm_is db01 running
oa "power 1 on" >/dev/null
soon 8 "it clears" no_alert a1-01
rm "$BED/hold"

echo "# another blade in that bay"
oa "serial 1 CZJ9999XYZ" >/dev/null
soon 10 "an alert" alert_says a1-01 'another blade'
is 2 "place and thing differ" a1-01 identity differs
refuse 3 "power off is refused" t power-off blade:a1-01 --confirm a1-01
has 'CZJ9999XYZ' && has 'CZJ0310B7K' && ok "with both serials" || bad "with both serials" "$out"
check "power off without its VMs too" sh -c "! '$TANA_BUILD/tana' --socket '$BED/broker.sock' shutdown blade:a1-01 --vms-first --yes"
check "an operator makes them a pair" t pair blade:a1-01 --yes
is 3 "they agree" a1-01 identity agrees
check "no alert" no_alert a1-01
preview power-off blade:a1-01
says "power off would go" 'confirm a1-01'
has refused: && bad "nothing refuses" "$out" || ok "nothing refuses"
oa "serial 1 CZJ0310B7K" >/dev/null
is 10 "the old one is back" a1-01 bay_serial CZJ0310B7K
soon 5 "and agrees by itself" blade_has a1-01 identity agrees

echo "# what managers do to orders"
oa "fault power-late=2500@2" >/dev/null
began=$(date +%s%N)
check "late: power off ends when it is seen" t power-off blade:a1-02 --confirm a1-02
check "not before" [ $(($(date +%s%N) - began)) -gt 2500000000 ]
check "off it is" sim_is oa 2 off
oa "clear" >/dev/null
oa "fault power-back@2" >/dev/null
# It is on for a second; who looked in none of its moments cannot say that it was.
falls_off() {
	for _ in 1 2 3; do
		got=0
		out=$(t power-on blade:a1-02 --yes 2>&1) || got=$?
		[ $got != 1 ] || ! has 'went off again' || return 0
	done
	printf '%s\n' "exit status $got, not 1: $out"
	return 1
}
check "back: a power on that falls off again has failed, and says so" falls_off
oa "clear" >/dev/null
check "power on" t power-on blade:a1-02 --yes
soon 5 "its host is up" blade_is a1-02 up
oa "fault power-fail@2" >/dev/null
refuse 1 "no effect: a power off that is never seen has failed" t power-off blade:a1-02 --confirm a1-02
has 'took it, but a1-02 is still on' && ok "and says so" || bad "and says so" "$out"
oa "clear" >/dev/null
oa "fault denied@2" >/dev/null
refuse 1 "denied: it is a failure, and nothing else" t power-off blade:a1-02 --confirm a1-02
has 'may not do this|permission' && ok "in the manager's words" || bad "in the manager's words" "$out"
oa "clear" >/dev/null
oa "fault mute@2" >/dev/null
check "mute: it takes an order, and never answers" t power-off blade:a1-02 --confirm a1-02 --no-wait
soon 10 "the outcome is not known" blade_job_is a1-02 unknown
check "its job holds the blade" [ "$(t list leases --json | jq -r '.[].object')" = blade:a1-02 ]
oa "clear" >/dev/null
soon 20 "settled from what the manager says then: it was done" blade_job_is a1-02 done
check "off it is" sim_is oa 2 off
soon 3 "and free" free
check "power on" t power-on blade:a1-02 --yes
mid_order() { # what is asked of that bay just before may meet it first: then nothing was sent, and once more
	for _ in 1 2 3; do
		oa "fault reboot-mid=2000@2" >/dev/null
		t power-off blade:a1-02 --confirm a1-02 --no-wait || return 1
		bed_wait $((20 * ${TANA_PATIENCE:-1})) blade_job_is a1-02 'done|failed' || return 1
		blade_job a1-02 .text | grep -q '^not sent' || return 0
		oa "clear" >/dev/null
		bed_wait 60 enclosure_is A1 up && bed_wait 60 blade_has a1-02 power on || return 1
	done
	return 1
}
check "a manager that reboots in mid order" mid_order
soon 20 "settled: seen off" blade_job_is a1-02 done
check "off it is" sim_is oa 2 off
oa "clear" >/dev/null
soon 20 "the manager is up" enclosure_is A1 up
check "power on" t power-on blade:a1-02 --yes

echo "# a broker that is killed, and two operators at once"
heard=$(oa stats | jq '.texts["POWEROFF SERVER 3 FORCE"] // 0')
oa "fault power-late=4000@3" >/dev/null
check "power off is begun" t power-off blade:a1-03 --confirm a1-03 --no-wait
soon 5 "the order is with the manager" sim_heard oa "POWEROFF SERVER 3 FORCE" $((heard + 1))
broker_kill KILL
check "the blade is on as yet" sim_is oa 3 on
start
check "it has its job, and its lease" [ "$(t list leases --json | jq length)" = 1 ]
soon 20 "and settles it" blade_job_is a1-03 done
check "off it is" sim_is oa 3 off
check "ordered once" sim_heard oa "POWEROFF SERVER 3 FORCE" $((heard + 1))
check "and no more" sh -c "[ '$(oa stats | jq '.texts["POWEROFF SERVER 3 FORCE"]')' = $((heard + 1)) ]"
oa "clear" >/dev/null
oa "fault power-late=4000@2" >/dev/null
soon 20 "the manager is up" enclosure_is A1 up
is 10 "a1-02 is on" a1-02 power on
soon 10 "its host is up" blade_is a1-02 up
heard=$(oa stats | jq '.texts["POWEROFF SERVER 2 FORCE"] // 0')
t power-off blade:a1-02 --confirm a1-02 >"$BED/one" 2>&1 & one=$!
t power-off blade:a1-02 --confirm a1-02 >"$BED/two" 2>&1 & two=$!
first=0; wait $one || first=$?
second=0; wait $two || second=$?
check "exactly one of two gets it ($first, $second)" [ $((first + second)) = 3 -a $((first * second)) = 0 ]
out=$(cat "$BED/one" "$BED/two")
says "the other is told who has it" 'in use by root: power-off'
check "ordered once" [ "$(oa stats | jq '.texts["POWEROFF SERVER 2 FORCE"]')" = $((heard + 1)) ]
oa "clear" >/dev/null

echo "# a blade that a customer drives"
refuse 3 "not without asking them" t power-off blade:a1-04 --confirm a1-04
has 'desk@xcorp.example' && ok "and whom to ask" || bad "and whom to ask" "$out"
refuse 3 "not without a reason" t power-off blade:a1-04 --consent --confirm a1-04
check "it is on" sim_is oa 4 on
check "with both" t power-off blade:a1-04 --consent --reason "xcorp asked, ticket 4711" --confirm a1-04
check "off it is" sim_is oa 4 off
check "written down" [ "$(record begin '(.detail.consent|tostring) + " " + .reason')" = "true xcorp asked, ticket 4711" ]

echo "# light, reboot, reset"
check "locate" t locate blade:a1-01 --yes
check "it shines" [ "$(sim_bay oa 1 locate)" = true ]
is 5 "and is shown" a1-01 locate on
check "locate-off" t locate-off blade:a1-01 --yes
check "it is dark" [ "$(sim_bay oa 1 locate)" = false ]
check "reset of a blade whose host dies and comes back" t reset blade:a1-01 --confirm a1-01
check "heard as that" sim_heard oa "REBOOT SERVER 1 FORCE"
soon 10 "its host is up" blade_is a1-01 up
soon 10 "what starts by itself runs" vm_is db01 running
bed_virsh 1 destroy db01 >/dev/null
soon 5 "db01 is off" vm_is db01 off
check "reboot with nothing on it takes a yes" t reboot blade:a1-01 --yes
check "heard as that" sim_heard oa "REBOOT SERVER 1"
soon 10 "its host is up" blade_is a1-01 up

echo "# six at once"
: >"$BED/order"
(
	while sleep 0.1; do
		oa state | jq -r '[.bays[] | select((.bay | tonumber) >= 6 and .power != "off") | .bay | tonumber] | join(" ")' >>"$BED/order"
	done
) >/dev/null 2>&1 &
watcher=$!
began=$(date +%s%N)
check "power on of six" t power-on --yes blade:a1-06 blade:a1-07 blade:a1-08 blade:a1-09 blade:a1-10 blade:a1-11
took=$((($(date +%s%N) - began) / 1000000))
kill $watcher 2>/dev/null; wait $watcher 2>/dev/null || true
check "one second apart ($took ms in all)" [ $took -gt 5000 ]
# However seldom it was looked: who is on are the first ones of the order.
out=$(uniq "$BED/order" | grep . | grep -vxE '9|7 9|6 7 9|6 7 8 9|6 7 8 9 10|6 7 8 9 10 11' || true)
check "in the start order ($(uniq "$BED/order" | grep -c .) steps seen${out:+, one of them $out})" [ -z "$out" -a -s "$BED/order" ]
for n in 06 07 08 09 10 11; do soon 10 "host of a1-$n is up" blade_is a1-$n up; done

echo "# on, but its host does not answer"
[ ! -e "$BED/h1/libvirtd.pid" ] || kill -9 "$(bed_libvirtd 1)"
soon 75 "an alert" alert_says a1-01 'manager says on, but its host does not answer'
bed_libvirtd_start 1
soon 65 "it clears when the host answers" no_alert a1-01
is 2 "its host is up" a1-01 host up
check "those that a customer drives never alarm" no_alert a1-04
oa "health 5 failed" >/dev/null
oa "pull 4" >/dev/null
sleep 4
check "nor does an empty bay of theirs" no_alert a1-04
check "nor a spare one" no_alert a1-05
check "each action has a record before and after" [ "$(t audit --json | jq '[.[] | select(.what == "begin")] | length')" = "$(t audit --json | jq '[.[] | select(.what == "end")] | length')" ]
check "nothing is in use" free
check "no password in the diary or the records" sh -c "! grep -q '$sim_password' '$BED/tanad.log' '$BED'/state/*"
finish
