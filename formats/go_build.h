/* Go build information: what a Go program says of the modules that it was built from.
 *
 * Source: Go's debug/buildinfo package (buildinfo.go): both the form with inline strings
 * (Go 1.18 and later) and the older one with pointers.
 */
#ifndef FORMATS_GO_BUILD_H
#define FORMATS_GO_BUILD_H

#include "formats/elf.h"

/* Views of the file. */
struct go_build {
    struct bytes version;  /* "go1.21.5" */
    struct bytes path;     /* of the main package */
    struct bytes module;   /* of the main module */
    struct bytes release;  /* its version, "(devel)" when built from a work tree */
    struct bytes revision; /* of the version control system, or empty */
    size_t dependencies;
};

/* False when the program has no build information. */
bool go_build_read(const struct elf *e, struct go_build *out);

#endif
