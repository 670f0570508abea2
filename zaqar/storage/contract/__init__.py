"""What a store promises: the only documentation a driver's author needs.

Two bundles. A *message store* keeps messages and claims of a queue, a *management store* keeps the queues and their
metadata. A message store never asks a management store; what it must know is an argument.

Common to all methods:

- Atomic: a call happens whole or not at all, and may run beside any other from any thread, process or host.
- Scoped: an id means something only together with its queue (and so its project). Anywhere else it does not exist.
- Expiry is exact: something is gone when ``expires <= now``, whether or not its space was reclaimed (storage R2.1.1).
- ``Unavailable`` is raised when the database cannot answer; then an acknowledged message is still there.
- Ids and markers are opaque to users: texts, URL-safe, without ``,`` ``/`` ``=``. What a store is given was parsed once,
  above it: an ``Id``, which may name nothing. What it returns has ids in their public form.
"""

from zaqar.storage.contract.claims import Claims
from zaqar.storage.contract.deliveries import Deliveries
from zaqar.storage.contract.messages import Messages
from zaqar.storage.contract.queues import Queues
from zaqar.storage.contract.records import Records
from zaqar.storage.contract.redrives import Redrives
from zaqar.storage.contract.stores import ManagementStore, MessageStore, Routing
from zaqar.storage.contract.subscriptions import Subscriptions

__all__ = [
    "Claims",
    "Deliveries",
    "ManagementStore",
    "MessageStore",
    "Messages",
    "Queues",
    "Records",
    "Redrives",
    "Routing",
    "Subscriptions",
]
