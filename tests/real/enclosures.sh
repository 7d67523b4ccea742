#!/bin/bash
# Conversations with enclosure managers (src/enclosures/manager.h, driven by tests/real/enclosure) against tana-enclosure-sim: each
# dialect, each verb that it has, seen by a later status; each fault, and that it is well again after it; take-over, old
# algorithms, sessions, aborts, and that the password is seen nowhere. Needs no root; everything is on loopback.
#   enclosures.sh [DIALECT...]      these dialects alone
set -u
. "$TANA_SRC/tests/real/lib.sh"

for p in ssh-keygen jq socat; do
	command -v $p >/dev/null || skip "needs $p"
done
driver=$TANA_BUILD/tests/real/enclosure
[ -x "$driver" ] || skip "needs tests/real/enclosure (make check builds it)"
dir=$(mktemp -d)
started="$dir/pids"
: >"$started"
trap 'xargs -r kill <"$started" 2>/dev/null; wait; rm -rf "$dir"' EXIT
password='pass word%s"x'
( umask 077; printf '%s\n' "$password" >"$dir/password"; echo wrong >"$dir/wrong" )
ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -f "$dir/hostkey" || exit 1
# The dialects as they are installed, but that a manager which says nothing is given up sooner.
mkdir "$dir/dialects" "$dir/exec"
for f in "$TANA_SRC"/data/dialects/*.conf; do
	sed 's/timeout = "[0-9]* s"/timeout = "2 s"/' "$f" >"$dir/dialects/${f##*/}"
done
sed 's/mode = shell/mode = exec/; /SET SCRIPT MODE ON/d' "$dir/dialects/hp-oa.conf" >"$dir/exec/hp-oa.conf"

# start NAME DIALECT OPTIONS...: a simulator; its port is in $dir/NAME.port, its control socket $dir/NAME.ctl
start() {
	name=$1 kind=$2
	shift 2
	"$TANA_BUILD/tana-enclosure-sim" --dialect "$kind" --listen 127.0.0.1:0 --user admin --password-file "$dir/password" \
		--host-key "$dir/hostkey" --control "$dir/$name.ctl" --on-ms 200 --off-ms 200 --soft-ms 300 "$@" \
		>"$dir/$name.out" 2>"$dir/$name.err" &
	echo $! >"$dir/$name.pid"
	cat "$dir/$name.pid" >>"$started"
	for _ in $(seq 100); do
		port=$(sed -n 's/^listening on .*://p' "$dir/$name.out")
		[ -z "$port" ] || break
		sleep 0.05
	done
	if [ -z "$port" ]; then
		bad "$name: the simulator starts" "$(cat "$dir/$name.err")"
		return 1
	fi
	echo "$port" >"$dir/$name.port"
	echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$dir/hostkey.pub")" >>"$dir/$name.known"
}
port_of() { cat "$dir/$1.port"; }
sim() { printf '%s\n' "$2" | socat -t 2 - "UNIX-CONNECT:$dir/$1.ctl"; }
# drive NAME OPTIONS...: the driver at that simulator, commands on its input; what it said is in $said
drive() {
	name=$1
	shift
	said=$(timeout 100 "$driver" -D "$dir/dialects" -a "127.0.0.1:$(port_of "$name")" -u admin -p "$dir/password" \
		-k "$dir/$name.known" -s 2000 "$@" 2>&1 </dev/stdin) || said="$said
THE DRIVER ENDED WITH $?"
	printf '%s\n' "$said" >>"$dir/said"
}
# part LABEL: what was said between "# LABEL" and the next one
part() { printf '%s\n' "$said" | awk -v l="# $1" '/^# /{on = ($0 == l); next} on'; }
# says LABEL REGEX WHAT;  not LABEL REGEX WHAT
says() { if part "$1" | grep -qE -- "$2"; then ok "$kind: $3"; else bad "$kind: $3" "no $2 in: $(part "$1")"; fi; }
not() { if part "$1" | grep -qE -- "$2"; then bad "$kind: $3" "$(part "$1" | grep -E -- "$2")"; else ok "$kind: $3"; fi; }

