#ifndef VERSION_H
#define VERSION_H

#define ZONEPIPE_VERSION "0.1"

#endif
