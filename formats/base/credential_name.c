/* Names under which secrets are kept: environment variables, JSON and YAML keys, flags.
 */
#include "formats/base/credential.h"

/* A name without its separators, in small letters: "DB_Password" is "dbpassword". Only
 * the end of a name says what it holds, so the last 64 bytes are enough. */
struct squashed {
    char text[65];
    uint64_t starts; /* bit i: a word begins at text[i] */
    size_t n;
};

static struct squashed squash(struct bytes name)
{
    struct squashed s = {.n = 0};
    bool begins = true;
    uint8_t before = 0;
    for (size_t i = name.n > 64 ? name.n - 64 : 0; i < name.n; before = name.p[i++]) {
        uint8_t c = name.p[i];
        if (!in_class(c, CLASS_ALNUM)) {
            begins = true;
            continue;
        }
        bool capital = c >= 'A' && c <= 'Z';
        bool next_small = i + 1 < name.n && name.p[i + 1] >= 'a' && name.p[i + 1] <= 'z';
        bool before_capital = before >= 'A' && before <= 'Z';
        if (begins || (capital && (!before_capital || next_small)))
            s.starts |= UINT64_C(1) << s.n;
        s.text[s.n++] = (char)to_lower(c);
        begins = false;
    }
    s.text[s.n] = '\0';
    return s;
}

static bool ends(const struct squashed *s, const char *suffix, bool whole_word)
{
    size_t n = strlen(suffix);
    return s->n >= n && memcmp(s->text + s->n - n, suffix, n) == 0 &&
           (!whole_word || (s->starts >> (s->n - n) & 1));
}

static void drop(struct squashed *s, size_t n)
{
    s->n -= n;
    s->text[s->n] = '\0';
}

/* "password2", "token_base64", "client-key-data" are still what they are. */
static void drop_additions(struct squashed *s)
{
    static const char *const additions[] = {"value", "data",  "base64", "b64",
                                            "raw",   "plain", "text",   "hash"};
    while (s->n && is_digit((uint8_t)s->text[s->n - 1]) && !ends(s, "base64", true) &&
           !ends(s, "b64", true))
        drop(s, 1);
    for (size_t i = 0; i < sizeof additions / sizeof *additions; i++)
        if (ends(s, additions[i], true) && s->n > strlen(additions[i]))
            drop(s, strlen(additions[i]));
}

/* Names that end like a secret's but say where it is, or what is done with it. */
static const char *const harmless[] = {
    "automountserviceaccounttoken",
    "pullsecret",
    "existingsecret",
    "applicationcredentials",
    "continuetoken",
    "nexttoken",
    "pagetoken",
    "synctoken",
    "withtoken",
    "nopassword",
    "nopasswd", /* sudoers(5) */
    "requirepass",
    "tlssecret",
    "createsecret",
    "listsecret",
    "getsecret",
};

struct rule {
    const char *suffix;
    struct name_class class;
    bool whole_word; /* the suffix must begin a word: "db_pass", but not "compass" */
};

/* The first that fits counts. */
static const struct rule rules[] = {
    {"awssecretaccesskey", {"aws-secret-key", false}, false},
    {"secretaccesskey", {"aws-secret-key", false}, false},
    {"awssecretkey", {"aws-secret-key", false}, false},
    {"accountkey", {"azure-key", false}, false},
    {"sharedaccesskey", {"azure-key", false}, false},
    {"sharedaccesssignature", {"azure-sas", false}, false},
    {"presharedkey", {"wireguard-key", false}, false},
    {"dockerconfigjson", {"docker-config", false}, false},
    {"dockercfg", {"docker-config", false}, false},
    {"password", {"password", false}, false},
    {"passwd", {"password", false}, false},
    {"passphrase", {"password", false}, false},
    {"pwd", {"password", false}, true},
    {"storepass", {"password", false}, false},
    {"dbpass", {"password", false}, false},
    {"userpass", {"password", false}, false},
    {"pass", {"password", false}, true},
    {"clientsecret", {"secret", false}, false},
    {"appsecret", {"secret", false}, false},
    {"secretkey", {"key", false}, false},
    {"secretkeybase", {"key", false}, false},
    {"privatekey", {"key", false}, false},
    {"accesskey", {"key", false}, false},
    {"apikey", {"key", false}, false},
    {"signingkey", {"key", false}, false},
    {"encryptionkey", {"key", false}, false},
    {"masterkey", {"key", false}, false},
    {"authkey", {"key", false}, false},
    {"sessionkey", {"key", false}, false},
    {"sshkey", {"key", false}, false},
    {"storagekey", {"key", false}, false},
    {"clientkey", {"key", false}, false},
    {"deploykey", {"key", false}, false},
    {"unsealkey", {"key", false}, false},
    {"hmackey", {"key", false}, false},
    {"tlskey", {"key", false}, true},
    {"aeskey", {"key", false}, true},
    {"jwtkey", {"key", false}, true},
    {"apitoken", {"token", false}, false},
    {"accesstoken", {"token", false}, false},
    {"authtoken", {"token", false}, false},
    {"refreshtoken", {"token", false}, false},
    {"bearertoken", {"token", false}, false},
    {"idtoken", {"token", true}, false},
    {"sessiontoken", {"token", false}, false},
    {"securitytoken", {"token", false}, false},
    {"vaulttoken", {"token", false}, false},
    {"githubtoken", {"token", false}, false},
    {"gitlabtoken", {"token", false}, false},
    {"slacktoken", {"token", false}, false},
    {"npmtoken", {"token", false}, false},
    {"deploytoken", {"token", false}, false},
    {"roottoken", {"token", false}, false},
    {"admintoken", {"token", false}, false},
    {"token", {"token", true}, false},
    {"secret", {"secret", true}, false},
    {"credentials", {"secret", true}, true},
    {"credential", {"secret", true}, true},
    {"creds", {"secret", true}, true},
    {"connectionstring", {"connection-string", false}, false},
    {"authorization", {"authorization", true}, false},
    {"cookie", {"cookie", false}, true},
    {"sessionid", {"cookie", true}, false},
    {"amzsignature", {"signature", false}, false},
    {"sig", {"azure-sas", true}, true},
};

bool credential_name_class(struct bytes name, struct name_class *out)
{
    /* The working directory, in every process's environment. */
    if (bytes_is(name, "PWD") || bytes_is(name, "OLDPWD"))
        return false;
    if (bytes_is(name, "auth") || bytes_is(name, "_auth")) {
        *out = (struct name_class){"docker-auth", true};
        return true;
    }
    struct squashed s = squash(name);
    drop_additions(&s);
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (ends(&s, harmless[i], false))
            return false;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (ends(&s, rules[i].suffix, rules[i].whole_word)) {
            *out = rules[i].class;
            return true;
        }
    return false;
}

bool credential_name(struct bytes name)
{
    struct name_class class;
    return credential_name_class(name, &class);
}
