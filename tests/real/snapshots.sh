#!/bin/bash
# Snapshots of real VMs: the whole life of a tree, running and off, one disk and two, inside the disks and in files of their
# own; what is on the disks proves each revert. Limits, whom they are charged to, what another tool did, what libvirt forgot.
# Needs root, libvirtd, QEMU, sshd.
set -eu
: "${TANA_SRC:=$(cd "$(dirname "$0")/../.." && pwd)}" "${TANA_BUILD:=$TANA_SRC/build}"
. "$TANA_SRC/tests/real/bed.sh"
. "$TANA_SRC/tests/real/lib.sh"
need_real
bed_open
trap stop_all EXIT
bed_host 1
bed_domain 1 off1 empty qcow2
bed_domain 1 run1 empty qcow2
bed_domain 1 run2 empty qcow2 qcow2
bed_domain 1 files empty qcow2
bed_domain 1 raw1 empty raw
bed_domain 1 none empty
bed_domain 1 agent1 agent qcow2
bed_domain 1 pairxa empty qcow2
bed_domain 1 pairxb empty qcow2
# One whose storage can stall: its disk comes over a socket from a process that can be stopped.
bed_domain 1 stall empty qcow2
truncate -s 300M "$(bed_disk 1 stall 1)"
qemu-nbd -f raw -t -k "$BED/stall.sock" --pid-file="$BED/nbd.pid" "$(bed_disk 1 stall 1)" >/dev/null 2>&1 </dev/null &
bed_extra() { bed_kill "$BED/nbd.pid"; }
bed_wait 60 test -S "$BED/stall.sock" || bed_die "no storage that can stall"
sed -i "s|<disk type='file'|<disk type='network'|; s|<source file=.*/>|<source protocol='nbd'><host transport='unix' socket='$BED/stall.sock'/></source>|" "$BED/h1/stall.xml"
bed_virsh 1 undefine stall >/dev/null
bed_virsh 1 define "$BED/h1/stall.xml" >/dev/null
stall() { kill -STOP "$(cat "$BED/nbd.pid")"; }
go_on() { kill -CONT "$(cat "$BED/nbd.pid")"; }
# Days and months are counted there: not while one ends.
zone=Asia/Tokyo
[ "$(TZ=$zone date +%H)" != 23 ] || zone=America/New_York
cat >"$BED/site.conf" <<END
site "bed" { zone = "$zone" }
blade "h1" { host = "$(bed_uri 1)" }
plan "basic" { snapshots { kept = 3 taken = "4 per day" space = "1 GiB" } }
tenant "acme" { plan = basic vms = { "run1" } snapshots { kept = 6 } }
tenant "free" { vms = { "off1", "run2", "files", "raw1", "none", "agent1", "stall", "pair*" } }
pair "px" { halves = { "pairxa", "pairxb" } }
role "operator" { users = { "root" } }
role "customer" { tenant = acme users = { "nobody" } }
END
check "the site file is right" "$TANA_BUILD/tanad" --check "$BED/site.conf"
broker_start --steady-ms 3000 --short-ms 5000
soon 20 "host h1 is up" blade_is h1 up

# mark VM K BYTE: writes it into disk K of a VM that is off;  marked VM K BYTE: it is there
mark() { qemu-io -f qcow2 -c "write -q -P $3 1M 64k" "$(bed_disk 1 "$1" "$2")" >/dev/null; }
marked() { ! qemu-io -f qcow2 -c "read -P $3 1M 64k" "$(bed_disk 1 "$1" "$2")" | grep -q 'verification failed'; }
# the same through the running VM's own disk, so that QEMU's cache and the snapshot know of it
mark_live() { bed_virsh 1 qemu-monitor-command "$1" --hmp "qemu-io -d /machine/peripheral/virtio-disk$(($2 - 1))/virtio-backend \"write -P $3 1M 64k\"" >/dev/null; }
snap() { t snapshot "$@"; }
of() { t snapshot list "vm:$1" --json | jq -r ".snapshots[] | select(.name == \"$2\") | .$3"; }
count() { t snapshot list "vm:$1" --json | jq '.snapshots | length'; }
on_disk() { qemu-img snapshot -U -l "$(bed_disk 1 "$1" "$2")" | grep -c tana- || true; }
libvirt_lacks() { ! bed_virsh 1 snapshot-list "$1" --name | grep -q "$2"; }
vm_has() { [ "$(vm "$1" "$2")" = "$3" ]; }
in_libvirt() { bed_virsh 1 snapshot-list "$1" --name | grep -c . || true; }

