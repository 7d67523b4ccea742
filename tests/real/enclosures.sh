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
. "$TANA_SRC/tests/real/enclosure_lib.sh"

has_verb() { # DIALECT VERB [TEXT]: prints TEXT when it has
	grep -q "^	verb $2 " "$dir/dialects/$1.conf" && echo "${3:-}"
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
	open
	act power-on $on
	wait $on on
	# on again
	act power-on $on
	status $on
	# shutdown
	open
	act shutdown $on
	$(has_verb "$1" shutdown "wait $on off")
	open
	act power-on $on
	wait $on on
	# reset
	open
	act reset $on
	$(has_verb "$1" reset "sleep 600")
	wait $on on
	# reboot
	open
	act reboot $on
	$(has_verb "$1" reboot "sleep 1000")
	wait $on on
	# locate
	open
	act locate $on
	ask light $on
	ask list
	sim $dir/$1.ctl state
	# locate-off
	act locate-off $on
	sim $dir/$1.ctl state
	# empty
	open
	${empty:+status $empty}
	${empty:+act power-on $empty}
	# nowhere
	status 99
	# end
	counts
	close
	counts
	END
	for v in power-on power-off; do
		has_verb "$1" $v >/dev/null && says verbs "^verb $v\$" "it has $v"
	done
	says open '^opened' "it is found out whose it is and opened"
	says open "^opened $1\$" "it is this dialect"
	not all '^error' "every question is answered"
	says all "^bay $on.*power=on" "a bay that is on"
	says all "^bay $on .*$told" "it tells what is in it"
	[ -z "$off" ] || says all "^bay $off.*power=off" "a bay that is off"
	[ "$1" = hpe-moonshot ] || not all 'power=unknown' "no state that is not known"
	says off 'taken, sent 1' "power-off is taken"
	says off "power of $on: off" "and is seen off"
	says "off again" 'taken, sent 1' "off already is no error"
	says on 'taken, sent 1' "power-on is taken"
	says on "power of $on: on" "and is seen on"
	says "on again" 'taken, sent 1' "on already is no error"
	if has_verb "$1" shutdown >/dev/null; then
		says shutdown 'shutdown.*taken, sent 1' "shutdown is taken"
		says shutdown "power of $on: off" "and is seen off"
	else
		says shutdown 'dialect.cannot' "no shutdown: said"
		says shutdown 'shutdown.*error, sent 0' "no shutdown: nothing is sent"
	fi
	for v in reset reboot; do
		if has_verb "$1" $v >/dev/null; then
			says $v "$v.*taken, sent 1" "$v is taken"
			says $v "power of $on: on" "$v: on in the end"
		else
			says $v "$v.*error, sent 0" "no $v: nothing is sent"
		fi
	done
	if has_verb "$1" locate >/dev/null; then
		says locate 'locate.*taken, sent 1' "locate is taken"
		says locate "^bay $on.*locate=on" "the light is seen"
		says locate-off 'taken, sent 1' "locate-off is taken"
		says locate-off "\"bay\":\"$on\"[^}]*\"locate\":false" "and is off"
	fi
	if [ -n "$empty" ]; then
		not empty 'power of.*: (on|off)' "an empty bay is neither on nor off"
		says empty 'power-on.*error, sent 1' "an empty bay is not switched on"
	fi
	# In menus, where a refusal leaves them is not known: the session ends and another one begins.
	case $1 in
	hitachi-svp | fujitsu-rsb) n='[1-9]' ;;
	*) n=1 ;;
	esac
	says end "^counts: $n sessions.*open" "one session for all of it"
	says end "^counts: $n sessions.*open 0" "and it is closed"
	# It need not have seen yet that the driver has gone.
	for _ in $(seq 200); do
		stats=$(sim "$1" stats)
		[ "$(echo "$stats" | jq '.connections + .sessions')" != 0 ] || break
		sleep 0.1
	done
	if [ "$(echo "$stats" | jq -c '[.connections, .sessions, .connections_all, .connections_most]' | sed "s/$n,[12]\]/1,1]/")" = '[0,0,1,1]' ]; then
		ok "$1: the manager too saw one session, and it is gone"
	else
		bad "$1: the manager too saw one session" "$stats"
	fi
}

# A fault that is borne: all is told and switched in spite of it. Lines for the driver.
borne() { # NAME FAULT...
	printf '# %s\n' "$1"
	for f in "${@:2}"; do printf 'sim %s fault %s\n' "$ctl" "$f"; done
	printf '%s\n' open "ask $first" "status $on" "act power-off $on" "wait $on off" open "act power-on $on" "wait $on on" \
		"sim $ctl clear" "# well after $1" open "status $on"
}
# A fault that is none for the login, told at the next one.
at_login() { # NAME FAULT
	printf '%s\n' close "# $1" "sim $ctl fault $2" open counts "sim $ctl clear" "# well after $1" open "status $on"
}

