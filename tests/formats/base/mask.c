/* Samples of credentials are made up: right in form, valid nowhere. Parts are put
 * together here so that no secret scanner takes this file for a leak. */
#include "formats/base/credential.h"

#include <criterion/criterion.h>

struct sample {
    const char *text;   /* what is searched */
    const char *secret; /* what must be found in it; NULL: nothing may be found */
    const char *kind;
};

#define A16   "QWERTYUIOPASDF27"
#define X36   "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
#define HEX32 "0123456789abcdef0123456789abcdef"
#define JWT                                                                              \
    "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ."                                                \
    "eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50In0.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
#define BODY       "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
#define PEM(label) "-----BEGIN " label "-----"

static const struct sample forms[] = {
    {"token is " JWT " ok", JWT, "jwt"},
    {"key AKIA" A16 ".", "AKIA" A16, "aws-access-key"},
    {"AKIA" A16 ",wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLKE1", "AKIA" A16,
     "aws-access-key"},
    {"x=AIza"
     "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
     "AIza"
     "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
     "google-api-key"},
    {"ghp_" X36, "ghp_" X36, "github-token"},
    {"command=ghs_" X36 "&container=a", "ghs_" X36, "github-token"},
    {"a%3Dghp_" X36, "ghp_" X36, "github-token"},
    {"{\\u0022ghp_" X36 "\\u0022}", "ghp_" X36, "github-token"},
    {"line\\nghp_" X36 "\\n", "ghp_" X36, "github-token"},
    {"github_pat_11ABCDEFG0" X36, "github_pat_11ABCDEFG0" X36, "github-token"},
    {"glpat-"
     "x1Y2z3A4b5C6d7E8f9G0",
     "glpat-"
     "x1Y2z3A4b5C6d7E8f9G0",
     "gitlab-token"},
    {"xoxb-"
     "123456789012-abcdefGHIJKL",
     "xoxb-"
     "123456789012-abcdefGHIJKL",
     "slack-token"},
    {"https://hooks.slack.com/services/"
     "T00000000/B00000000/XXXXyyyyZZZZ",
     "T00000000/B00000000/XXXXyyyyZZZZ", "webhook-url"},
    {"sk_live_"
     "4eC39HqLyjWDarjtT1zdp7dc",
     "sk_live_"
     "4eC39HqLyjWDarjtT1zdp7dc",
     "stripe-key"},
    {"npm_" X36, "npm_" X36, "npm-token"},
    {"pypi-Ag"
     "EIcHlwaS5vcmcCJDU2" X36,
     "pypi-Ag"
     "EIcHlwaS5vcmcCJDU2" X36,
     "pypi-token"},
    {"SG."
     "abcdefghijklmnopqrstuv.ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefg",
     "SG."
     "abcdefghijklmnopqrstuv.ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefg",
     "sendgrid-key"},
    {"SK" HEX32, "SK" HEX32, "twilio-key"},
    {"sk-proj-" X36, "sk-proj-" X36, "api-key"},
    {"hvs."
     "CAESIJ1234567890abcdefghijklmn",
     "hvs."
     "CAESIJ1234567890abcdefghijklmn",
     "vault-token"},
    {"s."
     "iyNUhq8Ov4hIAx6snw5mB2nL",
     "s."
     "iyNUhq8Ov4hIAx6snw5mB2nL",
     "vault-token"},
    {"kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef",
     "abcdef.0123456789abcdef", "bootstrap-token"},
    {"id 07401b.f395accd246ae52d used", "07401b.f395accd246ae52d", "bootstrap-token"},
    {"AGE-SECRET-KEY-1"
     "QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ",
     "AGE-SECRET-KEY-1"
     "QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ",
     "age-key"},
    {"123456789:AA"
     "bcdefghijklmnopqrstuvwxyz01234567",
     "123456789:AA"
     "bcdefghijklmnopqrstuvwxyz01234567",
     "telegram-token"},
    {"abc8Q~"
     "0123456789abcdefghijklmnopqrstuv.-",
     "abc8Q~"
     "0123456789abcdefghijklmnopqrstuv.-",
     "azure-client-secret"},
    {"root:$6$saltsalt$abcdefghijklmnopqrstuvwxyz012345:19000",
     "$6$saltsalt$abcdefghijklmnopqrstuvwxyz012345", "password-hash"},
    {PEM("RSA PRIVATE KEY") "\n" BODY "\nab==\n-----END", BODY "\nab==", "private-key"},
    {PEM("OPENSSH PRIVATE KEY") "\n" BODY "\n" BODY, BODY "\n" BODY, "private-key"},
    {"\"private_key\": \"" PEM("PRIVATE KEY") "\\n" BODY "\\nab==\\n-----END",
     BODY "\\nab==", "private-key"},
    {PEM("EC PRIVATE KEY") "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n" BODY,
     BODY, "private-key"},
    {"client-key-data: "
     "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFcFFJQkFBS0NBUUVBdEJnc2Vn",
     "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFcFFJQkFBS0NBUUVBdEJnc2Vn",
     "private-key"},
    {"{\"auth\": \"dXNlcjpodW50ZXIy\"}", "dXNlcjpodW50ZXIy", "docker-auth"},
    {".dockerconfigjson: eyJhdXRocyI6eyJyIjp7ImF1dGgiOiJkWE5sY2pwNCJ9fX0=",
     "eyJhdXRocyI6eyJyIjp7ImF1dGgiOiJkWE5sY2pwNCJ9fX0=", "docker-config"},
};

