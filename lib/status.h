/*
 * The exit status of every program, and of every zone in a stream: the
 * interface of DESIGN §2, named once.
 */
#ifndef STATUS_H
#define STATUS_H

enum status {
	STATUS_OK = 0,	   /* done */
	STATUS_BAD = 1,	   /* data, policy or verdict is bad: a person must look */
	STATUS_USAGE = 2,  /* wrong usage or configuration */
	STATUS_SYSTEM = 3, /* disk, HSM, lock: trying again may help */
};

#endif
