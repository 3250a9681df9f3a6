/* bench_clock: time and the CPU time of this process, for benches only. */
#ifndef EFFREG_BENCH_CLOCK_H
#define EFFREG_BENCH_CLOCK_H

#include "common/base.h"

int64_t bench_now_us(void);  /* monotonic */
int64_t bench_cpu_us(void);  /* of all threads of this process: utime + stime of /proc/self/stat */

#endif
