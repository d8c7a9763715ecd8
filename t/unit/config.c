/* lib/conf, kasp, zonelist, zonefetch: what is read, what is refused. */
#include <sys/stat.h>
#include <limits.h>
#include <unistd.h>

#include "conf.h"
#include "kasp.h"
#include "tap.h"
#include "zonefetch.h"
#include "zonelist.h"

static char folder[] = "/tmp/zonepipe-config.XXXXXX";
static char path[PATH_MAX];

static char *
load(const char *name)
{
	static char text[65536];
	FILE *f = fopen(name, "r");
	size_t n;

	if (f == NULL)
		exit(1);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	return text;
}

static void
store(const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fwrite(text, 1, len, f) != len || fclose(f) != 0)
		exit(1);
}

/* text with the first FROM replaced by TO, in the file at path. */
static void
store_changed(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	FILE *f = fopen(path, "w");

	if (at == NULL || f == NULL)
		exit(1);
	(void)fprintf(
	    f, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	if (fclose(f) != 0)
		exit(1);
}

enum what { CONF, KASP, ZONELIST, ZONEFETCH };
static const char *const samples[] = { "etc/conf.xml", "etc/kasp.xml",
	"t/data/zonelist.xml", "etc/zonefetch.xml" };

static int
read_it(enum what what, struct diag *d)
{
	struct conf *conf = NULL;
	struct kasp *kasp = NULL;
	struct zonelist *list = NULL;
	struct zonefetch *zf = NULL;
	int rc = -1;

	switch (what) {
	case CONF:
		rc = conf_read(&conf, path, NULL, d);
		break;
	case KASP:
		rc = kasp_read(&kasp, path, NULL, d);
		break;
	case ZONELIST:
		rc = zonelist_read(&list, path, NULL, d);
		break;
	case ZONEFETCH:
		rc = zonefetch_read(&zf, path, NULL, d);
		break;
	}
	if (rc == 0) {
		conf_free(conf);
		kasp_free(kasp);
		zonelist_free(list);
		zonefetch_free(zf);
	}
	return rc;
}

#define CATALOG(name, more)                                                    \
	"<ZoneList><Adapters><Catalog name=\"" name                            \
	"\"><Input><File>unsigned/catalog</File></Input>" more                 \
	"</Catalog></Adapters>"

static const struct refused {
	enum what what;
	const char *from, *to, *want;
} refused[] = {
	{ CONF, "local0", "local8",
	    ":38: Facility: 'local8' is not one of: kern" },
	{ CONF, "<Interval>PT1H</Interval>", "",
	    ": Enforcer: element Interval is missing" },
	{ CONF, "<WorkerThreads>4", "<WorkerThreads>0", "WorkerThreads" },
	{ CONF, "<WorkerThreads>4", "<WorkerThreads>-1", ": WorkerThreads: " },
	{ CONF, "<Signer>", "<Signer><Signer/>",
	    ": Signer: is unknown inside" },
	{ CONF, "<Repository name=\"SoftHSM\">", "<Repository>", "Repository" },
	{ CONF, "FlatFile>", "Oracle>", "" },
	{ CONF, "<Configuration>", "<Konfiguration>", "" },
	{ KASP, "P14D", "14 days", ": Default: '14 days' is not a duration" },
	{ KASP, "ECDSAP256SHA256", "3", ": Algorithm: '3' is no algorithm" },
	{ KASP, "name=\"nsec3\"", "name=\"default\"",
	    ": Policy: two policies are named default" },
	{ KASP, "<NSEC/>", "<NSEC/><NSEC3/>", ": NSEC3: element Hash" },
	{ KASP, "<NSEC/>", "", ": Denial: must hold one of" },
	{ KASP, "length=\"2048\"", "length=\"0\"", "Algorithm" },
	{ KASP, "length=\"2048\"", "bits=\"2048\"",
	    ": Algorithm: unknown attribute bits" },
	{ KASP, "unixtime", "unix", ": Serial: 'unix' is not one of: counter" },
	{ KASP, "<Standby>0", "<Standby>-1", ": Standby: " },
	{ KASP, "<TTL>P1D", "<TTL>P100Y", ": TTL: 'P100Y' is above" },
	{ KASP, "</Zone>", "<ServedBy>ns1</ServedBy></Zone>",
	    ": ServedBy: 'ns1' is not an IPv4 or IPv6 address" },
	{ ZONELIST, "<ZoneList>", "<ZoneList><Adapters/>",
	    "element Catalog is missing" },
	{ ZONELIST, "<ZoneList>", CATALOG("a.example", "<Policy>x</Policy>"),
	    "the name a.example. stands there twice" },
	{ ZONELIST, "<ZoneList>", CATALOG("c.example", ""),
	    "element Policy is missing" },
	{ ZONELIST, "<ZoneList>",
	    CATALOG("c.example", "<Policy>x</Policy><Group>y</Group>"),
	    "attribute name is missing" },
	{ ZONELIST, "  <!-- the end -->",
	    "<Adapters><Catalog name=\"c.example\"><Input><File>c</File>"
	    "</Input><Policy>x</Policy></Catalog></Adapters>",
	    "" }, /* it stands before the zones */
	{ ZONELIST, "<ZoneList>",
	    CATALOG("c.example",
		"<Policy>x</Policy><MaxRemovals>-1</MaxRemovals>"),
	    "not a number from 0" },
	{ KASP, "</Zone>", "<MaxShrink>101%</MaxShrink></Zone>",
	    ": MaxShrink: " },
	{ ZONELIST, "name=\"b.example\"", "name=\"A.EXAMPLE\"",
	    ": Zone: the name a.example. stands in line" },
	{ ZONELIST, ">signed/b.example", ">signed/a.example",
	    ": Zone: the output file signed/a.example stands in line" },
	{ ZONELIST, ">signed/b.example", ">unsigned/b.example",
	    ": Zone: input, output and signer configuration must be three" },
	{ ZONELIST, ">signed/b.example", ">", ": Zone: a path is empty" },
	{ ZONELIST, "<Policy>default</Policy>", "",
	    ": Zone: element Policy is missing" },
	{ ZONELIST, "type=\"File\"", "type=\"DNS\"", "is not supported" },
	{ ZONELIST, "name=\"b.example\"", "name=\"b..example\"",
	    ": Zone: 'b..example' is not a domain name" },
	{ ZONEFETCH, "192.0.2.2", "192.0.2.256", ": IPv4: '192.0.2.256'" },
	{ ZONEFETCH, "<IPv4>192.0.2.2</IPv4>", "", "RequestTransfer" },
	{ ZONEFETCH, "<Port>53<", "<Port>0<",
	    ": Port: '0' is not a port from 1 to 65535" },
	{ ZONEFETCH, "<Port>53<", "<Port>65536<",
	    ": Port: '65536' is not a port" },
	{ ZONEFETCH, "<Port>53<", "<Port>dns<", ": Port: 'dns'" },
	{ ZONEFETCH, "<Name>secret.example.com</Name>", "",
	    ": TSIG: element Name is missing" },
};

static void
test_refused(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		const struct refused *r = &refused[i];
		struct diag d = { 0 };
		const char *at;

		store_changed(load(samples[r->what]), r->from, r->to);
		ok(read_it(r->what, &d) == -1 && d.status == STATUS_USAGE &&
			strncmp(d.text, path, strlen(path)) == 0,
		    "%s with '%s' is refused", samples[r->what], r->to);
		at = strstr(d.text, r->want);
		ok(at != NULL, "%s", d.text + strlen(path));
	}
}

