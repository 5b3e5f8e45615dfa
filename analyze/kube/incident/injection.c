#include "analyze/kube/incident/injection.h"

#include "formats/base/text.h"

/* A log line longer than this is data; requests that carry an injection are shorter. */
#define LINE_LOOKED_AT 8192

static int hex_value(uint8_t c)
{
    if (is_digit(c))
        return c - '0';
    c = to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void decode(struct bytes line, struct text *out)
{
    for (size_t i = 0; i < line.n; i++) {
        uint8_t c = line.p[i];
        if (c == '%' && i + 2 < line.n && hex_value(line.p[i + 1]) >= 0 &&
            hex_value(line.p[i + 2]) >= 0) {
            c = (uint8_t)(hex_value(line.p[i + 1]) * 16 + hex_value(line.p[i + 2]));
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        text_byte(out, (char)to_lower(c));
    }
}

static bool ends_word(struct bytes rest, size_t n)
{
    return n >= rest.n ||
           !((rest.p[n] >= 'a' && rest.p[n] <= 'z') || is_digit(rest.p[n]) ||
             rest.p[n] == '_' || rest.p[n] == '=' || rest.p[n] == ':');
}

/* What an intruder's first commands are; also with a path before them. */
static bool begins_command(struct bytes rest)
{
    static const char *const commands[] = {
        "id",       "whoami",  "uname",    "cat",       "ls",     "sh",       "bash",
        "nc",       "ncat",    "wget",     "curl",      "python", "perl",     "setsid",
        "nohup",    "ping",    "echo",     "env",       "chmod",  "python3",  "ruby",
        "sleep",    "base64",  "printenv", "busybox",   "socat",  "nslookup", "rm",
        "hostname", "kubectl", "cmd",      "powershell"};
    while (rest.n && (is_blank(rest.p[0]) || rest.p[0] == '{'))
        rest = bytes_from(rest, 1);
    static const char *const folders[] = {"/usr/bin/", "/bin/", "/usr/local/bin/"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (bytes_starts(rest, bytes_str(folders[i])))
            rest = bytes_from(rest, bytes_str(folders[i]).n);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct bytes name = bytes_str(commands[i]);
        if (bytes_starts(rest, name) && ends_word(rest, name.n))
            return true;
    }
    return false;
}

static bool has_command(struct bytes line)
{
    for (size_t i = 0; i + 1 < line.n; i++) {
        uint8_t c = line.p[i];
        bool joins = c == ';' || c == '|' || c == '`' || c == '&' || c == '\n';
        bool substitutes = c == '$' && line.p[i + 1] == '(';
        if ((joins && begins_command(bytes_from(line, i + 1))) ||
            (substitutes && begins_command(bytes_from(line, i + 2))))
            return true;
    }
    return false;
}

static const char *known_form(struct bytes line)
{
    static const char *const forms[][2] = {
        {"${jndi:", "JNDI look-up"},
        {"${lower:", "JNDI look-up"},
        {"${upper:", "JNDI look-up"},
        {"${::-", "JNDI look-up"},
        {"/dev/tcp/", "connection by the shell"},
        {"../../", "path out of its folder"},
        {"..\\..\\", "path out of its folder"},
        {"/etc/passwd", "system file asked for"},
        {"/etc/shadow", "system file asked for"},
        {"/proc/self/", "process file asked for"},
        {"169.254.169.254", "cloud metadata address"},
        {"() { :", "shell function in a header"},
        {"union select", "SQL union"},
        {"class.module.classloader", "class loader of a Java bean"},
        {"/var/run/secrets/kubernetes.io", "service account token asked for"},
        {"<!entity", "XML entity"},
        {"java.lang.runtime)", "expression that runs a program"},
        {"java.lang.runtime@", "expression that runs a program"},
        {"new java.lang.processbuilder", "expression that runs a program"},
        {").getruntime(", "expression that runs a program"},
        {"#_memberaccess", "expression that runs a program"},
        {"#context[", "expression that runs a program"},
        {"freemarker.template.utility.execute", "expression that runs a program"},
        {"__class__.__", "way through the objects of Python"},
        {"__globals__", "way through the objects of Python"},
        {"__subclasses__", "way through the objects of Python"},
        {"child_process", "program started by JavaScript"},
        {"<?php", "PHP code"},
        {"allow_url_include", "setting of PHP given in a request"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (bytes_contains(line, bytes_str(forms[i][0])))
            return forms[i][1];
    return NULL;
}

const char *injection_in(struct bytes line)
{
    struct text decoded = {0};
    decode(bytes_sub(line, 0, LINE_LOOKED_AT), &decoded);
    struct bytes text = text_bytes(&decoded);
    const char *what = has_command(text) ? INJECTION_COMMAND : NULL;
    if (!what)
        what = known_form(text);
    text_release(&decoded);
    return what;
}
