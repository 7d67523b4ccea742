"""What happened, asked of everybody (together.py): the audit log, the ledger, the hosts, every screen and every picture that was on it must
tell one story, and it must be that of those who did it."""
import collections
import fnmatch
import glob
import os
import re
import subprocess
import threading
import time

PATIENCE = int(os.environ.get("TANA_PATIENCE", "1"))  # how slow this machine may be
RIGHTS = [("globex-app*", "full"), ("globex-ad*", "power"), ("gx-*", "none"), ("globex-*", "view")]
WANTED = {"acme-db*": 2, "acme-web*": 4, "acme-c*": 1, "globex-app*": 2, "globex-ad*": 2, "gx-*": 1, "hooli-www*": 1}
OPEN = ("pending", "running", "overdue", "unknown")


# ---- who is there ----

def people(site, person):
    """Fills site.people and site.pool; what each customer must never see."""
    end = time.time() + 30 * PATIENCE
    while True:
        vms = site.ask("list", "vms")
        if sum(v["live"] for v in vms) >= (8 if site.kind == "bed" else 700) or time.time() > end:
            break
        time.sleep(0.2)
    live = {v["name"]: v for v in vms if v["live"]}
    for pattern, n in WANTED.items():
        site.pool += sorted(fnmatch.filter(live, pattern))[:n]
    site.first = {name: live[name]["state"] for name in site.pool}
    site.uuid = {v["name"]: v["uuid"] for v in vms}
    site.blade = {v["name"]: v["blade"] for v in vms}
    names = {v["name"] for v in vms}
    acme = {n: "full" for n in names if n.startswith("acme-")}
    globex = {n: next(r for g, r in RIGHTS if fnmatch.fnmatch(n, g)) for n in names if n.startswith(("globex-", "gx-"))}
    globex = {n: r for n, r in globex.items() if r != "none"}
    staff = ["tg-sato", "tg-suzuki", "tg-wall"]
    site.people = [person("tg-sato", 61101, "operator", "acme"), person("tg-suzuki", 61102, "operator", "hooli"), person("tg-wall", 61103, "viewer", "globex"),
                   person("tg-anna", 61104, "customer", "acme", acme), person("tg-gus", 61105, "customer", "globex", globex)]
    blades = [b["name"] for b in site.ask("list", "blades")]
    for p, others in ((site.people[3], ["globex", "gx", "hooli", "Globex", "フーリー", "tg-gus"]), (site.people[4], ["acme", "hooli", "アクメ", "フーリー", "tg-anna"])):
        p.never = sorted(names - set(p.rights)) + blades + others + staff + ["rack", "libvirt-sock"]


# ---- each tells ----

def settle(site):
    """Until nothing is under way. A guest that does not follow keeps its VM in use: an operator ends that."""
    begun = time.time()
    while time.time() < begun + 60 * PATIENCE:
        jobs = [j for j in site.ask("list", "jobs") or [] if j["state"] in OPEN]
        leases = site.ask("list", "leases") or []
        vms = [v for v in site.ask("list", "vms") if v["name"] in site.pool]
        if not jobs and not leases and all(v["live"] and not v["snaps_busy"] for v in vms):
            return []
        if time.time() > begun + 3:
            for l in leases:
                site.ask("lease", "break", l["id"].split(":", 1)[1], "--reason", "the guest does not follow")
        time.sleep(0.3)
    return ["never settled: %s %s %s" % (jobs[:2], leases[:2], [v["name"] for v in vms if not v["live"] or v["snaps_busy"]])]


def virsh(site, vm, *words):
    uri = "qemu+unix:///system?socket=%s/%s/run/libvirt-sock" % (site.folder, site.blade[vm])
    r = subprocess.run(["virsh", "-q", "-c", uri, *words], capture_output=True, text=True, timeout=20 * PATIENCE)
    return r.stdout.strip() if r.returncode == 0 else "virsh: " + r.stderr


def records(site):
    """The log, oldest first, and where the last broker began."""
    log = site.ask("audit", "--since", "1d")
    return log, max(r["seq"] for r in log if r["what"] == "start")


def played(site, log, last):
    """The states and snapshots that the log says: of hosts that live and end with the broker, since its start."""
    state, kept, begun = dict(site.first), collections.defaultdict(dict), {}
    for r in log:
        if r["seq"] < last or "job" not in r:
            continue
        for o in r["objects"]:
            vm = o["name"]
            if vm not in state:
                continue
            if r["what"] == "begin":
                begun[r["job"]] = r
            elif r["what"] in ("end", "late") and r["job"] in begun and o.get("state") in ("done", "accepted"):
                detail = begun[r["job"]].get("detail", {})
                if r["verb"] in ("power-on", "reset", "reboot"):
                    state[vm] = "running"
                elif r["verb"] in ("power-off", "shutdown"):
                    state[vm] = "off"
                elif r["verb"] == "snapshot-create":
                    kept[vm][detail["host_name"]] = state[vm]
                elif r["verb"] == "snapshot-delete":
                    kept[vm].pop(detail["host_name"], None)
                elif r["verb"] == "snapshot-revert":
                    state[vm] = kept[vm].get(detail["host_name"], state[vm])
    return state, {vm: set(k) for vm, k in kept.items()}