static const struct sample headers[] = {
    {"Authorization: Basic dXNlcjpodW50ZXIy", "dXNlcjpodW50ZXIy", "basic-auth"},
    {"-H 'Authorization: Bearer abcdef0123456789abcd' x", "abcdef0123456789abcd",
     "bearer-token"},
    {"sent bearer abcdef0123456789abcd there", "abcdef0123456789abcd", "bearer-token"},
    {"Cookie: a=1; session=2", "a=1; session=2", "cookie"},
    {"https://user:hunter2@host/path", "hunter2", "url-password"},
    {"postgres://app:p@ss@db:5432/x?y", "p@ss", "url-password"},
    {"redis://:hunter2@cache:6379/0", "hunter2", "url-password"},
    {"DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abc/+d==;EndpointSuffix=x",
     "abc/+d==", "azure-key"},
    {"Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=abc+d=", "abc+d=",
     "azure-key"},
    {"?sv=2022&sig=abcdefghij1234567890%2Babcdefghij1234567890%3D&se=1",
     "abcdefghij1234567890%2Babcdefghij1234567890%3D", "azure-sas"},
    {"Server=db;User Id=sa;Password=hunter2;", "hunter2", "password"},
    {"PresharedKey = FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=",
     "FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=", "wireguard-key"},
    {"[Interface]\nPrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=\n",
     "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=", "key"},
};

static const struct sample named[] = {
    {"password=hunter2", "hunter2", "password"},
    {"password: hunter2\nuser: x", "hunter2", "password"},
    {"\"password\": \"hunter two\"", "hunter two", "password"},
    {"{\\\"password\\\":\\\"hunter2\\\",\\\"a\\\":1}", "hunter2", "password"},
    {"DB_PASSWORD=hun,ter;2", "hun,ter;2", "password"},
    {"a DB_PASSWORD=hunter;2", "hunter", "password"},
    {"aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
     "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws-secret-key"},
    {"config['api_key'] = 'abc'", "abc", "key"},
    {"mysql --password=hunter2 -h x", "hunter2", "password"},
    {"x --password hunter2 -h x", "hunter2", "password"},
    {"x\0--password\0hunter2", NULL, NULL}, /* a C string ends here: see masks_argv */
    {"[\"--token\",\"hunter22\"]", "hunter22", "token"},
    {"command=--password&command=hunter2&stdout=true", "hunter2", "password"},
    {"command=password%3Dhunter2&stdout=true", "hunter2", "password"},
    {"curl -u admin:hunter2 http://x", "hunter2", "password"},
    {"{\"name\":\"DB_PASSWORD\",\"value\":\"hunter2\"}", "hunter2", "password"},
    {"- name: DB_PASSWORD\n  value: hunter2\n", "hunter2", "password"},
    {"token=7f3c9a1be2d84455", "7f3c9a1be2d84455", "token"},
    {"client_secret: 7f3c9a1b", "7f3c9a1b", "secret"},
    {"?access_token=abc&x=1", "abc", "token"},
    {"VAULT_TOKEN=550e8400-e29b-41d4-a716-446655440000",
     "550e8400-e29b-41d4-a716-446655440000", "token"},
};

