/* The enclosure's state in a page that its connections share, and, with --peer, the second manager too. Every change of
 * power is a list of steps with their times; whoever looks first after a step is due carries it out. */
#include "sim/sim.h"
#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAGIC 0x54534d33u

static void init(struct shared *sh)
{
	pthread_mutexattr_t a;

	memset(sh, 0, sizeof *sh);
	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST); /* a session may be killed anywhere */
	pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&sh->lock, &a);
	pthread_mutexattr_destroy(&a);
	sh->started = clock_boot_ms();
	sh->magic = MAGIC;
}

static bool lock_byte(int fd, short type, off_t at, bool wait)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};
	int rc;

	while ((rc = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &l)) < 0 && errno == EINTR)
		;
	return rc == 0;
}

/* Byte 0 of the file is locked while somebody sets it up, byte 1 as long as a manager lives: a page that was left behind by
 * an earlier run has nobody on byte 1 and is made anew. */
static struct shared *map_peer(const char *peer, int *fd, bool *first)
{
	*fd = open(peer, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0 || !lock_byte(*fd, F_WRLCK, 0, true))
		return NULL;
	*first = lock_byte(*fd, F_WRLCK, 1, false);
	if (*first && (ftruncate(*fd, 0) < 0 || ftruncate(*fd, sizeof(struct shared)) < 0))
		return NULL;
	if (!lock_byte(*fd, F_RDLCK, 1, true))
		return NULL;
	void *p = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

bool sim_share(struct sim *s, const char *peer, bool standby, bool *first)
{
	int fd = -1;

	*first = true;
	s->member = standby ? 1 : 0;
	if (peer) {
		s->sh = map_peer(peer, &fd, first);
	} else {
		void *p = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		s->sh = p == MAP_FAILED ? NULL : p;
	}
	if (!s->sh) {
		fprintf(stderr, "tana-enclosure-sim: %s: %s\n", peer ? peer : "memory", strerror(errno));
		return false;
	}
	if (*first)
		init(s->sh);
	if (s->sh->magic != MAGIC) {
		fprintf(stderr, "tana-enclosure-sim: %s: is no page of this program\n", peer);
		return false;
	}
	s->me = &s->sh->members[s->member];
	if (s->me->pid && kill(s->me->pid, 0) == 0) {
		fprintf(stderr, "tana-enclosure-sim: %s: this enclosure has its %s manager already\n", peer,
			standby ? "standby" : "active");
		return false;
	}
	memset(s->me, 0, sizeof *s->me);
	s->me->pid = getpid();
	s->peer_fd = fd; /* stays open: it holds byte 1 */
	return true;
}

void sim_ready(struct sim *s)
{
	if (s->peer_fd >= 0)
		lock_byte(s->peer_fd, F_UNLCK, 0, true);
}

void sim_copy(char *to, size_t size, const char *from)
{
	size_t n = strnlen(from, size - 1);

	memmove(to, from, n);
	to[n] = 0;
}

void sim_lock(struct sim *s)
{
	if (pthread_mutex_lock(&s->sh->lock) == EOWNERDEAD)
		pthread_mutex_consistent(&s->sh->lock);
}

void sim_unlock(struct sim *s)
{
	pthread_mutex_unlock(&s->sh->lock);
}

/* The file of the blade's host is there while the host is. */
static void follow(const struct bay *b)
{
	char off[sizeof b->path + 8];

	if (!*b->path)
		return;
	snprintf(off, sizeof off, "%s.off", b->path);
	if (b->host && access(off, F_OK) == 0)
		(void)!rename(off, b->path);
	else if (!b->host && access(b->path, F_OK) == 0)
		(void)!rename(b->path, off);
}

int sim_settle(struct sim *s)
{
	int64_t next = -1, now = clock_boot_ms();

	sim_lock(s);
	for (int i = 0; i < s->sh->n_bays; i++) {
		struct bay *b = &s->sh->bays[i];
		while (b->n_steps && b->steps[0].at <= now) {
			b->power = b->steps[0].power;
			b->host = b->steps[0].host;
			memmove(b->steps, b->steps + 1, sizeof b->steps[0] * (size_t)--b->n_steps);
		}
		follow(b);
		if (b->n_steps && (next < 0 || b->steps[0].at < next))
			next = b->steps[0].at;
	}
	sim_unlock(s);
	return next < 0 ? -1 : (int)(next - now);
}

int sim_find(struct sim *s, const char *slot)
{
	while (slot && slot[0] == '0' && slot[1])
		slot++;
	for (int i = 0; slot && i < s->sh->n_bays; i++)
		if (!strcasecmp(s->sh->bays[i].slot, slot))
			return i;
	return -1;
}

struct bay sim_bay(struct sim *s, int bay)
{
	struct bay b;

