/* Screen: what text for people is written to. */
#ifndef ANALYZE_SCREEN_H
#define ANALYZE_SCREEN_H

#include <stdbool.h>

struct screen {
    bool colour;            /* a terminal, and nobody said NO_COLOR */
    unsigned columns, rows; /* 0 when it is no terminal, or does not say */
};
struct screen screen_of(int descriptor);

#endif
