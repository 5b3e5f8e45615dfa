"""Timelines in the forms in which people have them: what tools export, what is copied out of
them as text, tables, lists, HTML, in several languages and zones. All tell of the case of
test_claims_told, and beside each form stands what it must be read as."""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from kube_case import EXHIBIT  # noqa: E402
from test_claims_told import files  # noqa: E402

# Name, file, text, and of each claim: its time (UTC; None: whatever it is, or none is told),
# words of it, and the first letter of its verdict (None: any).
FORMS = [
    ("jira", "timeline-jira.txt", """INC-4711 Cryptominer in shop
Timeline (all times UTC)

||Time||Who||Event||
|2026-06-10 10:22|attacker|listed secrets in namespace shop|
|2026-06-10 11:10|Bo Lang|cordoned node n1|
|10/Jun/26 11:20 AM|Bo Lang|deleted pod web-0|
""",
     [("10:22", "listed secrets", "s"), ("11:10", "cordoned", "s"),
      ("11:20", "deleted pod", "s")]),
    ("jira-comments", "timeline-comments.txt", """Bo Lang added a comment - 10/Jun/26 11:10 AM
Node n1 cordoned

Ana added a comment - 10/Jun/26 11:05 AM
Pods miner-1, miner-2 and miner-3 deleted
""",
     [("11:10", "Node n1 cordoned", "s"), ("11:05", "Pods miner-1", "s")]),
    ("notion", "timeline.md", """# Incident timeline

Date: June 10, 2026 (UTC)

- [x] **10:22** — Attacker listed secrets in shop
    - the stolen token of service account web was used
    - 10:22:30 secret db-password was read by the attacker
- [ ] **11:10** — Node n1 cordoned
""",
     [("10:22", "Attacker listed", "s"), ("10:22", "stolen token", None),
      ("10:22", "db-password", "s"), ("11:10", "Node n1", "s")]),
    ("timesketch", "timeline.csv", """message,datetime,timestamp_desc,tag
Attacker listed secrets in namespace shop,2026-06-10T10:22:00+00:00,Event Logged,"[""attack""]"
"Node n1 was cordoned by Bo, as planned",2026-06-10T11:10:00.000000+00:00,Event Logged,[]
""",
     [("10:22", "Attacker listed", "s"), ("11:10", "Node n1 was cordoned", "s")]),
    ("timesketch-epoch", "timeline.csv", """timestamp,message,timestamp_desc
1781086920000000,Attacker listed secrets in namespace shop,Event Logged
1781089800000000,Node n1 was cordoned,Event Logged
""",
     [("10:22", "Attacker listed", "s"), ("11:10", "Node n1", "s")]),
    ("l2tcsv", "timeline.csv", """date,time,timezone,MACB,source,sourcetype,type,user,host,short,desc,version,filename,inode,notes,format,extra
06/10/2026,10:22:00,UTC,....,NOTE,Analyst note,Content,-,n1,Attacker listed secrets,Attacker listed secrets in namespace shop,2,-,-,-,note,-
06/10/2026,11:10:00,UTC,....,NOTE,Analyst note,Content,-,n1,Node n1 cordoned,Node n1 cordoned,2,-,-,-,note,-
""",
     [("10:22", "Attacker listed", "s"), ("11:10", "Node n1", "s")]),
    ("iris", "timeline.csv", """event_id,event_date,event_tz,event_title,event_content,event_category
1,2026-06-10T10:22:00.000000,+00:00,Secrets listed,Attacker listed secrets in namespace shop,Credential Access
2,2026-06-10T11:10:00.000000,+00:00,Node cordoned,Node n1 cordoned,Remediation
""",
     [("10:22", "listed secrets in", "s"), ("11:10", "Node n1", "s")]),
    ("slack", "2026-06-10.json", """[
    {"user": "U02AB3CDE", "type": "message", "ts": "1781086970.000100",
     "text": "attacker listed secrets in namespace shop, see <https://wiki.corp/x|the page>",
     "user_profile": {"real_name": "Ana Sousa", "name": "ana"}},
    {"type": "message", "subtype": "channel_join", "user": "U02AB3CDF", "ts": "1781087000.000000",
     "text": "<@U02AB3CDF> has joined the channel"},
    {"user": "U02AB3CDF", "type": "message", "ts": "1781090000.000200",
     "text": "node n1 &amp; its pods: looked at\\nI cordoned node n1",
     "user_profile": {"real_name": "Bo Lang", "name": "bo"}},
    {"user": "U02AB3CDE", "type": "message", "ts": "1781090500.000200",
     "text": "I deleted pod web-0", "user_profile": {"real_name": "Ana", "name": "ana"}}
]""",
     [(None, "see the page", "s"), (None, "n1 & its pods", "n"), (None, "I cordoned", "s"),
      (None, "I deleted pod web-0", "c")]),
    ("telegram", "result.json", """{"name": "war room", "type": "private_group", "messages": [
 {"id": 1, "type": "message", "date": "2026-06-10T12:22:00", "date_unixtime": "1781086920",
  "from": "Ana", "text": ["attacker listed secrets in ", {"type": "bold", "text": "shop"}]},
 {"id": 2, "type": "message", "date": "2026-06-10T13:10:00", "date_unixtime": "1781089800",
  "from": "Bo", "text": "Node n1 cordoned"}]}""",
     [("10:22", "secrets in shop", "s"), ("11:10", "Node n1", "s")]),
    ("discord", "channel.json", """{"guild": {"name": "ir"}, "messages": [
 {"id": "1", "type": "Default", "timestamp": "2026-06-10T12:22:00.5+02:00",
  "content": "attacker listed secrets in shop", "author": {"id": "7", "name": "ana"}},
 {"id": "2", "type": "Default", "timestamp": "2026-06-10T11:10:00+00:00",
  "content": "Node n1 cordoned", "author": {"id": "8", "name": "bo"}}]}""",
     [("10:22", "listed secrets", "s"), ("11:10", "Node n1", "s")]),
    ("teams", "messages.json", """{"value": [
 {"id": "1", "createdDateTime": "2026-06-10T10:22:00.5Z", "from": {"user": {"displayName": "Ana"}},
  "body": {"contentType": "html", "content": "<p>attacker listed secrets in <b>shop</b></p>"}},
 {"id": "2", "createdDateTime": "2026-06-10T11:10:00Z", "from": {"user": {"displayName": "Bo Lang"}},
  "body": {"contentType": "html", "content": "<p>Node n1 cordoned</p><p>more later</p>"}}]}""",
     [("10:22", "secrets in shop", "s"), ("11:10", "Node n1", "s"), ("11:10", "more later", "n")]),
    ("mattermost", "export.jsonl", """{"type":"version","version":1}
{"type":"post","post":{"team":"ir","channel":"x","user":"ana","message":"attacker listed secrets in shop","create_at":1781086920000}}
{"type":"post","post":{"team":"ir","channel":"x","user":"bo","message":"Node n1 cordoned","create_at":1781089800000}}
""",
     [("10:22", "listed secrets", "s"), ("11:10", "Node n1", "s")]),
    ("thehive", "timeline.csv", """title;startDate;description
Secrets listed;1781086920000;Attacker listed secrets in namespace shop
Node cordoned;1781089800000;Node n1 cordoned
""",
     [("10:22", "listed secrets in", "s"), ("11:10", "Node n1", "s")]),
    ("slack", "timeline.txt", """#inc-4711 export, 2026-06-10, times UTC

Ana Sousa  10:50 AM
web-0 is compromised, sh -i from the web app
Bo Lang  11:10 AM
cordoned node n1
Ana Sousa  11:12 AM
thanks
Bo Lang  11:20 AM
deleted pod web-0
""",
     [("10:50", "compromised", None), ("11:10", "cordoned node", "s"),
      ("11:12", "thanks", "n"), ("11:20", "deleted pod", "s")]),
    ("slack-bracket", "timeline.txt", """Channel log 2026-06-10 (UTC)
[11:10] bo.lang: cordoned node n1
[11:20 AM] bo.lang: deleted pod web-0
[10/06/2026, 11:25:00] Bo Lang: scaled deployment web to zero
[15/06/2026, 09:00:00] Bo Lang: report finished
""",
     [("11:10", "cordoned node", "s"), ("11:20", "deleted pod", "s"), ("11:25", "scaled", "s"),
      (None, "report", None)]),
    ("teams", "timeline.txt", """[6/10/2026 11:10 AM] Bo Lang
cordoned node n1
[6/10/2026 11:20 AM] Bo Lang
deleted pod web-0
[6/13/2026 9:00 AM] Bo Lang
report finished
""",
     [("11:10", "cordoned node", "s"), ("11:20", "deleted pod", "s"),
      ("09:00", "report", None)]),
    ("pagerduty", "timeline.txt", """Incident #1234 timeline
Jun 10, 2026 at 10:21 AM UTC
Triggered through the API: Terminal shell in container web-0
Jun 10, 2026 at 11:10 AM UTC
Note added by Bo Lang: cordoned node n1
""",
     [("10:21", "Triggered", None), ("11:10", "cordoned node", "s")]),
    ("incident.io", "timeline.md", """## Timeline

**Wed 10 June 2026**

**10:22:00 UTC**
Attacker listed secrets in namespace shop

**11:10:00 UTC**
Bo cordoned node n1
""",
     [("10:22", "Attacker listed", "s"), ("11:10", "Bo cordoned", "s")]),
    ("firehydrant", "timeline.md", """### June 10th 2026, 10:22:00 am (UTC)
Attacker listed secrets in namespace shop
### June 10th 2026, 11:10:00 am (UTC)
Bo cordoned node n1
""",
     [("10:22", "Attacker listed", "s"), ("11:10", "Bo cordoned", "s")]),
    ("excel-de", "zeitleiste.csv", ("Datum;Uhrzeit;Wer;Ereignis\r\n"
      "10.06.2026;12:22;Angreifer;Secrets in shop aufgelistet\r\n"
      "10.06.2026;13:10;Bo Lang;Knoten n1 gesperrt\r\n"
      "alle Zeiten MESZ;;;\r\n"),
     [("10:22", "Secrets in shop", "s"), ("11:10", "Knoten n1", "s")]),
    ("excel-us", "timeline.csv", ("Date;Time;Who;Event\r\n"
      "6/10/2026;10:22:00 AM;attacker;listed secrets in namespace shop\r\n"
      "6/10/2026;11:10:00 AM;Bo;cordoned node n1\r\n"
      "6/15/2026;1:00:00 PM;Bo;report done\r\n"),
     [("10:22", "listed secrets", "s"), ("11:10", "cordoned", "s"), ("13:00", "report", None)]),
    ("utf16", "timeline.csv", ("Time;Event\r\n"
      "2026-06-10 10:22Z;Attacker listed secrets in shop\r\n"
      "2026-06-10 11:10Z;Node n1 cordoned\r\n").encode("utf-16"),
     [("10:22", "Attacker listed", "s"), ("11:10", "Node n1", "s")]),
    ("utf16-md", "timeline.md", ("# Timeline 2026-06-10 UTC\r\n"
      "\r\n"
      "- 10:22 Attacker listed secrets in shop\r\n"
      "- 11:10 Node n1 cordoned\r\n").encode("utf-16"),
     [("10:22", "Attacker listed", "s"), ("11:10", "Node n1", "s")]),
    ("bom8", "timeline.csv", ("Time;Event\r\n"
      "2026-06-10 10:22Z;Attacker listed secrets in shop\r\n").encode("utf-8-sig"),
     [("10:22", "Attacker listed", "s")]),
    ("crlf", "timeline.txt", ("2026-06-10 (UTC)\r\n"
      "10:22 Attacker listed secrets in shop\r\n"
      "11:10 Node n1 cordoned\r\n"),
     [("10:22", "Attacker", "s"), ("11:10", "Node n1", "s")]),
    ("epoch", "timeline.txt", """Timeline
1781086920 Attacker listed secrets in shop
1781089800 Node n1 cordoned
""",
     [("10:22", "Attacker", "s"), ("11:10", "Node n1", "s")]),
    ("offsets", "timeline.txt", """2026-06-10T12:22:00+02:00 Attacker listed secrets in shop
2026-06-10T06:10-0500 Node n1 cordoned
2026-06-10 04:20 PDT pod web-0 deleted
2026-06-10 07:25 EDT deployment web scaled
2026-06-10 06:05 EST pod miner-1 deleted
""",
     [("10:22", "Attacker", "s"), ("11:10", "Node n1", "s"), ("11:20", "web-0", "s"),
      ("11:25", "scaled", "s"), ("11:05", "miner-1", "s")]),
    ("html", "timeline.md", """<h2>Timeline (UTC)</h2>
<table>
<tr><th>Time</th><th>Event</th></tr>
<tr><td>2026-06-10 10:22</td><td>Attacker listed secrets in <b>shop</b></td></tr>
<tr><td>2026-06-10 11:10</td><td>Node <code>n1</code> cordoned</td></tr>
</table>
""",
     [("10:22", "Attacker listed secrets in shop", "s"), ("11:10", "Node n1 cordoned", "s")]),
    ("html-list", "timeline.md", """<h3>10 June 2026 (UTC)</h3><ul><li>10:22 &ndash; Attacker listed secrets in shop</li><li>11:10 &mdash; Node n1 cordoned &amp; labelled</li></ul>
""",
     [("10:22", "Attacker", "s"), ("11:10", "Node n1", None)]),
    ("columns", "timeline.md", """| # | Date | Time (UTC) | Event |
|---|---|---|---|
| 1 | 2026-06-10 | 10:22 | Attacker listed secrets in shop |
| 2 | | 11:10 | Node n1 cordoned |
""",
     [("10:22", "Attacker", "s"), ("11:10", "Node n1", "s")]),
    ("nested", "timeline.md", """# 2026-06-10 (UTC)
* Morning
  * 10:22
    * Attacker listed secrets in shop
    * Attacker read secret db-password
  * 11:10: containment
    * Bo cordoned node n1
""",
     [("10:22", "Attacker listed", "s"), ("10:22", "Attacker read", "s"),
      ("11:10", "containment", None), ("11:10", "Bo cordoned", "s")]),
    ("heading-times", "timeline.md", """# Incident 10 June 2026, UTC

## 10:20 - 10:40 Intrusion
An interactive shell was opened in web-0. The attacker listed secrets in shop.

## 11:10
Node n1 was cordoned by Bo.
""",
     [("10:20", "Intrusion", None), ("10:20", "An interactive", "s"),
      ("11:10", "Node n1", "s")]),
    ("relative", "timeline.md", """# 2026-06-10, UTC

- 10:20 shell opened in web-0
- 2 minutes later the attacker listed secrets in shop
- Shortly after, pods miner-1 to miner-3 were created by the attacker
- 11:00 Ana labelled pod web-0
- 10 minutes later Bo cordoned node n1
- At the same time the report was started
- Afterwards Bo deleted pod web-0
""",
     [("10:20", "shell", "s"), ("10:22", "listed", "s"), (None, "miner-1", None),
      ("11:00", "labelled", "s"), ("11:10", "cordoned", "s"), ("11:10", "report", None),
      (None, "deleted pod web-0", "s")]),
    ("ranges", "timeline.md", """# 2026-06-10, UTC
- between 10:20 and 10:25 the attacker listed secrets in shop
- from 10:20 to 10:40 attacker deleted pod cache-1
- ~10:22 attacker listed secrets in shop
- approx. 11:10 node n1 cordoned
- approximately 11:10 node n1 cordoned
- until 11:30 Bo deleted pod web-0
- before 11:30 Bo deleted pod web-0
- by 11:30 Bo deleted pod web-0
- after 11:15 Bo deleted pod web-0
- c. 11:10 node n1 cordoned
- 10:20–10:40: attacker deleted pod cache-1
- 10:20 bis 10:40 attacker deleted pod cache-1
- zwischen 10:20 und 10:40 attacker deleted pod cache-1
- entre 10:20 et 10:40 attacker deleted pod cache-1
- entre las 10:20 y las 10:40 attacker deleted pod cache-1
""",
     [("10:20", "listed", "s"), ("10:20", "deleted pod cache-1", "s"),
      ("10:22", "listed", "s"), ("11:10", "cordoned", "s"), ("11:10", "cordoned", "s"),
      (None, "deleted pod web-0", "s"), (None, "deleted pod web-0", "s"),
      (None, "deleted pod web-0", "s"), (None, "deleted pod web-0", "s"),
      ("11:10", "cordoned", "s"), ("10:20", "cache-1", "s"), ("10:20", "cache-1", "s"),
      ("10:20", "cache-1", "s"), ("10:20", "cache-1", "s"), ("10:20", "cache-1", "s")]),
    ("undated-under", "timeline.md", """# Incident report

Prepared by Ana for the board.

## Timeline 2026-06-10 (UTC)
- 10:20 shell opened in web-0
- The attacker deleted node n1
- 11:10 Bo cordoned node n1

## Follow-up
- Rotate the credentials
""",
     [("10:20", "shell", "s"), (None, "attacker deleted node n1", "n"),
      ("11:10", "cordoned", "s")]),
    ("de", "zeitleiste.md", """# Zeitleiste 10.06.2026, alle Zeiten UTC

- 10:20 Uhr: Shell im Pod web-0 geöffnet
- gegen 10:22 Uhr hat der Angreifer die Secrets in shop aufgelistet
- 10:22 Das Secret db-password wurde vom Angreifer gelesen
- 10:23 Zugriff auf das Secret master wurde verweigert
- 10:24 Der Angreifer erstellte drei Pods
- 10:35 Der Pod cache-1 wurde vom Angreifer gelöscht
- 10:35 Der Pod cache-1 wurde von Ana gelöscht
- 5 Minuten nach 11:00 hat Ana die Pods miner-1 und miner-2 gelöscht
- 10 Minuten später sperrte Bo den Knoten n1
- kurz danach: Secret db-password rotiert
- vor 11:30 hat Bo den Pod web-0 gelöscht
- 11:20 Bo löschte den Pod web-0
- 11:02 Ana legte die Netzwerkrichtlinie deny-web an
- 11:00 Ana versah den Pod web-0 mit einem Label
""",
     [("10:20", "Shell", "s"), ("10:22", "Secrets in shop", "s"), ("10:22", "gelesen", "s"),
      ("10:23", "verweigert", "s"), ("10:24", "drei Pods", "s"),
      ("10:35", "vom Angreifer", "s"), ("10:35", "von Ana", "c"), (None, "miner-1", "s"),
      (None, "Knoten n1", None), (None, "rotiert", None), (None, "web-0", "s"),
      ("11:20", "löschte", "s"), ("11:02", "deny-web", "s"), ("11:00", "Label", "s")]),
    ("fr", "chronologie.md", """# Chronologie du 10 juin 2026 (heures UTC)

- 10h20 : un shell a été ouvert dans le pod web-0
- vers 10h22, l'attaquant a listé les secrets de shop
- 10h22 : le secret db-password a été lu par l'attaquant
- 10h23 : l'accès au secret master a été refusé
- 10h35 : le pod cache-1 a été supprimé par l'attaquant
- 10h35 : le pod cache-1 a été supprimé par ana
- 11h10 : le nœud n1 a été mis en quarantaine
- 11h10 : bo a isolé le nœud n1
- 10 minutes plus tard, bo a supprimé le pod web-0
- peu après, le secret db-password a été renouvelé
- 11h20 : bo a tué le pod web-0
""",
     [("10:20", "shell", "s"), ("10:22", "listé", "s"), ("10:22", "lu par", "s"),
      ("10:23", "refusé", "s"), ("10:35", "l'attaquant", "s"), ("10:35", "ana", "c"),
      ("11:10", "quarantaine", None), ("11:10", "isolé", None),
      ("11:20", "supprimé le pod web-0", "s"), (None, "renouvelé", None),
      ("11:20", "tué", "s")]),
    ("es", "cronologia.md", """# Cronología del 10 de junio de 2026 (UTC)

- 10:20 se abrió una shell en el pod web-0
- hacia las 10:22 el atacante listó los secretos de shop
- 10:22 el secreto db-password fue leído por el atacante
- 10:23 se denegó el acceso al secreto master
- 10:35 el pod cache-1 fue eliminado por el atacante
- 10:35 el pod cache-1 fue eliminado por ana
- a las 11:10 bo acordonó el nodo n1
- 10 minutos después bo borró el pod web-0
- poco después se rotó el secreto db-password
""",
     [("10:20", "shell", "s"), ("10:22", "secretos", "s"), ("10:22", "leído", "s"),
      ("10:23", "denegó", "s"), ("10:35", "el atacante", "s"), ("10:35", "ana", "c"),
      ("11:10", "nodo", "s"), ("11:20", "web-0", "s"), (None, "rotó", None)]),
    ("gdoc", "timeline.txt", """Post-Incident Review: Cryptomining in shop

Date of incident: June 10, 2026
All times are in UTC unless stated otherwise.

Summary
On June 10, 2026 an attacker got a shell in pod web-0 and listed all secrets of shop. Nobody deleted node n1.

Timeline
10:20 – Falco alerts on a shell in web-0.
10:22 – Attacker lists the secrets of shop and reads db-password.
10:24 – Three miner pods are created by the attacker.
10:30 – Attacker execs into cache-0.
10:35 – Attacker deletes pod cache-1.
11:00 – Ana labels web-0 for quarantine.
11:02 – Ana applies network policy deny-web.
11:05 – Ana deletes the miner pods.
11:10 – Bo cordons node n1.
11:15 – Bo rotates db-password.
11:20 – Bo deletes pod web-0.
11:25 – Bo scales deployment web to 0.

What went well
The node was cordoned quickly.

Action items
- Rotate all tokens
- Delete the role binding of web
""",
     [("10:20", "Falco", "s"), ("10:22", "lists", "s"), ("10:24", "Three", "s"),
      ("10:30", "execs", "s"), ("10:35", "deletes", "s"), ("11:00", "labels", "s"),
      ("11:02", "applies", "s"), ("11:05", "deletes", "s"), ("11:10", "cordons", "s"),
      ("11:15", "rotates", "s"), ("11:20", "deletes pod web-0", "s"), ("11:25", "scales", "s")]),
    ("incident-present", "timeline.md", """**2026-06-10** (UTC+2)

| Zeit | Ereignis | Quelle |
|:---|:---|:---|
| 12:20:00 | Shell in web-0 (Falco) | falco |
| 12:22:00 | Secrets in `shop` werden vom Angreifer gelistet | audit |
| | Secret `db-password` wird gelesen | audit |
| 13:10 | Bo setzt Node n1 auf unschedulable | audit |
""",
     [("10:20", "Shell", "s"), ("10:22", "gelistet", "s"), (None, "gelesen", None),
      ("11:10", "unschedulable", "s")]),
    ("syslogish", "timeline.log.txt", """Jun 10 10:22:00 attacker listed secrets in shop
Jun 10 11:10:00 Bo cordoned node n1
""",
     [("10:22", "listed", "s"), ("11:10", "cordoned", "s")]),
    ("whatsapp", "timeline.txt", """10/06/2026, 11:10 - Bo Lang: cordoned node n1
10/06/2026, 11:20 - Bo Lang: deleted pod web-0
13/06/2026, 11:20 - Bo Lang: report sent
""",
     [("11:10", "cordoned", "s"), ("11:20", "deleted", "s"), ("11:20", "report", None)]),
    ("irc", "timeline.txt", """--- Day changed Wed Jun 10 2026
11:10 <bo> cordoned node n1
11:20 <bo> deleted pod web-0
""",
     [("11:10", "cordoned", "s"), ("11:20", "deleted", "s")]),
    ("opsgenie", "timeline.csv", """Date,Time (UTC),Type,Owner,Message
"Jun 10, 2026","10:22:00 AM",note,ana,"Attacker listed secrets in shop, then read db-password"
"Jun 10, 2026","11:10:00 AM",note,bo,Bo cordoned node n1
""",
     [("10:22", "listed", "s"), ("11:10", "cordoned", "s")]),
    ("jsonish-quoted", "timeline.csv", """"Timestamp";"User";"Action"
"2026-06-10T10:22:00.000Z";"attacker";"listed secrets in shop"
"2026-06-10T11:10:00.000Z";"Bo";"cordoned node n1"
""",
     [("10:22", "listed", "s"), ("11:10", "cordoned", "s")]),
    ("numbered", "timeline.md", """Timeline of 10 June 2026 (all times in UTC)

1. 10:22 UTC - attacker listed secrets in shop
2. 11:10 UTC - Bo cordoned node n1
3. Then Bo deleted pod web-0
4. Later that day Bo scaled deployment web to zero
""",
     [("10:22", "listed", "s"), ("11:10", "cordoned", "s"), (None, "deleted pod web-0", "s"),
      (None, "scaled", "s")]),
    ("rst", "timeline.rst", """Timeline
========

2026-06-10
----------

10:22 UTC
   Attacker listed secrets in shop
11:10 UTC
   Bo cordoned node n1
""",
     [("10:22", "listed", "s"), ("11:10", "cordoned", "s")]),
    ("adoc", "timeline.adoc", """== Timeline 2026-06-10 (UTC)

10:22:: Attacker listed secrets in shop
11:10:: Bo cordoned node n1
""",
     [("10:22", "listed", "s"), ("11:10", "cordoned", "s")]),
    ("time-last-col", "timeline.md", """| Event | Actor | Time |
|---|---|---|
| Secrets in shop listed | attacker | 2026-06-10 10:22 UTC |
| Node n1 cordoned | Bo | 2026-06-10 11:10 UTC |
""",
     [("10:22", "Secrets in shop listed", "s"), ("11:10", "Node n1", "s")]),
    ("start-end", "timeline.csv", """start,end,what
2026-06-10 10:20Z,2026-06-10 10:40Z,attacker deleted pod cache-1
2026-06-10 11:05Z,2026-06-10 11:20Z,Bo cordoned node n1
""",
     [("10:20", "cache-1", "s"), ("11:05", "n1", "s")]),
    ("ampm-nospace", "timeline.txt", """June 10, 2026 (times EDT)
6:22am attacker listed secrets in shop
7:10AM Bo cordoned node n1
7.20 am Bo deleted pod web-0
""",
     [("10:22", "listed", "s"), ("11:10", "cordoned", "s"), ("11:20", "deleted", "s")]),
    ("compact", "timeline.txt", """20260610T102200Z attacker listed secrets in shop
2026-06-10 1110Z Bo cordoned node n1
""",
     [("10:22", "listed", "s"), ("11:10", "cordoned", "s")]),
    ("hhmm", "timeline.txt", """10 June 2026, all times Zulu
1110Z Bo cordoned node n1
1120 hrs Bo deleted pod web-0
""",
     [("11:10", "cordoned", "s"), ("11:20", "deleted", "s")]),
    ("h-range-dash", "timeline.txt", """2026-06-10 UTC
10:20-10:40 UTC: attacker deleted pod cache-1
2026-06-10 11:05 – 2026-06-10 11:20: Bo cordoned node n1
11:15/11:25 Bo deleted pod web-0
""",
     [("10:20", "cache-1", "s"), ("11:05", "n1", "s"), ("11:15", "web-0", "s")]),
    ("weekday-de", "zeitleiste.txt", """Mittwoch, 10. Juni 2026 (MESZ)

12.22 Uhr: Angreifer listet Secrets in shop auf
13.10 Uhr: Bo sperrt Knoten n1
13.20h Bo löscht Pod web-0
""",
     [("10:22", "listet", "s"), ("11:10", "sperrt", "s"), ("11:20", "löscht", "s")]),
    ("weekday-fr", "chronologie.txt", """Mercredi 10 juin 2026 (heure de Paris)

12h22 — L'attaquant liste les secrets de shop
13 h 10 : Bo isole le nœud n1 (cordon)
13h20 Bo supprime le pod web-0
""",
     [("10:22", "liste", "s"), ("11:10", "Bo isole", "s"), ("11:20", "supprime", "s")]),
    ("weekday-es", "cronologia.txt", """Miércoles, 10 de junio de 2026 (hora de Madrid)

12:22 h: el atacante lista los secretos de shop
13:10 h: Bo acordona el nodo n1
13:20 h: Bo elimina el pod web-0
13:20 h: el atacante elimina el pod web-0
""",
     [("10:22", "lista", "s"), ("11:10", "acordona", "s"), ("11:20", "Bo elimina", "s"),
      ("11:20", "el atacante elimina", "c")]),
    ("wrapped", "timeline.md", """# 2026-06-10, times in UTC

- 10:35 - the attacker
  deleted
  pod cache-1
- 11:20 -
  Bo deleted pod web-0
""",
     [("10:35", "deleted pod cache-1", "s"), ("11:20", "Bo deleted pod web-0", "s")]),
    ("twodays", "timeline.md", """# Timeline (UTC)
## Day 1: 2026-06-10
- 10:22 attacker listed secrets in shop
## Day 2: 2026-06-11
- 09:00 Bo deleted pod web-0
- report handed to legal
""",
     [("10:22", "listed", "s"), ("09:00", "deleted", "c"), (None, "report", None)]),
    ("status-updates", "timeline.md", """## Investigating
Jun 10, 10:50 UTC
We are investigating a shell in web-0.

## Identified
Jun 10, 11:10 UTC
Node n1 was cordoned.
""",
     [("10:50", "investigating", None), ("11:10", "Node n1", "s")]),
    ("statuspage-after", "timeline.txt", """Resolved - Pod web-0 was deleted.
Jun 10, 11:20 UTC
Update - Node n1 was cordoned.
Jun 10, 11:10 UTC
""",
     [(None, "web-0 was deleted", None), (None, "n1 was cordoned", None)]),
]


