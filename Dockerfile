# One image for the centre and for an office; docker-compose.yml says which it is. The tests check
# this file and the compose file against their schema and against each other; they do not build it.

FROM python:3.13-slim-bookworm AS build
WORKDIR /build
COPY . .
# The front-end files are copied into the wheel here, so that no node ever runs npm. The lock pins
# the tools that do it; requirements-run.lock holds the same versions of what a node runs.
RUN python -m venv .venv \
    && .venv/bin/pip install --require-hashes -r requirements.lock \
    && .venv/bin/python -m throughcare.assets \
    && .venv/bin/python -m hatchling build -t wheel -d dist

FROM python:3.13-slim-bookworm
COPY --from=build /build/dist/*.whl /build/requirements-run.lock /install/
RUN pip install --no-cache-dir --require-hashes -r /install/requirements-run.lock \
    && pip install --no-cache-dir --no-deps --no-index /install/*.whl \
    && rm -r /install \
    && useradd --system --create-home --home-dir /var/lib/throughcare throughcare
USER throughcare
VOLUME /var/lib/throughcare
ENTRYPOINT ["throughcare", "serve"]
CMD ["edge"]
