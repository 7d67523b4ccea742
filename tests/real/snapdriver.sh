#!/bin/bash
# The hosts room's snapshots against real QEMU, without a broker: VMs running and off, one and two qcow2 disks, inside and in
# files of their own, what libvirt forgot and what it refuses. Markers on the disks prove it. Needs root, libvirtd, QEMU.
set -eu
: "${TANA_SRC:=$(cd "$(dirname "$0")/../.." && pwd)}" "${TANA_BUILD:=$TANA_SRC/build}"
. "$TANA_SRC/tests/real/bed.sh"
. "$TANA_SRC/tests/real/lib.sh"
need_real
command -v qemu-img >/dev/null && command -v qemu-io >/dev/null || skip "needs qemu-img and qemu-io"
bed_open
trap stop_all EXIT
bed_host 1
uri="qemu+unix:///system?socket=$BED/h1/run/libvirt-sock"
snap() { "$TANA_BUILD/tests/real/snapdriver" "$uri" "$@"; }
img() { printf '%s/h1/%s-%s' "$BED" "$1" "$2"; }
declare -A uuid

# vm NAME DISK...: an empty VM with a disk of 64 MiB each: vda=qcow2, vdb=raw:shareable, ...
vm() {
	local name=$1 disks= d target format more
	shift
	bed_domain 1 "$name" empty
	bed_virsh 1 undefine "$name" >/dev/null
	for d; do
		target=${d%%=*} format=${d#*=} more=
		case $format in *:*) more="<${format#*:}/>" format=${format%%:*} ;; esac
		qemu-img create -q -f "$format" "$(img "$name" "$target")" 64M
		disks="$disks<disk type='file' device='disk'><driver name='qemu' type='$format'/><source file='$(img "$name" "$target")'/><target dev='$target' bus='virtio'/>$more</disk>"
	done
	sed -i "s|</devices>|$disks<disk type='file' device='cdrom'><target dev='hdc' bus='ide'/></disk></devices>|" "$BED/h1/$name.xml"
	bed_virsh 1 define "$BED/h1/$name.xml" >/dev/null
	uuid[$name]=$(bed_virsh 1 domuuid "$name" | tr -d '[:space:]')
}
# The newest layer of a disk, as the host says
top() { bed_virsh 1 domblklist "$1" | awk -v t="$2" '$1 == t { print $2 }'; }
mark() { qemu-io -f qcow2 -c "write -q -P $3 0 64k" "$(top "$1" "$2")" >/dev/null; }
marked() { qemu-io -f qcow2 -c "read -q -P $3 0 64k" "$(top "$1" "$2")" | grep -q 'Pattern verification failed' && return 1 || return 0; }
tells() { snap show "${uuid[$1]}" | jq -e "$2" >/dev/null; }
on_disk() { qemu-img snapshot -U -l "$1" | awk 'NR > 2 { print $2 }' | sort | tr '\n' ' '; }
disk_has() { [ "$(on_disk "$(img "$1" "$2")")" = "$3" ]; }
tree() { snap show "${uuid[$1]}" | jq -r '.snapshots | map(.name + "<" + .parent + (if .current then "*" else "" end)) | join(" ")'; }
tree_is() { [ "$(tree "$1")" = "$2" ] || { tree "$1"; return 1; }; }
refuses() { # WHAT ID ARG...: the driver says that
	local what=$1 id=$2
	shift 2
	out=$(snap "$@" 2>&1) && { bad "$what" "it went well: $out"; return; }
	[ "$(printf '%s' "$out" | jq -r .error)" = "$id" ] && ok "$what" || bad "$what" "$out"
}

