/* Reads known_hosts files line by line (libssh matches names, hashed ones too, and decodes keys) so that a refusal can name
 * the line. Done here and not by ssh_session_is_known_server, because that one knows no line numbers, passes over @revoked
 * and fails for names with an underscore. Called by link.c between key exchange and login. */
#include "ssh/known.h"

#include "common/buf.h"
#include "common/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (16 * 1024 * 1024)
#define LINE_LONG (32 * 1024)
#define KEYS_MAX 64 /* of one host */
#define SYSTEM_FILE "/etc/ssh/ssh_known_hosts"

static char *home_file(const char *name)
{
	struct passwd pw, *found = NULL;
	char room[4096];

	if (getpwuid_r(geteuid(), &pw, room, sizeof room, &found) == 0 && found && found->pw_dir)
		return xasprintf("%s/.ssh/%s", found->pw_dir, name);
	return NULL;
}

/* Cheap first look, so that 5,000 hosts with 5,000 lines do not decode 25 million keys. */
static bool may_match(const char *line, const char *host)
{
	return line[0] == '|' || line[0] == '@' || strpbrk(line, "*?") || strcasestr(line, host);
}

static void take_line(struct known *k, char *line, const char *file, int number)
{
	struct ssh_knownhosts_entry *entry = NULL;
	bool revoked = false;

	line[strcspn(line, "\r\n")] = 0;
	line += strspn(line, " \t");
	for (char *p = line; *p; p++)
		if (*p == '\t')
			*p = ' ';   /* libssh splits at blanks alone */
	if (!*line || *line == '#' || !may_match(line, k->host))
		return;
	if (*line == '@') {
		size_t mark = strcspn(line, " ");
		revoked = mark == 8 && strncmp(line, "@revoked", 8) == 0;
		if (!revoked)
			return;     /* certificate authorities are not used */
		line += mark + strspn(line + mark, " ");
	}
	if (k->n >= KEYS_MAX || ssh_known_hosts_parse_line(k->host, line, &entry) != SSH_OK || !entry)
		return;
	k->keys = xrealloc(k->keys, (k->n + 1) * sizeof *k->keys);
	k->keys[k->n++] = (struct known_key){ .key = entry->publickey, .file = xstrdup(file), .line = number,
		.revoked = revoked };
	entry->publickey = NULL;
	ssh_knownhosts_entry_free(entry);
}

static struct err *take_file(struct known *k, const char *file)
{
	struct stat st;
	char *line = NULL;
	size_t room = 0;
	int number = 0;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return NULL;
	if (fd < 0 || fstat(fd, &st) != 0) {
		int why = errno;
		if (fd >= 0)
			close(fd);
		return err_sys(ERR_FAILED, "read", file, why);
	}
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
		bool empty = S_ISCHR(st.st_mode); /* /dev/null: nothing is known, on purpose */
		close(fd);
		return empty ? NULL : err_sys(ERR_FAILED, "read", file, S_ISREG(st.st_mode) ? EFBIG : EINVAL);
	}
	FILE *f = fdopen(fd, "re");
	if (!f) {
		close(fd);
		return err_sys(ERR_FAILED, "read", file, errno);
	}
	while (getline(&line, &room, f) > 0) {
		number++;
		if (strlen(line) < LINE_LONG)
			take_line(k, line, file, number);
	}
	free(line);
	fclose(f);
	return NULL;
}

struct err *known_read(const char *file, const char *host, int port, struct known *k)
{
	struct err *e;

	memset(k, 0, sizeof *k);
	char *name = xstrdup(host);
	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	k->host = port == 22 ? xstrdup(name) : xasprintf("[%s]:%d", name, port);
	if (file && *file) {
		k->file = xstrdup(file);
		e = take_file(k, file);
	} else {
		k->file = home_file("known_hosts");
		e = k->file ? take_file(k, k->file) : NULL;
		if (!k->file)
			k->file = xstrdup(SYSTEM_FILE);
		if (!e)
			e = take_file(k, SYSTEM_FILE);
	}
	k->type_it = port == 22 ? xasprintf("ssh-keyscan %s >> '%s'", name, k->file)
		: xasprintf("ssh-keyscan -p %d %s >> '%s'", port, name, k->file);
	free(name);
	if (e)
		known_free(k);
	return e;
}

