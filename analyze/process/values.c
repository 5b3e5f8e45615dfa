#include "analyze/process/values.h"

#include "formats/base/cursor.h"

const struct value_name value_prot[] = {
    {1, "read"}, {2, "write"}, {4, "execute"}, {0, NULL}};

const struct value_name value_map_flags[] = {{1, "shared"},
                                             {2, "private"},
                                             {8, "droppable"},
                                             {0x10, "fixed"},
                                             {0x20, "anonymous"},
                                             {0x100, "grows-down"},
                                             {0x800, "deny-write"},
                                             {0x2000, "locked"},
                                             {0x4000, "no-reserve"},
                                             {0x40000, "huge-pages"},
                                             {0, NULL}};

/* CRIU's own bits (its vma.h). */
const struct value_name value_vma_status[] = {{1 << 0, "regular"},
                                              {1 << 1, "stack"},
                                              {1 << 2, "vsyscall"},
                                              {1 << 3, "vdso"},
                                              {1 << 5, "heap"},
                                              {1 << 6, "file-private"},
                                              {1 << 7, "file-shared"},
                                              {1 << 8, "anonymous-shared"},
                                              {1 << 9, "anonymous-private"},
                                              {1 << 10, "system-v-ipc"},
                                              {1 << 11, "socket"},
                                              {1 << 12, "vvar"},
                                              {1 << 13, "aio-ring"},
                                              {1 << 14, "memfd"},
                                              {1 << 15, "shadow-stack"},
                                              {1 << 16, "guard"},
                                              {1 << 17, "uprobes"},
                                              {0, NULL}};

/* vma_entry.madv: one bit for each value of madvise(2). */
const struct value_name value_advice[] = {{1 << 1, "random"},
                                          {1 << 2, "sequential"},
                                          {1 << 10, "not-for-children"},
                                          {1 << 12, "mergeable"},
                                          {1 << 14, "huge-pages"},
                                          {1 << 15, "no-huge-pages"},
                                          {1 << 16, "not-for-core-files"},
                                          {1 << 18, "zero-for-children"},
                                          {0, NULL}};

/* asm-generic/fcntl.h; the access mode is told apart. */
const struct value_name value_open_flags[] = {{1, "write-only"},
                                              {2, "read-write"},
                                              {0100, "create"},
                                              {0200, "exclusive"},
                                              {0400, "no-tty"},
                                              {01000, "truncate"},
                                              {02000, "append"},
                                              {04000, "non-block"},
                                              {010000, "data-sync"},
                                              {020000, "async"},
                                              {040000, "direct"},
                                              {0100000, "large-file"},
                                              {0200000, "directory"},
                                              {0400000, "no-follow"},
                                              {01000000, "no-access-time"},
                                              {02000000, "close-on-exec"},
                                              {04000000, "sync"},
                                              {010000000, "path"},
                                              {020000000, "temporary"},
                                              {0, NULL}};

const struct value_name value_seals[] = {
    {1, "seal"},    {2, "shrink"}, {4, "grow"}, {8, "write"}, {0x10, "future-write"},
    {0x20, "exec"}, {0, NULL}};

const struct value_name value_namespaces[] = {
    {0x80, "time"},      {0x20000, "mount"},  {0x2000000, "cgroup"},
    {0x4000000, "uts"},  {0x8000000, "ipc"},  {0x10000000, "user"},
    {0x20000000, "pid"}, {0x40000000, "net"}, {0, NULL}};

/* linux/mount.h */
const struct value_name value_mount_flags[] = {
    {1, "read-only"},         {2, "no-setuid"},
    {4, "no-devices"},        {8, "no-exec"},
    {0x10, "synchronous"},    {0x40, "mandatory-locks"},
    {0x80, "dir-sync"},       {0x100, "no-symlinks"},
    {0x400, "no-atime"},      {0x800, "no-dir-atime"},
    {0x200000, "relatime"},   {0x1000000, "strict-atime"},
    {0x2000000, "lazy-time"}, {0, NULL}};

