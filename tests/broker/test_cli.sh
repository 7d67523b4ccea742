#!/bin/bash
# The commands as scripts and staff use them: the real tana with real brokers on libvirt's test driver, private and shared.
# Checks exit status, what is on standard output and what is on standard error, each by itself.
set -u

src=${TANA_SRC:?} build=${TANA_BUILD:?}
tana=$build/tana tanad=$build/tanad
work=$(mktemp -d)
export HOME=$work XDG_STATE_HOME=$work/state XDG_CACHE_HOME=$work/cache XDG_RUNTIME_DIR=$work/run LC_ALL=C.UTF-8 TZ=UTC
unset TANA_SOCKET SSH_CONNECTION
mkdir -m 700 "$work/run"
broker= passed=0 failed=0

end() {
	[ -z "$broker" ] || { kill -CONT "$broker"; kill "$broker"; wait "$broker"; } 2>/dev/null
	rm -rf "$work"
}
trap end EXIT
for p in jq script; do
	command -v $p >/dev/null || { echo "skipped: needs $p"; exit 77; }
done

ok() { passed=$((passed + 1)); }
bad() {
	failed=$((failed + 1))
	printf 'NOT OK - %s\n' "$1"
	printf '  status %s\n' "$status"
	cut -c1-300 "$work/out" | sed "s/^/  out: /" | head -n 12
	cut -c1-300 "$work/err" | sed "s/^/  err: /" | head -n 12
}
# t STATUS WHAT WORDS...: tana with these words ends with this status
t() {
	local want=$1 what=$2
	shift 2
	status=0
	timeout 90 "$tana" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
	if [ "$status" = "$want" ]; then ok; else bad "$what: expected status $want"; fi
}
# What the last t left: out and err match, json holds
out() { if grep -qE -- "$2" "$work/out"; then ok; else bad "$1: no $2 in out"; fi; }
err() { if grep -qE -- "$2" "$work/err"; then ok; else bad "$1: no $2 in err"; fi; }
no_out() { if [ -s "$work/out" ]; then bad "$1: something in out"; else ok; fi; }
json() { if jq -es "length == 1 and (.[0] | $2)" "$work/out" >/dev/null 2>&1; then ok; else bad "$1: not $2"; fi; }

# ---- without any broker ----

t 0 help help; out help 'power-off TARGET'; out help '^exit status: 0 done'
t 0 --help --help; out --help 'lease break OBJECT'
t 0 version --version; out version '^tana [0-9]'
for c in list show power-on shutdown power-off reboot reset protect unprotect snapshot limits report audit lease demo; do
	t 0 "help $c" help $c; out "help $c" "^usage: tana .* $c "
	[ $c = demo ] || { t 0 "$c --help" $c --help; out "$c --help" "^usage: tana .* $c "; }
done
t 2 'unknown command' fly; err 'unknown command' 'fly is no command'; no_out 'unknown command'
t 2 'unknown option' list vms --fast; err 'unknown option' '--fast is no option'
t 2 'option of another command' list vms --yes; err 'option of another command' '--yes does not belong to list'
t 2 'value missing' list vms --wait; err 'value missing' '--wait needs a value'
t 2 'value too much' list vms --json=yes; err 'value too much' 'takes no value'
t 2 'word missing' show; err 'word missing' 'show takes: OBJECT'
t 2 'words too many' show a b
t 2 'two sites' --site x demo list vms; err 'two sites' 'only one of'
t 2 'wait for ever' --wait -3 list vms
t 2 'not UTF-8' show $'\xff'; err 'not UTF-8' '\\xff is no UTF-8'
t 2 'option without command' --preview; err 'option without command' 'belong to a command'
t 2 'usage as json' list vms --json --fast; json 'usage as json' '.error.class == "usage" and .status == 2 and (.error.text | length > 0)'
t 2 'unknown kind' list clouds; err 'unknown kind' 'racks enclosures blades'
t 4 'nobody there' --socket "$work/none.sock" list vms; err 'nobody there' "no broker listens at $work/none.sock"
t 4 'nobody there, json' --socket "$work/none.sock" list vms --json
json 'nobody there, json' '.error == {"msg":"client.absent","args":{"path":"'"$work"'/none.sock"},"text":"no broker listens at '"$work"'/none.sock","class":"unreachable"} and .status == 4'
TANA_SOCKET=$work/other.sock t 4 'TANA_SOCKET' list vms; err 'TANA_SOCKET' other.sock; err 'TANA_SOCKET' 'tana demo'
t 4 'no site file' --site "$work/none.conf" list vms; err 'no site file' 'private broker ended: .*none.conf'
printf 'rack A {\n' >"$work/broken.conf"
t 4 'broken site file' --site "$work/broken.conf" list vms; err 'broken site file' 'broken.conf:1'
t 2 'since nonsense' audit --since tomorrow
t 2 'since no such day' audit --since 2026-02-31
t 2 'anchors without verify' audit --anchors /dev/null; err 'anchors without verify' '--anchors does not belong to audit'
t 2 'verify since' audit verify --since 2h; err 'verify since' '--since does not belong to audit verify'
t 2 'lease without reason' lease break vm:x; err 'lease without reason' 'needs --reason'

