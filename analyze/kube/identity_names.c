/* What user names and client names of the Kubernetes API say about who they are. */
#include "analyze/kube/journal.h"
#include "formats/audit.h"

bool service_account_of(struct bytes user, struct bytes *namespace, struct bytes *name)
{
    struct bytes prefix = BYTES("system:serviceaccount:");
    if (!bytes_starts(user, prefix))
        return false;
    struct bytes rest = bytes_from(user, prefix.n);
    size_t colon = bytes_find_byte(rest, ':');
    if (colon == 0 || colon + 1 >= rest.n)
        return false;
    *namespace = bytes_sub(rest, 0, colon);
    *name = bytes_from(rest, colon + 1);
    return true;
}

bool is_control_plane(struct bytes user)
{
    return bytes_starts(user, BYTES("system:serviceaccount:kube-system:")) ||
           bytes_starts(user, BYTES("system:node:")) ||
           bytes_starts(user, BYTES("system:kube-")) ||
           bytes_starts(user, BYTES("system:apiserver")) || audit_is_operator(user) ||
           audit_is_distribution(user);
}

bool is_person(struct bytes user)
{
    return user.n && !bytes_starts(user, BYTES("system:")) && !is_control_plane(user);
}

bool is_tool(struct bytes agent)
{
    return agent.n == 0 || audit_is_tool(agent);
}

bool is_component_agent(struct bytes agent)
{
    return audit_is_control_plane_agent(agent) || audit_is_kubelet_agent(agent);
}
