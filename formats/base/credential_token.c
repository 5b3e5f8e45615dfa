/* Tokens that are known by their form, from the issuers' own documentation of prefixes.
 */
#include "formats/base/arena.h"
#include "formats/base/base64.h"
#include "formats/base/credential.h"

/* What else the part after the prefix must have, so that words are not taken for it. */
enum mixture { ANY, DIGIT, MIXED }; /* MIXED: a digit, a capital and a small letter */

struct form {
    const char *prefix, *kind;
    enum token_class class;
    size_t least, most; /* bytes after the prefix; another one of the class ends it: no */
    enum mixture mixture;
};

#define NO_LIMIT 4096

static const struct form forms[] = {
    {"AGE-SECRET-KEY-1", "age-key", CLASS_UPPER, 58, 58, ANY},
    {"AIza", "google-api-key", CLASS_URL, 35, 35, ANY},
    {"AKIA", "aws-access-key", CLASS_UPPER, 16, 16, ANY},
    {"ASIA", "aws-access-key", CLASS_UPPER, 16, 16, ANY},
    {"ABIA", "aws-access-key", CLASS_UPPER, 16, 16, ANY},
    {"ACCA", "aws-access-key", CLASS_UPPER, 16, 16, ANY},
    {"ATATT3", "atlassian-token", CLASS_ANYWORD, 40, NO_LIMIT, ANY},
    {"GOCSPX-", "google-oauth-secret", CLASS_URL, 28, 28, ANY},
    {"NRAK-", "newrelic-key", CLASS_UPPER, 27, 27, ANY},
    {"SG.", "sendgrid-key", CLASS_DOTTED, 66, 66, ANY},
    {"SK", "twilio-key", CLASS_HEX, 32, 32, ANY},
    {"dapi", "databricks-token", CLASS_HEX, 32, 32, ANY},
    {"dckr_oat_", "docker-token", CLASS_URL, 20, NO_LIMIT, ANY},
    {"dckr_pat_", "docker-token", CLASS_URL, 20, NO_LIMIT, ANY},
    {"doo_v1_", "digitalocean-token", CLASS_HEX, 64, 64, ANY},
    {"dop_v1_", "digitalocean-token", CLASS_HEX, 64, 64, ANY},
    {"dor_v1_", "digitalocean-token", CLASS_HEX, 64, 64, ANY},
    {"dp.pt.", "doppler-token", CLASS_ALNUM, 40, 44, ANY},
    {"eyJhdXRocy", "docker-config", CLASS_BASE64, 20, SIZE_MAX, ANY}, /* {"auths */
    {"ghp_", "github-token", CLASS_ALNUM, 36, 255, ANY},
    {"gho_", "github-token", CLASS_ALNUM, 36, 255, ANY},
    {"ghr_", "github-token", CLASS_ALNUM, 36, 255, ANY},
    {"ghs_", "github-token", CLASS_ALNUM, 36, 255, ANY},
    {"ghu_", "github-token", CLASS_ALNUM, 36, 255, ANY},
    {"github_pat_", "github-token", CLASS_WORD, 40, 255, ANY},
    {"glagent-", "gitlab-token", CLASS_DOTTED, 20, 300, DIGIT},
    {"glcbt-", "gitlab-token", CLASS_DOTTED, 20, 300, DIGIT},
    {"gldt-", "gitlab-token", CLASS_DOTTED, 20, 300, DIGIT},
    {"glft-", "gitlab-token", CLASS_DOTTED, 20, 300, DIGIT},
    {"glpat-", "gitlab-token", CLASS_DOTTED, 20, 300, ANY},
    {"glptt-", "gitlab-token", CLASS_DOTTED, 20, 300, ANY},
    {"glrt-", "gitlab-token", CLASS_DOTTED, 20, 300, DIGIT},
    {"glsoat-", "gitlab-token", CLASS_DOTTED, 20, 300, DIGIT},
    {"gloas-", "gitlab-token", CLASS_DOTTED, 20, 300, DIGIT},
    {"glsa_", "grafana-token", CLASS_WORD, 41, 41, ANY},
    {"hf_", "huggingface-token", CLASS_ALNUM, 34, 40, MIXED},
    {"hvb.", "vault-token", CLASS_URL, 24, NO_LIMIT, ANY},
    {"hvr.", "vault-token", CLASS_URL, 24, NO_LIMIT, ANY},
    {"hvs.", "vault-token", CLASS_URL, 24, NO_LIMIT, ANY},
    {"lin_api_", "linear-key", CLASS_ALNUM, 40, 40, ANY},
    {"npm_", "npm-token", CLASS_ALNUM, 36, 36, ANY},
    {"pul-", "pulumi-token", CLASS_HEX, 40, 40, ANY},
    {"pypi-Ag", "pypi-token", CLASS_URL, 50, NO_LIMIT, ANY},
    {"rk_live_", "stripe-key", CLASS_ALNUM, 16, 255, ANY},
    {"rk_test_", "stripe-key", CLASS_ALNUM, 16, 255, ANY},
    {"rubygems_", "rubygems-key", CLASS_HEX, 48, 48, ANY},
    {"s.", "vault-token", CLASS_ALNUM, 24, 24, MIXED},
    {"shpat_", "shopify-token", CLASS_HEX, 32, 32, ANY},
    {"shpca_", "shopify-token", CLASS_HEX, 32, 32, ANY},
    {"shppa_", "shopify-token", CLASS_HEX, 32, 32, ANY},
    {"shpss_", "shopify-token", CLASS_HEX, 32, 32, ANY},
    {"sk-", "api-key", CLASS_URL, 32, 300, MIXED}, /* OpenAI, Anthropic and others */
    {"sk_live_", "stripe-key", CLASS_ALNUM, 16, 255, ANY},
    {"sk_test_", "stripe-key", CLASS_ALNUM, 16, 255, ANY},
    {"sqp_", "sonar-token", CLASS_HEX, 40, 40, ANY},
    {"squ_", "sonar-token", CLASS_HEX, 40, 40, ANY},
    {"tskey-", "tailscale-key", CLASS_URL, 20, 255, DIGIT},
    {"whsec_", "webhook-secret", CLASS_BASE64, 24, 255, ANY},
    {"xapp-", "slack-token", CLASS_URL, 20, 300, DIGIT},
    {"xoxa-", "slack-token", CLASS_URL, 10, 300, DIGIT},
    {"xoxb-", "slack-token", CLASS_URL, 10, 300, DIGIT},
    {"xoxe-", "slack-token", CLASS_URL, 10, 300, DIGIT},
    {"xoxe.xox", "slack-token", CLASS_URL, 10, 300, DIGIT},
    {"xoxp-", "slack-token", CLASS_URL, 10, 300, DIGIT},
    {"xoxr-", "slack-token", CLASS_URL, 10, 300, DIGIT},
    {"xoxs-", "slack-token", CLASS_URL, 10, 300, DIGIT},
    {"ya29.", "google-oauth-token", CLASS_DOTTED, 20, NO_LIMIT, ANY},
    {"1//0", "google-oauth-token", CLASS_URL, 30, 255, MIXED},
};

