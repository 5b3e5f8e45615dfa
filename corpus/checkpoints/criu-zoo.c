/* zoo: one of everything that CRIU can freeze, for corpus/checkpoints/criu-zoo.tar.zst.
 *
 * Makes descriptors, queues, timers, memory and children of every kind, writes what it
 * made as JSON to the file named by argv[1], and sleeps. `argv[2]` is a folder to work in.
 * The dump was made of it by CRIU 4.2; corpus/README.md says how.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <net/ethernet.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static FILE *truth;
static const char *folder;

static void die(const char *what)
{
    perror(what);
    exit(1);
}
static int must(int r, const char *what)
{
    if (r < 0)
        die(what);
    return r;
}
static const char *in_folder(const char *name)
{
    static char path[8][256];
    static int i;
    i = (i + 1) % 8;
    snprintf(path[i], sizeof path[i], "%s/%s", folder, name);
    return path[i];
}
/* Every descriptor gets a number of its own that says what it is. */
static int as(int fd, int number, const char *kind)
{
    must(fd, kind);
    if (fd != number) {
        must(dup2(fd, number), kind);
        close(fd);
    }
    fprintf(truth, "  \"fd%d\": \"%s\",\n", number, kind);
    return number;
}
static void put(int fd, const char *text)
{
    if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        die(text);
}

/* -- files ------------------------------------------------------------------------- */

static void files(void)
{
    int fd = as(open(in_folder("kept"), O_RDWR | O_CREAT | O_APPEND, 0640), 100, "append");
    put(fd, "KEPT-CONTENT\n");
    fd = as(open(in_folder("ghost"), O_RDWR | O_CREAT, 0604), 101, "ghost");
    put(fd, "GHOST-CONTENT-OF-A-DELETED-FILE\n");
    lseek(fd, 6, SEEK_SET);
    struct timespec times[2] = {{1700000000, 123456000}, {1600000000, 654321000}};
    must(fchown(fd, 1234, 5678), "fchown");
    must(futimens(fd, times), "futimens");
    unlink(in_folder("ghost"));
    fd = as(open(in_folder("holes"), O_RDWR | O_CREAT, 0600), 102, "sparse ghost");
    must(ftruncate(fd, 300000), "ftruncate");
    pwrite(fd, "FIRST-CHUNK", 11, 20000);
    pwrite(fd, "SECOND-CHUNK", 12, 250000);
    unlink(in_folder("holes"));
    fd = as(open(in_folder("linked"), O_RDWR | O_CREAT, 0600), 103, "deleted, one link left");
    put(fd, "LINKED-CONTENT\n");
    must(link(in_folder("linked"), in_folder("other-name")), "link");
    unlink(in_folder("linked"));
    fd = as(open(in_folder("before"), O_RDWR | O_CREAT, 0600), 104, "renamed");
    put(fd, "RENAMED-CONTENT\n");
    rename(in_folder("before"), in_folder("after"));
    as(open(folder, O_RDONLY | O_DIRECTORY), 105, "directory");
    as(open("/dev/null", O_WRONLY), 106, "device");
    must(mkfifo(in_folder("fifo"), 0600), "mkfifo");
    fd = as(open(in_folder("fifo"), O_RDWR), 107, "fifo");
    put(fd, "FIFO-UNREAD");
    must(mkdir(in_folder("gone"), 0700), "mkdir");
    as(open(in_folder("gone"), O_RDONLY | O_DIRECTORY), 108, "deleted directory");
    rmdir(in_folder("gone"));
    int ends[2];
    must(pipe2(ends, O_CLOEXEC), "pipe");
    put(ends[1], "PIPE-UNREAD-DATA");
    as(ends[0], 110, "pipe read");
    as(ends[1], 111, "pipe write");
    fd = as(memfd_create("payload", MFD_ALLOW_SEALING | MFD_CLOEXEC), 112, "memfd");
    put(fd, "\x7f" "ELF-NOT-REALLY MEMFD-CONTENT");
    must(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), "seal");
    fd = as(open(in_folder("locked"), O_RDWR | O_CREAT, 0600), 113, "locked");
    put(fd, "0123456789");
    struct flock region = {.l_type = F_WRLCK, .l_start = 2, .l_len = 5};
    must(fcntl(fd, F_SETLK, &region), "posix lock");
    fd = as(open(in_folder("flocked"), O_RDWR | O_CREAT, 0600), 114, "flocked");
    must(flock(fd, LOCK_EX), "flock");
    fd = as(open(in_folder("ofd"), O_RDWR | O_CREAT, 0600), 115, "locked by description");
    struct flock whole = {.l_type = F_RDLCK};
    must(fcntl(fd, F_OFD_SETLK, &whole), "ofd lock");
    as(open("/proc/self/ns/uts", O_RDONLY), 116, "namespace");
    int master, slave;
    must(openpty(&master, &slave, NULL, NULL, &(struct winsize){24, 80, 0, 0}), "pty");
    put(slave, "TTY-OUTPUT");
    as(master, 117, "pty master");
    as(slave, 118, "pty slave");
    as((int)syscall(SYS_pidfd_open, getpid(), 0), 119, "pidfd");
}

