"""Requests of an API server in every form in which people hand audit logs on, made from the
documentation of the forms, never from what exhibit reads."""
import csv
import io
import json

POD = "web-0"
NAMESPACE = "shop"


def record(number, stage="ResponseComplete", version="v1", **more):
    """A request about the pod; `number` makes its id and its time."""
    made = {
        "kind": "Event", "apiVersion": "audit.k8s.io/" + version, "level": "RequestResponse",
        "auditID": f"00000000-0000-4000-8000-{number:012d}", "stage": stage,
        "requestURI": f"/api/v1/namespaces/{NAMESPACE}/pods/{POD}?n={number}", "verb": "get",
        "user": {"username": "eve@example.org", "groups": ["system:authenticated"]},
        "sourceIPs": ["203.0.113.9"], "userAgent": "kubectl/v1.29.0",
        "objectRef": {"resource": "pods", "namespace": NAMESPACE, "name": POD,
                      "apiVersion": "v1"},
        "responseStatus": {"metadata": {}, "code": 200},
        "responseObject": {"kind": "Pod", "apiVersion": "v1",
                           "metadata": {"name": POD, "namespace": NAMESPACE}},
        # Bodies stand before the times.
        **{k: v for k, v in more.items() if k not in ("user", "verb", "objectRef")},
        "requestReceivedTimestamp": f"2026-03-01T10:{number // 60 % 60:02d}:"
                                    f"{number % 60:02d}.100000Z",
        "stageTimestamp": f"2026-03-01T10:{number // 60 % 60:02d}:{number % 60:02d}.200000Z",
        "annotations": {"authorization.k8s.io/decision": "allow",
                        "authorization.k8s.io/reason": ""},
    }
    made.update({k: v for k, v in more.items() if k in ("user", "verb", "objectRef")})
    return made


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def lines(values):
    return "".join(compact(v) + "\n" for v in values)


def old(number, version):
    """Before 1.9: one time stamp of whole seconds, and metadata."""
    made = record(number, version=version)
    time = made.pop("stageTimestamp")[:19] + "Z"
    del made["requestReceivedTimestamp"], made["annotations"]
    return {"metadata": {"creationTimestamp": time}, "timestamp": time, **made}


def legacy(number):
    """k8s.io/apiserver pkg/audit/format.go."""
    r = record(number)
    return (f'{r["stageTimestamp"]} AUDIT: id="{r["auditID"]}" stage="ResponseComplete" '
            f'ip="203.0.113.9" method="GET" user="eve@example.org" '
            f'groups="\\"system:authenticated\\"" as="<self>" asgroups="<lookup>" '
            f'user-agent="kubectl/v1.29.0" namespace="{NAMESPACE}" '
            f'uri="{r["requestURI"]}" response="200"\n')


def log_entry(number):
    """Cloud Logging's LogEntry with a google.cloud.audit.AuditLog."""
    r = record(number)
    return {
        "insertId": r["auditID"], "logName": "projects/p/logs/cloudaudit.googleapis.com%2Fdata_access",
        "labels": r["annotations"], "operation": {"id": r["auditID"], "first": True, "last": True,
                                                   "producer": "k8s.io"},
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "authenticationInfo": {"principalEmail": "eve@example.org"},
            "authorizationInfo": [{"granted": True, "permission": "io.k8s.core.v1.pods.get",
                                   "resource": f"core/v1/namespaces/{NAMESPACE}/pods/{POD}"}],
            "methodName": "io.k8s.core.v1.pods.get",
            "requestMetadata": {"callerIp": "203.0.113.9",
                                "callerSuppliedUserAgent": "kubectl/v1.29.0"},
            "resourceName": f"core/v1/namespaces/{NAMESPACE}/pods/{POD}",
            "serviceName": "k8s.io", "status": {}},
        "receiveTimestamp": r["stageTimestamp"], "timestamp": r["stageTimestamp"],
        "resource": {"type": "k8s_cluster", "labels": {"cluster_name": "c1", "location": "z",
                                                       "project_id": "p"}}}