echo "# off, one disk: a tree, each of its nodes, its middle"
mark off1 1 0xa1
check "create one" snap create vm:off1 one --note 'before: "all"' --yes
mark off1 1 0xb2
check "create two on it" snap create vm:off1 two --yes
mark off1 1 0xc3
check "back to one" snap revert vm:off1 one --confirm off1
check "what one held is on the disk" marked off1 1 0xa1
mark off1 1 0xd4
check "create three, a branch" snap create vm:off1 three --yes
check "two stands on one" [ "$(of off1 two parent)" = "$(of off1 one id)" ]
check "three stands on one" [ "$(of off1 three parent)" = "$(of off1 one id)" ]
check "three is the current one" [ "$(of off1 three current)" = true ]
check "who took it, and the note" [ "$(of off1 one by)/$(of off1 one note)" = 'root/before: "all"' ]
check "to two" snap revert vm:off1 two --confirm off1
check "what two held is on the disk" marked off1 1 0xb2
check "to three" snap revert vm:off1 three --confirm off1
check "what three held is on the disk" marked off1 1 0xd4
refuse 3 "delete needs its name" snap delete vm:off1 one --yes
check "delete the one in the middle, without those on it" snap delete vm:off1 one --confirm one
check "two are left, says the host" [ "$(in_libvirt off1)" = 2 ]
check "and on the disk" [ "$(on_disk off1 1)" = 2 ]
check "two can still be gone back to" snap revert vm:off1 two --confirm off1
check "it is whole" marked off1 1 0xb2
check "create four on two" snap create vm:off1 four --yes
check "create five on four" snap create vm:off1 five --yes
refuse 2 "a name that is not there" snap revert vm:off1 one --confirm off1
refuse 3 "a name that is taken" snap create vm:off1 five --yes
check "what goes with children is said" sh -c "'$TANA_BUILD/tana' --socket '$BED/broker.sock' snapshot delete vm:off1 two --children --preview | grep -q 'confirm \"3 off1\"'"
check "delete two with all on it" snap delete vm:off1 two --children --confirm "3 off1"
check "three alone is left" [ "$(count off1)/$(in_libvirt off1)/$(on_disk off1 1)" = 1/1/1 ]
check "to three, once more" snap revert vm:off1 three --confirm off1
check "it is whole" marked off1 1 0xd4
check "delete three" snap delete vm:off1 three --confirm three
check "nothing is left anywhere" [ "$(count off1)" = 0 ]
check "nor on the disk" [ "$(on_disk off1 1)" = 0 ]

echo "# running, with memory, two disks"
bed_virsh 1 start run2 >/dev/null
soon 5 "run2 runs" vm_is run2 running
mark_live run2 1 0x11; mark_live run2 2 0x21
check "create r1" snap create vm:run2 r1 --yes
check "it holds the memory" [ "$(of run2 r1 memory)/$(of run2 r1 vm_state)" = true/running ]
check "its size is known" [ "$(of run2 r1 bytes)" -gt 100000 ]
check "it runs on" bed_is 1 run2 running
mark_live run2 1 0x12; mark_live run2 2 0x22
check "create r2" snap create vm:run2 r2 --yes
mark_live run2 1 0x13; mark_live run2 2 0x23
check "both disks hold both" [ "$(on_disk run2 1)/$(on_disk run2 2)" = 2/2 ]
check "back to r1, while it runs" snap revert vm:run2 r1 --confirm run2
check "it runs again" bed_is 1 run2 running
check "power off" t power-off vm:run2 --confirm run2
check "what r1 held is on both disks" marked run2 1 0x11
check "on the second too" marked run2 2 0x21
check "to r2, while it is off" snap revert vm:run2 r2 --confirm run2
soon 5 "it runs: it ran then" vm_is run2 running
check "power off" t power-off vm:run2 --confirm run2
check "what r2 held is on both disks" marked run2 1 0x12
check "on the second too" marked run2 2 0x22
check "delete r1 without r2" snap delete vm:run2 r1 --confirm r1
check "one on each disk" [ "$(on_disk run2 1)/$(on_disk run2 2)" = 1/1 ]
check "delete r2" snap delete vm:run2 r2 --confirm r2

