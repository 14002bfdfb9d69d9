# The image of TrackTrove: server, gateway and ttctl, run by a user that is not root.
#
#   docker build -t tracktrove .       the image
#   docker build --target test .       every test, in the system that it is built in
#
# It starts a server; `tracktrove-gateway` as the command starts a gateway. Both listen at all addresses of the container,
# so both need a token: see compose.yaml.
FROM debian:12-slim AS build
WORKDIR /src
# These alone say what is installed, so that a change elsewhere installs nothing anew.
COPY script script
COPY gateway/go.mod gateway/go.sum gateway/
RUN script/bootstrap
COPY . .
RUN script/build --programs
RUN mkdir programs && cd build/release/bin && strip -o /src/programs/tracktrove-server tracktrove-server \
 && strip -o /src/programs/tracktrove-gateway tracktrove-gateway && strip -o /src/programs/ttctl ttctl

FROM build AS test
RUN script/test

FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends libgrpc++1.51 libhiredis0.14 libjemalloc2 libsoci-postgresql4.0 libsoci-sqlite3-4.0 \
      libspdlog1.10 tzdata \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /var/lib/tracktrove --create-home --shell /usr/sbin/nologin tracktrove
COPY --from=build /src/programs/ /usr/local/bin/
USER tracktrove
# A library that is missing is missed here.
RUN tracktrove-server --version && ttctl --version && tracktrove-gateway --help > /dev/null
ENV TRACKTROVE_DATA_DIR=/var/lib/tracktrove TRACKTROVE_LISTEN=0.0.0.0 TRACKTROVE_GATEWAY_LISTEN=0.0.0.0
VOLUME /var/lib/tracktrove
EXPOSE 50051 8080
HEALTHCHECK --interval=5s --timeout=6s --start-period=30s --retries=3 \
  CMD ["tracktrove-gateway", "--check", "grpc://127.0.0.1:50051"]
CMD ["tracktrove-server"]