def hosts(site, log, last):
    """States by name, and names of our snapshots, as the hosts say."""
    if site.kind == "demo":
        return played(site, log, last)
    names = {"shut off": "off", "in shutdown": "shutting-down"}
    said = {vm: virsh(site, vm, "domstate", vm) for vm in site.pool}
    return {vm: names.get(s, s) for vm, s in said.items()}, {vm: set(virsh(site, vm, "snapshot-list", vm, "--name").split()) for vm in site.pool}


# ---- what must fit ----

def ledger(site, state, snaps):
    wrong = []
    for vm in site.pool:
        v = [x for x in site.ask("list", "vms", "name:" + vm) if x["name"] == vm][0]
        rows = (site.ask("snapshot", "list", "vm:" + vm) or {"snapshots": []})["snapshots"]
        ours = {s["host_name"] for s in rows if s["host_name"].startswith("tana-") and s["state"] == "kept"}
        if v["state"] != state[vm]:
            wrong.append("%s is %s on its host, %s in the list" % (vm, state[vm], v["state"]))
        if ours != snaps.get(vm, set()):
            wrong.append("%s: its host has the snapshots %s, the ledger %s" % (vm, sorted(snaps.get(vm, set())), sorted(ours)))
        counted = sum(s["outside"] or s["charged"] != "" for s in rows)  # the provider's own are not the customer's
        if v["snaps"] != counted:
            wrong.append("%s: %d of its snapshots count, %d are counted" % (vm, counted, v["snaps"]))
    return wrong


def halves(log):
    """Each begin has one end; each console that was opened was closed, but for those of a broker that was killed."""
    wrong, begins, ends, consoles, quiet = [], collections.Counter(), collections.Counter(), collections.Counter(), True
    for r in log:
        if r["what"] in ("begin", "end"):
            (begins if r["what"] == "begin" else ends)[r["job"]] += 1
        elif r["what"] == "console-open":
            consoles[r["by"], r["objects"][0]["name"]] += 1
        elif r["what"] == "console-close":
            consoles[r["by"], r["objects"][0]["name"]] -= 1
        elif r["what"] == "start":
            if not quiet:
                consoles.clear()
        quiet = r["what"] == "stop"
    cut = {r["job"] for r in log if r["what"] == "end" and "not sent: the broker ended before" in r["objects"][0].get("text", "")}
    wrong += ["job %s has %d begins and %d ends" % (j, begins[j], ends[j]) for j in set(begins) | set(ends)
              if (begins[j], ends[j]) != (1, 1) and not (j in cut and ends[j] == 1)]
    wrong += ["the console of %s by %s: %+d openings without their end" % (vm, by, n) for (by, vm), n in consoles.items() if n]
    return wrong


def deeds(site, log):
    """Every order that somebody confirmed is there once, by him; and none that nobody did."""
    wrong, who = [], {p.name: p for p in site.people}
    left = sorted((i for i in site.intents if i["result"] != "refused"), key=lambda i: i["result"] != "accepted")
    jobs = {i["job"]: i for i in left if i["job"]}
    begun = [r for r in log if r["what"] == "begin"]
    for r in begun:
        vm, p = r["objects"][0]["name"], who.get(r["by"])
        if not p or r["uid"] != p.uid or r["role"] != p.role:
            wrong.append("job %s was begun by %s (%d), who did nothing" % (r["job"], r["by"], r["uid"]))
            continue
        need = "full" if r["verb"].startswith("snapshot") else "power"
        if p.role == "viewer" or (p.role == "customer" and p.rights.get(vm) not in ("full", need)):
            wrong.append("%s may not %s %s, and it was begun" % (p.name, r["verb"], vm))
        fits = [jobs[r["job"]]] if r["job"] in jobs else [i for i in left if not i["job"]]
        for i in fits:
            if (i["by"], i["verb"], i["vm"]) == (r["by"], r["verb"], vm) and i["from"] - 1.5 <= r["at"] <= i.get("to", i["from"] + 30) + 1:
                left.remove(i)
                jobs.pop(i["job"], None)
                break
        else:
            near = [i for i in site.intents if i["by"] == r["by"] and abs(i["from"] - r["at"]) < 15]
            wrong.append("%s was begun on %s by %s at %d, whom nobody saw confirm it (%s); confirmed were %s" % (r["verb"], vm, r["by"], r["at"], r["job"],
                [(i["verb"], i["vm"], i["how"], i["result"], i["job"], round(i["from"] - r["at"], 1)) for i in near]))
    # What is cut off before its intent was written is told as an end alone.
    cut = {r["job"] for r in log if r["what"] == "end"} - {r["job"] for r in begun}
    for i in left:
        if i["result"] == "accepted" and i["job"] not in cut:
            near = [(r["what"], r["by"], r.get("verb"), r.get("job"), r.get("class"), r["at"] - i["from"]) for r in log
                    if abs(r["at"] - i["from"]) < 10 and r.get("objects", [{}])[0].get("name") in (i["vm"], None)]
            wrong.append("%s of %s, confirmed by %s (%s) at %d, is not in the log: %s\n%s" % (i["verb"], i["vm"], i["by"], i["how"], i["from"],
                near, i.get("screen", "")))
    return wrong