t 2 'snapshot of nothing' snapshot list
t 2 'snapshot what' snapshot fly vm:x; err 'snapshot what' 'snapshot takes: '
t 2 'snapshot, an option of another' snapshot delete vm:x y --note z --yes; err 'snapshot, an option of another' '--note does not belong to delete'
t 2 'revert to what' snapshot revert vm:x --yes
t 2 'settle without reason' snapshot settle vm:x y; err 'settle without reason' 'needs --reason'
t 2 'limits, half a word' limits set vm:x kept --until '+1 d' --ref T; err 'limits, half a word' 'say kept=3'
t 2 'limits for ever' limits set vm:x kept=3; err 'limits for ever' 'needs --until TIME and --ref TEXT'
t 2 'limits without a ticket' limits set vm:x kept=3 --until '+1 d' --ref ''; err 'limits without a ticket' 'needs --until TIME and --ref TEXT'
t 2 'report in two forms' report snapshots --month 2026-04 --csv --json; err 'report in two forms' 'only one of --json and --csv'
t 2 'report without month' report snapshots; err 'report without month' 'needs --month'
t 2 'report what' report power --month 2026-04

# ---- completion: the same tables ----

t 0 completion help completion
if cmp -s "$work/out" "$src/data/completions/tana.bash"; then ok; else bad 'data/completions/tana.bash is not what tana help completion says'; fi
complete_words() { # WORDS...: what is offered for the last one
	bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tana 2>/dev/null; printf "%s\n" "${COMPREPLY[@]}"' \
		"$src/data/completions/tana.bash" "$@" >"$work/out" 2>"$work/err"
}
status=0
complete_words tana ''; out 'complete a command' '^unprotect$'; out 'complete a command' '^--socket$'
complete_words tana --socket /x li; out 'complete behind an option' '^list$'
complete_words tana list ''; out 'complete a kind' '^enclosures$'
complete_words tana list vms --; out 'complete an option' '^--json$'
complete_words tana list vms; if grep -q -- --yes "$work/out"; then bad 'list is offered --yes'; else ok; fi
complete_words tana demo power-off x --co; out 'complete behind demo' '^--confirm$'
complete_words tana lease ''; out 'complete lease' '^break$'

# ---- private brokers ----

