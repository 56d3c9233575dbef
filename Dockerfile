# One image for worker, API, migrations and command line. Not built where it was written.
FROM python:3.12-slim

RUN useradd --system --create-home --uid 10001 backhaul
WORKDIR /app

# Packages first: they change less often than the code. The lock file holds the tools for
# development too.
COPY requirements.lock ./
RUN python -m pip install --no-cache-dir --require-hashes --requirement requirements.lock

COPY . .
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation .

USER backhaul
EXPOSE 8080
CMD ["backhaul", "--help"]