echo "# disks only, in files of their own"
bed_virsh 1 start files >/dev/null
soon 5 "files runs" vm_is files running
mark_live files 1 0x31
check "create f1" snap create vm:files f1 --disk-only --yes
check "it is one of files, without memory" [ "$(of files f1 external)/$(of files f1 memory)" = true/false ]
refuse 3 "the other kind beside it is refused" snap create vm:files f2 --yes
refuse 3 "going back to it is beyond this libvirt, and said so" snap revert vm:files f1 --confirm files
mark_live files 1 0x32
check "delete f1" snap delete vm:files f1 --confirm f1
check "it runs on, nothing is left" [ "$(count files)" = 0 ]
check "nor in libvirt" libvirt_lacks files .
check "power off" t power-off vm:files --confirm files
check "what was written since is there" marked files 1 0x32
bed_virsh 1 start raw1 >/dev/null
soon 5 "raw1 runs" vm_is raw1 running
refuse 3 "a raw disk holds no snapshot inside" snap create vm:raw1 x --yes
check "its disk is named" has vda
refuse 3 "quiesce without an agent" snap create vm:raw1 x --disk-only --quiesce --yes

bed_virsh 1 start agent1 >/dev/null
bed_guest_up 1 agent1
can_quiesce() { t snapshot list vm:agent1 --json | jq -e '.can.quiesce == null' >/dev/null; }
soon 20 "a guest with an agent can be told to hold still" can_quiesce
soon 60 "its agent answers" bed_virsh 1 qemu-agent-command agent1 '{"execute":"guest-sync","arguments":{"id":7}}'
check "quiesced" snap create vm:agent1 q1 --disk-only --quiesce --yes
soon 10 "its file systems were held, and let go" sh -c "grep -A9 'guest is frozen' '$BED/h1/agent1.console' | grep -q 'guest is thawed'"
check "and it runs on" bed_is 1 agent1 running

echo "# limits"
customer() { setpriv --reuid=65534 --regid=65534 --clear-groups "$TANA_BUILD/tana" --socket "$BED/broker.sock" "$@"; }
bed_virsh 1 start run1 >/dev/null
soon 5 "run1 runs" vm_is run1 running
check "a customer takes one" customer snapshot create vm:run1 c1 --yes
check "an operator's does not use the allowance" snap create vm:run1 o1 --yes
check "unless chosen so" snap create vm:run1 o2 --charge tenant --yes
check "2 of 3 are shown in the list" [ "$(vm run1 snaps)/$(vm run1 snaps_max)/$(vm run1 snap)" = 2/3/room ]
bed_virsh 1 snapshot-create-as run1 outside "by hand" >/dev/null
t snapshot list vm:run1 >/dev/null
run1_full() { [ "$(vm run1 snaps)/$(vm run1 snap)" = 3/full ]; }
soon 5 "one that was made outside counts" run1_full
check "and is called so" [ "$(of run1 outside outside)" = true ]
refuse 3 "a customer is refused the fourth" customer snapshot create vm:run1 c2 --yes
check "and told why" has '3 of 3 kept'
refuse 3 "an operator in its name too" snap create vm:run1 o3 --charge tenant --yes
refuse 3 "who wants to go over it says why" snap create vm:run1 o3 --charge tenant --exceed --yes
check "then it goes" snap create vm:run1 o3 --charge tenant --exceed --reason "ticket 4711" --yes
check "a customer reverts while it is full" customer snapshot revert vm:run1 c1 --confirm run1
check "and deletes" customer snapshot delete vm:run1 o3 --confirm o3
check "and what was made outside" customer snapshot delete vm:run1 outside --confirm outside
check "the host has it no more" libvirt_lacks run1 outside
check "a fourth of the day" customer snapshot create vm:run1 c4 --yes
check "kept makes room" customer snapshot delete vm:run1 c4 --confirm c4
refuse 3 "a fifth of the day is refused though there is room" customer snapshot create vm:run1 c5 --yes
check "when there is room again is said" has '4 of 4 today'
check "a change for a time" t limits set vm:run1 'taken=6 per day' --until '+2 d' --ref T-1
check "lets it" customer snapshot create vm:run1 c5 --yes
check "and is shown" sh -c "'$TANA_BUILD/tana' --socket '$BED/broker.sock' limits vm:run1 | grep -q T-1"
refuse 2 "a customer sees nobody else's" customer snapshot list vm:off1
refuse 3 "nor sets limits" customer limits set vm:run1 kept=9 --until '+1 d' --ref x
check "the month's report" sh -c "'$TANA_BUILD/tana' --socket '$BED/broker.sock' report snapshots --month $(TZ=$zone date +%Y-%m) --tenant acme --json | jq -e '[.rows[] | select(.state == \"refused\")] | length >= 2'"
sed -i 's/kept = 3/kept = 9/' "$BED/site.conf"
kill -HUP "$broker_pid"
soon 5 "limits of the site file change at reload" vm_has run1 snaps_max 9

