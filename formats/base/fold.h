/* Fold: names that some file systems take for one.
 *
 * Canonical decomposition (Unicode Standard, section 3.7) with full case folding (section
 * 3.13), so that "Núñez" in either normal form, and README and readme, give one string.
 */
#ifndef FORMATS_BASE_FOLD_H
#define FORMATS_BASE_FOLD_H

#include "formats/base/text.h"

/* Appends the folded form; bytes that are not UTF-8 stay as they are. */
void fold_name(struct bytes name, struct text *t);

#endif
