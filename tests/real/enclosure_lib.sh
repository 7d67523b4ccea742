# What the tests of conversations with enclosure managers share, to be sourced after lib.sh: simulators by name, the driver
# (tests/real/enclosure) at one of them, checks of what it said. $kind is whose manager it is, for the lines that are printed.

driver=$TANA_BUILD/tests/real/enclosure
[ -x "$driver" ] || skip "needs tests/real/enclosure (make check builds it)"
dir=$(mktemp -d)
started="$dir/pids"
: >"$started"
trap 'xargs -r kill <"$started" 2>/dev/null; wait; rm -rf "$dir"' EXIT
password='pass word%s"x'
( umask 077; printf '%s\n' "$password" >"$dir/password"; echo wrong >"$dir/wrong" )
ssh-keygen -q -t rsa -b 2048 -m PEM -N '' -f "$dir/hostkey" || exit 1
# The dialects as they are installed, but that a manager which says nothing is given up sooner: not so soon where nobody knows how slow it is.
patient=2
[ "${TANA_PATIENCE:-1}" = 1 ] || patient=4
mkdir "$dir/dialects" "$dir/exec" "$dir/plain"
for f in "$TANA_SRC"/data/dialects/*.conf; do
	sed "s/timeout = \"[0-9]* s\"/timeout = \"$patient s\"/" "$f" >"$dir/dialects/${f##*/}"
done
sed 's/mode = shell/mode = exec/; /SET SCRIPT MODE ON/d' "$dir/dialects/hp-oa.conf" >"$dir/exec/hp-oa.conf"
# As if it knew no script mode: it pages, and asks before it trips an E-fuse.
sed '/SET SCRIPT MODE ON/d; s/"REBOOT SERVER {bay} FORCE"  accepted = .*reboot./"RESET SERVER {bay}"/' "$dir/dialects/hp-oa.conf" >"$dir/plain/hp-oa.conf"

# start NAME DIALECT OPTIONS...: a simulator; its port is in $dir/NAME.port, its control socket $dir/NAME.ctl
start() {
	name=$1 kind=$2
	shift 2
	: >"$dir/$name.out"
	"$TANA_BUILD/tana-enclosure-sim" --dialect "$kind" --listen 127.0.0.1:0 --user admin --password-file "$dir/password" \
		--host-key "$dir/hostkey" --control "$dir/$name.ctl" --on-ms 200 --off-ms 200 --soft-ms 300 "$@" \
		>"$dir/$name.out" 2>"$dir/$name.err" &
	echo $! >"$dir/$name.pid"
	cat "$dir/$name.pid" >>"$started"
	for _ in $(seq 1200); do
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
sim() { printf '%s\n' "$2" | socat -t 30 - "UNIX-CONNECT:$dir/$1.ctl"; }
# drive NAME OPTIONS...: the driver at that simulator, commands on its input; what it said is in $said
drive() {
	name=$1
	shift
	said=$(timeout 360 "$driver" -D "$dir/dialects" -a "127.0.0.1:$(port_of "$name")" -u admin -p "$dir/password" \
		-k "$dir/$name.known" -s ${patient}000 "$@" 2>&1 </dev/stdin) || said="$said
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
	on=1 off=4 empty=6 bays=16 told='serial=\['
	case $1 in
	hitachi-svp) on=1 off=3 empty=5 bays=8 told='health=ok' ;;
	hpe-moonshot) on=c1n1 off=c4n1 empty=c6n1 bays=45 ;;
	dell-idrac | hpe-ilo | fujitsu-rsb) off= empty= bays=1 ;;
	ibm-*) bays=14 ;;
	esac
	[ "$1" != fujitsu-rsb ] || told=power=on
}
