"""Conversations with the service.

Those in ``CONVERSATIONS`` are about behaviour. They speak to ``client.Client`` and look at ``outcomes`` only, so that they are told
once for every transport. All others are about HTTP itself (status codes, headers, links, media types, parameters as they are
spelled, raw bytes, strange methods) and look at the whole answers of ``http_client.HttpClient``.
"""

import pytest

CONVERSATIONS = (
    "test_by_id",
    "test_checksums",
    "test_claims",
    "test_dead_letters",
    "test_encryption",
    "test_limits",
    "test_listing",
    "test_paging_properties",
    "test_posting",
    "test_purge",
    "test_queue_listing",
    "test_queue_metadata",
    "test_queue_patch",
    "test_queues",
    "test_stats",
)

# An answer of a form that no answer has is shown in full.
pytest.register_assert_rewrite("tests.api.http_reading", "tests.api.world")
