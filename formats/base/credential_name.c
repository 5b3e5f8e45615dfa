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

/* Its length stands beside it: each name is compared with all of them. */
struct suffix {
    const char *text;
    size_t n;
};
#define SUFFIX(text)                                                                     \
    {                                                                                    \
        text, sizeof text - 1                                                            \
    }

static bool ends(const struct squashed *s, struct suffix suffix, bool whole_word)
{
    size_t n = suffix.n;
    return s->n >= n && s->text[s->n - 1] == suffix.text[n - 1] &&
           memcmp(s->text + s->n - n, suffix.text, n) == 0 &&
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
    static const struct suffix numbered[] = {SUFFIX("base64"), SUFFIX("b64")};
    static const struct suffix additions[] = {
        SUFFIX("value"), SUFFIX("data"),  SUFFIX("base64"), SUFFIX("b64"),
        SUFFIX("raw"),   SUFFIX("plain"), SUFFIX("text"),   SUFFIX("hash")};
    while (s->n && is_digit((uint8_t)s->text[s->n - 1]) && !ends(s, numbered[0], true) &&
           !ends(s, numbered[1], true))
        drop(s, 1);
    for (size_t i = 0; i < sizeof additions / sizeof *additions; i++)
        if (ends(s, additions[i], true) && s->n > additions[i].n)
            drop(s, additions[i].n);
}

/* Names that end like a secret's but say where it is, or what is done with it. */
static const struct suffix harmless[] = {
    SUFFIX("automountserviceaccounttoken"),
    SUFFIX("pullsecret"),
    SUFFIX("existingsecret"),
    SUFFIX("applicationcredentials"),
    SUFFIX("continuetoken"),
    SUFFIX("nexttoken"),
    SUFFIX("pagetoken"),
    SUFFIX("synctoken"),
    SUFFIX("withtoken"),
    SUFFIX("nopassword"),
    SUFFIX("nopasswd"), /* sudoers(5) */
    SUFFIX("requirepass"),
    SUFFIX("tlssecret"),
    SUFFIX("createsecret"),
    SUFFIX("listsecret"),
    SUFFIX("getsecret"),
};

struct rule {
    struct suffix suffix;
    struct name_class class;
    bool whole_word; /* the suffix must begin a word: "db_pass", but not "compass" */
};

/* The first that fits counts. */
static const struct rule rules[] = {
    {SUFFIX("awssecretaccesskey"), {"aws-secret-key", false}, false},
    {SUFFIX("secretaccesskey"), {"aws-secret-key", false}, false},
    {SUFFIX("awssecretkey"), {"aws-secret-key", false}, false},
    {SUFFIX("accountkey"), {"azure-key", false}, false},
    {SUFFIX("sharedaccesskey"), {"azure-key", false}, false},
    {SUFFIX("sharedaccesssignature"), {"azure-sas", false}, false},
    {SUFFIX("presharedkey"), {"wireguard-key", false}, false},
    {SUFFIX("dockerconfigjson"), {"docker-config", false}, false},
    {SUFFIX("dockercfg"), {"docker-config", false}, false},
    {SUFFIX("password"), {"password", false}, false},
    {SUFFIX("passwd"), {"password", false}, false},
    {SUFFIX("passphrase"), {"password", false}, false},
    {SUFFIX("pwd"), {"password", false}, true},
    {SUFFIX("storepass"), {"password", false}, false},
    {SUFFIX("dbpass"), {"password", false}, false},
    {SUFFIX("userpass"), {"password", false}, false},
    {SUFFIX("pass"), {"password", false}, true},
    {SUFFIX("clientsecret"), {"secret", false}, false},
    {SUFFIX("appsecret"), {"secret", false}, false},
    {SUFFIX("secretkey"), {"key", false}, false},
    {SUFFIX("secretkeybase"), {"key", false}, false},
    {SUFFIX("privatekey"), {"key", false}, false},
    {SUFFIX("accesskey"), {"key", false}, false},
    {SUFFIX("apikey"), {"key", false}, false},
    {SUFFIX("signingkey"), {"key", false}, false},
    {SUFFIX("encryptionkey"), {"key", false}, false},
    {SUFFIX("masterkey"), {"key", false}, false},
    {SUFFIX("authkey"), {"key", false}, false},
    {SUFFIX("sessionkey"), {"key", false}, false},
    {SUFFIX("sshkey"), {"key", false}, false},
    {SUFFIX("storagekey"), {"key", false}, false},
    {SUFFIX("clientkey"), {"key", false}, false},
    {SUFFIX("deploykey"), {"key", false}, false},
    {SUFFIX("unsealkey"), {"key", false}, false},
    {SUFFIX("hmackey"), {"key", false}, false},
    {SUFFIX("tlskey"), {"key", false}, true},
    {SUFFIX("aeskey"), {"key", false}, true},
    {SUFFIX("jwtkey"), {"key", false}, true},
    {SUFFIX("apitoken"), {"token", false}, false},
    {SUFFIX("accesstoken"), {"token", false}, false},
    {SUFFIX("authtoken"), {"token", false}, false},
    {SUFFIX("refreshtoken"), {"token", false}, false},
    {SUFFIX("bearertoken"), {"token", false}, false},
    {SUFFIX("idtoken"), {"token", true}, false},
    {SUFFIX("sessiontoken"), {"token", false}, false},
    {SUFFIX("securitytoken"), {"token", false}, false},
    {SUFFIX("vaulttoken"), {"token", false}, false},
    {SUFFIX("githubtoken"), {"token", false}, false},
    {SUFFIX("gitlabtoken"), {"token", false}, false},
    {SUFFIX("slacktoken"), {"token", false}, false},
    {SUFFIX("npmtoken"), {"token", false}, false},
    {SUFFIX("deploytoken"), {"token", false}, false},
    {SUFFIX("roottoken"), {"token", false}, false},
    {SUFFIX("admintoken"), {"token", false}, false},
    {SUFFIX("token"), {"token", true}, false},
    {SUFFIX("secret"), {"secret", true}, false},
    {SUFFIX("credentials"), {"secret", true}, true},
    {SUFFIX("credential"), {"secret", true}, true},
    {SUFFIX("creds"), {"secret", true}, true},
    {SUFFIX("connectionstring"), {"connection-string", false}, false},
    {SUFFIX("authorization"), {"authorization", true}, false},
    {SUFFIX("cookie"), {"cookie", false}, true},
    {SUFFIX("sessionid"), {"cookie", true}, false},
    {SUFFIX("amzsignature"), {"signature", false}, false},
    {SUFFIX("sig"), {"azure-sas", true}, true},
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
