/* sign-rrsets(1): a chained stream in, the same with RRSIGs out. */
#include "filter.h"
#include "progress.h"
#include "signer.h"

struct sign_rrsets {
	struct filter_options common;
	struct signer_options o;
	struct signer *signer;
};

static int
prepare(void *ctx, struct diag *d)
{
	struct sign_rrsets *p = ctx;

	p->o.times.now = p->common.now;
	if (p->o.progress)
		progress_start();
	return signer_new(&p->signer, &p->o, p->common.batch, d);
}

/* The frame's loop, and then the workers must have ended well. */
static enum status
run(void *ctx, struct zonetext_reader *r, struct zonetext_writer *w,
    bool *broken, struct diag *d)
{
	struct sign_rrsets *p = ctx;
	enum status status = zonetext_filter(r, w, &signer_ops, p->signer,
	    filter_complain, broken, d);

	if (*broken)
		return status;
	if (signer_free(p->signer, d) == -1) {
		*broken = true;
		status = d->status;
	}
	p->signer = NULL;
	return status;
}

static void
cleanup(void *ctx)
{
	struct sign_rrsets *p = ctx;

	(void)signer_free(p->signer, NULL);
	cli_list_free(&p->o.ksk);
	cli_list_free(&p->o.zsk);
}

int
main(int argc, char **argv)
{
	static struct sign_rrsets p;
	struct signer_options *o = &p.o;
	const struct cli_option options[] = {
		{ 0, "ksk", CLI_LIST, &o->ksk, "[ALG:]URI",
		    "signs DNSKEY, CDS, CDNSKEY; repeatable" },
		{ 0, "zsk", CLI_LIST, &o->zsk, "[ALG:]URI",
		    "signs the rest; URI: pkcs11:... or file:PATH" },
		{ 0, "signconf", CLI_TEXT, &o->signconf, "FILE",
		    "keys and times from keystate's file" },
		{ 'c', "conf", CLI_TEXT, &o->conf, "FILE",
		    "conf.xml: the repositories of those keys" },
		{ 0, "pin-file", CLI_TEXT, &o->pin_file, "FILE",
		    "PIN of tokens whose URI names none" },
		{ 0, "previous", CLI_TEXT, &o->previous, "FILE",
		    "keep its signatures that are still good" },
		{ 0, "previous-digest", CLI_TEXT, &o->previous_digest, "HEX",
		    "" },
		{ 0, "immediate", CLI_FLAG, &o->immediate, NULL,
		    "" },
		{ 0, "validity", CLI_DURATION, &o->times.validity, "D",
		    "of signatures, from now (P14D)" },
		{ 0, "validity-denial", CLI_DURATION,
		    &o->times.validity_denial, "D", "of NSEC and NSEC3" },
		{ 0, "validity-keys", CLI_DURATION, &o->times.validity_keys,
		    "D", "of DNSKEY, CDS and CDNSKEY" },
		{ 0, "jitter", CLI_DURATION, &o->times.jitter, "D",
		    "expirations vary by up to D each way (PT12H)" },
		{ 0, "refresh", CLI_DURATION, &o->times.refresh, "D",
		    "renew what has less than D left (P5D)" },
		{ 0, "inception-offset", CLI_DURATION,
		    &o->times.inception_offset, "D", "" },
		{ 0, "inception", CLI_MOMENT, &o->times.inception, "TIME",
		    "" },
		{ 0, "expiration", CLI_MOMENT, &o->times.expiration, "TIME",
		    "" },
		{ 0, "only", CLI_TEXT, &o->only, "TYPE",
		    "" },
		{ 0, "allow-unpublished", CLI_FLAG,
		    &o->rules.allow_unpublished, NULL,
		    "" },
		{ 0, "allow-unsigned", CLI_FLAG, &o->rules.allow_unsigned,
		    NULL, "a DNSKEY algorithm may be without keys" },
		{ 0, "no-verify", CLI_FLAG, &o->no_verify, NULL,
		    "an audit of the result follows" },
		{ 0, "seed", CLI_TEXT, &o->seed, "TEXT", "" },
		{ 'j', "jobs", CLI_U32, &o->jobs, "N",
		    "signing processes (one a core)" },
		{ 0, "report", CLI_FLAG, &o->report, NULL,
		    "say what was kept and made" },
		{ 0, "progress", CLI_FLAG, &o->progress, NULL,
		    "show a bar on a terminal" },
		{ 0 },
	};
	const struct filter filter = {
		.program = "sign-rrsets",
		.synopsis = "--ksk KEY --zsk KEY [options] < chained > signed",
		.summary = "Sign the RRsets of a zone stream; keep what is "
			   "still good.",
		.options = options,
		.common = &p.common,
		.ctx = &p,
		.prepare = prepare,
		.cleanup = cleanup,
		.run = run,
	};

	times_defaults(&o->times);
	return filter_main(&filter, argc, argv);
}
