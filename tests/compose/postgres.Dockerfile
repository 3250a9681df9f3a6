# A stand-in for the official postgres image where no image registry is reached: Debian's PostgreSQL behind the same
# environment (POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD_FILE, POSTGRES_INITDB_ARGS, PGDATA).
ARG BASE=debian:12-slim
FROM ${BASE}
RUN apt-get -qq update \
	&& mkdir -p /etc/postgresql-common/createcluster.d \
	&& echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/image.conf \
	&& DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends postgresql \
	&& rm -rf /var/lib/apt/lists/*
COPY postgres-entrypoint /usr/local/bin/docker-entrypoint.sh
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/data
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
