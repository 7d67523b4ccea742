#!/bin/sh
# What is installed for the service manager, as it would read it: the units, the user, the folders.
set -eu
: "${TANA_SRC:?}" "${TANA_BUILD:?}"
dir=$(mktemp -d /tmp/tana-units.XXXXXX)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAIL: $*" >&2; exit 1; }
for tool in systemd-analyze systemd-sysusers systemd-tmpfiles; do
	command -v $tool >/dev/null || { echo "no $tool here"; [ -z "${TANA_NO_SKIP:-}" ] || exit 1; exit 77; }
done

units=$TANA_BUILD/data/systemd
! grep -n '@[a-z]*@' "$units/tanad.service" "$units/tmpfiles.d/tana.conf" || fail "something is not filled in"
# With the program where it was built: what cannot be run is an error of the unit.
sed "s,^\(Exec[A-Za-z]*=\)[^ ]*/tanad ,\1$TANA_BUILD/tanad ," "$units/tanad.service" >"$dir/tanad.service"
cp "$TANA_SRC/data/systemd/tanad.socket" "$dir"
systemd-analyze verify --man=no "$dir/tanad.service" "$dir/tanad.socket" >"$dir/said" 2>&1 || { cat "$dir/said"; fail "the units have errors"; }
! grep -F "$dir" "$dir/said" || fail "the units have warnings"
# 0 is shut in, 10 is open; a service that listens and dials cannot come below 1.
systemd-analyze security --offline=yes --threshold=15 "$dir/tanad.service" >"$dir/said" || fail "the unit is too open: $(tail -1 "$dir/said")"
tail -1 "$dir/said"
# Each option that the unit gives is one of tanad's.
for option in $(grep '^Exec.*tanad' "$units/tanad.service" | grep -o -e '--[a-z-]*'); do
	"$TANA_BUILD/tanad" --help | grep -q -e "$option" || fail "tanad has no $option"
done

if [ "$(id -u)" = 0 ]; then
	root=$dir/root
	mkdir -p "$root/etc" "$root/usr/lib/sysusers.d" "$root/usr/lib/tmpfiles.d"
	cp "$TANA_SRC/data/systemd/sysusers.d/tana.conf" "$root/usr/lib/sysusers.d"
	cp "$units/tmpfiles.d/tana.conf" "$root/usr/lib/tmpfiles.d"
	systemd-sysusers --root="$root" tana.conf >/dev/null 2>&1
	grep -q '^tana:x:[0-9]*:[0-9]*:[^:]*:/var/lib/tana:.*nologin$' "$root/etc/passwd" || fail "no user tana"
	systemd-tmpfiles --root="$root" --create tana.conf
	uid=$(sed -n 's/^tana:x:\([0-9]*\):.*/\1/p' "$root/etc/passwd")
	[ "$(stat -c '%a %u' "$root/var/lib/tana")" = "700 $uid" ] || fail "/var/lib/tana"
	[ "$(stat -c '%a %u' "$root/run/tana")" = "755 $uid" ] || fail "/run/tana"
fi
echo "units, user and folders are well"
