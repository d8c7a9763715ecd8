/* Files that belong to a zone besides those zonelist.xml names. */
#ifndef KEYSTATE_PATHS_H
#define KEYSTATE_PATHS_H

/*
 * The DNSKEY records that read-zone merges into the zone: beside the signconf,
 * with .dnskeys in place of .xml.  buf is of PATH_MAX.  -1: too long.
 */
int paths_dnskeys(const char *signconf, char *buf);

#endif