/* -- what waits for something ------------------------------------------------------ */

static void waiters(void)
{
    as(eventfd(77, EFD_NONBLOCK), 130, "eventfd 77");
    int e = as(epoll_create1(0), 131, "epoll");
    struct epoll_event wanted = {.events = EPOLLIN | EPOLLET, .data.u64 = 0x1122334455667788};
    must(epoll_ctl(e, EPOLL_CTL_ADD, 110, &wanted), "epoll_ctl");
    wanted.data.u64 = 130;
    must(epoll_ctl(e, EPOLL_CTL_ADD, 130, &wanted), "epoll_ctl");
    int i = as(inotify_init1(IN_NONBLOCK), 132, "inotify");
    must(inotify_add_watch(i, in_folder("kept"), IN_MODIFY | IN_DELETE_SELF), "watch");
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN + 3);
    must(sigprocmask(SIG_BLOCK, &set, NULL), "sigprocmask");
    as(signalfd(-1, &set, 0), 133, "signalfd");
    int t = as(timerfd_create(CLOCK_MONOTONIC, 0), 134, "timerfd");
    struct itimerspec often = {{3600, 500}, {86400, 0}};
    must(timerfd_settime(t, 0, &often, NULL), "timerfd_settime");
    sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 4711});
    raise(SIGUSR1);
    struct sigevent quiet = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    timer_t id;
    must(timer_create(CLOCK_REALTIME, &quiet, &id), "timer_create");
    must(timer_settime(id, 0, &often, NULL), "timer_settime");
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {7200, 0}}, NULL);
}

/* -- sockets ----------------------------------------------------------------------- */

static int tcp(int family, int port, int number)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port),
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr *a = family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six;
    socklen_t n = family == AF_INET ? sizeof four : sizeof six;
    int s = as(socket(family, SOCK_STREAM, 0), number, "tcp listener");
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    must(bind(s, a, n), "bind");
    must(listen(s, 5), "listen");
    int c = as(socket(family, SOCK_STREAM, 0), number + 1, "tcp client");
    must(connect(c, a, n), "connect");
    int p = as(accept(s, NULL, NULL), number + 2, "tcp server");
    put(c, "TCP-UNREAD-REQUEST");
    put(p, "TCP-UNREAD-RESPONSE-LONGER");
    return s;
}

static void unix_sockets(void)
{
    int pair[2];
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
    put(pair[0], "UNIX-STREAM-QUEUED");
    as(pair[0], 160, "unix stream");
    as(pair[1], 161, "unix stream peer");
    must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), "socketpair");
    put(pair[0], "UNIX-DGRAM-ONE");
    put(pair[0], "UNIX-DGRAM-TWO");
    as(pair[0], 162, "unix dgram");
    as(pair[1], 163, "unix dgram peer");
    must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), "socketpair");
    put(pair[1], "UNIX-SEQPACKET");
    as(pair[0], 164, "unix seqpacket");
    as(pair[1], 165, "unix seqpacket peer");
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof name.sun_path, "%s/socket", folder);
    int s = as(socket(AF_UNIX, SOCK_STREAM, 0), 166, "unix listener");
    must(bind(s, (struct sockaddr *)&name, sizeof name), "bind");
    must(listen(s, 3), "listen");
    struct sockaddr_un hidden = {.sun_family = AF_UNIX, .sun_path = "\0zoo-abstract"};
    s = as(socket(AF_UNIX, SOCK_DGRAM, 0), 167, "unix abstract");
    must(bind(s, (struct sockaddr *)&hidden, offsetof(struct sockaddr_un, sun_path) + 13), "bind");
    /* A descriptor on its way in a queue. */
    must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), "socketpair");
    char room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec text = {"WITH-DESCRIPTOR", 15};
    struct msghdr m = {.msg_iov = &text, .msg_iovlen = 1, .msg_control = room,
                       .msg_controllen = sizeof room};
    *CMSG_FIRSTHDR(&m) = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    *(int *)CMSG_DATA(CMSG_FIRSTHDR(&m)) = 100;
    must((int)sendmsg(pair[0], &m, 0), "sendmsg");
    as(pair[0], 168, "unix with descriptor");
    as(pair[1], 169, "unix with descriptor peer");
}

