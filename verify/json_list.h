/* JSON list: a document with one long list, printed element by element, because of
 * members of a package and of changes there can be millions. */
#ifndef VERIFY_JSON_LIST_H
#define VERIFY_JSON_LIST_H

#include <jansson.h>
#include <stdio.h>

#include "formats/base/bytes.h"

struct json_list {
    FILE *to;
    char *text;
    struct bytes rest; /* of the document, after the list */
    bool any;
};

/* Prints `document` up to its member `name`, which holds an empty array and is at the
 * document's top. The output is as jansson indents by two. */
void json_list_begin(struct json_list *l, json_t *document, const char *name, FILE *to);
/* Steals the element. */
void json_list_add(struct json_list *l, json_t *element);
/* Prints what follows, and a newline. */
void json_list_end(struct json_list *l);

#endif
