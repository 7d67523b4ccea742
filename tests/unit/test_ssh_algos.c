/* The algorithms of old enclosure managers: refused with both offers named, had with legacy, or not to be had at all. */
#include "common/buf.h"
#include "ssh/ssh.h"
#include "ssh/wait.h"
#include "ssh_help.h"
#include "sshd_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>


/* The error says each of these words. */
/* libssh's server half, which hears our offer together with our version, hangs up before its own offer is out: once more. */
static struct err *try_mismatch(const struct ssh_login *login)
{
	struct err *e = ssh_try(login);

	for (int i = 0; i < 30 && e && strcmp(e->msg.id, "ssh.kex.failed") == 0; i++) {
		err_free(e);
		e = ssh_try(login);
	}
	return e;
}

#define OLD_KEX "diffie-hellman-group1-sha1"

static void old(void **state)
{
	static const struct { struct server_order order; const char *kind, *server, *client; } rows[] = {
		{ { .kex = OLD_KEX ",diffie-hellman-group14-sha1" }, "key exchange", OLD_KEX ", diffie-hellman-group14-sha1",
			"offers curve25519-sha256, " },
		{ { .rsa = true, .host_keys = "ssh-rsa" }, "host key", "offers ssh-rsa;", "rsa-sha2-512, rsa-sha2-256" },
		{ { .ciphers = "aes128-cbc,3des-cbc", .macs = "hmac-sha2-256" }, "cipher", "offers aes128-cbc, 3des-cbc;",
			"aes256-ctr" },
		{ { .ciphers = "aes128-ctr", .macs = "hmac-sha1" }, "MAC", "offers hmac-sha1;", "hmac-sha2-512" },
		{ { .rsa = true, .kex = OLD_KEX, .host_keys = "ssh-rsa", .ciphers = "aes128-cbc", .macs = "hmac-sha1" },
			"key exchange", OLD_KEX, "curve25519" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct server s;
		server_up(&s, &rows[i].order);
		struct ssh_login login = ssh_login_of(&s);
		struct err *e = try_mismatch(&login);
		says(e, rows[i].server, rows[i].client);
		says(e, rows[i].kind, "legacy = yes");
		expect(e, "ssh.old");
		assert_int_equal(s.seen->passwords, 0);
		login.legacy = true;
		fine(ssh_try(&login));
		/* old, and none the less the one that is known */
		login.known_hosts = "/dev/null";
		expect(ssh_try(&login), "ssh.key.unknown");
		char text[700];
		snprintf(text, sizeof text, "[127.0.0.1]:%d ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIHZWznpjjYoBgr6sQKUWzN0R3QBLbHxk1cfEJq0bMPE\n",
			s.port);
		write_text(ssh_known, text);
		login.known_hosts = ssh_known;
		expect(ssh_try(&login), rows[i].order.rsa ? "ssh.key.other" : "ssh.key.changed");
		server_down(&s);
	}
}

/* Only its offer, and then it hangs up, as very old managers do: libssh then forgets what it has found out. */
struct offerer { int fd; const char *kex, *key, *cipher, *mac; };

static void put_list(struct buf *b, const char *list)
{
	uint32_t n = htonl((uint32_t)strlen(list));

	buf_append(b, &n, sizeof n);
	buf_str(b, list);
}

static void *offer_run(void *arg)
{
	struct offerer *o = arg;
	const char *lists[] = { o->kex, o->key, o->cipher, o->cipher, o->mac, o->mac, "none", "none", "", "" };
	struct buf packet = { 0 }, all = { 0 };
	char data[8192];
	int c = accept(o->fd, NULL, NULL);

	buf_append(&packet, "\x14" "0123456789abcdef", 17); /* SSH_MSG_KEXINIT, cookie */
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		put_list(&packet, lists[i]);
	buf_append(&packet, "\0\0\0\0\0", 5);
	uint8_t pad = (uint8_t)(16 - (packet.len + 5) % 8);
	uint32_t len = htonl((uint32_t)packet.len + 1 + pad);
	buf_str(&all, "SSH-2.0-RomSShell_4.62\r\n");
	buf_append(&all, &len, sizeof len);
	buf_append(&all, &pad, 1);
	buf_append(&all, packet.data, packet.len);
	buf_append(&all, "0123456789abcdef", pad);
	(void)!send(c, all.data, all.len, MSG_NOSIGNAL);
	shutdown(c, SHUT_WR);
	while (read(c, data, sizeof data) > 0)
		;
	close(c);
	buf_free(&packet);
	buf_free(&all);
	return NULL;
}

static struct err *offered(const char *kex, const char *key, const char *cipher, const char *mac, bool legacy)
{
	struct ssh_login login = { .host = "127.0.0.1", .user = "u", .known_hosts = "/dev/null", .password = "p", .step_ms = 5000,
		.legacy = legacy };
	struct offerer o = { listen_tcp(8, &login.port), kex, key, cipher, mac };
	pthread_t t;

	pthread_create(&t, NULL, offer_run, &o);
	struct err *e = ssh_try(&login);
	pthread_join(t, NULL);
	close(o.fd);
	return e;
}

static void offers(void **state)
{
	struct err *e = offered(OLD_KEX, "ssh-rsa", "3des-cbc", "hmac-sha1", false);
	says(e, "As key exchange it only offers " OLD_KEX ";", "diffie-hellman-group14-sha256. If");
	expect(e, "ssh.old");
	for (int legacy = 0; legacy < 2; legacy++) {
		e = offered("diffie-hellman-group14-sha256", "ssh-dss", "aes128-ctr", "hmac-sha2-256", legacy);
		says(e, "as host key it only offers ssh-dss;", legacy ? "ssh-rsa. None" : "rsa-sha2-256. None");
		expect(e, "ssh.gone");
		e = offered("diffie-hellman-group14-sha256", "rsa-sha2-256", "arcfour,blowfish-cbc", "hmac-sha2-256", legacy);
		says(e, "as cipher it only offers arcfour, blowfish-cbc;", legacy ? "3des-cbc" : "aes128-ctr");
		expect(e, "ssh.gone");
	}
	struct buf many = { 0 }; /* libssh cuts its sentence, so do we */
	for (int i = 0; i < 60; i++)
		buf_printf(&many, "kex-number-%d@example,", i);
	buf_append(&many, "x", 2);
	e = offered(many.data, "ssh-rsa", "aes128-ctr", "hmac-sha2-256", true);
	says(e, "kex-number-12@example, ...;", "Tana offers curve25519-sha256, ");
	assert_true(strlen(e->msg.text) < 1200);
	expect(e, "ssh.gone");
	buf_free(&many);
}

static void changed_rsa(void **state)
{
	struct server one, two;
	struct server_order order = { .rsa = true, .kex = OLD_KEX, .host_keys = "ssh-rsa", .ciphers = "aes128-cbc", .macs = "hmac-sha1" };
	char text[1100];

	server_up(&one, &order);
	server_up(&two, &order);
	struct ssh_login login = ssh_login_of(&one);
	snprintf(text, sizeof text, "[127.0.0.1]:%d%s", one.port, strchr(two.known, ' '));
	write_text(ssh_known, text);
	login.legacy = true;
	struct err *e = ssh_try(&login);
	says(e, "has CHANGED", "SHA256:");
	expect(e, "ssh.key.changed");
	assert_int_equal(one.seen->passwords, 0);
	server_down(&one);
	server_down(&two);
}

/* A real sshd with the old algorithms; it offers hmac-md5, which nobody here has. */
static void real_sshd(void **state)
{
	struct sshd d;

	if (!sshd_up_with(&d, "KexAlgorithms diffie-hellman-group14-sha1,diffie-hellman-group-exchange-sha1\n"
			"Ciphers aes256-cbc\nMACs hmac-sha1\n"))
		skip();
	struct ssh_login login = { .host = "127.0.0.1", .port = d.port, .user = "root", .key_file = d.user_key,
		.known_hosts = d.known, .step_ms = 5000 };
	expect(ssh_try(&login), "ssh.old");
	login.legacy = true;
	fine(ssh_try(&login));
	login.ciphers = "aes128-ctr";
	expect(ssh_try(&login), "ssh.cipher.narrow");
	sshd_down(&d);

	assert_true(sshd_up_with(&d, "Ciphers aes128-ctr\nMACs hmac-md5\n"));
	login = (struct ssh_login){ .host = "127.0.0.1", .port = d.port, .user = "root", .key_file = d.user_key,
		.known_hosts = d.known, .step_ms = 5000 };
	for (int i = 0; i < 2; i++) {
		struct err *e = ssh_try(&login);
		says(e, "hmac-md5", "can be had here at all");
		expect(e, "ssh.gone");
		login.legacy = true;
	}
	sshd_down(&d);
}

static void ciphers(void **state)
{
	struct server s;

	server_up(&s, &(struct server_order){ .ciphers = "aes256-ctr,aes128-ctr" });
	struct ssh_login login = ssh_login_of(&s);
	login.ciphers = "aes128-ctr, aes192-ctr";
	fine(ssh_try(&login));
	login.ciphers = "";
	fine(ssh_try(&login));
	login.ciphers = "aes192-ctr";
	struct err *e = try_mismatch(&login);
	says(e, "aes256-ctr, aes128-ctr", "aes192-ctr. Widen");
	expect(e, "ssh.cipher.narrow");
	login.ciphers = "aes128-ctr,arcfour";
	e = ssh_try(&login);
	says(e, "arcfour", "");
	expect(e, "ssh.cipher.bad");
	login.ciphers = "aes128-cbc";
	expect(ssh_try(&login), "ssh.cipher.old");
	server_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(old), cmocka_unit_test(offers), cmocka_unit_test(changed_rsa), cmocka_unit_test(real_sshd),
		cmocka_unit_test(ciphers),
	};

	return cmocka_run_group_tests(tests, ssh_up, ssh_down);
}
