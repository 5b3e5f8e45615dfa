/* Every ceiling on what evidence can make exhibit do, with its reason.
 *
 * A ceiling is checked before memory is taken or work is done. Reaching one is a finding
 * (FAULT_LIMIT, with the limit in `want`), never a crash and never silent.
 */
#ifndef FORMATS_BASE_LIMITS_H
#define FORMATS_BASE_LIMITS_H

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define TIB (UINT64_C(1) << 40)

/* A broken file can hold a fault per byte; the first ones say what is wrong with it. */
#define LIMIT_FAULTS 64

/* What is read at a time: large enough that the system call is cheap, small enough that
 * the block is still in the L2 cache when the decoder sees it after the digest. */
#define LIMIT_BLOCK (256 * KIB)

/* What may wait to be hashed, of a whole package: sixteen members of 4 MiB, so that the
 * lanes are full; of larger ones two are hashed at a time. */
#define LIMIT_HASHING (64 * MIB)

/* What one decompressor of xz may take: the format allows dictionaries of 4 GiB, xz
 * writes up to 1.5 GiB when it is asked to, 64 MiB with its largest preset; libarchive
 * has this limit as well. */
#define LIMIT_XZ_MEMORY (1 * GIB)

/* How much of an item identify() may look at. Covers a tar header with long PAX records.
 */
#define LIMIT_HEAD (64 * KIB)

/* A document (YAML, JSON, CRIU image, signature) that is kept whole in memory.
 * rbac.json of a cluster with 10,000 bindings has about 40 MiB. */
#define LIMIT_DOCUMENT (64 * MIB)
/* A manifest lists every file: a million lines of SHA-256 and a path have about 110 MB.
 */
#define LIMIT_MANIFEST (128 * MIB)
/* A log inside an archive up to this size is kept, so that the archive is read once. */
#define LIMIT_KEPT_LOG (16 * MIB)
/* All documents kept of one package together. */
#define LIMIT_DOCUMENTS (160 * MIB)
/* Of it, what may be kept only to save a second reading. */
#define LIMIT_CACHED (96 * MIB)

/* Of a zip or 7z inside another archive, what does not fit into LIMIT_DOCUMENT is put
 * into a file without a name (verify/spool.h): so much of one package, and never the last
 * bytes of a file system that others need as well. */
#define LIMIT_SPOOL         (1 * TIB)
#define LIMIT_SPOOL_RESERVE (1 * GIB)

/* Archives in several files that lie in another archive: that is read again for each. */
#define LIMIT_JOINS 1000

/* tar.zst in a package that is itself a tar.gz, with an OCI layer in it, is five deep. */
#define LIMIT_NESTING 8
/* Entries of all archives of a package: a million-file layer is real, ten are not. */
#define LIMIT_ENTRIES 4000000
/* PATH_MAX of Linux; a longer name cannot have existed on the node. */
#define LIMIT_PATH 4096
/* Bytes that one package may decompress to, all levels together. */
#define LIMIT_EXPANDED (16 * TIB)
/* Largest ratio of expanded to stored bytes of one stream, by what came out of it so far:
 * the more there is, the less a real one grows. zstd reaches 3,000 on sparse pages, and
 * 42.zip has 10^9. Only zeros reach 1,000 over gigabytes (deflate ends at 1,032): the
 * image of an unused disk does, and is cut off at twelve, seconds of work, with a
 * finding. */
#define LIMIT_RATIO               20000
#define LIMIT_RATIO_FLOOR         (256 * MIB)
#define LIMIT_RATIO_LARGE         2000
#define LIMIT_RATIO_LARGE_FLOOR   (4 * GIB)
#define LIMIT_RATIO_LARGEST       1000
#define LIMIT_RATIO_LARGEST_FLOOR (12 * GIB)
/* The same for all levels together, against the bytes of the whole package: archives in
 * archives can each stay below the ratio. A byte counts on each level that it passes. The
 * floor is seconds of work. */
#define LIMIT_EXPANDED_RATIO 4000
#define LIMIT_EXPANDED_FLOOR (4 * GIB)
/* What grows so much is told, and read on: sparse memory and disks do. */
#define LIMIT_RATIO_TOLD 500
/* A file of certificates beside the seals: a chain has some kilobytes. */
#define LIMIT_CERTIFICATES (256 * KIB)
/* Ed25519 signs a message, not its digest, so that all of it must be in memory at once.
 */
