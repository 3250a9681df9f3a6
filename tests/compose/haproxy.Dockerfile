# A stand-in for the official haproxy image where no image registry is reached: Debian's haproxy, of the same series.
ARG BASE=debian:12-slim
FROM ${BASE}
RUN apt-get -qq update \
	&& DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends haproxy \
	&& rm -rf /var/lib/apt/lists/*
USER haproxy
CMD ["haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg"]
