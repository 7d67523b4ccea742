#!/bin/bash
# tana as the only thing that a person can run: a real sshd with the shipped snippet, real Unix users, a real broker with roles.
# Each ssh option and request that could give a shell, a file, a forward, a tunnel, a subsystem or an environment is tried
# (jump_cases.py), with tana as login shell, as ForceCommand, and both; sshd's own settings outside the snippet are as lax as they get.
# Everything stands in a mount namespace: the users, the sockets and the keys are gone with it.
set -u

src=${TANA_SRC:?} build=${TANA_BUILD:?}
. "$src/tests/real/lib.sh"
ulimit -n 1024
[ "$(id -u)" = 0 ] || skip "needs root: users of its own, and an sshd"
for p in /usr/sbin/sshd ssh ssh-keygen unshare mount strace jq /usr/bin/python3; do
	command -v $p >/dev/null || skip "needs $p"
done
if [ -z "${JUMP_INSIDE:-}" ]; then
	unshare -m --propagation private true 2>/dev/null || skip "needs a mount namespace"
	JUMP_INSIDE=1 exec unshare -m --propagation private "$0" "$@"
fi

work=$(mktemp -d /tmp/tana-jump.XXXXXX)
chmod 755 "$work"
pids=
end() {
	trap - EXIT
	# sshd first: strace ends with what it traces.
	for p in $(cat "$work"/sshd-*.pid 2>/dev/null) $pids; do kill "$p" 2>/dev/null; done
	wait
	rm -rf "$work"
}
trap end EXIT
die() { printf 'not ok: %s\n' "$1"; [ -z "${2:-}" ] || tail -n 15 "$2"; exit 1; }

# ---- the machine ----

mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/sshd /run/tana "$work/bin" "$work/keys" "$work/home"
mkdir -m 1777 "$work/pwned"
cp "$build/tana" "$work/bin/tana"
tana=$work/bin/tana

cp /etc/passwd /etc/group "$work"
cp /etc/shadow "$work/shadow"
# NAME UID SHELL GROUPS...: a Unix user; the home is the user's own, and full of what a shell would run
printf 'tana-jump:x:61000:\ntana-login:x:61001:\ntana-sh:x:61002:\nacme:x:61003:\ntana:x:61004:\n' >>"$work/group"
user() {
	local name=$1 uid=$2 shell=$3
	shift 3
	local home=$work/home/$name rc
	printf '%s:x:%s:%s::%s:%s\n' "$name" "$uid" "$uid" "$home" "$shell" >>"$work/passwd"
	printf '%s:x:%s:\n' "$name" "$uid" >>"$work/group"
	printf '%s:*:19000:0:99999:7:::\n' "$name" >>"$work/shadow"
	for g; do sed -i -E "s/^($g:x:[0-9]+:)(.*)/\1\2,$name/; s/:,/:/" "$work/group"; done
	mkdir -p "$home/.ssh" "$home/.terminfo/x" "$home/.terminfo/v"
	for rc in .bashrc .profile .bash_profile .login .zshrc .ssh/rc .tmux.conf .inputrc; do
		printf '#!/bin/sh\ntouch %s/pwned/%s-rc\n' "$work" "$name" >"$home/$rc"
		chmod 755 "$home/$rc"
	done
	printf 'BASH_ENV=%s/.bashrc\nLD_PRELOAD=%s/evil.so\nPWN_ENV=1\n' "$home" "$home" >"$home/.ssh/environment"
	printf 'not a terminal' >"$home/.terminfo/x/xterm"
	cp "$home/.terminfo/x/xterm" "$home/.terminfo/x/xterm-256color"
	cp "$home/.terminfo/x/xterm" "$home/.terminfo/v/vt100"
	cp "$work/login.pub" "$work/keys/$name"
	cp "$work/login.pub" "$home/.ssh/authorized_keys"
	chown -R "$uid:$uid" "$home"
}
ssh-keygen -q -t ed25519 -N '' -f "$work/host"
ssh-keygen -q -t ed25519 -N '' -f "$work/login"
ssh-keygen -q -t ed25519 -N '' -f "$work/other"
user jboth 61010 "$tana" tana-jump acme       # as the guide says: the login shell, and forced
user jboth2 61011 "$tana" tana-jump acme
user jboth3 61012 "$tana" tana-jump acme
user jlogin 61013 "$tana" tana-login acme     # the login shell alone
user jsh 61014 /bin/sh tana-sh acme           # forced alone, under a real shell, with another socket
user joper 61015 "$tana" tana-jump tana
user jnobody 61016 "$tana" tana-jump          # no role
user ctl 61017 /bin/sh                        # nothing holds this one: what is tried works here
# Their administrator wrote nonsense before the key.
printf 'environment="LD_PRELOAD=/x.so",environment="PWN_ENV=1",command="sh",permitopen="*:*",permitlisten="*:*",tunnel="0",agent-forwarding,X11-forwarding,port-forwarding,user-rc,pty %s\n' \
	"$(cat "$work/other.pub")" | tee -a "$work/keys/jboth" >>"$work/keys/jlogin"
