# What the real tests share, to be sourced: skipping, checks, a broker on $BED's hosts, waiting for what it says.
# A test prints one line a check and "N passed, N failed" at the end.

umask 022 # other users run and read some of what is made
passed=0 failed=0
ok() { passed=$((passed + 1)); printf 'ok - %s\n' "$1"; }
bad() {
	failed=$((failed + 1))
	printf 'NOT OK - %s\n' "$1"
	[ -z "${2:-}" ] || printf '%s\n' "$2" | sed 's/^/#   /' | head -n 20
}
# check WHAT COMMAND...: the command succeeds;  refuse STATUS WHAT COMMAND...: it ends with that status
check() { what=$1; shift; if out=$("$@" 2>&1); then ok "$what"; else bad "$what" "$out"; fi; }
refuse() {
	want=$1 what=$2
	shift 2
	got=0
	out=$("$@" 2>&1) || got=$?
	if [ "$got" = "$want" ]; then ok "$what"; else bad "$what" "exit status $got, not $want: $out"; fi
}
# soon SECONDS WHAT COMMAND...: it succeeds within that time, or so many times as much as the machine may take
soon() { secs=$(($1 * ${TANA_PATIENCE:-1})) what=$2; shift 2; if bed_wait "$secs" "$@"; then ok "$what"; else bad "$what" "not within $secs s: $*: $("$@" 2>&1)"; fi; }
has() { printf '%s\n' "$out" | grep -qE "$1"; }

skip() {
	echo "skipped: $1"
	[ -z "${TANA_NO_SKIP:-}" ] || exit 1
	exit 77
}
need_real() {
	[ "$(id -u)" = 0 ] || skip "needs root: namespaces, libvirtd and sshd of its own"
	for p in /usr/sbin/libvirtd /usr/sbin/sshd /usr/bin/qemu-system-x86_64 jq socat unshare /bin/busybox cpio; do
		command -v $p >/dev/null || skip "needs $p"
	done
}

site_of_two() { # [LINE]: writes $BED/site.conf for hosts 1 and 2, with one line more
	cat >"$BED/site.conf" <<-END
	site "bed" { }
	rack "R" { enclosure "E" { rows = 1 columns = 2 bays = "1-2"
		blade "h1" { bay = 1 host = "$(bed_uri 1)" }
		blade "h2" { bay = 2 host = "$(bed_uri 2)" } } }
	${1:-}
	role "operator" { users = { "root" } }
	END
}

broker_pid=
broker_start() { # OPTIONS...: on $BED/site.conf
	"$TANA_BUILD/tanad" --site "$BED/site.conf" --socket "$BED/broker.sock" --state "$BED/state" "$@" >>"$BED/tanad.log" 2>&1 </dev/null &
	broker_pid=$!
	bed_wait 60 t list racks || bed_die "tanad did not start: $(tail -n 5 "$BED/tanad.log")"
}
broker_kill() { kill "-${1:-TERM}" "$broker_pid" 2>/dev/null || true; wait "$broker_pid" 2>/dev/null || true; broker_pid=; }
t() { "$TANA_BUILD/tana" --socket "$BED/broker.sock" "$@"; }
# One key of an object, as JSON gives it: vm NAME KEY, blade NAME KEY
vm() { t list vms "name:$1" --json | jq -r ".[0].$2"; }
blade() { t list blades "name:$1" --json | jq -r ".[0].$2"; }
vm_is() { [ "$(vm "$1" state)" = "$2" ] && [ "$(vm "$1" live)" = true ]; }
blade_is() { [ "$(blade "$1" host)" = "$2" ]; }
blade_is_not() { [ "$(blade "$1" host)" != "$2" ]; }
# The newest job of a VM: job NAME KEY
job() { t list jobs --json | jq -r "[.[] | select(.targets == \"$1\")] | last | .$2"; }
job_is() { job "$1" state | grep -qxE "$2"; }
threads() { ls /proc/"$broker_pid"/task | wc -l; }
descriptors() { ls /proc/"$broker_pid"/fd | wc -l; }

# Ends all that was started, whatever happened; a test may have a bed_extra of its own.
stop_all() {
	trap - EXIT
	[ -z "$broker_pid" ] || broker_kill TERM
	! command -v bed_extra >/dev/null || bed_extra
	bed_close
}
finish() {
	[ "$failed" = 0 ] || { echo "# end of tanad's log:"; tail -n 15 "$BED/tanad.log" | sed 's/^/#   /'; }
	stop_all
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ]
}