static void sockets(void)
{
    tcp(AF_INET, 18080, 140);
    tcp(AF_INET6, 18081, 143);
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(15353),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = as(socket(AF_INET, SOCK_DGRAM, 0), 150, "udp");
    must(bind(s, (struct sockaddr *)&four, sizeof four), "bind");
    four.sin_port = htons(15354);
    must(connect(s, (struct sockaddr *)&four, sizeof four), "connect");
    as(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), 151, "raw");
    s = as(socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), 152, "packet");
    struct sock_filter none[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    struct sock_fprog program = {1, none};
    must(setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), "filter");
    s = as(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), 153, "netlink");
    struct sockaddr_nl route = {.nl_family = AF_NETLINK, .nl_groups = 1};
    must(bind(s, (struct sockaddr *)&route, sizeof route), "bind");
    unix_sockets();
}

/* -- memory ------------------------------------------------------------------------ */

static char *area(size_t pages, int prot, int flags)
{
    char *p = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        die("mmap");
    (void)prot;
    return p;
}

static void memory(void)
{
    char *border = area(3, 0, MAP_PRIVATE);
    strcpy(border + 4096 - 9, "BORDER-MARKER-ACROSS-PAGES");
    char *wide = area(1, 0, MAP_PRIVATE);
    for (size_t i = 0; i < 17; i++)
        wide[64 + 2 * i] = "WIDE-MARKER-UTF16"[i];
    char *shared = area(2, 0, MAP_SHARED);
    strcpy(shared + 5000, "SHARED-MARKER-5000");
    char *code = area(2, 0, MAP_PRIVATE);
    memcpy(code, "\x48\x31\xc0\xb0\x3c\x48\x31\xff\x0f\x05\xcc\xcc\xcc\xcc\xcc\xcc", 16);
    must(mprotect(code, 8192, PROT_READ | PROT_WRITE | PROT_EXEC), "mprotect");
    char *hidden = area(1, 0, MAP_PRIVATE);
    strcpy(hidden, "DONTDUMP-MARKER");
    madvise(hidden, 4096, MADV_DONTDUMP);
    char *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 112, 0);
    int fd = open(in_folder("library"), O_RDWR | O_CREAT, 0700);
    put(fd, "MAPPED-FILE-CONTENT");
    char *library = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    memcpy(library, "WRITTEN", 7);
    close(fd);
    unlink(in_folder("library"));
    int id = must(shmget(0x5a4f4f, 8192, IPC_CREAT | 0640), "shmget");
    char *segment = shmat(id, NULL, 0);
    strcpy(segment + 4100, "SYSV-SHM-MARKER");
    int queue = must(msgget(0x5a4f50, IPC_CREAT | 0600), "msgget");
    struct { long type; char text[16]; } message = {42, "SYSV-MESSAGE"};
    must(msgsnd(queue, &message, 13, 0), "msgsnd");
    message.type = 7;
    must(msgsnd(queue, &message, 5, 0), "msgsnd");
    int sem = must(semget(0x5a4f51, 3, IPC_CREAT | 0600), "semget");
    unsigned short values[3] = {3, 0, 9};
    must(semctl(sem, 0, SETALL, values), "semctl");
    fprintf(truth, "  \"border\": %lu, \"wide\": %lu, \"shared\": %lu, \"code\": %lu,\n"
            "  \"hidden\": %lu, \"memfd_map\": %lu, \"library\": %lu, \"segment\": %lu,\n",
            (unsigned long)border + 4096 - 9, (unsigned long)wide + 64,
            (unsigned long)shared + 5000, (unsigned long)code, (unsigned long)hidden,
            (unsigned long)mapped, (unsigned long)library, (unsigned long)segment + 4100);
}

