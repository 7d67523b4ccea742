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
site_of_two 'vm "s*" { shutdown = "4 s" }'
check "the site file is right" "$TANA_BUILD/tanad" --check "$BED/site.conf"
broker_start
soon 20 "host h1 is up" blade_is h1 up
soon 20 "host h2 is up" blade_is h2 up
four_live() { [ "$(t list vms live:yes --json | jq length)" = 4 ]; }
soon 10 "four VMs, all live" four_live
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
bed_wait 240 bed_booted 1 g1 2 && ok "it booted a second time" || bad "it booted a second time"
check "reset of one that does not" t reset vm:s1 --confirm s1
bed_wait 240 bed_booted 1 s1 2 && ok "it booted a second time" || bad "it booted a second time"

check "shut down a guest that answers" t shutdown vm:g1 --yes
check "it is off, says its host" bed_is 1 g1 "shut off"
refuse 1 "shut down a guest that does not answer: the deadline passes" t shutdown vm:s1 --yes
check "it still runs" bed_is 1 s1 running
check "its job is overdue, not failed and not done" job_is s1 overdue
refuse 3 "a reboot is refused meanwhile" t reboot vm:s1 --yes
check "forcing it is a plan of its own" t power-off vm:s1 --confirm s1 --reason "ignores ACPI"
check "it is off, says its host" bed_is 1 s1 "shut off"

# What a VM does now: its firmware looks for something to start for ever, and says so on its screen.
say_to() { # SECONDS LINE...: asked of the broker one after the other, and what it says meanwhile
	secs=$1
	shift
	{ printf '%s\n' '{"execute":"hello","arguments":{"protocol":1,"features":[],"origin":""},"id":1}' "$@"; sleep "$secs"; } |
		socat -t 1 - "UNIX-CONNECT:$BED/broker.sock"
}
numbers_of() { # VM: CPU, memory, and disks that were read from
	say_to 8 "{\"execute\":\"watch\",\"arguments\":{\"ids\":[\"vm:$1\"]},\"id\":2}" >"$BED/numbers"
	jq -e 'select(.event == "stat").rows[] | select(.[1] >= 0 and .[2] > 0)' "$BED/numbers"
}
screen_of() { # VM
	say_to 5 "{\"execute\":\"screenshot\",\"arguments\":{\"object\":\"vm:$1\",\"columns\":80,\"rows\":25},\"id\":2}" >"$BED/screen"
	jq -r 'select(.id == 2).return.pixels' "$BED/screen" | base64 -d >"$BED/pixels" &&
		[ "$(stat -c %s "$BED/pixels")" = "$(jq 'select(.id == 2).return | .w * .h' "$BED/screen")" ] &&
		[ "$(od -An -v -tu1 -w1 "$BED/pixels" | sort -u | wc -l)" -ge 2 ]
}
no_screen_of() { # VM
	say_to 2 "{\"execute\":\"screenshot\",\"arguments\":{\"object\":\"vm:$1\",\"columns\":80,\"rows\":25},\"id\":2}" >"$BED/screen"
	jq -e 'select(.id == 2).error | .class == "state" and .msg == "host.screen.none"' "$BED/screen"
}
soon 60 "a VM without a graphics device is told in words of our own" no_screen_of g2
check "power on e2" t power-on vm:e2 --yes
soon 60 "its CPU and memory are told" numbers_of e2
soon 60 "its screen is a picture with something on it" screen_of e2
check "power off e2" t power-off vm:e2 --confirm e2

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
# Each is done when the one before was seen.
shown() { for _ in $(seq 600); do ! grep -q "$1" "$BED/shot" || return 0; sleep 0.1; done; }
by_itself() {
	: >"$BED/shot"
	{
		printf '%s\n' 'expect 2/2 hosts' 'keys Tab' 'expect e2 +off' shot
		shown 'e2 .*off'
		bed_virsh 2 start e2 >/dev/null 2>&1
		printf '%s\n' 'expect e2 +running' shot
		shown 'e2 .*running'
		bed_virsh 2 destroy e2 >/dev/null 2>&1
		printf '%s\n' 'expect e2 +off' 'keys Q' 'expect-exit 30 0'
	} | "$TANA_BUILD/tests/screens/drive" --size 80x24 "$TANA_BUILD/tana" --socket "$BED/broker.sock" >"$BED/shot"
}
check "on the screen too, with nobody at the keys" by_itself
bed_domain 2 new empty
soon 3 "a new definition appears" vm_is new off
bed_virsh 2 undefine new >/dev/null
soon 3 "and goes" sh -c "! '$TANA_BUILD/tana' --socket '$BED/broker.sock' show vm:new"

begun=$(t audit --json | jq '[.[] | select(.what == "begin")] | length')
ended=$(t audit --json | jq '[.[] | select(.what == "end")] | length')
check "each action has a record before ($begun) and after ($ended)" [ "$begun" -ge 11 -a "$begun" = "$ended" ]
echo "# every way to a host, each with a broker of its own"
export XDG_STATE_HOME="$BED/private"
lists() { what=$1; shift; check "$what" sh -c '"$@" list vms --json | jq -e "length >= 1 and all(.[]; .live)"' sh "$@"; }
lists "qemu:///system, on the host itself" bed_enter 1 "$TANA_BUILD/tana" qemu:///system
lists "qemu+unix, its socket named" "$TANA_BUILD/tana" "qemu+unix:///system?socket=$BED/h1/run/libvirt-sock"
printf '<node><domain type="test"><name>toy</name><uuid>7a6e6100-0000-4000-8000-0000000000ff</uuid><memory>1024</memory><os><type>hvm</type></os></domain></node>' >"$BED/node.xml"
lists "test+unix, a daemon's test driver" "$TANA_BUILD/tana" "test+unix://$BED/node.xml?socket=$BED/h1/run/libvirt-sock"
check "and it obeys" "$TANA_BUILD/tana" "test+unix://$BED/node.xml?socket=$BED/h1/run/libvirt-sock" power-off vm:toy --confirm toy
lists "two hosts named on the command line" "$TANA_BUILD/tana" "$(bed_uri 1)" "$(bed_uri 2)"
bed_sshd_end 2
sed -i 's/^AllowStreamLocalForwarding yes/AllowStreamLocalForwarding no/' "$BED/h2/sshd_config"
bed_sshd_start 2
lists "an sshd that forwards no sockets: virt-ssh-helper" "$TANA_BUILD/tana" "$(bed_uri 2)"
refuse 4 "a key that is not let in" "$TANA_BUILD/tana" "qemu+ssh://root@$BED_NET.1:$BED_PORT/system?keyfile=$BED/ssh/other&known_hosts=$BED/ssh/known_hosts" list vms
: >"$BED/ssh/nobody"
refuse 4 "a host whose key nobody knows" "$TANA_BUILD/tana" "qemu+ssh://root@$BED_NET.1:$BED_PORT/system?keyfile=$BED/ssh/login&known_hosts=$BED/ssh/nobody" list vms
case $out in *"$(ssh-keygen -lf "$BED/ssh/host.pub" | cut -d' ' -f2)"*ssh-keyscan*) ok "its fingerprint is shown, and what to type" ;; *) bad "its fingerprint is shown, and what to type" "$out" ;; esac

no_lease() { [ "$(t list leases --json | jq length)" = 0 ]; }
soon 10 "no lease is left" no_lease
finish