def pictures(site, seats):
    """What was on a customer's screen at any moment; before names are typed there that it must not know."""
    wrong = []
    for s in seats:
        s.do("look")
        site.count("pictures of customers looked at" if s.p.never else "pictures of staff", s.now["pictures"])
        wrong += ["%s saw %s:\n%s" % (s.p.name, n["word"], n["screen"]) for n in s.now["never"][:2]]
    return wrong


def screen(s, state, vms):
    """What does not fit on this one's; sets s.error."""
    if not s.now["running"]:
        s.enter()
    for vm in vms:
        hidden, there = s.p.hidden(vm), s.find(vm)
        for _ in range(PATIENCE):
            there = there or not hidden and s.find(vm)
        if there and not hidden:
            s.do(r"wait %d ^>.{0,4}%s +(. )?%s" % (5000 * PATIENCE, re.escape(vm), state[vm]))
        row = s.sees(r"^>.{0,4}%s +(.*)" % re.escape(vm))
        s.rows += 1
        if there == hidden or (there and not re.match("(. )?" + state[vm], row.group(1))):
            raise RuntimeError("%s is %s, and here it is %s" % (vm, state[vm], row.group(0) if row else "not there"))


def screens(site, seats, state):
    """Each console shows what the hosts say, and of what is not his, nothing: all of it, or so much as a short run has time for."""
    vms = [site.pool if site.seconds > 60 else s.dice.sample(site.pool, 4) for s in seats]
    threads = [threading.Thread(target=s.guarded, args=(screen, s, state, v), daemon=True) for s, v in zip(seats, vms) if not s.error]
    for t in threads:
        t.start()
    for t in threads:
        t.join(120 * PATIENCE)


def left_over(site):
    """Processes of these users, or of this folder."""
    def names():
        found = []
        for d in glob.glob("/proc/[0-9]*"):
            try:
                uid, line = os.stat(d).st_uid, open(d + "/cmdline", "rb").read().decode(errors="replace")
            except OSError:
                continue
            if 61101 <= uid <= 61105 and uid_ours(d, site) or site.folder + "/broker.sock" in line:
                found.append(line.replace("\0", " "))
        return found
    end = time.time() + 5 * PATIENCE
    while names() and time.time() < end:
        time.sleep(0.1)
    return ["left behind: " + n for n in names()]


def uid_ours(d, site):
    try:
        return os.readlink(d + "/exe").startswith(site.folder)
    except OSError:
        return False


def told(site, seats):
    wrong = settle(site)
    log, last = records(site)
    state, snaps = hosts(site, log, last)
    wrong += ledger(site, state, snaps) + pictures(site, seats)
    screens(site, seats, state)
    log, last = records(site)
    wrong += halves(log) + deeds(site, log)
    verify = site.ask("audit", "verify")
    if not verify or not verify["ok"]:
        wrong.append("the audit log does not hold: %s" % verify)
    site.log = log
    for s in seats:
        try:
            if s.now["running"] and not s.error:
                s.leave()
        except RuntimeError as e:
            wrong.append("%s: %s\n%s" % (s.p.name, e, s.now.get("screen", "")))
        s.close()
        said = open(s.errors).read() if os.path.exists(s.errors) else ""
        if said:
            wrong.append("%s's console wrote to standard error: %s" % (s.p.name, said[:500]))
    wrong += [s.error for s in seats if s.error]
    site.broker.terminate()
    if site.broker.wait(40 * PATIENCE) != 0:
        wrong.append("the broker ended with %d" % site.broker.returncode)
    return wrong + left_over(site)


def numbers(site, seats):
    done = collections.Counter(o.get("state") for r in site.log if r["what"] == "end" for o in r["objects"])
    print("# %s, seed %d: %d s, the broker stopped %d times, killed %d" % (site.kind, site.seed, site.seconds, site.stopped, site.killed))
    print("# %s" % ", ".join("%d %s" % (n, what) for what, n in sorted(site.counts.items())))
    print("# %d confirmed, %s; %d records, %d refusals among them; %d rows of %d screens compared" % (len(site.intents),
        ", ".join("%d %s" % (n, what) for what, n in sorted(done.items(), key=str)), len(site.log),
        sum(r["what"] == "denied" for r in site.log), sum(s.rows for s in seats), len(seats)))
