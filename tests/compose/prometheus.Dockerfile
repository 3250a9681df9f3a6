# A stand-in for the official prometheus image where no image registry is reached: Debian's, of the same version.
ARG BASE=debian:12-slim
FROM ${BASE}
RUN apt-get -qq update \
	&& DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends prometheus \
	&& rm -rf /var/lib/apt/lists/* \
	&& mkdir /prometheus \
	&& chown nobody:nogroup /prometheus
USER nobody
ENTRYPOINT ["/usr/bin/prometheus"]