#define LIMIT_SIGNED_MESSAGE (64 * MIB)
/* Public keys and certificates that lie beside seals: so many are tried on each. */
#define LIMIT_ATTACHMENTS 100
/* Of one file with OpenPGP signatures, so many by given keys that do not hold are tried:
 * each reads all that it is over. */
#define LIMIT_OPENPGP_SIGNATURES 16
/* What a compressed message may hold, by its length: digests in hexadecimal are half as
 * long compressed, and the names beside them are not much. */
#define LIMIT_OPENPGP_RATIO 8
/* Signatures of a certificate over itself: busy owners of ten names have hundreds. Of
 * those that do not hold there are few, each costs up to milliseconds, and counts as so
 * many. */
#define LIMIT_OPENPGP_BINDINGS 5000
#define LIMIT_OPENPGP_FAILED   50
/* A multipart checksum without the parts' sizes: so many sizes are tried, while so much
 * of the object is read. A quarter of a minute; every wrong guess costs a pass. */
#define LIMIT_PART_SIZES   64
#define LIMIT_PART_READING (8 * GIB)
/* What may be read again for the checksums in captured answers, besides four times the
 * package: a listing can state a hundred thousand of one file. A quarter of a minute. */
#define LIMIT_STORED_READING (8 * GIB)
/* Layers, manifests and history steps that are read of one image document. The kernel's
 * overlay takes 500 layers; registries refuse manifests over 4 MiB. */
#define LIMIT_IMAGE_LAYERS 4096
/* What is remembered of one layer (--index): a million entries with long names take 160
 * MiB.
 */
#define LIMIT_INDEX (512 * MIB)
/* Links followed on the way to one path of a merged root: what Linux allows. */
#define LIMIT_LINKS 40
/* Extended attributes of one entry together, names and values (the kernel's own limits
 * are 64 KiB for a value and for all names of a file). */
#define LIMIT_XATTRS (1 * MIB)

/* Sections, segments or dynamic entries of one ELF file: -ffunction-sections makes some
 * thousands of an object file, programs have about 40. */
#define LIMIT_ELF_ENTRIES 16384
/* A changed file that is looked into as a whole: kubectl has 50 MiB. Of a larger one the
 * type and the entropy are told. One is in memory at a time. */
#define LIMIT_STUDIED (64 * MIB)
/* Files that are looked into, those first that no package owns: an upgrade of a
 * distribution changes about 20,000. Of others of packages the digest is told. */
#define LIMIT_STUDIED_FILES 20000
/* What exhibit diff looks into without being asked: together a fraction of a second. */
#define LIMIT_STUDIED_UNASKED 1000
#define LIMIT_STUDY_UNASKED   (64 * MIB)
/* A text that is searched for credentials. */
#define LIMIT_STUDIED_TEXT (4 * MIB)
/* A text is compared line by line up to this size and so many lines; logs are larger, and
 * are compared by size and digest. */
#define LIMIT_PATCH_TEXT  (256 * KIB)
#define LIMIT_PATCH_LINES 10000
/* Lines by which two texts may differ before one is shown as replaced by the other: the
 * search takes the square of it in memory. */
#define LIMIT_PATCH_EDITS 1000
/* A text file that is new is shown whole up to this size: a job, a key, a script. */
#define LIMIT_PATCH_NEW (8 * KIB)
/* What is shown of one text diff, and what all texts together may take in memory. */
#define LIMIT_PATCH       (32 * KIB)
#define LIMIT_PATCH_TEXTS (32 * MIB)

/* Package databases of one root that are read: Debian's lists of 2,000 packages have 30
 * MiB, an rpm database of as many 80. */
#define LIMIT_PACKAGE_DATABASES (128 * MIB)

/* How much of a log one worker hashes and decodes at a time: enough that threads seldom
 * wait for each other, little enough that it is still in the L2 cache when the decoder
 * sees it after the digest, and that all chunks in flight stay under 64 MiB on eight
 * threads. */