void known_free(struct known *k)
{
	for (size_t i = 0; i < k->n; i++) {
		ssh_key_free(k->keys[i].key);
		free(k->keys[i].file);
	}
	free(k->keys);
	free(k->host);
	free(k->file);
	free(k->type_it);
	memset(k, 0, sizeof *k);
}

/* An RSA key signs with two algorithms, and a third one in sha1's days; the others are named like their keys. */
static const char *algorithms_of(ssh_key key, bool legacy)
{
	if (ssh_key_type(key) == SSH_KEYTYPE_RSA)
		return legacy ? "rsa-sha2-512,rsa-sha2-256,ssh-rsa" : "rsa-sha2-512,rsa-sha2-256";
	return ssh_key_type_to_char(ssh_key_type(key));
}

char *known_algorithms(const struct known *k, bool legacy)
{
	static const char all[] = "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
		"rsa-sha2-512,rsa-sha2-256";
	struct buf b = { 0 };
	char *list = NULL;

	for (size_t i = 0; i < k->n; i++) {
		const char *name = k->keys[i].revoked ? NULL : algorithms_of(k->keys[i].key, legacy);
		if (name) {
			buf_str(&b, name);
			buf_str(&b, ",");
		}
	}
	if (b.len) {
		buf_str(&b, all); /* doubled names are dropped by libssh */
		if (legacy)
			buf_str(&b, ",ssh-rsa");
		list = xasprintf("%.*s", (int)b.len, b.data);
	}
	buf_free(&b);
	return list;
}

static char *fingerprint(ssh_key key)
{
	unsigned char *hash = NULL;
	size_t len = 0;
	char *text = NULL;

	if (ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &len) == 0)
		text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, len);
	char *copy = xstrdup(text ? text : "?");
	ssh_clean_pubkey_hash(&hash);
	ssh_string_free_char(text);
	return copy;
}

static const char *type_name(ssh_key key)
{
	const char *t = ssh_key_type_to_char(ssh_key_type(key));
	return t ? t : "?";
}

static struct err *refuse(const char *id, const struct known *k, const struct known_key *old, ssh_key key)
{
	char *now = fingerprint(key), *was = old ? fingerprint(old->key) : xstrdup("");
	char *file = text_clean_dup(old ? old->file : k->file), *type_it = text_clean_dup(k->type_it);
	char *host = text_clean_dup(k->host);
	struct err *e = err_new(ERR_UNREACHABLE, id, "{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s}",
		"host", host, "type", type_name(key), "now", now, "known", was,
		"known_type", old ? type_name(old->key) : "", "file", file, "line", old ? old->line : 0, "command", type_it);

	free(now);
	free(was);
	free(file);
	free(type_it);
	free(host);
	return e;
}

struct err *known_check(const struct known *k, ssh_key key)
{
	const struct known_key *same_type = NULL, *any = NULL;
	bool good = false;

	for (size_t i = 0; i < k->n; i++) {
		const struct known_key *e = &k->keys[i];
		bool same = ssh_key_cmp(e->key, key, SSH_KEY_CMP_PUBLIC) == 0;
		if (e->revoked) {
			if (same)
				return refuse("ssh.key.revoked", k, e, key);
			continue;
		}
		good = good || same;
		if (!any)
			any = e;
		if (!same_type && ssh_key_type(e->key) == ssh_key_type(key))
			same_type = e;
	}
	if (good)
		return NULL;
	if (same_type)
		return refuse("ssh.key.changed", k, same_type, key);
	return any ? refuse("ssh.key.other", k, any, key) : refuse("ssh.key.unknown", k, NULL, key);
}
