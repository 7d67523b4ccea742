# What happens in service.sh's container: the service is set up as README says, started by its first console, reloaded, restarted under
# a serial console and a job, killed and hung. A call that its filter refuses kills it here, so that none goes unseen; libnuma tries one,
# which is let be.
set -eu
. "$TANA_SRC/tests/real/bed.sh"
. "$TANA_SRC/tests/real/lib.sh"
unset TANA_SOCKET
t() { tana "$@"; } # by the socket's usual place
show() { systemctl show -p "$1" --value tanad; }
restarts() { show NRestarts; }
is() { [ "$(show "$1")" = "$2" ]; } # PROPERTY VALUE
running() { systemctl is-active -q tanad; }
broker() { show MainPID; }
journal() { journalctl -q -u tanad -o cat --no-pager; }
bed_extra() { systemctl stop tanad.socket tanad 2>/dev/null || true; }
BED=
trap '[ -z "$BED" ] || stop_all' EXIT
etc=/usr/local/etc/tana

echo "# set up"
id tana >/dev/null 2>&1 || systemd-sysusers
systemd-tmpfiles --create 2>/dev/null || true
systemctl daemon-reload
check "the user tana" id tana
check "its folders" test "$(stat -c '%a %U' /var/lib/tana /run/tana $etc | tr '\n' ' ')" = "700 tana 755 tana 750 root "
systemd-analyze verify --man=no tanad.service tanad.socket >"$STORY_SAID/verify" 2>&1 || true
check "the units are right" test -z "$(grep tana "$STORY_SAID/verify")"
echo "# $(systemd-analyze security --no-pager tanad.service 2>&1 | tail -n 1)"

bed_open
bed_host 1
bed_domain 1 acme-c1 shell
bed_domain 1 acme-s1 stubborn
cp "$BED/ssh/known_hosts" $etc/known_hosts
site_file() { # [LINE]
	cat >$etc/site.conf <<-END
	site "bed" { shutdown = "10 min" }
	rack "R" { enclosure "E" { rows = 1 columns = 1 bays = "1"
		blade "h1" { bay = 1 host = "qemu+ssh://root@$BED_NET.1:$BED_PORT/system?keyfile=/run/credentials/tanad.service/login&known_hosts=$etc/known_hosts" } } }
	tenant "acme" { vms = { "acme-*" } }
	role "operator" { users = { "root" } }
	${1:-}
	END
	chmod 640 $etc/site.conf $etc/known_hosts
	chgrp tana $etc/site.conf $etc/known_hosts
}
site_file
mkdir -p /etc/systemd/system/tanad.service.d
printf '[Service]\nLoadCredential=login:%s/ssh/login\nSystemCallFilter=set_mempolicy\nSystemCallErrorNumber=kill\nWatchdogSec=6s\n' "$BED" >/etc/systemd/system/tanad.service.d/here.conf
systemctl daemon-reload
for v in acme-c1 acme-s1; do bed_virsh 1 start $v >/dev/null; done

echo "# started by its first console"
check "the socket alone" systemctl enable -q --now tanad.socket
refuse 3 "nothing runs yet" systemctl is-active -q tanad
check "a command starts it" t list racks
running || { journal | tail -n 30; exit 1; }
soon 60 "its host is up, by a key that is a credential" blade_is h1 up
soon 30 "the service manager is told" is StatusText "serving bed: 1 of 1 hosts"
pid=$(broker)
check "as tana" test "$(stat -c %U /proc/$pid)" = tana
check "without a right, behind its filter" sh -c "grep -q '^CapEff:.0000000000000000' /proc/$pid/status && grep -q '^CapBnd:.0000000000000000' /proc/$pid/status &&
	grep -q '^NoNewPrivs:.1' /proc/$pid/status && grep -q '^Seccomp:.2' /proc/$pid/status"
