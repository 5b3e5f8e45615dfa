/* Crew: commands of our own program, each in a process of its own under limits, so that
 * one bad case harms no other; so many at a time.
 */
#ifndef ANALYZE_BATCH_CREW_H
#define ANALYZE_BATCH_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct limits {
    uint64_t memory;  /* bytes of private memory of one process; 0: none */
    unsigned seconds; /* of wall clock; 0: none */
};

/* One command. Strings are borrowed until `ended` was called for it. */
struct task {
    const char *const *argv; /* after the program's name; NULL-terminated */
    const char *output;      /* file that standard output goes to; NULL: into `log` */
    const char *log;         /* file for standard error */
    struct limits limits;
};

enum ending {
    ENDING_EXIT,
    ENDING_SIGNAL,
    ENDING_TIME,
    ENDING_NOT_STARTED,
    ENDING_STOPPED, /* we were told to stop, and stopped it */
};

struct ended {
    enum ending how;
    int value;     /* exit status, signal, or errno */
    uint64_t peak; /* bytes of memory it held at most */
};

struct crew {
    size_t jobs; /* processes at a time */
    void *context;
    /* The next command, or false when there is none now. Sets *index, which is handed
     * back. Asked again whenever something ended. */
    bool (*next)(void *context, size_t *index, struct task *task);
    void (*ended)(void *context, size_t index, const struct ended *e);
    /* Called about four times a second while anything runs; may be NULL. */
    void (*tick)(void *context, size_t running);
};

/* Until every command has ended; 0, or the signal (SIGINT, SIGTERM, SIGHUP) that told us
 * to stop: then what ran was killed. When this process dies, however, its children die.
 */
int crew_run(const struct crew *c);

#endif
