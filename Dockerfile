# Debian's own Python: 50 MB less than the python images, and the one that the tests run on.
FROM debian:bookworm-20250811-slim AS build
RUN apt-get update \
    && apt-get install --no-install-recommends -y python3 python3-venv binutils \
    && rm -rf /var/lib/apt/lists/*
COPY requirements.txt requirements-sentry.txt requirements-telemetry.txt /tmp/
# Of sentry and telemetry, what is wanted (docs/health.md).
ARG EXTRAS=
# Wheels only, each with its hash: nothing is compiled, and nothing that was not locked gets in.
RUN python3 -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --no-compile --no-deps --only-binary :all: --require-hashes \
        -r /tmp/requirements.txt $(for extra in $EXTRAS; do echo "-r /tmp/requirements-$extra.txt"; done) \
    && /opt/venv/bin/pip uninstall -y pip setuptools \
    && find /opt/venv -type d \( -name tests -o -name test \) -prune -exec rm -rf {} + \
    && find /opt/venv -path '*/locale/*' -type d -name LC_MESSAGES -not -path '*/en/*' -not -path '*/de/*' \
        -prune -exec rm -rf {} + \
    && find /opt/venv \( -name '*.so' -o -name '*.so.*' \) -exec strip --strip-unneeded {} +

FROM debian:bookworm-20250811-slim
RUN apt-get update \
    && apt-get upgrade -y \
    && apt-get install --no-install-recommends -y python3 ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /data labelhub \
    && install -d -o labelhub -g labelhub -m 0750 /data
COPY --from=build /opt/venv /opt/venv
COPY manage.py /srv/labelhub/
COPY labelhub /srv/labelhub/labelhub
COPY printers /srv/labelhub/printers
COPY templates_app /srv/labelhub/templates_app
COPY jobs /srv/labelhub/jobs
COPY health /srv/labelhub/health
COPY static /srv/labelhub/static
ARG REVISION=
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    DJANGO_SETTINGS_MODULE=labelhub.settings \
    PYTHONPATH=/srv/labelhub \
    PYTHONPYCACHEPREFIX=/tmp/pycache \
    PYTHONUNBUFFERED=1 \
    LABELHUB_DATA_DIR=/data \
    LABELHUB_LOG_FORMAT=json \
    LABELHUB_REVISION=$REVISION
WORKDIR /srv/labelhub
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["uvicorn", "labelhub.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--http", "labelhub.http_limits:LimitedHttp", "--ws", "none", "--no-access-log", "--timeout-graceful-shutdown", "3", "--no-proxy-headers"]
