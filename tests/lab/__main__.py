"""`python -m tests.lab` (`make lab`) builds the lab, prints how to use it, and removes it at Ctrl-C.

Two mains that answer DNS, their witness, a bare machine, and two branches; people with phones at all of them.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.lab.branches import MIDDLE, SITES, Branches, behind, phones
from tests.lab.cluster import COMMAND, DOMAIN, Cluster, Machine
from tests.lab.prefix import prefix
from tests.lab.telephony import telephone_network
from tests.phones.baresip import lay

MACHINES = 6
SATELLITES = ("five", "six")


def main() -> None:
    """Build it, and stay until Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _built() as (branches, baresips):
        print(branches.mains[0].does("node", "list").output)
        print(branches.mains[0].does("satellite", "list").output)
        print(
            *_nodes(branches.cluster),
            *baresips,
            *_commands(branches.cluster),
            *_trouble(branches),
            sep="\n",
            flush=True,
        )
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("removing the lab …", file=sys.stderr)


@contextmanager
def _built() -> Iterator[tuple[Branches, list[str]]]:
    """All of it, and a line for each phone that starts it."""
    hosts = *MIDDLE.hosts.values(), *phones(SITES)
    with (
        tempfile.TemporaryDirectory(prefix="carillon-lab-") as home,
        Cluster.open(prefix("la-"), MACHINES, Path(home), hosts, behind=behind(SITES, SATELLITES)) as cluster,
        ExitStack() as stack,
    ):
        one, two, three = (cluster[name] for name in ("one", "two", "three"))
        print("one is up; two joins, three votes …", flush=True)
        two.joins(one, member=True)
        witness = stack.enter_context(three.witnesses(one))
        stack.callback(witness.kill)
        one.does("domain", "set", DOMAIN, "--digest", "md5")  # baresip gives up when it sees SHA-256
        for main in (one, two):
            main.does("dns", "serve", "on")
        branches = Branches(cluster, [one, two])
        branches.hires(MIDDLE)
        for site, name in zip(SITES, SATELLITES, strict=True):
            print(f"{name} becomes the satellite {site.name} …", flush=True)
            branches.adds(site, cluster[name])
            branches.has_line(site)
            place = Path(home, f"network-{site.name}")
            stack.enter_context(telephone_network(cluster.network, site.line, cluster[name].address, place))
        yield branches, [_phone(branches, extension, stack) for site in (MIDDLE, *SITES) for extension in site.people]


def _phone(branches: Branches, extension: str, stack: ExitStack) -> str:
    """The directory that baresip reads. Phones in the middle ask the DNS, those of a branch know their satellite."""
    network, one = branches.network, branches.mains[0]
    host, home = branches.host(extension), branches.home(extension)
    place = one.directory.with_name(host)
    place.mkdir()
    proxy = "" if home is one else f"{home.address}:5060"
    lay(place, extension, branches.passwords[extension], DOMAIN, address=network.address(host), proxy=proxy)
    if not proxy:
        stack.enter_context(network.resolving(host, one.address))
    where = "the mains" if not proxy else f"{branches.site(extension).name}"
    return f"  {_inside(branches.cluster, host)} baresip -f {place}     # {extension}, at {where}"


def _inside(cluster: Cluster, host: str) -> str:
    return f"ip netns exec {cluster.network.namespace(host)}"


def _at(cluster: Cluster, machine: Machine) -> str:
    return f"{_inside(cluster, machine.host)} {COMMAND} --dir {machine.directory}"


def _nodes(cluster: Cluster) -> list[str]:
    satellites = ", ".join(
        f"{cluster[host].address} at {site.name}" for host, site in zip(SATELLITES, SITES, strict=True)
    )
    return [
        f"""The lab is up: nodes one (10.78.0.1) and two (10.78.0.2) of {DOMAIN}, which answer DNS for it;
three (10.78.0.3) votes on their database, and four (10.78.0.4) is bare. Satellites: {satellites}.

Phones; `d` and a number calls there, `a` answers, `b` hangs up, `q` ends. Outside numbers, such as +3225551234, are
called at the branches: whoever calls there hears himself."""
    ]


def _commands(cluster: Cluster) -> list[str]:
    named = {"one": "one", "two": "two", **{site.name: host for site, host in zip(SITES, SATELLITES, strict=True)}}
    return [
        "",
        "Commands; changes are typed on one or two, and are in force everywhere:",
        *(f"  alias {name}='{_at(cluster, cluster[host])}'" for name, host in named.items()),
        "  one status; one satellite list; liege status",
        "  one dns check --server 10.78.0.1",
        "  one node add four --address 10.78.0.4",
        f"  {_at(cluster, cluster['four'])} node join KEY",
        "",
    ]


def _trouble(branches: Branches) -> list[str]:
    network = branches.network
    link, switch = network.link("liege")[0], network.switch
    return [
        f"""What goes wrong:
  two drill node     # its power fails, and comes back after 10 s
  ip -n {network.switch} link set {network.interface("two")} down     # its cable is pulled; `up` plugs it in
  ip -n {switch} link set {link} down     # the link of Liège is cut; `up` heals it
  tc -n {switch} qdisc add dev {link} root pfifo limit 0     # what Liège says is lost; `del … root` ends it
  tc -n {switch} qdisc add dev {link} root tbf rate 1mbit burst 16kb latency 400ms     # it is slow; so too
Ctrl-C ends and removes all of it."""
    ]


if __name__ == "__main__":
    main()
