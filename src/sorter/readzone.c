#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "name.h"
#include "pathlist.h"
#include "readzone.h"
#include "report.h"
#include "rrtext.h"
#include "rrtype.h"
#include "zonesource.h"

#define ERRORS_SHOWN  20 /* of a zone; the rest is a number */
#define DROPPED_SHOWN 3	 /* out-of-zone records by file and line */

/* What is left out: a count each on ";end". */
enum dropped {
	KEPT,
	DROPPED_RRSIG,
	DROPPED_NSEC,
	DROPPED_NSEC3,
	DROPPED_NSEC3PARAM,
	DROPPED_ZONEMD,
	DROPPED_DNSKEY,
	DROPPED_CDS,
	DROPPED_CDNSKEY,
	DROPPED_OUTSIDE,
	DROPPED_SOA,
	DROPPED_KINDS
};

static const struct kind {
	uint16_t type;
	bool apex_only; /* away from the apex it says nothing of the zone */
	bool strip;	/* only with --strip, and of the first input: what is
			 * merged with a zone is meant to be there */
	const char *key, *what;
} kinds[DROPPED_KINDS] = {
	[DROPPED_RRSIG] = { RRTYPE_RRSIG, false, false,
	    "read-zone.rrsig", "RRSIG" },
	[DROPPED_NSEC] = { RRTYPE_NSEC, false, false,
	    "read-zone.nsec", "NSEC" },
	[DROPPED_NSEC3] = { RRTYPE_NSEC3, false, false,
	    "read-zone.nsec3", "NSEC3" },
	[DROPPED_NSEC3PARAM] = { RRTYPE_NSEC3PARAM, false, false,
	    "read-zone.nsec3param", "NSEC3PARAM" },
	[DROPPED_ZONEMD] = { RRTYPE_ZONEMD, true, false,
	    "read-zone.zonemd", "ZONEMD" },
	[DROPPED_DNSKEY] = { RRTYPE_DNSKEY, false, true,
	    "read-zone.dnskey", "DNSKEY" },
	[DROPPED_CDS] = { RRTYPE_CDS, false, true,
	    "read-zone.cds", "CDS" },
	[DROPPED_CDNSKEY] = { RRTYPE_CDNSKEY, false, true,
	    "read-zone.cdnskey", "CDNSKEY" },
	[DROPPED_OUTSIDE] = { 0, false, false,
	    "read-zone.out-of-zone", "out-of-zone" },
	[DROPPED_SOA] = { 0, false, false,
	    "read-zone.repeated-soa", "repeated SOA" },
};

struct readzone {
	const struct readzone_options *o;
	struct zonetext_writer *w;
	struct rrtext *text;
	char *line; /* RRTEXT_SIZE */
	enum status status;
	uint64_t good;

	/* Of the zone that is read. */
	struct zonesource *source;
	struct readzone_job *job;
	bool begun;		  /* its name is known */
	char name[NAME_TEXT_MAX]; /* canonical text */
	const uint8_t *apex;	  /* the same as wire */
	size_t apex_len;
	char soa_place[300]; /* of the first SOA, or empty */
	uint8_t soa[2 * NAME_WIRE_MAX + 20]; /* its RDATA */
	size_t soa_len;
	uint64_t errors;
	struct diag worst; /* the first error of the highest status */
	uint64_t dropped[DROPPED_KINDS];
	uint32_t max_ttl; /* of the zone as it stands there */

	/* The owner of the last record; its text stands in line already. */
	uint8_t owner[NAME_WIRE_MAX];
	size_t owner_len, owner_text_len;
	bool owner_inside, owner_is_apex;
};

int
readzone_new(struct readzone **out, const struct readzone_options *o,
    struct zonetext_writer *w, struct diag *d)
{
	struct readzone *rz = calloc(1, sizeof(*rz));

	if (rz == NULL)
		return diag_system(d, "read-zone");
	rz->o = o;
	rz->w = w;
	if (rrtext_new(&rz->text, d) == -1)
		goto fail;
	if ((rz->line = malloc(RRTEXT_SIZE)) == NULL) {
		diag_system(d, "read-zone");
		goto fail;
	}
	*out = rz;
	return 0;
fail:
	readzone_free(rz);
	return -1;
}

void
readzone_free(struct readzone *rz)
{
	if (rz == NULL)
		return;
	rrtext_free(rz->text);
	free(rz->line);
	free(rz);
}

enum status
readzone_status(const struct readzone *rz)
{
	return rz->status;
}

uint64_t
readzone_good(const struct readzone *rz)
{
	return rz->good;
}

static void
note_error(struct readzone *rz, const struct diag *d)
{
	if (rz->errors++ == 0 || d->status > rz->worst.status)
		rz->worst = *d;
	if (rz->errors <= ERRORS_SHOWN)
		(void)report_diag(d);
}

/* A warning; an error with --strict. */
static void
note_warning(void *ctx, const char *text)
{
	struct readzone *rz = ctx;
	struct diag d;

	if (!rz->o->strict) {
		report_warn("%s", text);
		return;
	}
	diag_set(&d, STATUS_BAD, "%s (--strict)", text);
	note_error(rz, &d);
}

