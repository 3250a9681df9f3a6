/* telemetry: counters, gauges and histograms of a process in Prometheus text format.
 *
 * A metric is registered once with its help; its labels are one fixed text ("type=\"effreg.project.opened.v1\"") or "".
 * At most TELEMETRY_SERIES_MAX series a process: what would be more is counted in effreg_telemetry_dropped_total. */
#ifndef EFFREG_TELEMETRY_H
#define EFFREG_TELEMETRY_H

#include "common/buf.h"

#define TELEMETRY_SERIES_MAX 2048

/* Names end in a unit: _total for counters, _seconds, _bytes. help is one sentence. */
void telemetry_count(const char *name, const char *help, const char *labels, double amount);
void telemetry_set(const char *name, const char *help, const char *labels, double value);
/* A histogram of durations with fixed buckets from 0.5 ms to 10 s. */
void telemetry_observe(const char *name, const char *help, const char *labels, double seconds);

void telemetry_render(struct buf *buf);

#endif
