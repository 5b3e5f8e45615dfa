/* The time of a place, as people head a timeline: "heure de Paris", "Berliner Zeit", "New
 * York time", "hora local (Madrid)". Between the files of written timelines only. */
#ifndef FORMATS_WRITTEN_CITY_H
#define FORMATS_WRITTEN_CITY_H

#include "formats/written_zone.h"

/* The rules of the place whose time the line is said to be in, or NULL. A line that has a
 * clock time tells of something, not of the document. */
const struct tzif *written_city_zone(struct bytes line,
                                     const struct written_zones *zones);

#endif