t 0 'a URI' test:///default list vms; out 'a URI' '^NAME +STATE +SEEN +BLADE'; out 'a URI' '^test +running +now '
t 0 'a URI, show' test:///default show test; out 'a URI, show' '^uuid +6695eb01'
if grep -qE '^[a-z_]+ +-1$' "$work/out"; then bad 'what is not known, or has no limit, is shown as -1'; else ok; fi
t 0 'two URIs' test:///default "test://$src/data/none.xml" list blades; out 'two URIs' '^default '; err 'two URIs' '1 of 2 hosts did not answer: '
t 0 'named, and all answered' test:///default power-off test --confirm test --json
json 'named, and all answered' '.job.state == "done" and .targets[0].name == "test" and .targets[0].state == "done"'
t 2 'a blade without its kind' test:///default power-off default --preview; err 'a blade without its kind' '^type: blade:default'
t 2 'not found' test:///default show nosuch; err 'not found' 'no such object: nosuch'; no_out 'not found'
t 4 'perhaps on the silent one' test:///default "test://$src/data/none.xml" show nosuch
err 'perhaps on the silent one' 'not every host answered \(1 silent\), it may be there'
t 0 'limits, asked more than once' test:///default limits set test kept=1 taken='2 per day' --until '+1 h' --ref r
out 'limits, asked more than once' '^  0 of 1 kept \(this server\); changed until '; out 'limits, asked more than once' '^  0 of 2 today'
t 0 'limits without tenants' test:///default limits; no_out 'limits without tenants'; err 'limits without tenants' 'names no tenants'
t 0 'no-wait is sent all the same' test:///default reboot test --yes --no-wait; out 'no-wait' '^test: .*\(job [0-9a-f]{6}\)$'
t 0 demo demo list vms --json; json demo 'type == "array" and length > 600 and all(.kind == "vm" and (.id | test("^vm:[0-9a-f]{16}$")))'
t 0 'verify, one record' demo audit verify; out 'verify, one record' '^records: 1; none was changed'; out 'verify, one record' '^not anchored yet: record 1$'
t 0 'demo racks' demo --wait 60 list racks; out 'demo racks' '^A +2 +32 +30 '; err 'demo racks' '[12] of 6[0-9] hosts did not answer: a2-07'

# ---- a shared broker ----

"$tanad" --generate "$work/site" --racks 2 --enclosures 2 --bays 4 --vms 6 --dead 1 --name osaka-2 >/dev/null || failed=1000
sed -i "s/users = { \"root\" }/users = { \"$(id -un)\" }/" "$work/site/site.conf"
printf 'cluster K1 { nodes = { "a1-[01-04]" } }\nvolume v1 { size = "1 TiB" cluster = K1 path = "/srv/v1" }\n' >>"$work/site/site.conf"
export TANA_SOCKET=$work/broker.sock
start_broker() {
	"$tanad" --site "$work/site/site.conf" --socket "$TANA_SOCKET" --state "$work/ledger" >>"$work/log" 2>&1 </dev/null &
	broker=$!
	for _ in $(seq 900); do
		[ "$("$tana" list blades host:live --json 2>/dev/null | jq length 2>/dev/null)" = 15 ] && return
		sleep 0.1
	done
	echo "the broker did not come up"; tail "$work/log"; exit 1
}
start_broker

t 0 racks list racks; out racks '^NAME +ENCLOSURES +BLADES +HOSTS-UP +VMS +RUNNING$'; out racks '^A +2 +8 '
t 0 enclosures list enclosures; out enclosures '^A1 +A '
t 0 blades list blades; out blades '^NAME +RACK +ENCLOSURE +BAY +HOST'
for _ in $(seq 900); do # the one that is dead has been tried by then
	"$tana" list blades 2>/dev/null | grep -qE '^.* (backoff|down|connecting) .*refused' && break
	sleep 0.1
done
t 0 'a dead blade' list blades; out 'a dead blade' '^.* (backoff|down|connecting) .*refused'
for kind in racks enclosures blades vms clusters volumes jobs leases notices; do
	t 0 "list $kind --json" list $kind --json; json "list $kind --json" 'type == "array"'
	t 0 "list $kind" list $kind; out "list $kind" '^[A-Z]'
done
t 0 filter list vms state:running blade:a1-01 --json
json filter 'length > 0 and all(.state == "running" and .live and .blade == "a1-01")'
t 0 'filter in one word' list vms 'state:running blade:a1-01' --json; json 'filter in one word' 'length > 0'
t 0 'nothing matches' list vms name:none --json; json 'nothing matches' '. == []'
t 2 'bad filter' list vms colour:red; err 'bad filter' 'colour'
t 2 'bad filter, json' list vms colour:red --json; json 'bad filter, json' '.error.class == "usage"'

vm=$("$tana" list vms state:running blade:a1-01 --json 2>/dev/null | jq -r '.[0].name')
off=$("$tana" list vms state:running blade:a1-02 --json 2>/dev/null | jq -r '.[0].name')
id=$("$tana" list vms "name:$vm" --json 2>/dev/null | jq -r '.[0].id')
uuid=$("$tana" list vms "name:$vm" --json 2>/dev/null | jq -r '.[0].uuid')

