"""Lines of recorded transactions, in whichever of the known wire formats they are."""

import msgspec

from walletjobs.core.transaction import Transaction
from walletjobs.providers import enhanced, rpc
from walletjobs.providers.decoding import decode


class _Shape(msgspec.Struct):
    """The fields that tell the formats apart."""

    meta: msgspec.Raw = msgspec.Raw()  # an RPC result
    result: msgspec.Raw = msgspec.Raw()  # an RPC response around one
    tx: msgspec.Raw = msgspec.Raw()  # a recording around one


_SHAPE = msgspec.json.Decoder(_Shape)


def read_line(line: bytes | msgspec.Raw) -> Transaction:
    """The transaction of one line: enhanced, an RPC result, or an RPC result inside ``tx`` or ``result``.

    Raises: InvalidData.
    """
    shape = decode(_SHAPE, line, "JSON of a transaction")
    inner = shape.tx or shape.result
    if inner:
        return rpc.read_transaction(inner)
    return rpc.read_transaction(line) if shape.meta else enhanced.read_transaction(line)
