# One image for API, worker, migrations and command line:
#
#     docker run backhaul:0.1.0 api | worker | migrate | cli …
#
# It runs as an unprivileged user, needs no capability, and writes to its /tmp alone, so its root
# file system can be read-only. Not built where it was written: there were no containers there.
FROM python:3.11.13-slim-bookworm AS build

WORKDIR /srv/build
COPY requirements.lock requirements-runtime.lock ./
# The tools that make the wheel are pinned with the others for development, and stay in this stage.
RUN python -m pip install --no-cache-dir --require-hashes --requirement requirements.lock
RUN python -m venv /srv/backhaul \
    && /srv/backhaul/bin/python -m pip install --no-cache-dir --require-hashes \
        --requirement requirements-runtime.lock
COPY . .
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && /srv/backhaul/bin/python -m pip install --no-cache-dir --no-deps dist/backhaul-*.whl \
    && /srv/backhaul/bin/python -m pip check \
    && /srv/backhaul/bin/python -m pip uninstall --yes pip setuptools

FROM python:3.11.13-slim-bookworm

RUN useradd --system --no-create-home --home-dir /nonexistent --uid 10001 backhaul \
    && install --directory --owner=10001 /var/lib/sandbox
COPY --from=build /srv/backhaul /srv/backhaul
COPY --chmod=0755 deploy/entrypoint.sh deploy/worker_health.py /srv/backhaul/bin/
ENV PATH=/srv/backhaul/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /srv/backhaul
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["entrypoint.sh"]
CMD ["cli", "--help"]