/* -- tasks ------------------------------------------------------------------------- */

static void *thread(void *name)
{
    volatile char marker[64];
    snprintf((char *)marker, sizeof marker, "THREAD-STACK-%s", (char *)name);
    pthread_setname_np(pthread_self(), name);
    if (strcmp(name, "blocked") == 0) {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, NULL);
        syscall(SYS_tgkill, getpid(), gettid(), SIGUSR2);
    }
    for (;;)
        pause();
    return NULL;
}

static void handler(int s) { (void)s; }

static pid_t child(const char *kind)
{
    fflush(truth);
    pid_t pid = must(fork(), "fork");
    if (pid)
        fprintf(truth, "  \"%s\": %d,\n", kind, pid);
    else
        fclose(truth), truth = fopen("/dev/null", "w"), setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    return pid;
}

static void sleep_for_ever(void)
{
    for (;;)
        pause();
}

static void filtered(void)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mount, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {4, rules};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), "seccomp");
}

static void copy_self(const char *path, int to)
{
    char block[65536];
    int from = must(open("/proc/self/exe", O_RDONLY), "self");
    if (path)
        to = must(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700), path);
    for (ssize_t n; (n = read(from, block, sizeof block)) > 0;)
        if (write(to, block, (size_t)n) != n)
            die("copy");
    close(from);
    if (path)
        close(to);
}

static void children(void)
{
    if (!child("zombie"))
        _exit(7);
    if (!child("stopped"))
        raise(SIGSTOP), sleep_for_ever();
    if (!child("filtered"))
        filtered(), sleep_for_ever();
    if (!child("weak")) {
        gid_t groups[] = {100, 200};
        setsid();
        setgroups(2, groups);
        must(prctl(PR_CAPBSET_DROP, 13, 0, 0, 0), "capability bounding set");
        struct { uint32_t version; int pid; } head = {0x20080522, 0};
        struct { uint32_t effective, permitted, inheritable; } caps[2] = {{0x401, 0x401, 1}};
        must((int)syscall(SYS_capset, &head, caps), "capset");
        sleep_for_ever();
    }
    if (!child("deleted")) {
        const char *path = in_folder("dropper");
        copy_self(path, -1);
        execl(path, "[kworker/0:0]", "--sleep", path, NULL);
        die("exec");
    }
    if (!child("in_memfd")) {
        int fd = memfd_create("dropper", 0);
        copy_self(NULL, fd);
        char path[64];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        execl(path, "in-memory", "--sleep", NULL);
        die("exec");
    }
    if (!child("titled")) {
        for (int fd = 100; fd < 180; fd++)
            close(fd);
        sleep_for_ever();
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--sleep") == 0) {
        if (argc > 2)
            unlink(argv[2]);
        sleep_for_ever();
    }
    if (argc < 3)
        return 2;
    if (argc == 3) {
        char *arguments[] = {argv[0], argv[1], argv[2], "", "with space", NULL};
        char *environment[] = {"PATH=/usr/bin:/bin", "NOEQUALS", "DB_PASSWORD=hunter2-zoo",
                               "DUP=1", "DUP=2", "EMPTY=", NULL};
        execve("/proc/self/exe", arguments, environment);
    }
    folder = argv[2];
    truth = fopen(argv[1], "w");
    if (!truth)
        die(argv[1]);
    fprintf(truth, "{\n");
    files();
    waiters();
    sockets();
    memory();
    signal(SIGTERM, handler);
    signal(SIGPIPE, SIG_IGN);
    stack_t alternate = {malloc(SIGSTKSZ), 0, SIGSTKSZ};
    sigaltstack(&alternate, NULL);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){512, 1024});
    setpriority(PRIO_PROCESS, 0, 5);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, 0);
    children();
    pthread_t t;
    pthread_create(&t, NULL, thread, "worker");
    pthread_create(&t, NULL, thread, "blocked");
    usleep(300000);
    fprintf(truth, "  \"pid\": %d\n}\n", getpid());
    fclose(truth);
    sleep_for_ever();
}