for word in "$vm" "vm:$vm" "$id" "$uuid" "a1-01/$vm"; do
	t 0 "show $word" show "$word"; out "show $word" "^id +$id"
done
t 0 'show --json' show "$vm" --json; json 'show --json' '.object.name == "'"$vm"'" and (.detail.disks | type == "array") and (.history | type == "array")'
t 0 'show a blade' show blade:a1-01; out 'show a blade' '^host +up'
t 0 'show a rack' show rack:A
t 2 'show nothing' show vm:0000000000000000
t 2 'show nothing, json' show vm:0000000000000000 --json; json 'show nothing, json' '.error.class == "notfound" and .status == 2'

t 0 clusters list clusters; out clusters '^K1 +one-enclosure +4 '
t 0 'show a cluster' show cluster:K1; out 'show a cluster' '^enclosure_worst +A1$'
t 0 volumes list volumes 'cluster:K1' --json; json volumes 'length > 0 and all(.kind == "volume" and .vms_max > 0)'
t 0 find find "$uuid"; out find "^$vm +vm +rack A, A1, bay .* uuid +$uuid +$id\$"
t 0 'find, json' find a1-0 --json; json 'find, json' '(.found | length) > 1 and all(.found[]; .kind == "blade" and .by == "name")'
t 2 'find nothing' find 'no such thing'; err 'find nothing' 'nothing is found by no such thing'
t 0 what-if what-if enclosure:A1; out what-if '^if enclosure A1 is lost: '; out what-if '^cluster K1 loses its quorum'; out what-if '^K1 '
t 0 'what-if, json' what-if "$id" --json; json 'what-if, json' '.object == "'"$id"'" and .running == 1 and (.impact | length) > 0'
t 2 'what-if of nothing' what-if blade:zz
t 2 'what-if of a job' what-if site; err 'what-if of a job' 'not of a site'

t 0 preview power-off "$vm" --preview
out preview "^  $vm: running, a1-01 \\(rack A, A1, bay "; out preview 'loses power at once'; out preview '^less is lost by: shutdown$'
out preview "--confirm \"$vm\" confirms it"; out preview "^tana --socket $TANA_SOCKET power-off vm:$vm --confirm $vm\$"
t 0 'preview, json' power-off "$vm" --preview --json
json 'preview, json' '.confirm == {"kind":"name","text":"'"$vm"'"} and .refused == [] and .targets[0].ok'
t 3 'preview of what is refused' power-on "$vm" --preview; out 'preview of what is refused' '^refused: .*running'
t 0 'a preview does nothing' list jobs --json; json 'a preview does nothing' '. == []'

t 3 'not confirmed' power-off "$vm"; err 'not confirmed' "--confirm \"$vm\""; no_out 'not confirmed'
t 3 'yes is not enough' power-off "$vm" --yes; err 'yes is not enough' "--yes does not cover"
t 3 'wrong name' power-off "$vm" --confirm "${vm}x"; err 'wrong name' "type $vm"
t 3 'not confirmed, light' shutdown "$vm"; err 'not confirmed, light' 'say --yes'
t 3 'not confirmed, nothing lost' protect "$vm"; err 'not confirmed, nothing lost' 'say --yes'
t 3 'not confirmed, json' power-off "$vm" --json; json 'not confirmed, json' '.error.class == "confirm" and .status == 3'
t 0 'nothing was done' list jobs --json; json 'nothing was done' '. == []'

