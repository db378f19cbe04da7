"""The JSON API of a node: what its pages do, for programs; described at /api/v1/openapi.json."""