const struct value_name value_signals[] = {
    {1, "HUP"},     {2, "INT"},   {3, "QUIT"},   {4, "ILL"},   {5, "TRAP"},
    {6, "ABRT"},    {7, "BUS"},   {8, "FPE"},    {9, "KILL"},  {10, "USR1"},
    {11, "SEGV"},   {12, "USR2"}, {13, "PIPE"},  {14, "ALRM"}, {15, "TERM"},
    {16, "STKFLT"}, {17, "CHLD"}, {18, "CONT"},  {19, "STOP"}, {20, "TSTP"},
    {21, "TTIN"},   {22, "TTOU"}, {23, "URG"},   {24, "XCPU"}, {25, "XFSZ"},
    {26, "VTALRM"}, {27, "PROF"}, {28, "WINCH"}, {29, "IO"},   {30, "PWR"},
    {31, "SYS"},    {0, NULL}};

const struct value_name value_socket_families[] = {
    {1, "unix"}, {2, "ipv4"}, {10, "ipv6"}, {16, "netlink"}, {17, "packet"}, {0, NULL}};
const struct value_name value_socket_types[] = {{1, "stream"},  {2, "datagram"},
                                                {3, "raw"},     {5, "seqpacket"},
                                                {10, "packet"}, {0, NULL}};
const struct value_name value_socket_protocols[] = {
    {1, "icmp"},      {6, "tcp"},   {17, "udp"}, {58, "icmpv6"},
    {136, "udplite"}, {255, "raw"}, {0, NULL}};
const struct value_name value_tcp_states[] = {
    {1, "established"}, {2, "syn-sent"},  {3, "syn-received"}, {4, "fin-wait-1"},
    {5, "fin-wait-2"},  {6, "time-wait"}, {7, "close"},        {8, "close-wait"},
    {9, "last-ack"},    {10, "listen"},   {11, "closing"},     {12, "new-syn-received"},
    {0, NULL}};
/* linux/if_ether.h */
const struct value_name value_link_protocols[] = {
    {0x0003, "all"},  {0x0004, "802.2"}, {0x0800, "ipv4"}, {0x0806, "arp"},
    {0x8100, "vlan"}, {0x86dd, "ipv6"},  {0x88cc, "lldp"}, {0, NULL}};
const struct value_name value_netlink_protocols[] = {
    {0, "route"},      {4, "sock-diag"},       {6, "xfrm"},        {7, "selinux"},
    {8, "iscsi"},      {9, "audit"},           {10, "fib-lookup"}, {11, "connector"},
    {12, "netfilter"}, {15, "kobject-uevent"}, {16, "generic"},    {21, "crypto"},
    {0, NULL}};

/* mnt_entry.fstype; 0 is told by fsname. */
const struct value_name value_file_systems[] = {
    {1, "proc"},       {2, "sysfs"},    {3, "devtmpfs"}, {4, "binfmt_misc"},
    {5, "tmpfs"},      {6, "devpts"},   {7, "simfs"},    {8, "pstore"},
    {9, "securityfs"}, {10, "fusectl"}, {11, "debugfs"}, {12, "cgroup"},
    {13, "aufs"},      {14, "mqueue"},  {15, "fuse"},    {16, "auto"},
    {17, "overlay"},   {18, "autofs"},  {19, "tracefs"}, {23, "cgroup2"},
    {0, NULL}};

const struct value_name value_rlimits[] = {
    {0, "cpu"},     {1, "fsize"},       {2, "data"},      {3, "stack"},   {4, "core"},
    {5, "rss"},     {6, "nproc"},       {7, "nofile"},    {8, "memlock"}, {9, "as"},
    {10, "locks"},  {11, "sigpending"}, {12, "msgqueue"}, {13, "nice"},   {14, "rtprio"},
    {15, "rttime"}, {0, NULL}};