#define LIMIT_CHUNK (1 * MIB)
/* One log line. Audit events with bodies reach 1.5 MiB (etcd's object limit). */
#define LIMIT_LINE       (16 * MIB)
#define LIMIT_JSON_DEPTH 256
#define LIMIT_YAML_DEPTH 64
/* A YAML document may expand by aliases ("billion laughs") up to so many nodes. */
#define LIMIT_YAML_NODES 1000000

/* Lines of containers that runtimes cut and that are joined. What follows so much of one
 * belongs to a binary, not to a log; LIMIT_LINE counts where a line may hold a record. */
#define LIMIT_LINE_JOINED (1 * MIB)
/* Of one log at the same time: each container has two streams, and exports hold the lines
 * of many containers. What is more than this is not joined. */
#define LIMIT_LINES_OPEN 32
/* All of them together: 32 lines of LIMIT_LINE would be half a gigabyte. */
#define LIMIT_LINES_JOINED (64 * MIB)

/* Manifest lines. */
#define LIMIT_MANIFEST_LINES 4000000
/* How often one is read to find out where its names are relative to: once for each folder
 * above it and each folder that names begin with. Where evidence is collected that is
 * some; a path of 4096 bytes has 2,048. */
#define LIMIT_MANIFEST_READINGS 32
/* Bags in one package: a bag of bags has some, and each is put to each file. */
#define LIMIT_BAGS 256

/* Findings of integrity that are kept of one kind: nobody reads more, and an archive can
 * have one for each of four million entries. */
#define LIMIT_FINDINGS 10000

/* Reasons for the package's verdict: a listing of a store can give one for each object.
 */
#define LIMIT_REASONS 1000

/* CRIU: one protobuf message. mm-*.img with 65,530 VMAs (the kernel's default limit) is
 * 4 MiB; bpfmap data is an extra payload and not counted here. */
#define LIMIT_CRIU_MESSAGE (64 * MIB)
/* Folders with CRIU images in one package: a pod has some containers, each with some
 * pre-dumps. */
#define LIMIT_CRIU_DUMPS 256
/* Pages of one process up to this size are kept, so that an archive with hundreds of
 * processes is not read again for each. */
#define LIMIT_KEPT_PAGES (256 * KIB)
/* Of larger ones in an archive so much of their end: there the stack begins, with command
 * line and environment, so that they are told without reading gigabytes again. */
#define LIMIT_KEPT_TAIL (64 * KIB)
/* Messages inside messages: control groups nest without bound, real ones about ten deep;
 * protobuf-c recurses once per level. */
#define LIMIT_CRIU_DEPTH 64
/* Memory that the records of one image may take once unpacked: a floor, and so many times
 * its size. Pagemaps take 10 times theirs; empty nested messages would take 100. */
#define LIMIT_CRIU_UNPACKED       (1 * MIB)
#define LIMIT_CRIU_UNPACKED_RATIO 24
#define LIMIT_CRIU_PROCESSES      32768
#define LIMIT_CRIU_VMAS           1000000
/* argv or environment of one process: the kernel's ARG_MAX limit of 6 MiB, rounded up. */
#define LIMIT_ARGUMENTS (8 * MIB)
/* Backtracking steps of one regular expression at one place of memory. */
#define LIMIT_SEARCH_STEPS 100000
/* Distinct values of one kind (keys of one service, names of domains) that are kept of
 * one checkpoint's memory: some 300 bytes each. */
#define LIMIT_INDICATORS 4096

/* Network policies of one moment: a pod that hundreds select has a few rules of each.
 * Each peer is put to each rule, and each of the ports that they name to those that
 * match; what that may come to, for all moments together, is some seconds of work. */
#define LIMIT_NETWORK_RULES  2048
#define LIMIT_NETWORK_PORTS  256  /* of one rule: Calico takes 50, Cilium 40 */
#define LIMIT_NETWORK_BLOCKS 4096 /* of one moment; what is left out is told */
#define LIMIT_NETWORK_SET                                                                \
    1024 /* blocks of one set of addresses; lists of bad ones are longer */
#define LIMIT_NETWORK_STEPS UINT64_C(1000000000)
/* Pods, workloads, namespaces and nodes of a cluster that are looked at. */
#define LIMIT_NETWORK_PEERS 2000