echo "# pairs"
check "create on one half" snap create vm:pairxa p1 --yes
bed_virsh 1 start pairxb >/dev/null
soon 5 "the other half runs" vm_is pairxb running
refuse 3 "going back is refused meanwhile" snap revert vm:pairxa p1 --confirm pairxa
check "the half is named" has pairxb
check "unless an operator says so" snap revert vm:pairxa p1 --confirm pairxa --override-pair --reason "rebuilt from the other"

echo "# libvirtd killed while QEMU saves"
bed_virsh 1 start stall >/dev/null
soon 5 "stall runs" vm_is stall running
check "one before" snap create vm:stall before --charge tenant --yes
stall
t snapshot create vm:stall lost --charge tenant --yes >"$BED/lost.out" 2>&1 &
command=$!
soon 10 "it is under way" job_is stall running
at_work() { bed_virsh 1 domstate --reason stall | grep -q saving; }
soon 10 "by QEMU" at_work
name=$(of stall lost host_name)
check "its list is told all the same" [ "$(of stall lost state)" = sent ]
kill -9 "$(bed_libvirtd 1)"
go_on
soon 10 "its outcome is open" job_is stall unknown
check "it is counted while nobody knows" [ "$(vm stall snaps)/$(vm stall snaps_busy)" = 1/1 ]
bed_libvirtd_start 1
soon 60 "it is settled" vm_has stall snaps_busy 0
wait $command && got=0 || got=$?
check "the command says that it failed" [ $got = 1 ]
check "libvirt never knew it" libvirt_lacks stall "$name"
check "and the disk is clean of it" [ "$(on_disk stall 1)" = 1 ]
soon 10 "that the VM stands still since is shown" vm_is stall paused
bed_virsh 1 resume stall >/dev/null

echo "# while one is taken, others go on"
stall
t snapshot create vm:stall slow --yes >"$BED/slow.out" 2>&1 &
command=$!
soon 10 "a snapshot is under way" job_is stall running
check "another VM's snapshot goes through" snap create vm:off1 beside --yes
check "and power" t power-on vm:none --yes
check "and the list of the busy one" t snapshot list vm:stall
refuse 3 "a second one on the busy VM is refused" snap create vm:stall second --yes
go_on
wait $command && ok "then it ends" || bad "then it ends" "$(cat "$BED/slow.out")"

echo "# the log"
check "it is whole" t audit verify
check "each begin has its end" [ "$(t audit --since 1h --json | jq '[.[] | select(.what == "begin")] | length')" = "$(t audit --since 1h --json | jq '[.[] | select(.what == "end")] | length')" ]
no_lease() { [ "$(t list leases --json | jq length)" = 0 ]; }
soon 10 "no lease is left" no_lease
finish