static void
test_cut(void)
{
	for (enum what w = CONF; w <= ZONEFETCH; w++) {
		char *text = strdup(load(samples[w]));
		const size_t len = strlen(text);
		size_t accepted = 0;

		for (size_t n = 0; n + 1 < len; n += 1 + n % 7) {
			store(text, n);
			accepted += read_it(w, NULL) == 0;
		}
		ok(accepted == 0, "%s: no cut of it is accepted", samples[w]);
		free(text);
	}
}

static void
test_conf(void)
{
	struct conf *c;
	struct diag d;

	if (conf_read(&c, "etc/conf.xml", NULL, &d) == -1) {
		ok(0, "%s", d.text);
		return;
	}
	is(c->state_dir, "/var/opendnssec", "state directory");
	is(c->facility, "local0", "facility");
	ok(c->interval == 3600 && c->worker_threads == 4 &&
		c->rollover_notification == -1 && c->max_clock_step == 172800,
	    "numbers and defaults");
	ok(c->ds_submit_command == NULL && !c->has_pin, "absent elements");
	conf_free(c);
	store_changed(load("etc/conf.xml"),
	    "<FlatFile>/var/opendnssec</FlatFile>",
	    "<SQLite>/some/where/kasp.db</SQLite>");
	if (conf_read(&c, path, NULL, &d) == -1)
		exit(1);
	ok(c->datastore == CONF_SQLITE, "an SQLite datastore is accepted");
	is(c->state_dir, "/some/where", "the flat files stand beside it");
	conf_free(c);
}