echo "# off, two disks, inside"
vm off vda=qcow2 vdb=qcow2
u=${uuid[off]}
check "a VM without snapshots tells its disks" tells off '.n == null and .snapshots == [] and .state == "off" and .disks_known and .disk_bytes == 134217728 and .used_bytes < 1000000 and .no_internal == null and .no_external == null and .no_quiesce == "host.snap.quiesce.off" and .no_revert_external == "host.snap.revert.old" and .no_delete_external == null and (.busy | not)'
mark off vda 1; mark off vdb 1
check "the first" snap create $u tana-1 "before, with a <note> & \"more\""
mark off vda 2; mark off vdb 2
check "the second, on it" snap create $u tana-2
mark off vda 3; mark off vdb 3
check "the third" snap create $u tana-3
check "they are a tree" tree_is off "tana-1< tana-2<tana-1 tana-3<tana-2*"
check "with note, without memory, inside" tells off '.snapshots[0] | .note == "before, with a <note> & \"more\"" and (.memory | not) and (.external | not) and .state == "off" and .created > 1700000000'
check "the list names them, and that there are no others" sh -c "$(declare -f snap); TANA_BUILD='$TANA_BUILD' uri='$uri'; snap list | jq -e '.[] | select(.name == \"off\") | .known and (.snaps | sort) == [\"tana-1\", \"tana-2\", \"tana-3\"]'"
check "revert to the first" snap revert $u tana-1
check "the disks are as then" marked off vda 1
check "both" marked off vdb 1
sleep 1 # those of one second have no order
check "a branch beside the second" snap create $u tana-4
check "parents before children" tree_is off "tana-1< tana-2<tana-1 tana-3<tana-2 tana-4<tana-1*"
check "revert to the third" snap revert $u tana-3
check "the disks are as then" marked off vda 3
check "delete the one in the middle" snap delete $u tana-2
check "its child hangs on its parent" tree_is off "tana-1< tana-3<tana-1* tana-4<tana-1"
check "and still holds what it did" snap revert $u tana-3
check "the disks are as then" marked off vdb 3
refuses "no such snapshot" host.snap.none revert $u tana-2
refuses "a name that is there already" host.failed create $u tana-3
refuses "a name that is none" host.snap.name create $u 'x"; quit'
refuses "no such VM" host.vm.none create 00000000-0000-4000-8000-0000000000aa tana-9
check "delete all with the first" snap delete $u tana-1 children
check "nothing is left in the list" tree_is off ""
check "nor on the disks" disk_has off vda ""
check "either of them" disk_has off vdb ""

echo "# running, two disks, inside, with memory"
vm on vda=qcow2 vdb=qcow2
u=${uuid[on]}
mark on vda 1
bed_virsh 1 start on >/dev/null
check "with memory" snap create $u tana-1
check "it says so" tells on '.snapshots[0] | .memory and .state == "running" and (.external | not) and .current'
check "another" snap create $u tana-2
bed_virsh 1 suspend on >/dev/null
check "one of the paused VM" snap create $u tana-3
check "it is paused in it" tells on '(.busy | not) and (.snapshots[2] | .memory and .state == "paused")'
check "revert to what ran" snap revert $u tana-1
check "it runs" bed_is 1 on running
check "revert to what was paused" snap revert $u tana-3
check "it is paused" bed_is 1 on paused
bed_virsh 1 destroy on >/dev/null
mark on vda 2
check "one of the VM that is off" snap create $u tana-4
check "revert from off to what ran" snap revert $u tana-2
check "it runs" bed_is 1 on running
check "revert from running to off" snap revert $u tana-4
check "it is off" bed_is 1 on "shut off"
check "its disk is as then" marked on vda 2
check "revert to the first again" snap revert $u tana-1
bed_virsh 1 destroy on >/dev/null
check "its disk is as then" marked on vda 1
bed_virsh 1 start on >/dev/null
check "delete one in the middle while it runs" snap delete $u tana-2
check "and the rest with it" snap delete $u tana-1 children
check "nothing is left on the disks" disk_has on vda ""
check "either of them" disk_has on vdb ""

echo "# what libvirt forgot"
orphan() { # VM STATE NAME: made through libvirt, its record taken away
	local vm=$1 u=${uuid[$1]}
	snap prepare $u "$3" ${4:-} >"$BED/record"
	snap create $u "$3" ${4:-} >/dev/null || return 1
	bed_virsh 1 snapshot-delete "$vm" "$3" --metadata >/dev/null
}
for state in running off; do
	[ $state = running ] || bed_virsh 1 destroy on >/dev/null
	check "$state: one that stays" snap create ${uuid[on]} tana-stay
	check "$state: an orphan" orphan on $state tana-lost
	check "$state: it is on the disk" disk_has on vda "tana-lost tana-stay "
	check "$state: but not in the list" tree_is on "tana-stay<*"
	check "$state: cleared away" snap clear ${uuid[on]} tana-lost "$BED/record"
	check "$state: the first disk is clean of it" disk_has on vda "tana-stay "
	check "$state: and the second" disk_has on vdb "tana-stay "
	check "$state: and the list" tree_is on "tana-stay<*"
	check "$state: clearing again is done too" snap clear ${uuid[on]} tana-lost "$BED/record"
	check "$state: and leaves nothing" tree_is on "tana-stay<*"
	check "$state: an orphan whose parent went" orphan on $state tana-lost
	check "$state: ..." snap delete ${uuid[on]} tana-stay
	check "$state: is cleared away all the same" snap clear ${uuid[on]} tana-lost "$BED/record"
	check "$state: the disk is clean" disk_has on vda ""
