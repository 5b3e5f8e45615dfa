#include "analyze/kube/tactics.h"

/* Enterprise ATT&CK v18, by technique without its sub-technique. */
static const struct {
    const char *technique, *tactic;
} techniques[] = {
    {"T1595", "reconnaissance"},
    {"T1588", "resource development"},
    {"T1190", "initial access"},
    {"T1133", "initial access"},
    {"T1059", "execution"},
    {"T1072", "execution"},
    {"T1559", "execution"},
    {"T1609", "execution"},
    {"T1610", "execution"},
    {"T1037", "persistence"},
    {"T1053", "persistence"},
    {"T1098", "persistence"},
    {"T1136", "persistence"},
    {"T1505", "persistence"},
    {"T1525", "persistence"},
    {"T1543", "persistence"},
    {"T1546", "persistence"},
    {"T1547", "persistence"},
    {"T1554", "persistence"},
    {"T1574", "persistence"},
    {"T1078", "privilege escalation"},
    {"T1134", "privilege escalation"},
    {"T1548", "privilege escalation"},
    {"T1611", "privilege escalation"},
    {"T1014", "defense evasion"},
    {"T1036", "defense evasion"},
    {"T1055", "defense evasion"},
    {"T1070", "defense evasion"},
    {"T1222", "defense evasion"},
    {"T1553", "defense evasion"},
    {"T1562", "defense evasion"},
    {"T1564", "defense evasion"},
    {"T1578", "defense evasion"},
    {"T1620", "defense evasion"},
    {"T1003", "credential access"},
    {"T1040", "credential access"},
    {"T1110", "credential access"},
    {"T1528", "credential access"},
    {"T1552", "credential access"},
    {"T1555", "credential access"},
    {"T1556", "credential access"},
    {"T1557", "credential access"},
    {"T1649", "credential access"},
    {"T1046", "discovery"},
    {"T1057", "discovery"},
    {"T1069", "discovery"},
    {"T1083", "discovery"},
    {"T1613", "discovery"},
    {"T1550", "lateral movement"},
    {"T1005", "collection"},
    {"T1074", "collection"},
    {"T1530", "collection"},
    {"T1560", "collection"},
    {"T1071", "command and control"},
    {"T1090", "command and control"},
    {"T1105", "command and control"},
    {"T1571", "command and control"},
    {"T1572", "command and control"},
    {"T1485", "impact"},
    {"T1486", "impact"},
    {"T1489", "impact"},
    {"T1490", "impact"},
    {"T1496", "impact"},
    {"T1531", "impact"},
    {"T1565", "impact"},
};

static const char *tactic_of(struct bytes technique)
{
    struct bytes whole = bytes_sub(technique, 0, bytes_find_byte(technique, '.'));
    for (size_t i = 0; i < sizeof techniques / sizeof *techniques; i++)
        if (bytes_is(whole, techniques[i].technique))
            return techniques[i].tactic;
    return NULL;
}

const char *tactic_of_techniques(struct bytes attack)
{
    struct bytes technique;
    while (bytes_split(&attack, ',', &technique)) {
        const char *tactic = tactic_of(bytes_trim(technique));
        if (tactic)
            return tactic;
    }
    return "execution";
}

const char *tactic_of_tags(struct bytes tags)
{
    static const char *const tactics[][2] = {
        {"mitre_initial_access", "initial access"},
        {"mitre_execution", "execution"},
        {"mitre_persistence", "persistence"},
        {"mitre_privilege_escalation", "privilege escalation"},
        {"mitre_defense_evasion", "defense evasion"},
        {"mitre_credential_access", "credential access"},
        {"mitre_discovery", "discovery"},
        {"mitre_lateral_movement", "lateral movement"},
        {"mitre_command_and_control", "command and control"},
        {"mitre_exfiltration", "exfiltration"},
        {"mitre_impact", "impact"}};
    for (size_t i = 0; i < sizeof tactics / sizeof *tactics; i++)
        if (bytes_contains(tags, bytes_str(tactics[i][0])))
            return tactics[i][1];
    return "execution";
}