	sim_settle(s);
	sim_lock(s);
	b = s->sh->bays[bay];
	if (sim_fault(s, F_EMPTY, bay, NULL))
		b.present = false;
	if (sim_fault(s, F_GARBAGE, bay, NULL)) /* a name as somebody hostile would give it: it even looks like an answer */
		sim_copy(b.name, sizeof b.name, "\033[2J\033]0;x\007evil\b\b\tPower: On\xff\xc2\x9b" "31m");
	if (sim_fault(s, F_WRAP, bay, NULL)) {
		memset(b.name, 'w', sizeof b.name - 1);
		snprintf(b.serial, sizeof b.serial, "SERIAL-LONGER-THAN-ITS-COLUMN");
	}
	sim_unlock(s);
	return b;
}

static void add(struct bay *b, int64_t at, enum power p, bool host)
{
	if (b->n_steps < (int)(sizeof b->steps / sizeof b->steps[0]))
		b->steps[b->n_steps++] = (struct step){at, (uint8_t)p, host};
}

/* The steps of one order. The state while it is under way begins at once; with a fault it comes late, or back. */
static void order(struct sim *s, int i, enum ask what)
{
	struct bay *b = &s->sh->bays[i];
	struct fault f;
	int64_t at = clock_boot_ms();

	if (sim_fault(s, F_POWER_FAIL, i, NULL))
		return;
	b->n_steps = 0;
	if (sim_fault(s, F_POWER_LATE, i, &f))
		at += f.num;
	switch (what) {
	case ASK_ON:
		add(b, at, PW_GOING_ON, false);
		add(b, at + s->on_ms, PW_ON, true);
		if (sim_fault(s, F_POWER_BACK, i, &f))
			add(b, at + s->on_ms + (f.num ? f.num : 1000), PW_OFF, false);
		break;
	case ASK_OFF:
		add(b, at, PW_GOING_OFF, true);
		add(b, at + s->off_ms, PW_OFF, false);
		if (sim_fault(s, F_POWER_BACK, i, &f))
			add(b, at + s->off_ms + (f.num ? f.num : 1000), PW_ON, true);
		break;
	case ASK_SOFT: /* the system on it shuts down; the manager sees it on until it is done */
		add(b, at + s->soft_ms, PW_OFF, false);
		break;
	case ASK_REBOOT:
		add(b, at + s->soft_ms, PW_ON, false);
		add(b, at + s->soft_ms + s->on_ms, PW_ON, true);
		break;
	case ASK_RESET: /* power stays, the host is gone for a moment */
		add(b, at, PW_ON, false);
		add(b, at + s->on_ms, PW_ON, true);
		break;
	case ASK_CYCLE:
		add(b, at, PW_GOING_OFF, false);
		add(b, at + s->off_ms, PW_OFF, false);
		add(b, at + s->off_ms + 300, PW_GOING_ON, false);
		add(b, at + s->off_ms + 300 + s->on_ms, PW_ON, true);
		break;
	}
}

enum said sim_ask(struct sim *s, int bay, enum ask what)
{
	enum said said = SAID_OK;

	sim_lock(s);
	struct bay b = sim_bay(s, bay);
	if (sim_fault(s, F_DENIED, bay, NULL))
		said = SAID_DENIED;
	else if (!b.present)
		said = SAID_EMPTY;
	else if (sim_fault(s, F_ALREADY, bay, NULL))
		said = SAID_ALREADY;
	else if (what == ASK_ON && (b.power == PW_ON || b.power == PW_GOING_ON))
		said = SAID_ALREADY;
	else if ((what == ASK_OFF || what == ASK_SOFT) && b.power == PW_OFF)
		said = SAID_ALREADY;
	else if ((what == ASK_RESET || what == ASK_REBOOT) && b.power != PW_ON)
		said = SAID_IS_OFF;
	else
		order(s, bay, what);
	sim_settle(s);
	sim_unlock(s);
	if (said == SAID_OK && s->poke >= 0)
		(void)!write(s->poke, "p", 1);
	return said;
}

void sim_locate(struct sim *s, int bay, bool on)
{
	sim_lock(s);
	s->sh->bays[bay].locate = on;
	sim_unlock(s);
}

bool sim_is_active(struct sim *s)
{
	sim_lock(s);
	bool yes = s->sh->active == s->member && !sim_fault(s, F_STANDBY, -1, NULL);
	sim_unlock(s);
	return yes;
}

void sim_reboot(struct sim *s, int ms)
{
	sim_lock(s);
	s->me->away_until = clock_boot_ms() + ms;
	sim_unlock(s);
	if (s->poke >= 0)
		(void)!write(s->poke, "r", 1);
}

enum health sim_sensor(struct sim *s, const char *kind, int n)
{
	char name[32];
	enum health h = HL_ABSENT;

	snprintf(name, sizeof name, "%s-%d", kind, n);
	sim_lock(s);
	for (int i = 0; i < s->sh->n_sensors; i++)
		if (!strcmp(s->sh->sensors[i].name, name))
			h = s->sh->sensors[i].health;
	sim_unlock(s);
	return h;
}

enum health sim_overall(struct sim *s)
{
	enum health worst = HL_OK;

	sim_lock(s);
	for (int i = 0; i < s->sh->n_sensors; i++)
		if (s->sh->sensors[i].health == HL_FAILED || s->sh->sensors[i].health == HL_DEGRADED)
			worst = HL_DEGRADED; /* one of several fans or supplies */
	for (int i = 0; i < s->sh->n_bays; i++)
		if (s->sh->bays[i].present && s->sh->bays[i].health > worst)
			worst = s->sh->bays[i].health;
	sim_unlock(s);
	return worst;
}

void sim_count_command(struct sim *s, const char *text)
{
	struct member *m = s->me;
	int64_t sec = clock_boot_ms() / 1000;
	char cut[sizeof m->texts[0].text];
	int i;

	sim_copy(cut, sizeof cut, text);
	sim_lock(s);
	m->commands_all++;
	if (m->second_of[sec % 60] != sec) {
		m->second_of[sec % 60] = sec;
		m->second_count[sec % 60] = 0;
	}
	m->second_count[sec % 60]++;
	for (i = 0; i < m->n_texts && strcmp(m->texts[i].text, cut); i++)
		;
	if (i == m->n_texts && i < SIM_TEXTS) {
		/* The last place is for all that do not fit. */
		sim_copy(m->texts[i].text, sizeof cut, i == SIM_TEXTS - 1 ? "(others)" : cut);
		m->n_texts++;
	}
	m->texts[i < SIM_TEXTS ? i : SIM_TEXTS - 1].count++;
	sim_unlock(s);
}