static bool has_mixture(struct bytes v, enum mixture mixture)
{
    bool upper = false, lower = false, digit = false;
    for (size_t i = 0; i < v.n; i++) {
        upper |= v.p[i] >= 'A' && v.p[i] <= 'Z';
        lower |= v.p[i] >= 'a' && v.p[i] <= 'z';
        digit |= is_digit(v.p[i]);
    }
    return mixture == ANY || (digit && (mixture == DIGIT || (upper && lower)));
}

static bool has_form(struct bytes b, size_t at, const struct form *f,
                     struct credential *out)
{
    if (b.p[at] != (uint8_t)f->prefix[0] || !has_prefix(b, at, f->prefix))
        return false;
    size_t start = at + strlen(f->prefix);
    size_t run = class_run(b, start, f->class, f->most);
    bool goes_on = start + run < b.n && (in_class(b.p[start + run], f->class) ||
                                         in_class(b.p[start + run], CLASS_WORD));
    if (run < f->least || goes_on || !has_mixture(bytes_sub(b, start, run), f->mixture))
        return false;
    *out = (struct credential){f->kind, at, start + run - at};
    return true;
}

/* Do the first octets that the base64 at `at` stands for contain `needle`? */
static bool base64_begins_with(struct bytes b, size_t at, size_t n, const char *needle)
{
    struct arena arena = ARENA_INIT;
    struct bytes octets;
    bool found = base64_decode(bytes_sub(b, at, n), BASE64_LENIENT, &arena, &octets) &&
                 bytes_contains(octets, bytes_str(needle));
    arena_release(&arena);
    return found;
}

