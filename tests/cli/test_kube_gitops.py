"""What a GitOps tool makes is the work of whoever wrote its order last: an Application of Argo CD, a
Kustomization or HelmRelease of Flux. The truth is `written`, case by case."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from made_cases import Case, account, lines  # noqa: E402
from test_kube_reach import Reach  # noqa: E402

GROUPS = ("system:serviceaccounts", "system:authenticated")
API, POD, LENA = account("shop", "api"), "api-5f-aaaa", "lena@shop.example"
INSIDE = dict(agent="curl/8.5.0", source="10.244.5.5", groups=GROUPS)

ARGO = dict(tool=account("argocd", "argocd-application-controller"), agent="argocd-application-controller/v2.12.3",
            order="applications argocd/shop-app", group="argoproj.io")
FLUX = dict(tool=account("flux-system", "kustomize-controller"), agent="kustomize-controller/v1.3.0",
            order="kustomizations team/shop", group="kustomize.toolkit.fluxcd.io")
HELM = dict(tool=account("flux-system", "helm-controller"), agent="helm-controller/v1.0.1",
            order="helmreleases team/shop", group="helm.toolkit.fluxcd.io")


def tracked(app):
    return {"annotations": {"argocd.argoproj.io/tracking-id": f"{app}:apps/DaemonSet:shop/node-tuner"}}


def labelled(kind):
    return {"labels": {f"{kind}.toolkit.fluxcd.io/name": "shop", f"{kind}.toolkit.fluxcd.io/namespace": "team"}}


def daemon_set(marks):
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "node-tuner", "namespace": "shop", **marks},
            "spec": {"template": {"spec": {"hostPID": True, "containers": [
                {"name": "t", "image": "alpine", "securityContext": {"privileged": True}}]}}}}


def case(how, marks, ordered=True, timeline=""):
    """10:42 the order is written from the pod, 10:42:30 the tool makes what is in it; 11:00 Lena writes the
    order, and the tool takes it away. Every three minutes the tool writes what it always writes."""
    c = Case("gitops", "2026-10-05")
    by_tool = dict(agent=how["agent"], source="10.244.1.7", groups=GROUPS)
    ordinary = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api", "namespace": "shop", **marks}}
    for i in range(25):
        c.request(20 + 170 * i, how["tool"], "patch", "deployments shop/api", group="apps", body=ordinary, **by_tool)
        c.request(25 + 170 * i, how["tool"], "patch", how["order"], group=how["group"], **by_tool)
        c.request(50 + 170 * i, API, "get", "configmaps shop/settings", agent="api/3", source="10.244.5.5", groups=GROUPS)
    c.alert(2400, "Run shell untrusted", f"shop/{POD}", "sh -c id", container="5f" * 32)
    c.request(2430, API, "create", "selfsubjectaccessreviews", 201, group="authorization.k8s.io", **INSIDE)
    if ordered:
        c.request(2520, API, "patch", how["order"], group=how["group"], **INSIDE)
    made = daemon_set(marks)
    c.request(2550, how["tool"], "create", "daemonsets shop/node-tuner", 201, group="apps", body=made, answer=made, **by_tool)
    c.request(3600, LENA, "patch", how["order"], group=how["group"], source="192.0.2.30")
    c.request(3620, how["tool"], "delete", "daemonsets shop/node-tuner", group="apps", **by_tool)
    c.files = {"audit.log": lines(c.records()), "falco.json": lines(c.alerts()), "pod.json": json.dumps({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": POD, "namespace": "shop", "uid": c.uid("pod"),
                                                       "creationTimestamp": "2026-10-01T00:00:00Z"},
        "spec": {"serviceAccountName": "api", "nodeName": "n1", "containers": [{"name": "api", "image": "api:3"}]},
        "status": {"podIP": "10.244.5.5", "containerStatuses": [
            {"name": "api", "image": "api:3", "containerID": "containerd://" + "5f" * 32}]}})}
    if timeline:
        c.files["timeline.md"] = "# 5 October 2026 (UTC)\n\n" + timeline
    return c


class GitOps(Reach):
    def steps(self, made):
        self.analyze(made.files)
        return [f["sentence"] for p in self.documents["story"]["phases"] for f in p["facts"] if p["phase"] != "response"]

    def assert_traced(self, how, marks):
        told = self.steps(case(how, marks))
        made = [s for s in told if "created daemon set shop/node-tuner" in s]
        self.assertEqual(len(made), 1, told)
        self.assertIn("as Service account shop/api had ordered", made[0])
        self.assertFalse([s for s in told if "shop/api, as" in s], "what it always writes")
        taken = [a for a in self.documents["containment"]["actions"] if a.get("object") == "shop/node-tuner"]
        self.assertEqual([(a["what"], a["by"]) for a in taken], [("delete", LENA)])

    def test_argo_cd(self):
        self.assert_traced(ARGO, tracked("shop-app"))
        self.assert_traced(ARGO, {"labels": {"argocd.argoproj.io/instance": "shop-app"}})

    def test_applications_in_other_namespaces(self):
        self.assert_traced({**ARGO, "order": "applications team/shop-app"}, tracked("team_shop-app"))

    def test_flux(self):
        self.assert_traced(FLUX, labelled("kustomize"))
        self.assert_traced(HELM, labelled("helm"))

    def test_another_order(self):
        """What is made by an order that the attacker did not write is not his."""
        told = self.steps(case(ARGO, tracked("other-app")))
        self.assertFalse([s for s in told if "node-tuner" in s])

    def test_nobody_wrote_the_order(self):
        told = self.steps(case(ARGO, tracked("shop-app"), ordered=False))
        self.assertFalse([s for s in told if "node-tuner" in s])

    def test_having_it_looked_at_again_orders_nothing(self):
        """A look in Argo CD's pages or `flux reconcile` sets an annotation: who wrote the order before
        stays the one; a change of `spec` beside it is an order."""
        mark = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}
        listed = [{"op": "add", "path": "/metadata/annotations/reconcile.fluxcd.io~1requestedAt", "value": "1"}]
        olga = "olga@shop.example"
        for body, by in ((mark, "shop/api"), (listed, "shop/api"), ({**mark, "spec": {"source": {}}}, olga),
                         (listed + [{"op": "replace", "path": "/spec/path", "value": "x"}], olga)):
            c = case(ARGO, tracked("shop-app"))
            c.request(2540, olga, "patch", ARGO["order"], group=ARGO["group"], source="192.0.2.40", body=body)
            c.files["audit.log"] = lines(c.records())
            told = [s for s in self.steps(c) if "node-tuner" in s]
            self.assertEqual(any("as Service account shop/api had ordered" in s for s in told), by == "shop/api", told)
            self.assertFalse(by == olga and any("shop/api" in s for s in told), told)

    def test_claims(self):
        claims = {"attacker deployed the DaemonSet node-tuner": "supported", "Lena deployed the DaemonSet node-tuner": "contradicted"}
        self.steps(case(ARGO, tracked("shop-app"), timeline="".join(f"- 10:42 {s}\n" for s in claims) +
                          "- 11:00 DaemonSet node-tuner deleted by Lena\n"))
        judged = {c["claim"]: c["verdict"] for c in self.documents["claims"]["claims"]}
        self.assertEqual(judged, {**claims, "DaemonSet node-tuner deleted by Lena": "supported"})


if __name__ == "__main__":
    unittest.main()
