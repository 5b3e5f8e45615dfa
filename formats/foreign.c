#include "formats/foreign.h"

/* Names of members stand at the beginning of a record; JSON files are many. */
#define BEGINNING 8192
#define NAMES     4

/* All of the names must occur. Sources: the documents of each tool. */
static const struct {
    const char *names[NAMES];
    const char *told;
} objects[] = {
    {{"\"Microsoft.Security/Locations/alerts\""},
     "alerts of Microsoft Defender for Cloud"},
    {{"\"SystemAlertId\"", "\"AlertName\""}, "alerts of Microsoft Defender or Sentinel"},
    {{"\"findingClass\"", "\"category\""}, "findings of Google Security Command Center"},
    {{"\"ProductArn\"", "\"AwsAccountId\""}, "findings of AWS Security Hub"},
    {{"\"class_uid\"", "\"category_uid\""}, "events in OCSF"},
    {{"\"rule\"", "\"agent\"", "\"manager\"", "\"location\""}, "alerts of Wazuh"},
    {{"\"content\"", "\"ruleName\"", "\"severity\""}, "events of Sysdig Secure"},
    {{"\"k8s\"", "\"podName\"", "\"comm\"", "\"proc\""}, "events of Inspektor Gadget"},
    {{"\"mountnsid\"", "\"comm\"", "\"pid\""}, "events of Inspektor Gadget"},
    {{"\"mntns_id\"", "\"comm\"", "\"pid\""}, "events of Inspektor Gadget"},
    {{"\"resourceLogs\"", "\"scopeLogs\""}, "logs in OpenTelemetry's JSON (OTLP)"},
    {{"\"customerIDString\"", "\"event\""}, "events of CrowdStrike Falcon"},
    {{"\"id.orig_h\"", "\"id.resp_h\""}, "logs of Zeek"},
    {{"\"event_type\"", "\"flow_id\"", "\"src_ip\""}, "events of Suricata"},
    {{"\"hostIdentifier\"", "\"calendarTime\""}, "results of osquery"},
    {{"\"EventID\"", "\"SystemTime\""}, "events of Windows"},
    {{"\"EventID\"", "\"ProviderName\"", "\"TimeCreated\""}, "events of Windows"},
};

static const struct {
    const char *magic;
    const char *told;
} binaries[] = {
    {"LPKSHHRH", "systemd's journal in its own form (journalctl --file=… -o export makes "
                 "one that is read)"},
    {"ElfFile", "events of Windows in their own form (evtx)"},
    {"\xd4\xc3\xb2\xa1", "captured packets (pcap)"},
    {"\xa1\xb2\xc3\xd4", "captured packets (pcap)"},
    {"\x0a\x0d\x0d\x0a", "captured packets or system calls (pcapng, scap)"},
    {"<Event xmlns=", "events of Windows (XML)"},
};

static const char *told_of_object(struct bytes head)
{
    head = bytes_sub(head, 0, BEGINNING);
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
        if (bytes_contains_all(head, objects[i].names, NAMES))
            return objects[i].told;
    return NULL;
}

/* "2 123456789010 eni-1235b8ca… 172.31.16.139 …", or the names of these columns. */
static bool is_flow_log(struct bytes line)
{
    struct bytes rest = line, version, account, interface;
    return bytes_starts(line, BYTES("version account-id interface-id ")) ||
           (bytes_split(&rest, ' ', &version) && bytes_split(&rest, ' ', &account) &&
            bytes_split(&rest, ' ', &interface) && version.n == 1 &&
            is_digit(version.p[0]) && account.n == 12 &&
            bytes_starts(interface, BYTES("eni-")));
}

/* "[  123.456789] ": seconds since the machine started. */
static bool is_since_start(struct bytes line)
{
    size_t end = bytes_find_byte(line, ']');
    if (!end)
        return false;
    struct bytes stamp = bytes_trim(bytes_sub(line, 1, end - 1));
    size_t dot = bytes_find_byte(stamp, '.'), digits = 0;
    if (!bytes_starts(line, BYTES("[")) || end == line.n || stamp.n - dot != 7)
        return false;
    for (size_t i = 0; i < stamp.n; i++)
        digits += is_digit(stamp.p[i]);
    return dot && digits == stamp.n - 1;
}

static const char *told_of_line(struct bytes line)
{
    if ((bytes_starts(line, BYTES("type=")) || bytes_starts(line, BYTES("node="))) &&
        bytes_contains(line, BYTES(" msg=audit(")))
        return "the audit log of Linux (auditd)";
    if (bytes_starts(line, BYTES("#separator \\x")))
        return "logs of Zeek";
    if (is_since_start(line))
        return "a log that counts from the machine's start (dmesg, -o short-monotonic)";
    return is_flow_log(line) ? "flow logs of a VPC" : NULL;
}

const char *foreign_log(struct bytes head)
{
    struct bytes text = bytes_trim(head);
    for (size_t i = 0; i < sizeof binaries / sizeof *binaries; i++)
        if (bytes_starts(head, bytes_str(binaries[i].magic)))
            return binaries[i].told;
    const char *object = NULL;
    if (text.n && (text.p[0] == '{' || text.p[0] == '['))
        object = told_of_object(text);
    if (object)
        return object;
    if (bytes_starts(text, BYTES("Name:  ")) &&
        bytes_contains(text, BYTES("\nLabels:  ")))
        return "what kubectl describe says of an object that is no pod";
    return told_of_line(bytes_sub(text, 0, bytes_find_byte(text, '\n')));
}