/* RFC 7515: base64url of '{"alg"…', '.', of the claims, '.', signature. RFC 7516: five
 * parts. Without its signature (cut off in a log) it still shows whose it was. */
static bool is_jwt(struct bytes b, size_t at, struct credential *out)
{
    size_t header = class_run(b, at, CLASS_URL, 2048);
    if (header < 12 || !has_prefix(b, at + header, "."))
        return false;
    size_t head = (header < 256 ? header : 256) & ~(size_t)3;
    if (!base64_begins_with(b, at, head, "\"alg\"") &&
        !base64_begins_with(b, at, head, "\"typ\"") &&
        !base64_begins_with(b, at, head, "\"kid\""))
        return false;
    size_t end = at + header, parts = 1;
    while (parts < 5 && has_prefix(b, end, ".")) {
        size_t part = class_run(b, end + 1, CLASS_URL, SIZE_MAX);
        if (parts == 1 && part < 4)
            return false;
        end += 1 + part;
        parts++;
    }
    *out = (struct credential){"jwt", at, end - at};
    return true;
}

/* A PEM file in base64, as in Secrets and in kubeconfig's client-key-data. */
static bool is_encoded_block(struct bytes b, size_t at, struct credential *out)
{
    if (!base64_begins_with(b, at, 64, "PRIVATE KEY"))
        return false;
    *out =
        (struct credential){"private-key", at, class_run(b, at, CLASS_BASE64, SIZE_MAX)};
    return true;
}

/* "Bearer TOKEN" (RFC 6750) and "Basic BASE64(user:password)" (RFC 7617). */
static bool is_authorization(struct bytes b, size_t at, struct credential *out)
{
    bool basic = has_prefix_nocase(b, at, "basic");
    if (!basic && !has_prefix_nocase(b, at, "bearer"))
        return false;
    size_t start = at + (basic ? 5 : 6);
    size_t space = start;
    while (start < b.n && (b.p[start] == ' ' || b.p[start] == '+'))
        start++;
    if (start == space && has_prefix(b, start, "%20"))
        start += 3;
    size_t run = class_run(b, start, basic ? CLASS_BASE64 : CLASS_ANYWORD, SIZE_MAX);
    struct bytes value = bytes_sub(b, start, run);
    size_t looked = run < 400 ? run : 400;
    if (start == space || run < (basic ? 8 : 16) ||
        (basic ? !base64_begins_with(b, start, looked, ":") : !has_mixture(value, DIGIT)))
        return false;
    *out = (struct credential){basic ? "basic-auth" : "bearer-token", start, run};
    return true;
}

/* kubeadm's "abcdef.0123456789abcdef": nothing else of a name may touch it. */
static bool is_bootstrap_token(struct bytes b, size_t at, struct credential *out)
{
    if (!has_prefix(b, at + 6, ".") ||
        (at > 0 && b.p[at - 1] && strchr(".-/:", b.p[at - 1])))
        return false;
    for (size_t i = 0; i < 23; i++)
        if (i != 6 && (at + i >= b.n || !in_class(b.p[at + i], CLASS_ALNUM) ||
                       to_lower(b.p[at + i]) != b.p[at + i]))
            return false;
    struct bytes secret = bytes_sub(b, at + 7, 16);
    if (!has_mixture(secret, DIGIT) ||
        (at + 23 < b.n && (in_class(b.p[at + 23], CLASS_DOTTED) || b.p[at + 23] == '/')))
        return false;
    *out = (struct credential){"bootstrap-token", at, 23};
    return true;
}

/* Telegram: 8 to 10 digits, ':', 35 of base64url beginning with "AA". */
static bool is_bot_token(struct bytes b, size_t at, struct credential *out)
{
    size_t id = 0;
    while (id < 11 && at + id < b.n && is_digit(b.p[at + id]))
        id++;
    if (id < 8 || id > 10 || !has_prefix(b, at + id, ":AA") ||
        class_run(b, at + id + 1, CLASS_URL, 36) != 35)
        return false;
    *out = (struct credential){"telegram-token", at, id + 36};
    return true;
}

