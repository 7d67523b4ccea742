/* Messages and errors: every text meant for people is {id, args, text}. The id is stable (consoles translate by
 * it, audit stores it), the args are typed, the text is the English sentence made from both.
 * Sentences live in messages.def, one row each; nothing else in the program writes prose for people. */
#ifndef TANA_ERROR_H
#define TANA_ERROR_H

#include <jansson.h>
#include <stdbool.h>

struct msg {
	const char *id;  /* row of messages.def, static */
	json_t *args;    /* object, owned; NULL when the sentence has no holes */
	char *text;      /* English, owned, cleaned of control characters */
};

/* What kind of answer an error is: it decides the exit status of a command and the colour on a screen. */
enum err_class {
	ERR_FAILED,      /* tried, did not work                                   exit 1 */
	ERR_USAGE,       /* asked in a way that has no meaning                     exit 2 */
	ERR_NOTFOUND,    /* no such object, or none that this user may know        exit 2 */
	ERR_LIMIT,       /* over a limit                                           exit 3 */
	ERR_LEASE,       /* somebody else holds it                                 exit 3 */
	ERR_ROLE,        /* this user may not                                      exit 3 */
	ERR_PROTECTED,   /* the object is protected                                exit 3 */
	ERR_CONFIRM,     /* confirmation missing, wrong, or no longer fitting      exit 3 */
	ERR_UNSUPPORTED, /* this host cannot do it                                 exit 3 */
	ERR_STATE,       /* the object's state forbids it (already off, ...)       exit 3 */
	ERR_UNREACHABLE, /* host or broker not there                               exit 4 */
	ERR_TIMEOUT,     /* no answer before the deadline; outcome may be unknown  exit 4 */
	ERR_INTERNAL,    /* cannot be: a bug, said as one                          exit 1 */
	ERR_CLASS_COUNT
};

struct err {
	enum err_class class;
	struct msg msg;
};

/* msg_make: id is a row of messages.def; fmt is a json_pack object format ("{s:s, s:i}") or NULL.
 * An unknown id or a bad format aborts (it is a bug and every row is covered by a test). */
void msg_make(struct msg *m, const char *id, const char *fmt, ...);
void msg_make_va(struct msg *m, const char *id, const char *fmt, va_list ap);
/* From the wire or the store; unknown ids keep their text. Strings are cleaned. False if it is no message. */
bool msg_from_json(struct msg *m, json_t *j);
json_t *msg_to_json(const struct msg *m);          /* new reference: {"msg":id,"args":{...},"text":...} */
void msg_copy(struct msg *to, const struct msg *from);
void msg_free(struct msg *m);                      /* what is inside; m itself is the caller's */
const char *msg_template(const char *id);          /* the English template, NULL when unknown */
const char *msg_row(size_t i);                     /* the English template of row i; NULL behind the last */
/* Fills a template's {holes} from args; the caller frees. */
char *msg_format(const char *template, json_t *args);

/* Another language than English, set by consoles alone: msg_make and msg_from_json make their text from its templates then.
 * msg_to_json, and with it what programs read, stays English. */
struct msg_language {
	const char *(*template)(const char *id, const char *english); /* borrowed; english itself where there is nothing to say */
	char *(*value)(const char *hole, const char *english);        /* what fills a hole, the caller frees; NULL: as it stands */
};
void msg_language_set(const struct msg_language *l);              /* borrowed; NULL: English */
/* What filled the holes of a template to give this sentence: a new object of strings, or NULL where there is no way or more than
 * one. Bounded: a sentence that would take too long has none. */
json_t *msg_args_of(const char *template, const char *english);
size_t msg_literal_bytes(const char *template);    /* of its own, holes left out */

/* Errors: NULL means success; who receives one frees it, or passes it up. */
struct err *err_new(enum err_class class, const char *id, const char *fmt, ...) __attribute__((warn_unused_result));
struct err *err_sys(enum err_class class, const char *what, const char *name, int errnum) /* "os.error" */
	__attribute__((warn_unused_result));
const char *err_reason(int errnum);                /* in English as every row is, whatever the locale; static, never NULL */
struct err *err_copy(const struct err *e);         /* NULL stays NULL; the caller's to free */
void err_free(struct err *e);
const char *err_class_name(enum err_class class);  /* "failed", "usage", ... as on the wire */
bool err_class_from_name(const char *name, enum err_class *out);
int err_exit_status(enum err_class class);

#endif