# In a home: a key that sshd must not look at.
ssh-keygen -q -t ed25519 -N '' -f "$work/home.key"
cat "$work/home.key.pub" >>"$work/home/jboth/.ssh/authorized_keys"
mount --bind "$work/passwd" /etc/passwd
mount --bind "$work/group" /etc/group
mount --bind "$work/shadow" /etc/shadow

# ---- sshd ----

snippet=$src/data/sshd/tana.conf
sed -e "s|/usr/bin/tana --jump|$tana --jump|; s|/etc/ssh/tana-keys|$work/keys|" "$snippet" >"$work/tana.conf"
grep -q "ForceCommand $tana --jump" "$work/tana.conf" || die "the snippet has no ForceCommand"
match=$(sed -n '/^Match Group/,$p' "$work/tana.conf" | sed 1d)
sshd_config() { # PORT SUBSYSTEM
	cat <<-END
	Include $work/tana.conf
	Port $1
	ListenAddress 127.0.0.1
	HostKey $work/host
	PidFile $work/sshd-$1.pid
	UsePAM no
	StrictModes no
	AuthorizedKeysFile .ssh/authorized_keys
	PermitUserEnvironment yes
	AcceptEnv *
	AllowTcpForwarding yes
	AllowAgentForwarding yes
	AllowStreamLocalForwarding yes
	GatewayPorts yes
	PermitTunnel yes
	X11Forwarding yes
	XAuthLocation /bin/true
	MaxStartups 200
	MaxSessions 50
	Subsystem sftp $2
	Subsystem shell /bin/sh
	Match Group tana-login
	$(printf '%s\n' "$match" | grep -v ForceCommand)
	Match Group tana-sh
	$(printf '%s\n' "$match" | sed 's|--jump|--jump --socket /run/tana/other.sock|')
	END
}
# Below those that the kernel gives to whoever asks, such as the tests beside this one.
port=$((12000 + $$ % 18000))
taken() { for p in $1 $(($1 + 1)) $(($1 + 2)); do ! (: <>/dev/tcp/127.0.0.1/$p) 2>/dev/null || return 0; done; return 1; }
while taken $port; do port=$((port + 7)); done
port2=$((port + 1)) port3=$((port + 2))
# As on Debian: the snippet is included first, and ends with its file.
sshd_config $port /usr/lib/openssh/sftp-server >"$work/sshd1"
sshd_config $port2 internal-sftp >"$work/sshd2"
sshd_config $port3 /usr/lib/openssh/sftp-server >"$work/sshd3"
/usr/sbin/sshd -t -f "$work/sshd1" || die "sshd does not take the snippet"
sshd() { setsid "$@" </dev/null >>"$work/sshd.log" 2>&1 & pids="$pids $!"; }
sshd /usr/sbin/sshd -D -e -f "$work/sshd1"
sshd /usr/sbin/sshd -D -e -f "$work/sshd2"
sshd strace -f -qq -y -s 256 -e trace=execve,execveat,open,openat,openat2,creat,socket,connect,fork,vfork,clone,clone3,chdir -o "$work/strace" \
	/usr/sbin/sshd -D -e -f "$work/sshd3"

# ---- the broker ----

"$build/tanad" --generate "$work/site" --racks 1 --enclosures 1 --bays 2 --vms 6 >/dev/null || die "no site"
"$build/tanad" --site "$work/site/site.conf" --socket /run/tana/broker.sock --state "$work/state" --peers-of-user 30 >"$work/tanad.log" 2>&1 </dev/null &
pids="$pids $!"
chmod 711 "$work/site"
ln -s broker.sock /run/tana/other.sock
up() { [ -S /run/tana/broker.sock ] && [ -s "$work/sshd-$port.pid" ] && [ -s "$work/sshd-$port2.pid" ] && [ -s "$work/sshd-$port3.pid" ]; }
for _ in $(seq 1200); do up && break; sleep 0.1; done
up || die "broker or sshd did not start" "$work/tanad.log"
printf '[127.0.0.1]:%s %s\n' $port "$(cat "$work/host.pub")" $port2 "$(cat "$work/host.pub")" $port3 "$(cat "$work/host.pub")" >"$work/known"

JUMP_PART=even
! ldd "$tana" | grep -q libasan || JUMP_PART=odd
[ -z "${TANA_LONG:-}" ] || JUMP_PART=all
export JUMP_PART
/usr/bin/python3 "$src/tests/real/jump_cases.py" "$work" $port $port2 $port3 "${TANA_JUMP_ONLY:-}"
status=$?
[ $status = 0 ] || { echo "# end of tanad's log:"; tail -n 5 "$work/tanad.log"; [ -z "${JUMP_KEEP:-}" ] || cp -r "$work" "$JUMP_KEEP"; }
exit $status
