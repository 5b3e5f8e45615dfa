"""Case files made from the schema alone, without any evidence: to drive the reports with
what no single package holds (200,000 events; hostile text in every field)."""
import hashlib
import json
import sqlite3
from pathlib import Path

SCHEMA = Path(__file__).resolve().parents[2] / "analyze/casefile/schema.sql"
START = 1795427127183522079


def insert(db, table, **values):
    names = ",".join(values)
    marks = ",".join("?" * len(values))
    db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))


def add_item(db, number, path, role="unknown", size=1000, verdict="verified"):
    digest = hashlib.sha256(path.encode()).hexdigest()
    insert(db, "item", id=number, package="", parent=0 if number else None, path=path,
           role=role, identified="content", container="none", type="file", mode=0o644,
           uid=0, gid=0, size=size, sha256=digest, verdict=verdict)


def add_event(db, number, time, hostile="", **over):
    values = dict(
        id=number, time=time, time_end=time, precision="nanosecond", clock="node",
        source="falco", kind="runtime-alert", time_desc="Alert Time", actor="sh (pid 14)",
        action="Run shell untrusted", object="/bin/busybox",
        message="Shell spawned by untrusted binary " + str(number), severity="Notice",
        in_scope=1, item=1, offset=number * 200, length=180, fields="{}")
    values.update(over)
    if hostile:
        for key in ("actor", "action", "object", "message", "severity", "time_desc"):
            values[key] = hostile
        values["fields"] = json.dumps({"command": hostile})
    insert(db, "event", **values)


def add_finding(db, number, severity, hostile="", span=(1, 200, 180), **over):
    values = dict(
        id=number, rule="test.rule-%d" % number, severity=severity, title="A finding",
        attack="T1059.004", why="Why it matters.", refute="What would refute it.",
        subject="pid 14", confidence="high", time=START, not_decidable=0, more_spans=0,
        arguments=json.dumps({"command": "sh -c id"}))
    values.update(over)
    if hostile:
        for key in ("title", "why", "refute", "subject", "attack", "rule"):
            values[key] = hostile
        values["arguments"] = json.dumps({"command": hostile, hostile: "x"})
    insert(db, "finding", **values)
    insert(db, "finding_span", finding=number, ordinal=1, item=span[0], offset=span[1],
           length=span[2])


def connections(text, cite, n):
    """What containment.json tells of connections, later ones first; by turns of each kind."""
    kinds = ({"policies": "let through", "seen_in": "an alert", "whose": text},
             {"policies": "held back", "seen_in": "the network plugin's log",
              "plugin": "let through", "contradicts": True},
             {"policies": "not decidable", "seen_in": "the checkpoint", "why": text,
              "direction": "ingress", "own_port": 8080})
    return [{"time": f"2026-11-23T09:{59 - i:02d}:00Z", "direction": "egress",
             "peer": f"198.51.100.{i}:443 {text}", "spans": [cite], **kinds[i % 3]}
            for i in range(n)]


def add_documents(db, text, connected):
    cite = {"item": "falco.jsonl", "item_id": 1, "offset": 200, "length": 180}
    documents = {
        "verdict": {"schema": "exhibit/verdict/1", "verdict": "verified",
                    "package": {"name": text, "listing_sha256": "00" * 32},
                    "reasons": [{"text": text}],
                    "signatures": [{"over": "manifest", "signer": text}]},
        "processes": {"schema": "exhibit/processes/1", "processes": [
            {"pid": 1, "ppid": 0, "comm": "init", "argv": ["/usr/bin/init"],
             "exe": {"path": "/usr/bin/init", "deleted": False, "memfd": False}},
            {"pid": 14, "ppid": 1, "comm": text, "argv": ["sh", "-c", text],
             "exe": {"path": text, "deleted": True, "memfd": False},
             "files": [{"fd": 3, "path": text}],
             "sockets": [{"protocol": "tcp", "local": "10.0.0.7:4444", "remote": text}],
             "evidence": cite}]},
        "diff": {"schema": "exhibit/diff/1", "changes": [
            {"path": text, "change": "added", "class": "executable", "size": 3,
             "diff": "+" + text, "evidence": cite}]},
        "story": {"schema": "exhibit/story/1", "summary": [
            {"text": text, "spans": [cite]},
            {"text": text, "lead": text, "spans": [cite], "more_steps": 1,
             "steps": [{"time": text, "who": text, "what": text, "spans": [cite]}]}],
            "open_questions": [{"question": text, "spans": []}]},
        "exposure": {"schema": "exhibit/exposure/1", "secrets": [{"name": text}]},
        "containment": {"schema": "exhibit/containment/1", "steps": [{"what": text}],
                        "connections": connections(text, cite, connected)},
        "coverage": {"schema": "exhibit/coverage/1", "sources": [{"source": text}]},
        "identities": {"schema": "exhibit/identities/1", "identities": [{"name": text}]},
    }
    for name, content in documents.items():
        for element in content.get("processes", []):  # stored one by one
            insert(db, "element", document=name, content=json.dumps(element, indent=1))
        if "processes" in content:
            content["processes"] = []
        insert(db, "document", name=name, content=json.dumps(content, indent=1))


def make(path, events=100, hostile="", connected=3):
    Path(path).unlink(missing_ok=True)
    db = sqlite3.connect(path)
    db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
    db.executescript(SCHEMA.read_text())
    for key, value in {"schema": "exhibit/case/1", "tool": "exhibit", "version": "0.1.0",
                       "package": hostile or "made-case", "masked": "yes"}.items():
        insert(db, "meta", key=key, value=value)
    add_item(db, 0, "")
    add_item(db, 1, "falco.jsonl", "falco-alerts", events * 200)
    add_item(db, 2, hostile or "audit.log", "audit-log", events * 200)
    sources = [("falco", "runtime-alert"), ("audit", "api-request"),
               ("container-log", "log-line"), ("layer", "file-time")]
    for i in range(1, events + 1):
        source, kind = sources[i % 4]
        add_event(db, i, START + i * 37_000_003, hostile, source=source, kind=kind,
                  item=1 + i % 2, actor="system:serviceaccount:shop:api-%d" % (i % 9),
                  message="" if i % 4 == 1 else
                  "request %d of the shop answered with status %d" % (i, 200 + i % 5))
    for i, severity in enumerate(["critical", "high", "medium", "low", "info"]):
        add_finding(db, i + 1, severity, hostile, (1 + (i + 1) % 2, (i + 1) * 200, 180))
        insert(db, "event_finding", event=i + 1, finding=i + 1)
    insert(db, "excerpt", item=1, offset=400, length=180, shown=180,
           text=hostile or '{"output":"Shell spawned"}')
    add_documents(db, hostile or "shop/api-0", connected)
    db.execute("INSERT INTO search (search) VALUES ('rebuild')")
    db.commit()
    db.close()
    return path
