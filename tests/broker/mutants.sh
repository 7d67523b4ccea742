#!/bin/sh
# Would the tests of rights notice it if one check of the gate were not there? Each line of mutants.txt takes one away in a copy of
# its file, which is compiled and linked into a tanad of its own; the test that is named there must fail against it. TANA_LONG=1 tries
# all of them, else every third, and those that change nothing, whose tests must pass.
set -u
: "${TANA_SRC:?}" "${TANA_BUILD:?}"
cd "$TANA_BUILD" || exit 1
if [ "$(id -u)" != 0 ]; then
	echo "only root can be each of the people of test_rights"
	exit 77
fi
work=$(mktemp -d /tmp/tana-mutants-XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
# They are run by whoever they play, from a folder that each of them can enter.
chmod 755 "$work"

# Writes the mutant of line $1 to $2.c; fails where its text does not stand exactly once.
mutate() {
	python3 - "$TANA_SRC" "$1" "$2" <<'PY'
import sys
src, line, out = sys.argv[1:]
path, test, old, new = [part.replace("\\n", "\n").replace("\\t", "\t") for part in line.split("\t")]
text = open(src + "/" + path, encoding="utf-8").read()
if text.count(old) != 1:
    sys.exit("%s: this stands there %d times, not once: %s" % (path, text.count(old), old))
open(out + ".c", "w", encoding="utf-8").write(text.replace(old, new))
PY
}

# One mutant: number $1, line $2. Its word is in $work/N.said.
try() {
	dir=$work/$1
	mkdir -p "$dir"
	test=$(printf '%s' "$2" | cut -f2 | cut -d/ -f1)
	part=$(printf '%s' "$2" | cut -f2 | cut -s -d/ -f2)
	file=$(printf '%s' "$2" | cut -f1)
	if ! mutate "$2" "$dir/mutant" >"$dir/log" 2>&1; then
		echo "FAIL $file: $(cat "$dir/log")"
	elif ! make -s mutant MUTANT="$dir" MUTANT_OF="$(dirname "$file")" >"$dir/log" 2>&1; then
		echo "FAIL $file is not built: $(tail -n 3 "$dir/log")"
	elif [ "$(printf '%s' "$2" | cut -f3)" = "$(printf '%s' "$2" | cut -f4)" ]; then
		if TANA_BUILD=$dir ${part:+env "TANA_ONLY=$part"} timeout 60 "$TANA_BUILD/tests/broker/$test" >"$dir/log" 2>&1; then
			echo "unchanged, $test $part passes: $file"
		else
			echo "FAIL unchanged, $test $part does not pass: $file: $(tail -n 5 "$dir/log")"
		fi
	elif TANA_BUILD=$dir TANA_TALK_MS=5000 ${part:+env "TANA_ONLY=$part"} timeout 60 "$TANA_BUILD/tests/broker/$test" >"$dir/log" 2>&1; then
		echo "FAIL $test $part does not notice: $file: $(printf '%s' "$2" | cut -f3) -> $(printf '%s' "$2" | cut -f4)"
	else
		echo "found by $test $part: $file: $(printf '%s' "$2" | cut -f3 | cut -c1-80)"
	fi
}

n=0 at=0
while IFS= read -r line; do
	case $line in '#'*|'') continue ;; esac
	at=$((at + 1))
	if [ -z "${TANA_LONG:-}" ] && [ $((at % 3)) -ne 1 ] && [ "$(printf '%s' "$line" | cut -f3)" != "$(printf '%s' "$line" | cut -f4)" ]; then
		continue
	fi
	n=$((n + 1))
	try "$n" "$line" >"$work/$n.said" &
	# Two at a time: each waits about as long as it works.
	[ $((n % 2)) -eq 0 ] && wait
done <"$TANA_SRC/tests/broker/mutants.txt"
wait
cat "$work"/*.said
echo "$n mutants of $at"
[ "$n" -ge 10 ] && ! grep -q '^FAIL' "$work"/*.said
