# Simulated managers for the tests of blades, to be sourced after bed.sh and lib.sh. All are below $BED/sim: NAME.ctl the control
# socket, NAME.port, NAME.pid; the first start takes any port, later ones the same. All have the host key $BED/ssh/host, the user
# "oper" and the password $sim_password.

sim_password=Sesame-$$-open # another one's may stand in an argument list meanwhile
sims=
sim_open() { # $BED/ssh/host must be there
	mkdir -p "$BED/sim"
	(umask 077; printf '%s\n' "$sim_password" >"$BED/sim/pw")
	: >"$BED/sim/known_hosts"
}
# sim_start NAME DIALECT OPTIONS...
sim_start() {
	sim_port=$(cat "$BED/sim/$1.port" 2>/dev/null || echo 0)
	: >"$BED/sim/$1.out"
	"$TANA_BUILD/tana-enclosure-sim" --dialect "$2" --listen "127.0.0.1:$sim_port" --user oper --password-file "$BED/sim/pw" \
		--host-key "$BED/ssh/host" --control "$BED/sim/$1.ctl" "${@:3}" >"$BED/sim/$1.out" 2>>"$BED/sim/$1.err" </dev/null &
	echo $! >"$BED/sim/$1.pid"
	bed_wait 60 grep -q '^listening on' "$BED/sim/$1.out" || bed_die "simulated manager $1: $(cat "$BED/sim/$1.err")"
	case " $sims " in *" $1 "*) return 0 ;; esac
	sims="$sims $1"
	sed -n 's/^listening on .*://p' "$BED/sim/$1.out" >"$BED/sim/$1.port"
	printf '[127.0.0.1]:%s %s\n' "$(cat "$BED/sim/$1.port")" "$(cut -d' ' -f1,2 "$BED/ssh/host.pub")" >>"$BED/sim/known_hosts"
}
sim_address() { printf '127.0.0.1:%s' "$(cat "$BED/sim/$1.port")"; }
sim_tell() { printf '%s\n' "$2" | socat -t 30 - "UNIX-CONNECT:$BED/sim/$1.ctl"; }
sim_do() { [ "$(sim_tell "$1" "$2" | cut -c1-2)" = ok ] || bed_die "simulated manager $1 does not take: $2"; }
sim_bay() { sim_tell "$1" state | jq -r --arg b "$2" ".bays[] | select(.bay == \$b) | .$3"; } # NAME BAY KEY
sim_is() { [ "$(sim_bay "$1" "$2" power)" = "$3" ]; }
sim_stat() { sim_tell "$1" stats | jq -r ".$2"; }
sim_heard() { [ "$(sim_tell "$1" stats | jq -r --arg c "$2" '.texts[$c] // 0')" -ge "${3:-1}" ]; } # NAME COMMAND [TIMES]
sim_end() {
	[ -s "$BED/sim/$1.pid" ] || return 0
	sim_pid=$(cat "$BED/sim/$1.pid")
	rm -f "$BED/sim/$1.pid"
	kill -CONT "$sim_pid" 2>/dev/null && kill "$sim_pid" 2>/dev/null || true
	wait "$sim_pid" 2>/dev/null || true
}
sims_end() { for sim_name in $sims; do sim_end "$sim_name"; done; }
# A manager section for the site file: manager_of LINES NAME [NAME]
manager_of() {
	printf 'manager { user = oper password-file = "%s" login { known-hosts = "%s" } ' "$BED/sim/pw" "$BED/sim/known_hosts"
	if [ $# -gt 2 ]; then printf 'address = { "%s", "%s" } %s }\n' "$(sim_address "$2")" "$(sim_address "$3")" "$1"
	else printf 'address = "%s" %s }\n' "$(sim_address "$2")" "$1"; fi
}

enclosure() { t list enclosures "name:$1" --json | jq -r ".[0].$2"; }
enclosure_is() { [ "$(enclosure "$1" manager)" = "$2" ]; }
blade_has() { [ "$(blade "$1" "$2")" = "$3" ]; }
# The newest job of a blade, by its name
blade_job() { t list jobs --json | jq -r --arg n "$1" "[.[] | select(.targets | test(\$n))] | last | $2"; }
blade_job_is() {
	job_now=$(blade_job "$1" '"\(.state): \(.text)"')
	printf '%s\n' "$job_now" | grep -qE "^($2): " || { printf '%s\n' "$job_now"; return 1; }
}