faults() { # DIALECT
	start "$1-faults" "$1" --bays "$bays" || return
	ctl=$dir/$1-faults.ctl
	first=$(sed -n 's/^	ask "\([a-z]*\)" .*/\1/p' "$dir/dialects/$1.conf" | head -n 1)
	# Menus page nothing; the Onboard Administrator does not in its script mode, see plain.
	case $1 in
	hitachi-svp | fujitsu-rsb | hp-oa) paged= ;;
	*) paged=pager ;;
	esac
	slot=${on#c} slot=${slot%n1}
	[ "$first" != status ] || first="status $on"
	drive "$1-faults" <<-END
	open
	$(for f in split dribble no-status no-exec double-eol noise wrap garbage slow=200 $paged; do borne "${f%=*}" "$f"; done)
	close
	$(borne kbdint kbdint)
	close
	$(borne late-close late-close=300)
	close
	# mute
	open
	sim $ctl fault mute
	status $on
	counts
	act power-off $on
	sim $ctl clear
	# well after mute
	open
	status $on
	# mute order
	sim $ctl fault mute
	act power-on $on
	sim $ctl clear
	open
	$(at_login mute-login mute-login)
	$(at_login denied-login denied-login)
	$(at_login sessions sessions=0)
	$(at_login no-shell no-shell)
	$(at_login expired expired)
	# denied
	open
	sim $ctl fault denied
	act power-off $on
	sim $ctl clear
	open
	status $on
	# already
	sim $ctl fault already
	act power-off $on
	sim $ctl clear
	open
	status $on
	# power-fail
	sim $ctl fault power-fail
	act power-off $on
	sleep 400
	status $on
	sim $ctl clear
	# power-late
	sim $ctl fault power-late=4000
	act power-off $on
	status $on
	wait $on off
	sim $ctl clear
	open
	act power-on $on
	wait $on on
	# power-back
	sim $ctl fault power-back=4000
	act power-off $on
	wait $on off
	wait $on on
	sim $ctl clear
	# empty
	sim $ctl fault empty=$slot
	open
	ask $first
	act power-off $on
	sim $ctl clear
	# well after empty
	open
	status $on
	# standby
	sim $ctl fault standby
	ask $first
	sim $ctl clear
	# well after standby
	open
	status $on
	# reboot-mid
	sim $ctl fault reboot-mid=500
	status $on
	counts
	open
	# well after reboot-mid
	sleep 700
	open
	status $on
	# abort
	sim $ctl fault slow=2500
	abort 300
	status $on
	counts
	open
	sim $ctl clear
	# well after abort
	sleep 2600
	new
	open
	status $on
	END
	for f in split dribble no-status no-exec double-eol noise wrap garbage slow $paged kbdint late-close; do
		not $f '^error' "$f: no error"
		says $f "^power of $on: on" "$f: the state is told"
		says $f "^power-off $on: taken, sent 1" "$f: switched off"
		says $f "^power of $on: off" "$f: and seen off"
		says "well after $f" "^power of $on: on" "$f: well after it"
	done
	for f in mute mute-login denied-login sessions no-shell expired empty standby reboot-mid abort; do
		says "well after $f" "^power of $on: on" "$f: well after it"
	done
	says mute '^error manager\.(mute|late) class 11' "mute: said, within its time"
	says mute 'open 0' "mute: the session is over"
	says mute "power-off $on: error, sent 0" "mute: an order without a session is not sent"
	says 'mute order' '^error manager\.(mute|late) class 11' "mute: an order's outcome is not known"
	says 'mute order' "power-on $on: error, sent 1" "mute: and it was sent"
	says mute-login '^error manager\.silent' "mute-login: cannot be reached"
	says denied-login '^error manager\.denied' "denied-login: told from all else"
	if [ "$1" = dell-idrac ]; then
		says sessions '^error manager\.silent.*reset' "sessions: a reset is not taken for a denial"
	else
		says sessions '^error manager\.busy' "sessions: busy is told from denied and silent"
	fi
	says no-shell '^error manager\.silent' "no-shell: said"
	says expired '^error manager\.denied.*expired' "expired: said so"
	says denied '^error manager\.said\.denied' "denied: said so"
	says denied "power-off $on: error, sent 1" "denied: no success"
	says denied "^power of $on: on" "denied: still on"
	says already "power-off $on: taken" "already: no error, and no success"
	says already "^power of $on: on" "already: the status tells otherwise"
	says power-fail "power-off $on: taken" "power-fail: the order was taken"
	says power-fail "^power of $on: on" "power-fail: still on"
	says power-late "^power of $on: on" "power-late: not yet off"
	says power-late "^power of $on: off" "power-late: off later"
	says power-back "^power of $on: off" "power-back: off for a moment"
	says power-back "^power of $on: on" "power-back: on again is seen"
	if [ "$bays" -gt 1 ]; then
		not empty "^bay $on .*power=" "empty: no state of an empty bay"
		says empty "power-off $on: error, sent" "empty: not switched"
	fi
	case $1 in
	hp-oa | dell-cmc | hitachi-svp) says standby '^error manager\.standby class 9' "standby: noticed" ;;
	esac
	says reboot-mid '^error manager\.(lost|late|mute)' "reboot-mid: said"
	says reboot-mid 'open 0' "reboot-mid: the session is over"
	says abort '^back within a second' "abort: back at once"
	says abort '^error.*class 1[01]' "abort: an error of the connection"
	says abort '^error manager' "abort: and it is not opened again"
	close_sim "$1-faults"

	start "$1-legacy" "$1" --bays "$bays" --fault legacy || return
	# libssh's server half now and then hangs up before its own offer is out: then there are no two offers to name.
	for _ in 1 2 3 4 5 6; do
		drive "$1-legacy" <<-END
		# refused
		open
		END
		part refused | grep -q 'Socket error: disconnected' || break
	done
	says refused '^error manager\.legacy.*diffie-hellman-group14-sha1.*curve25519' "old algorithms: refused, with both offers"
	drive "$1-legacy" -l <<-END
	# let in
	open
	status $on
	END
	says "let in" "^power of $on: on" "old algorithms: where the site file allows them"
	close_sim "$1-legacy"
}
close_sim() { kill "$(cat "$dir/$1.pid")" 2>/dev/null; }

