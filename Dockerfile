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
    && /opt/venv/bin/pip uninstall -y pip setuptools
WORKDIR /opt/venv/lib/python3.11/site-packages
# What nothing here loads: pages of an API that LabelHub serves itself, maps, a compiler, pictures of a kind that is not taken.
RUN rm -rf ninja/static django/contrib/gis numpy/f2py numpy/distutils numpy/_core/*_tests*.so numpy/_core/_simd*.so \
        PIL/_avif*.so pillow.libs/libavif-* websockets
RUN find . -type d -name tests -prune -exec rm -rf {} + \
    && find . -path '*/locale/*' -type d -name LC_MESSAGES -not -path '*/en/*' -not -path '*/de/*' -prune -exec rm -rf {} +
# Libraries that were packed with others of their own do not survive it.
RUN find . -name '*.so' -not -path './*.libs/*' -not -path './numpy/*' -not -path './PIL/*' -not -path './psycopg_binary/*' \
        -exec strip --strip-unneeded {} +

FROM debian:bookworm-20250811-slim AS system
RUN apt-get update \
    && apt-get upgrade -y \
    && apt-get install --no-install-recommends -y python3 ca-certificates \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /data labelhub \
    && install -d -o labelhub -g labelhub -m 0750 /data
# Nothing is installed in it later, and what is not there has no holes.
RUN dpkg --purge --force-depends --force-remove-essential --force-remove-protected \
        apt libapt-pkg6.0 gpgv perl-base debconf e2fsprogs libext2fs2 logsave; \
    rm -rf /usr/lib/*-linux-gnu/gconv /usr/share/perl5 /var/lib/apt /var/lib/dpkg/info /var/cache/*

# One layer, without what upgrades and removals left behind: about 240 MB.
FROM scratch
COPY --from=system / /
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
