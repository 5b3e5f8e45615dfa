/* Documents for people: nested lists, one record per line where that fits. */
#include <stdio.h>
#include <string.h>

#include "analyze/process/command.h"

static void print_value(const json_t *v);

static bool is_scalar(const json_t *v)
{
    return !json_is_object(v) && !json_is_array(v);
}

/* Spans and ids are for machines; `show` and --json have them. */
static bool is_shown(const char *key, const json_t *v)
{
    size_t n = strlen(key);
    bool span = n >= 4 && strcmp(key + n - 4, "span") == 0;
    /* That the dump before this one is not there must be said. */
    bool silent = json_is_false(v) && strcmp(key, "parent_found") != 0;
    return !span && !json_is_null(v) && !silent &&
           !(json_is_array(v) && json_array_size(v) == 0) &&
           !(json_is_object(v) && json_object_size(v) == 0);
}

static void print_inline(const json_t *v);

/* Permissions are read in octal. */
static void print_member(const char *key, const json_t *v)
{
    if (json_is_integer(v) && (strcmp(key, "mode") == 0 || strcmp(key, "umask") == 0))
        printf("0%llo", (unsigned long long)json_integer_value(v));
    else
        print_inline(v);
}

static void print_inline(const json_t *v)
{
    const char *key;
    json_t *member;
    size_t i;
    bool first = true;
    if (is_scalar(v)) {
        print_value(v);
        return;
    }
    putchar(json_is_array(v) ? '[' : '{');
    if (json_is_array(v)) {
        json_array_foreach(v, i, member)
        {
            fputs(i ? ", " : "", stdout);
            print_inline(member);
        }
    } else {
        json_object_foreach((json_t *)(uintptr_t)v, key, member)
        {
            if (!is_shown(key, member))
                continue;
            printf("%s%s ", first ? "" : ", ", key);
            print_member(key, member);
            first = false;
        }
    }
    putchar(json_is_array(v) ? ']' : '}');
}

size_t answer_print_text(const json_t *text)
{
    struct text line = {0};
    escape_line(&line, bytes_of(json_string_value(text), json_string_length(text)));
    fwrite(text_c(&line), 1, line.n, stdout);
    size_t n = line.n;
    text_release(&line);
    return n;
}

static void print_value(const json_t *v)
{
    if (json_is_string(v))
        answer_print_text(v);
    else if (json_is_integer(v))
        printf("%lld", (long long)json_integer_value(v));
    else if (json_is_boolean(v))
        fputs(json_is_true(v) ? "yes" : "no", stdout);
    else if (json_is_null(v))
        fputs("-", stdout);
    else
        print_inline(v);
}

static void print_record(const json_t *o, int indent)
{
    const char *key;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)o, key, v)
    {
        bool list = json_is_array(v) && json_array_size(v) &&
                    json_is_object(json_array_get(v, 0));
        if (!is_shown(key, v))
            continue;
        if (list) {
            size_t i;
            json_t *row;
            printf("%*s%s:\n", indent, "", key);
            json_array_foreach(v, i, row)
            {
                printf("%*s", indent + 2, "");
                print_inline(row);
                putchar('\n');
            }
        } else if (json_is_object(v)) {
            printf("%*s%s:\n", indent, "", key);
            print_record(v, indent + 2);
        } else {
            printf("%*s%s: ", indent, "", key);
            print_member(key, v);
            putchar('\n');
        }
    }
}

void answer_print(const json_t *document)
{
    size_t i;
    json_t *o;
    if (json_is_object(document))
        print_record(document, 0);
    json_array_foreach(document, i, o)
    {
        if (json_is_object(o))
            print_record(o, 0);
        else
            print_inline(o);
        putchar('\n');
    }
}
