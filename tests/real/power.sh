#!/bin/bash
# Real VMs on two real hosts over SSH: every power verb, a guest that answers ACPI and one that does not, a domain that
# is changed behind Tana's back. Needs root, libvirtd, QEMU, sshd.
set -eu
: "${TANA_SRC:=$(cd "$(dirname "$0")/../.." && pwd)}" "${TANA_BUILD:=$TANA_SRC/build}"
. "$TANA_SRC/tests/real/bed.sh"
. "$TANA_SRC/tests/real/lib.sh"
need_real
bed_open
trap stop_all EXIT
bed_host 1
bed_host 2
bed_domain 1 g1 acpi
bed_domain 1 s1 stubborn
bed_domain 2 g2 acpi
bed_domain 2 e2 empty
cat >"$BED/site.conf" <<END
site "bed" { }
rack "R" { enclosure "E" { rows = 1 columns = 2 bays = "1-2"
	blade "h1" { bay = 1 host = "$(bed_uri 1)" }
	blade "h2" { bay = 2 host = "$(bed_uri 2)" } } }
vm "s*" { shutdown = "4 s" }
role "operator" { users = { "root" } }
END
check "the site file is right" "$TANA_BUILD/tanad" --check "$BED/site.conf"
broker_start
soon 20 "host h1 is up" blade_is h1 up
soon 20 "host h2 is up" blade_is h2 up
check "four VMs, all live" [ "$(t list vms live:yes --json | jq length)" = 4 ]
check "g1 is off" vm_is g1 off

refuse 3 "power on without a word of consent is refused when nobody can be asked" t power-on vm:g1
check "power on g1" t power-on vm:g1 --yes
check "it runs, says its host" bed_is 1 g1 running
check "power on s1" t power-on vm:s1 --yes
check "power on h2/g2 by blade and name" t power-on h2/g2 --yes
refuse 3 "what runs is not powered on again" t power-on vm:g1 --yes
bed_guest_up 1 g1
bed_guest_up 1 s1
bed_guest_up 2 g2

refuse 3 "power off without its name" t power-off vm:g1 --yes
refuse 3 "power off with another's name" t power-off vm:g1 --confirm g2
check "and it still runs" bed_is 1 g1 running
check "a preview says what it takes" sh -c "'$TANA_BUILD/tana' --socket '$BED/broker.sock' power-off vm:g1 --preview | grep -q -- '--confirm g1'"
check "and does nothing" bed_is 1 g1 running

check "reboot of a guest that answers" t reboot vm:g1 --yes
bed_wait 60 bed_booted 1 g1 2 && ok "it booted a second time" || bad "it booted a second time"
check "reset of one that does not" t reset vm:s1 --confirm s1
bed_wait 60 bed_booted 1 s1 2 && ok "it booted a second time" || bad "it booted a second time"

check "shut down a guest that answers" t shutdown vm:g1 --yes
check "it is off, says its host" bed_is 1 g1 "shut off"
refuse 1 "shut down a guest that does not answer: the deadline passes" t shutdown vm:s1 --yes
check "it still runs" bed_is 1 s1 running
check "its job is overdue, not failed and not done" job_is s1 overdue
refuse 3 "a reboot is refused meanwhile" t reboot vm:s1 --yes
check "forcing it is a plan of its own" t power-off vm:s1 --confirm s1 --reason "ignores ACPI"
check "it is off, says its host" bed_is 1 s1 "shut off"

check "protect g2" t protect vm:g2 --yes
refuse 3 "a protected VM is not powered off" t power-off vm:g2 --confirm g2
check "it still runs" bed_is 2 g2 running
check "unprotect g2" t unprotect vm:g2 --yes
check "power off g2" t power-off vm:g2 --confirm g2
check "it is off, says its host" bed_is 2 g2 "shut off"

refuse 2 "no such VM" t power-on vm:nobody --yes
refuse 2 "an empty filter is not everything" t power-on tenant:nobody --yes

bed_virsh 2 start e2 >/dev/null
soon 3 "a VM started behind Tana's back is shown by its event" vm_is e2 running
bed_virsh 2 destroy e2 >/dev/null
soon 3 "and when it is stopped" vm_is e2 off
bed_domain 2 new empty
soon 3 "a new definition appears" vm_is new off
bed_virsh 2 undefine new >/dev/null
soon 3 "and goes" sh -c "! '$TANA_BUILD/tana' --socket '$BED/broker.sock' show vm:new"

begun=$(t audit --json | jq '[.[] | select(.what == "begin")] | length')
ended=$(t audit --json | jq '[.[] | select(.what == "end")] | length')
check "each action has a record before ($begun) and after ($ended)" [ "$begun" -ge 11 -a "$begun" = "$ended" ]
check "no lease is left" [ "$(t list leases --json | jq length)" = 0 ]
finish