static void
test_kasp(void)
{
	const struct kasp_policy *p;
	struct kasp *k;
	struct diag d;

	if (kasp_read(&k, "etc/kasp.xml", NULL, &d) == -1) {
		ok(0, "%s", d.text);
		return;
	}
	ok(k->count == 4, "four policies");
	p = kasp_find(k, "default");
	ok(p != NULL && p->refresh == 4 * 86400 && p->dnskey_ttl == 3600 &&
		p->purge == 14 * 86400 && !p->nsec3 && !p->share_keys,
	    "the default policy");
	ok(p->key_count == 2 && p->key[0].ksk && !p->key[1].ksk &&
		p->key[0].algorithm == 13 && p->key[1].lifetime == 90 * 86400,
	    "its keys");
	p = kasp_find(k, "classic");
	ok(p != NULL && p->nsec3 && p->iterations == 0 && p->salt_length == 8 &&
		p->key[0].algorithm == 8 && p->key[0].bits == 2048,
	    "the classic policy");
	ok(kasp_find(k, "none") == NULL, "an unknown policy");
	kasp_free(k);
}

static const struct zonelist_zone added = { .name = (char[]){ "c.example." },
	.policy = (char[]){ "a&b" },
	.signconf = (char[]){ "signconf/c.xml" },
	.input = (char[]){ "unsigned/c" },
	.output = (char[]){ "signed/c" } };

static void
test_catalogs(void)
{
	struct zonelist *list = NULL;
	const struct zonelist_catalog *c;
	char *text = strdup(load("t/data/zonelist.xml"));
	struct diag d;

	store_changed(text, "<ZoneList>",
	    CATALOG("C.example",
		"<Policy>p</Policy><Group name=\"two words\">q</Group>"
		"<MaxRemovals>0</MaxRemovals><Group name=\"r\">s</Group>"));
	ok(zonelist_read(&list, path, NULL, &d) == 0, "catalogs are read");
	c = list == NULL ? NULL : zonelist_find_catalog(list, "c.example.");
	ok(c != NULL && strcmp(c->input, "unsigned/catalog") == 0 &&
		strcmp(c->policy, "p") == 0,
	    "by name, with file and policy");
	ok(c != NULL && c->group_count == 2 &&
		strcmp(c->group[0].name, "two words") == 0 &&
		strcmp(c->group[1].policy, "s") == 0,
	    "groups in their order");
	ok(c != NULL && c->max_removals == 0 &&
		c->max_members == ZONELIST_MAX_MEMBERS,
	    "limits, stated and not");
	ok(list != NULL && list->count == 3, "beside the zones");
	zonelist_free(list);
	free(text);
}

#define NAMES(...) ((const char *const[]){ __VA_ARGS__ })

