"""A kernel's messages reach the browser at once, and go on reaching it."""

import pytest
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from test_tools import load
from traitlets.utils.importstring import import_item

from mnistlab.server import PromptConnection


def test_a_connection_tells_the_system_to_hold_nothing_back_and_then_connects(monkeypatch):
    told = []
    monkeypatch.setattr(ZMQChannelsWebsocketConnection, "connect", lambda self: told.append("on"))
    connection = PromptConnection.__new__(PromptConnection)
    connection.websocket_handler = KernelWebsocketHandler.__new__(KernelWebsocketHandler)
    monkeypatch.setattr(connection.websocket_handler, "set_nodelay", told.append)
    connection.connect()
    assert told == [True, "on"]


def test_the_set_up_names_it_to_the_server():
    settings = load("setup").SETTINGS["etc/jupyter/jupyter_server_config.json"]
    name = settings["ServerApp"]["kernel_websocket_connection_class"]
    assert import_item(name) is PromptConnection


def test_the_app_sends_no_pings_whose_late_answer_would_cut_its_page_off():
    pytest.importorskip("voila", reason="Voilà is missing (make setup-all)")

    class Connection(WebSocketMixin):
        settings = load("app").App().tornado_settings

    assert Connection().ping_interval == 0
