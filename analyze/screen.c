#include "analyze/screen.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct screen screen_of(int descriptor)
{
    struct winsize size = {0};
    struct screen s = {0};
    if (!isatty(descriptor))
        return s;
    s.colour = !getenv("NO_COLOR");
    if (ioctl(descriptor, TIOCGWINSZ, &size) == 0) {
        s.columns = size.ws_col;
        s.rows = size.ws_row;
    }
    return s;
}
