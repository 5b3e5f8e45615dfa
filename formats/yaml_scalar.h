/* What a YAML 1.1 scalar means: the resolution of https://yaml.org/type/, as far as the
 * Kubernetes reader follows it. */
#ifndef FORMATS_YAML_SCALAR_H
#define FORMATS_YAML_SCALAR_H

#include <jansson.h>

#include "formats/base/bytes.h"

/* `plain`: without quotes and tag, so that its form decides. `tag` may be NULL. New
 * reference. Text that is not UTF-8 cannot come here: libyaml refuses it. */
json_t *yaml_scalar(struct bytes text, bool plain, const char *tag);

#endif
