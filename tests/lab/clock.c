/* A wrong clock for whatever is started with this library preloaded: every wall clock shows the nanoseconds more that
 * stand in the file CARILLON_LAB_CLOCK (a native 64-bit number, mapped: whoever writes it sets the clock of processes
 * that run). Clocks that only count on stay right, as on a real machine. Deadlines that were computed from the wrong
 * clock are turned back before the kernel sees them, since its clock is right.
 *
 * What stays right all the same: times of files, which the kernel writes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timeb.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL
#define WALL 500000000 /* seconds: a deadline beyond is of a wall clock, since no machine is up for 15 years */

static volatile int64_t right = 0;
static volatile int64_t *ahead = &right;

__attribute__((constructor)) static void begin(void) {
  const char *file = getenv("CARILLON_LAB_CLOCK");
  int opened = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
  if (opened < 0) return;
  void *mapped = mmap(NULL, sizeof *ahead, PROT_READ, MAP_SHARED, opened, 0);
  if (mapped != MAP_FAILED) ahead = mapped;
  close(opened);
}

static void add(struct timespec *at, int64_t more) {
  int64_t ns = at->tv_nsec + more % SECOND;
  at->tv_sec += more / SECOND + (ns >= SECOND) - (ns < 0);
  at->tv_nsec = ns + SECOND * ((ns < 0) - (ns >= SECOND));
}

static int is_wall(clockid_t id) {
  return id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE || id == CLOCK_TAI || id == CLOCK_REALTIME_ALARM;
}

int clock_gettime(clockid_t id, struct timespec *at) {
  int failed = syscall(SYS_clock_gettime, id, at);
  if (!failed && is_wall(id)) add(at, *ahead);
  return failed;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  *at = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}

int timespec_get(struct timespec *at, int base) {
  return base == TIME_UTC && !clock_gettime(CLOCK_REALTIME, at) ? base : 0;
}

int ftime(struct timeb *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  *at = (struct timeb){.time = now.tv_sec, .millitm = now.tv_nsec / 1000000};
  return 0;
}

/* The deadline as the kernel's clock has it; `room` is where it is written. */
static const struct timespec *kernels(const struct timespec *at, struct timespec *room) {
  if (!at || at->tv_sec < WALL) return at;
  *room = *at;
  add(room, -*ahead);
  return room;
}

#define NEXT(name, version) \
  static __typeof__(&name) next; \
  if (!next) { \
    void *found = dlvsym(RTLD_NEXT, #name, version); \
    next = (__typeof__(&name))(found ? found : dlsym(RTLD_NEXT, #name)); \
  }

#define AWAITS(name, version, taken, given) \
  int name taken { \
    struct timespec room; \
    NEXT(name, version) \
    return next given; \
  }
#define AT const struct timespec *restrict at
#define KERNELS kernels(at, &room)

AWAITS(pthread_cond_timedwait, "GLIBC_2.3.2", (pthread_cond_t *restrict c, pthread_mutex_t *restrict m, AT),
       (c, m, KERNELS))
AWAITS(pthread_cond_clockwait, "GLIBC_2.30",
       (pthread_cond_t *restrict c, pthread_mutex_t *restrict m, clockid_t id, AT), (c, m, id, KERNELS))
AWAITS(pthread_mutex_timedlock, "GLIBC_2.34", (pthread_mutex_t *restrict m, AT), (m, KERNELS))
AWAITS(pthread_mutex_clocklock, "GLIBC_2.34", (pthread_mutex_t *restrict m, clockid_t id, AT), (m, id, KERNELS))
AWAITS(pthread_rwlock_timedrdlock, "GLIBC_2.34", (pthread_rwlock_t *restrict l, AT), (l, KERNELS))
AWAITS(pthread_rwlock_timedwrlock, "GLIBC_2.34", (pthread_rwlock_t *restrict l, AT), (l, KERNELS))
AWAITS(pthread_rwlock_clockrdlock, "GLIBC_2.34", (pthread_rwlock_t *restrict l, clockid_t id, AT), (l, id, KERNELS))
AWAITS(pthread_rwlock_clockwrlock, "GLIBC_2.34", (pthread_rwlock_t *restrict l, clockid_t id, AT), (l, id, KERNELS))
AWAITS(pthread_timedjoin_np, "GLIBC_2.34", (pthread_t t, void **end, const struct timespec *at), (t, end, KERNELS))
AWAITS(pthread_clockjoin_np, "GLIBC_2.34", (pthread_t t, void **end, clockid_t id, const struct timespec *at),
       (t, end, id, KERNELS))
AWAITS(sem_timedwait, "GLIBC_2.34", (sem_t *restrict s, AT), (s, KERNELS))
AWAITS(sem_clockwait, "GLIBC_2.34", (sem_t *restrict s, clockid_t id, AT), (s, id, KERNELS))
AWAITS(mq_timedsend, "GLIBC_2.34", (mqd_t q, const char *text, size_t size, unsigned int priority,
       const struct timespec *at), (q, text, size, priority, KERNELS))

ssize_t mq_timedreceive(mqd_t q, char *restrict text, size_t size, unsigned int *restrict priority, AT) {
  struct timespec room;
  NEXT(mq_timedreceive, "GLIBC_2.34")
  return next(q, text, size, priority, KERNELS);
}

int clock_nanosleep(clockid_t id, int flags, const struct timespec *at, struct timespec *left) {
  struct timespec room;
  NEXT(clock_nanosleep, "GLIBC_2.17")
  return next(id, flags, flags & TIMER_ABSTIME ? KERNELS : at, left);
}

static const struct itimerspec *kernels_timer(int absolute, const struct itimerspec *at, struct itimerspec *room) {
  if (!absolute || !at) return at;
  *room = *at;
  kernels(&at->it_value, &room->it_value);
  return room;
}

int timer_settime(timer_t timer, int flags, const struct itimerspec *restrict at, struct itimerspec *restrict old) {
  struct itimerspec room;
  NEXT(timer_settime, "GLIBC_2.34")
  return next(timer, flags, kernels_timer(flags & TIMER_ABSTIME, at, &room), old);
}

int timerfd_settime(int timer, int flags, const struct itimerspec *at, struct itimerspec *old) {
  struct itimerspec room;
  NEXT(timerfd_settime, "GLIBC_2.8")
  return next(timer, flags, kernels_timer(flags & TFD_TIMER_ABSTIME, at, &room), old);
}
