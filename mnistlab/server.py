"""What Jupyter's server is told so that a slider's picture comes without delay."""

from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

__all__ = ["PromptConnection"]


class PromptConnection(ZMQChannelsWebsocketConnection):
    """A kernel's connection to the browser that sends every message at once.

    A kernel answers a slider with three small messages. As it is, the system holds the second back
    until the browser has confirmed the first, and the browser takes 40 ms for that.
    """

    def connect(self) -> Any:
        """Connect, and hold nothing back."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
