#include "verify/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "verify/split.h"
#include "verify/spool.h"

/* The leak checker of the sanitizers stops its own threads by ptrace and reads /proc. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* -- Landlock --------------------------------------------------------------------------
 */

#define READ_FILE   LANDLOCK_ACCESS_FS_READ_FILE
#define READ_FOLDER (READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE_FOLDER                                                                     \
    (READ_FOLDER | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |         \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                      \
     LANDLOCK_ACCESS_FS_REMOVE_DIR)
/* All rights of the first version: those of later ones are handled where they are known
 * to this kernel's headers. */
#define ALL_RIGHTS                                                                       \
    (WRITE_FOLDER | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |          \
     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                       \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

static bool allow(int rules, const char *path, uint64_t folder_rights)
{
    struct stat status;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    struct landlock_path_beneath_attr beneath = {
        .allowed_access = S_ISDIR(status.st_mode) ? folder_rights : READ_FILE,
        .parent_fd = fd,
    };
    bool done = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
                        &beneath, 0) == 0;
    close(fd);
    return done;
}

/* The others of a split archive, which lie beside the first, or beside zip's last. */
static void allow_parts(int rules, const char *part)
{
    struct bytes stem;
    struct text name = {0}, last = {0};
    bool more = split_zip_first(bytes_str(part), &name);
    if (more)
        more = allow(rules, text_c(&name), 0);
    else
        text_str(&name, part);
    more = more || split_first(text_bytes(&name), &stem);
    while (more && split_next(&name))
        more = allow(rules, text_c(&name), 0);
    if (split_zip_last(text_bytes(&name), &last))
        allow(rules, text_c(&last), 0);
    text_release(&name);
    text_release(&last);
}

static bool allow_all(int rules, const struct sandbox_paths *paths)
{
    /* A path that does not exist needs no rule: opening it will say so. */
    for (const char *const *p = paths->read; p && *p; p++) {
        allow(rules, *p, READ_FOLDER);
        allow_parts(rules, *p);
    }
    if (SANITIZED)
        allow(rules, "/proc", READ_FOLDER);
    bool done = true;
    for (const char *const *p = paths->write; p && *p; p++)
        done = allow(rules, *p, WRITE_FOLDER) && done;
    return done;
}

static bool enter_landlock(const struct sandbox_paths *paths)
{
    const struct landlock_ruleset_attr handled = {.handled_access_fs = ALL_RIGHTS};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
    if (rules < 0)
        return false;
    bool held =
        allow_all(rules, paths) && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    close(rules);
    return held;
}

/* -- seccomp ---------------------------------------------------------------------------
 */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef ARCHITECTURE
/* Calls by which a process reaches beyond files that it may open. */
static const uint32_t refused[] = {
    SYS_socket,
    SYS_socketpair,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_sendto,
    SYS_sendmsg,
    SYS_recvfrom,
    SYS_recvmsg,
    SYS_execve,
    SYS_execveat,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_unshare,
    SYS_setns,
    SYS_open_by_handle_at,
    SYS_userfaultfd,
    SYS_reboot,
    SYS_swapon,
    SYS_io_uring_setup,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsmount,
    SYS_ptrace, /* last: see SANITIZED */
};

#define LOAD(field)                                                                      \
    (struct sock_filter)                                                                 \
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, (value))
#define IF_EQUAL(value, skip_else)                                                       \
    (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip_else))
#define IF_LEAST(value, skip_else)                                                       \
    (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (value), 0, (skip_else))
/* The other numbering of x86-64, by which every refused call could be made as well. */
#define X32_CALLS 0x40000000u

static bool enter_seccomp(void)
{
    enum { REFUSED = sizeof refused / sizeof *refused - SANITIZED };
    struct sock_filter code[8 + 2 * REFUSED];
    unsigned short n = 0;
    code[n++] = LOAD(arch);
    code[n++] = IF_EQUAL(ARCHITECTURE, 1);
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0);
    code[n++] = RETURN(SECCOMP_RET_KILL_PROCESS);
    code[n++] = LOAD(nr);
    code[n++] = IF_LEAST(X32_CALLS, 1);
    code[n++] = RETURN(SECCOMP_RET_ERRNO | EPERM);
    for (size_t i = 0; i < REFUSED; i++) {
        code[n++] = IF_EQUAL(refused[i], 1);
        code[n++] = RETURN(SECCOMP_RET_ERRNO | EPERM);
    }
    code[n++] = RETURN(SECCOMP_RET_ALLOW);
    const struct sock_fprog program = {n, code};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
#else
static bool enter_seccomp(void)
{
    return false;
}
#endif

const char *sandbox_enter(const struct sandbox_paths *paths)
{
    spool_prepare();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return "none: the kernel does not let go of privileges";
    bool files = enter_landlock(paths);
    bool calls = enter_seccomp();
    if (files && calls)
        return "landlock and seccomp";
    if (calls)
        return "seccomp only: the kernel has no Landlock";
    return files ? "landlock only: the kernel has no seccomp filters"
                 : "none: the kernel has neither Landlock nor seccomp filters";
}