def azure(number, log):
    """Azure Monitor's resource log of category kube-audit."""
    return {"time": record(number)["stageTimestamp"], "category": "kube-audit",
            "operationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
            "resourceId": "/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/"
                          "MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/C1",
            "properties": {"log": log, "pod": "kube-apiserver-0", "containerID": "a" * 64,
                           "stream": "stdout"}}


def log_analytics(number):
    """A row of Log Analytics' table AKSAudit."""
    r = record(number)
    return {"TimeGenerated": r["stageTimestamp"], "Level": r["level"], "AuditId": r["auditID"],
            "Stage": r["stage"], "RequestUri": r["requestURI"], "Verb": r["verb"],
            "User": r["user"], "SourceIps": r["sourceIPs"], "UserAgent": r["userAgent"],
            "ObjectRef": r["objectRef"], "ResponseStatus": r["responseStatus"],
            "ResponseObject": r["responseObject"],
            "RequestReceivedTime": r["requestReceivedTimestamp"],
            "StageReceivedTime": r["stageTimestamp"], "Annotations": r["annotations"],
            "Type": "AKSAudit"}


def flatten(value, prefix=""):
    """Members of members as dotted keys; arrays stay."""
    flat = {}
    for key, member in value.items():
        if isinstance(member, dict) and member:
            flat.update(flatten(member, f"{prefix}{key}."))
        else:
            flat[prefix + key] = member
    return flat


def joined(value, joint, prefix="", lists=False):
    """The same with another sign between, and each element of a list under its number."""
    flat = {}
    for key, member in value.items():
        if isinstance(member, dict) and member:
            flat.update(joined(member, joint, f"{prefix}{key}{joint}", lists))
        elif lists and isinstance(member, list):
            flat.update({f"{prefix}{key}{joint}{i}": m for i, m in enumerate(member)})
        else:
            flat[prefix + key] = member
    return flat


def labels_of(record):
    """Loki's labels: letters, digits and "_" alone."""
    return {"".join(c if c.isalnum() else "_" for c in k): v
            for k, v in joined(record, "_", lists=True).items()}


def renamed(value, change, maps=("annotations", "labels", "extra")):
    """Every name of a member in another form, but those of maps."""
    if isinstance(value, list):
        return [renamed(v, change, maps) for v in value]
    if not isinstance(value, dict):
        return value
    return {change(k): v if k in maps else renamed(v, change, maps) for k, v in value.items()}


def capital(name):
    return name[0].upper() + name[1:]


def nanoseconds(number):
    """When Loki took the line: a minute after the record's own time."""
    return str((1772359200 + number % 3600 + 60) * 10**9)


