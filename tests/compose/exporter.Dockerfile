# A stand-in for the official postgres-exporter image where no image registry is reached: Debian's, of the same version.
ARG BASE=debian:12-slim
FROM ${BASE}
RUN apt-get -qq update \
	&& DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends prometheus-postgres-exporter \
	&& rm -rf /var/lib/apt/lists/*
USER nobody
ENTRYPOINT ["/usr/bin/prometheus-postgres-exporter"]