done
bed_virsh 1 start on >/dev/null
check "an orphan of the running VM, cleared when it is off" orphan on running tana-lost
bed_virsh 1 destroy on >/dev/null
check "..." snap clear ${uuid[on]} tana-lost "$BED/record"
check "the disk is clean" disk_has on vda ""
check "an orphan of the VM that is off, cleared when it runs" orphan on off tana-lost
bed_virsh 1 start on >/dev/null
check "..." snap clear ${uuid[on]} tana-lost "$BED/record"
check "the disk is clean" disk_has on vda ""
check "one that came into the list after all" snap create ${uuid[on]} tana-lost
check "is deleted" snap clear ${uuid[on]} tana-lost "$BED/record"
check "the disk is clean" disk_has on vda ""
refuses "another's record" host.snap.record clear ${uuid[off]} tana-lost "$BED/record"
refuses "another name's" host.snap.record clear ${uuid[on]} tana-other "$BED/record"
echo '<domainsnapshot>' >"$BED/broken"
refuses "no record at all" host.snap.record clear ${uuid[on]} tana-lost "$BED/broken"
check "one that knows a disk" snap create ${uuid[on]} tana-5
check "an orphan too" orphan on running tana-lost
bed_virsh 1 detach-disk on vdb --live >/dev/null
gone() { ! bed_virsh 1 domblklist on | grep -q vdb; }
bed_virsh 1 reset on >/dev/null # no guest is there that would let go of it
check "a disk goes" bed_wait 5 gone
refuses "which went since: libvirtd would die of it" host.snap.disk.gone delete ${uuid[on]} tana-5
refuses "clearing too" host.snap.disk.gone clear ${uuid[on]} tana-lost "$BED/record"
check "libvirtd lives" bed_is 1 on running
bed_virsh 1 destroy on >/dev/null
check "when it is off it can be cleared" snap clear ${uuid[on]} tana-lost "$BED/record"
check "and deleted" snap delete ${uuid[on]} tana-5
check "the disk is clean" disk_has on vdb ""

echo "# in files of their own"
for state in off running; do
	vm x$state vda=qcow2 vdb=qcow2
	v=x$state u=${uuid[x$state]}
	stop() { [ $state = off ] || bed_virsh 1 destroy $v >/dev/null; }
	start() { [ $state = off ] || bed_virsh 1 start $v >/dev/null; }
	mark $v vda 1; mark $v vdb 1
	for n in 1 2 3 4; do
		start
		check "$state: number $n" snap create $u tana-$n "" external
		stop
		mark $v vda 1$n
	done
	start
	check "$state: a tree of four" tree_is $v "tana-1< tana-2<tana-1 tana-3<tana-2 tana-4<tana-3*"
	check "$state: in files of their own, no memory" tells $v '.snapshots | all(.external and (.memory | not))'
	check "$state: the last one's size is known" tells $v '.disks_known and .disk_bytes == 134217728 and .snapshots[3].bytes > 0'
	[ $state = off ] || check "$state: all sizes are" tells $v '(.snapshots | all(.bytes > 0)) and .used_bytes > (.snapshots | map(.bytes) | add)'
	refuses "$state: libvirt 9.0 cannot revert to it" host.snap.revert.old revert $u tana-2
	if [ $state = off ]; then
		refuses "off: libvirt 9.0 deletes none in the middle then" host.snap.delete.off delete $u tana-2
		bed_virsh 1 start $v >/dev/null
	fi
	check "$state: delete one in the middle of the running VM" snap delete $u tana-2
	[ $state = running ] || bed_virsh 1 destroy $v >/dev/null
	check "$state: its child hangs on its parent" tree_is $v "tana-1< tana-3<tana-1 tana-4<tana-3*"
	stop; check "$state: the newest is still there" marked $v vda 14; check "$state: and on the other disk" marked $v vdb 1; start
	check "$state: one with all that stand on it" snap delete $u tana-3 children
	check "$state: the rest" tree_is $v "tana-1<*"
	stop; check "$state: the newest is still there" marked $v vda 14; start
	check "$state: the last" snap delete $u tana-1
	check "$state: none" tree_is $v ""
	stop
	check "$state: it is in the first file again" [ "$(top $v vda)" = "$(img $v vda)" ]
	check "$state: and whole" marked $v vda 14
	check "$state: no file is left" sh -c "! ls '$BED'/h1/$v-*.tana-*"
	start
	check "$state: an orphan" orphan $v $state tana-9 external
	stop; mark $v vda 19; start
	check "$state: cleared away" snap clear $u tana-9 "$BED/record"
	stop
	check "$state: nothing written since is lost" marked $v vda 19
	check "$state: it is in the first file again" [ "$(top $v vda)" = "$(img $v vda)" ]
	check "$state: clearing what never began is done" snap clear $u tana-9 "$BED/record"
	check "$state: and leaves nothing" tree_is $v ""
