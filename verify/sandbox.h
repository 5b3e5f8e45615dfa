/* Sandbox: what exhibit can still do once its inputs are known.
 *
 * Evidence is written by attackers and goes through many decoders. After sandbox_enter
 * the process reads below the given paths, writes below given folders (and to a file
 * without a name that was opened before: spool.h), and does nothing else: Landlock
 * (landlock(7)) for files, seccomp (seccomp(2)) for network, other programs, tracing,
 * mounting, kernel modules. It holds for all threads made afterwards and cannot be taken
 * back.
 */
#ifndef VERIFY_SANDBOX_H
#define VERIFY_SANDBOX_H

struct sandbox_paths {
    const char *const *read;  /* files or folders; ends with NULL; may be NULL */
    const char *const *write; /* folders; the same */
};

/* Says what took hold: "landlock and seccomp", "seccomp", "landlock", or "none: …" with
 * the reason; static. The caller goes on in each case and tells. */
const char *sandbox_enter(const struct sandbox_paths *paths);

#endif
