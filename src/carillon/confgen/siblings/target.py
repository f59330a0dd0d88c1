"""What the daemon that speaks with siblings is told."""

from __future__ import annotations

from carillon.confgen.asterisk.manager import MANAGER_USER, door_told
from carillon.confgen.collector import store_path
from carillon.confgen.daemon import Daemon, daemon
from carillon.confgen.kamailio import cluster, home_uri, trusted
from carillon.confgen.system import System
from carillon.model.node import Node

NAME = "siblings"


def context(system: System) -> Daemon:
    """What the file needs to know of this system."""
    paths, node = system.paths, system.node
    told = {
        "node": node.name,
        "listen": [node.address, node.feed_port],
        "speak_from": [node.signalling[0], node.feed_port],
        "kamailio": [node.signalling[0], node.sip_port],
        "socket": f"tls:{cluster(node)}",
        "rpc": paths.kamailio_rpc,
        "redis": paths.redis_socket,
        "location": paths.state / "location.db",
        "changed": paths.registrations_changed,
        "calls": paths.calls_changed,
        "bans": paths.bans_told,
        "trusted": trusted(paths),
        "directory": paths.run_directory,
        "people": paths.states_socket,
        "states": paths.sibling_states,
        "nodes": paths.run_tls,
        "door": door_told(node, MANAGER_USER, paths),
        "traces": store_path(paths),
        "trace_socket": paths.trace_socket,
        "recordings": paths.recordings,
        "voicemail": paths.voicemail,
        "prompts": paths.prompts,
        "publications": paths.publications,
        "subscriptions": paths.subscriptions,
        "messages": paths.messages,
        "turn": paths.kept_turn,
        "mains": [one.name for one in (node, *system.siblings) if not one.is_satellite],
        "ailing": paths.ailing,
        "secrets": paths.run_secrets,
        "branch": _branch(node),
        "peers": [[one.name, one.addresses, one.feed_port, home_uri(one), _branch(one)] for one in system.siblings],
    }
    return daemon(system, NAME, told)


def _branch(node: Node) -> list[str] | None:
    return [node.default_domain, node.site] if node.site else None