t 0 protect protect "$vm" --yes; out protect "^$vm: protected \\(job [0-9a-f]{6}\\)$"
t 3 'protected' power-off "$vm" --confirm "$vm"; err 'protected' 'protected'
t 3 'protected, json' power-off "$vm" --confirm "$vm" --json; json 'protected, json' '.error.class == "protected"'
t 0 unprotect unprotect "$vm" --yes
t 0 power-off power-off "$vm" --confirm "$vm" --reason 'hangs since 02:10'
out power-off "^$vm: seen off after .* \\(job [0-9a-f]{6}\\)$"
t 0 'it is off' list vms "name:$vm" --json; json 'it is off' '.[0].state == "off" and .[0].live'
t 3 'off already' power-off "$vm" --confirm "$vm"; err 'off already' "$vm is off"
t 0 power-on power-on "$vm" --yes --json; json power-on '.job.state == "done" and .job.verb == "power-on" and .targets[0].outcome.msg == "job.seen"'
t 0 reboot reboot "$vm" --yes; out reboot "^$vm: "
t 0 shutdown shutdown "$vm" --yes; out shutdown "^$vm: seen off"
t 0 'no-wait' power-on "$vm" --yes --no-wait --json; json 'no-wait' '.job.id | test("^job:[0-9a-f]{6}$")'
for _ in $(seq 600); do
	[ "$("$tana" list vms "name:$vm" state:running --json 2>/dev/null | jq length)" = 1 ] && break
	sleep 0.1
done
t 0 'no-wait came' list vms "name:$vm" state:running --json; json 'no-wait came' 'length == 1'

t 3 'two' power-off "$vm" "$off" --confirm "$vm"; err 'two' 'type 2 A1'
t 0 'two, counted' power-off "$vm" "$off" --confirm '2 A1'
out 'two, counted' "^$vm: seen off"; out 'two, counted' "^$off: seen off"
t 0 'by filter' power-on state:off "blade:a1-01" --preview --json; json 'by filter' '.targets | map(.name) | index("'"$vm"'") != null'
t 2 'filter and names' power-on state:off "$vm" --yes; err 'filter and names' 'not both'
t 2 'a filter that matches nothing' power-on state:crashed --yes; no_out 'a filter that matches nothing'
t 3 'too many' power-off state:running --confirm x; err 'too many' 'at most 10'
t 3 'a blade without a manager' power-off blade:a1-01 --confirm a1-01; err 'a blade without a manager' 'no manager speaks for a1-01'
t 2 'a blade and a VM' power-off blade:a1-01 "$vm" --confirm x; err 'a blade and a VM' 'cannot be named together'
t 0 'two, on again' power-on "$vm" "$off" --yes

t 0 jobs list jobs --json; json jobs 'map(.started) == (map(.started) | sort) and length > 5 and first.verb == "protect" and last.verb == "power-on"'
t 0 'jobs as a table' list jobs; out 'jobs as a table' '^JOB +STARTED +VERB +STATE'; out 'jobs as a table' 'hangs|power-off +done'
job=$("$tana" list jobs --json 2>/dev/null | jq -r '[.[] | select(.reason != "")][0].id')
t 0 'show a job' show "$job"; out 'show a job' '^reason +hangs since 02:10'; out 'show a job' '^targets +'
t 0 audit audit; out audit "power-off  $vm +by $(id -un).*hangs since 02:10"; out audit ' denied '
t 0 'audit --json' audit --json; json 'audit --json' 'type == "array" and (map(.seq) == (map(.seq) | sort)) and (map(.what) | index("begin") != null and index("end") != null)'
t 0 'audit of one' audit "$vm" --json; json 'audit of one' 'length > 0 and all(.objects[].name == "'"$vm"'" or (.objects | length > 1))'
t 0 'audit since' audit --since 1h --json; json 'audit since' 'length > 5'
t 0 'audit since the future' audit --since 2037-01-01 --json; json 'audit since the future' '. == []'
t 0 'audit since a time' audit --since '2026-01-01 00:00'
t 2 'no lease' lease break "$vm" --reason none; err 'no lease' 'not in use'
t 0 'as json on a pipe, so no colour' list vms; if grep -q $'\033' "$work/out"; then bad 'escape sequences in a file'; else ok; fi
if "$tana" list vms 2>/dev/null | head -n 1 >"$work/out"; then ok; else bad 'list | head'; fi
if [ -w /dev/full ]; then
	status=0; "$tana" list vms >/dev/full 2>"$work/err" || status=$?
	if [ "$status" = 1 ]; then ok; else bad 'a full disk is no success'; fi
