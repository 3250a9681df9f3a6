#include "services/intake/intake_pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct job_list {
	struct intake_job *first;
	struct intake_job **end;
};

struct worker {
	struct intake_pool *pool;
	struct db *db;
	pthread_t thread;
};

struct intake_pool {
	struct worker workers[INTAKE_POOL_THREADS_MAX];
	size_t threads;              /* that run */
	size_t busy;                 /* the reactor's own count */
	int done_fd;
	pthread_mutex_t lock;        /* for what follows */
	pthread_cond_t wake;
	struct job_list waiting, ended;
	bool stopping;
};

static void list_clear(struct job_list *list)
{
	list->first = NULL;
	list->end = &list->first;
}

static void list_add(struct job_list *list, struct intake_job *job)
{
	job->next = NULL;
	*list->end = job;
	list->end = &job->next;
}

static struct intake_job *list_take(struct job_list *list)
{
	struct intake_job *job = list->first;
	if (job != NULL)
		list->first = job->next;
	if (list->first == NULL)
		list->end = &list->first;
	return job;
}

/* ---- In a thread ---- */

static struct intake_job *await_job(struct intake_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	while (!pool->stopping && pool->waiting.first == NULL)
		pthread_cond_wait(&pool->wake, &pool->lock);
	struct intake_job *job = list_take(&pool->waiting);
	pthread_mutex_unlock(&pool->lock);
	return job;
}

static void end_job(struct intake_pool *pool, struct intake_job *job)
{
	const uint64_t one = 1;
	pthread_mutex_lock(&pool->lock);
	bool first = pool->ended.first == NULL;
	list_add(&pool->ended, job);
	pthread_mutex_unlock(&pool->lock);
	/* The reactor empties the whole list when it wakes: one wake is enough. */
	if (first)
		ASSERT(write(pool->done_fd, &one, sizeof one) == (ssize_t)sizeof one);
}

static void *work(void *context)
{
	struct worker *worker = context;
	for (struct intake_job *job = await_job(worker->pool); job != NULL; job = await_job(worker->pool)) {
		job->run(job, worker->db);
		end_job(worker->pool, job);
	}
	return NULL;
}

/* ---- In the reactor ---- */

static enum status start_worker(struct intake_pool *pool, const struct db *db, struct fault *fault)
{
	struct worker *worker = &pool->workers[pool->threads];
	worker->pool = pool;
	enum status status = db_connect_like(db, &worker->db, fault);
	if (status != STATUS_OK)
		return status;
	ASSERT(pthread_create(&worker->thread, NULL, work, worker) == 0);
	pool->threads++;
	return STATUS_OK;
}

enum status intake_pool_new(const struct db *db, size_t threads, struct intake_pool **ret_pool, struct fault *fault)
{
	ASSERT(threads >= 1 && threads <= INTAKE_POOL_THREADS_MAX);
	struct intake_pool *pool = calloc(1, sizeof *pool);
	ASSERT(pool != NULL);
	list_clear(&pool->waiting);
	list_clear(&pool->ended);
	ASSERT(pthread_mutex_init(&pool->lock, NULL) == 0 && pthread_cond_init(&pool->wake, NULL) == 0);
	pool->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ASSERT(pool->done_fd >= 0);
	enum status status = STATUS_OK;
	while (status == STATUS_OK && pool->threads < threads)
		status = start_worker(pool, db, fault);
	if (status != STATUS_OK)
		intake_pool_destroy(&pool);
	else
		*ret_pool = pool;
	return status;
}

void intake_pool_collect(struct intake_pool *pool)
{
	uint64_t count;
	if (read(pool->done_fd, &count, sizeof count) != (ssize_t)sizeof count)
		return;  /* nothing has ended */
	pthread_mutex_lock(&pool->lock);
	struct intake_job *job = pool->ended.first;
	list_clear(&pool->ended);
	pthread_mutex_unlock(&pool->lock);
	while (job != NULL) {
		struct intake_job *next = job->next;
		pool->busy--;
		job->done(job);
		job = next;
	}
}

void intake_pool_destroy(struct intake_pool **pool)
{
	struct intake_pool *ending = *pool;
	if (ending == NULL)
		return;
	pthread_mutex_lock(&ending->lock);
	ending->stopping = true;
	pthread_cond_broadcast(&ending->wake);
	pthread_mutex_unlock(&ending->lock);
	for (size_t i = 0; i < ending->threads; i++) {
		ASSERT(pthread_join(ending->workers[i].thread, NULL) == 0);
		db_disconnect(&ending->workers[i].db);
	}
	intake_pool_collect(ending);
	pthread_cond_destroy(&ending->wake);
	pthread_mutex_destroy(&ending->lock);
	close(ending->done_fd);
	free(ending);
	*pool = NULL;
}

void intake_pool_submit(struct intake_pool *pool, struct intake_job *job)
{
	pool->busy++;
	pthread_mutex_lock(&pool->lock);
	list_add(&pool->waiting, job);
	pthread_cond_signal(&pool->wake);
	pthread_mutex_unlock(&pool->lock);
}

size_t intake_pool_busy(const struct intake_pool *pool)
{
	return pool->busy;
}

size_t intake_pool_threads(const struct intake_pool *pool)
{
	return pool->threads;
}

int intake_pool_fd(const struct intake_pool *pool)
{
	return pool->done_fd;
}
