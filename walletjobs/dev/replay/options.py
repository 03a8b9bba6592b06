"""How a replay server behaves: latency, limits, faults; set at the start and changeable while it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from math import inf

from walletjobs.core.address import is_address
from walletjobs.errors import InvalidArgument

#: Names that ``latency``, ``rate``, ``fault``, ``down`` and ``refuse`` understand, beside RPC method names,
#: and but for ``rate`` the addresses that are asked about: what is most particular wins.
CLASSES = (
    "addresses", "parse", "enhanced", "full", "rpc", "das", "rest",
    "dexscreener", "jupiter", "binance", "coinbase", "all",
)  # fmt: skip
FAULTS = ("5xx", "cut", "cut_body", "empty", "empty_page", "null", "repeat", "duplicate", "malformed", "hang")


@dataclass(frozen=True, slots=True)
class Options:
    """Everything about a replay server that is not its data."""

    latency: Mapping[str, float] = field(default_factory=dict)  # milliseconds by class
    rate: Mapping[str, float] = field(default_factory=dict)  # requests a second by bucket: rpc, rest, …
    fault: Mapping[str, float] = field(default_factory=dict)  # probability by kind, or by "class.kind"
    fault_attempts: int = 0  # only the first so many attempts at one request may fail; 0: all may
    seed: int = 0
    down: Sequence[str] = ()  # classes that answer 503
    refuse: Sequence[str] = ()  # classes that the plan does not include: 403
    quota: int = 0  # credits of the month; 0: without limit
    api_key: str = ""  # the only key accepted; empty: any
    hidden: Sequence[str] = ()  # signatures not (or no longer) on the chain
    unfinalized: Sequence[str] = ()  # signatures shown to those alone who ask for what is only confirmed
    head_slot: int = 0  # transactions after this slot have not happened yet; 0: all have
    search_window: int = 1000  # transactions that a typed query looks at before it gives up
    full_limit: int = 100  # transactions that a full page of getTransactionsForAddress holds at most
    hang_seconds: float = 90.0
    invent_sol_price: bool = False  # also where the data was recorded: nobody here knows the real one

    def changed(self, values: Mapping[str, object]) -> "Options":
        """These options with some values replaced.

        Raises: InvalidArgument that names an unknown option, class or fault, or a figure out of range.
        """
        known = {entry.name for entry in fields(self)}
        for name in values:
            if name not in known:
                raise InvalidArgument(
                    f"there is no replay option {name!r}; use one of {', '.join(sorted(known))}"
                )
        options = replace(self, **values)  # type: ignore[arg-type]
        options._check()
        return options

    def _check(self) -> None:
        """Raises: InvalidArgument for a name or a figure that no answer could heed."""
        for name in self.fault:
            if name.rpartition(".")[2] not in FAULTS:
                raise InvalidArgument(f"there is no fault {name!r}; use one of {', '.join(FAULTS)}")
        named = [name.rpartition(".")[0] or "all" for name in self.fault]
        for name in (*named, *self.latency, *self.rate, *self.down, *self.refuse):
            if not (name in CLASSES or name.startswith("get") or is_address(name)):
                raise InvalidArgument(
                    f"there is no class {name!r}; use an RPC method, an address, or one of {', '.join(CLASSES)}"
                )
        for name, figure in (*self.fault.items(), *self.latency.items(), *self.rate.items()):
            if not 0 <= figure < inf:
                raise InvalidArgument(f"{name} is {figure}; use a number from 0")
        if any(probability > 1 for probability in self.fault.values()):
            raise InvalidArgument("a fault's probability is at most 1")

    def as_dict(self) -> dict[str, object]:
        """The options as JSON can carry them."""
        return asdict(self)


def figures(text: str) -> dict[str, float]:
    """``"enhanced=565,rpc=150"`` as a mapping.

    Raises: InvalidArgument that names the part which is no ``name=number``.
    """
    found = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, figure = part.partition("=")
        try:
            found[name] = float(figure)
        except ValueError:
            raise InvalidArgument(f"{part!r} is not name=number") from None
    return found


def chosen(values: Mapping[str, float], classes: Sequence[str]) -> float:
    """The value of the most particular class that has one, else of ``all``, else 0."""
    for name in (*classes, "all"):
        if name in values:
            return values[name]
    return 0.0