paging() { # of an Onboard Administrator that is not in script mode; its question in capitals
	start plain hp-oa --bays 16 || return
	drive plain -D "$dir/plain" <<-END
	sim $dir/plain.ctl fault pager
	# paged
	open
	ask list
	status 16
	# asked
	sim $dir/plain.ctl fault split
	act reset 1
	sim $dir/plain.ctl stats
	END
	not paged '^error' "pager: no error"
	says paged '^bay 16 fitted power=on' "pager: the last line of the list"
	says paged 'power of 16: on' "pager: and what is asked next"
	says asked 'reset 1: taken, sent 1' "the question is answered"
}

by_exec() { # a dialect whose commands go on a channel each
	start exec hp-oa --bays 16 || return
	ctl=$dir/exec.ctl
	drive exec -D "$dir/exec" -d hp-oa <<-END
	# all
	open
	all
	act power-off 1
	wait 1 off
	act power-on 1
	wait 1 on
	$(for f in split dribble no-status no-shell noise late-close=2500; do printf '%s\n' "# ${f%=*}" "sim $ctl fault $f" "status 1" "sim $ctl clear"; done)
	close
	# no-exec
	sim $ctl fault no-exec
	open
	act power-off 1
	sim $ctl clear
	# well
	open
	status 1
	# mute
	sim $ctl fault mute
	act power-on 1
	sim $ctl clear
	open
	status 1
	# abort
	sim $ctl fault slow=2500
	abort 300
	status 1
	END
	not all '^error' "exec: everything is answered"
	says all '^bay 6 empty' "exec: an empty bay"
	says all 'power-off 1: taken, sent 1' "exec: switched off"
	says all 'power of 1: off' "exec: and seen off"
	says all 'power of 1: on' "exec: and on again"
	for f in split dribble no-status no-shell late-close noise well; do
		says $f 'power of 1: on' "exec, $f: told"
	done
	says no-exec '^error' "exec refused: said"
	says mute '^error manager\.(mute|late) class 11' "exec, mute: said"
	says mute 'power-on 1: error, sent 1' "exec, mute: what became of it is not known"
	says mute 'power of 1: on' "exec, mute: well after it"
	says abort '^back within a second' "exec, abort: back at once"
}

