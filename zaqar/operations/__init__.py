"""The core: one module per noun, one public method per verb; no HTTP, no database, no configuration file."""

import dataclasses
from collections.abc import Mapping

from zaqar.encryption import Cipher
from zaqar.limits import Limits
from zaqar.news import News
from zaqar.operations.authorization import Authorization
from zaqar.operations.bodies import Bodies
from zaqar.operations.claims import Claims
from zaqar.operations.confirmation_links import ConfirmationLinks
from zaqar.operations.confirmations import Confirmations
from zaqar.operations.deliveries import Deliveries
from zaqar.operations.health import Health
from zaqar.operations.messages import Messages
from zaqar.operations.queues import Queues
from zaqar.operations.redrives import Redrives
from zaqar.operations.settings import KnownQueues
from zaqar.operations.signatures import Signatures
from zaqar.operations.subscription_terms import KindRule, Terms
from zaqar.operations.subscriptions import Subscriptions
from zaqar.operations.trusts import NoTrusts, Trusts
from zaqar.signing import Signer
from zaqar.storage.contract import ManagementStore, Routing

_NO_TRUSTS = NoTrusts("There is nobody who could make a trust for the subscriber.")


@dataclasses.dataclass(frozen=True)
class Operations:
    """The operations of every noun in one bundle, which each transport is given."""

    queues: Queues
    messages: Messages
    claims: Claims
    subscriptions: Subscriptions
    confirmation_links: ConfirmationLinks
    deliveries: Deliveries
    redrives: Redrives
    signatures: Signatures
    health: Health
    limits: Limits

    @classmethod
    def over(  # noqa: PLR0913 - all that the core is handed
        cls,
        *,
        management: ManagementStore,
        routing: Routing,
        authorization: Authorization,
        limits: Limits,
        signer: Signer,
        cipher: Cipher,
        settings_seconds: float,
        news: News,
        kinds: Mapping[str, KindRule],
        trusts: Trusts = _NO_TRUSTS,
    ) -> "Operations":
        """Return the operations on stores; what queues' metadata means is remembered for so many seconds.

        ``kinds``: of subscribers, by scheme.
        """
        known = KnownQueues(management=management, routing=routing, limits=limits, seconds=settings_seconds)
        bodies = Bodies(cipher)
        terms = Terms(limits=limits, now=signer.second, kinds=kinds)
        return cls(
            Queues(
                management=management,
                known=known,
                authorization=authorization,
                limits=limits,
                can_encrypt=cipher.can_encrypt,
                trusts=trusts,
                news=news,
            ),
            Messages(known=known, authorization=authorization, limits=limits, bodies=bodies, news=news),
            Claims(known=known, authorization=authorization, limits=limits, bodies=bodies),
            Subscriptions(
                known=known,
                authorization=authorization,
                limits=limits,
                terms=terms,
                confirmations=Confirmations(
                    known=known, limits=limits, signer=signer, news=news, has_to_agree=terms.has_to_agree
                ),
                trusts=trusts,
                news=news,
                now=signer.second,
            ),
            ConfirmationLinks(known=known, signer=signer),
            Deliveries(known=known, authorization=authorization, news=news),
            Redrives(known=known, authorization=authorization, limits=limits, news=news),
            Signatures(signer=signer, authorization=authorization),
            Health(management=management, known=known, authorization=authorization),
            limits,
        )
