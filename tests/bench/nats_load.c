/* nats_load: intake's job by NATS JetStream: a stream in files, so many publications in flight; consumers that fetch up to 500,
 * COPY them into PostgreSQL and ack after COMMIT. The server acknowledges before its file is synced (2.9 cannot do otherwise).
 *
 *   bench_nats_load --port N --dsn CONNINFO --regions A,B --events N [--in-flight 1000] [--consumers 1] */
#include "tests/bench/bench_arguments.h"
#include "tests/bench/bench_events.h"
#include "tests/bench/bench_job.h"
#include "tests/bench/bench_sink.h"

#include <nats/nats.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STREAM   "effreg_bench"
#define SUBJECT  "effreg.bench"
#define DURABLE  "postgres"
#define FETCH_MS 1000

static struct bench_job job;
static char url[64];

static void need(natsStatus status, const char *what)
{
	if (status == NATS_OK)
		return;
	(void)fprintf(stderr, "nats_load: %s: %s\n", what, natsStatus_GetText(status));
	exit(1);
}

static jsCtx *open_stream(natsConnection **ret_connection)
{
	jsCtx *js;
	jsOptions options;

	need(natsConnection_ConnectTo(ret_connection, url), "connecting");
	need(jsOptions_Init(&options), "options");
	options.PublishAsync.MaxPending = (int64_t)job.in_flight;
	options.PublishAsync.StallWait = 60000;
	need(natsConnection_JetStream(&js, *ret_connection, &options), "JetStream");
	return js;
}

/* ---- Consumers ---- */

static void store(struct bench_sink *sink, const natsMsgList *list)
{
	for (int i = 0; i < list->Count; i++) {
		if (!bench_sink_add(sink, span_of(natsMsg_GetData(list->Msgs[i]), (size_t)natsMsg_GetDataLength(list->Msgs[i]))))
			need(NATS_ERR, "reading an event");
	}
	size_t count = bench_sink_commit(sink);
	for (int i = 0; i < list->Count; i++)
		need(natsMsg_Ack(list->Msgs[i], NULL), "ack");
	atomic_fetch_add(&job.stored, count);
}

static void *consume(void *context)
{
	natsConnection *connection;
	natsSubscription *subscription;
	struct bench_sink *sink = bench_sink_new(job.dsn);
	jsCtx *js = open_stream(&connection);

	(void)context;
	need(js_PullSubscribe(&subscription, js, SUBJECT, DURABLE, NULL, NULL, NULL), "subscribing");
	for (;;) {
		natsMsgList list = {0};
		natsStatus status = natsSubscription_Fetch(&list, subscription, BENCH_BATCH_EVENTS, FETCH_MS, NULL);

		if (status != NATS_TIMEOUT)
			need(status, "fetching");
		store(sink, &list);  /* more than was asked for, sometimes: the list says how many */
		natsMsgList_Destroy(&list);
	}
	return NULL;
}

/* ---- The publisher ---- */

static void make_stream(jsCtx *js)
{
	static const char *subjects[] = {SUBJECT};
	jsStreamConfig stream;
	jsConsumerConfig consumer;

	need(jsStreamConfig_Init(&stream), "stream");
	stream.Name = STREAM;
	stream.Subjects = subjects;
	stream.SubjectsLen = 1;
	stream.Storage = js_FileStorage;
	stream.Retention = js_WorkQueuePolicy;
	need(js_AddStream(NULL, js, &stream, NULL, NULL), "adding the stream");
	need(jsConsumerConfig_Init(&consumer), "consumer");
	consumer.Durable = DURABLE;
	consumer.AckPolicy = js_AckExplicit;
	consumer.MaxAckPending = (int64_t)(job.consumers * BENCH_BATCH_EVENTS * 4);
	need(js_AddConsumer(NULL, js, STREAM, &consumer, NULL, NULL), "adding the consumer");
}

static void publish_all(jsCtx *js)
{
	jsPubOptions options;

	need(jsPubOptions_Init(&options), "options");
	bench_job_start(&job);
	for (size_t i = 0; i < job.total; i++) {
		struct span event = bench_job_event(&job, i);

		need(js_PublishAsync(js, SUBJECT, event.at, (int)event.len, NULL), "publishing");
	}
	options.MaxWait = 60000;
	need(js_PublishAsyncComplete(js, &options), "waiting for the server");
}

int main(int argc, char **argv)
{
	pthread_t thread;
	natsConnection *connection;

	bench_job_init(&job, argc, argv);
	(void)snprintf(url, sizeof url, "nats://127.0.0.1:%zu", bench_argument_number(argc, argv, "port", NULL));
	jsCtx *js = open_stream(&connection);
	make_stream(js);
	for (size_t i = 0; i < job.consumers; i++)
		ASSERT(pthread_create(&thread, NULL, consume, NULL) == 0);
	publish_all(js);
	bench_job_finish(&job);
	_exit(0);  /* with the consumers, which wait for more */
}