done
u=${uuid[xoff]}
check "one outside" snap create $u tana-1 "" external
check "one inside its file" snap create $u tana-2
refuses "would be lost with it" host.snap.mixed delete $u tana-1
refuses "also when asked for" host.snap.mixed delete $u tana-1 children
check "first the one inside" snap delete $u tana-2
check "then the other" snap delete $u tana-1

echo "# what a VM's disks do not allow"
vm raw vda=qcow2 vdb=raw
check "a raw disk holds none inside; it is named" tells raw '.no_internal == "host.snap.disk.format" and .disk == "vdb" and .no_external == null'
refuses "nor is it tried" host.snap.disk.format create ${uuid[raw]} tana-1
check "but in a file of its own" snap create ${uuid[raw]} tana-1 "" external
check "and back" snap delete ${uuid[raw]} tana-1
vm bare
check "no disk at all" tells bare '.no_internal == "host.snap.disk.none" and .no_external == "host.snap.disk.none" and .disks_known and .disk_bytes == 0'
vm shared vda=qcow2 vdb=raw:shareable vdc=raw:shareable vdd=qcow2:readonly
check "shared disks are named, what is only read does not count" tells shared '.shared == "vdb, vdc" and .disk_bytes == 201326592'
bed_virsh 1 managedsave off >/dev/null 2>&1 || true
check "one of the VM that is off" snap create ${uuid[off]} tana-1
bed_virsh 1 start off >/dev/null
bed_virsh 1 managedsave off >/dev/null
refuses "saved memory lies about: not forced" host.snap.risky revert ${uuid[off]} tana-1

echo "# while one is being taken"
vm busy vda=qcow2
u=${uuid[busy]}
bed_virsh 1 destroy busy >/dev/null 2>&1 || true
bed_virsh 1 start busy >/dev/null
# QEMU stands still: the host waits for its answer as it does for a big memory
check "the first" snap create $u tana-1
q=$(bed_qemu 1 busy)
kill -STOP "$q"
snap create $u tana-2 >"$BED/creating" 2>&1 &
creating=$!
at_work() { tells busy '.busy'; }
bed_wait 60 at_work || bad "it is at work" "$(cat "$BED/creating")"
# libvirt lists the one that it is only taking: who believes the list must look at busy
check "its host answers at once, and says that it is at work" tells busy '.seconds < '"${TANA_PATIENCE:-1}"' and .busy and (.snapshots | map(.name)) == ["tana-1", "tana-2"]'
check "the list too" sh -c "$(declare -f snap); TANA_BUILD='$TANA_BUILD' uri='$uri'; snap list | jq -e '.[] | select(.name == \"busy\") | .known'"
states() { snap "$1" | jq -c 'map([.name, .state]) | sort'; }
check "states alone are the same, with no wait for it either" [ "$(states states)" = "$(states list)" ]
kill -CONT "$q"
wait $creating && ok "it was taken in the end" || bad "it was taken in the end" "$(cat "$BED/creating")"
check "and is listed" tells busy '(.busy | not) and (.snapshots | length) == 2'
check "a light list tells the same snapshots" [ "$(snap light | jq -cS 'sort_by(.uuid)')" = "$(snap list | jq -cS 'sort_by(.uuid)')" ]
finish
