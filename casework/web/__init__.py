"""The pages and the API over HTTP: the only part of casework that knows litestar."""
