"""The engine, module by module, with toy records."""
