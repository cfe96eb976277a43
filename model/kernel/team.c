/* Workers: a fixed set of threads that run the items of a job. */
#include "model/kernel/team.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "model/kernel/cpu.h"

struct team {
    pthread_mutex_t lock;
    pthread_cond_t begin, end;
    unsigned long round; /* jobs begun */
    int busy;            /* threads still in the round */
    bool closing;
    team_job *job;
    void *context;
    size_t count;
    atomic_size_t next;
    int workers, started;
    pthread_t *threads;
    struct member *members;
};

struct member {
    struct team *team;
    int worker;
};

static void work(struct team *team, int worker)
{
    size_t index;
    while ((index = atomic_fetch_add(&team->next, 1)) < team->count)
        team->job(team->context, index, worker);
}

static void *member_run(void *context)
{
    const struct member *member = context;
    struct team *team = member->team;
    unsigned long seen = 0;
    cpu_flush_denormals();
    pthread_mutex_lock(&team->lock);
    while (true) {
        while (team->round == seen && !team->closing)
            pthread_cond_wait(&team->begin, &team->lock);
        if (team->closing)
            break;
        seen = team->round;
        pthread_mutex_unlock(&team->lock);
        work(team, member->worker);
        pthread_mutex_lock(&team->lock);
        if (--team->busy == 0)
            pthread_cond_signal(&team->end);
    }
    pthread_mutex_unlock(&team->lock);
    return NULL;
}

static struct status start(struct team *team)
{
    sigset_t all, before;
    struct status status = status_ok();
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < team->workers - 1; i++) {
        team->members[i] = (struct member){.team = team, .worker = i + 1};
        if (pthread_create(&team->threads[i], NULL, member_run,
                           &team->members[i])) {
            status = status_error(STATUS_SYSTEM,
                                  "workers: %d threads cannot be started",
                                  team->workers);
            break;
        }
        team->started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

struct status team_open(struct team **out, int workers)
{
    *out = NULL;
    struct team *team = calloc(1, sizeof *team);
    if (!team)
        return status_memory("workers");
    team->workers = workers;
    pthread_mutex_init(&team->lock, NULL);
    pthread_cond_init(&team->begin, NULL);
    pthread_cond_init(&team->end, NULL);
    team->threads = calloc((size_t)workers, sizeof *team->threads);
    team->members = calloc((size_t)workers, sizeof *team->members);
    struct status status =
        team->threads && team->members ? start(team) : status_memory("workers");
    if (status_failed(&status))
        team_close(team);
    else
        *out = team;
    return status;
}

void team_close(struct team *team)
{
    if (!team)
        return;
    pthread_mutex_lock(&team->lock);
    team->closing = true;
    pthread_cond_broadcast(&team->begin);
    pthread_mutex_unlock(&team->lock);
    for (int i = 0; i < team->started; i++)
        pthread_join(team->threads[i], NULL);
    pthread_cond_destroy(&team->end);
    pthread_cond_destroy(&team->begin);
    pthread_mutex_destroy(&team->lock);
    free(team->threads);
    free(team->members);
    free(team);
}

int team_workers(const struct team *team)
{
    return team->workers;
}

void team_run(struct team *team, team_job *job, void *context, size_t count)
{
    pthread_mutex_lock(&team->lock);
    team->job = job;
    team->context = context;
    team->count = count;
    atomic_store(&team->next, 0);
    team->busy = team->started;
    team->round++;
    pthread_cond_broadcast(&team->begin);
    pthread_mutex_unlock(&team->lock);
    work(team, 0);
    pthread_mutex_lock(&team->lock);
    while (team->busy)
        pthread_cond_wait(&team->end, &team->lock);
    pthread_mutex_unlock(&team->lock);
}
