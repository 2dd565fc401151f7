"""A typed client of the cloud's API, for POS makers and apps. ``Cloud`` has one method for each route.

``cloud.py`` and ``shapes.py`` are made from docs/openapi.json by `python -m installers.client`; it needs httpx alone.
"""

from client.cloud import Cloud
from client.signatures import WrongSignature, opened
from client.transport import Refused, Transport, Unreachable

__all__ = ["Cloud", "Refused", "Transport", "Unreachable", "WrongSignature", "opened"]
