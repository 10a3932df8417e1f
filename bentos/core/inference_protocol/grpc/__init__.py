"""The Open Inference Protocol over gRPC, for every service that speaks it over REST, on a port of its own.

A call becomes an exchange of the gateway, so keys, errors, metrics and log lines are what they are for REST.
Nothing here is imported unless EKIBEN_GRPC_PORT is set.
"""
