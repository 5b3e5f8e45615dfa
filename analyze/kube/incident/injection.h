/* Injection: does a line of a container's log carry a command where data belongs? */
#ifndef ANALYZE_KUBE_INJECTION_H
#define ANALYZE_KUBE_INJECTION_H

#include "formats/base/bytes.h"

/* What it looks like (static), or NULL. Percent-encoding and "+" are undone first. A
 * heuristic: it marks lines worth reading, and nothing is concluded from it alone. */
const char *injection_in(struct bytes line);
#define INJECTION_COMMAND "shell command in a parameter"

#endif
