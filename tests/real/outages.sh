#!/bin/bash
# What breaks between Tana and a real host: libvirtd killed, sshd frozen in the middle of a call, libvirtd frozen with an
# action under way, a changed host key, the broker killed in the middle of jobs. Needs root, libvirtd, QEMU, sshd.
set -eu
: "${TANA_SRC:=$(cd "$(dirname "$0")/../.." && pwd)}" "${TANA_BUILD:=$TANA_SRC/build}"
. "$TANA_SRC/tests/real/bed.sh"
. "$TANA_SRC/tests/real/lib.sh"
need_real
bed_open
trap stop_all EXIT
bed_host 1
bed_host 2
for d in a b c d; do bed_domain 1 $d empty; done
bed_domain 1 s1 stubborn
bed_domain 2 e2 empty
site_of_two
broker_start --short-ms 3000 --connect-ms 3000 --steady-ms 8000
soon 20 "h1 is up" blade_is h1 up
soon 20 "h2 is up" blade_is h2 up
for d in a b c d s1; do bed_virsh 1 start $d >/dev/null; done
soon 5 "a runs" vm_is a running

echo "# libvirtd killed and started again"
kill -9 "$(bed_libvirtd 1)"
soon 10 "h1 is seen to be gone" blade_is_not h1 up
a_not_live() { [ "$(vm a live)" = false ]; }
soon 10 "its VMs are not live" a_not_live
check "what was last known stays: running" [ "$(vm a state)" = running ]
check "h2 is not touched" blade_is h2 up
refuse 4 "no action on a VM whose host is silent" t power-off vm:a --confirm a
bed_libvirtd_start 1
soon 30 "h1 is back" blade_is h1 up
soon 5 "a is live again, running" vm_is a running

echo "# sshd frozen in the middle of a call"
frozen=$(pgrep -P "$(bed_sshd 1)" | tr '\n' ' ')
kill -STOP $frozen
check "an action is sent" t power-off vm:a --confirm a --no-wait
soon 15 "it is given up: its outcome is unknown" job_is a unknown
soon 60 "a fresh connection comes up beside the frozen one" blade_is h1 up
refuse 3 "no second action while the first may still arrive" t power-off vm:a --confirm a
kill -CONT $frozen 2>/dev/null || true
soon 60 "the job is settled from what the host says" job_is a 'done|failed'
if bed_is 1 a running; then want=failed; else want=done; fi
check "and says what is true ($want)" job_is a $want

echo "# libvirtd frozen, an action sent, the call given up, libvirtd continued"
# A frozen QEMU keeps libvirtd busy with the destroy for seconds, so that it is frozen with the action in its hands.
freeze_with() {
	kill -STOP "$(bed_qemu 1 "$1")"
	(sleep 0.7; kill -STOP "$(bed_libvirtd 1)") &
}
freeze_with b
t power-off vm:b --confirm b >"$BED/b.out" 2>&1 &
command_b=$!
soon 15 "it is given up: its outcome is unknown" job_is b unknown
check "and b is held" [ "$(t list leases name:b --json | jq length)" = 1 ]
kill -CONT "$(bed_libvirtd 1)"
soon 30 "the late effect arrives: b is off" bed_is 1 b "shut off"
soon 90 "it is noticed" job_is b 'done'
wait $command_b && got=0 || got=$?
check "the command that waited says so too, or that it is not known ($got)" [ $got = 0 -o $got = 1 ]
check "and said" sh -c "'$TANA_BUILD/tana' --socket '$BED/broker.sock' list jobs --json | jq -r '.[] | select(.targets == \"b\") | .text' | grep -q late"

echo "# the same, and the broker is killed before libvirtd goes on"
soon 90 "h1 is up" blade_is h1 up
freeze_with c
t power-off vm:c --confirm c --no-wait >"$BED/frozen.out" 2>&1 || true
sleep 1.2
broker_kill KILL
kill -CONT "$(bed_libvirtd 1)"
broker_start --short-ms 3000 --connect-ms 3000 --steady-ms 8000
soon 90 "after the restart the job is settled" job_is c 'done|failed'
if bed_is 1 c running; then want=failed; else want=done; fi
check "and says what is true ($want)" job_is c $want

echo "# the broker killed in the middle of jobs"
soon 90 "h1 is up" blade_is h1 up
t shutdown vm:s1 --yes --no-wait >/dev/null
t power-off vm:d --confirm d --no-wait >/dev/null
t power-on vm:e2 --yes --no-wait >/dev/null
broker_kill KILL
broker_start --short-ms 3000 --connect-ms 3000 --steady-ms 8000
check "known VMs are there at once" [ "$(t list vms --json | jq length)" -ge 6 ]
soon 90 "power off of d is settled" job_is d 'done|failed'
if bed_is 1 d running; then want=failed; else want=done; fi
check "truly ($want)" job_is d $want
soon 90 "power on of e2 is settled" job_is e2 'done|failed'
if bed_is 2 e2 running; then want=done; else want=failed; fi
check "truly ($want)" job_is e2 $want
soon 90 "the shutdown that s1 ignored is settled or still waited for" job_is s1 'failed|overdue|running'
check "s1 runs" bed_is 1 s1 running
check "a lease is held by open jobs only" [ "$(t list leases --json | jq length)" = "$(t list jobs --json | jq '[.[] | select(.state == "running" or .state == "overdue" or .state == "unknown" or .state == "pending")] | length')" ]

echo "# a changed host key"
bed_sshd_end 2
sed -i "s#^HostKey .*#HostKey $BED/ssh/other#" "$BED/h2/sshd_config"
bed_sshd_start 2
soon 90 "h2 is refused for its key" sh -c "'$TANA_BUILD/tana' --socket '$BED/broker.sock' list blades name:h2 --json | jq -r '.[0].why_id' | grep -qx ssh.key.changed"
why=$(blade h2 why)
old=$(ssh-keygen -lf "$BED/ssh/host.pub" | cut -d' ' -f2) new=$(ssh-keygen -lf "$BED/ssh/other.pub" | cut -d' ' -f2)
case $why in *"$old"*"$new"* | *"$new"*"$old"*) ok "both fingerprints are shown" ;; *) bad "both fingerprints are shown" "$why" ;; esac
check "nothing was written to known_hosts" [ "$(wc -l <"$BED/ssh/known_hosts")" = 2 ]
check "h1 is not touched" blade_is h1 up
finish
