"""Five people at work on one broker, for together.sh: together.py demo|bed FOLDER BUILD SECONDS SEED. Each is a Unix user of his own with
a console on a terminal (the program `together`) and commands, and does what comes to his mind, by dice. The broker is stopped and killed
meanwhile. Then together_story.py asks everybody what happened. Status 0: one story, numbers printed; 1: what does not fit."""
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import traceback

import together_story

WORDS = ["state:running", "state:off", "!state:running", "web", "snap:full", "zzz", '"a b"', "grade:V10 state:running"]
WALK = ["Up", "Down", "Down", "Down", "PgUp", "PgDn", "Tab", "BackTab", "Home", "End", "J", "e", "q", "n", "o", "O", "Enter", "Esc", "?",
        "Left", "Right", "C-l", "Space", "Space", "R", "F", "E", "m"]
TITLES = {"power-on": "Power on", "shutdown": "Shut down", "power-off": "Power off", "reboot": "Reboot", "reset": "Reset",
          "snapshot-revert": "Revert", "snapshot-delete": "Delete"}
POWER = ["power-on", "power-on", "power-on", "shutdown", "power-off", "power-off", "reboot", "reset"]
LOSES = ("power-off", "reset", "snapshot-revert", "snapshot-delete")
DIALOG = "Cancel, change nothing|[|>] +Close"
PATIENCE = int(os.environ.get("TANA_PATIENCE", "1"))  # how slow this machine may be


class Person:
    """name, uid, role; for customers the names that are theirs, with the right to each, and words never to be seen."""

    def __init__(self, name, uid, role, tenant, rights=None):
        self.name, self.uid, self.role, self.tenant, self.rights, self.never = name, uid, role, tenant, rights or {}, []

    def hidden(self, vm):
        return self.role == "customer" and vm not in self.rights


