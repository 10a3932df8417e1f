"""The cluster's names and addresses, each said once."""

CONTEXT = "ekiben-testcluster"
"""Name of the cluster, of its context and of everything that carries a name on this machine."""

NODE = "testcluster"

NODE_ADDRESS = "10.77.0.1"
"""An address of our own, so that no port can be taken by another program."""

POD_RANGE = "10.244.0.0/24"
SERVICE_RANGE = "10.96.0.0/16"
FIRST_SERVICE = "10.96.0.1"
DNS_SERVICE = "10.96.0.10"

API_PORT = 6443
API_SERVER = f"https://{NODE_ADDRESS}:{API_PORT}"
ETCD_CLIENTS = f"https://{NODE_ADDRESS}:2379"
ETCD_PEERS = f"https://{NODE_ADDRESS}:2380"