/* Microsoft Entra client secret: three characters, a digit, "Q~", 31 to 34 more. */
static bool is_azure_secret(struct bytes b, size_t at, struct credential *out)
{
    if (!has_prefix(b, at + 4, "Q~") || !is_digit(b.p[at + 3]))
        return false;
    size_t n = 6;
    while (n < 42 && at + n < b.n &&
           (in_class(b.p[at + n], CLASS_DOTTED) || b.p[at + n] == '~'))
        n++;
    if (n < 37 || n > 40)
        return false;
    *out = (struct credential){"azure-client-secret", at, n};
    return true;
}

/* The 40 characters that stand beside an AWS access key: "AKIA…:SECRET", a CSV row. */
static bool is_aws_secret(struct bytes b, size_t at, struct credential *out)
{
    size_t gap = 0;
    while (gap < 4 && gap < at && b.p[at - gap - 1] &&
           strchr(" \t,:;|\"'", b.p[at - gap - 1]))
        gap++;
    if (gap == 0 || at < gap + 20)
        return false;
    size_t key = at - gap - 20;
    if ((!has_prefix(b, key, "AKIA") && !has_prefix(b, key, "ASIA")) ||
        class_run(b, key, CLASS_UPPER, 20) != 20 ||
        class_run(b, at, CLASS_BASE64, 41) != 40 ||
        !has_mixture(bytes_sub(b, at, 40), MIXED))
        return false;
    *out = (struct credential){"aws-secret-key", at, 40};
    return true;
}

/* crypt(5): "$id$salt$hash", as in /etc/shadow and htpasswd. */
static bool is_hash(struct bytes b, size_t at, struct credential *out)
{
    static const char *const ids[] = {"$1$",  "$5$",  "$6$",  "$7$",    "$y$",
                                      "$2a$", "$2b$", "$2y$", "$apr1$", "$argon2"};
    bool known = false;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        known |= has_prefix(b, at, ids[i]);
    size_t n = 0;
    while (known && n < 200 && at + n < b.n &&
           (in_class(b.p[at + n], CLASS_BASE64) ||
            (b.p[at + n] && strchr(".$,-", b.p[at + n]))))
        n++;
    if (n < 25 || bytes_rfind_byte(bytes_sub(b, at, n), '$') < 5)
        return false;
    *out = (struct credential){"password-hash", at, n};
    return true;
}

/* The path of an incoming webhook is its secret. */
static bool is_webhook(struct bytes b, size_t at, struct credential *out)
{
    static const char *const urls[] = {"https://hooks.slack.com/services/",
                                       "https://discord.com/api/webhooks/",
                                       "https://discordapp.com/api/webhooks/"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        size_t path = at + strlen(urls[i]);
        size_t run =
            has_prefix(b, at, urls[i]) ? class_run(b, path, CLASS_ANYWORD, 300) : 0;
        if (run < 20)
            continue;
        *out = (struct credential){"webhook-url", path, run};
        return true;
    }
    return false;
}

/* Forms that need more than a prefix, by the byte they begin with. */
static bool has_shape(struct bytes b, size_t at, struct credential *out)
{
    switch (b.p[at]) {
    case '$':
        return is_hash(b, at, out);
    case 'B':
    case 'b':
        return is_authorization(b, at, out);
    case 'L':
        return has_prefix(b, at, "LS0tLS1CRUdJTi") && is_encoded_block(b, at, out);
    case 'e':
        return has_prefix(b, at, "eyJ") && is_jwt(b, at, out);
    case 'h':
        return is_webhook(b, at, out);
    default:
        return is_digit(b.p[at]) && is_bot_token(b, at, out);
    }
}

bool credential_token(struct bytes b, size_t at, struct credential *out)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (has_form(b, at, &forms[i], out))
            return true;
    return has_shape(b, at, out) || is_bootstrap_token(b, at, out) ||
           is_azure_secret(b, at, out) || is_aws_secret(b, at, out);
}