/* The zone's name is known now. */
static void
begin_zone(struct readzone *rz)
{
	rz->apex = zonesource_origin(rz->source);
	rz->apex_len = (size_t)name_wire_length(rz->apex, NAME_WIRE_MAX);
	(void)name_to_text(rz->apex, true, rz->name);
	zonetext_begin(rz->w, rz->name, &rz->job->keys);
	rz->begun = true;
	if (rz->job->origin == NULL)
		report_info("%s is the zone's name, the owner of its SOA",
		    rz->name);
}

/* Is name the zone's or below it?  Both are lower case. */
static bool
is_inside(const struct readzone *rz, const uint8_t *name, size_t len)
{
	size_t n = 0;

	if (len < rz->apex_len ||
	    memcmp(name + len - rz->apex_len, rz->apex, rz->apex_len) != 0)
		return false;
	/* The apex must begin where a label does. */
	while (n < len - rz->apex_len)
		n += 1U + name[n];
	return n == len - rz->apex_len;
}

static void
take_owner(struct readzone *rz, const struct zonesource_record *rec)
{
	if (rec->owner_len == rz->owner_len &&
	    memcmp(rec->owner, rz->owner, rec->owner_len) == 0)
		return;
	memcpy(rz->owner, rec->owner, rec->owner_len);
	rz->owner_len = rec->owner_len;
	rz->owner_inside = is_inside(rz, rec->owner, rec->owner_len);
	rz->owner_is_apex = rz->owner_inside && rec->owner_len == rz->apex_len;
	rz->owner_text_len = name_to_text(rec->owner, false, rz->line);
}

/* What is to be done with a record of this type at the last owner. */
static enum dropped
judge(const struct readzone *rz, uint16_t type)
{
	if (!rz->owner_inside)
		return DROPPED_OUTSIDE;
	if (type < RRTYPE_RRSIG || type > RRTYPE_ZONEMD || rz->o->keep_dnssec)
		return KEPT;
	for (int i = KEPT + 1; i < DROPPED_OUTSIDE; i++)
		if (kinds[i].type == type)
			return (kinds[i].apex_only && !rz->owner_is_apex) ||
				(kinds[i].strip &&
				    (!rz->o->strip ||
					zonesource_input(rz->source) > 0)) ?
			    KEPT : (enum dropped)i;
	return KEPT;
}

static void
drop(struct readzone *rz, enum dropped as)
{
	char text[DIAG_TEXT_MAX];

	rz->dropped[as]++;
	if (as != DROPPED_OUTSIDE || rz->dropped[as] > DROPPED_SHOWN)
		return;
	(void)snprintf(text, sizeof(text),
	    "%s: %.*s is not in zone %.300s: dropped (RFC 1035 §5.2)",
	    zonesource_place(rz->source),
	    (int)(rz->owner_text_len < 300 ? rz->owner_text_len : 300),
	    rz->line, rz->name);
	note_warning(rz, text);
}

/*
 * RFC 1035 §5.2: exactly one SOA, and it is at the apex.  What a zone transfer
 * wrote ends with the SOA once more (RFC 5936 §2.2): that one is dropped.
 * 1: keep; 0: drop; -1.
 */
static int
check_soa(struct readzone *rz, const struct zonesource_record *rec,
    struct diag *d)
{
	if (!rz->owner_is_apex)
		return diag_set(d, STATUS_BAD,
		    "%s: SOA at %.*s, which is not the apex %.300s (RFC 1035 "
		    "§5.2)",
		    zonesource_place(rz->source),
		    (int)(rz->owner_text_len < 300 ? rz->owner_text_len : 300),
		    rz->line, rz->name);
	if (rz->soa_place[0] == '\0') {
		(void)snprintf(rz->soa_place, sizeof(rz->soa_place), "%s",
		    zonesource_place(rz->source));
		memcpy(rz->soa, rec->rdata, rec->rdata_len);
		rz->soa_len = rec->rdata_len;
		return 1;
	}
	if (rec->rdata_len != rz->soa_len ||
	    memcmp(rec->rdata, rz->soa, rz->soa_len) != 0)
		return diag_set(d, STATUS_BAD,
		    "%s: a second SOA; the first is at %s (RFC 1035 §5.2)",
		    zonesource_place(rz->source), rz->soa_place);
	return 0;
}

static int
take_record(struct readzone *rz, const struct zonesource_record *rec,
    struct diag *d)
{
	enum dropped as;
	int len, rc;

	if (!rz->begun)
		begin_zone(rz);
	take_owner(rz, rec);
	as = judge(rz, rec->type);
	if (as != DROPPED_OUTSIDE && rec->ttl > rz->max_ttl)
		rz->max_ttl = rec->ttl;
	if (as != KEPT) {
		drop(rz, as);
		return 0;
	}
	if (rec->type == RRTYPE_SOA) {
		if ((rc = check_soa(rz, rec, d)) == -1)
			return -1;
		if (rc == 0) {
			drop(rz, DROPPED_SOA);
			return 0;
		}
	}
	len = rrtext_write_line(rz->text, rz->line, rz->owner_text_len,
	    rec->ttl, rec->type, rec->rdata, rec->rdata_len, rz->line,
	    RRTEXT_SIZE, d);
	if (len == -1)
		return diag_prefix(d, "%s", zonesource_place(rz->source));
	/* Of a zone that has failed nothing more is needed but its errors. */
	if (rz->errors == 0)
		zonetext_put_line(rz->w, rz->line, (size_t)len, rec->ttl);
	return 0;
}