static void
test_edit(void)
{
	char *text = strdup(load("t/data/zonelist.xml")), *more, *less;
	struct zonelist *list;
	struct diag d;
	size_t len, less_len;

	ok(zonelist_text_add(text, strlen(text), &added, 1, &more, &len, &d) == 0,
	    "a zone is added");
	if (zonelist_parse(&list, "it", more, len, NULL, &d) == -1) {
		ok(0, "%s", d.text);
		return;
	}
	ok(list->count == 4 && strcmp(list->zone[3].name, "c.example.") == 0 &&
		strcmp(list->zone[3].policy, "a&b") == 0,
	    "it is the last one");
	zonelist_free(list);
	ok(strstr(more,
	       "\n  <Zone name=\"c.example\">\n    <Policy>a&amp;b<") != NULL,
	    "in the layout of the others");
	ok(zonelist_text_delete(
	       more, len, NAMES("c.example."), 1, &less, &less_len, &d) == 0,
	    "and deleted again");
	is(less, text, "which gives the old text, comments and all");
	free(less);
	free(more);
	ok(zonelist_text_delete(
	       text, strlen(text), NAMES("b.example."), 1, &less, &less_len, &d) == 0,
	    "one in the middle is deleted");
	ok(strstr(less, "name=\"b.example\"") == NULL &&
		strstr(less, "<!-- <Zone name=\"no\"> -->") != NULL,
	    "and comments with a Zone in them are not");
	free(less);
	ok(zonelist_text_delete(
	       text, strlen(text), NAMES("a.example.", "x."), 2, &less, &less_len, &d) == -1 &&
		d.status == STATUS_BAD,
	    "an unknown zone");
	free(text);
	text = strdup(load("t/data/zonelist.xml"));
	ok(zonelist_text_delete(text, strlen(text),
	       NAMES("odd.example.", "a.example."), 2, &less, &less_len,
	       &d) == 0 &&
		zonelist_parse(&list, "it", less, less_len, NULL, &d) == 0 &&
		list->count == 1 &&
		strcmp(list->zone[0].name, "b.example.") == 0,
	    "two at once");
	zonelist_free(list);
	ok(strstr(less, "<!-- the end -->") != NULL &&
		strstr(less, "odd") == NULL,
	    "and nothing else");
	free(less);
	free(text);
	text = zonelist_text_empty();
	ok(zonelist_text_add(text, strlen(text), &added, 1, &more, &len, &d) ==
		    0 &&
		zonelist_parse(&list, "it", more, len, NULL, &d) == 0 &&
		list->count == 1,
	    "the first zone of an empty list");
	zonelist_free(list);
	free(text);
	free(more);
	ok(zonelist_text_add("<ZoneList/>", 11, &added, 1, &more, &len, &d) == 0 &&
		zonelist_parse(&list, "it", more, len, NULL, &d) == 0 &&
		list->count == 1,
	    "and of <ZoneList/>");
	zonelist_free(list);
	free(more);
	ok(zonelist_text_add("<?xml version=\"1.0\" encoding=\"UTF-16\"?>", 39,
	       &added, 1, &more, &len, &d) == -1 &&
		d.status == STATUS_USAGE,
	    "another encoding is refused");
}

static void
test_special_files(void)
{
	struct diag d;

	(void)unlink(path);
	ok(read_it(CONF, &d) == -1 && d.status == STATUS_SYSTEM,
	    "a file that is not there");
	if (mkfifo(path, 0600) == -1)
		exit(1);
	ok(read_it(CONF, &d) == -1 &&
		strstr(d.text, "not a regular file") != NULL,
	    "a pipe is refused and not waited for");
}

int
main(void)
{
	const char *source = getenv("ZONEPIPE_SOURCE");

	if (source != NULL && chdir(source) == -1)
		return 1;
	if (mkdtemp(folder) == NULL)
		return 1;
	(void)snprintf(path, sizeof(path), "%s/it.xml", folder);
	test_conf();
	test_kasp();
	test_catalogs();
	test_edit();
	test_refused();
	test_cut();
	test_special_files();
	(void)unlink(path);
	(void)rmdir(folder);
	return done();
}