/* Pods that answers to GET and LIST show: what one record leaves behind, some 300 pods;
 * all distinct states together, whose trees are four times as large at the end; and when
 * each was seen. */
#define LIMIT_SHOWN_RECORD (1 * MIB)
#define LIMIT_SHOWN        (8 * MIB)
#define LIMIT_SHOWN_STATES 20000

/* What is kept of logs to tell of the incident; sizes are without the words. A request
 * has 784 bytes, a value of a body some 100: 90 and 38 MiB. Which of a larger log are
 * kept is said in analyze/kube/room.c. */
#define LIMIT_KUBE_REQUESTS UINT64_C(120000)
#define LIMIT_KUBE_VALUES   UINT64_C(400000)
/* Alerts of 320 bytes; of what is repeated half of them (analyze/kube/crowd.h). */
#define LIMIT_KUBE_ALERTS 100000
/* Statements, log lines and process starts, 216 bytes each. */
#define LIMIT_KUBE_MARKS 50000
/* Requests that differ in account, verb, resource, client or address: 40 bytes each. */
#define LIMIT_KUBE_PATTERNS 200000
/* Pods that kubelets took in, 80 bytes each. */
#define LIMIT_KUBE_ARRIVALS 100000
/* Connections of one pod that its network plugin saw: 112 bytes each. */
#define LIMIT_KUBE_CONNECTIONS 50000
/* Identities and objects that the attacker reached, 112 bytes each. */
#define LIMIT_KUBE_REACHED 10000
/* Rotated and copied logs overlap a few times; a record that stands in them more often
 * than this is counted and not told again. */
#define LIMIT_KUBE_COPIES 8
/* Containers of the pod that logs name: a busy node restarts them; a pod with more tells
 * nothing new. */
#define LIMIT_KUBE_LEARNT 1024
/* By which repeated records are told from new ones, some 50 bytes each: kinds, and of
 * ten minutes and of forms. What is new beyond these counts as repeated, but a kind: then
 * somebody makes them up, and what came first is kept. */
#define LIMIT_KUBE_KINDS 50000
#define LIMIT_KUBE_FORMS 200000
/* Minutes of all accounts, 24 bytes each, and their index: a cluster of two hundred
 * accounts fills them in half a day. Then those go that can be nobody's most. */
#define LIMIT_KUBE_MINUTES 200000
/* Accounts of all logs together by which clusters are told apart: 64 bytes each. A
 * thousand rotated files share the few dozen that ask all the time. */
#define LIMIT_KUBE_SIGHTS 65536

/* Requests to the cloud that are kept beside the incident, some 200 bytes each and their
 * words: a long CloudTrail of a large account has that many changes of rights, and leaves
 * the room of statements and log lines (LIMIT_KUBE_MARKS) to them. As many again of what
 * handed out secrets and files: a busy bucket's reads take no change's place. */
#define LIMIT_KUBE_CLOUD 50000

/* Names of secrets in the answers to lists: what one record leaves behind, some 6,000 of
 * 40 bytes, and all distinct answers together. */
#define LIMIT_HANDED_RECORD (256 * KIB)
#define LIMIT_HANDED        (8 * MIB)

/* What is compared between clocks: 200,000 clues of 72 bytes and their words. */
#define LIMIT_CLUES  200000
#define LIMIT_CLOCKS 4096
/* Records within a second of each other that may be copies of one. */
#define LIMIT_MERGE_WINDOW 65536

/* The case file keeps so much of one text; the whole of it is where the span says. Also
 * what the keyword fields of search engines take (32,766 bytes) after escaping. */
#define LIMIT_CASE_TEXT (16 * KIB)
/* Evidence bytes kept for each place that is cited: a log line's telling part. */
#define LIMIT_EXCERPT (1 * KIB)
/* Places that get an excerpt: with LIMIT_EXCERPT each, at most 32 MiB of case file. */
#define LIMIT_EXCERPTS 20000
/* Of these, events that no finding rests on: every one of a small case. */
#define LIMIT_EVENT_EXCERPTS 5000
/* What may be read a second time for excerpts: seconds of work, however large the package
 * is. Places that lie deeper are shown by `exhibit show` alone. */
#define LIMIT_EXCERPT_READING (2 * GIB)

#endif