def loki(lines_of, push=False, indent=None):
    """Loki's answer to a query, or what is pushed to it: two streams, the newest line first."""
    entries = [[nanoseconds(i), x] for i, x in enumerate(lines_of)]
    streams = [{"stream": {"job": "x", "level": 'a"b'}, "values": entries[half]}
               for half in (slice(0, len(entries) // 2), slice(len(entries) // 2, None))]
    whole = {"streams": streams} if push else {
        "status": "success", "data": {"resultType": "streams", "result": streams,
                                      "stats": {"summary": {"values": [1, 2], "data": {}}}}}
    return json.dumps(whole, indent=indent)


def as_fields(number):
    """Elasticsearch's `fields`: dotted keys, every value in an array."""
    flat = flatten({"kubernetes": {"audit": record(number)}})
    return {k: v if isinstance(v, list) else [v] for k, v in flat.items()}


def yaml_text(value, indent=0):
    """Block style, as Go's YAML writers print it: items of a list at their key's column."""
    pad = " " * indent
    if isinstance(value, dict) and value:
        out = ""
        for key, member in value.items():
            nested = isinstance(member, (dict, list)) and member
            deeper = indent if isinstance(member, list) else indent + 2
            key = key if key[0].isalpha() else f"'{key}'"
            out += f"{pad}{key}:" + ("\n" + yaml_text(member, deeper) if nested
                                     else " " + scalar(member) + "\n")
        return out
    if isinstance(value, list) and value:
        out = ""
        for member in value:
            text = yaml_text(member, indent + 2)
            out += f"{pad}- " + text.lstrip(" ") if text.endswith("\n") else text
        return out
    return pad + scalar(value) + "\n"


def scalar(value):
    if isinstance(value, str):
        plain = value and all(c.isalnum() or c in "./-_" for c in value) and \
            value[0].isalpha()
        return value if plain else json.dumps(value)
    return json.dumps(value)


def table(header, rows, end="\r\n", **how):
    """RFC 4180, as Python's writer makes it."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end, **how).writerows([header, *rows])
    return out.getvalue()


def cell(value):
    """What is shown of a field in a cell: lists of words with commas between."""
    if isinstance(value, list) and not any(isinstance(v, (dict, list)) for v in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value)


def flat_table(values, **how):
    columns = list(values[0])
    return table(columns, [[cell(v[c]) for c in columns] for v in values], **how)


def chosen_fields(number):
    """What an analyst asks Logs Insights for: fields @timestamp, verb, user.username …"""
    r = record(number)
    flat = flatten({k: v for k, v in r.items() if k not in ("responseObject", "annotations")})
    return {"@timestamp": "2026-03-01 10:00:00.000",
            **{k: v for k, v in flat.items() if not isinstance(v, (list, dict))},
            "sourceIPs.0": r["sourceIPs"][0], "user.groups.0": r["user"]["groups"][0]}


def in_parts(text, time, stream="stdout", size=300):
    """As containerd and CRI-O cut lines (at 16 KiB; here earlier)."""
    return "".join(f"2026-03-01T10:59:00.{time:03d}{at // size:03d}Z {stream} "
                   f"{'F' if at + size >= len(text) else 'P'} {text[at:at + size]}\n"
                   for at in range(0, len(text), size))


def audit_forms(count=6):
    """{name: (text, numbers of its records)}; ids are distinct over all forms."""
    start = iter(range(0, 100000, count))

    def numbers():
        first = next(start)
        return range(first, first + count)

    forms = {}

    def form(name, make, whole=lines):
        of = numbers()
        forms[name] = (whole([make(n) for n in of]), of)

    def message(n):
        return compact(record(n))

    form("v1.log", record)
    form("v1beta1.log", lambda n: record(n, version="v1beta1"))
    form("v1beta1-old.log", lambda n: old(n, "v1beta1"))
    form("v1alpha1.log", lambda n: old(n, "v1alpha1"))
    form("legacy.log", legacy, "".join)
    form("list.json", record, lambda r: compact(
        {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {}, "items": r}))
    form("list-pretty.json", record, lambda r: json.dumps(
        {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {}, "items": r},
        indent=2))
    form("pretty.json", record, lambda r: "\n".join(json.dumps(x, indent=4) for x in r))
    form("array-pretty.json", record, lambda r: json.dumps(r, indent=2))
    form("capitals.log", lambda n: {k[0].upper() + k[1:]: v for k, v in record(n).items()})
    form("capitals-throughout.log", lambda n: renamed(record(n), capital))
    form("capitals-dotted.log", lambda n: joined(renamed(record(n), capital), "."))
    form("small.log", lambda n: renamed(record(n), str.lower))
    form("small-underscores.log", lambda n: joined(renamed(record(n), str.lower), "_"))
    form("dotted.log", lambda n: joined(record(n), "."))
    form("numbered.log", lambda n: joined(record(n), ".", lists=True))
    form("underscores.log", lambda n: joined(record(n), "_"))
    form("slashes.log", lambda n: joined(record(n), "/"))
    form("labels.log", lambda n: {"ts": record(n)["stageTimestamp"], **labels_of(record(n))})
    form("prefixed.log", lambda n: {"host": "h", "tag": "kube", **joined(record(n), "_", "log_")})
    form("prefixed-dotted.log", lambda n: {"@timestamp": 1, **joined(record(n), ".", "audit.")})
    form("filter-log-events.json", message, lambda m: json.dumps(
        {"events": [{"logStreamName": "kube-apiserver-audit-0123", "timestamp": 1,
                     "message": x, "ingestionTime": 2, "eventId": "3"} for x in m],
         "searchedLogStreams": []}, indent=4))
    form("get-log-events.json", message, lambda m: json.dumps(
        {"events": [{"timestamp": 1, "message": x, "ingestionTime": 2} for x in m],
         "nextForwardToken": "f/1", "nextBackwardToken": "b/1"}, indent=4))
    form("subscription.json", message, lambda m: compact(
        {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "/aws/eks/c1/cluster",
         "logStream": "kube-apiserver-audit-0123", "subscriptionFilters": ["all"],
         "logEvents": [{"id": "1", "timestamp": 1, "message": x} for x in m]}))
    form("insights.json", message, lambda m: json.dumps(
        {"results": [[{"field": "@timestamp", "value": "2026-03-01 10:00:00.000"},
                      {"field": "@message", "value": x},
                      {"field": "@ptr", "value": "CmEK"}] for x in m],
         "statistics": {"recordsMatched": 6.0}, "status": "Complete"}, indent=4))
    form("export-000000", message, lambda m: "".join(
        f"2026-03-01T11:00:00.000Z {x}\n" for x in reversed(m)))
    form("gke-lines.json", log_entry)
    form("gke-array.json", log_entry, lambda r: json.dumps(r, indent=2))
    form("aks-string.json", lambda n: azure(n, message(n)))
    form("aks-object.json", lambda n: azure(n, record(n)))
    form("aks-records.json", lambda n: azure(n, message(n)), lambda r: compact({"records": r}))
    form("aks-table.json", log_analytics, lambda r: json.dumps(r, indent=2))
    form("elastic-nested.json", lambda n: {"@timestamp": record(n)["stageTimestamp"],
                                           "kubernetes": {"audit": record(n)}})
    form("elastic-hits.json", lambda n: {"_index": "i", "_id": str(n), "_source": {
        "kubernetes": {"audit": record(n)}}}, lambda r: json.dumps(
            {"took": 1, "hits": {"total": {"value": 6}, "hits": r}}, indent=2))
    form("elastic-flat.json", lambda n: flatten({"kubernetes": {"audit": record(n)}}))
    form("elastic-half-flat.json", lambda n: {"_source": {"kubernetes.audit": record(n)}})
    form("elastic-fields.json", lambda n: {"_index": "i", "_id": str(n),
                                           "fields": as_fields(n)})
    form("elastic-original.json", lambda n: {"event": {"original": message(n)}})
    form("splunk-raw.json", lambda n: {"preview": False, "offset": n,
                                       "result": {"_raw": message(n), "_time": "1"}})
    form("splunk-results.json", message, lambda m: json.dumps(
        {"results": [{"_raw": x, "sourcetype": "kube:audit"} for x in m]}, indent=1))
    form("splunk-event.json", lambda n: {"time": 1, "sourcetype": "kube:audit",
                                         "event": record(n)})
    form("collector.json", lambda n: {"time": 1, "host": "h", "event": message(n)},
         lambda r: "".join(compact(x) for x in r))
    form("loki.json", message, loki)
    form("loki-pretty.json", message, lambda m: loki(m, indent=2))
    form("loki-push.json", message, lambda m: loki(m, push=True))
    form("logcli.json", lambda n: {"labels": {"job": "audit"}, "line": message(n),
                                   "timestamp": record(n)["stageTimestamp"]})
    form("marked.log", record, lambda r: "\ufeff" + lines(r))
    form("apiserver-0.log", message, lambda m: "".join(
        f"2026-03-01T10:59:00.{i}Z stdout F {x}\n" for i, x in enumerate(m)))
    form("syslog.txt", message, lambda m: "".join(
        f"Mar  1 10:59:00 cp-1 kube-audit[7]: {x}\n" for x in m))
    form("firehose.json", message, lambda m: "".join(compact(
        {"messageType": "DATA_MESSAGE", "logGroup": "/aws/eks/c1/cluster",
         "logStream": "kube-apiserver-audit-0123",
         "logEvents": [{"id": "1", "timestamp": 1, "message": x}]}) for x in m))
    form("tail.txt", message, lambda m: "".join(
        f"2026-03-01T10:59:00.200000+00:00 kube-apiserver-audit-0123 {x}\n" for x in m))
    form("apiserver-1.log", message, lambda m: "".join(
        in_parts(x, i) for i, x in enumerate(m)))
    form("docker-parts.log", message, lambda m: "".join(
        compact({"log": x[at:at + 400] + ("\n" if at + 400 >= len(x) else ""),
                 "stream": "stdout", "time": f"2026-03-01T10:59:00.{i}Z"}) + "\n"
        for i, x in enumerate(m) for at in range(0, len(x), 400)))
    form("insights.csv", message, lambda m: table(
        ["@timestamp", "@message", "@logStream"],
        [["2026-03-01 10:59:00.000", x, "kube-apiserver-audit-0123"] for x in m], "\n"))
    form("insights-fields.csv", chosen_fields, flat_table)
    form("splunk.csv", message, lambda m: table(
        ["_raw", "_time", "host"], [[x, "2026-03-01T10:59:00.000+0000", "h"] for x in m],
        quoting=csv.QUOTE_ALL))
    form("discover.csv", message, lambda m: table(
        ["@timestamp", "message"], [["Mar 1, 2026 @ 10:59:00.200", x] for x in m], "\n"))
    form("discover-fields.csv", lambda n: flatten({"kubernetes": {"audit": record(n)}}),
         flat_table)
    form("discover-source.csv", lambda n: json.dumps({"kubernetes": {"audit": record(n)}}),
         lambda m: table(["_id", "_source"], enumerate(m)))
    form("logs-explorer.csv", lambda n: flatten(log_entry(n)), flat_table)
    form("log-analytics.csv", message, lambda m: "\ufeff" + table(
        ["TimeGenerated [UTC]", "Category", "log_s"],
        [["3/1/2026, 10:59:00.200 AM", "kube-audit", x] for x in m]))
    form("log-analytics-pod.csv", message, lambda m: table(
        ["TimeGenerated", "Log"], [["2026-03-01T10:59:00Z", json.dumps({"log": x})] for x in m],
        "\n", delimiter=";"))
    form("aks-table.csv", lambda n: {k: v if isinstance(v, str) else json.dumps(v)
                                     for k, v in log_analytics(n).items()}, flat_table)
    form("splunk-fields.csv", lambda n: {
        k + ("{}" if isinstance(v, list) else ""): v for k, v in flatten(
            {k: v for k, v in record(n).items() if k != "responseObject"}).items()}, flat_table)
    form("splunk-pretty.csv", lambda n: json.dumps(record(n), indent=2), lambda m: table(
        ["_time", "_raw"], [["2026-03-01T10:59:00.000+0000", x] for x in m]))
    form("documents.yaml", record, lambda r: "---\n".join(yaml_text(x) for x in r))
    form("gke.yaml", log_entry, lambda r: "---\n" + "---\n".join(yaml_text(x) for x in r))
    form("list.yaml", record, lambda r: yaml_text(
        {"apiVersion": "audit.k8s.io/v1", "items": r, "kind": "EventList"}))
    return forms