class Site:
    """Where all is, who is there, what was tried; the broker."""

    def __init__(self, kind, folder, build, seconds, seed):
        self.kind, self.folder, self.build, self.seconds, self.seed = kind, folder, build, seconds, seed
        self.tana, self.socket = folder + "/bin/tana", folder + "/broker.sock"
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.intents, self.counts, self.people, self.pool = [], {}, [], []
        self.stopped = self.killed = self.restarts = 0
        self.broker = None

    def count(self, what, n=1):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + n

    def start(self):
        with open(self.folder + "/tanad.log", "ab") as log:
            self.broker = subprocess.Popen([self.build + "/tanad", "--site", self.folder + "/site.conf", "--socket", self.socket, "--state",
                self.folder + "/state", "--steady-ms", "400"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.time() + 20 * PATIENCE
        while time.time() < end and self.ask("list", "racks") is None:
            time.sleep(0.1)

    def end(self, signo):
        self.restarts += 1  # what is confirmed while it goes may be done or not: the log says
        self.broker.send_signal(signo)
        status = self.broker.wait(40 * PATIENCE)
        if signo == signal.SIGTERM and status != 0:
            raise SystemExit("the broker ended with %d" % status)

    def ask(self, *words, wait=60):
        """As root, an operator who does nothing of his own: JSON, or None."""
        r = subprocess.run([self.tana, "--socket", self.socket, *words, "--json"], capture_output=True, text=True, timeout=wait * PATIENCE)
        return json.loads(r.stdout) if r.returncode == 0 and r.stdout.strip() else None

    def as_user(self, p):
        return ["setpriv", "--reuid", str(p.uid), "--regid", str(p.uid), "--clear-groups", "--", self.tana, "--socket", self.socket]


class Seat:
    """One person: his terminal, his dice."""

    def __init__(self, site, person, number):
        self.site, self.p, self.dice = site, person, random.Random(site.seed * 16 + number)
        self.error, self.n, self.rows, self.now = None, 0, 0, {}
        never = "%s/%s.never" % (site.folder, person.name)
        with open(never, "w") as f:
            f.write("\n".join(person.never))
        self.errors = "%s/%s.errors" % (site.folder, person.name)
        env = dict(os.environ, HOME=site.folder, XDG_RUNTIME_DIR=site.folder, TERM="xterm-256color")
        self.term = subprocess.Popen([site.build + "/tests/real/together", "--size", "110x34", "--errors", self.errors, "--never", never,
            *site.as_user(person)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)

    # ---- the terminal ----

    def do(self, line):
        self.term.stdin.write(line + "\n")
        self.term.stdin.flush()
        answer = self.term.stdout.readline()
        if not answer:
            raise RuntimeError("its terminal is gone")
        self.now = json.loads(answer)
        return self.now["ok"]

    def screen(self):
        return self.now["screen"]

    def sees(self, regex):
        return re.search(regex, self.screen(), re.M)

    def enter(self):
        self.do("start")
        if not self.do("wait %d hosts|servers?" % (20000 * PATIENCE)):
            raise RuntimeError("no first screen")
        if self.site.kind == "demo" or self.p.role != "customer":
            self.do("wait %d [0-9] (VMs|servers)" % (20000 * PATIENCE))

    def leave(self):
        """By Q, from wherever: out of what is open first."""
        for _ in range(8):
            self.do("keys Esc")
            if not self.sees(DIALOG):
                break
        self.do("keys Q")
        if not self.do("exit 5000"):
            self.home()
            self.do("keys Q")
            if not self.do("exit %d" % (5000 * PATIENCE)):
                raise RuntimeError("Q does not leave")
        if self.now["status"] != 0:
            raise RuntimeError("it ended with %d" % self.now["status"])

    def home(self):
        """To the list of VMs, without a filter and marks."""
        self.do("quiet 60 500")
        for turn in range(14):
            if not self.now["running"]:
                raise RuntimeError("it has ended")
            top = self.screen().split("\n")[0]
            here, second = re.search("› (VMs|My servers)  ", top), self.screen().split("\n")[1]
            if here and not self.sees(DIALOG) and not re.match(" filter| /", second) and " marked" not in second:
                return True
            if self.sees(DIALOG):
                self.do("keys Esc")
            elif re.search(r"\^\]", self.screen().split("\n")[-2][:40]):
                self.do("keys C-] q")
            elif here and " marked" in second:
                self.do("keys F * *" if turn % 2 else "keys F *")
            elif here:
                self.do("keys Esc F" if re.match(" /", second) else "keys F")
            else:
                self.do("keys Esc" if turn % 3 < 2 else "keys 2")
        return False

    def find(self, vm):
        """The cursor on this VM in the list; False: it is not there."""
        if not self.home():
            raise RuntimeError("no way to the list")
        self.do("keys /")
        self.do("type " + vm)
        self.do("keys Enter")
        self.do("wait 1500 ^>.* %s " % re.escape(vm))
        return bool(self.sees(r"^>.{0,4}%s " % re.escape(vm)))

    def point(self, label):
        """Walks to a line of the dialog; False: it is not there."""
        for _ in range(14):
            at = self.sees(r"> (\S.*?) *[│|]? *.?$")
            rows = [r for r in self.screen().split("\n") if re.search(r"[│|] +> \S", r)]
            if any(re.search(r"> " + label, r) for r in rows):
                return True
            if not rows and not at:
                return False
            self.do("keys Down")
        return False

    # ---- what is tried ----

    def intent(self, verb, vm, how):
        i = {"by": self.p.name, "uid": self.p.uid, "verb": verb, "vm": vm, "how": how, "from": time.time(), "result": "unsure", "job": None}
        with self.site.lock:
            self.site.intents.append(i)
        return i

    def confirm(self, verb, vm):
        """The preview is asked for: gives it the right confirmation, a wrong one or none."""
        self.do("wait 4000 now: type|now: press y|[A-Za-z] now +[|│]|> Close")
        how = re.search(r"now: type (\S+)|now: (press y)|(\S now) +[│|]", self.screen())
        if not how:
            self.site.count("refused in the preview")
            self.do("keys Esc")
            return
        mind = self.dice.random()
        if mind < 0.12:
            self.site.count("cancelled")
            self.do("keys Esc")
            return
        if mind < 0.27 and how.group(1):
            self.site.count("wrong confirmation")
            self.do("type " + how.group(1)[:-1] + "x")
            self.do("keys Enter")
            if not self.do("wait 3000 That is not|Type .* first|situation has changed"):
                self.site.count("wrong confirmation, unanswered")
            self.do("keys Esc")
            return
        i, restarts = self.intent(verb, vm, "console"), self.site.restarts
        if how.group(1):
            self.do("type " + how.group(1))
            self.do("keys Enter")
        elif how.group(2):
            self.do("keys y")
        elif self.point(r".* now *[│|]"):
            self.do("keys Enter")
        gone = self.do("gone 6000 " + DIALOG)
        self.do("quiet 150 1000")  # half a picture may lack what the whole one has
        if gone and not self.sees(DIALOG) and restarts == self.site.restarts:
            i["result"] = "accepted"
        i["to"], i["screen"] = time.time(), self.screen()

    def by_console(self, verb, vm):
        if not self.find(vm):
            return
        if verb in ("protect", "unprotect"):
            self.do("keys !")
            self.do("wait 3000 [┌+][─-] (Protect|End protection) ")
            titled = self.sees(r"[┌+][─-] (Protect|End protection) ")  # the one that can be done is offered at once
            if titled:
                self.confirm("protect" if titled.group(1) == "Protect" else "unprotect", vm)
        elif verb in POWER:
            self.do("keys p")
            self.do("wait 3000 Cancel, change nothing")
            if self.point(TITLES[verb] + " "):
                self.do("keys Enter")
                self.confirm(verb, vm)
        elif verb == "snapshot-create":
            self.do("keys +")
            if self.do("wait 3000 New snapshot of"):
                self.do("type " + self.new_name())
                if self.point("Show what it does"):
                    self.do("keys Enter")
                    self.confirm(verb, vm)
        else:
            self.do("keys Enter")
            self.do("wait 3000 ^ Snapshots")
            self.do("quiet 100 1000")
            mine = re.findall(r"^ *>? *[○●*o] *t[0-9a-z]+-[0-9]+ ", self.screen(), re.M)
            for _ in range(self.dice.randint(1, len(mine)) if mine else 0):
                self.do("keys Down")
            if self.sees(r"^ *> *\S t[0-9a-z]+-[0-9]+ "):
                self.do("keys Enter")
                self.do("wait 2000 Cancel, change nothing")
                if self.point(TITLES[verb] + r"\b"):
                    self.do("keys Enter")
                    self.confirm(verb, vm)

    def new_name(self):
        self.n += 1
        return "t%s-%d" % (self.p.name[3:], self.n)

    def run(self, *words, wait=25):
        try:
            r = subprocess.run([*self.site.as_user(self.p), *words, "--json"], capture_output=True, text=True, timeout=wait, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return None, "late"
        self.site.count("commands")
        out = json.loads(r.stdout) if r.stdout.strip() else None
        error = out.get("error", {}).get("class") if isinstance(out, dict) else None
        return out, error or (None if r.returncode == 0 else "status %d" % r.returncode)

    def by_command(self, verb, vm):
        words, wrong = [verb, "vm:" + vm], self.dice.random() < 0.15
        confirm = vm
        if verb.startswith("snapshot-"):
            words = ["snapshot", verb[9:], "vm:" + vm]
            if verb == "snapshot-create":
                words += [self.new_name()] + self.dice.choice([[], ["--charge", "tenant"]] if self.p.role == "operator" else [[]])
                if self.p.role == "operator" and self.dice.random() < 0.1:
                    words += ["--exceed", "--reason", "over the limit"]
            else:
                out, _ = self.run("snapshot", "list", "vm:" + vm)
                names = [s["name"] for s in (out or {}).get("snapshots", []) if re.match("t[0-9a-z]+-[0-9]+$", s["name"])]
                if not names:
                    return
                words.append(self.dice.choice(names))
                confirm = words[-1] if verb == "snapshot-delete" else vm
        words += ["--confirm", "no-" + confirm if wrong else confirm] if verb in LOSES else [] if wrong else ["--yes"]
        if verb in ("shutdown", "reboot") or self.dice.random() < 0.3:
            words.append("--no-wait")
        i = None if wrong else self.intent(verb, vm, "command")
        out, error = self.run(*words)
        if wrong:
            self.site.count("wrong confirmation")
            if not error:
                raise RuntimeError("%s: no confirmation, and no refusal: %s" % (" ".join(words), out))
            return
        i["to"] = time.time()
        job = (out or {}).get("job") if isinstance(out, dict) else None
        if job:
            i["result"], i["job"] = "accepted", job["id"] if isinstance(job, dict) else job
        elif error in ("limit", "lease", "role", "protected", "confirm", "unsupported", "state", "notfound", "usage"):
            i["result"] = "refused"
        if error:
            self.site.count("refused: " + error if i["result"] == "refused" else "failed: " + error)

    def serial(self, vm):
        if not self.find(vm):
            return
        self.do("keys c")
        self.do(r"wait 1500 \^\]")
        for word in ("echo together", "uname", "ls"):
            if not self.sees(r"\^\]"):
                break
            self.do("type " + word)
            self.do("keys Enter")
            self.do("quiet 80 600")
        if self.sees(r"\^\]"):
            self.site.count("serial consoles")
            self.do("keys C-] q")
        self.do("quiet 50 500")

    def turn(self):
        p, roll = self.p, self.dice.random()
        vm = self.dice.choice(self.site.pool if p.role != "customer" or self.dice.random() < 0.1 else [v for v in self.site.pool if v in p.rights])
        self.site.count("turns")
        for _ in range(4):  # whoever walks with a dialog open may choose what he did not mean
            self.do("look")
            if not self.sees(DIALOG):
                break
            self.do("keys Esc")
        if roll < 0.14:
            self.do("keys " + " ".join(self.dice.choice(WALK) for _ in range(self.dice.randint(2, 6))))
        elif roll < 0.19:
            if self.home():
                self.do("keys /")
                self.do("type " + self.dice.choice(WORDS + ["tenant:" + p.tenant] * 2))
                self.do("keys Enter")
                self.do("keys Down Down F")
        elif roll < 0.22:
            self.do("size " + self.dice.choice(["80x24", "120x36", "110x34", "60x12"]))
            self.do("size 110x34")
        elif roll < 0.25:
            self.site.count("quit and back")
            self.leave() if self.dice.random() < 0.6 else self.do("kill")
            self.enter()
        elif roll < 0.30 and not p.hidden(vm):
            self.serial(vm)
        elif roll < 0.36:
            words = self.dice.choice([["list", "vms"], ["show", "vm:" + vm], ["limits", "vm:" + vm], ["audit", "vm:" + vm], ["snapshot", "list", "vm:" + vm]])
            self.run(*words)
        elif roll < 0.38 and p.role == "operator":
            leases = self.run("list", "leases")[0]
            if isinstance(leases, list) and leases:
                self.site.count("leases broken")
                self.run("lease", "break", self.dice.choice(leases)["id"].split(":", 1)[1], "--reason", "by the dice")
        else:
            if p.role == "viewer" and roll < 0.9:
                return
            snaps = self.dice.random() < 0.45
            verb = self.dice.choice(["snapshot-create"] * 3 + ["snapshot-delete", "snapshot-delete", "snapshot-revert"] if snaps else
                POWER + (["protect", "unprotect", "unprotect"] if p.role == "operator" else []))
            self.site.count("actions tried")
            # What somebody types stands on his screen: names that must not be there are for commands.
            if p.role == "viewer" or p.hidden(vm) or self.dice.random() < 0.45:
                self.by_command(verb, vm)
            else:
                self.by_console(verb, vm)

    def work(self):
        self.enter()
        while not self.site.over.is_set():
            self.turn()
            if not self.now["running"]:  # it was left by a key that was walked on
                self.enter()
            self.site.over.wait(self.dice.random() * 0.1)

    def guarded(self, fn, *args):
        try:
            fn(*args)
        except Exception as e:  # pylint: disable=broad-except
            self.error = "%s: %r\n%s%s" % (self.p.name, e, traceback.format_exc(), self.now.get("screen", ""))

    def close(self):
        self.term.stdin.close()
        return self.term.wait(10 * PATIENCE)


def work(site):
    """Everybody works; the broker is stopped, killed, and comes back."""
    seats = [Seat(site, p, n) for n, p in enumerate(site.people)]
    threads = [threading.Thread(target=s.guarded, args=(s.work,), daemon=True) for s in seats]
    for t in threads:
        t.start()
    begun, rounds = time.time(), max(2, int(site.seconds / 30))
    for r in range(rounds):
        time.sleep(max(0, begun + site.seconds * (r + 1) / (rounds + 1) - time.time()))
        if r % 2 == 0:
            site.end(signal.SIGTERM)
            site.stopped += 1
        else:
            site.end(signal.SIGKILL)
            site.killed += 1
        site.start()
    time.sleep(max(0, begun + site.seconds - time.time()))
    site.over.set()
    for t in threads:
        t.join(60 * PATIENCE)
    return seats


def main():
    kind, folder, build, seconds, seed = sys.argv[1:6]
    site = Site(kind, folder, build, float(seconds), int(seed))
    try:
        site.start()
        together_story.people(site, Person)
        seats = work(site)
        wrong = together_story.told(site, seats)
        together_story.numbers(site, seats)
    finally:
        if site.broker and site.broker.poll() is None:
            site.broker.kill()  # whatever went wrong here, nothing is left behind
    for w in wrong:
        print("NOT OK - %s: %s" % (kind, w))
    if not wrong:
        print("ok - %s: audit log, hosts, ledger and screens tell one story" % kind)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