/* Near misses: none of these is a credential. */
static const char *const harmless[] = {
    "app ALL=(ALL) NOPASSWD: ALL",
    "passwd: files\npasswd: compat",
    "sig = self._get_call_signature_from_name(_call[0])",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  file",
    "550e8400-e29b-41d4-a716-446655440000",
    "uid: 550e8400-e29b-41d4-a716-446655440000",
    "registry.example.com:5000/team/inventory-api:1.4.2",
    "docker.io/library/"
    "nginx@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "inventory-api-6d4cf56db6-9wq7m",
    "inventory.api-6d4cf56db6-9wq7m.example.com",
    "https://kubernetes.default.svc:443/api/v1/namespaces/x/pods?watch=true",
    "http://[fe80::1]:8080/a@b",
    "git@github.com:org/repo.git",
    "ssh://git@github.com/org/repo",
    "Basic authentication is disabled",
    "the bearer of this message",
    "secret \"db-creds\" not found",
    "secret=\"default/db-creds\"",
    "secretName: db-creds-7f9c4",
    "\"resource\":\"secrets\",\"name\":\"db-creds\"",
    "password: authentication failed for user root",
    "token: unexpected end of file",
    "password=${DB_PASSWORD}",
    "password=********",
    "password: <redacted>",
    "DB_PASSWORD_FILE=/run/secrets/db",
    "GOOGLE_APPLICATION_CREDENTIALS=/var/secrets/google.json",
    "token=/var/run/secrets/kubernetes.io/serviceaccount/token",
    "automountServiceAccountToken: false",
    "PWD=/home/app/deploy1",
    "compass=north1234",
    "max_tokens=4096 tokens=4096",
    "docker run -u 1000:1000 alpine",
    "public_key=MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
    "-----BEGIN "
    "CERTIFICATE-----\nMIIBkTCB+wIJAKHBfpE5yW8HMA0GCSqGSIb3DQEBCwUAMBExDzANBgNVBAMMBnRl",
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
    "-----BEGIN RSA PRIVATE KEY----- was found in a file of the user",
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJrVENCK3dJSkFLSEJmcEU1eVc4SE1BMEdDU3FH",
    "AKIAIOSFODNN7EXAMPLEX123 is too long",
    "XAKIA" A16,
    "ghp_short",
    "s.someMethodOfTwentyFourChr",
    "sk-learn-is-a-library-for-machine-learning",
    "eyJub3QiOiJhIGp3dCJ9.eyJ4IjoxMjM0NTY3fQ.x", /* {"not":"a jwt"} */
    "eyJhbGciOiJSUzI1NiJ9",
    "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/"
    "SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
    "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8",
    "authorization.k8s.io/reason\":\"RBAC: allowed by RoleBinding \\\"a1/b\\\"",
    "system:serviceaccount:inventory:inventory-api",
    "\"auth\": \"ldap\"",
    "bundle.min.0123456789abcdef.js",
};

static void expect(const struct sample *s)
{
    struct bytes b = bytes_str(s->text);
    struct credential found;
    if (!credential_find(b, 0, &found)) {
        cr_expect_null(s->secret, "nothing was found in: %s", s->text);
        return;
    }
    struct bytes secret = bytes_sub(b, found.offset, found.length);
    cr_expect(s->secret && bytes_is(secret, s->secret), "found %s '%.*s' in: %s",
              found.kind, (int)secret.n, (const char *)secret.p, s->text);
    if (s->secret)
        cr_expect_str_eq(found.kind, s->kind, "in: %s", s->text);
}