fi
SSH_CONNECTION='192.0.2.7 50022 192.0.2.1 22' t 0 'with an origin' protect "$vm" --yes
t 0 'the origin' audit "$vm" --json; json 'the origin' 'last.origin == "ssh 192.0.2.7"'
t 0 'free again' unprotect "$vm" --yes

# ---- snapshots and limits ----

t 0 'no snapshots' snapshot list "$vm"; err 'no snapshots' 'has no snapshots'
t 3 'create, not confirmed' snapshot create "$vm" first; err 'create, not confirmed' 'say --yes'
t 0 'create' snapshot create "$vm" first --note 'a note' --yes; out create "^$vm: .*\\(job [0-9a-f]{6}\\)$"
t 0 'create on it' snapshot create "$vm" second --yes --json; json 'create on it' '.job.verb == "snapshot-create" and .job.state == "done"'
t 3 'a name that is taken' snapshot create "$vm" first --yes; err 'a name that is taken' 'first'
t 0 'list' snapshot list "$vm"; out list '^  NAME +TAKEN +KIND +SIZE +BY'; out list '^  first +20.* a note$'; out list '^ +\* second +20'
t 0 'list --json' snapshot list "$vm" --json
json 'list --json' '.live and (.snapshots | length == 2) and .snapshots[1].parent == .snapshots[0].id and .snapshots[1].current'
t 0 'preview of a delete' snapshot delete "$vm" first --children --preview; out 'preview of a delete' "--confirm \"2 $vm\" confirms it"
out 'preview of a delete' "snapshot delete vm:$vm first --children --confirm '2 $vm'"
t 3 'delete needs more than yes' snapshot delete "$vm" first --yes; err 'delete needs more than yes' '--yes does not cover'
t 3 'the other half runs' snapshot revert "$vm" first --confirm "$vm"; err 'the other half runs' 'the other half of the pair'
t 0 'revert' snapshot revert "$vm" first --override-pair --reason 'both are quiet' --confirm "$vm"
t 0 'current' snapshot list "$vm"; out current '^\* first '
t 0 'a limit for a time' limits set "$vm" kept=0 --until '+1 d' --ref T-17; out 'a limit for a time' 'until 20[0-9: -]+ JST, T-17'; err 'a limit for a time' "kept of $vm is 0 for a time"
t 3 'over the limit' snapshot create "$vm" third --charge tenant --yes --json; json 'over the limit' '.error.class == "limit" and .status == 3'
t 3 'over it, without a reason' snapshot create "$vm" third --charge tenant --exceed --yes; err 'over it, without a reason' 'needs --reason'
t 2 'no such day' limits set "$vm" kept=2 --until 2026-02-31 --ref T
t 2 'no such kind' limits set "$vm" colour=2 --until '+1 d' --ref T
t 0 'taken back' limits set "$vm" kept=; err 'taken back' 'as the site file says'
t 0 'limits in the log' audit "$vm"; out 'limits in the log' "kept of $vm is 0 until 20.* JST; ref: T-17\$"
out 'limits in the log' "kept of $vm is as the site file says again"; out 'limits in the log' "begin  snapshot-create  $vm  by .*: second \\(job"
t 0 'limits of it' limits "$vm"; if grep -q T-17 "$work/out"; then bad 'a change that was taken back is shown'; else ok; fi
t 0 'limits of a tenant' limits acme; out 'limits of a tenant' '^acme'
t 2 'nothing to take back' limits set acme kept=; err 'nothing to take back' 'kept of acme has no temporary change'
t 0 'limits of all' limits --json; json 'limits of all' '.tenants | length >= 3'
t 2 'limits of nobody' limits nobody; err 'limits of nobody' 'no such object: nobody'
t 0 'delete with children' snapshot delete "$vm" first --children --confirm "2 $vm"
t 0 'none left' snapshot list "$vm" --json; json 'none left' '.snapshots == []'
month=$(TZ=Asia/Tokyo date +%Y-%m) # the site's
t 0 'the report' report snapshots --month "$month"; out 'the report' '^TENANT +TAKEN'; out 'the report' "$(id -un) 3" # two were taken, one was refused
t 0 'the report as JSON' report snapshots --month "$month" --json
at=$(TZ=Asia/Tokyo date -d "@$(jq '[.rows[] | select(.name == "first")][0].at' "$work/out")" '+%Y-%m-%d %H:%M')
t 0 'the report as CSV' report snapshots --month "$month" --csv; out 'the report as CSV' '^tenant,vm,vm_id,name'; out 'the report as CSV' "\"first\",.*,$at,"
t 2 'no such month' report snapshots --month 2026-13
t 0 'verify' audit verify; out verify 'none was changed'
t 0 'verify --json' audit verify --json; json 'verify --json' '.ok and .records > 10'
t 2 'anchors of nobody' audit verify --anchors /dev/null; err 'anchors of nobody' 'has no anchor'
printf 'Apr 1 host tanad: tana-audit anchor seq=2 hash=%064d site=osaka-2\n' 0 >"$work/anchors"
t 1 'an anchor that does not agree' audit verify --anchors "$work/anchors"; out 'an anchor that does not agree' '^audit record 2 is not the one that was anchored$'
out 'an anchor that does not agree' 'none of them agrees'; err 'an anchor that does not agree' 'not as it was written'