check "its ledger" sh -c 'ls /var/lib/tana/ledger.db-wal && ! find /var/lib/tana -type f -perm /077 | grep .'
check "the journal has its lines with their levels" sh -c "journalctl -q -u tanad -o json _PID=$pid | jq -e -s 'any(.PRIORITY == \"6\")'"
refuse 1 "and no error" sh -c "journalctl -q -u tanad -p err _PID=$pid | grep ."

echo "# reload"
site_file 'rack "R2" { }'
check "a good site file" systemctl reload tanad
soon 20 "is taken" sh -c "tana list racks | grep R2"
site_file 'rack "R3" { nonsense }'
refuse 1 "one with errors is refused" systemctl reload tanad
check "said why" sh -c "journalctl -q -u tanad -o cat | grep -E 'site.conf:[0-9]+'"
check "it goes on" sh -c "tana list racks | grep R2 && systemctl is-active -q tanad && [ $pid = $(broker) ]"
site_file 'rack "R2" { }'
check "mended" systemctl reload tanad

echo "# restarts under a console and a job"
bed_guest_up 1 acme-c1
bed_guest_up 1 acme-s1
drive() { "$TANA_BUILD/tests/screens/drive" --size 100x24 /usr/local/bin/tana console vm:acme-c1; }
goes_on() { # NAME COMMAND...: a console and a job live through it
	name=$1
	shift
	mkfifo "$BED/go.$name"
	{ printf '%s\n' 'expect 30 you type' "type echo be\$((1))-$name" 'keys Enter'; cat "$BED/go.$name"; } | drive >"$BED/drive.$name" 2>&1 &
	drive_pid=$!
	exec 7>"$BED/go.$name"
	soon 60 "$name: somebody types" grep -q "be1-$name" "$BED/h1/acme-c1.console"
	pid=$(broker)
	"$@"
	soon 60 "$name: another broker" sh -c "p=\$(systemctl show -p MainPID --value tanad); [ \$p != 0 ] && [ \$p != $pid ] && systemctl is-active -q tanad"
	printf '%s\n' 'expect 60 reopened' 'expect 30 you type' "type echo af\$((2))-$name" 'keys Enter' "expect 30 ^af2-$name" 'keys C-] q' 'expect-exit 20 0' >&7
	exec 7>&-
	if wait $drive_pid; then ok "$name: the console reconnects, says so, and types on"; else bad "$name: the console" "$(grep -v '^ *│ *$' "$BED/drive.$name")"; fi
	soon 60 "$name: the host is up" blade_is h1 up
	check "$name: the job is under way" job_is acme-s1 running
	refuse 3 "$name: its lease is kept" t reboot vm:acme-s1 --yes
}
check "a shutdown that its guest does not hear" t shutdown vm:acme-s1 --yes --no-wait
soon 20 "is under way" job_is acme-s1 running
goes_on restart systemctl restart tanad
goes_on crash sh -c 'kill -9 $(systemctl show -p MainPID --value tanad)'
goes_on hung sh -c 'kill -STOP $(systemctl show -p MainPID --value tanad)'
check "the watchdog did that" sh -c 'journalctl -q -u tanad -o cat | grep -qi "watchdog timeout"'
bed_virsh 1 destroy acme-s1 >/dev/null
soon 30 "the job has its end" job_is acme-s1 done
soon 20 "and the lease goes with it" sh -c '[ "$(tana list leases --json)" = "[]" ]'
check "the log is whole" t audit verify

echo "# stop"
check "it stops" systemctl stop tanad
check "in order" is Result success
check "who comes starts it again" t list racks
check "stopped for good" systemctl stop tanad.socket tanad
check "the socket goes too" test ! -e /run/tana/broker.sock
refuse 1 "no call was refused by the filter" sh -c 'journalctl -q --no-pager | grep -E "status=31/SYS|signal=SYS|SIGSYS"'
[ "$failed" = 0 ] || journal | tail -n 40 | sed 's/^/#   /'
stop_all
BED=
echo "$passed passed, $failed failed"
[ "$failed" != 0 ] || : >"$STORY_SAID/well"
