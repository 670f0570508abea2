# docker build -t zaqar . && docker run --rm --network host -v zaqar:/var/lib/zaqar zaqar
FROM python:3.13-slim AS build
COPY . /source
# The image has no compiler: what has no wheel is refused by name, rather than with the end of a build's output.
RUN python -m venv /srv/zaqar && /srv/zaqar/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary :all: \
    "/source[redis,mongodb]"

FROM python:3.13-slim
RUN useradd --system --home-dir /var/lib/zaqar --create-home --shell /usr/sbin/nologin zaqar
COPY --from=build /srv/zaqar /srv/zaqar
ENV PATH=/srv/zaqar/bin:$PATH XDG_STATE_HOME=/var/lib PYTHONUNBUFFERED=1
USER zaqar
VOLUME /var/lib/zaqar
EXPOSE 8888
STOPSIGNAL SIGTERM
# Status 200 means that the stores answer.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["python", "-c", "import http.client as h, sys; \
c = h.HTTPConnection('127.0.0.1', 8888, timeout=2); \
c.request('GET', '/healthcheck'); \
sys.exit(c.getresponse().status != 200)"]
# 127.0.0.1 inside the container. To publish a port, bind to 0.0.0.0 and say that this is meant, as compose.yaml does.
ENTRYPOINT ["zaqar-server"]