# ---- at a terminal: it shows and asks ----

# Until the question stands there; nothing that is typed before it counts.
asked() {
	for _ in $(seq 600); do
		! grep -qE 'to go on|Press Enter|Go on\?' "$work/out" || break
		sleep 0.1
	done
	sleep 0.3
}
# ask WHAT STATUS ANSWER WORDS...: the answer is typed at the question
ask() {
	local what=$1 want=$2 answer=$3
	shift 3
	status=0
	: >"$work/out"
	{ asked; printf '%b' "$answer"; sleep 1; } | timeout 90 script -qec "exec $(printf '%q ' "$tana" "$@")" /dev/null >"$work/out" 2>"$work/err" || status=$?
	if [ "$status" = "$want" ]; then ok; else bad "$what: expected status $want"; fi
}
ask 'asked by name' 0 "$vm\n" power-off "$vm"
out 'asked by name' 'loses power at once'; out 'asked by name' "Type $vm to go on"; out 'asked by name' "$vm: seen off"
ask 'asked, nothing lost' 0 '\n' power-on "$vm"; out 'asked, nothing lost' 'Press Enter'; out 'asked, nothing lost' "$vm: seen running"
ask 'asked, yes' 0 'y\n' shutdown "$vm"; out 'asked, yes' 'Go on\?'; out 'asked, yes' "$vm: seen off"
ask 'Enter is no yes' 0 '\n' power-on "$vm"
ask 'another name' 3 'something\n' power-off "$vm"; out 'another name' 'nothing was changed'
ask 'just Enter' 3 '\n' power-off "$vm"
ask 'no' 3 'n\n' shutdown "$vm"
ask 'end of input' 3 '\004' shutdown "$vm"
ask '^C' 3 '\003' power-off "$vm"
t 0 'still running' list vms "name:$vm" --json; json 'still running' '.[0].state == "running"'

# ---- a broker that does not answer, ends, comes back ----

kill -STOP "$broker"
t 4 'a frozen broker' --wait 2 list vms; err 'a frozen broker' 'does not answer'
"$tana" list vms >"$work/out" 2>"$work/err" & pid=$!
for _ in $(seq 900); do # until it is tana, and listens to that signal
	caught=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$pid/status" 2>/dev/null)
	[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != tana ] || [ $((0x${caught:-0} & 2)) = 0 ] || break
	sleep 0.1
done
sleep 0.3; kill -INT "$pid"; wait "$pid"; status=$?
if [ "$status" = 1 ] && grep -q interrupted "$work/err"; then ok; else bad 'interrupted'; fi
kill -CONT "$broker"
t 0 'thawed' list racks
kill -9 "$broker"; wait "$broker" 2>/dev/null; broker=
t 4 'gone' list racks; err 'gone' 'no broker listens'
start_broker
t 0 'back' list vms "name:$vm" --json; json 'back' '.[0].id == "'"$id"'"'

left=$(find "$work/run" "$work/cache" -type s 2>/dev/null | wc -l)
[ "$left" = 0 ] && ok || { status=$left; bad "sockets of private brokers are left"; }
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