#define EXPECT_ALL(table)                                                                \
    for (size_t i = 0; i < sizeof(table) / sizeof *(table); i++)                         \
    expect(&(table)[i])

Test(credential, known_forms)
{
    EXPECT_ALL(forms);
}
Test(credential, headers_and_connection_strings)
{
    EXPECT_ALL(headers);
}
Test(credential, values_of_secret_names)
{
    EXPECT_ALL(named);
}

Test(credential, near_misses)
{
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        expect(&(struct sample){harmless[i], NULL, NULL});
}

Test(credential, names)
{
    static const char *const secret[] = {"password",
                                         "DB_PASSWORD",
                                         "dbPassword",
                                         "PGPASSWORD",
                                         "MYSQL_ROOT_PASSWORD",
                                         "smtp_pass",
                                         "MYSQL_PWD",
                                         "apiKey",
                                         "X-Api-Key",
                                         "AWS_SECRET_ACCESS_KEY",
                                         "clientSecret",
                                         "GITHUB_TOKEN",
                                         "id-token",
                                         "client-key-data",
                                         "tls.key",
                                         "ssh-privatekey",
                                         ".dockerconfigjson",
                                         "Authorization",
                                         "Set-Cookie",
                                         "ADMIN_PASSWORD2",
                                         "password_hash",
                                         "TOKEN",
                                         "SECRET",
                                         "--password"};
    static const char *const not_secret[] = {"",
                                             "user",
                                             "PWD",
                                             "OLDPWD",
                                             "secretName",
                                             "DB_PASSWORD_FILE",
                                             "private_key_id",
                                             "public_key",
                                             "tokenExpirationSeconds",
                                             "automountServiceAccountToken",
                                             "compass",
                                             "bypass",
                                             "monkey",
                                             "key",
                                             "primaryKey",
                                             "imagePullSecret",
                                             "tokens",
                                             "PATH",
                                             "passwordPolicy",
                                             "certificate-authority-data"};
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
        cr_expect(credential_name(bytes_str(secret[i])), "%s", secret[i]);
    for (size_t i = 0; i < sizeof not_secret / sizeof *not_secret; i++)
        cr_expect_not(credential_name(bytes_str(not_secret[i])), "%s", not_secret[i]);
}

Test(mask, argument_vectors_are_separated_by_nul)
{
    struct mask m = mask_of(BYTES("case"), false);
    struct text t = {0};
    mask_text(&m, BYTES("login\0--password\0hunter2\0-v"), &t);
    cr_expect(
        bytes_starts(text_bytes(&t), BYTES("login\0--password\0<password 7 bytes #")));
    cr_expect(bytes_ends(text_bytes(&t), BYTES(">\0-v")));
    text_release(&t);
}

/* HMAC-SHA-256, computed with openssl:
 *   k=$(printf case | openssl dgst -sha256 -hmac 'exhibit mask 1' -r | cut -d' ' -f1)
 *   printf hunter2 | openssl dgst -sha256 -mac HMAC -macopt hexkey:$k -r | cut -c1-8 */
Test(mask, the_hash_is_keyed_by_the_identity)
{
    struct mask m = mask_of(BYTES("case"), false), other = mask_of(BYTES("other"), false);
    struct text t = {0}, u = {0};
    mask_value(&m, "password", BYTES("hunter2"), &t);
    cr_expect_str_eq(text_c(&t), "<password 7 bytes #ef247073>");
    mask_value(&other, "password", BYTES("hunter2"), &u);
    cr_expect_str_neq(text_c(&t), text_c(&u));
    text_release(&t);
    text_release(&u);
}

Test(mask, every_credential_of_a_text_is_masked)
{
    struct mask m = mask_of(BYTES("case"), false);
    struct text t = {0};
    mask_text(&m, BYTES("a password=hunter2 b password=hunter2 https://u:xyz1@h/ c"), &t);
    cr_expect_str_eq(text_c(&t),
                     "a password=<password 7 bytes #ef247073> b password=<password 7 "
                     "bytes #ef247073> https://u:<url-password 4 bytes #aad2e2bd>@h/ c");
    text_release(&t);
}