/*
 * How long the zone as it stands in the files may be cached by those who asked
 * before it was signed; negative answers no longer than that (RFC 2308 §5).
 * Later filters change TTLs, so it is noted here.
 */
static int
tell_max_ttl(const struct readzone *rz, struct zonetext_keys *counts)
{
	return zonetext_set_u64(counts, "read-zone.max-ttl", rz->max_ttl);
}

/* What was left out: for ";end", and for people. */
static int
tell_dropped(struct readzone *rz, struct zonetext_keys *counts)
{
	for (int i = KEPT + 1; i < DROPPED_KINDS; i++)
		if (rz->dropped[i] > 0) {
			if (zonetext_set_u64(counts, kinds[i].key,
				rz->dropped[i]) == -1)
				return -1;
			report_warn("%s: %llu %s records dropped", rz->name,
			    (unsigned long long)rz->dropped[i],
			    kinds[i].what);
		}
	return 0;
}

static void
finish_zone(struct readzone *rz)
{
	struct zonetext_keys counts = { NULL, 0 };
	struct diag d;

	if (rz->errors == 0 && rz->soa_place[0] == '\0') {
		diag_set(&d, STATUS_BAD, "%s: %.300s has no SOA (RFC 1035 §5.2)",
		    rz->job->paths[0], rz->name);
		note_error(rz, &d);
	}
	if (tell_max_ttl(rz, &counts) == -1 ||
	    tell_dropped(rz, &counts) == -1) {
		diag_system(&d, "%.300s", rz->name);
		note_error(rz, &d);
	}
	if (rz->errors > ERRORS_SHOWN)
		report_error("%s: %llu errors in all", rz->name,
		    (unsigned long long)rz->errors);
	if (rz->errors == 0) {
		zonetext_end(rz->w, &counts);
		rz->good++;
	} else {
		zonetext_fail(rz->w, rz->name, rz->worst.status,
		    rz->worst.text);
		if (rz->worst.status > rz->status)
			rz->status = rz->worst.status;
	}
	zonetext_keys_free(&counts);
}

/* sort-zone names file and line of a failed check by reading these again. */
static int
set_inputs(struct readzone_job *job, struct diag *d)
{
	char *list;
	int rc;

	if (zonetext_get(&job->keys, "inputs") != NULL)
		return 0;
	list = pathlist_join(job->paths, job->count);
	rc = list != NULL ? zonetext_set(&job->keys, "inputs", list) : -1;
	free(list);
	return rc == -1 ? diag_system(d, "header") : 0;
}

static void
read_records(struct readzone *rz)
{
	struct zonesource_record rec;
	struct diag d;
	int rc;

	while ((rc = zonesource_next(rz->source, &rec, &d)) != 0) {
		if (rc == 1 && take_record(rz, &rec, &d) == 0)
			continue;
		note_error(rz, &d);
		if (zonesource_ended(rz->source))
			break;
	}
}

int
readzone_zone(struct readzone *rz, struct readzone_job *job, struct diag *d)
{
	struct zonesource_options options = { job->paths, job->count,
		job->origin, note_warning, rz };
	char origin[NAME_TEXT_MAX];
	uint8_t wire[NAME_WIRE_MAX];

	if (job->origin == NULL &&
	    zonesource_find_origin(job->paths[0], wire) > 0) {
		(void)name_to_text(wire, true, origin);
		options.origin = origin;
	}
	rz->job = job;
	rz->begun = false;
	rz->soa_place[0] = '\0';
	rz->errors = 0;
	rz->owner_len = 0;
	rz->max_ttl = 0;
	memset(rz->dropped, 0, sizeof(rz->dropped));
	if (set_inputs(job, d) == -1 ||
	    zonesource_open(&rz->source, &options, d) == -1)
		return -1;
	if (options.origin != NULL)
		begin_zone(rz);
	read_records(rz);
	if (!rz->begun && zonesource_origin(rz->source) != NULL)
		begin_zone(rz);
	if (rz->begun)
		finish_zone(rz);
	else
		diag_set(d, rz->errors > 0 ? rz->worst.status : STATUS_BAD,
		    "%s: no SOA could be read, so that the zone's name is not "
		    "known (RFC 1035 §5.2)", job->paths[0]);
	zonesource_close(rz->source);
	rz->source = NULL;
	return rz->begun ? 0 : -1;
}

void
readzone_refuse(struct readzone *rz, const char *zone, const struct diag *d)
{
	(void)report_diag(d);
	zonetext_begin(rz->w, zone, NULL);
	zonetext_fail(rz->w, zone, d->status, d->text);
	if (d->status > rz->status)
		rz->status = d->status;
}