two() { # the two managers of one enclosure
	start oa1 hp-oa --bays 16 --peer "$dir/peer" --role active || return
	start oa2 hp-oa --bays 16 --peer "$dir/peer" --role standby || return
	cat "$dir/oa2.known" >>"$dir/oa1.known"
	other=127.0.0.1:$(port_of oa2)
	( until [ "$(sim oa1 stats | jq .commands)" -ge 12 ]; do sleep 0.1; done; sim oa2 takeover >/dev/null ) &
	drive oa1 -a "$other" <<-END
	# before
	open
	ask list
	words
	# during
	sim $dir/oa1.ctl fault slow=200
	all
	# after
	open
	active
	ask list
	words
	act power-off 1
	wait 1 off
	act power-on 1
	wait 1 on
	# again
	new
	open
	active
	counts
	END
	wait $!
	says before '^whole role=1' "two managers: the active one tells its role"
	says before '^bay 1 fitted power=on' "two managers: it lists"
	says during '^error manager\.standby class 9: .*standby' "take-over in the middle of a list: it is noticed"
	says after '^active: 1' "take-over: the other one is asked from then on"
	says after '^bay 1 fitted power=on' "take-over: it lists"
	says after "^words: .*:$(port_of oa1) standby, .* active" "take-over: who is what is told"
	says after 'power of 1: off' "take-over: it switches"
	says again '^active: 1' "a new conversation begins with the one that was active"
	says again '^counts: 1 sessions' "and needs one session for that"
	for n in oa1 oa2; do
		for _ in $(seq 200); do
			stats=$(sim $n stats | jq -c '[.connections, .sessions, .connections_most]')
			[[ $stats != '[0,0,'* ]] || break
			sleep 0.1
		done
		if [[ $stats = '[0,0,'[12]']' ]]; then ok "$n: no session is left, nor was there a crowd"; else bad "$n: sessions" "$stats"; fi
	done
	drive oa1 -a "$other" <<-END
	# standby first
	open
	active
	words
	# both
	close
	sim $dir/oa2.ctl fault denied-login
	open
	words
	END
	says 'standby first' '^opened' "the standby is asked first: the active one is found"
	says 'standby first' '^active: 1' "the standby is asked first: it is the other"
	says both "^error manager\.denied.*:$(port_of oa2): .*; .*:$(port_of oa1): .*standby" "none can be had: both reasons, the one that counts by its id"
	close_sim oa1
	wait "$(cat "$dir/oa1.pid")" 2>/dev/null
	sim oa2 clear >/dev/null
	drive oa1 -a "$other" <<-END
	# one is away
	open
	active
	words
	END
	says 'one is away' '^active: 1' "one does not answer: the other one is had"
	says 'one is away' 'silent, .* active' "one does not answer: told"
}

secret() { # how the password is kept
	start pw hp-oa --bays 16 || return
	drive pw -p "$dir/wrong" <<-END
	# wrong
	open
	END
	says wrong '^error manager\.denied' "a wrong password"
	cp "$dir/password" "$dir/open-password"
	chmod 644 "$dir/open-password"
	drive pw -p "$dir/open-password" <<-END
	# readable
	open
	END
	says readable '^error manager.*chmod 600' "a password that others may read is not used"
	drive pw <<-END &
	open
	sleep 1500
	END
	sleep 0.8
	if grep -lFf "$dir/password" /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | grep -q .; then
		bad "the password is in no process's arguments"
	else
		ok "the password is in no process's arguments"
	fi
	wait $!
}

quiet() { # afterwards: what was said on the way
	if grep -F 'pass word%s' "$dir/said" "$dir"/*.err "$dir"/*.out >/dev/null; then bad "the password is in no output"; else ok "the password is in no output"; fi
	if grep -hE 'ERROR: .*Sanitizer|runtime error|THE DRIVER ENDED' "$dir/said" >"$dir/crashes"; then bad "the driver is well" "$(cat "$dir/crashes")"; else ok "the driver is well"; fi
	cat "$dir"/*.err >"$dir/errors"
	if [ -s "$dir/errors" ]; then bad "nothing on the simulators' stderr" "$(cat "$dir/errors")"; else ok "nothing on the simulators' stderr"; fi
}

# Most of it is waiting: all side by side, and told in order at the end.
all="hp-oa dell-cmc dell-idrac ibm-amm ibm-cmm hpe-ilo hpe-moonshot hitachi-svp fujitsu-rsb"
results=()
job() { # NAME FUNCTION [DIALECT]
	results+=("$dir/result.$1")
	( kind=${3:-$1}; trap - EXIT; [ -z "${3:-}" ] || facts "$3"; "$2" ${3:+"$3"} ) >"$dir/result.$1" 2>&1 &
}
for d in ${*:-$all}; do
	job "faults.$d" faults "$d"
	job "every.$d" everything "$d"
done
if [ $# = 0 ]; then
	job two two
	job paging paging
	job exec by_exec
	job secret secret
fi
jobs_left() { jobs -rp | grep -vxFf "$started" | wc -l; }
while [ "$(jobs_left)" -gt 0 ]; do sleep 0.2; done
cat "${results[@]}"
passed=$(cat "${results[@]}" | grep -c '^ok - ') failed=$(cat "${results[@]}" | grep -c '^NOT OK - ')
quiet
strange=$(cat "${results[@]}" | grep -vE '^(ok|NOT OK) - |^#' | head -n 5)
[ -z "$strange" ] || bad "the test itself is well" "$strange"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
