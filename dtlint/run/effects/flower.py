"""Flower: the server, its strategies and its clients; signatures as in flwr 1.x (flwr/server, flwr/client)."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Row, row

STRATEGIES: Final = "flwr.server.strategy."
SERVER: Final = "flwr.server.start_server"
CLIENTS: Final = ("flwr.client.start_client", "flwr.client.start_numpy_client")

_MINIMA: Final = "fraction_fit fraction_evaluate min_fit_clients min_evaluate_clients min_available_clients"
_NAMES: Final = (
    "FedAvg FedAvgM FedAdam FedAdagrad FedMedian FedOpt FedProx FedTrimmedAvg FedYogi Krum QFedAvg FedXgbBagging"
)

ROWS: Final[tuple[Row, ...]] = (
    row(SERVER, "server_address server config strategy client_manager grpc_max_message_length certificates"),
    row(CLIENTS[0], "server_address client_fn client grpc_max_message_length root_certificates insecure transport"),
    row(CLIENTS[1], "server_address client_fn client grpc_max_message_length root_certificates insecure transport"),
    *(row(STRATEGIES + name, _MINIMA, returns=STRATEGIES + name) for name in _NAMES.split()),
)
