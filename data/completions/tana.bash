# Completion of tana for bash; made by `tana help completion`, which knows the tables.
_tana()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} word command= nth=0 skip=
	local i
	COMPREPLY=()
	case $prev in
	--site|--socket|--anchors) compopt -o default; return ;;
	--wait|--confirm|--reason|--kind|--filter|--since|--note|--charge|--until|--ref|--month|--tenant) return ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $skip ]]; then skip=; continue; fi
		case $word in
		--site|--socket|--wait|--confirm|--reason|--kind|--filter|--since|--note|--charge|--until|--ref|--anchors|--month|--tenant) skip=1; continue ;;
		-*) continue ;;
		esac
		if [[ $command ]]; then nth=$((nth + 1)); continue; fi
		case $word in
		list|show|power-on|shutdown|power-off|reboot|reset|locate|locate-off|pair|refresh|console|protect|unprotect|snapshot|limits|report|audit|lease|help) command=$word ;;
		esac
	done
	local words=
	case $command in
	'') words="--site --socket --wait --help --version list show power-on shutdown power-off reboot reset locate locate-off pair refresh console protect unprotect snapshot limits report audit lease demo help" ;;
	list) words="--site --socket --wait --json --help --version"
		((nth == 0)) && words+=" racks enclosures blades vms jobs leases notices" ;;
	show) words="--site --socket --wait --json --help --version" ;;
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
	audit) words="--site --socket --wait --json --since --anchors --help --version"
		((nth == 0)) && words+=" verify" ;;
	lease) words="--site --socket --wait --json --reason --help --version"
		((nth == 0)) && words+=" break" ;;
	help) words="--site --socket --wait --help --version list show power-on shutdown power-off reboot reset locate locate-off pair refresh console protect unprotect snapshot limits report audit lease demo help completion" ;;
	esac
	COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _tana tana