const struct value_name value_clocks[] = {
    {0, "realtime"},       {1, "monotonic"}, {2, "process-cpu"},
    {3, "thread-cpu"},     {7, "boottime"},  {8, "realtime-alarm"},
    {9, "boottime-alarm"}, {11, "tai"},      {0, NULL}};

const struct value_name value_auxv[] = {{32, "sysinfo"},
                                        {3, "phdr"},
                                        {4, "phent"},
                                        {5, "phnum"},
                                        {6, "pagesz"},
                                        {7, "base"},
                                        {8, "flags"},
                                        {9, "entry"},
                                        {11, "uid"},
                                        {12, "euid"},
                                        {13, "gid"},
                                        {14, "egid"},
                                        {15, "platform"},
                                        {16, "hwcap"},
                                        {17, "clktck"},
                                        {23, "secure"},
                                        {24, "base-platform"},
                                        {25, "random"},
                                        {26, "hwcap2"},
                                        {27, "rseq-feature-size"},
                                        {28, "rseq-align"},
                                        {31, "execfn"},
                                        {33, "sysinfo-ehdr"},
                                        {51, "minsigstksz"},
                                        {0, NULL}};

const struct value_name value_scheduler[] = {{0, "other"}, {1, "fifo"}, {2, "rr"},
                                             {3, "batch"}, {5, "idle"}, {6, "deadline"},
                                             {0, NULL}};

/* linux/capability.h, by bit. */
static const char *const capabilities[] = {"CAP_CHOWN",
                                           "CAP_DAC_OVERRIDE",
                                           "CAP_DAC_READ_SEARCH",
                                           "CAP_FOWNER",
                                           "CAP_FSETID",
                                           "CAP_KILL",
                                           "CAP_SETGID",
                                           "CAP_SETUID",
                                           "CAP_SETPCAP",
                                           "CAP_LINUX_IMMUTABLE",
                                           "CAP_NET_BIND_SERVICE",
                                           "CAP_NET_BROADCAST",
                                           "CAP_NET_ADMIN",
                                           "CAP_NET_RAW",
                                           "CAP_IPC_LOCK",
                                           "CAP_IPC_OWNER",
                                           "CAP_SYS_MODULE",
                                           "CAP_SYS_RAWIO",
                                           "CAP_SYS_CHROOT",
                                           "CAP_SYS_PTRACE",
                                           "CAP_SYS_PACCT",
                                           "CAP_SYS_ADMIN",
                                           "CAP_SYS_BOOT",
                                           "CAP_SYS_NICE",
                                           "CAP_SYS_RESOURCE",
                                           "CAP_SYS_TIME",
                                           "CAP_SYS_TTY_CONFIG",
                                           "CAP_MKNOD",
                                           "CAP_LEASE",
                                           "CAP_AUDIT_WRITE",
                                           "CAP_AUDIT_CONTROL",
                                           "CAP_SETFCAP",
                                           "CAP_MAC_OVERRIDE",
                                           "CAP_MAC_ADMIN",
                                           "CAP_SYSLOG",
                                           "CAP_WAKE_ALARM",
                                           "CAP_BLOCK_SUSPEND",
                                           "CAP_AUDIT_READ",
                                           "CAP_PERFMON",
                                           "CAP_BPF",
                                           "CAP_CHECKPOINT_RESTORE"};

const char *value_capability(unsigned bit)
{
    return bit < sizeof capabilities / sizeof *capabilities ? capabilities[bit] : NULL;
}

const char *value_find(const struct value_name *names, uint64_t value)
{
    for (; names->name; names++)
        if (names->value == value)
            return names->name;
    return NULL;
}

json_t *value_bits(const struct value_name *names, uint64_t bits)
{
    json_t *all = json_array();
    for (; names->name; names++) {
        if (names->value && (bits & names->value) == names->value) {
            json_array_append_new(all, json_string(names->name));
            bits &= ~names->value;
        }
    }
    if (bits)
        json_array_append_new(all, json_hex(bits));
    return all;
}

