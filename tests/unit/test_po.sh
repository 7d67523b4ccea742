#!/bin/sh
# Every text has its translation, with the same holes: fails when data/po is behind the sources, when a text is untranslated or doubtful, and
# when a hole or a % sequence was lost or made up.
set -eu
src=${TANA_SRC:?}
dir=$(mktemp -d /tmp/tana-po.XXXXXX)
trap 'rm -rf "$dir"' EXIT
failed=0
bad() {
	printf 'NOT OK - %s\n' "$1"
	failed=1
}

# The holes of both sides of each entry: a line for each entry in which they differ.
holes() {
	awk '
	function holes_of(s,   list, n, i, out, hole, left) {
		n = 0
		while (match(s, /\{[a-z_]+\}|%[0-9]*\$?[-+ #0]*[0-9]*(\.[0-9]*)?(ll|z)?[a-zA-Z%]/)) {
			hole = substr(s, RSTART, RLENGTH)
			s = substr(s, RSTART + RLENGTH)
			sub(/%[0-9]+\$/, "%", hole)
			list[++n] = hole
		}
		out = ""
		for (i = 1; i <= n; i++) {
			for (left = i; left > 1 && list[left] < list[left - 1]; left--) {
				hole = list[left]; list[left] = list[left - 1]; list[left - 1] = hole
			}
		}
		for (i = 1; i <= n; i++)
			out = out " " list[i]
		return out
	}
	function judge() {
		if (id != "" && holes_of(id) != holes_of(str))
			print id " -> " str
		id = str = ""
	}
	function text(s) { sub(/^[^"]*"/, "", s); sub(/"$/, "", s); return s }
	/^msgid /  { judge(); part = "id"; id = text($0); next }
	/^msgstr / { part = "str"; str = text($0); next }
	/^"/       { if (part == "id") id = id text($0); else str = str text($0) }
	END        { judge() }' "$1"
}

sh "$src/data/po/extract" "$src" "$dir/fresh.pot"
cmp -s "$dir/fresh.pot" "$src/data/po/tana.pot" || { bad 'data/po/tana.pot is behind the sources: make update-po'; diff "$src/data/po/tana.pot" "$dir/fresh.pot" | head -20; }
for po in "$src"/data/po/*.po; do
	name=$(basename "$po")
	msgcmp "$po" "$dir/fresh.pot" 2>"$dir/why" || { bad "$name lacks translations"; grep -v 'used here' "$dir/why" | head -40; }
	msgfmt --check --output-file=/dev/null "$po" || bad "$name does not fit its texts"
	holes "$po" >"$dir/holes"
	[ ! -s "$dir/holes" ] || { bad "$name: holes differ"; cat "$dir/holes"; }
	printf '%s: %s\n' "$name" "$(msgfmt --statistics --output-file=/dev/null "$po" 2>&1)"
done

# The judge itself: a lost hole, a made-up one, and two that only changed places.
printf 'msgid "{a} of {b}"\nmsgstr "{b}"\n\nmsgid "%%s"\nmsgstr "%%s %%d"\n\nmsgid "%%s %%d {x}"\nmsgstr "{x} %%2$d %%1$s"\n' >"$dir/judge.po"
[ "$(holes "$dir/judge.po" | wc -l)" = 2 ] || bad 'lost holes are not seen'
[ "$failed" = 0 ] && echo 'ok - every text is translated'
exit "$failed"
