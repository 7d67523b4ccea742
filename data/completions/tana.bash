# Completion of tana for bash; made by `tana help completion`, which knows the tables.
_tana()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} word command= nth=0 skip=
	local i
	COMPREPLY=()
	case $prev in
	--site|--socket|--anchors) compopt -o default; return ;;
	--wait|--confirm|--reason|--kind|--filter|--since|--note|--charge|--until|--ref|--month|--tenant|--by|--verb|--rack|--page) return ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $skip ]]; then skip=; continue; fi
		case $word in
		--site|--socket|--wait|--confirm|--reason|--kind|--filter|--since|--note|--charge|--until|--ref|--anchors|--month|--tenant|--by|--verb|--rack|--page) skip=1; continue ;;
		-*) continue ;;
		esac
		if [[ $command ]]; then nth=$((nth + 1)); continue; fi
		case $word in
		list|show|find|what-if|power-on|shutdown|power-off|reboot|reset|locate|locate-off|pair|refresh|console|protect|unprotect|snapshot|limits|report|alerts|note|events|handover|audit|lease|wall|help) command=$word ;;
		esac
	done
	local words=
	case $command in
	'') words="--site --socket --wait --help --version list show find what-if power-on shutdown power-off reboot reset locate locate-off pair refresh console protect unprotect snapshot limits report alerts note events handover audit lease wall demo help" ;;
	list) words="--site --socket --wait --json --help --version"
		((nth == 0)) && words+=" racks enclosures blades vms clusters volumes alerts jobs leases notices"
		if ((nth > 0)); then
			compopt -o nospace
			case ${COMP_WORDS[*]} in
			*' vms '*) words+=" state: tenant: blade: grade: snap: host: guest: since: protect: mem: name: uuid: live: persistent: twice: seen: vcpus: doing: by: alert: pair: snaps: snaps_busy: snaps_max: addresses: macs: volumes: was:" ;;
			*' blades '*) words+=" host: power: health: rack: enclosure: cluster: model: spare: watch: name: bay: why: seen: retry: vms: running: cpus: mem_kib: used_kib: driver: version: hostname: serial: owner: uri: alert: manager: power_seen: power_since: fitted: locate: named: bay_model: bay_serial: firmware: identity: doing: by: watch_by: watch_until: was:" ;;
			*' jobs '*) words+=" state: verb: by: started: targets: target: count: done: origin: reason: ended: deadline: text:" ;;
			*' enclosures '*) words+=" rack: manager: health: name: rows: columns: bays: manager_why: manager_seen: manager_retry: managers: dialect: title: model: serial: firmware: power: fans: temperature: wrong: alert:" ;;
			*' clusters '*) words+=" name: pattern: nodes: sure: unknown: needed: quorum: mem_kib: used_kib: blade_lost: blade_worst: enclosure_lost: enclosure_worst: rack_lost: rack_worst: vms: running:" ;;
			*' volumes '*) words+=" name: cluster: size_kib: vms: vms_max: fits: promised_kib: used_kib: overcommit:" ;;
			esac
		fi ;;
	show) words="--site --socket --wait --json --help --version" ;;
	find) words="--site --socket --wait --json --help --version" ;;
	what-if) words="--site --socket --wait --json --help --version" ;;
	power-on) words="--site --socket --wait --json --preview --yes --confirm --reason --consent --kind --filter --no-wait --help --version" ;;
	shutdown) words="--site --socket --wait --json --preview --yes --confirm --reason --vms-first --consent --kind --filter --no-wait --help --version" ;;
	power-off) words="--site --socket --wait --json --preview --yes --confirm --reason --consent --kind --filter --no-wait --help --version" ;;
	reboot) words="--site --socket --wait --json --preview --yes --confirm --reason --consent --kind --filter --no-wait --help --version" ;;
	reset) words="--site --socket --wait --json --preview --yes --confirm --reason --consent --kind --filter --no-wait --help --version" ;;
	locate) words="--site --socket --wait --json --preview --yes --confirm --reason --filter --no-wait --help --version" ;;
	locate-off) words="--site --socket --wait --json --preview --yes --confirm --reason --filter --no-wait --help --version" ;;
	pair) words="--site --socket --wait --json --preview --yes --confirm --reason --filter --no-wait --help --version" ;;
	refresh) words="--site --socket --wait --json --help --version" ;;
	console) words="--site --socket --wait --watch --take --help --version" ;;
	protect) words="--site --socket --wait --json --preview --yes --confirm --reason --no-wait --help --version" ;;
	unprotect) words="--site --socket --wait --json --preview --yes --confirm --reason --no-wait --help --version" ;;
	snapshot) words="--site --socket --wait --json --preview --yes --confirm --reason --no-wait --note --disk-only --quiesce --charge --exceed --children --override-pair --help --version"
		((nth == 0)) && words+=" list create revert delete settle" ;;
	limits) words="--site --socket --wait --json --until --ref --help --version"
		((nth == 0)) && words+=" set" ;;
	report) words="--site --socket --wait --json --month --tenant --csv --help --version"
		((nth == 0)) && words+=" snapshots" ;;
	alerts) words="--site --socket --wait --json --note --until --ref --anyway --help --version"
		((nth == 0)) && words+=" ack mute unack" ;;
	note) words="--site --socket --wait --json --until --anyway --help --version" ;;
	events) words="--site --socket --wait --json --since --follow --help --version" ;;
	handover) words="--site --socket --wait --json --since --help --version" ;;
	audit) words="--site --socket --wait --json --since --until --anchors --tenant --csv --by --verb --help --version"
		((nth == 0)) && words+=" verify" ;;
	lease) words="--site --socket --wait --json --reason --help --version"
		((nth == 0)) && words+=" break" ;;
	wall) words="--site --socket --wait --rack --anonymous --bell --page --no-clock --help --version" ;;
	help) words="--site --socket --wait --help --version list show find what-if power-on shutdown power-off reboot reset locate locate-off pair refresh console protect unprotect snapshot limits report alerts note events handover audit lease wall demo help completion" ;;
	esac
	COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _tana tana