json_t *value_or_number(const struct value_name *names, uint64_t value)
{
    const char *name = value_find(names, value);
    return name ? json_string(name) : json_integer((json_int_t)value);
}

uint64_t value_words(const uint32_t *words, size_t n)
{
    return (n > 0 ? words[0] : 0) | (n > 1 ? (uint64_t)words[1] << 32 : 0);
}

json_t *value_capabilities(const uint32_t *words, size_t n)
{
    uint64_t bits = value_words(words, n);
    json_t *all = json_array();
    for (unsigned bit = 0; bit < 64; bit++) {
        char number[16];
        const char *name = value_capability(bit);
        if (!(bits >> bit & 1))
            continue;
        snprintf(number, sizeof number, "CAP_%u", bit);
        json_array_append_new(all, json_string(name ? name : number));
    }
    return all;
}

json_t *json_span(struct span span)
{
    if (!span.item)
        return json_null();
    json_t *o = json_object();
    json_object_set_new(o, "item", json_integer(span.item->id));
    json_object_set_new(o, "offset", json_integer((json_int_t)span.offset));
    json_object_set_new(o, "length", json_integer((json_int_t)span.length));
    return o;
}

/* RFC 5952: lower case, the longest run of two or more zero groups as "::". */
static void ipv6_text(struct text *t, const uint16_t group[8])
{
    int best = -1, best_n = 1;
    for (int i = 0; i < 8; i++) {
        int n = 0;
        while (i + n < 8 && group[i + n] == 0)
            n++;
        if (n > best_n)
            best = i, best_n = n;
    }
    for (int i = 0; i < 8; i++) {
        if (i == best) {
            text_str(t, "::");
            i += best_n - 1;
            continue;
        }
        text_printf(t, "%s%x", i && i != best + best_n ? ":" : "", group[i]);
    }
}

/* Each word holds four bytes in network order, read as a little-endian number. */
void address_text(struct text *t, uint32_t family, const uint32_t *words, size_t n)
{
    if (family == 2 && n >= 1) {
        text_printf(t, "%u.%u.%u.%u", words[0] & 255, words[0] >> 8 & 255,
                    words[0] >> 16 & 255, words[0] >> 24);
        return;
    }
    uint16_t group[8] = {0};
    for (size_t i = 0; i < 4 && n >= 4; i++) {
        group[2 * i] = (uint16_t)((words[i] & 255) << 8 | (words[i] >> 8 & 255));
        group[2 * i + 1] = (uint16_t)((words[i] >> 16 & 255) << 8 | words[i] >> 24);
    }
    ipv6_text(t, group);
}

/* RFC 6890 and its registries: what is not routed on the Internet. */
static bool is_private_v4(uint32_t word)
{
    uint32_t a = word & 255, b = word >> 8 & 255;
    return a == 0 || a == 10 || a == 127 || a >= 224 || (a == 172 && (b & 0xf0) == 16) ||
           (a == 192 && b == 168) || (a == 169 && b == 254) ||
           (a == 100 && (b & 0xc0) == 64);
}

bool address_is_private(uint32_t family, const uint32_t *w, size_t n)
{
    if (family == 2)
        return n < 1 || is_private_v4(w[0]);
    if (n < 4)
        return true;
    if (w[0] == 0 && w[1] == 0 && w[2] == 0xffff0000) /* ::ffff:a.b.c.d */
        return is_private_v4(w[3]);
    uint32_t first = w[0] & 255;
    return (w[0] == 0 && w[1] == 0 && w[2] == 0) || (first & 0xfe) == 0xfc ||
           first == 0xff || (first == 0xfe && (w[0] >> 8 & 0xc0) == 0x80);
}

json_t *json_address(uint32_t family, const uint32_t *words, size_t n)
{
    struct text t = {0};
    address_text(&t, family, words, n);
    json_t *s = json_string(text_c(&t));
    text_release(&t);
    return s;
}
