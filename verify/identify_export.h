/* Export: the whole file system of a container, as `docker export` gives it. */
#ifndef VERIFY_IDENTIFY_EXPORT_H
#define VERIFY_IDENTIFY_EXPORT_H

struct package;

/* After the walk. By what is in it a container's whole file system is like an image. In a
 * package that has an image and no layer, the one whose name says so is the container's:
 * what it changed shows against the image. */
void identify_exports(struct package *p);

#endif