Test(mask, reveal_changes_nothing)
{
    struct mask m = mask_of(BYTES("case"), true);
    struct text t = {0};
    mask_text(&m, BYTES("password=hunter2"), &t);
    mask_value(&m, "password", BYTES("hunter2"), &t);
    cr_expect_str_eq(text_c(&t), "password=hunter2hunter2");
    text_release(&t);
}

/* What an attacker would write to make the search slow; a megabyte of each. Quadratic
 * work would take an hour here; a sanitizer on a busy machine takes half a minute. */
Test(credential, hostile_texts_take_linear_time, .timeout = 240)
{
    static const char *const units[] = {
        "password=",
        "token=token:",
        "password='",
        "\"password\":\"",
        "://",
        "a:b@://",
        "-----BEGIN PRIVATE KEY-----\n",
        "eyJhbGciOiJSUzI1NiJ9.",
        "eyJ",
        "LS0tLS1CRUdJTi",
        "\\",
        "Authorization: ",
        "bearer ",
        "--password ",
        "\"value\":",
        "name: a value:",
        "a",
        " ",
        "sk-",
        "abcdef.",
        "$6$",
        "1//0",
        "AKIA",
        "%3D",
        "Cookie: ",
        "token: ",
        "\\\\\"=",
    };
    size_t size = 1 << 20;
    char *big = malloc(size);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t n = strlen(units[i]);
        for (size_t at = 0; at < size; at++)
            big[at] = units[i][at % n];
        struct credential found;
        size_t at = 0;
        while (credential_find(bytes_of(big, size), at, &found)) {
            cr_assert_geq(found.offset, at);
            cr_assert_gt(found.length, 0);
            cr_assert_leq(found.length, size - found.offset);
            at = found.offset + found.length;
        }
    }
    free(big);
}

/* The search by signs finds what looking at each place finds: in every form of this file,
 * in each form after each other one, and in all of them as one text. */
static void expect_as_each_place(struct bytes b)
{
    struct credential fast, slow;
    for (size_t from = 0;; from = slow.offset + slow.length) {
        bool is = false;
        for (size_t at = from; at < b.n && !is; at++)
            is = credential_at(b, at, &slow);
        cr_assert_eq(credential_find(b, from, &fast), is, "from %zu", from);
        if (!is)
            break;
        cr_assert(fast.offset == slow.offset && fast.length == slow.length &&
                      fast.kind == slow.kind,
                  "%zu+%zu %s, not %zu+%zu %s", fast.offset, fast.length, fast.kind,
                  slow.offset, slow.length, slow.kind);
    }
}

Test(credential, signs_miss_nothing)
{
    static const char *const between[] = {"", "\n", " ", "\"", "=", "password=", "-u "};
    struct text all = {0}, two = {0};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        expect_as_each_place(bytes_str(forms[i].text));
        text_str(&all, forms[i].text);
        text_byte(&all, '\n');
        for (size_t k = 0; k < sizeof between / sizeof *between; k++) {
            text_clear(&two);
            text_str(&two, forms[(i * 7 + k) % (sizeof forms / sizeof *forms)].text);
            text_str(&two, between[k]);
            text_str(&two, forms[i].text);
            expect_as_each_place(text_bytes(&two));
        }
    }
    expect_as_each_place(text_bytes(&all));
    text_release(&all);
    text_release(&two);
}

/* Every place where a text can be cut off is looked at without reading past its end; each
 * copy ends where its allocation ends, so that the sanitizer sees a byte too many. */
Test(credential, texts_cut_anywhere)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t n = strlen(forms[i].text);
        for (size_t cut = 0; cut <= n; cut++) {
            char *copy = malloc(cut + 1);
            char *end = copy + 1;
            memcpy(end, forms[i].text, cut);
            struct credential found;
            if (credential_find(bytes_of(end, cut), 0, &found))
                cr_assert(found.offset <= cut && found.length <= cut - found.offset);
            free(copy);
        }
    }
}