# What each dialect lists, a bay that is on, one that is off, one that is empty, and a name, serial, or model that it tells.
facts() {
	on=1 off=4 empty=5 bays=16 told='serial=\['
	case $1 in
	hitachi-svp) on=1 off=3 empty= bays=8 told='health=ok' ;;
	hpe-moonshot) on=c1n1 off=c4n1 empty=c5n1 bays=45 ;;
	dell-idrac | hpe-ilo | fujitsu-rsb) off= empty= bays=1 ;;
	ibm-*) bays=14 ;;
	esac
	[ "$1" != fujitsu-rsb ] || told=power=on
}

everything() { # DIALECT: all questions, all verbs
	start "$1" "$1" --bays "$bays" || return
	drive "$1" <<-END
	# open
	open
	# verbs
	verbs
	# all
	all
	# off
	act power-off $on
	wait $on off
	# off again
	act power-off $on
	# on
	act power-on $on
	wait $on on
	# on again
	act power-on $on
	status $on
	# shutdown
	act shutdown $on
	wait $on off
	act power-on $on
	wait $on on
	# reset
	act reset $on
	sleep 600
	wait $on on
	# reboot
	act reboot $on
	sleep 1000
	wait $on on
	# locate
	act locate $on
	ask light $on
	ask list
	sim $dir/$1.ctl state
	# locate-off
	act locate-off $on
	sim $dir/$1.ctl state
	# empty
	${empty:+status $empty}
	${empty:+act power-on $empty}
	# nowhere
	status 99
	# end
	counts
	close
	counts
	END
	has_verb() { part verbs | grep -qx "verb $1"; }
	says open '^opened' "it is found out whose it is and opened"
	says open "^opened $1\$" "it is this dialect"
	not all '^error' "every question is answered"
	says all "^bay $on.*power=on" "a bay that is on"
	says all "^bay $on .*$told" "it tells what is in it"
	[ -z "$off" ] || says all "^bay $off.*power=off" "a bay that is off"
	not all 'power=unknown' "no state that is not known"
	says off 'taken, sent 1' "power-off is taken"
	says off "power of $on: off" "and is seen off"
	says "off again" 'taken, sent 1' "off already is no error"
	says on 'taken, sent 1' "power-on is taken"
	says on "power of $on: on" "and is seen on"
	says "on again" 'taken, sent 1' "on already is no error"
	if has_verb shutdown; then
		says shutdown 'shutdown.*taken, sent 1' "shutdown is taken"
		says shutdown "power of $on: off" "and is seen off"
	else
		says shutdown 'dialect.cannot' "no shutdown: said"
		says shutdown 'shutdown.*error, sent 0' "no shutdown: nothing is sent"
	fi
	for v in reset reboot; do
		if has_verb $v; then
			says $v "$v.*taken, sent 1" "$v is taken"
			says $v "power of $on: on" "$v: on in the end"
		else
			says $v "$v.*error, sent 0" "no $v: nothing is sent"
		fi
	done
	if has_verb locate; then
		says locate 'locate.*taken, sent 1' "locate is taken"
		says locate "^bay $on.*locate=on" "the light is seen"
		says locate-off 'taken, sent 1' "locate-off is taken"
		says locate-off "\"bay\":\"$on\"[^}]*\"locate\":false" "and is off"
	fi
	if [ -n "$empty" ]; then
		not empty 'power of.*: (on|off)' "an empty bay is neither on nor off"
		says empty 'power-on.*error, sent 1' "an empty bay is not switched on"
	fi
	says end '^counts: 1 sessions.*open 1' "one session for all of it"
	says end '^counts: 1 sessions.*open 0' "and it is closed"
	sleep 0.2
	stats=$(sim "$1" stats)
	if [ "$(echo "$stats" | jq -c '[.connections, .sessions, .connections_all, .connections_most]')" = '[0,0,1,1]' ]; then
		ok "$1: the manager too saw one session, and it is gone"
	else
		bad "$1: the manager too saw one session" "$stats"
	fi
}