class Forms(unittest.TestCase):
    def judge(self, name, data):
        with tempfile.TemporaryDirectory() as folder:
            package, out = Path(folder) / "package", Path(folder) / "out"
            package.mkdir()
            for other, text in files().items():
                (package / other).write_text(text)
            (package / name).write_bytes(data)
            done = subprocess.run([EXHIBIT, "analyze", package, "-o", out, "--quiet"],
                                  capture_output=True, text=True, check=False)
            self.assertIn(done.returncode, (0, 1), done.stderr)
            document = json.loads((out / "claims.json").read_text())
            told = document["claims"] + document["undated"]
            for claim in told:  # the place holds what was said, whatever stands between
                span = claim["spans"][0]
                self.assertLessEqual(span["offset"] + span["length"], 2 * len(data) + 4)
            return sorted(told, key=lambda c: c["spans"][0]["offset"])

    def test_each_form(self):
        for which, name, text, wanted in FORMS:
            told = self.judge(name, text if isinstance(text, bytes) else text.encode())
            for time, words, verdict in wanted:
                with self.subTest(which, claim=words):
                    found = [c for c in told if words in c["claim"]
                             and time in (None, (c["time"] or "")[11:16])]
                    self.assertTrue(found, [(c["time"], c["claim"]) for c in told])
                    told.remove(found[0])
                    self.assertIn(verdict, (None, found[0]["verdict"][0]), found[0]["why"])


if __name__ == "__main__":
    unittest.main()
